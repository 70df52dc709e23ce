"""By which a rail's own folder is known, and that its memory has not gone back in time.

The folder's memory alone says what was handed over: with another folder, a copy, or one of a backup
the same payments would go out again. So the memory takes a random mark before anything leaves, and
the database the same one after it; then files leave, and a second mark goes the same way: a backup
of the moment before they left is none of the newest. Kept true: nothing leaves, and nobody is
asked, unless the memory has the newest mark of the database. Of two copies of a folder that go on
at once the first that hands over wins, and the other one hands over nothing.
"""

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Protocol

from amends.kernel.saying import Said, said
from amends.payouts.rails.file_drop import Drop
from amends.payouts.rails.file_store import Store
from amends.payouts.rails.model import RailUnavailableError

_MARK_BYTES: Final = 16

_ELSEWHERE: Final = "elsewhere-"
"""How the file is named in which payments stand that another memory knew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The database's marks of a folder: of the folder itself, the newest, and its number."""

    first: bytes
    newest: bytes
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark to be noted; *proposal*: what two people signed, where another folder takes over."""

    number: int
    mark: bytes
    proposal: str | None = None


class Book(Protocol):
    """What remembers marks beside the folder: the database."""

    def known(self) -> Known | None:
        """The marks of the rail's folder; None while none was opened."""

    def add(self, mark: Mark) -> bool:
        """Note a mark; False where another command has noted one, before or instead."""


class DropDiffersError(RailUnavailableError):
    """A folder is not the one from which files were handed over, or its memory is not whole."""

    code: ClassVar[str] = "drop_differs"


class Marks:
    """The marks of one drop. Without a *book* nothing is held against them."""

    def __init__(self, drop: Drop, store: Store, book: Book | None, *, rail: str) -> None:
        self._drop = drop
        self._store = store
        self._book = book
        self._rail = rail

    def require_own(self, suffix: str) -> None:
        """See that this is the rail's folder; the first one that is opened becomes it.

        Raises:
            DropDiffersError: it is not, or its memory is older than what left, or gone.
        """
        if self._book is None:
            return
        known = self._book.known()
        if known is None:
            self._require_remembered(suffix)
            with self._store.writing():
                mark = self.new()
            self.tell(mark)
        else:
            self._require(known)

    def new(self) -> bytes:
        """A mark that the memory has from here on; inside its transaction."""
        mark = secrets.token_bytes(_MARK_BYTES)
        self._store.add_mark(mark)
        return mark

    def tell(self, mark: bytes) -> None:
        """Note in the database a mark that the memory has; then files may leave.

        Raises:
            DropDiffersError: meanwhile files left from another folder.
        """
        while self._book is not None:
            known = self._book.known()
            if known is not None:
                self._require(known)
            if self._book.add(Mark(number=_next(known), mark=mark)):
                break

    def tell_left(self, mark: bytes) -> None:
        """Note in the database a mark of after files left.

        Where another folder took this one's place in that moment, the next file is refused.
        """
        with suppress(DropDiffersError):
            self.tell(mark)

    def take_over(
        self, proposal: str, now: datetime, handed: Callable[[], Iterable[tuple[str, int]]]
    ) -> None:
        """Make this folder the rail's, whatever its memory lacks; any other one is refused then.

        *proposal*: what two people signed. *handed*: number and amount of all that was ever handed
        over. What of it stands in no file here counts as in a file that is not here: it never goes
        out again. In doubt every file has left. A kill undoes it all, and the folder is refused as
        before.

        Raises:
            DropDiffersError: meanwhile files left from another folder.
        """
        if self._book is None:
            return
        with self._store.writing():
            known = self._book.known()
            self._drop.doubt_withdrawn()
            mark = self.new()
            if not self._book.add(Mark(number=_next(known), mark=mark, proposal=proposal)):
                raise DropDiffersError(
                    said("files were handed over from another folder this moment; run it again")
                )
            self._store.take_over(_ELSEWHERE + mark.hex(), now, handed())

    def _require(self, known: Known) -> None:
        if self._store.has_mark(known.newest):
            return
        own = self._store.has_mark(known.first)
        raise DropDiffersError(
            said(
                "{why}. Nothing was sent by {rail} and nobody was asked: payments that the other "
                "side has would go out again. {way}",
                why=self._older() if own else self._other(),
                rail=self._rail,
                way=said(
                    "Pay from the machine that has the folder as it last was, or put it back whole "
                    "(rail.sqlite and its folders together). Only where it is lost for good two "
                    "people let this one take its place: `amends adopt CASE {rail} --reason …` "
                    "(docs/reference/banks.md)",
                    rail=self._rail,
                ),
            )
        )

    def _older(self) -> Said:
        return said(
            "the folder {drop} is a copy, or of a backup: files were handed over since, of which "
            "its rail.sqlite knows nothing",
            drop=self._drop.root,
        )

    def _other(self) -> Said:
        return said(
            "the folder {drop} is not the one from which {rail} hands files over, or its "
            "rail.sqlite is gone",
            drop=self._drop.root,
            rail=self._rail,
        )

    def _require_remembered(self, suffix: str) -> None:
        """Refuse a folder out of which files went, or wait to, that its memory does not know."""
        names = self._drop.handed_over(suffix)
        unknown = [one for one in names if self._store.file(one.removesuffix(suffix)) is None]
        if unknown:
            raise DropDiffersError(
                said(
                    "{drop} holds {count} files that were handed over ({name}, …), of which its "
                    "rail.sqlite knows nothing: put back the one that does. Without it the same "
                    "payments would go out again. Only where it is lost for good: `amends adopt "
                    "CASE {rail} --reason …` (docs/reference/banks.md)",
                    drop=self._drop.root,
                    count=len(unknown),
                    name=unknown[0],
                    rail=self._rail,
                )
            )


def _next(known: Known | None) -> int:
    """The number of the next mark."""
    return 0 if known is None else known.number + 1
