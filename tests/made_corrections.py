"""Corrections for tests, and what they depend on: payments under way, people found to be one."""

from collections.abc import Mapping
from datetime import UTC, datetime

from amends.awards.correcting import Reason, Wanted
from amends.kernel.money import Money
from amends.vault.opened import OpenCase
from made_determination import person
from made_plans import make_plan

_NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def raised(
    award_index: int,
    amount_minor: int,
    *,
    reason: Reason = Reason.AMOUNT_WRONG,
    because: str = "wrongly calculated",
) -> Wanted:
    """Another amount for an award."""
    amount = Money(amount_minor=amount_minor, currency="CNY")
    return Wanted(award_index=award_index, amount=amount, reason=reason, because=because)


def annul(award_index: int, reason: Reason) -> Wanted:
    """Nothing for an award any more."""
    return raised(award_index, 0, reason=reason)


def moved(opened: OpenCase, run_no: int, change: str, *, earlier: int, now: int) -> None:
    """People found to be one, or two, by a run."""
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO linkage.moved (run_no, earlier_id, person_id, change) "
            "VALUES (%(run)s, %(earlier)s, %(now)s, %(change)s)",
            {"run": run_no, "earlier": person(earlier), "now": person(now), "change": change},
        )


def paid(opened: OpenCase, states: Mapping[int, str], amount_minor: int = 500_000) -> None:
    """Instructions in the tables of payouts, as if the rail had answered so. No books."""
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO payouts.rail (rail, prefunded_minor, currency, bill_zone, opened_at) "
            "VALUES ('alipay', 1, 'CNY', 'Asia/Shanghai', %(now)s) ON CONFLICT DO NOTHING",
            {"now": _NOW},
        )
        row = connection.execute("SELECT count(*) FROM payouts.plan").fetchone()
        number = int(str(row[0])) + 1 if row else 1
    make_plan(opened, number, "alipay", {2 * number: "sent", 2 * number + 1: "planned"}, _NOW)
    with opened.database.unit_of_work() as connection:
        for index, state in states.items():
            left = state != "planned"
            connection.execute(
                "INSERT INTO payouts.payment (instruction_id, award_index, generation, "
                "chunk_no, rail, amount_minor, currency, state, reason, request_sha256, attempts, "
                "sent_at, last_sent_at, settled_at, returned_at) VALUES (%(id)s, %(index)s, 0, "
                "%(no)s, 'alipay', %(amount)s, 'CNY', %(state)s, %(reason)s, %(hash)s, "
                "%(attempts)s, %(sent)s, %(sent)s, %(settled)s, %(returned)s)",
                {
                    "id": f"N{index:08d}",
                    "index": index,
                    "no": 2 * number + (not left),
                    "amount": amount_minor,
                    "state": state,
                    "reason": "no_account" if state == "refused" else None,
                    "hash": bytes(32) if left else None,
                    "attempts": int(left),
                    "sent": _NOW if left else None,
                    "settled": _NOW if state in {"settled", "returned"} else None,
                    "returned": _NOW if state == "returned" else None,
                },
            )
