"""What becomes of the promise by the rails that work at present, and why people are late.

A forecast by what contracts allow is true only while the rails carry payments: one that stopped, or
gives no answer, carries nobody until it does again. While money goes out an outlook is kept and
audited whenever a cause comes or goes, a rail stops or works again, or a number doubles or halves:
each new trouble is told once, however often it is looked at.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, tzinfo

from amends.governance.model import JSON, SYSTEM
from amends.governance.service import audit_in
from amends.kernel.case import CaseFile
from amends.kernel.saying import Said, joined, said
from amends.payouts.planning import forecast_store, outlook_store
from amends.payouts.planning.feasibility import Feasibility
from amends.payouts.planning.forecasting import due, terms_of, told
from amends.payouts.planning.outlook_store import Row
from amends.payouts.planning.replanning import what_moves
from amends.payouts.planning.stopped import Stopped, stopped_in
from amends.payouts.rails.model import Capabilities
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """``found``: by the rails that work; ``whole``: if all of them did (the same where they do)."""

    found: Feasibility
    whole: Feasibility
    stopped: tuple[Stopped, ...] = ()

    @property
    def by_stopped(self) -> int:
        """Of the late: who wait for a rail that carries nothing."""
        return max(self.found.late - self.whole.late, 0)


def outlook(opened: OpenCase) -> Outlook | None:
    """What becomes of the promise when paying goes on from now, by the rails that work.

    None where nobody is left to be paid, or there is no day to keep, as for a forecast.
    """
    waiting = due(opened)
    if waiting is None:
        return None
    terms, start = terms_of(opened), opened.clock.now()
    whole = waiting.by(terms, start)
    named = {one.rail for one in terms}
    with opened.database.reading() as connection:
        stopped = tuple(one for one in stopped_in(connection) if one.rail in named)
    if not stopped or not whole.people:
        return Outlook(found=whole, whole=whole)
    names = {one.rail for one in stopped}
    works = [one for one in terms if one.rail not in names]
    found = waiting.by(works, start)
    waits = found.by_nobody > whole.by_nobody
    found = replace(
        found,
        last=None if waits else found.last,
        beyond=found.beyond and not waits,
        by_nobody=whole.by_nobody,
        by_nobody_minor=whole.by_nobody_minor,
    )
    return Outlook(found=found, whole=whole, stopped=stopped)


def outlook_told(opened: OpenCase, *, late: bool = False) -> tuple[Said, ...]:
    """Whether the promise can be kept, in sentences. *late*: nothing while it can."""
    seen = outlook(opened)
    if seen is None or (late and seen.found.kept):
        return ()
    return sentences(seen, opened.case.file)


def sentences(seen: Outlook, file: CaseFile) -> tuple[Said, ...]:
    """An outlook in sentences: what carries nothing, what follows from it, and all else."""
    if not seen.stopped:
        return told(seen.found, file)
    stopped = tuple(one.told() for one in seen.stopped)
    first = told(seen.whole, file)
    if not seen.by_stopped:
        return (*stopped, *first)
    promised = seen.found.promised.astimezone(file.zone).strftime("%Y-%m-%d %H:%M")
    return (
        *stopped,
        said(
            "the promise cannot be kept while that is so: {late:,} of {people:,} people do not "
            "have the money by {promised}",
            late=seen.found.late,
            people=seen.found.people,
            promised=promised,
        ),
        said("if every rail carried payments now: {told}", told=first[0]),
        *first[1:],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look found. ``number``: of the newest outlook that is kept, 0 where there is none."""

    number: int
    kept: bool
    sentences: tuple[Said, ...]


