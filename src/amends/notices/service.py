"""What the rest of Amends does with notices: queue everybody's text, and show one.

Kept true: whoever has an award gets exactly one notice, and nobody else gets any; a text that
breaks a rule for outgoing texts stops the stage before anything is queued.
"""

import hashlib
from collections.abc import Sequence

import polars as pl

from amends.governance.exports import outgoing, register_in
from amends.governance.model import SYSTEM
from amends.governance.service import audit_in
from amends.kernel.case import given
from amends.kernel.errors import StageOrderError
from amends.kernel.ids import AwardIndex
from amends.kernel.money import Money
from amends.kernel.saying import Language, said
from amends.kernel.summary import StageSummary
from amends.notices import store
from amends.notices.model import (
    NoNoticeError,
    NoticeFacts,
    NoticeTextError,
    Untold,
    payment_of,
)
from amends.notices.rules import lint
from amends.notices.texts import notice_text
from amends.vault.opened import OpenCase

_ADDRESSEES = "本人 / each person"
_GROUP = ["categories", "payment", "amount_minor", "currency", "coded"]


def notify(opened: OpenCase) -> StageSummary:
    """Queue a notice, in Chinese and in English, for every award that has none.

    Raises:
        StageOrderError: nobody has an award yet.
        NoticeTextError: a text breaks a rule; nothing is queued.
    """
    with opened.database.unit_of_work() as connection:
        if not store.awards_exist(connection):
            raise StageOrderError(said("nobody has an award yet; run `amends award CASE` first"))
        waiting = store.waiting(connection)
        opened.progress.start(said("notify"), waiting.height)
        if waiting.height:
            texts, groups = _texts(opened, waiting.select(_GROUP).unique().sort(_GROUP))
            store.insert_texts(connection, texts)
            notices = waiting.join(groups, on=_GROUP, how="left", maintain_order="left").select(
                "award_index",
                "text_zh",
                "text_en",
                pl.lit(opened.clock.now(), pl.Datetime("us", "UTC")).alias("queued_at"),
            )
            store.insert_notices(connection, notices)
            leaving = outgoing(
                "notices", waiting.height, recipient=_ADDRESSEES, purpose="告知 / notice"
            )
            register_in(connection, opened, leaving, _digest(texts))
            audit_in(connection, opened, SYSTEM, "notices queued", {"notices": waiting.height})
        opened.progress.advance(waiting.height)
        total, distinct = store.counts(connection)
        late = len(store.untold(connection))
    notes = [] if waiting.height else [said("everybody's notice is queued already")]
    if late:
        notes.append(
            said(
                "{late:,} notices say what was owed before a correction, and nobody has told their "
                "people: `amends notices untold CASE` lists them",
                late=late,
            )
        )
    return StageSummary(
        counts={
            "notices": total,
            "notices_new": waiting.height,
            "notice_texts": distinct,
        },
        notes=tuple(notes),
    )


def queued(opened: OpenCase) -> tuple[int, int]:
    """How many notices are written, and how many texts they share."""
    with opened.database.session() as connection:
        return store.counts(connection)


def untold(opened: OpenCase, *, after: int | None = None, most: int | None = None) -> list[Untold]:
    """Who has to be told of a correction: their notice is older, and nobody has told them since.

    By award, *after* one, at most so many.
    """
    with opened.database.reading() as connection:
        return store.untold(connection, after=after, most=most)


def untold_of(opened: OpenCase, award_index: AwardIndex) -> Untold | None:
    """The correction of an award that its notice does not know, if nobody told of it."""
    with opened.database.reading() as connection:
        found = store.untold(connection, award_index)
    return found[0] if found else None


def sample(opened: OpenCase, award_index: AwardIndex) -> tuple[str, str]:
    """The notice of one award, in Chinese and in English, as it was queued.

    Raises:
        NoNoticeError: there is no such award, or its notice is not queued yet.
    """
    with opened.database.reading() as connection:
        found = store.bodies(connection, award_index)
    if found is None:
        raise NoNoticeError(
            said(
                "award {award_index} has no notice; `amends notify CASE` queues them, and "
                "`amends export awards CASE --to FILE` lists the awards",
                award_index=award_index,
            )
        )
    return found


def _texts(
    opened: OpenCase, groups: pl.DataFrame
) -> tuple[list[tuple[bytes, Language, str]], pl.DataFrame]:
    """The texts of all groups, linted; and per group the digests of its two texts."""
    texts: list[tuple[bytes, Language, str]] = []
    digests: dict[Language, list[str]] = {"zh": [], "en": []}
    for row in groups.iter_rows():
        facts = _facts(opened, row)
        for language, column in digests.items():
            body = notice_text(facts, language)
            if violations := lint(body):
                raise NoticeTextError(violations)
            digest = hashlib.sha256(body.encode()).digest()
            texts.append((digest, language, body))
            column.append(f"\\x{digest.hex()}")
    return texts, groups.with_columns(
        pl.Series("text_zh", digests["zh"]), pl.Series("text_en", digests["en"])
    )


def _digest(texts: list[tuple[bytes, Language, str]]) -> str:
    """SHA-256 over the digests of what is said, in hexadecimal."""
    return hashlib.sha256(b"".join(sorted(digest for digest, _, _ in texts))).hexdigest()


def _facts(opened: OpenCase, row: Sequence[object]) -> NoticeFacts:
    """What the notices of one group say."""
    categories, payment, amount_minor, currency, coded = row
    case = opened.case.file
    announced = given(case.announced_at, "case.announced_at")
    zone = announced.tzinfo
    pay_by = (announced + case.promise.pay_within).date()
    today = opened.clock.now().astimezone(zone).date()
    return NoticeFacts(
        controller=case.controller,
        discovered=case.discovered_at.astimezone(zone).date() if case.discovered_at else None,
        announced=announced.date(),
        categories=tuple(sorted(filter(None, str(categories).split(";")))),
        payment=payment_of(str(payment)),
        amount=Money(amount_minor=int(str(amount_minor)), currency=str(currency)),
        pay_by=pay_by if today <= pay_by else None,
        mainland="CN" in case.jurisdictions,
        simulated=opened.clock.simulated or case.made_up,
        coded=coded == "t",
    )
