"""Claim codes as people deal with them: issue, publish, give out, forget, revoke, tell.

Kept true: every award has at most one code that opens anything; codes come from the operating
system and lie sealed until they are given out, then only what follows from them; what replaces a
code, and the files that hold codes, two people have signed. No log, audit entry, name of a file or
message ever holds a code.
"""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from amends.awards.correcting import Channel
from amends.governance.exports import let_out, outgoing
from amends.governance.model import JSON, SYSTEM
from amends.governance.service import audit_in, require_approval
from amends.kernel.errors import AmendsError, StageOrderError
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.roster import buckets, claims, codes, codes_store, entries, letters, store
from amends.roster.buckets import SEALED, Plan
from amends.roster.codes import CODE_BYTES
from amends.roster.codes_store import Page, Published
from amends.roster.releasing import Released, log_key
from amends.roster.service import add_to_log, restore
from amends.roster.site import Check
from amends.store.connection import Connection
from amends.store.service import stage_lock
from amends.vault.opened import OpenCase

PAGE_CODES = 4_096
PAGES_AT_ONCE = 8
"""How many pages a transaction keeps: what a kill can cost."""
_WAITING = "claim-codes-waiting"
_DRAWS = 5_000
COLUMNS = ("award_index", "code", "scan")


class Reason(StrEnum):
    """Why a code is replaced. It is recorded, and never published."""

    LOST = "lost"
    NOT_DELIVERED = "not_delivered"
    MISPRINTED = "misprinted"
    SEEN_BY_OTHERS = "seen_by_others"
    STOLEN = "stolen"
    ASKED = "asked"


class CodesError(AmendsError):
    """Something about claim codes that cannot be done as asked."""

    code: ClassVar[str] = "claim_codes"


def issue(opened: OpenCase) -> StageSummary:
    """Draw a code for every award in the log that has none, page by page.

    Raises:
        StageOrderError: the roster is not published yet.
    """
    with opened.database.reading() as connection:
        awards = store.published_awards(connection)
        coded = codes_store.coded_awards(connection)
    if not awards:
        raise StageOrderError(said("the roster is not out yet; run `amends publish CASE` first"))
    opened.progress.start(said("claim codes"), awards - coded)
    issued = 0
    while True:
        with opened.database.unit_of_work() as connection:
            codes_store.lock(connection)
            first = codes_store.coded_awards(connection)
            end = min(first + PAGES_AT_ONCE * PAGE_CODES, awards)
            if first >= end:
                break
            for start in range(first, end, PAGE_CODES):
                _add_page(opened, connection, range(start, min(start + PAGE_CODES, end)), start)
            audit_in(connection, opened, SYSTEM, "claim codes issued", {"codes": end - first})
        issued += end - first
        opened.progress.advance(end - first)
    return _summary(opened, codes_issued=issued)


def as_wanted(opened: OpenCase) -> StageSummary:
    """Codes and claim buckets for everybody in the log, where case.toml wants them.

    Raises:
        WaitingForApprovalError: two people have to approve the buckets.
        RosterInequalityError: what would be published does not pass its verifier.
    """
    if not opened.case.file.roster.codes:
        return StageSummary(counts={})
    issue(opened)
    summary = _publish(opened)
    waiting = summary.counts["codes_waiting"]
    note = said(
        "{waiting:,} codes wait to be given out: `amends codes give CASE --to FILE --channel "
        "letter` writes them for the printing room",
        waiting=waiting,
    )
    return replace(summary, notes=(*summary.notes, *((note,) if waiting else ())))


def publish_claims(opened: OpenCase) -> StageSummary:
    """Publish everybody's opening in claim buckets, and bind them into the log.

    Without changes since the last publication, lost buckets are restored and nothing is appended.

    Raises:
        StageOrderError: nobody has a code yet.
        WaitingForApprovalError: two people have to approve it.
        RosterInequalityError: what would be published does not pass its verifier.
    """
    with stage_lock(opened.database, "stage"):
        return _publish(opened)


