"""The impact assessment: written before decisions, publication and payout, approved by two people.

Kept true: every version stays, an approved one is never changed, and a stage of a real case goes on
only with one that was made for it, for these categories of data and about as many people. A case
that pays by simulators goes on without, and says that a real one would not; one that names no rail
yet does not pass for made up.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from amends.governance import questionnaire, records_store
from amends.governance.decisions import tax_position
from amends.governance.model import JSON, Assessment, AssessmentError, Facts, Purpose
from amends.governance.service import audit_in, require_approval
from amends.kernel.canonical import canonical
from amends.kernel.case import AssessmentGate, CaseFile
from amends.kernel.errors import InputFileError
from amends.kernel.saying import Said, said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a purpose stands. ``why_not``: why no assessment holds for it; None when one does."""

    purpose: Purpose
    required: bool
    version_no: int | None
    why_not: str | None


def required(file: CaseFile) -> bool:
    """Whether stages of this case wait for an assessment: no simulator, or case.toml says so."""
    return file.governance.assessment is AssessmentGate.REQUIRED or not file.made_up


def require_assessment(
    opened: OpenCase, purpose: Purpose, read_facts: Callable[[], Facts]
) -> tuple[Said, ...]:
    """Return if an assessment holds for *purpose*; the notes of a case that needs none.

    ``read_facts``: the facts as they are now, asked for only where they matter.

    Raises:
        AssessmentError: none holds, and the case needs one.
    """
    if not required(opened.case.file):
        return (
            said(
                "a case that pays for real needs an impact assessment here (PIPL 55); this one "
                "moves no money and goes on without"
            ),
        )
    found = next(one for one in standing(opened, read_facts()) if one.purpose is purpose)
    if found.why_not is not None:
        raise AssessmentError(
            said(
                "`{purpose}` needs an impact assessment (PIPL 55, 56): {why}. "
                "`amends assessment {case} --template FILE` writes the questionnaire, "
                "`--record FILE` records it when it is answered (two people)",
                purpose=purpose,
                why=found.why_not,
                case=opened.case.root,
            )
        )
    return ()


def standing(opened: OpenCase, facts: Facts) -> list[Standing]:
    """Where each purpose stands, with the facts as they are now."""
    with opened.database.reading() as connection:
        return standing_in(connection, opened.case.file, facts)


def standing_in(connection: Connection, file: CaseFile, facts: Facts) -> list[Standing]:
    """The same inside a transaction of the caller's."""
    known = records_store.assessments(connection)
    return [_judged(purpose, known, facts, needed=required(file)) for purpose in Purpose]


def versions(opened: OpenCase) -> list[Assessment]:
    """All approved assessments, oldest first."""
    with opened.database.reading() as connection:
        return records_store.assessments(connection)


def template(opened: OpenCase, facts: Facts) -> str:
    """A questionnaire with what is known filled in."""
    tax = tax_position(opened)
    return questionnaire.template(opened.case.file.id, facts, tax, _today(opened))


def record(opened: OpenCase, answered: Path, facts: Facts) -> Assessment:
    """Record an answered questionnaire, when two people have approved it.

    The same again changes nothing and asks nobody.

    Raises:
        InputFileError: the file cannot be read.
        AssessmentError: something is not answered, or it was made for other facts.
        WaitingForApprovalError: two people have to approve it.
    """
    complete = questionnaire.read(
        _text(answered), str(answered), case_id=opened.case.file.id, today=_today(opened)
    )
    content = canonical(complete.content)
    digest = hashlib.sha256(content.encode()).hexdigest()
    known = versions(opened)
    if known and known[-1].content_sha256 == digest:
        return known[-1]
    if why := questionnaire.outdated(complete.facts, facts):
        raise AssessmentError(
            said("{file} no longer fits: {why}; make the template anew", file=answered, why=why)
        )
    version_no = len(known) + 1
    proposal = require_approval(
        opened,
        "assessment",
        {
            "version": version_no,
            "purposes": list(complete.purposes),
            "people": complete.facts.people,
            "categories": sorted(complete.facts.categories),
            "content_sha256": digest,
        },
    )
    assessment = Assessment(
        version_no=version_no,
        purposes=complete.purposes,
        facts=complete.facts,
        content=content,
        content_sha256=digest,
        proposal=proposal,
        assessed_on=complete.assessed_on,
        keep_until=complete.keep_until,
        recorded_at=opened.clock.now(),
    )
    with opened.database.unit_of_work() as connection:
        records_store.lock_assessments(connection)
        now_known = records_store.assessments(connection)
        if len(now_known) >= version_no:  # somebody recorded it while this command waited
            return now_known[-1]
        records_store.add_assessment(connection, assessment)
        details: dict[str, JSON] = {"version": version_no, "content_sha256": digest}
        audit_in(connection, opened, opened.by, "assessment recorded", details)
    return assessment


def _judged(
    purpose: Purpose, known: Sequence[Assessment], facts: Facts, *, needed: bool
) -> Standing:
    """The newest version made for the purpose counts; an older one does not come back."""
    newest = next((one for one in reversed(known) if purpose in one.purposes), None)
    if newest is None:
        why: str | None = said("none is recorded for this stage")
    elif hashlib.sha256(newest.content.encode()).hexdigest() != newest.content_sha256:
        why = said("the recorded one was changed in the database; restore it from a backup")
    else:
        why = questionnaire.outdated(newest.facts, facts)
    return Standing(
        purpose=purpose,
        required=needed,
        version_no=newest.version_no if newest else None,
        why_not=why,
    )


def _text(path: Path) -> str:
    """The text of the answered questionnaire."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(
            said(
                "{file}: cannot be read as UTF-8 text ({kind})",
                file=path,
                kind=type(error).__name__,
            )
        ) from None


def _today(opened: OpenCase) -> date:
    """The day where the case is."""
    return opened.clock.now().astimezone(opened.case.file.zone).date()
