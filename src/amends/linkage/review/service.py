"""Use cases of clerical review: what waits for readers, what they see, what they answer.

What holds: leaked values are shown only to an operator who has shown a key, and every look is in
the audit trail; nobody sees another reader's answer; an answer is signed, kept for ever, and takes
effect at the next determination.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from amends.governance.service import audit, audit_in, present, sign_statement
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.linkage import service, store, strata
from amends.linkage.estimate import Side
from amends.linkage.model import MATCHES, Run
from amends.linkage.review import missed, sampling, stating, verdicts
from amends.linkage.review import store as review_store
from amends.linkage.review.answers import (
    READERS_MOST,
    Agreement,
    Answer,
    Given,
    QuestionKind,
    agreement,
    settled,
    wants,
)
from amends.linkage.review.questions import QUESTIONS, items_of, named_questions
from amends.linkage.review.showing import ShownQuestion, shown
from amends.linkage.review.store import Drawn, Sample, StoredQuestion
from amends.linkage.review.verdicts import Account, ReviewError
from amends.vault.opened import OpenCase

_SHOWN_MOST = 20
_SAMPLE_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a reader decides at once; no value of a person.

    ``people``: by how many people an answer is expected to change who is paid; ``money``: that many
    times the promise. ``waits_for``: which reader comes next (1, 2 or 3).
    """

    item_id: str
    kind: QuestionKind
    person_id: str
    questions: int
    probability: float | None
    people: float | None
    money: Money | None
    waits_for: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """An item as its reader sees it; ``left_out`` of its questions are not shown.

    ``told``: what the person showed who says that they were missed, where it is about one.
    """

    item: Item
    questions: list[ShownQuestion]
    left_out: int
    told: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer has brought: questions answered, and how many of them are settled now."""

    item_id: str
    answered: int
    settled: int
    conflicts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far review is, how well readers agree, and what it says of the determination."""

    open_items: int
    open_people: float
    answers: int
    settled: dict[Answer, int]
    waiting_for_second: int
    conflicts: int
    agreement: Agreement
    statement: dict[str, object]
    sentences: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What lies on the desk: the run, its questions, the answers so far."""

    run: Run
    questions: pl.DataFrame
    given: Mapping[str, list[Given]]

    def answers(self, question_id: str) -> list[Answer]:
        """The answers to a question, in the order they came."""
        return [one.answer for one in self.given.get(question_id, [])]

    def readers(self, question_id: str) -> set[str]:
        """Who has answered a question."""
        return {one.reader for one in self.given.get(question_id, [])}


def listed(opened: OpenCase, *, sample: bool = False) -> list[Item]:
    """What waits for readers, most valuable first; of the newest sample, in the order drawn.

    Raises:
        StageOrderError: nothing is determined yet.
        ReviewError: there is no sample.
    """
    desk = _desk(opened, sample=sample)
    return _items(opened, desk, desk.questions)


def next_item(
    opened: OpenCase, reader: str, *, sample: bool = False, key_file: Path | None = None
) -> ShownItem | None:
    """The first item that *reader* may answer, as :func:`show` shows it; None when there is none.

    Raises:
        as :func:`show`.
    """
    operator = present(opened, reader, key_file=key_file, role="reader")
    desk = _desk(opened, sample=sample)
    for item in _items(opened, desk, _unanswered_by(desk, operator)):
        return show(opened, item.item_id, reader, key_file=key_file)
    return None


def show(opened: OpenCase, item_id: str, reader: str, *, key_file: Path | None = None) -> ShownItem:
    """Both sides of an item with leaked values, for the eyes of an operator who has the key.

    *item_id*: its first letters are enough; also a question of it, or of the newest sample.

    Raises:
        GovernanceError: no such operator, or a wrong key.
        ReviewError: no such item, or the files have changed since the determination.
        EvidenceDestroyedError: the evidence is gone.
    """
    operator = present(opened, reader, key_file=key_file, role="reader")
    desk = _whole_desk(opened)
    verdicts.refuse_stale(opened, desk.run)
    chosen = _chosen(desk, item_id)
    audit(
        opened,
        operator,
        "review viewed",
        {"item": str(chosen["item_id"][0]), "questions": chosen.height, "run": desk.run.run_no},
    )
    some = chosen.head(_SHOWN_MOST)
    with opened.database.reading() as connection:
        model = store.model(connection, desk.run.run_no)
    return ShownItem(
        item=_items(opened, desk, chosen, every=True)[0],
        questions=shown(opened, some, model),
        left_out=chosen.height - some.height,
        told=missed.told(opened, str(chosen["item_id"][0])),
    )


def decide(
    opened: OpenCase,
    item_id: str,
    answer: Answer,
    reader: str,
    *,
    reason: str,
    key_file: Path | None = None,
) -> Answered:
    """Answer an item (all its open questions) or one question, signed by the reader.

    Raises:
        GovernanceError: no such operator, or a wrong key.
        ReviewError: no such item, no reason, the reader has answered before, it is settled, or the
            files have changed since the determination.
    """
    operator = present(opened, reader, key_file=key_file, role="reader")
    if not reason.strip():
        raise ReviewError(said("an answer needs a reason: say in a few words what decided it"))
    desk = _whole_desk(opened)
    verdicts.refuse_stale(opened, desk.run)
    chosen = _chosen(desk, item_id)
    open_ = [row for row in chosen.iter_rows(named=True) if wants(desk.answers(row["question_id"]))]
    if not open_:
        raise ReviewError(said("{item_id} is settled: it takes no more answers", item_id=item_id))
    mine = [row for row in open_ if operator not in desk.readers(row["question_id"])]
    if not mine:
        raise ReviewError(
            said(
                "{operator} has answered {item_id} already: another reader is needed",
                operator=operator,
                item_id=item_id,
            )
        )
    drafts = [
        Given(
            question_id=str(row["question_id"]),
            reader=operator,
            answer=answer,
            reason=reason.strip(),
            run_no=desk.run.run_no,
            occurred_at=opened.clock.now(),
            signature=b"",
        )
        for row in mine
    ]
    given = [_signed(opened, draft, key_file) for draft in drafts]
    _keep(opened, mine, given)
    now = verdicts.answers(opened)
    states = [[one.answer for one in now[one.question_id]] for one in given]
    return Answered(
        item_id=str(chosen["item_id"][0]),
        answered=len(given),
        settled=sum(settled(state) is not None for state in states),
        conflicts=sum(wants(state) > 2 for state in states),  # noqa: PLR2004 -- the third reader
    )


def draw_sample(opened: OpenCase, size: int, seed: int) -> Sample:
    """Draw units of every stratum for readers to judge; what is settled already is left out.

    Raises:
        StageOrderError: nothing is determined yet.
        ReviewError: the size is out of bounds, there is nothing to draw from, or the files have
            changed since the determination.
    """
    if not 1 <= size <= _SAMPLE_MOST:
        raise ReviewError(
            said("a sample has from 1 to {sample_most:,} questions", sample_most=_SAMPLE_MOST)
        )
    run = service.standing_run(opened)
    verdicts.refuse_stale(opened, run)
    units = _units(opened)
    given = verdicts.answers(opened)
    done = [q for q, several in given.items() if settled([one.answer for one in several])]
    units = units.filter(~pl.col("question_id").is_in(done)).unique("question_id")
    if units.is_empty():
        raise ReviewError(
            said("there is nothing to draw a sample from: nobody is found or in doubt")
        )
    wanted = sampling.allocate(strata.strata_of(units), size)
    drawn = sampling.draw(units, wanted, seed)
    with opened.database.unit_of_work() as connection:
        newest = review_store.newest_sample(connection)
        sample = Sample(
            sample_no=1 if newest is None else newest.sample_no + 1,
            run_no=run.run_no,
            seed=seed,
            drawn=tuple(
                Drawn(question_id=question, side=side, stratum=stratum)
                for question, side, stratum in drawn.select(
                    "question_id", "side", "stratum"
                ).iter_rows()
            ),
        )
        review_store.insert_questions(
            connection, [_stored(opened, row) for row in drawn.iter_rows(named=True)]
        )
        review_store.insert_sample(connection, sample, opened.clock.now())
        details = {"sample": sample.sample_no, "run": run.run_no, "questions": drawn.height}
        audit_in(connection, opened, "system", "review sample drawn", details)
    return sample


def report(opened: OpenCase) -> Report:
    """How far review is, and the stated error of the standing run with what readers say by now.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    desk = _desk(opened, sample=False)
    items = _items(opened, desk, desk.questions)
    states = {question: [one.answer for one in several] for question, several in desk.given.items()}
    verdict = [settled(state) for state in states.values()]
    statement, sentences = _statement(opened, desk)
    return Report(
        open_items=len(items),
        open_people=sum(item.people or 0.0 for item in items),
        answers=sum(len(state) for state in states.values()),
        settled={answer: sum(one is answer for one in verdict) for answer in Answer},
        waiting_for_second=sum(wants(state) == 2 for state in states.values()),  # noqa: PLR2004
        conflicts=sum(wants(state) == 3 for state in states.values()),  # noqa: PLR2004
        agreement=agreement(states.values()),
        statement=statement,
        sentences=sentences,
    )