def _publish(opened: OpenCase) -> StageSummary:
    """The same, while nobody else runs a stage."""
    with opened.database.reading() as connection:
        coded = codes_store.coded_awards(connection)
        if not coded:
            raise StageOrderError(said("nobody has a code yet: `amends codes issue CASE`"))
        newest = codes_store.newest_claims(connection)
        plan = Plan(
            publication=newest.publication + 1 if newest else 1,
            awards=store.published_awards(connection),
            newest_page=codes_store.newest_page(connection),
            newest_revocation=codes_store.newest_revocation(connection),
        )
        if newest is not None and _same(newest, plan):
            note = said("no new codes and none replaced; the claim buckets stand")
            return _published(opened, restore(opened), note)
        body: dict[str, JSON] = {
            "awards": plan.awards,
            "codes": coded,
            "newest_page": plan.newest_page,
            "newest_revocation": plan.newest_revocation,
            "publication": plan.publication,
        }
        signed = require_approval(opened, "claim_buckets", body)
        built = buckets.build(opened, connection, plan)
        add = partial(_add_claims, opened, plan, built.hashes)
        counts = {"claim_buckets": len(built.hashes) // 32}
        released = add_to_log(opened, add, "roster.claims", counts, signed, check=Check.CLAIMS)
        buckets.clear(opened)
    return _published(opened, released)


def give(
    opened: OpenCase, to: Path, *, channel: Channel, recipient: str, purpose: str, again: bool
) -> tuple[int, tuple[Said, ...]]:
    """Write the codes that nobody was given yet to a CSV file; how many, and what to say.

    *again*: also those that were given out before and are not forgotten yet.

    Raises:
        CodesError: there is none to give.
        WaitingForApprovalError: two people have to sign it.
    """
    with opened.database.reading() as connection:
        numbers = codes_store.waiting_pages(connection, given=None if again else False)
        rows = sum(codes_store.page(connection, number).codes for number in numbers)
        gone = codes_store.revoked(connection)
        if not rows:
            raise CodesError(said("no code waits to be given out"))
        leaving = outgoing("codes", rows, recipient=recipient, purpose=purpose)
        write = partial(_write_codes, opened, connection, numbers, gone)
        notes = let_out(opened, leaving, to, write)
    with opened.database.unit_of_work() as connection:
        now = opened.clock.now()
        codes_store.add_given(connection, numbers, channel=channel, by=opened.by, now=now)
        details: dict[str, JSON] = {"codes": rows, "channel": str(channel)}
        audit_in(connection, opened, opened.by, "claim codes given out", details)
    return rows, notes


def forget(opened: OpenCase) -> int:
    """Delete every code that was given out; how many. What follows from them stays, sealed.

    A page that was handed out is forgotten whole.
    """
    with opened.database.unit_of_work() as connection:
        codes_store.lock(connection)
        numbers = codes_store.waiting_pages(connection, given=True)
        count = sum(codes_store.page(connection, number).codes for number in numbers)
        codes_store.forget(connection, numbers)
        if count:
            audit_in(connection, opened, opened.by, "claim codes forgotten", {"codes": count})
    return count


def write_letters(
    opened: OpenCase,
    awards: Sequence[int],
    to: Path,
    *,
    with_square: bool,
    recipient: str,
    purpose: str,
) -> tuple[Said, ...]:
    """Write the pages that tell people their codes, one sheet of A4 each, in one file.

    *with_square*: with the QR code, for a counter or an app; a letter that comes by post has none.

    Raises:
        CodesError: the award has no code, or it was forgotten.
        WaitingForApprovalError: two people have to sign it.
    """
    with opened.database.reading() as connection:
        kept = [_kept_code(opened, connection, award_index) for award_index in awards]
    page = letters.code_pages(opened.case.file, log_key(opened).origin, kept, square=with_square)
    leaving = outgoing("codes", len(kept), recipient=recipient, purpose=purpose)
    return let_out(opened, leaving, to, lambda part: part.write_bytes(page))


def revoke(opened: OpenCase, awards: Sequence[int], reason: Reason) -> StageSummary:
    """Replace the codes of these awards by new ones; two people decide.

    The old code opens nothing that is published from the next ``publish_claims`` on.

    Raises:
        CodesError: an award has no code, or stands twice in the list.
        WaitingForApprovalError: two people have to approve the exact list.
    """
    with opened.database.reading() as connection:
        body = _revocation(connection, awards, reason)
    digest = require_approval(opened, "claim_codes", body)
    with opened.database.unit_of_work() as connection:
        codes_store.lock(connection)
        if _revocation(connection, awards, reason) != body:
            raise CodesError(said("codes were replaced in between; call the same command again"))
        now, first = opened.clock.now(), codes_store.newest_revocation(connection) + 1
        pairs = [(award, codes_store.pages_of_award(connection, award)[-1]) for award in awards]
        rows = [(number, *pair) for number, pair in enumerate(pairs, first)]
        codes_store.add_revocations(connection, rows, reason=reason, proposal=digest, now=now)
        number = _add_page(opened, connection, list(awards), None)
        codes_store.add_again(connection, number, awards)
        details: dict[str, JSON] = {"codes": len(awards), "first": first, "reason": str(reason)}
        audit_in(connection, opened, opened.by, "claim codes replaced", details)
    return _summary(opened, codes_replaced=len(awards))


def told(opened: OpenCase, revocation_no: int, channel: Channel) -> bool:
    """Record that the person was told of the new code; False when that is recorded already.

    Raises:
        CodesError: there is no such replacement.
    """
    with opened.database.unit_of_work() as connection:
        if not 0 < revocation_no <= codes_store.newest_revocation(connection):
            raise CodesError(said("there is no replacement {number}", number=revocation_no))
        now = opened.clock.now()
        new = codes_store.add_told(
            connection, revocation_no, channel=channel, by=opened.by, now=now
        )
        if new:
            details: dict[str, JSON] = {"replacement": revocation_no, "channel": str(channel)}
            audit_in(connection, opened, opened.by, "claim code told", details)
    return new


def untold(opened: OpenCase) -> list[tuple[int, int, Reason]]:
    """Replaced codes whose people nobody told: number, award, reason."""
    with opened.database.reading() as connection:
        return [(no, award, Reason(why)) for no, award, why in codes_store.untold(connection)]


def standing(opened: OpenCase) -> StageSummary:
    """What there is of codes and buckets."""
    return _summary(opened)


def in_log(opened: OpenCase) -> tuple[int, int, int]:
    """Awards in the log, its entries, and the awards that have a claim code."""
    with opened.database.reading() as connection:
        coded = codes_store.coded_awards(connection)
        return store.published_awards(connection), store.size(connection), coded


def _same(newest: Published, plan: Plan) -> bool:
    """Whether a publication would be of the same codes over the same log."""
    before = newest.awards, newest.newest_page, newest.newest_revocation
    return before == (plan.awards, plan.newest_page, plan.newest_revocation)


def _add_page(
    opened: OpenCase, connection: Connection, awards: Sequence[int], first: int | None
) -> int:
    """Draw a code for each of these awards and keep them in a new page; its number."""
    drawn: list[int] = []
    while len(drawn) < len(awards):
        drawn += codes.drawn(os.urandom(CODE_BYTES * _DRAWS))
    del drawn[len(awards) :]
    origin, number = log_key(opened).origin, codes_store.newest_page(connection) + 1
    follows = b"".join([codes.derived_bytes(origin, code) for code in drawn])
    kept = b"".join([codes.packed(code) for code in drawn])
    page = Page(
        page_no=number,
        first_award=first,
        codes=len(awards),
        sealed=opened.vault.seal(follows, SEALED, str(number)),
    )
    waiting = opened.vault.seal(kept, _WAITING, str(number))
    codes_store.add_page(connection, page, waiting, opened.clock.now())
    return number


def _add_claims(opened: OpenCase, plan: Plan, hashes: bytes, connection: Connection) -> None:
    """Write the rows of a publication: its entry, what it was made of, its hashes."""
    about = claims.about(plan.publication, hashes)
    index = store.size(connection)
    digest = sha256(about).digest()
    entry = entries.claims_entry(plan.publication, len(hashes) // 32, digest)
    store.append(connection, index, [entry])
    made = Published(
        publication=plan.publication,
        awards=plan.awards,
        newest_page=plan.newest_page,
        newest_revocation=plan.newest_revocation,
        about=about,
        manifest=hashes,
    )
    codes_store.add_claims(connection, made, index, opened.clock.now())


def _codes_of(opened: OpenCase, connection: Connection, number: int) -> Iterator[tuple[int, int]]:
    """Award and code of a page that is not forgotten."""
    sealed = codes_store.waiting(connection, number)
    if sealed is None:
        return
    kept = opened.vault.unseal(sealed, _WAITING, str(number))
    awards = codes_store.awards_of(connection, codes_store.page(connection, number))
    for place, award in enumerate(awards):
        code = kept[place * CODE_BYTES : (place + 1) * CODE_BYTES]
        yield award, int.from_bytes(code, "big")


def _kept_code(opened: OpenCase, connection: Connection, award_index: int) -> int:
    """The code of an award, if it is still kept.

    Raises:
        CodesError: it has none, or it was forgotten.
    """
    pages = codes_store.pages_of_award(connection, award_index)
    if not pages:
        raise CodesError(_no_code(award_index))
    for award, code in _codes_of(opened, connection, pages[-1]):
        if award == award_index:
            return code
    raise CodesError(
        said(
            "the code of award {award} was given out and forgotten: replace it with `amends codes "
            "revoke CASE --award {award}`",
            award=award_index,
        )
    )


def _write_codes(
    opened: OpenCase,
    connection: Connection,
    numbers: Iterable[int],
    gone: set[tuple[int, int]],
    to: Path,
) -> None:
    """The codes of these pages as CSV, page by page."""
    origin = log_key(opened).origin
    to.touch(mode=0o600)
    with to.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for number in numbers:
            for award, code in _codes_of(opened, connection, number):
                if (award, number) not in gone:
                    rows.writerow((award, codes.written(code), codes.scan_text(origin, code)))


def _revocation(connection: Connection, awards: Sequence[int], reason: Reason) -> dict[str, JSON]:
    """What two people approve: whose code, which of them, and why.

    Raises:
        CodesError: an award has no code, or stands twice in the list.
    """
    if len(set(awards)) != len(awards) or not awards:
        raise CodesError(said("name each award once"))
    pages = []
    for award in awards:
        found = codes_store.pages_of_award(connection, award)
        if not found:
            raise CodesError(_no_code(award))
        pages.append(found[-1])
    return {"awards": list(awards), "pages": pages, "reason": str(reason)}


def _no_code(award_index: int) -> Said:
    return said(
        "award {award} has no code: `amends codes issue CASE` draws them for awards in the log",
        award=award_index,
    )


def _published(opened: OpenCase, released: Released, note: Said | None = None) -> StageSummary:
    """The same, and what the witnesses said."""
    summary = _summary(opened, note, roster_files_written=released.written)
    return replace(summary, notes=(*summary.notes, *released.notes))


def _summary(opened: OpenCase, note: Said | None = None, **done: int) -> StageSummary:
    """What there is now, and what was done."""
    with opened.database.reading() as connection:
        awards, coded = store.published_awards(connection), codes_store.coded_awards(connection)
        newest = codes_store.newest_claims(connection)
        counts = {
            "codes": coded,
            "codes_missing": awards - coded,
            "codes_waiting": sum(
                codes_store.page(connection, number).codes
                for number in codes_store.waiting_pages(connection, given=False)
            ),
            "codes_revoked": codes_store.newest_revocation(connection),
            "codes_untold": len(codes_store.untold(connection)),
            "claims_publication": newest.publication if newest else 0,
            "claim_buckets": len(newest.manifest) // 32 if newest else 0,
            "claims_behind": int(_behind(connection, newest)),
        }
    return StageSummary(counts={**done, **counts}, notes=(note,) if note else ())


def _behind(connection: Connection, newest: Published | None) -> bool:
    """Whether codes were issued or replaced that no publication knows."""
    now = codes_store.newest_page(connection), codes_store.newest_revocation(connection)
    return now != ((newest.newest_page, newest.newest_revocation) if newest else (0, 0))
