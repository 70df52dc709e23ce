"""Cases for tests of the published roster: thirty people with awards, and made-up payments."""

from datetime import UTC, datetime
from pathlib import Path

from amends.awards.service import award
from amends.evidence.intake import intake
from amends.linkage.determine import determine
from amends.payees.service import settle
from amends.roster import service
from amends.vault.opened import OpenCase, open_case
from made_cases import MINIMAL_CASE, write_case
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
    now = datetime(2026, 11, 22, 4, tzinfo=UTC)
    total = sum(len(awards) for awards in states.values())
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO payouts.rail (rail, prefunded_minor, currency, bill_zone, opened_at) "
            "VALUES ('alipay', 1, 'CNY', 'Asia/Shanghai', %(now)s) ON CONFLICT DO NOTHING",
            {"now": now},
        )
        row = connection.execute("SELECT count(*) FROM payouts.plan").fetchone()
        number = int(str(row[0])) + 1 if row else 1
        connection.execute(
            "INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, "
            "numbers_sha256, planned_at) VALUES (%(no)s, 'alipay', %(n)s, %(n)s, 'CNY', "
            "repeat('0', 64), %(now)s)",
            {"no": number, "n": total, "now": now},
        )
        connection.execute(
            "INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state) "
            "VALUES (%(no)s, %(no)s, 1, 'sent')",
            {"no": number},
        )
        for state, awards in states.items():
            done = now if state in {"settled", "returned"} else None
            back = now if state == "returned" else None
            for index in awards:
                connection.execute(
                    "INSERT INTO payouts.instruction (instruction_id, award_index, generation, "
                    "chunk_no, rail, amount_minor, currency, state, request_sha256, attempts, "
                    "sent_at, last_sent_at, settled_at, returned_at) VALUES (%(id)s, %(index)s, "
                    "0, %(no)s, 'alipay', %(amount)s, 'CNY', %(state)s, %(hash)s, 1, %(now)s, "
                    "%(now)s, %(done)s, %(back)s)",
                    {
                        "id": f"N{index:08d}",
                        "index": index,
                        "no": number,
                        "amount": AMOUNT,
                        "state": state,
                        "hash": bytes(32),
                        "now": now,
                        "done": done,
                        "back": back,
                    },
                )