def watch_promise(opened: OpenCase, limits: Sequence[Capabilities] = ()) -> Looked | None:
    """Look while money goes out; keep and audit what is new. None where there is nothing to say.

    Where nobody is left to be paid that is the last outlook, if the one before was not kept.
    *limits*: of the rails that are open; of what is new it is told what moving payments would do.
    """
    seen, now = outlook(opened), opened.clock.now()
    with opened.database.reading() as connection:
        before = outlook_store.newest(connection)
    number, known = before or (0, None)
    if seen is not None:
        row, found = _row(seen, now), sentences(seen, opened.case.file)
    elif known is None or known.kept:
        return None
    else:
        row = _nobody_left(known, now)
        found = (_left_told(row, now, opened.case.file.zone),)
    if is_new(row, known):
        row = _with_moves(opened, row, limits)
        number += 1
        with opened.database.unit_of_work() as connection:
            if outlook_store.insert(connection, number, row):
                audit_in(connection, opened, SYSTEM, "outlook of the promise", _audited(row))
        known = row
    alarm = () if known is None or known.kept else _mend(known)
    return Looked(number=number, kept=row.kept, sentences=(*found, *alarm))


def look_is_due(opened: OpenCase) -> bool:
    """Whether a rail stopped, the newest outlook is not kept, or other payments ended than it has.

    Where nothing is so a look at the end of a command, which costs a forecast, finds little new.
    """
    with opened.database.reading() as connection:
        _, known = outlook_store.newest(connection) or (0, None)
        if stopped_in(connection) or (known is not None and not known.kept):
            return True
        ended = forecast_store.ended_unpaid(connection)
    return ended != (0 if known is None else known.ended_unpaid)


def is_new(row: Row, known: Row | None) -> bool:
    """Whether an outlook tells what the newest does not.

    A cause comes or goes, a rail stops or works again, or so many are late for a cause as twice or
    half of what is known. Before the first one the promise can be kept: whoever approved was told
    otherwise.
    """
    if known is None:
        return not row.kept
    if row.stopped != known.stopped and not (row.kept and known.kept):
        return True
    pairs = (
        (row.by_nobody, known.by_nobody),
        (row.by_stopped, known.by_stopped),
        (row.by_quota, known.by_quota),
        (row.by_refused, known.by_refused),
        (row.ended_unpaid, known.ended_unpaid),
    )
    return any(
        bool(now) != bool(then) or (now != then and (now >= 2 * then or 2 * now <= then))
        for now, then in pairs
    )


def _row(seen: Outlook, now: datetime) -> Row:
    found = seen.found
    return Row(
        kept=found.kept,
        people=found.people,
        late=found.late,
        by_nobody=found.by_nobody,
        by_stopped=seen.by_stopped,
        stopped=tuple(one.rail for one in seen.stopped),
        promised_at=found.promised,
        last_at=found.last,
        movable=0,
        late_moved=None,
        looked_at=now,
        by_refused=found.refused,
        ended_unpaid=found.ended_unpaid,
    )


def _nobody_left(known: Row, now: datetime) -> Row:
    """The outlook after which there is none: nobody waits, and nobody's payment ended unpaid."""
    return Row(
        kept=True,
        people=0,
        late=0,
        by_nobody=0,
        by_stopped=0,
        stopped=(),
        promised_at=known.promised_at,
        last_at=None,
        movable=0,
        late_moved=None,
        looked_at=now,
    )


def _left_told(row: Row, since: datetime, zone: tzinfo) -> Said:
    """That nobody is left to be paid; and that it is after the day, where it is."""
    how = "%Y-%m-%d %H:%M"
    at = since.astimezone(zone).strftime(how)
    if since <= row.promised_at:
        return said("seen while money went out: nobody waits for a payment since {since}", since=at)
    return said(
        "seen while money went out: nobody waits for a payment since {since}, and that is after "
        "the promised {promised}",
        since=at,
        promised=row.promised_at.astimezone(zone).strftime(how),
    )


def _with_moves(opened: OpenCase, row: Row, limits: Sequence[Capabilities]) -> Row:
    """What moving payments to other rails would do, where there are any."""
    waits = row.late or row.by_refused
    if not waits or len(limits) == 1 or not limits:
        return row
    moves = what_moves(opened, limits, row.stopped)
    if moves is None or not moves.people:
        return row
    return replace(row, movable=moves.people, late_moved=moves.moved.late)


