"""Where the money of many people goes, sealed by the page: some people to each, by id. No SQL.

A page is opened to pay one of its people as fast as a row would be, and millions of people are
sealed in a twentieth of the time that a row for each would take.

Kept true: nobody stands in two pages; a page opens for the very people it was sealed for, in their
order; pages stay where they are when people come and go, so that settling again writes few.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import PERSON_ID_BYTES
from amends.kernel.keyed import hmac_sha256
from amends.kernel.rows import rows_of
from amends.kernel.saying import said
from amends.payees.model import PayeeKind, PaymentDetails
from amends.vault.model import SealError
from amends.vault.service import Vault

PURPOSE: Final = "payee-page"
"""What a page is sealed for, with its members as row."""

MARK_BYTES: Final = 16
PEOPLE: Final = 24
"""People in a new page: with what PostgreSQL adds, five pages of the database hold 25 of these."""

Ints = npt.NDArray[np.int64]

MOST: Final = 2 * PEOPLE
"""A page to which more come is cut into new ones."""

_DETAILS: Final = ("account", "account_kind", "name")
_BETWEEN, _END = "\t", "\n"
_END_BYTES: Final = _END.encode()


def lines(people: pl.DataFrame) -> pl.Series:
    """Per person what is sealed: account, kind and name. None of them has a tab or a line's end."""
    return people.select(
        pl.concat_str(*_DETAILS, separator=_BETWEEN).alias("line"),
    ).to_series()


