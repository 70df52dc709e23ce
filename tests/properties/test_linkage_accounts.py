"""What accounts say, by field and value, is what normalising each of them whole says."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage.accounts import read
from amends.linkage.canonical.changes import Tally
from amends.linkage.canonical.normalise import COLUMNS, FIELDS, normalise
from amends.linkage.compiled.profiles import NONE
from amends.linkage.ordering import Ordering
from amends.linkage.shelf import Shelf
from amends.linkage.weighing.records import PLACE, Coder
from made_linkage import SEEDS, batch

VALUES = {
    "name": ("张伟", "张 伟", "Zhang Wei", "李?英", "欧阳小红", "欧阳", "王先生"),
    "surname": ("李", "Smith", "张"),
    "given_name": ("伟", "Wei Li", "李"),
    "phone": ("13800000001", "+86 138-0000-0001", "138****0001", "13800000002, 13800000003"),
    "email": ("a@b.cn", "A@B.cn", "a***@b.cn"),
    "idno": ("11010519491231002X", "110105194912310021", "110105491231002", "1234*", "P1234567"),
    "birth": ("1990-01-01", "19900101", "1985年", "0"),
    "gender": ("男", "f", "?"),
    "address": ("北京 朝阳区", "北京朝阳区"),
    "username": ("zoe_1990", "ZOE_1990", "zoe", "佐伊佐伊"),
    "device": (
        "IMEI 490154203237518",
        "490154203237518",
        "AB12CD34",
        "ab12cd34",
        "Ab:12:Cd:34",
        "EMULATOR",
        "AAAAAAAa",
        "ABİ2CD34",
    ),
    "postcode": ("100 020", "100020"),
}

_accounts = st.fixed_dictionaries(
    {
        "product": st.sampled_from(["im", "browser", "im-2"]),
        **{field: st.sampled_from([None, *some]) for field, some in VALUES.items()},
    }
)


def _in_order(table: pl.DataFrame) -> pl.DataFrame:
    """Accounts by product and account id, normalised whole."""
    return normalise(table.sort("product", "account_id"))


@settings(max_examples=25)
@given(
    st.lists(_accounts, min_size=1, max_size=20),
    st.lists(_accounts, max_size=3),
    st.sets(st.sampled_from(sorted(VALUES))),
)
def test_accounts_say_by_value_what_they_say_whole(
    accounts: list[dict[str, str | None]],
    heard: list[dict[str, str | None]],
    lacking: set[str],
) -> None:
    """Canonical values and counted changes are the same, whatever fields one registry lacks.

    Nor does it matter what was heard before, and where accounts stand.
    """
    for account in accounts:
        if account["product"] == "im":
            account.update(dict.fromkeys(lacking))
    schema = {"product": pl.String, **dict.fromkeys(FIELDS, pl.String)}
    table = pl.DataFrame(accounts, schema=schema).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("account"),
        pl.int_range(pl.len(), 0, -1).cast(pl.String).str.zfill(3).alias("account_id"),
    )

    def parts(fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for (product,), part in table.group_by("product", maintain_order=True):
            own = [f for f in fields if product != "im" or f not in lacking]
            yield batch(part.select("account", "product", *own))

    coder, tally, whole = Coder(SEEDS), Tally(), Tally()
    coder.codes(normalise(pl.DataFrame(heard, schema=schema)))
    ordering = Ordering()
    for part in parts(("account_id",)):
        ordering.take(part)
    order = ordering.order(partial(parts, ("account_id",)), Shelf())
    standing = np.random.default_rng(len(heard)).permutation(len(accounts) + 2)[: len(accounts)]
    known = read(parts, order, tally, coder, coder.shelf.put(standing.astype(np.int32)))
    expected = whole.take(_in_order(table), "product")
    cells = known.cells(0, max(standing) + 1)[standing]
    values = coder.values()
    found = pl.DataFrame(
        values[column]
        .whole()
        .gather(pl.Series(cells[:, PLACE[column]]).replace(NONE, None))
        .alias(column)
        for column in COLUMNS
    )
    assert found.equals(expected.select(list(COLUMNS)))
    assert tally.counts() == whole.counts()
