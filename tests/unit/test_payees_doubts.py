"""Bad rows of people files: each is queued with its reason, and nobody else is stopped by it."""

from datetime import date

import polars as pl

from amends.payees.matching import Circumstances
from amends.payees.rules import FIELDS, Limits, Settled, decide

DAY = date(2026, 11, 21)
COLUMNS = ("person_id", "product", "account_id", *FIELDS)
WHOLE = {"phone": "13800138000", "name": "种植甲"}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def idno(born: str, order: str = "007") -> str:
    """A made-up national number that checks."""
    head = f"360426{born}{order}"
    total = sum(int(digit) * weight for digit, weight in zip(head, WEIGHTS, strict=True))
    return head + "10X98765432"[total % 11]


ADULT, OTHER = idno("19910101"), idno("19850202", "009")
CHILD = idno("20200101")


def settled(
    people: dict[str, dict[str, str]], least: int = 0, **files: list[dict[str, str]]
) -> Settled:
    """What follows for people, who have one account each, by id, in the product `im`."""
    rows = [
        {"person_id": who, "product": "im", "account_id": who, **fields}
        for who, fields in people.items()
    ]
    accounts = pl.DataFrame(
        [{name: row.get(name) for name in COLUMNS} for row in rows],
        schema=dict.fromkeys(COLUMNS, pl.String),
    )
    frames = {
        name: pl.DataFrame([{**row, "path": f"{name}.csv"} for row in told]).with_row_index(
            "row", 1
        )
        for name, told in files.items()
    }
    return decide(accounts, Circumstances(**frames), Limits(day=DAY, least=least), mainland=True)


def doubts(found: Settled) -> list[tuple[object, ...]]:
    """What is wrong, with whom, in which row."""
    return found.doubts.select("doubt", "person_id", "row").sort("person_id", "doubt", "row").rows()


def standing(found: Settled) -> dict[str, tuple[str, str | None, str]]:
    """State, reason and situation of everybody."""
    columns = ("person_id", "state", "reason", "situation")
    return {row[0]: row[1:] for row in found.decisions.select(columns).iter_rows()}


def named(who: str, **fields: str) -> dict[str, str]:
    """A row about somebody by product and account."""
    return {"product": "im", "account_id": who, **fields}


def guardian(who: str, number: str, account: str = "13900139000") -> dict[str, str]:
    """A guardianship of somebody."""
    return named(who, guardian_name="种植监", guardian_idno=number, guardian_account=account)


def test_a_death_date_in_the_future_is_queued() -> None:
    """The row tells nothing that can be; a person looks before anything is paid."""
    found = settled({"a": WHOLE, "b": WHOLE}, deaths=[named("a", died_on="2027-01-01")])
    assert doubts(found) == [("death_in_future", "a", 1)]
    assert standing(found)["a"] == ("needs_person", "in_review", "in_review")
    assert standing(found)["b"] == ("payable", None, "adult")


def test_a_person_dead_twice_on_different_dates_is_queued() -> None:
    """Dead all the same: both rows are listed. One date told twice is no doubt."""
    found = settled(
        {"a": WHOLE, "b": WHOLE},
        deaths=[
            *(named("a", died_on="2026-01-01"), named("a", died_on="2026-01-02")),
            *(named("b", died_on="2026-01-01"), named("b", died_on="20260101")),
        ],
    )
    assert doubts(found) == [("death_dates_differ", "a", 1), ("death_dates_differ", "a", 2)]
    assert standing(found) == {
        "a": ("needs_person", "deceased", "in_review"),
        "b": ("needs_person", "deceased", "died_before"),
    }


def test_who_died_before_the_leak_and_who_after_are_told_apart() -> None:
    """Before it the relatives have a claim of their own (994); after it there is an estate."""
    accounts = pl.DataFrame(
        [
            {
                name: {"person_id": who, "product": "im", "account_id": who}.get(name)
                for name in COLUMNS
            }
            for who in ("a", "b")
        ],
        schema=dict.fromkeys(COLUMNS, pl.String),
    )
    deaths = pl.DataFrame([named("a", died_on="2026-02-28"), named("b", died_on="2026-03-01")])
    limits = Limits(day=DAY, leaked_on=date(2026, 3, 1))
    found = decide(accounts, Circumstances(deaths=deaths), limits, mainland=True)
    assert found.decisions["situation"].to_list() == ["died_before", "died_after"]


