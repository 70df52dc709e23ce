"""Pay a share by hand: look at what is due and at the receipt, record, sign, book.

Kept true: a receipt shows one payment, whoever saw it does not enter it, and what is recorded is
what was due; with the last share the payee's state says that all is paid, or nothing is recorded.
"""

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from amends.governance.service import audit_in, present, sign_statement
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.payees import by_hand, moves, moves_store, papers, store
from amends.payees.by_hand import Account, Share
from amends.payees.estates import Entry
from amends.payees.model import PayeeError, Situation
from amends.payees.moves import Moved
from amends.payees.states import EvidenceKind
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What was recorded. ``rest``: what is still due of all shares; ``moved``: with the last."""

    rest: Money
    moved: Moved | None


def pay(
    opened: OpenCase, person_id: str, entry: Entry, share: Share, *, key_file: Path | None = None
) -> Paid:
    """Record that a share was paid by hand.

    *entry*: the event ``paid_by_hand``, with what is owed of which award, and what a rail has.

    Raises:
        PayeeError: nobody is paid by hand in this state, the amount is not what is due, a rail
            has the award, or the paper shows no payment of its own; nothing is recorded then.
        GovernanceError: no such operator, or a wrong key.
    """
    present(opened, entry.by, key_file=key_file, role="caseworker")
    day = moves.day_of(opened, entry)
    with opened.database.unit_of_work() as connection:
        moves_store.lock_plans(connection)
        store.lock(connection)
        now = papers.must_exist(connection, person_id)
        moves.chosen_of(Situation(str(now["situation"])), entry.event)
        account = by_hand.account_of(opened, connection, person_id, entry, now)
        _check_due(account, share)
        paper = _receipt(connection, person_id, share.paper, entry.by)
        rest = account.rest - share.amount
        body = {
            "person": person_id,
            "award": str(account.award_index),
            "share": str(share.to),
            "amount": str(share.amount),
            "paid_on": day.isoformat(),
            "receipt_sha256": str(paper["image_sha256"]),
        }
        values = {
            "person_id": person_id,
            "award_index": account.award_index,
            "share_no": share.to,
            "amount_minor": share.amount.amount_minor,
            "currency": share.amount.currency,
            "paid_on": day,
            "completes": rest.amount_minor == 0,
            "number": "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)),
            "evidence_no": paper["evidence_no"],
            "receipt_sha256": paper["image_sha256"],
            "entered_by": entry.by,
            "signature": sign_statement(opened, entry.by, "hand-payment", body, key_file=key_file),
            "occurred_at": opened.clock.now(),
        }
        moves_store.add(connection, "hand_payment", values)
        audit_in(connection, opened, entry.by, "payee paid by hand", body)
        moved = None
        if not rest.amount_minor:
            days = [row["paid_on"] for row in moves_store.hand_payments(connection, person_id)]
            last = replace(entry, on=max(days))
            moved = moves.enter(opened, connection, person_id, last, key_file)
        booked = by_hand.transfers(account, share, str(values["number"]), opened.clock.now())
        ledger.post(connection, booked)
    return Paid(rest=rest, moved=moved)


def _check_due(account: Account, share: Share) -> None:
    """The share is there, and what was paid is what is due of it."""
    if not 1 <= share.to <= len(account.due):
        raise PayeeError(
            said("there are {shares} shares here: --to 1 is the first", shares=len(account.due))
        )
    here = account.due[share.to - 1]
    if not here.amount_minor:
        raise PayeeError(said("share {number} is paid already", number=share.to))
    if share.amount != here:
        raise PayeeError(
            said(
                "{due} are due of share {number}, and {amount} are entered: what was paid has to "
                "be what is due",
                due=here.display(),
                number=share.to,
                amount=share.amount.display(),
            )
        )


def _receipt(connection: Connection, person_id: str, number: int, operator: str) -> moves_store.Row:
    """The paper that shows the payment: seen by somebody else, with its digest, and used once."""
    seen = moves_store.evidence(connection, person_id)
    paper = seen[number - 1] if 1 <= number <= len(seen) else None
    kind = EvidenceKind.PAYMENT_RECEIPT.value
    if paper is None or paper["kind"] != kind or paper["result"] != "accepted":
        raise PayeeError(
            said(
                "paper {number} of this person is no accepted {kind}: `amends payee show` lists "
                "papers, `amends payee evidence … {kind} --image FILE` records one",
                number=number,
                kind=kind,
            )
        )
    digest = paper["image_sha256"]
    if digest is None:
        raise PayeeError(
            said(
                "paper {number} has no digest: record the receipt with --image, so that it shows "
                "one payment only",
                number=number,
            )
        )
    if paper["seen_by"] == operator:
        raise PayeeError(
            said(
                "{operator} has seen the receipt: another operator enters the payment",
                operator=operator,
            )
        )
    if moves_store.is_receipt_used(connection, digest):
        raise PayeeError(
            said("the receipt of paper {number} shows another payment already", number=number)
        )
    return paper
