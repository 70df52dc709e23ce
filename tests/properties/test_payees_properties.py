from datetime import date
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.payees.matching import Circumstances, read
from amends.payees.model import PayeeState, Reason
from amends.payees.rules import FIELDS, Limits, Settled, decide, decide_in_parts, prepared

COLUMNS = ("person_id", "product", "account_id", *FIELDS)
VALUE = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["13800138000", "张三", "2012-01-01", "1990-02-30", "36042620120101007X", "a@b.cn", " "]
    ),
)
ACCOUNT = st.fixed_dictionaries(
    {"person_id": st.sampled_from("abcdef"), "product": st.sampled_from(["im", "music"])}
    | dict.fromkeys(FIELDS, VALUE)
)
PEOPLE_COLUMNS = (
    "product",
    "account_id",
    "idno",
    "guardian_account",
    "guardian_name",
    "account",
)
PEOPLE_ROW = st.fixed_dictionaries(
    {
        "product": st.sampled_from([None, "im", "music"]),
        "account_id": st.one_of(st.none(), st.integers(0, 9).map(str)),
        "idno": VALUE,
        "guardian_account": VALUE,
        "guardian_name": VALUE,
        "account": VALUE,
    }
)


def frame(rows: list[dict[str, str | None]], columns: tuple[str, ...]) -> pl.DataFrame:
    """Rows as text columns."""
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))


def in_parts(accounts: pl.DataFrame, told: Circumstances, *, mainland: bool) -> Settled:
    """The same by places of people, two accounts at a time, and two people at a time."""
    ids = accounts["person_id"].unique().sort()
    place = pl.Series(
        [ids.to_list().index(one) for one in accounts["person_id"]], dtype=pl.UInt32
    ).alias("person")
    numbered = accounts.drop("person_id").insert_column(0, place).to_arrow()
    limits = Limits(day=date(2026, 11, 21), at_once=2)
    files = read(told, mainland=mainland)
    parts = [
        prepared(batch, files, limits, mainland=mainland)
        for batch in numbered.to_batches(max_chunksize=2)
    ]
    return decide_in_parts(len(ids), parts, files, limits).named(ids)


@settings(max_examples=40)  # each is decided three times
@given(
    st.lists(ACCOUNT, min_size=1, max_size=12),
    st.lists(PEOPLE_ROW, max_size=6),
    st.booleans(),
    st.randoms(),
)
def test_every_person_gets_exactly_one_decision(
    rows: list[dict[str, str | None]],
    people: list[dict[str, str | None]],
    mainland: bool,  # noqa: FBT001 - drawn by Hypothesis by position
    random: Random,
) -> None:
    """Whatever the data: one row a person, payable with all details or stopped with a reason."""
    numbered = [{**row, "account_id": str(number)} for number, row in enumerate(rows)]
    extra = frame(people, PEOPLE_COLUMNS)
    told = Circumstances(deaths=extra.head(1), guardianships=extra, payout_accounts=extra)
    settled = decide(
        frame(numbered, COLUMNS), told, Limits(day=date(2026, 11, 21)), mainland=mainland
    )
    result = settled.decisions
    assert result["person_id"].to_list() == sorted({str(row["person_id"]) for row in rows})
    for row in result.iter_rows(named=True):
        details = [row["kind"], row["account"], row["account_kind"], row["name"]]
        if row["state"] == PayeeState.PAYABLE:
            assert row["reason"] is None
            assert all(details)
        else:
            assert Reason(row["reason"])
            assert details == [None] * 4
    random.shuffle(numbered)
    again = decide(
        frame(numbered, COLUMNS), told, Limits(day=date(2026, 11, 21)), mainland=mainland
    )
    assert again.decisions.equals(result)
    assert again.doubts.equals(settled.doubts)
    assert in_parts(frame(numbered, COLUMNS), told, mainland=mainland).decisions.equals(result)
    for column in ("account", "name"):
        assert not result[column].str.contains(r"[\t\n]").any(), "a page ends lines by these"
