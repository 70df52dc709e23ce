from datetime import date

import polars as pl
import pytest

from amends.kernel.accounts import AccountKind
from amends.kernel.births import birth_number
from amends.payees.matching import Circumstances
from amends.payees.model import PaymentDetails
from amends.payees.reading import identity_key, mobile, person_name
from amends.payees.rules import FIELDS, SELF_LIMIT, WARD_LIMIT, Limits, decide

DAY = date(2026, 11, 21)
COLUMNS = ("person_id", "product", "account_id", *FIELDS)


def accounts(*rows: dict[str, str]) -> pl.DataFrame:
    """Accounts with text columns; what a row leaves out is null."""
    return pl.DataFrame(
        [{name: row.get(name) for name in COLUMNS} for row in rows],
        schema=dict.fromkeys(COLUMNS, pl.String),
    )


def account(person: str, number: str = "1", **fields: str) -> dict[str, str]:
    """One account in the product `im`."""
    return {"person_id": person, "product": "im", "account_id": number, **fields}


def decided(
    *rows: dict[str, str], circumstances: Circumstances | None = None, mainland: bool = True
) -> dict[str, dict[str, str | None]]:
    """The decisions by person."""
    told = circumstances or Circumstances()
    frame = decide(accounts(*rows), told, Limits(day=DAY), mainland=mainland).decisions
    return {row["person_id"]: row for row in frame.iter_rows(named=True)}


def one(expression: pl.Expr, value: str | None) -> object:
    """What *expression* makes of one value of column ``x``."""
    return pl.DataFrame({"x": [value]}, schema={"x": pl.String}).select(expression).item()


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("0086 13800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("13800138000.0", "13800138000"),
        ("+44 7700 900123", "+447700900123"),
        ("010-12345678", None),
        ("1380013800", None),
        ("+86 10 12345678", None),
        ("1.38E+10", None),
        ("", None),
        (None, None),
    ],
)
def test_a_mainland_number_loses_its_formatting_and_a_landline_is_none(
    written: str | None, number: str | None
) -> None:
    """Every way of writing a mobile gives one number; what is no mobile gives none."""
    assert one(mobile(pl.col("x"), mainland=True), written) == number


def test_elsewhere_a_local_number_is_a_number() -> None:
    """Outside mainland China a number of seven to fifteen digits stands as it is."""
    assert one(mobile(pl.col("x"), mainland=False), "07700 900123") == "07700900123"
    assert one(mobile(pl.col("x"), mainland=False), "+86 13800138000") == "13800138000"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (" 张　三 ", "张三"),
        ("欧 阳 修 一", "欧阳修一"),
        ("买买提‧艾力", "买买提·艾力"),
        ("Ada   Lovelace", "Ada Lovelace"),
        ("𠮷田", "𠮷田"),
        ("--", None),
        ("", None),
    ],
)
def test_a_name_loses_stray_spaces_and_keeps_its_characters(written: str, name: str | None) -> None:
    """Spaces between Chinese characters go, dots become one dot, rare characters stay."""
    assert one(person_name(pl.col("x")), written) == name


def test_fifteen_and_eighteen_digits_of_one_citizen_are_one_key() -> None:
    """The old number with 19 inserted is the new one without its check digit."""
    key = identity_key(pl.col("x"))
    assert one(key, "360426910101007") == one(key, "360426 19910101 0071") == "36042619910101007"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1991-01-02", 19910102),
        ("19910102", 19910102),
        ("1991/1/2", 19910102),
        ("1991年1月2日", 19910102),
        ("1991-01-02T00:00:00", 19910102),
        ("1991-87-02", None),
        ("unknown", None),
    ],
)
def test_a_birth_is_read_in_the_ways_it_is_written(written: str, number: int | None) -> None:
    """Usual ways of writing a date are read; an impossible month is no date."""
    assert one(birth_number(pl.col("x")), written) == number


