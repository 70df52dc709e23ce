"""Who is affected: the stage, from what was taken in to a finished run.

What holds: a finished run is never changed; a run with the input and settings of the newest one is
not made again. Files of a run lie under a name made of input and settings. They are written, and
the database takes the people in, while the run is described. All of it counts once the run is
committed, after the last of them; whatever fails, the others are waited for, and nothing counts.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from amends.evidence.service import (
    account_batches,
    accounts_taken,
    input_digest,
    leaked_batches,
    leaked_categories,
    quarantined,
)
from amends.kernel.memory import give_back
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.linkage import identity, naming, person_ids, provenance, rules, settings, store
from amends.linkage.digest import begin, result_digest
from amends.linkage.identity import NAMES
from amends.linkage.linking import compare
from amends.linkage.linking import linked as decided
from amends.linkage.links import Links
from amends.linkage.model import Determination, Run
from amends.linkage.naming import Names
from amends.linkage.registered import Registered
from amends.linkage.review import planting, stating, verdicts
from amends.linkage.review import store as review_store
from amends.linkage.review.answers import settled
from amends.linkage.review.questions import open_rows, queue
from amends.linkage.review.verdicts import Corrected, Verdict
from amends.linkage.service import run_folder
from amends.linkage.shelf import HELD_BYTES, MANY_ACCOUNTS, Shelf
from amends.linkage.strata import pair_units
from amends.linkage.telling import difference
from amends.vault.opened import OpenCase

_SLICE: Final = 131_072
_LITTLE: Final = 4
"""Of so many shelves keep in memory one part in this many of what they may."""


def determine(opened: OpenCase) -> StageSummary:
    """Find out who is affected and what of each person leaked.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence is gone.
        InputFileError: the file of planted rows is not what it should be.
        ReviewError: an answer of a reader was changed.
    """
    taken, answers = input_digest(opened), verdicts.verdicts(opened)
    planted = planting.read(opened)
    used = _settings(opened, answers, planted)
    with opened.database.reading() as connection:
        newest = store.newest_run(connection)
    if newest and newest.input_digest == taken and newest.settings == used:
        return StageSummary(
            counts=newest.counts,
            notes=(said("Nothing has changed since: it was determined before."), *newest.notes),
            details=_details(newest),
        )
    run_no = newest.run_no + 1 if newest else 1
    earlier = run_folder(opened, newest.input_digest, newest.settings) if newest else None
    folder = run_folder(opened, taken, used)
    with _shelf(opened) as shelf, ThreadPoolExecutor(2) as ahead:
        found, corrected, named, told = _find(opened, shelf, ahead, answers, earlier, run_no)
        with opened.database.unit_of_work() as connection, ThreadPoolExecutor(3) as pool:
            people = pool.submit(store.insert_people, connection, run_no, found.affected)
            digested = pool.submit(told)
            names = named()
            del named
            pairs = pair_units(found.doubts, found.affected)
            written = pool.submit(_write, opened, folder, found, names.names, pairs)
            run = _stated(opened, found, pairs, planted, corrected, names)
            run = replace(
                run,
                run_no=run_no,
                input_digest=taken,
                settings=used,
                result_digest=digested.result(),
                provenance={
                    **provenance.of(used, verdicts.digest(answers)),
                    "normalised": corrected.linked.changes,
                },
            )
            people.result()
            store.insert_run(connection, run, dict(corrected.linked.model))
            store.insert_moved(connection, run.run_no, names.moved)
            written.result()
    _remove_others(folder)
    return StageSummary(counts=run.counts, notes=run.notes, details=_details(run))


def _details(run: Run) -> dict[str, object]:
    """What ``--json`` tells beside the counts: how right the run is, and what was normalised."""
    return {**run.stated_error, "normalised": run.provenance.get("normalised", {})}


def _stated(
    opened: OpenCase,
    found: Determination,
    pairs: pl.DataFrame,
    planted: pl.DataFrame | None,
    corrected: Corrected,
    names: Names,
) -> Run:
    """The run with its statement of error; what identifies it is filled in by the caller."""
    file = opened.case.file
    known, confirmed, unmatched = stating.strata(found, pairs, file.linkage)
    seen = _seen(opened)
    known = stating.with_seen(known, seen, taken_out=True)
    judged = sum(one.seen for one in seen)
    made = stating.estimates(known, confirmed, unmatched, judged)
    on_planted = None if planted is None else planting.measured(planted, found)
    in_doubt = stating.doubt(known, file.linkage, file.most_per_person)
    people = found.affected.height
    counts = {
        **found.counts,
        **({"readers_followed": corrected.applied} if corrected.applied else {}),
        **({"dropped": names.dropped} if names.dropped else {}),
    }
    notes = [
        *stating.in_words(made, on_planted, people),
        *stating.doubt_words(in_doubt, file.linkage.undecided),
        *difference.notes(names.dropped, names.moved),
        *verdicts.notes(corrected),
    ]
    return Run(
        run_no=0,
        input_digest="",
        settings={},
        result_digest="",
        counts=counts,
        provenance={},
        stated_error=stating.as_json(known, made, on_planted, in_doubt, people),
        notes=tuple(notes),
        finished_at=opened.clock.now(),
    )


def _seen(opened: OpenCase) -> list[stating.Seen]:
    """What readers have settled of the newest sample."""
    with opened.database.reading() as connection:
        sample = review_store.newest_sample(connection)
    if sample is None:
        return []
    given = verdicts.answers(opened)
    answered = {
        question: settled([one.answer for one in several]) for question, several in given.items()
    }
    drawn = [(one.question_id, one.side, one.stratum) for one in sample.drawn]
    return stating.seen_of(drawn, answered)


def _find(
    opened: OpenCase,
    shelf: Shelf,
    ahead: Executor,
    answers: Sequence[Verdict],
    earlier: Path | None,
    run_no: int,
) -> tuple[Determination, Corrected, Callable[[], Names], Callable[[], str]]:
    """Read, link, follow the readers, decide; what names are kept, and the digest of it all.

    What deciding needs beside links is read *ahead*, while linking ends, which takes one processor.
    Decided links are let go.
    """
    secret = opened.vault.derive("linkage-hashes")
    seeds = int.from_bytes(secret[:8]), int.from_bytes(secret[8:16])
    with _shelf(opened) as columns:
        compared = compare(
            partial(account_batches, opened),
            partial(_leaked_in_parts, opened),
            opened.progress.start,
            opened.case.file.linkage.engine.value,
            seeds,
            columns,
        )
        early = not _many(opened)
        leaked = [ahead.submit(_in_order, opened)] if early else []
        registered = ahead.submit(_registered, opened, shelf)
        opened.progress.start(said("deciding who is who"))
        linked = decided(compared)
        del compared
    give_back()
    if not early:
        leaked.append(ahead.submit(_in_order, opened))
        wait(leaked)
    corrected = verdicts.corrected(opened, linked, answers)
    links = Links(corrected.linked.rows, shelf)
    corrected = replace(
        corrected, linked=replace(corrected.linked, rows=corrected.linked.rows.clear())
    )
    linked = corrected.linked
    order = shelf.put(linked.order)
    opened.progress.start(said("write down who is affected"))
    accounts = registered.result()
    first = person_ids.canonical_accounts(linked.person, linked.order)
    natural = person_ids.person_ids(first, accounts, opened.vault.derive("person-id"))
    before = naming.before(opened, earlier, accounts, linked.order, seeds)
    ids = identity.keep_names(linked.person, natural, before)
    by_id = person_ids.alphabetical(ids["person_id"])
    first, ids = first[by_id], ids[by_id]
    del natural
    give_back()
    begun = ahead.submit(begin, ids["person_id"], accounts, linked.order)
    cleared = {name: getattr(linked, name).clear() for name in ("candidates", "doubts")}
    nobody = np.zeros(0, dtype=np.int32)
    corrected = replace(corrected, linked=replace(linked, person=nobody, order=nobody, **cleared))
    decided_on = [linked]
    del linked
    found = rules.determination(
        accounts,
        leaked.pop().result(),
        decided_on.pop(),
        links,
        rules.Terms(settings=opened.case.file.linkage, in_doubt_most=_in_doubt_most(opened)),
        ids,
    )
    give_back()
    named = partial(naming.names, first, ids, found, before, run_no)

    def told() -> str:
        return result_digest(found, order.read(), begun.result())

    return found, corrected, named, told


def _many(opened: OpenCase) -> bool:
    return accounts_taken(opened) > MANY_ACCOUNTS


def _shelf(opened: OpenCase) -> Shelf:
    """A shelf; of many accounts nearly nothing would fit in memory, so it keeps little there."""
    held_bytes = HELD_BYTES // _LITTLE if _many(opened) else HELD_BYTES
    return Shelf(opened.vault.spool, held_bytes=held_bytes)


def _registered(opened: OpenCase, shelf: Shelf) -> Registered:
    """All accounts, their ids on the *shelf*."""
    return Registered.read(account_batches(opened, ("account_id",)), accounts_taken(opened), shelf)


def _in_order(opened: OpenCase) -> rules.InOrder:
    """What leaked, without the fields."""
    codes, mask = leaked_categories(opened)
    rows = map(pl.DataFrame, leaked_batches(opened, ()))
    return rules.in_order(rows, quarantined(opened), codes, mask)


def _in_doubt_most(opened: OpenCase) -> int | None:
    """How many people in doubt the budget pays for; None where there is no budget."""
    file = opened.case.file
    budget = file.linkage.undecided_budget
    if budget is None:
        return None
    return budget.amount_minor // max(file.most_per_person.amount_minor, 1)


def _leaked_in_parts(opened: OpenCase, fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """``record``, ``evidence`` and *fields* of all leaked rows."""
    for part in leaked_batches(opened, fields):
        yield part.select(["record", "evidence", *fields])


def _settings(
    opened: OpenCase, answers: Sequence[Verdict], planted: pl.DataFrame | None
) -> dict[str, object]:
    """Everything that the result depends on beside the input, as JSON."""
    case, per_person = opened.case.file.linkage, opened.case.file.most_per_person
    own = {
        "threshold": case.threshold,
        "review": case.review,
        "undecided": case.undecided.value,
        "undecided_budget": None if case.undecided_budget is None else str(case.undecided_budget),
        "per_person": str(per_person),
        "planted": None if planted is None else planting.digest(planted),
        "readers": verdicts.digest(answers),
        "sample": _sample_state(opened),
    }
    method = settings.recorded(case.engine.value)
    plain: dict[str, object] = json.loads(json.dumps({"case": own, "method": method}))
    return plain


def _sample_state(opened: OpenCase) -> int:
    """The number of the newest sample, on which the stated error rests; 0 before the first."""
    with opened.database.reading() as connection:
        sample = review_store.newest_sample(connection)
    return 0 if sample is None else sample.sample_no


def _write(
    opened: OpenCase,
    folder: Path,
    found: Determination,
    names: Iterator[pl.DataFrame],
    pairs: pl.DataFrame,
) -> None:
    """The tables of a run, each some rows at a time.

    Accounts name people, and matches people and accounts, by their places in those tables.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    affected = np.zeros(len(found.people), dtype=np.bool_)
    affected[found.affected["person"].to_numpy()] = True
    people = found.people.to_frame().with_columns(pl.Series("affected", affected))
    tables = {
        "people": people,
        "names": pl.DataFrame(schema=NAMES),
        "matches": found.matches.drop("record").rename({"best": "account"}),
        "candidates": found.candidates,
        "doubts": found.doubts,
        "refused": found.refusals,
        "questions": _questions(opened, found, pairs),
    }
    slices = {name: table.iter_slices(_SLICE) for name, table in tables.items()}
    named = (some for part in names for some in part.iter_slices(_SLICE))
    for name, parts in {**slices, "names": named, "accounts": found.accounts_in_parts()}.items():
        first = next(parts, None)
        told = _told(tables[name].clear() if first is None else first)
        schema = told.slice(0, 0).schema
        batches = (
            batch
            for part in chain([told], map(_told, parts))
            for batch in part.cast(schema).to_batches()
        )
        opened.vault.write_parquet(batches, folder / f"{name}.parquet", schema)


def _told(some: pl.DataFrame) -> pa.Table:
    """What is written of *some* rows: words as dictionaries."""
    return some.to_arrow(compat_level=pl.CompatLevel.oldest())


def _questions(opened: OpenCase, found: Determination, pairs: pl.DataFrame) -> pl.DataFrame:
    """What readers are asked about this run."""
    with opened.database.reading() as connection:
        digests = store.evidence_digests(connection)
    names = found.matches["evidence"].unique().cast(pl.String)
    rows = open_rows(found.matches, opened.case.file.linkage)
    return queue(
        found.matches_in_full(rows),
        pairs,
        {name: verdicts.file_digest(digests, name) for name in names},
        opened.vault.derive("review-question"),
    )


def _remove_others(folder: Path) -> None:
    """Files of earlier runs no longer count; nothing of anybody is kept longer than it is used."""
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)
