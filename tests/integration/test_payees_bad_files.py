"""Files of people as they come: what cannot be right is queued with its reason, and pays nobody."""

import re
from pathlib import Path

import pytest

from amends.cli.payees import payee_list, payee_move
from amends.cli.payees_told import doubts_told, payee_told
from amends.evidence.intake import intake
from amends.governance.service import add_operator
from amends.kernel.saying import Language, in_language
from amends.linkage.determine import determine
from amends.linkage.service import affected_accounts
from amends.payees import service, shown, words
from amends.payees.model import Doubt, Situation
from amends.payees.states import Event
from amends.vault.opened import OpenCase
from called import called
from made_cases import MINIMAL_CASE, OpenedCase

CHILD, ADULT = "360426202001010079", "360426199101010071"
"""Made-up national numbers that check."""

CASE = MINIMAL_CASE + "".join(
    f'\n[[people]]\nkind = "{kind}"\npath = "people/{name}.csv"\n'
    for kind, name in (
        ("death", "deaths"),
        ("guardianship", "guardianships"),
        ("payout_account", "accounts"),
        ("contact", "contacts"),
    )
)
PEOPLE = ("future", "twice", "ward", "orphan", "first", "second", "plain", "mixed")
FILES = {
    "registries/im.csv": "account_id,name,phone,idno,birth\n"
    + "".join(
        f"{who},种植{chr(0x4E00 + n)}{chr(0x4E10 + n)},1380000999{n},,"
        f"{'2021-01-01' if who in {'ward', 'orphan'} else '1980-01-01'}\n"
        for n, who in enumerate(PEOPLE)
    ),
    "evidence/dump.csv": "name,phone\n"
    + "".join(
        f"种植{chr(0x4E00 + n)}{chr(0x4E10 + n)},1380000999{n}\n" for n in range(len(PEOPLE))
    ),
    "people/deaths.csv": (
        "product,account_id,idno,died_on\n"
        "im,future,,2099-01-01\n"
        "im,twice,,2026-01-01\n"
        "im,twice,,2026-02-01\n"
        f",,{ADULT},2020-01-01\n"
    ),
    "people/guardianships.csv": (
        "product,account_id,guardian_name,guardian_idno,guardian_account\n"
        f"im,ward,种植监,{CHILD},13900139000\n"
        f"im,orphan,种植护,{ADULT},13900139001\n"
    ),
    "people/accounts.csv": (
        "product,account_id,payout_account\nim,first,13900139002\nim,second,13900139002\n"
    ),
    "people/contacts.csv": (
        "product,account_id,name,email\n"
        f"im,plain,种植{chr(0x4E06)}{chr(0x4E16)},planted@planted.example.invalid\n"
        "im,mixed,别人甲,other@planted.example.invalid\n"
    ),
}


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """A case that is settled from bad files."""
    case = opened_case(CASE, {name: text.encode() for name, text in FILES.items()})
    intake(case)
    determine(case)
    service.settle(case)
    return case


def test_where_nobody_is_affected_nobody_is_paid(opened_case: OpenedCase) -> None:
    """A leaked file of strangers alone, with files of people beside it."""
    strangers = {"evidence/dump.csv": "name,phone\n陌生,13999999999\n"}
    case = opened_case(CASE, {name: text.encode() for name, text in (FILES | strangers).items()})
    intake(case)
    determine(case)
    assert service.settle(case).counts["payees_new"] == 0


def test_a_registry_that_says_nothing_of_payees_pays_nobody_by_itself(
    opened_case: OpenedCase,
) -> None:
    """It has an e-mail address alone, and no file names an account."""
    files = {
        "registries/im.csv": "account_id,email\na,a@example.invalid\nb,b@example.invalid\n",
        "evidence/dump.csv": "email\nb@example.invalid\n",
    }
    case = opened_case(MINIMAL_CASE, {name: text.encode() for name, text in files.items()})
    intake(case)
    determine(case)
    assert service.settle(case).counts["payees_no_account"] == 1


