"""The end of a log: SEAL with the final totals, ERASED when the keys behind it are destroyed.

Kept true: a log is sealed only when nothing of the case is open; what waited for others is let out
with the seal, and nothing but ERASED follows it. ERASED goes out after the keys are gone, never
before; a kill in between is mended by the same command. Both are decided by two people, and their
signatures are published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from amends.awards.correcting import DEPOSITED
from amends.awards.corrections import proposed, recorded
from amends.evidence.service import destroy
from amends.governance.model import JSON, SYSTEM
from amends.governance.service import audit, require_approval, signed_proposal
from amends.kernel.errors import StageOrderError
from amends.kernel.saying import Said, joined, said
from amends.kernel.summary import StageSummary
from amends.payouts.showing.held import held
from amends.roster import buckets, corrections_store, entries, store
from amends.roster.corrected import statement_file
from amends.roster.covered import ERASED_FILE, SEAL_FILE
from amends.roster.entries import EntryType, State, Total
from amends.roster.epochs import Release, States, Waiting
from amends.roster.model import NotFinalError
from amends.roster.service import (
    ERASURE,
    add_epoch,
    add_to_log,
    releasable,
    restore,
    summary_of,
)
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

SEAL, ERASE = "seal", "erase"
"""The kinds of both proposals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """What is owed in the end, what of it arrived, and what lies with a notary."""

    owed: Total
    settled: Total
    deposited: Total

    @property
    def figures(self) -> dict[str, int]:
        """What two people approve, and everybody reads."""
        return {
            "deposited": self.deposited.count,
            "deposited_minor": self.deposited.amount_minor,
            "people": self.owed.count,
            "settled": self.settled.count,
            "settled_minor": self.settled.amount_minor,
            "total_minor": self.owed.amount_minor,
        }


def seal(opened: OpenCase, elsewhere: Sequence[Said] = (), *, dry_run: bool) -> StageSummary:
    """Close the log: let out what waited, and the final totals. *elsewhere*: what else is open.

    Raises:
        StageOrderError: the roster is not published yet.
        NotFinalError: something is open; it says what, and what to do.
        WaitingForApprovalError: two people have to approve it.
        RosterInequalityError: figures that have to be equal differ.
        WitnessesMissingError: the log is sealed and waits for its quorum.
    """
    with opened.database.reading() as connection:
        closed = store.closed(connection)
        actual, outcome = releasable(connection, last=True)
    if closed is not None:
        note = said("the log is sealed; nothing is added to it any more")
        return summary_of(opened, released=restore(opened), note=note)
    with opened.database.reading() as connection:
        amounts = _amounts(connection)
        settled, given = actual == State.SETTLED, _deposited(opened, actual, amounts)
        ended = settled | given | (actual == State.WAIVED) | (amounts == 0)
        findings = [*_open(opened, connection, actual, ~ended), *elsewhere]
    if findings:
        raise NotFinalError(
            said("the log cannot be sealed yet: {findings}", findings=joined(findings, "; "))
        )
    final = Final(
        owed=_total(amounts, amounts > 0),
        settled=_total(amounts, settled),
        deposited=_total(amounts, given),
    )
    about: dict[str, JSON] = {"case": opened.case.file.id, "currency": opened.case.file.currency}
    if dry_run:
        return StageSummary(counts=final.figures, notes=(_WOULD_SEAL,))
    signed = require_approval(opened, SEAL, about | final.figures)
    add = partial(_add_seal, opened, outcome, final, signed)
    released = add_to_log(opened, add, "roster.sealed", {"people": final.owed.count}, signed)
    return summary_of(opened, released=released)


def erase(opened: OpenCase, *, dry_run: bool) -> StageSummary:
    """Destroy the case's keys, so that nobody can say any more whose award is which; say so.

    Raises:
        StageOrderError: the log is not sealed.
        WaitingForApprovalError: two people have to approve it.
        WitnessesMissingError: the log waits for its quorum.
    """
    with opened.database.reading() as connection:
        closed, about = store.closed(connection), store.file(connection, SEAL_FILE)
    if about is None:
        raise StageOrderError(
            said(
                "the log is not sealed: `amends log seal CASE` comes before its keys are destroyed"
            )
        )
    if dry_run:
        return StageSummary(counts={}, notes=(_WOULD_ERASE,))
    if closed is EntryType.ERASED:
        note = said("the keys are destroyed, and the log says so")
        return summary_of(opened, released=restore(opened), note=note)
    body: dict[str, JSON] = {
        "case": opened.case.file.id,
        "destroyed": ["case.key", "evidence.key"],
        "seal_sha256": sha256(about).hexdigest(),
    }
    signed = require_approval(opened, ERASE, body)
    if not opened.vault.erased:
        restore(opened)  # what was lost of it cannot be made again without the keys
        destroy(opened)
        audit(opened, SYSTEM, "keys destroyed", {"approval": signed})
    opened.vault.destroy_case()
    buckets.clear(opened)
    released = add_to_log(opened, partial(_add_erased, signed), ERASURE, {}, signed)
    return summary_of(opened, released=released)