def test_a_guardian_who_is_a_minor_is_refused() -> None:
    """The row is queued, and the child waits for another guardian."""
    found = settled({"a": {"idno": CHILD}}, guardianships=[guardian("a", idno("20100101"))])
    assert doubts(found) == [("guardian_is_minor", "a", 1)]
    assert standing(found)["a"] == (*("needs_person", "minor_without_guardian_account", "under_8"),)


def test_a_guardian_who_is_dead_is_refused_and_another_one_serves() -> None:
    """Whoever is dead by the files receives nothing for anybody."""
    found = settled(
        {"a": {"idno": CHILD}, "d": {**WHOLE, "idno": OTHER}},
        deaths=[named("d", died_on="2026-01-01")],
        guardianships=[guardian("a", OTHER), guardian("a", ADULT, "13900139001")],
    )
    assert doubts(found) == [("guardian_is_dead", "a", 1)]
    decision = found.decisions.row(0, named=True)
    assert (decision["kind"], decision["account"]) == ("guardian", "13900139001")


def test_a_circle_of_guardians_is_refused() -> None:
    """Two who guard each other, and a child whose guardian is one of them, wait; others do not."""
    found = settled(
        {
            "a": {"idno": ADULT},
            "b": {"idno": OTHER},
            "c": {"idno": CHILD},
            "d": {"idno": idno("20210101")},
        },
        guardianships=[
            guardian("a", OTHER),
            guardian("b", ADULT),
            guardian("c", ADULT),
            guardian("d", idno("19800101", "003")),
        ],
    )
    assert doubts(found) == [
        ("guardian_in_circle", who, row) for who, row in zip("abc", (1, 2, 3), strict=True)
    ]
    assert standing(found)["d"] == ("payable", None, "under_8_guarded")
    assert standing(found)["c"][0] == "needs_person"


def test_an_account_claimed_by_two_people_is_queued() -> None:
    """Both wait, because one of them would receive the other's money."""
    found = settled(
        {"a": WHOLE, "b": WHOLE, "c": WHOLE},
        payout_accounts=[
            named("a", payout_account="13700137000"),
            named("b", payout_account="137 0013 7000"),
            named("c", payout_account="13700137001"),
        ],
    )
    assert doubts(found) == [("account_of_two", "a", 1), ("account_of_two", "b", 2)]
    assert [row[0] for row in standing(found).values()] == [
        *("needs_person", "needs_person", "payable"),
    ]


def test_nobody_guesses_where_the_money_goes() -> None:
    """Two accounts for one person, or one that cannot be read: not the registry's instead."""
    found = settled(
        {"a": WHOLE, "b": WHOLE, "c": WHOLE, "d": WHOLE},
        payout_accounts=[
            named("a", payout_account="13700137000"),
            named("a", payout_account="13700137001"),
            named("b", payout_account="6228480402564890019"),
            named("c", payout_account=" "),
            named("d", payout_account="13700137002"),
            named("d", payout_account="137-0013-7002"),
        ],
    )
    assert doubts(found) == [
        ("accounts_differ", "a", 1),
        ("accounts_differ", "a", 2),
        ("account_unreadable", "b", 3),
    ]
    assert [row[1] for row in standing(found).values()] == ["in_review", "in_review", None, None]


def test_a_wallet_that_cannot_take_the_award_is_known_before_paying() -> None:
    """By its limit, else by its class; a limit that cannot be read is looked at, not guessed."""
    rows = {
        "a": {"wallet_class": "Ⅰ类"},
        "b": {"wallet_class": "II"},
        "c": {"wallet_limit": "CNY 4,999.99"},
        "d": {"wallet_limit": "5000.00", "wallet_class": "I"},
        "e": {"wallet_limit": "some"},
        "f": {"wallet_class": "IV"},
        "g": {"wallet_limit": " ", "wallet_class": ""},
    }
    found = settled(
        dict.fromkeys(rows, WHOLE),
        least=5_000,
        payout_accounts=[
            named(who, payout_account=f"1370013700{at}")
            | {"wallet_limit": "", "wallet_class": ""}
            | told
            for at, (who, told) in enumerate(rows.items())
        ],
    )
    low = ("needs_person", "wallet_too_low", "wallet_too_low")
    looked_at = ("needs_person", "in_review", "in_review")
    payable = ("payable", None, "adult")
    assert standing(found) == {
        **dict.fromkeys("ac", low),
        **dict.fromkeys("bdg", payable),
        **dict.fromkeys("ef", looked_at),
    }
    assert doubts(found) == [("limit_unreadable", "e", 5), ("limit_unreadable", "f", 6)]


