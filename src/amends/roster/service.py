"""Publish the roster, and its epochs; write the verifier's policy and people's receipts.

Kept true: the log only grows; entries, files and checkpoint become true in one transaction, after
the equalities held and the outsider's verifier passed on the complete directory; only then are
files let out. The random order of awards is the awards' own; nothing published depends on a person
without the award's secret seed.
"""

import hmac
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
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
from amends.linkage.service import affected_in_parts, facts
from amends.roster import (
    buckets,
    corrected,
    corrections_store,
    entries,
    publication,
    rules,
    site,
    store,
)
from amends.roster.commitment import HIDDEN, Bound, Opening
from amends.roster.entries import Total
from amends.roster.epochs import Release, Waiting, release, shown, sums
from amends.roster.hidden import first_values
from amends.roster.merkle import (
    ProofError,
    inclusion_proof,
    leaf_hash,
    root_from_inclusion,
    subtree,
)
from amends.roster.model import (
    Appended,
    Proved,
    RosterDamagedError,
    RosterInequalityError,
    UnknownAwardError,
)
from amends.roster.note import LogKey
from amends.roster.policy import policy_text
from amends.roster.releasing import Released, cosigned_note, log_key, newest_out, send_out
from amends.roster.tiles import TileTree, disk_node, tile_files
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_SEALED = buckets.OPENING
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
    if new.is_empty() and not published:
        raise StageOrderError(said("nobody has an award yet; run `amends award CASE` first"))
    if new.is_empty() and not corrections:
        return _summary(
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
    summary = _summary(opened, released=released)
    return replace(summary, notes=(*summary.notes, *unassessed))


def publish_epoch(opened: OpenCase) -> StageSummary:
    """Publish payments and states that changed, if they are enough people's; else they wait.

    Raises:
        StageOrderError: the roster is not published yet.
        RosterInequalityError: figures that have to be equal differ.
    """
    with opened.database.reading() as connection:
        awards = store.published_awards(connection)
        if not awards:
            raise StageOrderError(
                said("the roster is not out yet; run `amends publish CASE` first")
            )
        _, before = store.newest_epoch(connection, awards)
        actual = store.standing(connection, awards)
        outcome = release(
            before=before,
            actual=actual,
            pending=store.pending_payments(connection, awards),
            batched_awards=store.batched_awards(connection),
        )
    if isinstance(outcome, Waiting):
        note = said("no changes since the last epoch")
        if outcome.people:
            note = said(
                "changes of {people:,} people wait for the next epoch: fewer than {needed:,} "
                "are not published",
                people=outcome.people,
                needed=outcome.needed,
            )
        return _summary(opened, released=restore(opened), waiting=outcome.people, note=note)
    complete = bool(np.array_equal(actual, outcome.states))
    add = partial(_add_epoch, opened, outcome, complete=complete)
    counts = {"payments": sum(len(batch.payments) for batch in outcome.batches)}
    released = add_to_log(opened, add, "roster.epoch", counts)
    return _summary(opened, released=released)


def write_policy(opened: OpenCase, to: Path) -> None:
    """Write the verifier's policy: the log's key, the witnesses, the quorum."""
    text = policy_text(log_key(opened).verifier_key, opened.case.file.roster)
    to.write_text(text, encoding="utf-8", newline="\n")


def write_receipt(
    opened: OpenCase, award_index: int, to: Path, chosen: publication.Chosen = publication.USUAL
) -> None:
    """Write a person's receipt, as of :func:`receipt_of`."""
    to.write_text(receipt_of(opened, award_index, chosen), encoding="utf-8", newline="\n")


def receipt_of(
    opened: OpenCase, award_index: int, chosen: publication.Chosen = publication.USUAL
) -> str:
    """A person's receipt: the proof that the award is in the log, and its opening.

    Raises:
        UnknownAwardError: no such award is in the log.
        WitnessesMissingError: no checkpoint has its quorum yet.
        RosterDamagedError: the published files do not lead to the checkpoint.
        UnknownValueError: a value that it should open is not the one that was committed to.
    """
    with opened.database.reading() as connection:
        found = store.opening(connection, award_index)
        corrections = corrections_store.correction_entries(connection, award_index)
        size, root, note = newest_out(connection, opened) if found else (0, b"", "")
    if found is None or found[0] >= size:
        raise UnknownAwardError(
            said(
                "award {award_index} is not in the log: `amends export awards CASE` lists "
                "those that are owed, `amends publish CASE` publishes them",
                award_index=award_index,
            )
        )
    entry_index, sealed, entry = found
    try:
        node = disk_node(site.log_directory(opened.case), size)
        proved = [
            Proved(index=index, entry=body, path=tuple(inclusion_proof(node, index, size)))
            for index, body in [(entry_index, entry), *corrections]
            if index < size
        ]
        sound = all(
            root_from_inclusion(leaf_hash(one.entry), one.index, size, one.path) == root
            for one in proved
        )
    except (OSError, ProofError):
        sound = False
    if not sound:
        raise RosterDamagedError(
            said(
                "the published files do not lead to the checkpoint; `amends publish CASE` "
                "restores them"
            )
        )
    opening = Opening.unpacked(opened.vault.unseal(sealed, _SEALED, str(award_index)))
    return publication.receipt_text(
        _bound(opened),
        award_index,
        opening,
        proved[0],
        proved[1:],
        checkpoint=note,
        chosen=chosen,
    )


def published_key(opened: OpenCase) -> str | None:
    """The verifier key of the roster, if it is out."""
    out = site.log_directory(opened.case) / site.CHECKPOINT
    return log_key(opened).verifier_key if out.exists() else None


def _bound(opened: OpenCase) -> Bound:
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
    claims: bool = False,
) -> Released:
    """Let *add* write rows, check the log that they make, commit, have it cosigned, let it out.

    It is entered in the register of exports by the root of the log, with what was *signed*.
    *claims*: claim buckets are read whole in the check, not by their sizes alone.
    """
    with opened.database.unit_of_work() as connection:
        add(connection)
        staged = _staged(opened, connection)
        site.verify(staged, claims=claims)
        _, root, _ = store.checkpoints(connection)[-1]
        rows = sum(count for name, count in counts.items() if name != "people")
        leaving = outgoing(action, rows, recipient=_PUBLIC, purpose=_PURPOSE)
        register_in(connection, opened, leaving, root.hex(), proposal=signed)
        audit_in(connection, opened, "system", action, counts)
    return send_out(opened, staged)


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
    _check_awards(opened, connection)


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
    for made in committed(_bound(opened), awards):
        store.append_awards(connection, first, made.entries)
        places = range(made.first_award, made.first_award + len(made.openings))
        sealed = opened.vault.seal_each(made.openings, _SEALED, map(str, places))
        store.add_openings(connection, made.first_award, first, sealed)
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


