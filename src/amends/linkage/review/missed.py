"""Use cases of people who say that they were missed: strangers can prove themselves later.

A person holds an account, is not among the affected, and shows what the leak may have had of them:
a former mobile, a maiden name, an old address. Rows that are nobody's so far and fit it go into the
queue of clerical review, and two readers decide. Nothing is decided here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from amends.evidence.service import leaked_in_parts
from amends.governance.service import audit_in, present
from amends.kernel.saying import said
from amends.linkage import service, store
from amends.linkage.canonical.normalise import FIELDS, normalise
from amends.linkage.model import Outcome
from amends.linkage.person_ids import keyed
from amends.linkage.review import store as review_store
from amends.linkage.review import verdicts
from amends.linkage.review.answers import QuestionKind, settled
from amends.linkage.review.fitting import fitting
from amends.linkage.review.questions import QUESTIONS, named_questions
from amends.linkage.review.store import MissedItem, StoredQuestion
from amends.linkage.review.verdicts import Account, ReviewError
from amends.vault.opened import OpenCase

ROWS_MOST: Final = 20
"""So many rows of one person go into the queue, those that fit best."""

_SEALED = "review missed"
_VALUE_MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What came of it. ``rows`` fit, ``asked`` of them are in the queue now, as ``item_id``.

    ``affected``: the person is among the affected already; nothing was looked for.
    """

    person_id: str
    affected: bool
    rows: int
    asked: int
    item_id: str | None


def take(
    opened: OpenCase,
    reader: str,
    account: Account,
    told: Mapping[str, str],
    *,
    key_file: Path | None = None,
) -> Missed:
    """Look for rows that fit what the holder of *account* has *told*, and ask readers about them.

    *told*: field words (``normalise.FIELDS``) and values, as a file would have them.

    Raises:
        GovernanceError: no such operator, or a wrong key.
        ReviewError: no such account, nothing or something unknown is told, or the files have
            changed since the determination.
        StageOrderError: nothing is determined yet.
        EvidenceDestroyedError: the evidence is gone.
    """
    operator = present(opened, reader, key_file=key_file, role="reader")
    values = _checked(told)
    run = service.standing_run(opened)
    verdicts.refuse_stale(opened, run)
    person_id = _person(opened, account)
    with opened.database.reading() as connection:
        affected = store.affected(connection, ["person_id"])["person_id"]
    if affected.is_in([person_id]).any():
        return Missed(person_id=person_id, affected=True, rows=0, asked=0, item_id=None)
    fits = _fitting(opened, values)
    asked = _questions(opened, fits.head(ROWS_MOST), account)
    item_id = None
    if asked.height:
        key = opened.vault.derive("review-question")
        text = "missed|" + "|".join(sorted(asked["question_id"]))
        item_id = str(keyed(pl.Series([text]), key)[0])
    with opened.database.unit_of_work() as connection:
        if item_id is not None:
            sealed = opened.vault.seal(
                json.dumps(values, ensure_ascii=False).encode(), _SEALED, item_id
            )
            item = MissedItem(
                item_id=item_id,
                run_no=run.run_no,
                taken_by=operator,
                sealed=sealed,
                questions=tuple(asked["question_id"]),
            )
            stored = [_stored(opened, row, account) for row in asked.iter_rows(named=True)]
            review_store.insert_questions(connection, stored)
            review_store.insert_missed(connection, item, opened.clock.now())
        details = {"item": item_id, "rows": fits.height, "asked": asked.height, "run": run.run_no}
        audit_in(connection, opened, operator, "missed person heard", details)
    return Missed(
        person_id=person_id,
        affected=False,
        rows=fits.height,
        asked=asked.height,
        item_id=item_id,
    )


def waiting(opened: OpenCase) -> pl.DataFrame:
    """The questions of people who were missed and are not affected still (``QUESTIONS``).

    Nobody has weighed such a row, so it has no probability; it counts as one person whom an answer
    may change. A question about a file that is not there any more is left out.
    """
    with opened.database.reading() as connection:
        items = review_store.missed(connection)
        if not items:
            return pl.DataFrame(schema=QUESTIONS)
        stored = {one.question_id: one for one in review_store.questions(connection)}
        digests = store.evidence_digests(connection)
        affected = set(store.affected(connection, ["person_id"])["person_id"])
    names = {sha256: name for name, sha256 in sorted(digests.items(), reverse=True)}
    owners = service.owners(opened)
    rows = []
    for item in items:
        for question_id in item.questions:
            question = stored[question_id]
            ((product, account_id),) = verdicts.accounts_of(opened, question)
            rows.append(
                {
                    "question_id": question_id,
                    "item_id": item.item_id,
                    "kind": question.kind,
                    "evidence": names.get(question.evidence_sha256 or ""),
                    "sha256": question.evidence_sha256,
                    "row": question.row_no,
                    "product": product,
                    "account_id": account_id,
                    "people": 1.0,
                }
            )
    asked = pl.DataFrame(rows, schema={c: t for c, t in QUESTIONS.items() if c != "person_id"})
    return (
        asked.join(owners, on=["product", "account_id"], maintain_order="left")
        .filter(pl.col("evidence").is_not_null() & ~pl.col("person_id").is_in(list(affected)))
        .unique("question_id", keep="first", maintain_order=True)
        .select(QUESTIONS.names())
    )


