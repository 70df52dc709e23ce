"""Publish the roster, and its epochs; write the verifier's policy and people's receipts.

Kept true: the log only grows; entries, files and checkpoint become true in one transaction, after
the equalities held and the outsider's verifier passed on the complete directory; only then are
files let out. The random order of awards is the awards' own; nothing published depends on a person
without the award's secret seed.
"""

import hmac
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl

from amends.awards.correcting import Recorded
from amends.awards.corrections import recorded
from amends.awards.promised import check_promise, in_force, right_promise
from amends.awards.service import classes
from amends.governance.assessment import require_assessment
from amends.governance.exports import outgoing, register_in
from amends.governance.model import Purpose
from amends.governance.service import audit_in, require_approval, signed_proposal
from amends.kernel.errors import StageOrderError
from amends.kernel.memory import give_back
from amends.kernel.saying import joined, said
from amends.kernel.summary import StageSummary
from amends.kernel.witnessing import RosterSettings, Rows
from amends.linkage.service import affected_in_parts, facts
from amends.roster import (
    buckets,
    corrected,
    corrections_store,
    entries,
    growing,
    openings,
    publication,
    rows,
    rules,
    site,
    store,
)
from amends.roster.commitment import HIDDEN, Bound
from amends.roster.entries import EntryType, Total
from amends.roster.epochs import Release, States, Waiting, release, shown, sums
from amends.roster.hidden import first_values
from amends.roster.merkle import (
    subtree,
)
from amends.roster.model import (
    Appended,
    LogSealedError,
    RosterInequalityError,
)
from amends.roster.note import LogKey
from amends.roster.policy import policy_text
from amends.roster.releasing import (
    Released,
    cosigned_note,
    log_key,
    send_out,
)
from amends.roster.rows import RowsError
from amends.roster.site import Check
from amends.roster.tiles import TileTree, tile_files
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

ERASURE = "roster.erased"
"""The one step that may follow the seal."""

_PUBLIC = "公众 / the public"
_PURPOSE = "公布名册 / publication of the roster"


def publish(opened: OpenCase) -> StageSummary:
    """Publish every award and correction that is not in the log yet; restore files that were lost.

    Raises:
        PromiseError: the promise does not hold.
        StageOrderError: nobody has an award yet.
        AssessmentError: the case needs an impact assessment of the publication.
        WaitingForApprovalError: two people have to approve what goes out.
        RosterInequalityError: figures that have to be equal differ.
        WitnessesMissingError: the log is signed and waits for its quorum.
    """
    check_promise(opened)
    with opened.database.reading() as connection:
        published = store.published_awards(connection)
        new = store.awarded(connection, published)
        corrections = recorded(connection, after=corrections_store.newest_correction(connection))
        evidence = store.evidence_digest(connection)
        people = rules.total_of(store.owed_classes(connection, published + new.height))
        stored_case = store.file(connection, "case.json")
    _refuse_other_rows(opened, stored_case)
    if new.is_empty() and not published:
        raise StageOrderError(said("nobody has an award yet; run `amends award CASE` first"))
    if new.is_empty() and not corrections:
        return summary_of(
            opened, released=restore(opened), note=said("no new awards; the log stands")
        )
    unassessed = require_assessment(opened, Purpose.PUBLISH, lambda: facts(opened))
    files = {} if stored_case else _case_files(opened, people)
    case_json = stored_case or files["case.json"]
    scope = hmac.digest(opened.vault.derive("roster-scope"), evidence.encode(), "sha256")
    body: dict[str, str | int] = {
        "case": opened.case.file.id,
        "case_json_sha256": sha256(case_json).hexdigest(),
        "first_award": published,
        "people": people.count,
        "scope_evidence": scope.hex(),
        "total_minor": people.amount_minor,
    }
    if corrections:
        body |= {
            "corrections": len(corrections),
            "newest_correction": corrections[-1].correction_no,
        }
    signed = require_approval(opened, "publish", body)
    head = [] if stored_case else [entries.case_entry(sha256(case_json).digest())]
    head.append(entries.scope_entry(people, scope))
    add = partial(_add_awards, opened, head, new, corrections, files)
    counts = {"awards": new.height, "people": people.count, "corrections": len(corrections)}
    released = add_to_log(opened, add, "roster.publish", counts, signed)
    summary = summary_of(opened, released=released)
    return replace(summary, notes=(*summary.notes, *unassessed))


