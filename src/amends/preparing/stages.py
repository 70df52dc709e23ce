"""What a check says of the stages: what each does, how long it takes, and the gates before it."""

import shutil
from collections.abc import Iterator, Mapping

from amends.kernel.case import Case
from amends.kernel.saying import Said, said
from amends.preparing import estimates, gates
from amends.preparing.known import Known
from amends.preparing.model import Finding, Mark
from amends.store.standing import Absent

_GIB = 1 << 30
_DOES = {
    "intake": said("reads every file, seals a copy, tells the columns; files stay as they are"),
    "determine": said("finds who is affected, each person once; doubtful ones wait for readers"),
    "award": said("fixes what is owed to whom, so that it cannot be changed unseen"),
    "publish": said("publishes the roster: sealed entries and sums, nobody's name"),
    "notify": said("writes everybody's notice into the outbox; nothing is sent"),
    "pay": said("pays everybody exactly once"),
    "reconcile": said("holds books, provider and statements against each other"),
}


def stages(
    case: Case, look: Known | Absent, figures: Mapping[str, int], at: str
) -> Iterator[Finding]:
    """A line for each stage, with its gates. *at*: the case as a command names it."""
    rows = figures["accounts"] + figures["leaked_rows"] + figures["people_rows"]
    done = _done(case, look)
    unread = not isinstance(look, Known) and look is not Absent.UNMADE
    for one in estimates.estimates(rows, figures["people_at_most"]):
        if one.stage in done:
            text = said(
                "{stage}: was run here before; {what}",
                stage=one.stage,
                what=_DOES[one.stage],
            )
            yield Finding(mark=Mark.GOOD, text=text)
            continue
        text = said(
            "{stage}: {what}; {took}",
            stage=one.stage,
            what=_DOES[one.stage],
            took=_took(one),
        )
        yield Finding(
            mark=Mark.NOTE if unread else Mark.OPEN,
            text=text,
            gates=gates.gates(one.stage, case.file, look, at),
        )
    coming = [stage for stage in _DOES if stage not in done]
    if coming and not unread:
        text = said("next: `amends {stage} {at}`", stage=coming[0], at=at)
        yield Finding(mark=Mark.NOTE, text=text)
    yield _disk(case, figures["file_bytes"])
    yield Finding(
        mark=Mark.NOTE,
        text=said(
            "times and sizes are estimates, from what was measured on two cores ({source}); pay: "
            "at the pace of the simulated provider",
            source=estimates.SOURCE,
        ),
    )


def _took(one: estimates.Estimate) -> Said:
    if one.memory_bytes is None:
        return said("about {time}", time=_time(one.seconds))
    return said(
        "about {time}, {memory:.1f} GiB of memory",
        time=_time(one.seconds),
        memory=one.memory_bytes / _GIB,
    )


def _done(case: Case, look: Known | Absent) -> frozenset[str]:
    """Stages that were run: as the database tells, else by the files that they have left."""
    log = case.site / "log"
    signs = {
        "intake": case.evidence_room / "accounts",
        "determine": case.evidence_room / "linkage",
        "award": log,
        "publish": log,
        "reconcile": case.workspace / "statements",
    }
    left = {stage for stage, folder in signs.items() if folder.is_dir() and any(folder.iterdir())}
    if isinstance(look, Known):
        told = ("determine", "award", "publish", "notify", "pay")
        left = (left - set(told)) | {stage for stage in told if gates.done(stage, look)}
    return frozenset(left)


def _disk(case: Case, file_bytes: int) -> Finding:
    needed = estimates.disk_bytes(file_bytes)
    free = shutil.disk_usage(case.root).free
    text = said(
        "disk: at most about {needed} for sealed copies and encrypted tables; {free} are free",
        needed=_size(needed),
        free=_size(free),
    )
    return Finding(mark=Mark.GOOD if free > needed else Mark.REFUSED, text=text)


def _size(size_bytes: int) -> str:
    """In the larger of two units; at least one of the smaller."""
    if size_bytes < _GIB:
        return f"{max(size_bytes / (1 << 20), 1):,.0f} MiB"
    return f"{size_bytes / _GIB:,.1f} GiB"


def _time(seconds: float) -> Said:
    if seconds < 90:  # noqa: PLR2004 -- a minute and a half
        return said("{number:.0f} s", number=max(seconds, 1.0))
    if seconds < 5400:  # noqa: PLR2004 -- an hour and a half
        return said("{number:.0f} min", number=seconds / 60)
    return said("{number:.1f} h", number=seconds / 3600)