def told(opened: OpenCase, item_id: str) -> dict[str, str] | None:
    """What the person has shown whose item it is; None where it is nobody's who was missed."""
    with opened.database.reading() as connection:
        items = {one.item_id: one for one in review_store.missed(connection)}
    if item_id not in items:
        return None
    plain = opened.vault.unseal(items[item_id].sealed, _SEALED, item_id)
    return {str(name): str(value) for name, value in json.loads(plain).items()}


def _checked(told_: Mapping[str, str]) -> dict[str, str]:
    """What is told, without what is empty.

    Raises:
        ReviewError: it is nothing, or a field is unknown or too long; no value is repeated.
    """
    unknown = sorted(set(told_) - set(FIELDS))
    if unknown:
        raise ReviewError(
            said(
                "{unknown}: not a field; there are {fields}",
                unknown=", ".join(unknown),
                fields=", ".join(FIELDS),
            )
        )
    values = {name: value.strip() for name, value in told_.items() if value.strip()}
    if not values:
        raise ReviewError(said("nothing is shown: give at least one field with a value"))
    long = [name for name, value in values.items() if len(value) > _VALUE_MOST]
    if long:
        raise ReviewError(
            said(
                "{long}: longer than {value_most:,} signs",
                long=", ".join(long),
                value_most=_VALUE_MOST,
            )
        )
    return values


def _person(opened: OpenCase, account: Account) -> str:
    """Who holds the account.

    Raises:
        ReviewError: there is no such account.
    """
    owners = service.owners(opened)
    own = owners.filter((pl.col("product") == account[0]) & (pl.col("account_id") == account[1]))
    if own.is_empty():
        raise ReviewError(
            said(
                "there is no such account of {account} in the registries: who holds none is "
                "not affected; if a registry lacks it, take in the corrected registry and "
                "determine again",
                account=account[0],
            )
        )
    return str(own["person_id"][0])


def _fitting(opened: OpenCase, values: Mapping[str, str]) -> pl.DataFrame:
    """``evidence`` and ``row`` of rows that are nobody's so far and fit, the best first."""
    open_ = (Outcome.UNMATCHED.value, Outcome.REVIEW.value)
    matches = service.read_run(opened, "matches", ["evidence", "row", "outcome"])
    free = matches.filter(pl.col("outcome").is_in(open_)).select(
        "evidence", pl.col("row").cast(pl.Int64)
    )
    shown = normalise(pl.DataFrame([dict(values)], schema=dict.fromkeys(values, pl.String)))
    found = [pl.DataFrame(schema=_FOUND)]
    for part in leaked_in_parts(opened, FIELDS):
        known = part.with_columns(pl.col("evidence").cast(pl.String), pl.col("row").cast(pl.Int64))
        some = known.join(free, on=["evidence", "row"], how="semi")
        if some.height:
            found.append(fitting(normalise(some), shown).select(_FOUND.names()).cast(_FOUND))
    return pl.concat(found).sort(
        "strong", "weak", "evidence", "row", descending=[True, True, False, False]
    )


_FOUND: Final = pl.Schema(
    {"evidence": pl.String, "row": pl.Int64, "strong": pl.Int64, "weak": pl.Int64}
)


def _questions(opened: OpenCase, fits: pl.DataFrame, account: Account) -> pl.DataFrame:
    """The questions of rows that fit, without those that readers have settled."""
    with opened.database.reading() as connection:
        digests = store.evidence_digests(connection)
    sha256 = [verdicts.file_digest(digests, name) for name in fits["evidence"]]
    asked = fits.with_columns(
        pl.Series("sha256", sha256, dtype=pl.String),
        pl.lit(account[0]).alias("product"),
        pl.lit(account[1]).alias("account_id"),
        pl.lit(None, pl.String).alias("other_product"),
        pl.lit(None, pl.String).alias("other_account_id"),
    )
    asked = asked.with_columns(named_questions(asked, opened.vault.derive("review-question")))
    given = verdicts.answers(opened)
    done = [q for q, several in given.items() if settled([one.answer for one in several])]
    return asked.filter(~pl.col("question_id").is_in(done))


def _stored(opened: OpenCase, row: Mapping[str, object], account: Account) -> StoredQuestion:
    question_id = str(row["question_id"])
    return StoredQuestion(
        question_id=question_id,
        kind=QuestionKind.ROW.value,
        evidence_sha256=str(row["sha256"]),
        row_no=int(str(row["row"])),
        sealed=verdicts.sealed_accounts(opened, question_id, [account]),
    )
