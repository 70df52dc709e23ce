"""The decision log: what was decided, why, by whom, when; and the tax position of the case.

Every proposal that two people approved is a line of it, with their reasons; what was decided
outside the program is added by hand. Nothing in it names a person who is affected.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import pyarrow as pa

from amends.governance import records_store, rules, store
from amends.governance.model import (
    JSON,
    Approval,
    Decision,
    DecisionError,
    DecisionKind,
    Proposal,
    TaxPosition,
)
from amends.governance.records_store import Place
from amends.governance.service import audit_in, require_approval
from amends.kernel.canonical import canonical
from amends.kernel.case import LegalCharacter, Text
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

BOTH = " / "
"""What stands between Chinese and English where a record says both."""


_STILL_OPEN = Text(
    zh="尚待主管税务机关书面意见", en="A written view of the tax authority is still to be obtained"
)


def _until_recorded(character: LegalCharacter, *, zh: str, en: str, basis: Text) -> TaxPosition:
    return TaxPosition(
        legal_character=character.code,
        zh=zh,
        en=en,
        basis=f"{basis.zh}。{_STILL_OPEN.zh}{BOTH}{basis.en}. {_STILL_OPEN.en}",
        view_of="",
        given_on=None,
        recorded=False,
    )


_DAMAGES = Text(
    zh="《个人信息保护法》第六十九条；《民法典》第一千一百八十二条、第一千一百八十三条；"
    "《个人所得税法》第二条所列九项所得不含损害赔偿",
    en="PIPL 69; Civil Code 1182, 1183; damages are not among the nine kinds of income of IIT "
    "Law 2",
)
_OF_ONES_OWN_WILL = Text(
    zh="自愿给付，不代替法定赔偿；是否属于应税所得没有定论，难以界定的由主管税务机关确定"
    "（《个人所得税法实施条例》第六条）",
    en="Paid of the company's own will, beside damages; whether it is taxable income is open, and "
    "the tax authority decides (IIT Implementing Regulation 6)",
)
DEFAULTS = {
    LegalCharacter.TORT_DAMAGES: _until_recorded(
        LegalCharacter.TORT_DAMAGES,
        zh="侵权损害赔偿（个人信息权益受损），不是赠与、红包、奖品或促销",
        en="damages for a tort (harm to rights in personal information); no gift, prize or "
        "promotion",
        basis=_DAMAGES,
    ),
    LegalCharacter.ON_ACCOUNT: _until_recorded(
        LegalCharacter.ON_ACCOUNT,
        zh="先行支付的损害赔偿（个人信息权益受损），不是赠与、红包、奖品或促销",
        en="damages paid in advance (harm to rights in personal information); no gift, prize or "
        "promotion",
        basis=_DAMAGES,
    ),
    LegalCharacter.EX_GRATIA: _until_recorded(
        LegalCharacter.EX_GRATIA,
        zh="企业自愿给付，不代替法律规定的赔偿，不是红包、奖品或促销",
        en="paid of the company's own will, in place of no damages due by law; no prize or "
        "promotion",
        basis=_OF_ONES_OWN_WILL,
    ),
}
"""What stands until somebody records a position (law report §1.8: marks S, and G for the view)."""


def add(
    opened: OpenCase, *, what: str, reason: str, decided_by: str, decided_on: date | None = None
) -> Decision:
    """Write down a decision that was made outside the program, today unless it says when.

    Raises:
        DecisionError: something is missing, lies in the future, or carries a person's number.
    """
    with opened.database.unit_of_work() as connection:
        return _add_in(
            connection,
            opened,
            what=what,
            reason=reason,
            decided_by=decided_by,
            day=decided_on or _today(opened),
        )


def refuse(opened: OpenCase, proposal: Proposal, *, reason: str, decided_by: str) -> Decision:
    """Write down that somebody does not sign a proposal; nothing is signed.

    Raises:
        DecisionError: the reason says nothing, or carries a person's number.
    """
    with opened.database.unit_of_work() as connection:
        return refuse_in(connection, opened, proposal, reason=reason, decided_by=decided_by)


def refuse_in(
    connection: Connection, opened: OpenCase, proposal: Proposal, *, reason: str, decided_by: str
) -> Decision:
    """The same, with what ends in the same transaction."""
    what, day = f"refused {proposal.kind} {proposal.short}", _today(opened)
    return _add_in(connection, opened, what=what, reason=reason, decided_by=decided_by, day=day)


def _add_in(
    connection: Connection, opened: OpenCase, *, what: str, reason: str, decided_by: str, day: date
) -> Decision:
    """Check and write down a decision."""
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
    records_store.add_decision(connection, decision, opened.by)
    audit_in(connection, opened, opened.by, "decision added", {"kind": decision.kind})
    return decision


def log(opened: OpenCase) -> list[Decision]:
    """The whole log by time: decisions by hand, and everything that two people approved."""
    with opened.database.reading() as connection:
        by_hand = records_store.decisions(connection)
        recorded = {one.proposal for one in by_hand}
        found = [*_approved(connection, opened, recorded), *by_hand]
    return sorted(found, key=lambda one: one.recorded_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A page of the log, newest first; ``following``: behind which place the next one begins."""

    rows: list[Decision]
    following: Place | None


