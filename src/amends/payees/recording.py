"""Write what was settled: pages of payable people, rows of everybody else, and what changed.

Kept true: what is kept already stays untouched; an adult who is paid in person stands in a page and
has no row; a row with details of its own stands in no page.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.kernel.keyed import hmac_sha256
from amends.payees import pages, store
from amends.payees.model import PayeeKind, PayeeState, Situation
from amends.store.binary import microseconds
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from amends.vault.service import Vault

PURPOSE: Final = "payee"
"""What the details of a row are sealed for, with the person as row."""

MARK_BYTES: Final = 16
_TOLD: Final = ("state", "reason", "kind", "situation")
_DETAILS: Final = ("account", "account_kind", "name")


_PAGES_AT_ONCE: Final = 10_000
_LINES: Final = {"person_id": pl.String(), "line": pl.String()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept already: rows, pages, and who was moved since; each by person or first_id."""

    rows: pl.DataFrame
    pages: pl.DataFrame
    moved: pl.DataFrame


def kept(connection: Connection) -> Kept:
    """What is kept as the transaction sees it."""
    return Kept(
        rows=store.known(connection), pages=store.pages(connection), moved=store.moved(connection)
    )


def write(
    opened: OpenCase,
    connection: Connection,
    decisions: pl.DataFrame,
    known: Kept,
    pages_at_once: int = _PAGES_AT_ONCE,
) -> tuple[int, int]:
    """Store what is new or changed of *decisions* (by person); how many people of each.

    Whoever was moved since is left where the move led. *pages_at_once*: how many pages are looked
    at together, for the sake of memory; changes nothing.
    """
    opened.progress.start("settle", decisions.height)
    if known.moved.height:
        moved = known.moved
        decisions = decisions.join(moved, on="person_id", how="anti", maintain_order="left")
    new = changed = 0
    parts = _in_parts(decisions, known, pages_at_once)
    ahead = worked_ahead(parts, partial(_sorted_out, opened.vault))
    for (part, there), sorted_out in ahead:
        counts = _write_part(opened, connection, part, there, sorted_out)
        new, changed = new + counts[0], changed + counts[1]
        opened.progress.advance(part.height)
    return new, changed


@dataclass(frozen=True, slots=True, kw_only=True)
class _SortedOut:
    """What is to be written of some people.

    ``added`` and ``altered``: rows. ``paged``: person_id and line of who stands in pages, ``bound``
    in these pages. ``settled``: who has a row.
    """

    added: pl.DataFrame
    altered: pl.DataFrame
    paged: pl.DataFrame
    settled: pl.DataFrame
    bound: pages.Bound


def _in_parts(
    decisions: pl.DataFrame, known: Kept, pages_at_once: int
) -> Iterator[tuple[pl.DataFrame, Kept]]:
    """Some people at a time, by id, with what is kept of them: no page is in two parts."""
    ids, firsts = decisions["person_id"], known.pages["first_id"]
    bounds = (
        ids.gather_every(pages_at_once * pages.PEOPLE)
        if firsts.is_empty()
        else firsts.gather_every(pages_at_once)
    )[1:]
    frames = (decisions, known.rows, known.pages, known.moved)
    cuts = [
        [0, *frame.to_series(0).search_sorted(bounds, side="left").to_list(), frame.height]
        for frame in frames
    ]
    for at in range(len(bounds) + 1):
        part, *there = (
            frame.slice(cut[at], cut[at + 1] - cut[at])
            for frame, cut in zip(frames, cuts, strict=True)
        )
        yield part, Kept(rows=there[0], pages=there[1], moved=there[2])


def _write_part(
    opened: OpenCase,
    connection: Connection,
    decisions: pl.DataFrame,
    known: Kept,
    sorted_out: _SortedOut,
) -> tuple[int, int]:
    """The same for some people."""
    added, altered = sorted_out.added, sorted_out.altered
    now = opened.clock.now()
    store.insert(connection, added, now)
    if altered.height:
        store.update(connection, list(_rows(opened.vault, altered, now)))
    staying = pl.concat([decisions.select("person_id"), known.moved])
    told, before = _write_pages(opened, connection, known.pages, sorted_out, staying)
    return _counted(
        before,
        settled=sorted_out.settled,
        added=added.select("person_id"),
        altered=altered.select("person_id"),
        told=told,
    )


