"""What operators are shown of governance: proposals with what they change, pages of the trail."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from amends.governance import excluding, rules, store
from amends.governance.model import Approval, AuditEntry, GovernanceError, Need, Proposal
from amends.kernel.ids import Operator
from amends.kernel.saying import said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

ORDERS: Final = store.PROPOSAL_ORDERS
"""What proposals can be ordered by: when, what, by whom, how many have signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature that verifies, with the reason that was given for it."""

    operator: Operator
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A line of a proposal's body: where it stands, what it was, what it would be."""

    where: str
    before: str | None
    after: str | None

    @property
    def differs(self) -> bool:
        """Whether it is another than before."""
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A proposal: by whom, who has signed, who has to; whose signature does not count."""

    proposal: Proposal
    proposed_by: str
    proposed_at: datetime
    signed: tuple[Signed, ...]
    excluded: frozenset[str]
    need: Need

    @property
    def approvers(self) -> tuple[Operator, ...]:
        """Whose signatures count."""
        return tuple(one.operator for one in self.signed if one.operator not in self.excluded)

    @property
    def approved(self) -> bool:
        """Whether enough have."""
        return self.need.met(self.approvers)

    @property
    def waiting(self) -> bool:
        """Whether it waits for signatures."""
        return not self.approved and not self.proposal.rejected

    def waits_for(self, operator: str) -> bool:
        """Whether this operator may sign it and has not."""
        others = {*self.approvers, *self.excluded, self.proposed_by}
        return self.waiting and operator not in others


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which proposals, approved or waiting where that is not None, in an order, behind a place.

    ``order``: one of :data:`ORDERS`; ``after``: a place as :func:`page` gives it.
    """

    approved: bool | None = None
    kind: str = ""
    order: str = "at"
    down: bool = True
    after: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """A page of proposals; ``following``: behind which place the next one begins."""

    rows: list[Shown]
    following: tuple[str, str] | None


def proposals(opened: OpenCase) -> list[Shown]:
    """Every proposal, newest first."""
    with opened.database.reading() as connection:
        return [
            _shown(connection, opened, proposal, at) for proposal, at in store.proposals(connection)
        ]


def page(opened: OpenCase, wanted: Wanted, *, most: int) -> Proposals:
    """At most so many proposals, in an order of the database.

    Whether enough have signed is no column: signatures are verified of as many as are looked at.
    """
    found: list[tuple[tuple[str, str], Shown]] = []
    after, ended = wanted.after, False
    with opened.database.reading() as connection:
        while len(found) <= most and not ended:
            rows = store.proposals_page(
                connection,
                kind=wanted.kind,
                order=wanted.order,
                down=wanted.down,
                after=after,
                most=_AT_ONCE,
            )
            ended = len(rows) < _AT_ONCE
            signed = store.approvals_of(connection, [one.digest for _, one, _, _ in rows])
            excluded = excluding.excluded_of(connection, [one for _, one, _, _ in rows])
            for value, proposal, by, at in rows:
                after = value, proposal.digest
                valid = _signed(proposal, signed.get(proposal.digest, []))
                shown = Shown(
                    proposal=proposal,
                    proposed_by=by,
                    proposed_at=at,
                    signed=valid,
                    excluded=excluded[proposal.digest],
                    need=rules.need(opened.case.file.governance, proposal.body),
                )
                if wanted.approved is None or (
                    shown.approved if wanted.approved else shown.waiting
                ):
                    found.append((after, shown))
    return Proposals(
        rows=[shown for _, shown in found[:most]],
        following=found[most - 1][0] if len(found) > most else None,
    )


_AT_ONCE: Final = 200


def kinds(opened: OpenCase) -> list[str]:
    """The kinds of proposals that there are."""
    with opened.database.reading() as connection:
        return store.kinds(connection)


def proposal(opened: OpenCase, digest: str) -> tuple[Shown, Shown | None]:
    """A proposal, and the last of its kind that was approved before it.

    Raises:
        GovernanceError: there is none of that digest.
    """
    with opened.database.reading() as connection:
        found = store.proposals(connection, digest)
        if len(found) != 1:
            raise GovernanceError(said("there is no proposal {prefix}", prefix=digest[:12]))
        one, at = found[0]
        shown = _shown(connection, opened, one, at)
        earlier = (
            _shown(connection, opened, other, when)
            for other, when in store.proposals(connection)
            if other.kind == one.kind and when <= at and other.digest != one.digest
        )
        return shown, next((other for other in earlier if other.approved), None)


def difference(after: Proposal, before: Proposal | None) -> list[Changed]:
    """Every line of a proposal beside the one approved before it; lines that went are told, too."""
    new = dict(_lines("", json.loads(after.body)))
    old = {} if before is None else dict(_lines("", json.loads(before.body)))
    return [
        Changed(where=where, before=old.get(where), after=new.get(where))
        for where in [*new, *(where for where in old if where not in new)]
    ]


def entries(
    opened: OpenCase,
    *,
    action: str = "",
    actor: str = "",
    text: str = "",
    before: int | None = None,
    most: int,
) -> list[AuditEntry]:
    """A page of the audit trail, newest first, from before an entry."""
    with opened.database.reading() as connection:
        return store.audit_page(
            connection, action=action, actor=actor, text=text, before=before, most=most
        )


def entry_hash(entry: AuditEntry) -> str:
    """The hash that the next entry carries, in hexadecimal."""
    return rules.entry_hash(entry).hex()


def _shown(connection: Connection, opened: OpenCase, proposal: Proposal, at: datetime) -> Shown:
    return Shown(
        proposal=proposal,
        proposed_by=store.proposed_by(connection, proposal.digest) or "",
        proposed_at=at,
        signed=_signed(proposal, store.approvals(connection, proposal.digest)),
        excluded=excluding.excluded(connection, proposal),
        need=rules.need(opened.case.file.governance, proposal.body),
    )


def _signed(proposal: Proposal, stored: Sequence[Approval]) -> tuple[Signed, ...]:
    """The signatures that verify."""
    valid = rules.valid_approvers(proposal.digest, stored)
    return tuple(
        Signed(operator=one.operator, reason=one.reason) for one in stored if one.operator in valid
    )


def _lines(where: str, value: object) -> Iterator[tuple[str, str]]:
    """Every value of a body with its place, as texts: ``awards.3`` → ``500000``."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _lines(f"{where}.{name}" if where else str(name), part)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _lines(f"{where}.{place}", part)
    else:
        yield where, json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