def _check_awards(opened: OpenCase, connection: Connection) -> None:
    """Refuse when log, awards, scope, promise and tariff do not agree."""
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
        )
    )


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


def _add_epoch(opened: OpenCase, going: Release, connection: Connection, *, complete: bool) -> None:
    """Write the rows of an epoch: batches, states, sums."""
    _check_awards(opened, connection)
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
    awards = rules.total_of(store.logged_classes(connection))
    lasting = store.lasting_payments(connection) - partly if complete else None
    _refuse(rules.epoch_findings(figures, awards=awards, lasting=lasting))
    state = publication.state_file(published)
    stats = publication.stats_file(epoch + 1, figures, currency)
    digests = sha256(state).digest(), sha256(stats).digest()
    entry = entries.state_entry(epoch + 1, *digests, figures.states)
    files = {f"state/{epoch + 1}.bin.gz": state, f"stats/{epoch + 1}.json": stats}
    added = _with(added, entry, files)
    store.add_epoch(connection, epoch + 1, going.states)
    store.append(connection, store.size(connection), added.entries)
    store.add_files(connection, added.files)


def _with(added: Appended, entry: bytes, files: dict[str, bytes]) -> Appended:
    """One entry more, and the files that it covers."""
    return Appended(entries=(*added.entries, entry), files={**added.files, **files})


def _files(opened: OpenCase, connection: Connection, key: LogKey) -> Iterator[tuple[str, bytes]]:
    """Every file of the log from its rows; records the checkpoint of a size that has none.

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


def _summary(
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