def test_by_default_the_registrys_mobile_and_name_are_paid() -> None:
    """An adult with one account is paid into the wallet of its mobile, under its name."""
    row = decided(account("p", phone="138 0013 8000", name="张三"))["p"]
    assert row == {
        "person_id": "p",
        "state": "payable",
        "reason": None,
        "kind": "self",
        "account": "13800138000",
        "account_kind": "phone",
        "name": "张三",
        "situation": "adult",
    }


def test_the_most_frequent_mobile_among_named_accounts_is_taken() -> None:
    """Named accounts come before nameless ones, then the number that stands in most accounts."""
    rows = (
        account("p", "1", phone="13800138001", name="张三"),
        account("p", "2", phone="13800138002", name="张三"),
        account("p", "3", phone="13800138002", name="张三"),
        account("p", "4", phone="13800138003"),
        account("p", "5", phone="13800138003"),
        account("p", "6", phone="13800138003"),
    )
    assert decided(*rows)["p"]["account"] == "13800138002"
    assert decided(*rows) == decided(*reversed(rows))


def test_ties_fall_to_the_lowest_number_and_name_in_whatever_order() -> None:
    """Not to the account that happens to stand first, nor to the lowest account."""
    rows = (
        account("p", "1", phone="13800138009", name="赵乙"),
        account("p", "2", phone="13800138001", name="赵丙"),
        account("p", "3", phone="13800138001", name="赵甲丁"),
        account("p", "4", phone="13800138009", name="赵乙"),
        account("q", "5", phone="13800138005", name="钱乙"),
        account("q", "6", phone="13800138005", name="钱丙"),
        account("r", "7", phone="13800138007"),
        account("r", "8", name="孙二"),
        account("r", "9", name="孙"),
    )
    found = decided(*rows)
    assert decided(*reversed(rows)) == found
    paid = {who: (row["account"], row["name"]) for who, row in found.items()}
    assert paid == {
        "p": ("13800138001", "赵乙"),
        "q": ("13800138005", "钱丙"),
        "r": ("13800138007", "孙"),
    }


def test_the_name_may_come_from_another_account_or_from_its_parts() -> None:
    """A nameless account with a mobile is paid under the name of the person's other account."""
    rows = (
        account("p", "1", phone="13800138001"),
        account("p", "2", surname="张", given_name="三"),
    )
    assert decided(*rows)["p"]["name"] == "张三"
    english = account("q", "3", phone="13800138001", surname="Lovelace", given_name="Ada")
    assert decided(english)["q"]["name"] == "Ada Lovelace"


def test_whoever_has_no_account_or_no_name_needs_a_person() -> None:
    """No mobile, or no name, stops only that person, with its reason and without details."""
    result = decided(account("a", "1", name="张三"), account("b", "2", phone="13800138000"))
    assert (result["a"]["state"], result["a"]["reason"]) == ("needs_person", "no_account")
    assert (result["b"]["state"], result["b"]["reason"]) == ("needs_person", "no_name")
    assert result["b"]["account"] is None


def test_the_dead_are_found_by_account_and_by_identity_number() -> None:
    """A death row stops the person it names, however it names them, and nobody else."""
    deaths = pl.DataFrame(
        {
            "product": ["im", None, "im"],
            "account_id": ["1", None, "unknown"],
            "idno": [None, "360426910101007", "360426198502029983"],
            "died_on": ["2026-01-01", "2025-01-01", None],
        }
    )
    whole = {"phone": "13800138000", "name": "张三"}
    result = decided(
        account("a", "1", **whole),
        account("b", "2", idno="360426199101010071", **whole),
        account("c", "3", **whole),
        account("d", "4", idno="360426198502029983", **whole),
        circumstances=Circumstances(deaths=deaths),
    )
    assert {person: row["reason"] for person, row in result.items()} == {
        "a": "deceased",
        "b": "deceased",
        "c": None,
        "d": "deceased",
    }