def _statement(opened: OpenCase, desk: _Desk) -> tuple[dict[str, object], list[str]]:
    """The stated error of the standing run, with the sample as readers have answered it by now."""
    stored = desk.run.stated_error
    known = [stating.stratum_of(entry) for entry in stating.entries(stored)]
    with opened.database.reading() as connection:
        sample = review_store.newest_sample(connection)
    seen: list[stating.Seen] = []
    if sample is not None:
        answered = {question: settled(desk.answers(question)) for question in desk.given}
        drawn = [(one.question_id, one.side, one.stratum) for one in sample.drawn]
        seen = stating.seen_of(drawn, answered)
        known = stating.with_seen(known, seen, taken_out=sample.run_no < desk.run.run_no)
    affected = desk.run.counts["affected"]
    confirmed = affected - sum(one.population for one in known if one.side is Side.FOUND)
    judged = sum(one.seen for one in seen)
    made = stating.estimates(known, confirmed, desk.run.counts["unmatched"], judged)
    file = opened.case.file
    in_doubt = stating.doubt(known, file.linkage, file.most_per_person)
    return stating.as_json(known, made, None, in_doubt, affected), [
        *stating.in_words(made, None, affected),
        *stating.doubt_words(in_doubt, file.linkage.undecided),
    ]


