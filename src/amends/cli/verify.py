"""Is everything as it was written? Every chain and digest of a case, in one command."""

from collections.abc import Callable
from pathlib import Path

import click

from amends.awards.verifying import verify_awards
from amends.cli.language import language
from amends.cli.output import BY, print_json, print_summary, progress_bars
from amends.evidence.inspection import verify as verify_copies
from amends.governance.service import audit_head, verify_audit
from amends.kernel.errors import AmendsError, StageOrderError
from amends.kernel.saying import in_language, joined, said
from amends.kernel.summary import StageSummary
from amends.ledger.service import verify_books
from amends.vault.model import EvidenceDestroyedError
from amends.vault.opened import OpenCase, open_case


class CaseChangedError(AmendsError):
    """Something of the case is not what was written."""

    code = "verify"


def _copies(opened: OpenCase) -> int:
    return verify_copies(opened).counts["files"]


def _trail(opened: OpenCase) -> int:
    verify_audit(opened)
    return audit_head(opened)[0]


_PARTS: dict[str, Callable[[OpenCase], int]] = {
    "sealed_copies_whole": _copies,
    "audit_entries_whole": _trail,
    "postings_whole": verify_books,
    "awards_whole": verify_awards,
}
"""What is held against what, and how much of it there is; whoever finds a break refuses."""


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def verify(case: Path, by: str | None, *, as_json: bool) -> None:
    """Check that nothing of CASE was changed behind Amends: files, audit trail, books, awards.

    Sealed copies are held against the digests recorded when they came in, audit trail and books
    against their chains of hashes, awards against the digest that the books carry. After a move,
    after a restore, for an auditor. Exit 1 names everything that is not whole.

    What was published is checked by anybody with amends_verify.
    """
    counts: dict[str, int] = {}
    notes: list[str] = []
    broken: list[AmendsError] = []
    with progress_bars() as progress, open_case(case, progress=progress, by=by) as opened:
        for name, part in _PARTS.items():
            try:
                counts[name] = part(opened)
            except (StageOrderError, EvidenceDestroyedError) as nothing:
                notes.append(nothing.message)
            except AmendsError as found:
                broken.append(found)
        number, head = audit_head(opened)
        notes.append(
            said(
                "the audit trail's newest entry is number {number}, with the hash {head}: keep "
                "it with somebody else",
                number=number,
                head=head,
            )
        )
        if as_json:
            errors = [
                {"code": one.code, "message": in_language(one.message, language())}
                for one in broken
            ]
            print_json(
                {
                    "case": opened.case.file.id,
                    "counts": counts,
                    "broken": errors,
                    "audit_head": {"entry": number, "hash": head},
                }
            )
        else:
            summary = StageSummary(counts=counts, notes=tuple(notes))
            print_summary(said("verify"), summary, opened.case.file.currency)
    if broken:
        raise CaseChangedError(joined(one.message for one in broken))
