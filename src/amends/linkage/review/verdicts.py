"""What readers have settled, brought from the tables into the numbers of a run.

An answer counts only while its reader's signature holds. A question is bound to the bytes of the
file, the row and the account, so an answer outlives every run, and means nothing for a file that
has changed: what it was about is not there any more.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from amends.evidence.service import (
    accounts_in_parts,
    input_digest,
    leaked_in_parts,
    read_leaked,
)
from amends.governance.model import JSON
from amends.governance.service import operator_keys, statement_holds
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage import store
from amends.linkage.canonical.normalise import FIELDS, normalise
from amends.linkage.exact import KEYS
from amends.linkage.linking import Linked
from amends.linkage.model import Method, Run
from amends.linkage.review import decided
from amends.linkage.review import store as review_store
from amends.linkage.review.answers import Answer, Given, QuestionKind, settled
from amends.linkage.review.decided import KEYS as KEY_SCHEMA
from amends.linkage.review.decided import Settled
from amends.linkage.review.store import StoredQuestion
from amends.vault.opened import OpenCase

STATEMENT = "review answer"
SEALED_ACCOUNTS = "review question"
SEALED_REASON = "review reason"
_SEED = 20261121

Account = tuple[str, str]
"""Product and account id."""


class ReviewError(AmendsError):
    """A question of clerical review is not there, or cannot be answered so."""

    code = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A question that readers have settled."""

    question_id: str
    kind: QuestionKind
    evidence_sha256: str | None
    row_no: int | None
    accounts: tuple[Account, ...]
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """Linking as readers corrected it; verdicts whose file or account is gone; contradictions."""

    linked: Linked
    applied: int
    without_subject: int
    contradictions: int


def refuse_stale(opened: OpenCase, run: Run) -> None:
    """Refuse where the files are not those that were determined.

    Raises:
        ReviewError: as said.
    """
    if input_digest(opened) != run.input_digest:
        raise ReviewError(
            said(
                "files have changed since the determination: run `amends determine CASE` again "
                "first"
            )
        )


def statement(given: Given) -> dict[str, JSON]:
    """What a reader signs."""
    return {
        "question": given.question_id,
        "answer": given.answer.value,
        "reason": given.reason,
        "run": given.run_no,
    }


def sealed_accounts(opened: OpenCase, question_id: str, accounts: Sequence[Account]) -> bytes:
    """The accounts of a question as the table keeps them."""
    plain = json.dumps(accounts, ensure_ascii=False).encode()
    return opened.vault.seal(plain, SEALED_ACCOUNTS, question_id)


def accounts_of(opened: OpenCase, question: StoredQuestion) -> tuple[Account, ...]:
    """The accounts that a question is about."""
    plain = opened.vault.unseal(question.sealed, SEALED_ACCOUNTS, question.question_id)
    return tuple((str(product), str(account)) for product, account in json.loads(plain))


def answers(opened: OpenCase) -> dict[str, list[Given]]:
    """All answers by question, in the order they came.

    Raises:
        ReviewError: an answer is not what its reader signed.
    """
    keys = operator_keys(opened)
    with opened.database.reading() as connection:
        stored = review_store.answers(connection)
    found: dict[str, list[Given]] = {}
    for given, sealed in stored:
        place = f"{given.question_id}|{given.reader}"
        reason = opened.vault.unseal(sealed, SEALED_REASON, place).decode()
        whole = replace(given, reason=reason)
        if not statement_holds(
            opened, keys, whole.reader, STATEMENT, statement(whole), whole.signature
        ):
            raise ReviewError(
                said(
                    "the answer of {reader} to question {question_id} is not what was signed: keep "
                    "a copy of the database and find out who changed it",
                    reader=whole.reader,
                    question_id=whole.question_id,
                )
            )
        found.setdefault(whole.question_id, []).append(whole)
    return found


def verdicts(opened: OpenCase) -> list[Verdict]:
    """What readers have settled, by question; also what nobody can tell.

    Raises:
        ReviewError: an answer is not what its reader signed.
    """
    given = answers(opened)
    if not given:
        return []
    with opened.database.reading() as connection:
        questions = review_store.questions(connection)
    found = []
    for question in questions:
        answer = settled([one.answer for one in given.get(question.question_id, [])])
        if answer is not None:
            found.append(
                Verdict(
                    question_id=question.question_id,
                    kind=QuestionKind(question.kind),
                    evidence_sha256=question.evidence_sha256,
                    row_no=question.row_no,
                    accounts=accounts_of(opened, question),
                    answer=answer,
                )
            )
    return found


def digest(settled_questions: Sequence[Verdict]) -> str:
    """SHA-256 (hex) over what is settled; a run depends on it."""
    lines = sorted(f"{one.question_id} {one.answer.value}" for one in settled_questions)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def file_digest(digests: Mapping[str, str], name: str) -> str:
    """The digest of a leaked file by its name in matches; members go by their archive's."""
    return digests[name] if name in digests else digests[name.partition("!")[0]]


