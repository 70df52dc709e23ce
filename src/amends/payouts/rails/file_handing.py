"""Handing files over: each payment in one file for ever, noted before the file leaves.

The steps and where a kill leaves them: the file is written aside (nothing is noted: it is removed
by whoever comes next); it is noted with all its numbers (it lies aside: it has not left); it comes
into the outbox by one rename (it has left, whatever is noted after). Before that rename the
database is told (`file_marks`), so that no other memory than this one hands the same over.

Whether anything may leave is looked at last, under the lock under which files are taken out of the
outbox again: what a stop does not find there was fetched, or does not come there any more.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails.file_drop import Drop
from amends.payouts.rails.file_marks import Marks
from amends.payouts.rails.file_model import FileRow, Language, SentRow, name_of
from amends.payouts.rails.file_store import Store
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    RailUnavailableError,
    StoppedFile,
    Unknown,
)

HANDED_OVER = Unknown(advice=Advice.ASK, code="handed_over")
"""What a submission ends with when all went well: nobody on the other side has said a word yet."""

HALTED = Unknown(advice=Advice.ASK, code="halted")
"""Payments were halted before the file left: it goes out when they go on."""


class Handing:
    """What leaves through one drop in one language."""

    def __init__(self, drop: Drop, store: Store, marks: Marks, language: Language) -> None:
        self._drop = drop
        self._store = store
        self._marks = marks
        self._language = language
        self._most = language.capabilities.orders_per_file

    def hand_over(
        self, prepared: Sequence[PreparedRequest], now: datetime, may_leave: Callable[[], bool]
    ) -> Mapping[InstructionId, Outcome]:
        """Write what is new into files, and files that did not leave again; an outcome for each.

        *may_leave* is asked right before files come into the outbox.

        Raises:
            DropDiffersError: meanwhile files left from another folder; none leaves from this one.
        """
        with self._store.writing():
            self._drop.clear_aside(lambda message_id: self._store.file(message_id) is not None)
            fresh, again, changed = self._sorted(_in_order(prepared))
            missing = [name for name in again if not self._made_again(name, again[name])]
            leaving = [self._new_file(page, now) for page in _pages(fresh, self._most)]
            leaving += [name for name in again if name not in missing]
            for message_id in leaving:
                self._note_leaving(message_id)
            mark = self._marks.new() if leaving else None
        with self._store.writing():
            left = may_leave()
            if left and mark is not None:
                self._marks.tell(mark)
            for message_id in leaving if left else ():
                self._drop.hand_over(self._file(message_id))
                self._store.set_state(message_id, "handed")
            after = self._marks.new() if leaving and left else None
        if after is not None:
            self._marks.tell_left(after)
        alone = [one.number for name in missing for one in again[name]]
        return (
            dict.fromkeys([one.number for one in prepared], HANDED_OVER if left else HALTED)
            | dict.fromkeys(changed, Unknown(advice=Advice.ALARM, code="number_used"))
            | dict.fromkeys(alone, Unknown(advice=Advice.ASK, code="rest_of_file_missing"))
        )

    def _note_leaving(self, message_id: str) -> None:
        """Note that a file is written; one that the other side says it never got may be two now."""
        row = self._store.file(message_id)
        if row is not None and row.state == "lost":
            self._store.note_resent(message_id)
        self._store.set_state(message_id, "made")

    def _sorted(
        self, prepared: Sequence[PreparedRequest]
    ) -> tuple[list[PreparedRequest], dict[str, list[PreparedRequest]], list[InstructionId]]:
        """What stands in no file; what stands in files that have not come; what has changed."""
        fresh: list[PreparedRequest] = []
        again: dict[str, list[PreparedRequest]] = {}
        changed: list[InstructionId] = []
        for one in prepared:
            sent = self._store.sent(one.number)
            if sent is None:
                fresh.append(one)
            elif sent.sha256 != one.sha256:
                changed.append(one.number)
            elif self.has_not_come(sent.message_id):
                again.setdefault(sent.message_id, []).append(one)
        return fresh, again, changed

    def has_not_come(self, message_id: str) -> bool:
        """Whether a file certainly is not with the bank."""
        row = self._store.file(message_id)
        if row is None or row.state == "lost":
            return True
        name = self._file(message_id)
        if self._drop.is_withdrawn(name):
            return not self._store.words("", message_id)
        return row.state == "made" and self._drop.lies_aside(name)

    def withdraw(self) -> list[StoppedFile]:
        """Take files out of the outbox again, and tell of all that may have to be called off."""
        language, certain = self._language, self._language.taken_by_rename
        with self._store.writing():
            for name in self._drop.in_outbox(language.suffix):
                self._drop.withdraw(name, for_certain=certain)
        still_open: dict[str, list[int]] = {}
        for one in self._store.without_debit():
            if not self._has_ended(one):
                still_open.setdefault(one.message_id, []).append(one.amount_minor)
        return [
            StoppedFile(
                message_id=message_id,
                payments=len(amounts),
                total=Money(amount_minor=sum(amounts), currency=language.currency),
                withdrawn=self.has_not_come(message_id),
            )
            for message_id, amounts in sorted(still_open.items())
        ]

    def _has_ended(self, one: SentRow) -> bool:
        """Whether the other side has said how a payment ended."""
        answer = self.said_of(one) or HANDED_OVER
        return not isinstance(answer, Accepted | Unknown)

    def said_of(self, one: SentRow) -> QueryAnswer | None:
        """What the other side's words about a payment come to; None where it has said none."""
        words = self._store.words(one.number, one.message_id)
        if not words:
            return None
        resent = self._store.is_resent(one.message_id)
        return self._language.answer(words, one.amount_minor, resent=resent)

    def _new_file(self, page: Sequence[PreparedRequest], now: datetime) -> str:
        """Write a file aside, see that it is valid, and note all that stands in it."""
        language, made_at = self._language, now.replace(microsecond=0)
        message_id = name_of(page)
        pieces = language.written(page, made_at)
        path, sha256 = self._drop.write_aside(self._file(message_id), pieces)
        language.check(path)
        sent = [
            SentRow(
                number=one.number,
                message_id=message_id,
                sha256=one.sha256,
                amount_minor=language.amount_of(one.body),
                mark=language.mark_of(one.body),
            )
            for one in page
        ]
        row = FileRow(
            message_id=message_id,
            sha256=sha256,
            made_at=made_at,
            count=len(sent),
            total_minor=sum(one.amount_minor for one in sent),
            state="made",
        )
        self._store.add_file(row, sent)
        return message_id

    def _made_again(self, message_id: str, members: Sequence[PreparedRequest]) -> bool:
        """Write a file again, byte for byte; False where part of it is missing, or differs."""
        row = self._store.file(message_id)
        if row is None or len(members) != row.count:
            return False
        hashed = hashlib.sha256()
        for piece in self._language.written(members, row.made_at):
            hashed.update(piece)
        if hashed.digest() != row.sha256:
            return False
        pieces = self._language.written(members, row.made_at)
        self._drop.write_aside(self._file(message_id), pieces)
        return True

    def never_came(self, message_id: str, *, dry_run: bool = False) -> None:
        """The other side never got a file, it says: its payments may go out again, as they were.

        *dry_run*: only look whether it may be so.

        Raises:
            RailUnavailableError: it was not handed over, lies in the outbox still, or was answered.
        """
        with self._store.writing():
            row = self._store.file(message_id)
            problem = None
            if row is None or self.has_not_come(message_id):
                problem = said("it was not handed over")
            elif self._drop.lies_in_outbox(self._file(message_id)):
                problem = said("it lies in the outbox still, nobody has fetched it")
            elif self._store.words("", message_id):
                problem = said("it was answered")
            if problem is not None:
                raise RailUnavailableError(
                    said(
                        "file {message_id} is not lost: {problem}",
                        message_id=message_id,
                        problem=problem,
                    )
                )
            if not dry_run:
                self._store.set_state(message_id, "lost")

    def _file(self, message_id: str) -> str:
        return message_id + self._language.suffix


def _pages(orders: Sequence[PreparedRequest], most: int) -> Iterator[Sequence[PreparedRequest]]:
    """The orders of each file."""
    return (orders[start : start + most] for start in range(0, len(orders), most))


def _in_order(prepared: Sequence[PreparedRequest]) -> list[PreparedRequest]:
    """Payments as a file lists them: by number, whoever hands them over in which order."""
    return sorted(prepared, key=lambda one: one.number)