def divided(ids: pl.Series, firsts: pl.Series) -> tuple[Ints, pl.Series]:
    """Where pages begin in *ids*, and the ``first_id`` of each.

    Args:
        ids: people in order.
        firsts: the pages that there are, in order. Who comes before all of them, or would make one
            too large, gets a page of :data:`PEOPLE` with the others of whom this is true.
    """
    inner = ids.search_sorted(firsts, side="left").to_numpy().astype(np.int64)
    bounds = np.concatenate([[0], inner, [len(ids)]])
    page, size = np.arange(len(firsts) + 1) - 1, np.diff(bounds)
    many = np.where((page < 0) | (size > MOST), -(-size // PEOPLE), size > 0)
    part = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    begins = np.repeat(bounds[:-1], many) + part * PEOPLE
    page = np.repeat(page, many)
    kept = (page >= 0) & (part == 0)
    own = ids.gather(begins)
    if firsts.is_empty():
        return begins, own
    return begins, firsts.gather(np.maximum(page, 0)).zip_with(pl.Series(kept), own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """People page by page, in one piece of text: nothing is done for each of them.

    ``firsts``: the key of each page; ``marks``: keyed hashes. ``begins`` and
    ``line_begins``: where pages begin, in people and in bytes of lines, and where the last ends.
    ``id_text``, ``line_text``: all ids, and all lines with an end between them.
    """

    firsts: pl.Series
    marks: pl.Series
    begins: Ints
    id_text: bytes
    line_begins: Ints
    line_text: bytes

    def page(self, number: int) -> tuple[bytes, bytes]:
        """The ids of a page, and its lines, as they are bound and sealed."""
        return (
            self.id_text[
                self.begins[number] * PERSON_ID_BYTES : self.begins[number + 1] * PERSON_ID_BYTES
            ],
            self.line_text[self.line_begins[number] : self.line_begins[number + 1] - 1],
        )

    def of_pages(self, numbers: pl.Series) -> pl.Series:
        """Per person whether they stand in one of these pages."""
        wanted = np.zeros(len(self.firsts), np.bool_)
        wanted[numbers.drop_nulls().to_numpy()] = True
        return pl.Series(np.repeat(wanted, np.diff(self.begins)))


def bind(vault: Vault, people: pl.DataFrame, firsts: pl.Series) -> Bound:
    """*people* (person_id, line), who come in order, in the pages that there are and in new ones.

    Raises:
        ValueError: an id has another length than the database lets it have.
    """
    ids, told = people["person_id"], people["line"]
    if not (ids.str.len_bytes() == PERSON_ID_BYTES).all():
        raise ValueError(f"an id of a person is not {PERSON_ID_BYTES} bytes long")
    begins, page = divided(ids, firsts)
    ends = np.append(0, np.cumsum(told.str.len_bytes().to_numpy().astype(np.int64) + 1))
    at = np.append(begins, len(ids))
    bound = Bound(
        firsts=page,
        marks=pl.Series([], dtype=pl.Binary),
        begins=at,
        id_text=_joined(ids, ""),
        line_begins=ends[at],
        line_text=_joined(told, _END),
    )
    digest = _marker(vault)
    marks = [_mark(digest, *bound.page(number)) for number in range(len(begins))]
    return replace(bound, marks=pl.Series(marks, dtype=pl.Binary))


def seal(vault: Vault, members: bytes, plain: bytes) -> bytes:
    """The lines of a page, sealed for its *members* (ids one after the other)."""
    return vault.seal(plain, PURPOSE, members.decode())


def unseal(vault: Vault, members: Sequence[str], sealed: bytes) -> list[str]:
    """The lines of a page, in the order of its members.

    Raises:
        SealError: the page, or who stands in it, was changed by someone who has no key.
    """
    told = vault.unseal(sealed, PURPOSE, "".join(members)).decode()
    found = told.split(_END) if members else []
    if len(found) != len(members):
        raise SealError(said("a page of payees has not a line for each of its people"))
    return found


def lines_of(
    vault: Vault, members: Sequence[str], sealed: Sequence[bytes], places: Sequence[int]
) -> Iterator[str]:
    """The line of one member of each page, by its place from 0.

    *members*: the ids of each page, one after the other.

    Raises:
        SealError: a page, or who stands in it, was changed by someone who has no key.
    """
    told = vault.unseal_each(sealed, PURPOSE, members)
    for plain, ids, at in zip(told, members, places, strict=True):
        found = plain.split(_END_BYTES)
        if len(found) * PERSON_ID_BYTES != len(ids):
            raise SealError(said("a page of payees has not a line for each of its people"))
        yield found[at].decode()


def lines_of_many(
    vault: Vault, kept: Iterable[Sequence[tuple[str, bytes]]], wanted: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """The lines of *wanted* people, who come in order as the pages do; strangers are left out.

    *kept*: pages, some at a time: the ids of each one after the other, and what is sealed.

    Raises:
        SealError: a page, or who stands in it, was changed by someone who has no key.
    """
    at = 0
    for some in kept:
        told = vault.unseal_each([one for _, one in some], PURPOSE, [who for who, _ in some])
        for (members, _), plain in zip(some, told, strict=True):
            end = bisect_right(wanted, members[-PERSON_ID_BYTES:], at)
            found = plain.split(_END_BYTES)
            if len(found) * PERSON_ID_BYTES != len(members) and members:
                raise SealError(said("a page of payees has not a line for each of its people"))
            for one in wanted[at:end]:
                place, odd = divmod(_found(members, one), PERSON_ID_BYTES)
                if not odd and place >= 0:
                    yield one, found[place]
            at = end


def _found(members: str, person_id: str) -> int:
    """Where an id begins among ids that stand one after the other; -1: nowhere."""
    at = members.find(person_id)
    while at > 0 and at % PERSON_ID_BYTES:
        at = members.find(person_id, at + 1)
    return at


_KINDS: Final = {kind.value: kind for kind in AccountKind}


def details(line: str, kind: PayeeKind = PayeeKind.SELF) -> PaymentDetails:
    """What a line says."""
    account, account_kind, name = line.split(_BETWEEN)
    return PaymentDetails(account, _KINDS[account_kind], name, kind)


_KINDS_IN_LINES: Final = {kind.value.encode(): kind for kind in AccountKind}


def account_kind(line: bytes) -> AccountKind:
    """What kind of account a line names: all that is asked of millions."""
    return _KINDS_IN_LINES[line.split(b"\t", 2)[1]]


def details_of(
    accounts: Sequence[str], kinds: Sequence[str], names: Sequence[str]
) -> list[PaymentDetails | None]:
    """What many lines say, by their fields; None where there is no account.

    Raises:
        KeyError: an account of no kind that there is.
    """
    each = zip(accounts, kinds, strict=True)
    known = (_KINDS[kind] if account else None for account, kind in each)
    found = rows_of(PaymentDetails, accounts, known, names, repeat(PayeeKind.SELF))
    return [one if one.account else None for one in found]


def without(members: Sequence[str], told: Sequence[str], person_id: str) -> tuple[bytes, bytes]:
    """Members and lines of a page when somebody has left it, as they are sealed."""
    left = [(who, line) for who, line in zip(members, told, strict=True) if who != person_id]
    return (
        "".join(who for who, _ in left).encode(),
        _END.join(line for _, line in left).encode(),
    )


def mark(vault: Vault, members: bytes, plain: bytes) -> bytes:
    """A keyed hash of who stands in a page, and of the lines."""
    return _mark(_marker(vault), members, plain)


def ids(members: bytes) -> list[str]:
    """Ids that stand one after the other."""
    text = members.decode()
    return [text[at : at + PERSON_ID_BYTES] for at in range(0, len(text), PERSON_ID_BYTES)]


def _joined(texts: pl.Series, between: str) -> bytes:
    """Texts one after the other."""
    return str(texts.str.join(between).item()).encode() if len(texts) else b""


def _marker(vault: Vault) -> Callable[[bytes], bytes]:
    return hmac_sha256(vault.derive("payee-page-mark"))


def _mark(digest: Callable[[bytes], bytes], members: bytes, plain: bytes) -> bytes:
    return digest(members + b"\0" + plain)[:MARK_BYTES]


_AT_ONCE: Final = 256
_FIELDS: Final = (5).to_bytes(2, "big")
_TEXT_OID: Final = 25
_ELEMENT: Final = np.dtype([("length", ">i4"), ("id", f"S{PERSON_ID_BYTES}")])


def binary_rows(vault: Vault, bound: Bound, numbers: list[int], at_us: int) -> Iterator[bytes]:
    """These pages as rows of payees.page in the binary form of COPY, some rows at a time.

    Args:
        vault: seals them.
        bound: what they are taken from.
        numbers: which of them.
        at_us: when they were settled, in microseconds of PostgreSQL (from 2000-01-01, UTC).
    """
    at = _field(at_us.to_bytes(8, "big", signed=True))
    elements: npt.NDArray[np.void] = np.empty(len(bound.id_text) // PERSON_ID_BYTES, _ELEMENT)
    elements["length"] = PERSON_ID_BYTES
    elements["id"] = np.frombuffer(bound.id_text, f"S{PERSON_ID_BYTES}")
    for begin in range(0, len(numbers), _AT_ONCE):
        some = numbers[begin : begin + _AT_ONCE]
        firsts, marks = (column.gather(some) for column in (bound.firsts, bound.marks))
        block = bytearray()
        for number, first, own in zip(some, firsts, marks, strict=True):
            members, plain = bound.page(number)
            array = _array(elements[bound.begins[number] : bound.begins[number + 1]])
            fields = (first.encode(), array, seal(vault, members, plain), own)
            block += b"".join((_FIELDS, *map(_field, fields), at))
        yield bytes(block)


def _field(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _array(elements: npt.NDArray[np.void]) -> bytes:
    """Ids as PostgreSQL sends a text[] (array_send): dimensions, nulls, type, length, first."""
    numbers = (1, 0, _TEXT_OID, len(elements), 1)
    return b"".join(number.to_bytes(4, "big") for number in numbers) + elements.tobytes()