def _sorted_out(vault: Vault, some: tuple[pl.DataFrame, Kept]) -> _SortedOut:
    """Decisions on some people, beside what is kept of them."""
    decisions, known = some
    rows = _beside(decisions.with_columns(pl.col(_TOLD).cast(pl.String)), known.rows)
    has_row, own = pl.col("known_state").is_not_null(), pl.col("known_mark").is_not_null()
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"known_{name}")) for name in _TOLD)
    apart = has_row & (own | differs)
    paged = rows.filter(pl.col("account").is_not_null() & ~apart)
    people = paged.select("person_id", pages.lines(paged).alias("line"))
    return _SortedOut(
        added=rows.filter(~has_row & ~_ordinary()).select("person_id", *_TOLD),
        altered=_altered(vault, rows.filter(apart), differs),
        paged=people,
        settled=rows.filter(has_row).select("person_id"),
        bound=pages.bind(vault, people, known.pages["first_id"]),
    )


def _beside(decisions: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """*decisions* beside what the rows say that there are."""
    if known.height:
        return decisions.join(known, on="person_id", how="left", maintain_order="left")
    return decisions.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in known.schema.items()
        if name != "person_id"
    )


def _counted(
    before: pl.DataFrame,
    *,
    settled: pl.DataFrame,
    added: pl.DataFrame,
    altered: pl.DataFrame,
    told: pl.DataFrame,
) -> tuple[int, int]:
    """How many people are new, and how many are told otherwise than before.

    ``before`` and ``told``: person_id, line of pages that were written anew, as they were and are.
    ``settled``: who had a row; ``added``, ``altered``: whose row is new, or says something else.
    """
    if before.is_empty() and settled.is_empty():
        without_page = added.join(told, on="person_id", how="anti")
        return told.height + without_page.height, 0
    was = before.rename({"line": "was"})
    beside = told.join(was, on="person_id", how="left")
    different = beside.filter(pl.col("line").ne_missing(pl.col("was"))).select("person_id")
    touched = pl.concat([added, different, altered]).unique()
    known = pl.concat([settled, was.select("person_id")]).unique()
    changed = touched.join(known, on="person_id", how="semi").height
    return touched.height - changed, changed


def _ordinary() -> pl.Expr:
    """An adult who is paid in person: standing in a page says it all."""
    return (
        (pl.col("state") == PayeeState.PAYABLE.value)
        & (pl.col("kind") == PayeeKind.SELF.value)
        & (pl.col("situation") == Situation.ADULT.value)
    )


def _altered(vault: Vault, rows: pl.DataFrame, differs: pl.Expr) -> pl.DataFrame:
    """Those of *rows* that say something else than before, with ``plain`` and ``mark`` (hex)."""
    told = rows.select("person_id", *_DETAILS).iter_rows()
    plains = [(who, plain_of(*details) if details[0] else None) for who, *details in told]
    marks = [plain and mark_of(vault, who, plain).hex() for who, plain in plains]
    marked = rows.with_columns(
        pl.Series("plain", [plain for _, plain in plains], pl.Binary),
        pl.Series("mark", marks, pl.String),
    )
    return marked.filter(differs | pl.col("mark").ne_missing(pl.col("known_mark")))


def plain_of(account: str, account_kind: str, name: str) -> bytes:
    """The details as a row seals them: JSON with sorted keys."""
    told = {"account": account, "account_kind": account_kind, "name": name}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def mark_of(vault: Vault, person_id: str, plain: bytes) -> bytes:
    """A keyed hash of person and details.

    The person is part of it, so two people with one wallet have nothing in common to see.
    """
    digest = hmac_sha256(vault.derive("payee-mark"))
    return digest(person_id.encode() + b"\0" + plain)[:MARK_BYTES]