def _desk(opened: OpenCase, *, sample: bool) -> _Desk:
    """The standing run, with the questions of its queue or of the newest sample."""
    run = service.standing_run(opened)
    questions = _sample_questions(opened) if sample else _queue_questions(opened)
    return _Desk(run=run, questions=questions, given=verdicts.answers(opened))


def _queue_questions(opened: OpenCase) -> pl.DataFrame:
    """The questions of people who were missed, then those of the run."""
    queue = service.read_run(opened, "questions")
    first = missed.waiting(opened).join(queue, on="question_id", how="anti", maintain_order="left")
    return pl.concat([first, queue])


def _whole_desk(opened: OpenCase) -> _Desk:
    """Questions of the queue, and those of the newest sample that are not in it."""
    desk = _desk(opened, sample=False)
    with opened.database.reading() as connection:
        drawn = review_store.newest_sample(connection)
    if drawn is None:
        return desk
    more = _sample_questions(opened).join(desk.questions, on="question_id", how="anti")
    return replace(desk, questions=pl.concat([desk.questions, more]))


def _sample_questions(opened: OpenCase) -> pl.DataFrame:
    """The questions of the newest sample (``QUESTIONS``), each an item of its own."""
    with opened.database.reading() as connection:
        sample = review_store.newest_sample(connection)
        stored = {one.question_id: one for one in review_store.questions(connection)}
        digests = store.evidence_digests(connection)
    if sample is None:
        raise ReviewError(
            said("no sample was drawn yet: `amends review sample CASE --size N` draws one")
        )
    names = {sha256: name for name, sha256 in sorted(digests.items(), reverse=True)}
    rows = []
    for drawn in sample.drawn:
        question = stored[drawn.question_id]
        accounts = [*verdicts.accounts_of(opened, question), (None, None)]
        rows.append(
            {
                "question_id": question.question_id,
                "item_id": question.question_id,
                "kind": question.kind,
                "evidence": names.get(question.evidence_sha256 or ""),
                "sha256": question.evidence_sha256,
                "row": question.row_no,
                "product": accounts[0][0],
                "account_id": accounts[0][1],
                "other_product": accounts[1][0],
                "other_account_id": accounts[1][1],
            }
        )
    return pl.DataFrame(rows, schema=QUESTIONS)


def _items(
    opened: OpenCase, desk: _Desk, questions: pl.DataFrame, *, every: bool = False
) -> list[Item]:
    """The items of *questions* that wait for a reader, or all of them."""
    per_person = opened.case.file.most_per_person
    waits: dict[str, int] = {}
    for question_id, item_id in questions.select("question_id", "item_id").iter_rows():
        waits[item_id] = max(waits.get(item_id, 0), wants(desk.answers(question_id)))
    return [
        Item(
            item_id=item_id,
            kind=QuestionKind(kind),
            person_id=person_id or "",
            questions=count,
            probability=probability,
            people=people,
            money=None
            if people is None
            else Money(
                amount_minor=round(people * per_person.amount_minor), currency=per_person.currency
            ),
            waits_for=waits[item_id],
        )
        for item_id, kind, person_id, count, probability, people in items_of(questions).iter_rows()
        if every or waits[item_id]
    ]