def test_every_bad_row_is_queued_and_pays_nobody(opened: OpenCase) -> None:
    """With its reason, its file and its row; everybody else is paid, and a good contact kept."""
    accounts = affected_accounts(opened, [])
    ids = dict(accounts.select("account_id", "person_id").iter_rows())
    assert len(ids) == len(PEOPLE)
    names = {person: account for account, person in ids.items()}
    queued = {
        (row["doubt"], names[str(row["person_id"])], row["file"], row["row_no"])
        for row in shown.doubts(opened, 100)
    }
    assert queued == {
        ("death_in_future", "future", "death", 1),
        ("death_dates_differ", "twice", "death", 2),
        ("death_dates_differ", "twice", "death", 3),
        ("guardian_is_minor", "ward", "guardianship", 1),
        ("guardian_is_dead", "orphan", "guardianship", 2),
        ("account_of_two", "first", "payout_account", 1),
        ("account_of_two", "second", "payout_account", 2),
        ("name_differs", "mixed", "contact", 2),
    }
    with opened.database.reading() as connection:
        paid = service.payment_details(opened, connection, list(ids.values()))
        kept = connection.execute("SELECT person_id FROM payees.contact").fetchall()
    assert {names[person] for person in paid} == {"plain", "mixed"}
    assert kept == [(ids["plain"],)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_doubt_says_what_is_wrong_where_and_what_to_do(
    opened: OpenCase, language: Language
) -> None:
    """In the reader's words: of every doubt once, with the row of every file that it is about."""
    rows = shown.doubts(opened, 100)
    told = "\n".join(in_language(line, language) for line in doubts_told(rows))
    for row in rows:
        wrong, to_do = words.DOUBTS[Doubt(str(row["doubt"]))]
        where = words.row_named(str(row["path"]), int(str(row["row_no"])))
        assert told.count(in_language(wrong, language)) == 1
        assert told.count(in_language(to_do, language)) == 1
        assert f"{row['person_id']}  {in_language(where, language)}" in told


def test_a_mended_file_takes_its_doubts_back(opened: OpenCase) -> None:
    """Taken in again without bad rows, people are paid, or wait for what they lack."""
    for name in ("deaths", "accounts"):
        path = opened.case.root / "people" / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    intake(opened)
    service.settle(opened)
    assert {row["doubt"] for row in shown.doubts(opened, 100)} == {
        "guardian_is_minor",
        "name_differs",
    }
    assert shown.counted(opened)["adult"] == 6


def test_every_state_and_event_has_a_command() -> None:
    """`payee list --state` knows every state, and `payee move` every event."""
    states = next(one for one in payee_list.params if one.name == "state")
    events = next(one for one in payee_move.params if one.name == "event")
    assert set(getattr(states.type, "choices", ())) == {one.value for one in Situation}
    assert set(getattr(events.type, "choices", ())) == {one.value for one in Event}


def test_a_payee_is_moved_by_commands_alone(
    opened: OpenCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the list to papers, a statement and the move; what is shown names nobody."""
    case, image = opened.case.root, tmp_path / "paper.jpg"
    for name in ("anna", "ben"):
        add_operator(opened, name)
    called("payee", "list", case, "--state", "in_review")
    found = re.findall(r"[0-9a-z]{26}", capsys.readouterr().out)
    assert len(found) == 4
    called("payee", "list", case, "--state", "adult")
    person = re.findall(r"[0-9a-z]{26}", capsys.readouterr().out)[0]
    image.write_bytes(b"an image")
    stated = tmp_path / "words.txt"
    stated.write_text("不要", encoding="utf-8")
    called("payee", "evidence", case, person, "identity", "--by", "anna", "--image", image)
    called("payee", "statement", case, person, "refusal", "--by", "anna", "--words", stated)
    called("payee", "move", case, person, "refuses", "--by", "ben", "--reason", "said so")
    called("payee", "show", case, person)
    called("payee", "doubts", case)
    told = capsys.readouterr().out
    page = "\n".join(in_language(line, "zh") for line in payee_told(shown.show(opened, person)))
    assert "身份证明（identity）：认可，anna 于" in page
    assert "本人不愿领取（refuses），由本人提出；ben 登记" in page
    assert "本人改变主意，愿意收款（reconsiders），由本人提出" in page
    assert not image.exists()
    assert "refused" in told
    assert "account_of_two" in told
    assert "种植" not in told