def test_a_guardians_account_is_not_the_wards_wallet() -> None:
    """A low wallet of a child whom the guardian receives for stops nobody."""
    found = settled(
        {"a": {**WHOLE, "idno": CHILD}},
        least=5_000,
        guardianships=[guardian("a", ADULT)],
        payout_accounts=[named("a", payout_account="13700137000", wallet_class="I")],
    )
    assert standing(found)["a"] == ("payable", None, "under_8_guarded")


def test_rows_about_nobody_are_counted_by_file() -> None:
    """A mistyped account is nobody's, and whoever gave the file should hear of it."""
    found = settled(
        {"a": WHOLE},
        deaths=[named("A", died_on="2026-01-01"), named("a", died_on="2026-01-01")],
        guardianships=[guardian("b", ADULT), guardian("c", ADULT)],
    )
    assert found.strangers["rows"].to_list() == [1, 2]
    assert standing(found)["a"][1] == "deceased"


def test_a_row_that_may_be_about_somebody_else_is_queued() -> None:
    """Another name, a wrong check digit, a number of two people or of another than the account."""
    wrong = ADULT[:17] + ("0" if ADULT[17] != "0" else "1")
    found = settled(
        {
            "a": WHOLE,
            "b": {**WHOLE, "idno": ADULT},
            "c": {**WHOLE, "idno": OTHER},
            "d": {**WHOLE, "idno": OTHER},
        },
        deaths=[
            named("a", died_on="2026-01-01", name="种植乙"),
            {"idno": wrong, "died_on": "2026-01-01"},
            {"idno": OTHER, "died_on": "2026-01-01"},
        ],
    )
    assert doubts(found) == [
        ("name_differs", "a", 1),
        ("check_digit", "b", 2),
        ("two_people", "c", 3),
        ("two_people", "d", 3),
    ]
    assert {row[1] for row in standing(found).values()} == {"in_review"}


def test_from_8_to_17_the_own_account_is_a_valid_payee() -> None:
    """The one named, else the guardian's, else the own; under 8 the guardian's (19, 20, 145)."""
    teen = idno("20120101")
    people = {
        "a": {**WHOLE, "idno": teen},
        "b": {**WHOLE, "idno": idno("20120101", "009")},
        "c": {**WHOLE, "idno": idno("20120101", "001")},
        "d": {**WHOLE, "idno": CHILD},
    }
    found = settled(
        people,
        guardianships=[guardian("b", ADULT), guardian("c", ADULT)],
        payout_accounts=[named("c", payout_account="13700137000")],
    )
    kinds = dict(found.decisions.select("person_id", "kind").iter_rows())
    assert kinds == {"a": "minor", "b": "guardian", "c": "minor", "d": None}
    assert [row[2] for row in standing(found).values()] == [
        *("aged_8_to_17", "aged_8_to_17_guarded", "aged_8_to_17", "under_8"),
    ]


def test_an_adult_whom_a_court_found_incapable_is_paid_through_the_guardian() -> None:
    """A guardianship alone does not take an adult's money; one that says so does."""
    rows = [
        {**guardian("a", OTHER), "capacity": "none"},
        {**guardian("b", OTHER, "13900139002"), "capacity": ""},
    ]
    found = settled(
        {"a": {**WHOLE, "idno": ADULT}, "b": {**WHOLE, "birth": "1980-01-01"}}, guardianships=rows
    )
    assert found.decisions["situation"].to_list() == ["incapable_guarded", "adult"]
    assert found.decisions["kind"].to_list() == ["guardian", "self"]


def test_a_guardian_with_many_wards_is_flagged_also_with_many_wallets() -> None:
    """Conflict of interest (Civil Code 35): by the guardian's number, not by the wallet alone."""
    people = {f"c{n:02}": {"idno": idno(f"202001{n + 1:02}")} for n in range(11)}
    rows = [guardian(who, ADULT, f"139001390{n:02}") for n, who in enumerate(people)]
    found = settled(people, guardianships=rows)
    assert {row[1] for row in standing(found).values()} == {"many_on_one_account"}
    assert {row[0] for row in doubts(found)} == {"many_wards"}
    fewer = dict(list(people.items())[:10])
    assert not doubts(settled(fewer, guardianships=rows[:10]))