def page(opened: OpenCase, *, before: Place | None = None, most: int) -> Logged:
    """At most so many lines of the log, newest first, in the order of the database.

    Whether enough have signed a proposal is no column: signatures are verified of as many as are
    looked at.
    """
    found: list[tuple[Place, Decision]] = []
    ended = False
    with opened.database.reading() as connection:
        while len(found) <= most and not ended:
            lines = records_store.logged(connection, before=before, most=_AT_ONCE)
            ended = len(lines) < _AT_ONCE
            proposed = [line.proposed.digest for line in lines if line.proposed]
            approvals = store.approvals_of(connection, proposed)
            for line in lines:
                before = line.place
                one = line.decision
                if line.proposed is not None:
                    signed = approvals.get(line.proposed.digest, [])
                    one = _of_proposal(opened, line.proposed, signed, line.place[0])
                if one is not None:
                    found.append((line.place, one))
    return Logged(
        rows=[one for _, one in found[:most]],
        following=found[most - 1][0] if len(found) > most else None,
    )


_AT_ONCE: Final = 200


def export_decisions(opened: OpenCase) -> pa.Table:
    """The decision log as a table of :data:`SCHEMA`."""
    return pa.Table.from_pylist([_row(one) for one in log(opened)], schema=SCHEMA)


def tax_position(opened: OpenCase) -> TaxPosition:
    """What the payments are by law, as case.toml says, with the view that is recorded for it.

    Without one, or with one for another legal character, the default for it stands.
    """
    default = DEFAULTS[opened.case.file.legal_character]
    with opened.database.reading() as connection:
        known = [
            one
            for one in records_store.decisions(connection)
            if one.kind is DecisionKind.TAX_POSITION
        ]
    if not known:
        return default
    kept = json.loads(known[-1].details)
    if kept["legal_character"] != default.legal_character:
        return replace(default, given_for=kept["legal_character"])
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

    It is given for the legal character that case.toml says, and stands as long as that is so.

    Raises:
        DecisionError: something is missing, lies in the future, or carries a person's number.
        WaitingForApprovalError: two people have to approve it.
    """
    day = given_on or _today(opened)
    _check(opened, what="tax", reason=basis, decided_by=view_of, on=day)
    default = DEFAULTS[opened.case.file.legal_character]
    details: dict[str, JSON] = {
        "legal_character": default.legal_character,
        "zh": default.zh,
        "en": default.en,
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
    """Every approved proposal, in the order of proposing, except those that a decision records."""
    known, times = set(but), records_store.approval_times(connection)
    found = (
        _of_proposal(
            opened,
            proposal,
            store.approvals(connection, proposal.digest),
            times.get(proposal.digest),
        )
        for proposal, _ in reversed(store.proposals(connection))
        if proposal.digest not in known
    )
    return [one for one in found if one is not None]


def _of_proposal(
    opened: OpenCase,
    proposal: Proposal,
    approvals: Sequence[Approval],
    signed_at: datetime | None,
) -> Decision | None:
    """The line of a proposal that was last signed then; None where not enough have signed it."""
    approvers = rules.valid_approvers(proposal.digest, approvals)
    need = rules.need(opened.case.file.governance, proposal.body)
    if signed_at is None or not need.met(approvers):
        return None
    body: Mapping[str, object] = json.loads(proposal.body)
    reasons = [str(body.get("reason") or ""), *(one.reason for one in approvals)]
    return Decision(
        kind=DecisionKind.PROPOSAL,
        what=proposal.kind,
        reason="; ".join(dict.fromkeys(filter(None, reasons))),
        details=proposal.body,
        decided_by=", ".join(approvers),
        decided_on=signed_at.astimezone(opened.case.file.zone).date(),
        proposal=proposal.digest,
        recorded_at=signed_at,
    )


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