_WOULD_SEAL = said("nothing is open: without --dry-run two people approve these figures")
_WOULD_ERASE = said(
    "Two people approve it; then case.key and evidence.key are overwritten and removed, the "
    "evidence room with them, and ERASED is published. Nobody can write a receipt, a code or a "
    "letter afterwards, or say whose award is which; receipts and codes that people have stay "
    "good. Copies of the keys in backups are yours to destroy"
)


def _amounts(connection: Connection) -> npt.NDArray[np.int64]:
    """What is owed of each award by the log: minor units, 0 of those that are annulled."""
    classes = store.classes(connection)
    amounts = np.zeros(len(classes), dtype=np.int64)
    for award_class, amount in store.tariff(connection).items():
        amounts[classes == award_class] = amount
    for index, amount in store.own_amounts(connection).items():
        amounts[index] = amount
    return amounts


def _deposited(
    opened: OpenCase, states: States, amounts: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Of which awards all that did not arrive lies with a notary, or lay there."""
    found = np.zeros(len(states), dtype=bool)
    maybe = np.flatnonzero(np.isin(states, (State.NEEDS_PERSON, State.RETURNED))).tolist()
    for index, one in held(opened, maybe).items():
        found[index] = one.state == DEPOSITED and one.amount_minor >= amounts[index]
    return found


def _total(amounts: npt.NDArray[np.int64], which: npt.NDArray[np.bool_]) -> Total:
    return Total(count=int(which.sum()), amount_minor=int(amounts[which].sum()))


def _open(
    opened: OpenCase, connection: Connection, states: States, open_ones: npt.NDArray[np.bool_]
) -> list[Said]:
    """What is open in this case, and what to do. *open_ones*: awards that are not at their end."""
    found = [
        said("{awards:,} awards {what}", awards=int(count), what=_TO_DO[State(state)])
        for state, count in enumerate(np.bincount(states[open_ones], minlength=len(State)))
        if count
    ]
    new = store.awarded(connection, len(states)).height
    newest = corrections_store.newest_correction(connection)
    for count, what in (
        (new, said("awards are not published: `amends publish`")),
        (
            len(recorded(connection, after=newest)),
            said("corrections are not published: `amends publish`"),
        ),
        (
            len(proposed(opened, partial(held, opened)).wanted),
            said("corrections wait for a decision: `amends correct CASE --merged`"),
        ),
        (store.grants_without_award(connection), said("granted claims wait: `amends award`")),
    ):
        if count:
            found.append(said("{count:,} {what}", count=count, what=what))
    return found


_TO_DO = {
    State.PROMISED: said("are not sent: `amends pay`"),
    State.SENT: said("are under way: `amends reconcile`, until the provider has answered"),
    State.RETURNED: said(
        "came back: `amends pay` another way, or a deposit with a notary (`amends payee move`)"
    ),
    State.NEEDS_PERSON: said(
        "wait for a person: pay them, by hand if need be, or deposit with a notary (`amends payee`)"
    ),
    State.DISPUTED: said("are disputed: settle it with the person"),
    State.WAIVED: said("are waived"),
    State.OPEN: said("have less than they are owed by now: `amends pay` the rest"),
}


def _add_seal(
    opened: OpenCase, outcome: Release | Waiting, final: Final, signed: str, connection: Connection
) -> None:
    """Write the rows of the last epoch, if anything changed since the one before, and of SEAL."""
    if isinstance(outcome, Release):
        add_epoch(opened, outcome, connection, complete=True)
    content = statement_file(*signed_proposal(connection, signed))
    entry = entries.seal_entry(
        owed=final.owed,
        settled=final.settled,
        deposited=final.deposited,
        seal_sha256=sha256(content).digest(),
    )
    store.append(connection, store.size(connection), [entry])
    store.add_files(connection, {SEAL_FILE: content})


def _add_erased(signed: str, connection: Connection) -> None:
    """Write the rows of ERASED."""
    content = statement_file(*signed_proposal(connection, signed))
    store.append(
        connection, store.size(connection), [entries.erased_entry(sha256(content).digest())]
    )
    store.add_files(connection, {ERASED_FILE: content})