def _refuse_other_rows(opened: OpenCase, stored_case: bytes | None) -> None:
    """A log shows rows or hides them as it did when it began."""
    wanted = opened.case.file.roster.rows is Rows.COUNTS
    if stored_case is not None and rows.hides(stored_case) is not wanted:
        raise RowsError(
            said(
                "case.toml says otherwise than the log, which began with `rows = {rows}` under "
                "[roster]: that stays as it is for the life of the log",
                rows='"shown"' if wanted else '"counts"',
            )
        )


def publish_epoch(opened: OpenCase) -> StageSummary:
    """Publish payments and states that changed, if they are enough people's; else they wait.

    Where nothing goes out, the states of before are published again when half of the time is over
    in which the log promises an epoch: whoever calls this every day is never late.

    Raises:
        StageOrderError: the roster is not published yet.
        RosterInequalityError: figures that have to be equal differ.
    """
    with opened.database.reading() as connection:
        closed = store.closed(connection)
        actual, outcome = releasable(connection)
        _, before = store.newest_epoch(connection, store.published_awards(connection))
        promised = _promised_days(store.file(connection, "case.json"))
        due = store.epoch_age(connection) >= timedelta(days=promised) / 2
    if closed is not None:
        note = said("the log is sealed: later changes are not published")
        return summary_of(opened, released=restore(opened), note=note)
    again = None
    if isinstance(outcome, Waiting) and due:
        again = said(
            "no changes to show; the states of before were published again: an epoch is promised "
            "every {days} days",
            days=promised,
        )
        outcome = Release(batches=(), states=before)
    if isinstance(outcome, Waiting):
        note = said("no changes since the last epoch")
        if outcome.people:
            note = said(
                "changes of {people:,} people wait for the next epoch: fewer than {needed:,} "
                "are not published",
                people=outcome.people,
                needed=outcome.needed,
            )
        return summary_of(opened, released=restore(opened), waiting=outcome.people, note=note)
    complete = bool(np.array_equal(actual, outcome.states))
    add = partial(add_epoch, opened, outcome, complete=complete)
    counts = {"payments": sum(len(batch.payments) for batch in outcome.batches)}
    released = add_to_log(opened, add, "roster.epoch", counts, check=Check.ADDED)
    return summary_of(opened, released=released, note=again)


def _promised_days(case_json: bytes | None) -> int:
    """How often the log promises an epoch; one that began before that was said promises a week."""
    days = json.loads(case_json or b"{}").get("epoch_days", RosterSettings().epoch_days)
    assert isinstance(days, int)  # noqa: S101 - we wrote it
    return days


def releasable(connection: Connection, *, last: bool = False) -> tuple[States, Release | Waiting]:
    """Where every award stands, and what an epoch lets out of it. *last*: nothing waits.

    Raises:
        StageOrderError: the roster is not published yet.
    """
    awards = store.published_awards(connection)
    if not awards:
        raise StageOrderError(said("the roster is not out yet; run `amends publish CASE` first"))
    _, before = store.newest_epoch(connection, awards)
    actual = store.standing(connection, awards)
    return actual, release(
        before=before,
        actual=actual,
        pending=store.pending_payments(connection, awards),
        batched_awards=store.batched_awards(connection),
        last=last,
    )


def write_policy(opened: OpenCase, to: Path) -> None:
    """Write the verifier's policy: the log's key, the witnesses, the quorum."""
    text = policy_text(log_key(opened).verifier_key, opened.case.file.roster)
    to.write_text(text, encoding="utf-8", newline="\n")


def published_key(opened: OpenCase) -> str | None:
    """The verifier key of the roster, if it is out."""
    out = site.log_directory(opened.case) / site.CHECKPOINT
    return log_key(opened).verifier_key if out.exists() else None


def bound(opened: OpenCase) -> Bound:
    """What every award of the case says of it."""
    return Bound(case=opened.case.file.id, currency=opened.case.file.currency)