def _rows(vault: Vault, decisions: pl.DataFrame, now: datetime) -> Iterator[store.Row]:
    """Decisions as the table keeps them: details sealed."""
    for row in decisions.select("person_id", *_TOLD, "mark", "plain").iter_rows():
        person_id, state, reason, kind, situation, mark, plain = row
        sealed = vault.seal(plain, PURPOSE, person_id) if mark else None
        digest = mark and bytes.fromhex(mark)
        yield (person_id, state, reason, kind, situation, sealed, digest, now)


def _write_pages(
    opened: OpenCase,
    connection: Connection,
    known: pl.DataFrame,
    sorted_out: _SortedOut,
    staying: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Seal the pages of people that say something new; person_id and line, as they are and were.

    Whoever is not among those *staying*, because nothing was decided on them, keeps their line.
    """
    vault, people, bound = opened.vault, sorted_out.paged, sorted_out.bound
    before = pl.DataFrame(schema=_LINES)
    if known.height:
        names = _different(vault, known, bound).filter("known")["first_id"]
        before = _unsealed(vault, store.full_pages(connection, names.to_list()))
        gone = before.join(staying, on="person_id", how="anti")
        if gone.height:
            people = pl.concat([people, gone]).sort("person_id")
            bound = pages.bind(vault, people, known["first_id"])
    different, now = _different(vault, known, bound), opened.clock.now()
    new = different.filter(~pl.col("known"))["number"].to_list()
    store.insert_pages(connection, pages.binary_rows(vault, bound, new, microseconds(now)))
    for first_id, number in different.filter("known").select("first_id", "number").iter_rows():
        members, plain = (b"", b"") if number is None else bound.page(number)
        put_page(opened.vault, connection, first_id, (members, plain), now)
    return people.filter(bound.of_pages(different["number"])), before


def _different(vault: Vault, known: pl.DataFrame, bound: pages.Bound) -> pl.DataFrame:
    """The pages that say something new: ``first_id``, ``number`` (null: empty now), ``known``."""
    now = pl.DataFrame({"first_id": bound.firsts, "mark": bound.marks}).with_row_index("number")
    empty = pl.lit(pages.mark(vault, b"", b""), pl.Binary)
    was = known.select("first_id", pl.col("mark").alias("was"))
    return (
        now.join(was, on="first_id", how="full", coalesce=True)
        .filter(pl.col("mark").fill_null(empty).ne_missing(pl.col("was")))
        .select("first_id", "number", pl.col("was").is_not_null().alias("known"))
        .sort("first_id")
    )


def _unsealed(vault: Vault, full: Iterable[tuple[list[str], bytes]]) -> pl.DataFrame:
    """person_id and line of everybody in these pages."""
    told = [
        pair
        for members, sealed in full
        for pair in zip(members, pages.unseal(vault, members, sealed), strict=True)
    ]
    return pl.DataFrame(told, schema=_LINES, orient="row")


def put_page(
    vault: Vault,
    connection: Connection,
    first_id: str,
    page: tuple[bytes, bytes],
    settled_at: datetime,
) -> None:
    """Let a page that there is say something else (:meth:`pages.Bound.page`)."""
    store.update_page(
        connection,
        first_id,
        {
            "members": pages.ids(page[0]),
            "sealed": pages.seal(vault, *page),
            "mark": pages.mark(vault, *page),
            "settled_at": settled_at,
        },
    )


def stand_apart(opened: OpenCase, connection: Connection, person_id: str) -> None:
    """Give somebody a row of their own, with their details, and take them out of their page.

    Whatever happens to one person is told in their row; who has one, or stands nowhere, is left.
    The others in the page were settled when they were: nothing has happened to them.
    """
    page = store.page_of(connection, person_id)
    if page is None:
        return
    told = pages.unseal(opened.vault, page.members, page.sealed)
    details = pages.details(told[page.members.index(person_id)])
    plain = plain_of(details.account, details.account_kind.value, details.name)
    store.stand_apart(
        connection,
        {
            "person": person_id,
            "sealed": opened.vault.seal(plain, PURPOSE, person_id),
            "mark": mark_of(opened.vault, person_id, plain),
            "settled_at": page.settled_at,
        },
    )
    left = pages.without(page.members, told, person_id)
    put_page(opened.vault, connection, page.first_id, left, page.settled_at)
