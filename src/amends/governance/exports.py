"""The register of exports: whatever leaves the case, to whom, why, and what it weighs.

Kept true: no file is found under its name that is not in the register, no answer of the database is
shown that is not, and an approval lets one export out. Weights follow the thresholds of criminal
law, because an operator who lets out that much without need does what the law calls serious.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from amends.governance import records_store, rules
from amends.governance.model import JSON, Export, Outgoing
from amends.governance.service import audit_in, require_approval
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.saying import Said, joined, said
from amends.store.connection import Connection
from amends.store.files import written_whole
from amends.vault.opened import OpenCase

QUOTA_PERIOD = timedelta(hours=24)

_PSEUDONYM = ("PERSON",)
_MONEY = ("AMOUNT",)
_OPENS = ("CODE",)
KNOWN: dict[str, Outgoing] = {
    one.what: one
    for one in (
        Outgoing(what="matches", rows=0, categories=_PSEUDONYM, contract=True),
        Outgoing(what="accounts", rows=0, categories=_PSEUDONYM, contract=True),
        Outgoing(what="affected", rows=0, categories=_PSEUDONYM, contract=True),
        Outgoing(what="refused", rows=0, categories=_PSEUDONYM),
        Outgoing(what="awards", rows=0, categories=_MONEY, contract=True),
        Outgoing(what="payments", rows=0, categories=_MONEY, contract=True),
        Outgoing(what="ledger", rows=0, categories=_MONEY, contract=True),
        Outgoing(what="receipt", rows=0, categories=_MONEY, contract=True),
        Outgoing(what="codes", rows=0, categories=_OPENS),
        Outgoing(what="receipt_opened", rows=0, categories=(*_MONEY, "NAME", "PHONE", "IDNO")),
        Outgoing(what="policy", rows=0, contract=True),
        Outgoing(what="log_rows", rows=0, categories=_MONEY),
        Outgoing(what="vouchers_each", rows=0, categories=_MONEY),
        Outgoing(what="query", rows=0, categories=_MONEY),
        Outgoing(what="runs_diff", rows=0, categories=_PSEUDONYM),
        Outgoing(what="people", rows=0, categories=_PSEUDONYM),
        Outgoing(what="messages", rows=0, categories=_PSEUDONYM),
        Outgoing(what="claims", rows=0, categories=_MONEY),
        Outgoing(what="exceptions", rows=0, categories=_MONEY),
        Outgoing(what="untold", rows=0, categories=_MONEY),
        Outgoing(what="scam_reports", rows=0, categories=("PHONE",)),
    )
}
"""What a row of each table says of a person. ``PERSON``: a pseudonym whose key the case keeps, or
the number of an account; it weighs as any other kind. ``vouchers_each`` and ``query``: a row may be
one person's, of whom the worst is said that the database says in the clear. What is not here says
nothing of a person."""

SCHEMA = pa.schema(
    [
        ("occurred_at", pa.timestamp("us", tz="UTC")),
        ("what", pa.string()),
        ("rows", pa.int64()),
        ("categories", pa.string()),
        ("weight", pa.float64()),
        ("recipient", pa.string()),
        ("purpose", pa.string()),
        ("actor", pa.string()),
        ("approval", pa.string()),
        ("sha256", pa.string()),
    ]
)
"""The columns of the register as it is handed out."""


def outgoing(what: str, rows: int, *, recipient: str = "", purpose: str = "") -> Outgoing:
    """What is about to leave, with the categories that its rows have."""
    known = KNOWN.get(what, Outgoing(what=what, rows=0))
    return replace(known, rows=rows, recipient=recipient.strip(), purpose=purpose.strip())


def let_out(
    opened: OpenCase, leaving: Outgoing, to: Path, write: Callable[[Path], object]
) -> tuple[Said, ...]:
    """Write a file that leaves, entered in the register before it has its name; what to say.

    Raises:
        WaitingForApprovalError: two people have to sign it.
        DecisionError: recipient or purpose carries a person's number.
    """
    proposal = _signed_if_need_be(opened, leaving)
    with written_whole(to) as part:
        write(part)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return _register(opened, leaving, digest, proposal)


def ask_for(opened: OpenCase, several: Iterable[Outgoing]) -> None:
    """Propose all that has to be signed of files that leave together, before any is written.

    An approval lets one file out, so who asked for each in turn would sign the first ones anew.

    Raises:
        WaitingForApprovalError: two people have to sign at least one of them; all are proposed.
    """
    together = 0
    waiting: list[str] = []
    for leaving in several:
        try:
            if _signed_if_need_be(opened, leaving, together=together) is None:
                together += rules.weight_millionths(leaving.rows, leaving.categories)
        except WaitingForApprovalError as one:
            waiting.append(one.message)
    if waiting:
        raise WaitingForApprovalError(joined(waiting))


def let_show(opened: OpenCase, leaving: Outgoing, content: bytes) -> tuple[Said, ...]:
    """Enter in the register what is about to be shown of many people; what to say.

    Raises:
        WaitingForApprovalError: two people have to sign it.
    """
    proposal = _signed_if_need_be(opened, leaving)
    return _register(opened, leaving, hashlib.sha256(content).hexdigest(), proposal)


def register_in(
    connection: Connection,
    opened: OpenCase,
    leaving: Outgoing,
    digest: str,
    *,
    proposal: str | None = None,
) -> None:
    """Enter in the register, in the same transaction, what a stage lets out.

    *proposal*: the digest that two people signed for it.
    """
    export = _export(opened, leaving, digest, proposal)
    records_store.add_export(connection, export)
    audit_in(connection, opened, export.actor, "exported", _about(export))


def exports(opened: OpenCase) -> list[Export]:
    """The register of exports, oldest first."""
    with opened.database.reading() as connection:
        return records_store.exports(connection)


def page(
    opened: OpenCase, *, what: str = "", before: int | None = None, most: int
) -> list[tuple[int, Export]]:
    """At most so many lines of the register with their numbers, newest first.

    *what*: of one kind alone; *before*: only those below a number.
    """
    with opened.database.reading() as connection:
        return records_store.exports_page(connection, what=what, before=before, most=most)


def kinds(opened: OpenCase) -> list[str]:
    """What has left, each kind once."""
    with opened.database.reading() as connection:
        return records_store.kinds_of_exports(connection)


def register_table(entries: Iterable[Export]) -> pa.Table:
    """The register as a table of :data:`SCHEMA`."""
    return pa.Table.from_pylist(
        [
            {
                "occurred_at": entry.occurred_at,
                "what": entry.what,
                "rows": entry.rows,
                "categories": ";".join(entry.categories),
                "weight": entry.weight_millionths / rules.MILLION,
                "recipient": entry.recipient or None,
                "purpose": entry.purpose or None,
                "actor": entry.actor,
                "approval": entry.proposal,
                "sha256": entry.file_sha256,
            }
            for entry in entries
        ],
        schema=SCHEMA,
    )


def _signed_if_need_be(opened: OpenCase, leaving: Outgoing, *, together: int = 0) -> str | None:
    """The digest of the approval, where two people have to sign; None where nobody has to.

    *together*: millionths that leave on one person's word before it, with it.
    """
    for text in (leaving.recipient, leaving.purpose):
        rules.refuse_numbers(text)
    with opened.database.reading() as connection:
        before = _spent(connection, opened) + together
        signed = records_store.times_signed_for(
            connection, leaving.what, leaving.recipient, leaving.purpose
        )
    if not _needs_two(opened, leaving, before):
        return None
    body: dict[str, JSON] = {
        "what": leaving.what,
        "rows": leaving.rows,
        "categories": list(leaving.categories),
        "weight_millionths": rules.weight_millionths(leaving.rows, leaving.categories),
        "recipient": leaving.recipient,
        "purpose": leaving.purpose,
        "time": signed + 1,
    }
    return require_approval(opened, "export", body)


def _register(
    opened: OpenCase, leaving: Outgoing, digest: str, proposal: str | None
) -> tuple[Said, ...]:
    """Enter the file; whoever came between has spent of the quota, too."""
    with opened.database.unit_of_work() as connection:
        records_store.lock_exports(connection)
        before = _spent(connection, opened)
        late = proposal is None and _needs_two(opened, leaving, before)
        if not late:
            register_in(connection, opened, leaving, digest, proposal=proposal)
    if late:
        proposal = _signed_if_need_be(opened, leaving)
        return _register(opened, leaving, digest, proposal)
    spent = before + rules.weight_millionths(leaving.rows, leaving.categories)
    if proposal is None and spent > rules.EXPORT_ALARM * rules.MILLION and watched(opened):
        return (
            said(
                "{share:.2f} of a serious case (criminal law article 253-1; of data from one's "
                "duties, half of that is serious) has left in 24 hours without a second person; "
                "`amends outgoing` shows what",
                share=spent / rules.MILLION,
            ),
        )
    return ()


def _needs_two(opened: OpenCase, leaving: Outgoing, before: int) -> bool:
    """Whether two people have to sign."""
    return rules.needs_two(
        leaving,
        before=before,
        quota=opened.case.file.governance.export_quota,
        made_up=opened.case.file.made_up,
    )


def watched(opened: OpenCase) -> bool:
    """Whether the operator is told how much has left: not in made-up cases without a quota."""
    file = opened.case.file
    return not file.made_up or file.governance.export_quota is not None


def _spent(connection: Connection, opened: OpenCase) -> int:
    """Millionths that left in the last 24 hours on one person's word, whoever that was.

    ``--by`` is what somebody says; another name is not another quota.
    """
    return records_store.weight_since(connection, opened.clock.now() - QUOTA_PERIOD)


def _export(opened: OpenCase, leaving: Outgoing, digest: str, proposal: str | None) -> Export:
    """The line of the register."""
    return Export(
        what=leaving.what,
        file_sha256=digest,
        rows=leaving.rows,
        actor=opened.by,
        occurred_at=opened.clock.now(),
        categories=leaving.categories,
        weight_millionths=rules.weight_millionths(leaving.rows, leaving.categories),
        recipient=leaving.recipient,
        purpose=leaving.purpose,
        proposal=proposal,
    )


def _about(export: Export) -> dict[str, JSON]:
    """What the audit trail says of an export."""
    return {
        "what": export.what,
        "sha256": export.file_sha256,
        "rows": export.rows,
        "weight_millionths": export.weight_millionths,
        "recipient": export.recipient,
    }