def _tariff(opened: OpenCase) -> dict[int, int]:
    """Amount per class, as awarded."""
    return {number: money.amount_minor for number, money in classes(opened).items()}


def _case_files(opened: OpenCase, people: Total) -> dict[str, bytes]:
    """case.json and the verifier, which stay as they are for the life of the log."""
    shipped = resources.files("amends_verify")
    verifier = {name: shipped.joinpath(name).read_bytes() for name in site.VERIFIERS}
    case_json = publication.case_json(
        opened.case.file,
        in_force(opened),
        people=people,
        tariff=_tariff(opened),
        verifier_key=log_key(opened).verifier_key,
        verifier=verifier,
        time_is_simulated=opened.clock.simulated,
    )
    return {"case.json": case_json, **verifier}


def add_to_log(
    opened: OpenCase,
    add: Callable[[Connection], None],
    action: str,
    counts: dict[str, int],
    signed: str | None = None,
    *,
    check: Check = Check.WHOLE,
) -> Released:
    """Let *add* write rows, check the log that they make, commit, have it cosigned, let it out.

    It is entered in the register of exports by the root of the log, with what was *signed*.

    Raises:
        LogSealedError: the log is closed.
    """
    with opened.database.unit_of_work() as connection:
        if store.closed(connection) is not None and action != ERASURE:
            raise LogSealedError(said("the log is sealed: nothing is added to it any more"))
        add(connection)
        staged = _added(opened, connection) if check is Check.ADDED else None
        if staged is None:
            staged = _staged(opened, connection)
            site.verify(staged, claims=check is Check.CLAIMS)
        _, root, _ = store.checkpoints(connection)[-1]
        many = sum(count for name, count in counts.items() if name != "people")
        leaving = outgoing(action, many, recipient=_PUBLIC, purpose=_PURPOSE)
        register_in(connection, opened, leaving, root.hex(), proposal=signed)
        audit_in(connection, opened, "system", action, counts)
    return send_out(opened, staged)


def _added(opened: OpenCase, connection: Connection) -> site.Staged | None:
    """What the rows add to what is out, checked; nothing where all has to be read for that."""
    if not site.ships_this_release(site.log_directory(opened.case)):
        return None
    staged = growing.grown(opened, connection, log_key(opened))
    if staged is not None:
        try:
            site.verify(staged)
        except RosterInequalityError:  # the check of everything says whether that is so
            return None
    return staged


def _staged(opened: OpenCase, connection: Connection, *, thorough: bool = False) -> site.Staged:
    """The directory that the rows make, written aside. *thorough*: every claim bucket is read."""
    key = log_key(opened)
    # The verifier that the log ships may be older than witnesses: it is asked about all the rest.
    staged = site.stage(opened.case, _files(opened, connection, key), policy_text(key.verifier_key))
    return buckets.link(opened, connection, staged, thorough=thorough)


def restore(opened: OpenCase) -> Released:
    """Make what is out equal to the rows again."""
    with opened.database.unit_of_work() as connection:
        _check_awards(opened, connection)
        staged = _staged(opened, connection, thorough=True)
    if staged.written:
        site.verify(staged, claims=True)
    released = send_out(opened, staged)
    buckets.clear(opened)
    return released


def _add_awards(
    opened: OpenCase,
    head: list[bytes],
    new: pl.DataFrame,
    corrections: list[Recorded],
    files: dict[str, bytes],
    connection: Connection,
) -> None:
    """Write the rows of new awards and corrections: entries, sealed openings, files."""
    first = store.size(connection)
    store.append(connection, first, head)
    after = _add_committed(opened, connection, new, first + len(head))
    proposals = {one.proposal_sha256 for one in corrections}
    signed = {digest: signed_proposal(connection, digest) for digest in proposals}
    added = corrected.appended(corrections, signed)
    store.append(connection, after, added.entries)
    store.add_files(connection, {**files, **added.files})
    corrections_store.add_corrections(
        connection,
        ((one.correction_no, one.award_index, at) for at, one in enumerate(corrections, after)),
    )
    _add_counts(connection)
    _check_awards(opened, connection)