def test_a_minor_is_paid_through_the_guardian() -> None:
    """Under 18 on the day: the guardian's wallet and name; without them a person looks first."""
    guardians = pl.DataFrame(
        {
            "product": ["im", "im"],
            "account_id": ["1", "2"],
            "guardian_name": ["李四", "王五"],
            "guardian_account": ["139 0013 9000", None],
        }
    )
    result = decided(
        *(
            account(p, n, phone="13800138000", name="张三", birth="2020-05-05")
            for p, n in ("a1", "b2", "c3")
        ),
        circumstances=Circumstances(guardianships=guardians),
    )
    assert (result["a"]["kind"], result["a"]["account"], result["a"]["name"]) == (
        "guardian",
        "13900139000",
        "李四",
    )
    assert result["b"]["reason"] == result["c"]["reason"] == "minor_without_guardian_account"


@pytest.mark.parametrize(
    ("birth", "kind"),
    [
        ("2008-11-21", "self"),
        ("2008-11-22", "guardian"),
        ("2099-01-01", "guardian"),
        ("", "guardian"),
    ],
)
def test_age_is_counted_on_the_day_of_the_announcement(birth: str, kind: str) -> None:
    """Eighteen that day is of age; an unknown age with a guardianship on file is a ward."""
    guardians = pl.DataFrame(
        {
            "product": ["im"],
            "account_id": ["1"],
            "guardian_name": ["李四"],
            "guardian_account": ["parent@example.org"],
        }
    )
    result = decided(
        account("p", phone="13800138000", name="张三", birth=birth),
        circumstances=Circumstances(guardianships=guardians),
    )
    assert result["p"]["kind"] == kind


def test_the_number_of_a_minor_outweighs_a_wrong_birth_in_the_registry() -> None:
    """The birth in a national number comes before a typed one."""
    result = decided(
        account(
            "p", phone="13800138000", name="张三", birth="1990-01-01", idno="36042620120101007X"
        )
    )
    assert (result["p"]["kind"], result["p"]["situation"]) == ("minor", "aged_8_to_17")


def test_an_account_named_for_the_payment_wins() -> None:
    """A payout account replaces the registry's mobile; its name is optional."""
    chosen = pl.DataFrame(
        {
            "idno": ["360426199101010071"],
            "account": ["Someone@Example.org"],
        }
    )
    result = decided(
        account("p", phone="13800138000", name="张三", idno="360426199101010071"),
        circumstances=Circumstances(payout_accounts=chosen),
    )
    assert (result["p"]["account"], result["p"]["account_kind"]) == ("someone@example.org", "email")
    assert result["p"]["name"] == "张三"


@pytest.mark.parametrize(
    ("people", "state"), [(SELF_LIMIT, "payable"), (SELF_LIMIT + 1, "needs_person")]
)
def test_a_family_may_share_a_wallet_and_a_crowd_may_not(people: int, state: str) -> None:
    """Up to the limit the rail's name check decides; above it a person looks first."""
    rows = [account(f"p{i}", str(i), phone="13800138000", name=f"张{i}") for i in range(people)]
    assert {row["state"] for row in decided(*rows).values()} == {state}


@pytest.mark.parametrize(
    ("wards", "state"), [(WARD_LIMIT, "payable"), (WARD_LIMIT + 1, "needs_person")]
)
def test_a_guardian_collects_for_a_family_and_not_for_a_school(wards: int, state: str) -> None:
    """One guardian's wallet takes the awards of so many wards and no more."""
    guardians = pl.DataFrame(
        {
            "product": ["im"] * wards,
            "account_id": [str(i) for i in range(wards)],
            "guardian_name": ["李四"] * wards,
            "guardian_account": ["13900139000"] * wards,
        }
    )
    rows = [account(f"p{i}", str(i), birth="2015-01-01") for i in range(wards)]
    result = decided(*rows, circumstances=Circumstances(guardianships=guardians))
    assert {row["state"] for row in result.values()} == {state}


def test_payment_details_do_not_print_themselves() -> None:
    """The values are not in the text that logs and tracebacks show."""
    details = PaymentDetails(account="13800138000", account_kind=AccountKind.PHONE, name="张三")
    assert "138" not in repr(details)
    assert "张三" not in f"{details}"