def _unanswered_by(desk: _Desk, reader: str) -> pl.DataFrame:
    """The questions that are open and that *reader* has not answered."""
    mine = [
        bool(wants(desk.answers(question))) and reader not in desk.readers(question)
        for question in desk.questions["question_id"]
    ]
    return desk.questions.filter(pl.Series(mine, dtype=pl.Boolean))


def _chosen(desk: _Desk, name: str) -> pl.DataFrame:
    """The questions of the one item, or the one question, whose id begins with *name*.

    Raises:
        ReviewError: there is none, or more than one.
    """
    if name:
        for column in ("item_id", "question_id"):
            hits = desk.questions.filter(pl.col(column).str.starts_with(name))
            if hits[column].n_unique() == 1:
                return hits
            if hits.height:
                raise ReviewError(
                    said(
                        "more than one {column} begins with {name}: give more of it",
                        column=column[:-3],
                        name=name,
                    )
                )
    raise ReviewError(
        said(
            "there is no item {name!r} in the newest determination: `amends review list "
            "CASE` names them; what was settled before it is not asked again",
            name=name,
        )
    )


def _signed(opened: OpenCase, draft: Given, key_file: Path | None) -> Given:
    """An answer with its reader's signature."""
    body = verdicts.statement(draft)
    signature = sign_statement(opened, draft.reader, verdicts.STATEMENT, body, key_file=key_file)
    return replace(draft, signature=signature)


def _keep(opened: OpenCase, asked: Sequence[Mapping[str, object]], given: Sequence[Given]) -> None:
    """Store questions and answers together with the audit entry.

    Raises:
        ReviewError: another command was faster.
    """
    with opened.database.unit_of_work() as connection:
        review_store.lock_answers(connection)
        review_store.insert_questions(connection, [_stored(opened, row) for row in asked])
        before = dict.fromkeys((one.question_id for one in given), 0)
        for one, _ in review_store.answers(connection):
            if one.question_id in before:
                before[one.question_id] += 1
        for one in given:
            place = f"{one.question_id}|{one.reader}"
            sealed = opened.vault.seal(one.reason.encode(), verdicts.SEALED_REASON, place)
            if before[one.question_id] >= READERS_MOST or not review_store.insert_answer(
                connection, one, sealed
            ):
                raise ReviewError(
                    said("another command has answered this meanwhile: look at it again")
                )
        first = given[0]
        audit_in(
            connection,
            opened,
            first.reader,
            "review answered",
            {"questions": len(given), "first": first.question_id, "run": first.run_no},
        )


def _stored(opened: OpenCase, row: Mapping[str, object]) -> StoredQuestion:
    """A question (of ``QUESTIONS`` or of a unit) as the table keeps it."""
    question_id = str(row["question_id"])
    is_row = row["sha256"] is not None
    accounts: list[Account] = [(str(row["product"]), str(row["account_id"]))]
    if not is_row:
        accounts.append((str(row["other_product"]), str(row["other_account_id"])))
    return StoredQuestion(
        question_id=question_id,
        kind=QuestionKind.ROW.value if is_row else QuestionKind.ACCOUNTS.value,
        evidence_sha256=str(row["sha256"]) if is_row else None,
        row_no=int(str(row["row"])) if is_row else None,
        sealed=verdicts.sealed_accounts(opened, question_id, accounts),
    )


def _units(opened: OpenCase) -> pl.DataFrame:
    """Everything that a sample may be drawn from: units with ``sha256`` and ``question_id``."""
    settings = opened.case.file.linkage
    matches = service.read_run(opened, "matches", MATCHES)
    candidates = service.read_run(opened, "candidates")
    with opened.database.reading() as connection:
        affected = store.affected(connection)
        digests = store.evidence_digests(connection)
    units = strata.gathered(
        [
            strata.found_units(matches, strata.exact_reasons(matches), settings),
            strata.missed_units(candidates, affected, settings),
            strata.pair_units(service.read_run(opened, "doubts"), affected),
            strata.joined_units(service.owners(opened), affected),
        ]
    ).filter(pl.col("stratum") != strata.READERS)
    names = {
        name: verdicts.file_digest(digests, name)
        for name in units["evidence"].drop_nulls().unique()
    }
    units = units.with_columns(
        pl.col("evidence").replace_strict(names, return_dtype=pl.String).alias("sha256")
    )
    return units.with_columns(named_questions(units, opened.vault.derive("review-question")))