def _add_counts(connection: Connection) -> None:
    """Write the rows of COUNTS, where the log hides its awards."""
    if not rows.hides(store.file(connection, "case.json")):
        return
    number = store.entries_of(connection, EntryType.COUNTS) + 1
    awards = store.published_awards(connection)
    corrections = store.entries_of(connection, EntryType.CORRECTION)
    content = rows.counts_file(
        store.logged_classes(connection),
        store.tariff(connection),
        awards=awards,
        corrections=corrections,
    )
    entry = entries.counts_entry(awards, corrections, sha256(content).digest())
    store.append(connection, store.size(connection), [entry])
    store.add_files(connection, {f"counts/{number}.json": content})


def _add_committed(opened: OpenCase, connection: Connection, new: pl.DataFrame, first: int) -> int:
    """Write entries of new awards from place *first* on, and sealed openings; the place after.

    Raises:
        RosterInequalityError: two awards have one commitment.
    """
    from amends.roster.committing import committed  # noqa: PLC0415 - the compiler: half a second

    seen = []
    opened.progress.start(said("commit"), new.height)
    awards = new.drop("person_id").hstack(_hidden(opened, new["person_id"]))
    give_back()
    for made in committed(bound(opened), awards):
        store.append_awards(connection, first, made.entries)
        pages = openings.pages(opened.vault, made.first_award, first, made.openings)
        store.add_openings(connection, pages)
        first += len(made.entries)
        seen.append(made.entries["commitment"].view("S32"))
        opened.progress.advance(len(made.entries))
    if seen and len(np.unique(np.concatenate(seen))) != new.height:
        raise RosterInequalityError(said("two awards have one commitment; nothing was published"))
    return first


def _hidden(opened: OpenCase, person_ids: pl.Series) -> pl.DataFrame:
    """The ``HIDDEN`` fields of people."""
    affected = affected_in_parts(opened, ("account_id", *HIDDEN), pl.DataFrame)
    values = first_values(affected.accounts, affected.people)
    place = affected.ids().to_frame("person_id").with_row_index("person")
    people = person_ids.to_frame("person_id").join(
        place, on="person_id", how="left", maintain_order="left"
    )
    return values.select(pl.all().gather(people["person"]))


def _check_awards(opened: OpenCase, connection: Connection) -> rules.Counts:
    """Refuse when log, awards, scope, promise and tariff differ; how many awards the log has."""
    logged, scope = store.logged_classes(connection), store.logged_scope(connection)
    published = store.published_awards(connection)
    newest = corrections_store.newest_correction(connection)
    all_are_out = not (
        store.awarded(connection, published).height or recorded(connection, after=newest)
    )
    _refuse(
        rules.award_findings(
            logged=logged,
            owed=store.owed_classes(connection, published, corrections=newest),
            scope=scope,
            promised=_promised(opened, published) if all_are_out else None,
            tariff=_tariff(opened),
            currency=opened.case.file.currency,
        )
    )
    return logged


def _promised(opened: OpenCase, awards: int) -> Total:
    """What the promise in force comes to, for as many people as it says, or else as there are."""
    promise = in_force(opened)
    people = awards if promise.people is None else promise.people
    total = promise.total
    if total is None and promise.per_person is not None:
        total = promise.per_person * people
    elif total is None:
        total = right_promise(opened).total
    assert total is not None  # noqa: S101 - the right promise always has a total
    return Total(count=people, amount_minor=total.amount_minor)


def _refuse(findings: list[str]) -> None:
    """Refuse if anything was found."""
    if findings:
        raise RosterInequalityError(
            said("nothing was published: {findings}", findings=joined(findings, "; "))
        )


