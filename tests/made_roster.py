"""Cases for tests of the published roster: thirty people with awards, and made-up payments."""

from pathlib import Path

from amends.awards.service import award
from amends.evidence.intake import intake
from amends.linkage.determine import determine
from amends.payees.service import settle
from amends.roster import service
from amends.vault.opened import OpenCase, open_case
from made_cases import MINIMAL_CASE, write_case
from made_corrections import paid
from planted import PEOPLE

TWO = ("anna", "ben")
AMOUNT = 500_000
FILE = "registries/im.csv"


def files(people: int) -> dict[str, bytes]:
    """A registry and a leak of so many people, the planted ones first."""
    rows = [(person.name, person.phone) for person in PEOPLE]
    rows += [(f"假人{number:05d}", f"1380001{number:04d}") for number in range(people)]
    registry = "".join(f"a{at},{name},{phone}\n" for at, (name, phone) in enumerate(rows[:people]))
    leak = "".join(f"{name},{phone}\n" for name, phone in rows[:people])
    return {
        FILE: f"account_id,name,phone\n{registry}".encode(),
        "evidence/dump.csv": f"name,phone\n{leak}".encode(),
    }


def toml(people: int) -> str:
    """The minimal case with money for so many."""
    return MINIMAL_CASE.replace("CNY 1000000.00", f"CNY {people * 5_000}.00")


def awarded(opened: OpenCase) -> OpenCase:
    """The case, run up to its awards."""
    for step in (intake, determine, settle, award):
        step(opened)
    return opened


def thirty_awarded(root: Path) -> None:
    """Thirty people with awards."""
    write_case(root, toml(30), files(30))
    with open_case(root, approve_as=TWO) as opened:
        awarded(opened)


def thirty_published(root: Path) -> None:
    """Thirty people with awards, published, and all of them paid."""
    thirty_awarded(root)
    with open_case(root, approve_as=TWO) as opened:
        service.publish(opened)
        pay_made_up(opened, {"settled": range(30)})


def pay_made_up(opened: OpenCase, states: dict[str, range]) -> None:
    """Instructions in the books of payouts, as if the rail had answered so."""
    paid(opened, {index: state for state, awards in states.items() for index in awards}, AMOUNT)
