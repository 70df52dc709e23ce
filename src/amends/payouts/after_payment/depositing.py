"""Deposit with a notary for many people at once: order, certificate, entry, letters.

Kept true: what leaves was signed by two people over the exact list and is in the register of
exports; whoever saw the certificate does not enter the deposit; what is deposited is booked in the
transaction in which the person's state says so; a call that was cut short goes on where it stopped.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import polars as pl

from amends.governance.exports import register_in
from amends.governance.model import JSON, Outgoing
from amends.governance.service import audit_in, require_approval, sign_statement, with_signers
from amends.kernel.errors import StageOrderError
from amends.kernel.money import Money
from amends.kernel.saying import in_language, said
from amends.linkage.service import affected_accounts
from amends.payees import moves, papers
from amends.payees.estates import Entry
from amends.payees.model import Situation
from amends.payees.shown import show
from amends.payees.states import Event, EvidenceKind
from amends.payouts.after_payment import deposit_store
from amends.payouts.after_payment.deposit_rules import (
    GROUNDS,
    DepositError,
    Depositing,
    Order,
    letter,
    list_digest,
    table,
)
from amends.store.files import written_whole
from amends.vault.opened import OpenCase

_CATEGORIES = ("NAME", "IDNO", "AMOUNT")


def orders(opened: OpenCase) -> tuple[list[Order], int]:
    """All orders, and for how many people one is still to be made."""
    with opened.database.reading() as connection:
        return deposit_store.orders(connection), len(deposit_store.to_order(connection))


def order(opened: OpenCase, notary: str, to: Path | None) -> Order | None:
    """Order that the money of everybody who waits for it is deposited; write the notary's list.

    *to*: where the list goes; None is a dry run, which changes nothing and returns nothing.

    Raises:
        DepositError: nobody waits for it, or no notary is named.
        WaitingForApprovalError: two people have to sign the exact list.
    """
    with opened.database.reading() as connection:
        rows = deposit_store.to_order(connection)
        number = len(deposit_store.orders(connection)) + 1
    if not notary.strip():
        raise DepositError(said("name the notary: --notary NAME"))
    if not rows:
        raise DepositError(
            said("nobody waits for a deposit: `amends payee move CASE PERSON deposit_decided`")
        )
    if to is None:
        return None
    currency = rows[0].amount.currency
    body: dict[str, JSON] = {
        "case": opened.case.file.id,
        "currency": currency,
        "list_sha256": list_digest(rows),
        "notary": notary,
        "order": number,
        "people": len(rows),
        "total_minor": sum(one.amount.amount_minor for one in rows),
    }
    proposal = require_approval(opened, "deposit", with_signers(opened, body))
    words = {ground: in_language(text, "zh") for ground, text in GROUNDS.items()}
    content = table(number, _named(opened, rows), words)
    now = opened.clock.now()
    leaving = Outgoing(
        what="deposit_order",
        rows=len(rows),
        categories=_CATEGORIES,
        recipient=notary,
        purpose=f"公证提存 / deposit with a notary (order {number})",
    )
    digest = hashlib.sha256(content).hexdigest()
    with opened.database.unit_of_work() as connection:
        deposit_store.lock(connection)
        if list_digest(deposit_store.to_order(connection)) != body["list_sha256"]:
            raise DepositError(said("something came in between; call the same command again"))
        deposit_store.insert(connection, {**body, "proposal": proposal}, rows, now)
        register_in(connection, opened, leaving, digest, proposal=proposal)
        with written_whole(to) as aside:
            aside.write_bytes(content)
    return _one(opened, number)


def _named(opened: OpenCase, rows: list[Depositing]) -> list[Depositing]:
    """The same with name and number of each person, as the registries tell them.

    Where no determination stands nobody knows them; the notary then has the reference alone.
    """
    if opened.vault.evidence_destroyed:
        return rows
    people = [one.person_id for one in rows]
    try:
        accounts = affected_accounts(opened, ["name", "idno"])
    except StageOrderError:  # it was decided, and no determination stands
        return rows
    found = (
        accounts.filter(pl.col("person_id").is_in(people))
        .group_by("person_id")
        .agg(pl.col("name").drop_nulls().mode().sort().first(), pl.col("idno").drop_nulls().first())
    )
    told = {str(who): (name or "", idno or "") for who, name, idno in found.iter_rows()}
    return [
        replace(
            one,
            name=told.get(one.person_id, ("", ""))[0],
            idno=told.get(one.person_id, ("", ""))[1],
        )
        for one in rows
    ]


def see(
    opened: OpenCase,
    number: int,
    certificate: str,
    image: Path,
    by: str,
    *,
    key_file: Path | None = None,
) -> Order:
    """Record that an operator has seen the notary's certificate of an order, for each person of it.

    The digest of its *image* is kept, and the image is not.

    Raises:
        DepositError: no such order, or its certificate was seen before.
        GovernanceError: no such operator, or a wrong key.
    """
    one = _one(opened, number)
    if one.certificate is not None:
        raise DepositError(said("the certificate of order {number} was seen before", number=number))
    with opened.database.reading() as connection:
        rows = deposit_store.ordered(connection, number)
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    body = {"order": str(number), "certificate": certificate, "image_sha256": digest}
    signature = sign_statement(opened, by, "deposit-certificate", body, key_file=key_file)
    for row in rows:
        if not _has_paper(opened, row.person_id):
            paper = papers.Paper(kind=EvidenceKind.DEPOSIT_CERTIFICATE)
            papers.see(opened, row.person_id, paper, by, key_file=key_file)
    with opened.database.unit_of_work() as connection:
        deposit_store.lock(connection)
        values = {**body, "order": number, "seen_by": by, "signature": signature}
        deposit_store.insert_proof(connection, {**values, "now": opened.clock.now()})
        audit_in(connection, opened, by, "deposit certificate seen", body)
    return _one(opened, number)


def _has_paper(opened: OpenCase, person_id: str) -> bool:
    seen = show(opened, person_id)["papers"]
    assert isinstance(seen, list)  # noqa: S101 - as shown.show gives it
    return any(one["kind"] == EvidenceKind.DEPOSIT_CERTIFICATE.value for one in seen)


def made(opened: OpenCase, number: int, by: str, *, key_file: Path | None = None) -> int:
    """Enter that the money of an order lies with the notary; of how many people this time.

    Raises:
        DepositError: no such order, or nobody has seen its certificate.
        PayeeError: whoever saw it enters it.
        GovernanceError: no such operator, or a wrong key.
    """
    one = _one(opened, number)
    if one.certificate is None:
        raise DepositError(
            said(
                "nobody has seen the certificate of order {number}: `amends deposit seen` records "
                "it, by another operator",
                number=number,
            )
        )
    with opened.database.reading() as connection:
        rows = deposit_store.ordered(connection, number)
    entered = 0
    for row in rows:
        if show(opened, row.person_id)["situation"] == Situation.DEPOSIT_PENDING.value:
            moves.move(opened, row.person_id, _entry(opened, one, row, by), key_file=key_file)
            entered += 1
    return entered


def _entry(opened: OpenCase, one: Order, row: Depositing, by: str) -> Entry:
    """That the money of one person was deposited, with what became of a payment of it."""
    with opened.database.reading() as connection:
        back_minor, under_way = deposit_store.on_rails(connection, row.award_index)
    return Entry(
        event=Event.DEPOSIT_MADE,
        by=by,
        reason=f"order {one.order_no}, certificate {one.certificate}",
        owed=row.amount,
        award_index=row.award_index,
        came_back=Money(amount_minor=back_minor, currency=row.amount.currency)
        if back_minor
        else None,
        under_way=under_way,
    )


def write_letters(opened: OpenCase, number: int, to: Path) -> int:
    """Write what the people of an order are told, as JSON in both languages; how many these are.

    By award alone: whoever sends them adds the addresses.

    Raises:
        DepositError: no such order, or nothing of it is deposited.
    """
    one = _one(opened, number)
    with opened.database.reading() as connection:
        rows = deposit_store.ordered(connection, number)
        until = deposit_store.until(connection, [row.person_id for row in rows])
    told = [
        {
            "award": row.award_index,
            "until": until[row.person_id].isoformat(),
            "letter": {
                language: {
                    name: in_language(text, language)
                    for name, text in letter(
                        one, row.award_index, row.amount, until[row.person_id]
                    ).items()
                }
                for language in ("zh", "en")
            },
        }
        for row in rows
        if row.person_id in until
    ]
    if not told:
        raise DepositError(said("nothing of order {number} is deposited", number=number))
    content = json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"
    leaving = Outgoing(
        what="deposit_letters",
        rows=len(told),
        categories=("AMOUNT",),
        recipient="payees",
        purpose=f"提存通知 / people are told of the deposit (order {number})",
    )
    with opened.database.unit_of_work() as connection:
        register_in(connection, opened, leaving, hashlib.sha256(content).hexdigest())
        with written_whole(to) as aside:
            aside.write_bytes(content)
    return len(told)


def _one(opened: OpenCase, number: int) -> Order:
    found = [one for one in orders(opened)[0] if one.order_no == number]
    if not found:
        raise DepositError(
            said("there is no order {number}: `amends deposit list CASE`", number=number)
        )
    return found[0]