def add_epoch(opened: OpenCase, going: Release, connection: Connection, *, complete: bool) -> None:
    """Write the rows of an epoch: batches, states, sums."""
    awards = rules.total_of(_check_awards(opened, connection))
    currency = opened.case.file.currency
    epoch, _ = store.newest_epoch(connection, len(going.states))
    number, _ = store.batch_totals(connection)
    added = Appended(entries=(), files={})
    for batch in going.batches:
        number += 1
        nonce = os.urandom(32)
        store.add_batch(connection, number, batch, nonce)
        content = publication.batch_file(
            number, batch, currency, nonce=nonce, statements=store.statements(connection)
        )
        digest = sha256(content).digest()
        entry = entries.batch_entry(number, batch.rail, batch.total, digest)
        added = _with(added, entry, {f"batches/{number}.json": content})
    classes = store.classes(connection)
    tariff = store.tariff(connection)
    if not tariff:
        _refuse([said("case.json in the log names no tariff")])
    published = shown(going.states, classes)
    partly = store.lasting_payments(
        connection,
        corrected.partly_paid(going.states, corrections_store.logged_corrections(connection)),
    )
    _, batches = store.batch_totals(connection)
    figures = sums(
        states=going.states,
        published=published,
        classes=classes,
        tariff=tariff,
        own=store.own_amounts(connection) if entries.OWN in classes else {},
        batches=batches,
        partly=partly,
    )
    lasting = store.lasting_payments(connection) - partly if complete else None
    _refuse(rules.epoch_findings(figures, awards=awards, lasting=lasting))
    files = publication.state_files(epoch + 1, published)
    stats = publication.stats_file(epoch + 1, figures, currency)
    digests = [sha256(one).digest() for one in (files[publication.states_path(epoch + 1)], stats)]
    entry = entries.state_entry(epoch + 1, digests[0], digests[1], figures.states)
    files[f"stats/{epoch + 1}.json"] = stats
    added = _with(added, entry, files)
    store.add_epoch(connection, epoch + 1, going.states)
    store.append(connection, store.size(connection), added.entries)
    store.add_files(connection, added.files)


def _with(added: Appended, entry: bytes, files: dict[str, bytes]) -> Appended:
    """One entry more, and the files that it covers."""
    return Appended(entries=(*added.entries, entry), files={**added.files, **files})


def _files(opened: OpenCase, connection: Connection, key: LogKey) -> Iterator[tuple[str, bytes]]:
    """Every file of the log as it is published."""
    whole = all_files(opened, connection, key)
    hides = rows.hides(store.file(connection, "case.json"))
    return rows.for_public(whole) if hides else whole


def all_files(opened: OpenCase, connection: Connection, key: LogKey) -> Iterator[tuple[str, bytes]]:
    """Every file of the log from its rows, also what the public does not see.

    Records the checkpoint of a size that has none.

    Raises:
        RosterInequalityError: the rows are not those that an earlier checkpoint was signed over.
    """
    known = store.checkpoints(connection)
    size = store.size(connection)
    tree = TileTree()
    yield from store.files(connection)
    yield from buckets.small_files(connection)
    sizes = [*(earlier for earlier, _, _ in known), size]
    yield from tile_files(tree, store.bundles(connection), sizes)
    for earlier, root, _ in known:
        if earlier > size or subtree(tree.node, 0, earlier) != root:
            raise RosterInequalityError(
                said(
                    "the rows of the log are not those of its checkpoint over {earlier} entries; "
                    "nothing was published. Restore the database from a backup",
                    earlier=earlier,
                )
            )
    root = subtree(tree.node, 0, size)
    note = key.checkpoint(size, root)
    if size not in {earlier for earlier, _, _ in known}:
        store.add_checkpoint(connection, size, root, note)
    yield site.CHECKPOINT, cosigned_note(connection, opened, size, note).encode()


def summary_of(
    opened: OpenCase, *, released: Released, waiting: int = 0, note: str | None = None
) -> StageSummary:
    """What stands in the log now."""
    with opened.database.reading() as connection:
        awards = store.published_awards(connection)
        batches, payments = store.batch_totals(connection)
        epoch, _ = store.newest_epoch(connection, awards)
        counts = {
            "roster_entries": store.size(connection),
            "roster_awards": awards,
            "roster_corrections": corrections_store.newest_correction(connection),
            "roster_batches": batches,
            "roster_payments": payments.count,
            "roster_epoch": epoch,
            "roster_waiting": waiting,
            "roster_files_written": released.written,
        }
    notes = (*((note,) if note else ()), *released.notes)
    return StageSummary(counts=counts, notes=notes)