def _audited(row: Row) -> dict[str, JSON]:
    return {
        "kept": row.kept,
        "people": row.people,
        "late": row.late,
        "by_nobody": row.by_nobody,
        "by_stopped": row.by_stopped,
        "by_refused": row.by_refused,
        "ended_unpaid": row.ended_unpaid,
        "stopped": list(row.stopped),
        "movable": row.movable,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The newest outlook that is kept, and since when the promise can, or cannot, be kept."""

    row: Row
    since: datetime

    @property
    def in_time(self) -> bool:
        """Whether the promise can be kept, or nobody waited any more before its day."""
        row = self.row
        return row.kept and (row.people > 0 or row.looked_at <= row.promised_at)

    def told(self, zone: tzinfo) -> tuple[Said, ...]:
        """The same in sentences, times in a zone."""
        row, how = self.row, "%Y-%m-%d %H:%M"
        since = self.since.astimezone(zone).strftime(how)
        if row.kept and not row.people:
            return (_left_told(row, row.looked_at, zone),)
        if row.kept:
            return (said("seen while money went out: kept since {since}", since=since),)
        return (
            said(
                "seen while money went out: the promise cannot be kept since {since}; at {at} "
                "{late:,} of {people:,} people were late or refused: {causes}",
                since=since,
                at=row.looked_at.astimezone(zone).strftime(how),
                late=min(row.late + row.by_refused, row.people) + row.ended_unpaid,
                people=row.people + row.ended_unpaid,
                causes=joined(_causes(row), "; "),
            ),
            *_again(row),
            *_mend(row),
        )

    def as_json(self) -> dict[str, object]:
        """The same for programs: moments in ISO 8601."""
        row = self.row
        return {
            **asdict(row),
            "since": self.since.isoformat(),
            "promised_at": row.promised_at.isoformat(),
            "last_at": row.last_at and row.last_at.isoformat(),
            "looked_at": row.looked_at.isoformat(),
        }


def newest(opened: OpenCase) -> Kept | None:
    """What was last foreseen while money went out; None where nothing ever broke."""
    with opened.database.reading() as connection:
        found = outlook_store.newest(connection)
        since = outlook_store.since(connection)
    return None if found is None or since is None else Kept(row=found[1], since=since)


def _causes(row: Row) -> list[Said]:
    """Why people are late, and how many for each."""
    found = []
    if row.by_quota:
        found.append(said("{people:,} by what the contracts allow", people=row.by_quota))
    if row.by_stopped:
        rails = ", ".join(row.stopped)
        found.append(
            said("{people:,} because {rails} carries nothing", people=row.by_stopped, rails=rails)
        )
    if row.by_nobody:
        found.append(said("{people:,} whom no rail of the case can pay", people=row.by_nobody))
    if row.by_refused:
        found.append(
            said("about {people:,} whom the providers' checks will refuse", people=row.by_refused)
        )
    if row.ended_unpaid:
        found.append(
            said("{people:,} whose payment was refused or came back", people=row.ended_unpaid)
        )
    return found


def _again(row: Row) -> tuple[Said, ...]:
    """What to do where payments were refused or came back."""
    if not row.ended_unpaid:
        return ()
    return (
        said(
            "`amends retry CASE` says why payments were refused or came back, and pays again what "
            "you choose"
        ),
    )


def _mend(row: Row) -> tuple[Said, ...]:
    """What moving payments would do, and by which command two people are asked to sign it."""
    if row.late_moved is None:
        return ()
    down = "".join(f" --down {rail}" for rail in row.stopped)
    return (
        said(
            "moving {movable:,} payments that have not left to another rail would leave {late:,} "
            "late: `amends pay CASE --replan{down}` proposes it, and two people sign",
            movable=row.movable,
            late=row.late_moved,
            down=down,
        ),
    )
