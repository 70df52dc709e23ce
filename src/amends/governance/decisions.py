"""The decision log: what was decided, why, by whom, when; and the tax position of the case.

Every proposal that two people approved is a line of it, with their reasons; what was decided
outside the program is added by hand. Nothing in it names a person who is affected.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa

from amends.governance import records_store, rules, store
from amends.governance.model import (
    JSON,
    Decision,
    DecisionError,
    DecisionKind,
    TaxPosition,
)
from amends.governance.service import audit_in, require_approval
from amends.kernel.canonical import canonical
from amends.kernel.saying import said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

SCHEMA = pa.schema(
    [
        ("decided_on", pa.date32()),
        ("kind", pa.string()),
        ("what", pa.string()),
        ("reason", pa.string()),
        ("decided_by", pa.string()),
        ("details", pa.string()),
        ("approval", pa.string()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""The columns of ``amends export decisions``."""

TORT_DAMAGES = TaxPosition(
    legal_character="tort_damages",
    zh="侵权损害赔偿（个人信息权益受损），不是赠与、红包、奖品或促销",
    en="damages for a tort (harm to rights in personal information); no gift, prize or promotion",
    basis=(
        "《个人信息保护法》第六十九条；《民法典》第一千一百八十二条、第一千一百八十三条；"
        "《个人所得税法》第二条所列九项所得不含损害赔偿。尚待主管税务机关书面意见 / "
        "PIPL 69; Civil Code 1182, 1183; damages are not among the nine kinds of income of "
        "IIT Law 2. A written view of the tax authority is still to be obtained"
    ),
    view_of="",
    given_on=None,
    recorded=False,
)
"""What stands until somebody records a position (law report §1.8: marks S, and G for the view)."""


def add(
    opened: OpenCase, *, what: str, reason: str, decided_by: str, decided_on: date | None = None
) -> Decision:
    """Write down a decision that was made outside the program, today unless it says when.

    Raises:
        DecisionError: something is missing, lies in the future, or carries a person's number.
    """
    day = decided_on or _today(opened)
    _check(opened, what=what, reason=reason, decided_by=decided_by, on=day)
    decision = Decision(
        kind=DecisionKind.DECISION,
        what=what.strip(),
        reason=reason.strip(),
        details="{}",
        decided_by=decided_by.strip(),
        decided_on=day,
        proposal=None,
        recorded_at=opened.clock.now(),
    )
    with opened.database.unit_of_work() as connection:
        records_store.add_decision(connection, decision, opened.by)
        audit_in(connection, opened, opened.by, "decision added", {"kind": decision.kind})
    return decision


def log(opened: OpenCase) -> list[Decision]:
    """The whole log by time: decisions by hand, and everything that two people approved."""
    with opened.database.reading() as connection:
        by_hand = records_store.decisions(connection)
        recorded = {one.proposal for one in by_hand}
        found = [*by_hand, *_approved(connection, opened, recorded)]
    return sorted(found, key=lambda one: (one.recorded_at, one.what))


def export_decisions(opened: OpenCase) -> pa.Table:
    """The decision log as a table of :data:`SCHEMA`."""
    return pa.Table.from_pylist([_row(one) for one in log(opened)], schema=SCHEMA)


def tax_position(opened: OpenCase) -> TaxPosition:
    """The tax position that stands: as last recorded, else the default."""
    with opened.database.reading() as connection:
        known = [
            one
            for one in records_store.decisions(connection)
            if one.kind is DecisionKind.TAX_POSITION
        ]
    if not known:
        return TORT_DAMAGES
    kept = json.loads(known[-1].details)
    return TaxPosition(
        legal_character=kept["legal_character"],
        zh=kept["zh"],
        en=kept["en"],
        basis=known[-1].reason,
        view_of=kept["view_of"],
        given_on=known[-1].decided_on,
        recorded=True,
    )


def record_tax_position(
    opened: OpenCase, *, basis: str, view_of: str, given_on: date | None = None
) -> TaxPosition:
    """Record who gave which view on the tax of the payments, when two people have approved it.

    The legal character is damages for a tort: Amends pays nothing else.

    Raises:
        DecisionError: something is missing, lies in the future, or carries a person's number.
        WaitingForApprovalError: two people have to approve it.
    """
    day = given_on or _today(opened)
    _check(opened, what="tax", reason=basis, decided_by=view_of, on=day)
    details: dict[str, JSON] = {
        "legal_character": TORT_DAMAGES.legal_character,
        "zh": TORT_DAMAGES.zh,
        "en": TORT_DAMAGES.en,
        "view_of": view_of.strip(),
    }
    body = {**details, "reason": basis.strip(), "given_on": day.isoformat()}
    proposal = require_approval(opened, "tax_position", body)
    decision = Decision(
        kind=DecisionKind.TAX_POSITION,
        what="tax_position",
        reason=basis.strip(),
        details=canonical(details),
        decided_by=view_of.strip(),
        decided_on=day,
        proposal=proposal,
        recorded_at=opened.clock.now(),
    )
    with opened.database.unit_of_work() as connection:
        if records_store.add_decision(connection, decision, opened.by):
            about = {"proposal": proposal}
            audit_in(connection, opened, opened.by, "tax position recorded", about)
    return tax_position(opened)


def _approved(
    connection: Connection, opened: OpenCase, but: Iterable[str | None]
) -> list[Decision]:
    """Every approved proposal as a line of the log, except those that a decision records."""
    known, times = set(but), records_store.approval_times(connection)
    found = []
    for proposal, _ in store.proposals(connection):
        approvals = store.approvals(connection, proposal.digest)
        approvers = rules.valid_approvers(proposal.digest, approvals)
        if proposal.digest in known or len(approvers) < rules.APPROVALS_NEEDED:
            continue
        body: Mapping[str, object] = json.loads(proposal.body)
        reasons = [str(body.get("reason") or ""), *(one.reason for one in approvals)]
        signed_at = times[proposal.digest]
        found.append(
            Decision(
                kind=DecisionKind.PROPOSAL,
                what=proposal.kind,
                reason="; ".join(dict.fromkeys(filter(None, reasons))),
                details=proposal.body,
                decided_by=", ".join(approvers),
                decided_on=signed_at.astimezone(opened.case.file.zone).date(),
                proposal=proposal.digest,
                recorded_at=signed_at,
            )
        )
    return found


def _check(opened: OpenCase, *, what: str, reason: str, decided_by: str, on: date) -> None:
    """Refuse a decision that says too little, or too much."""
    for part, text in (
        (said("what"), what),
        (said("why"), reason),
        (said("by whom"), decided_by),
    ):
        if not text.strip():
            raise DecisionError(
                said("a decision says what, why and by whom: {part} is empty", part=part)
            )
        rules.refuse_numbers(text)
    if on > _today(opened):
        raise DecisionError(
            said("{day} is in the future: a decision is written down when it was made", day=on)
        )


def _today(opened: OpenCase) -> date:
    """The day where the case is."""
    return opened.clock.now().astimezone(opened.case.file.zone).date()


def _row(decision: Decision) -> dict[str, object]:
    """A line of the log, as it is handed out."""
    return {
        "decided_on": decision.decided_on,
        "kind": decision.kind,
        "what": decision.what,
        "reason": decision.reason or None,
        "decided_by": decision.decided_by,
        "details": decision.details,
        "approval": decision.proposal,
        "recorded_at": decision.recorded_at,
    }