def corrected(opened: OpenCase, linked: Linked, found: Sequence[Verdict]) -> Corrected:
    """*linked* with everything that is settled as one or as two."""
    answers = [one for one in found if one.answer is not Answer.CANNOT_TELL]
    if not answers:
        return Corrected(linked=linked, applied=0, without_subject=0, contradictions=0)
    opened.progress.start(said("follow the readers"))
    numbers = _accounts(opened, answers)
    rows = _rows(opened, answers, numbers)
    pairs = [
        (numbers[one.accounts[0]], numbers[one.accounts[1]], one.answer is Answer.SAME)
        for one in answers
        if one.kind is QuestionKind.ACCOUNTS and all(a in numbers for a in one.accounts)
    ]
    settled_pairs = pl.DataFrame(pairs, schema=decided.PAIRS, orient="row")
    account_keys, row_keys = _keys(opened, linked, settled_pairs)
    applied = decided.apply(
        linked,
        Settled(
            rows=rows.drop("question_id"),
            pairs=settled_pairs,
            account_keys=account_keys,
            row_keys=row_keys,
        ),
    )
    there = rows["question_id"].n_unique() + len(pairs)
    return Corrected(
        linked=applied.linked,
        applied=there,
        without_subject=len(answers) - there,
        contradictions=applied.contradictions,
    )


def _accounts(opened: OpenCase, answers: Sequence[Verdict]) -> dict[Account, int]:
    """The numbers of the accounts that answers are about."""
    wanted = pl.DataFrame(
        sorted({account for one in answers for account in one.accounts}),
        schema={"product": pl.String, "account_id": pl.String},
        orient="row",
    )
    found: dict[Account, int] = {}
    for part in accounts_in_parts(opened, ("account_id",)):
        known = part.with_columns(pl.col("product").cast(pl.String))
        there = known.join(wanted, on=["product", "account_id"])
        for product, account, number in there.select(
            "product", "account_id", "account"
        ).iter_rows():
            found[product, account] = number
    return found


def _rows(
    opened: OpenCase, answers: Sequence[Verdict], numbers: Mapping[Account, int]
) -> pl.DataFrame:
    """``question_id`` and ``decided.ROWS``: the records that answers are about."""
    wanted = pl.DataFrame(
        [
            (
                one.question_id,
                one.evidence_sha256,
                one.row_no,
                numbers[one.accounts[0]],
                one.answer is Answer.SAME,
            )
            for one in answers
            if one.kind is QuestionKind.ROW and one.accounts[0] in numbers
        ],
        schema={
            "question_id": pl.String,
            "sha256": pl.String,
            "row": pl.Int64,
            "account": pl.Int64,
            "same": pl.Boolean,
        },
        orient="row",
    )
    with opened.database.reading() as connection:
        digests = store.evidence_digests(connection)
    leaked = read_leaked(opened, ()).select(
        "record", pl.col("evidence").cast(pl.String), pl.col("row").cast(pl.Int64)
    )
    names = leaked["evidence"].unique()
    known = pl.DataFrame(
        {"evidence": names, "sha256": [file_digest(digests, name) for name in names]},
        schema={"evidence": pl.String, "sha256": pl.String},
    )
    asked = wanted.join(known, on="sha256")
    return leaked.join(asked, on=["evidence", "row"]).select(
        "question_id", "record", "account", "same"
    )


def _keys(
    opened: OpenCase, linked: Linked, pairs: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The exact keys of accounts whose person is parted, and of their rows."""
    nothing = pl.DataFrame(schema=KEY_SCHEMA)
    person = decided.united(linked.person, pairs)
    torn = decided.parted(person, pairs)
    if not len(torn):
        return nothing, nothing
    accounts = np.flatnonzero(np.isin(person, torn))
    exact = linked.rows.filter(pl.col("method").cast(pl.String) == Method.EXACT.value)
    records = exact.filter(pl.Series(np.isin(person[exact["best"].to_numpy()], torn)))["record"]
    return (
        _key_table(accounts_in_parts(opened, FIELDS), "account", pl.Series(accounts)),
        _key_table(leaked_in_parts(opened, FIELDS), "record", records),
    )


def _key_table(parts: Iterator[pl.DataFrame], number: str, wanted: pl.Series) -> pl.DataFrame:
    """The exact keys of some records of *parts*."""
    own = pl.DataFrame({number: wanted.cast(pl.Int64)})
    tables = [pl.DataFrame(schema=KEY_SCHEMA)]
    for part in parts:
        some = part.join(own, on=number, how="semi")
        if some.is_empty():
            continue
        canonical = normalise(some)
        tables += [
            canonical.drop_nulls(kind).select(
                pl.col(number).alias("of"),
                pl.lit(rank, pl.Int64).alias("rank"),
                pl.col(kind).cast(pl.String).hash(seed=_SEED + rank).alias("key"),
            )
            for rank, kind in enumerate(KEYS)
        ]
    return pl.concat(tables)


def notes(followed: Corrected) -> list[str]:
    """What a run's summary says of readers' answers."""
    lines: list[str] = []
    if followed.without_subject:
        lines.append(
            said(
                "{without_subject:,} answers of readers are about files or accounts that have "
                "changed or are not there any more: they were not followed",
                without_subject=followed.without_subject,
            )
        )
    if followed.contradictions:
        lines.append(
            said(
                "{contradictions:,} answers of readers contradict others: they were not followed; "
                "`amends review list CASE` has them",
                contradictions=followed.contradictions,
            )
        )
    return lines
