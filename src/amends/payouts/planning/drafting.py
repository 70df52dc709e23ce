"""Instructions before they are written, in columns: who is due, and what becomes of them. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.ids import InstructionId, PersonId
from amends.payouts.model import Chunk
from amends.payouts.numbers import CHUNK, LENGTH, numbers_of

Ints = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]
_CHUNK_OF: Final = 8
"""So many first characters of a number stand for its case and its chunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """Awards that can be given a number, in their order.

    ``persons``: who they are of, where that was asked for. ``after``: of second payments the
    numbers of those before, which were refused or came back, and ``came_back_minor`` of each.
    ``parts``: of later payments which part of the award each is (0: the first payment; above it
    what the award was raised by after it was paid); of first payments nothing.
    """

    awards: Ints
    amounts_minor: Ints
    generations: Ints
    persons: Sequence[PersonId] = ()
    after: Sequence[InstructionId] = ()
    came_back_minor: Sequence[int] = ()
    parts: Sequence[int] = ()

    def __len__(self) -> int:
        """How many."""
        return len(self.awards)

    def at(self, places: Sequence[int] | Ints) -> "Dues":
        """Those at these places."""
        return Dues(
            awards=self.awards[places],
            amounts_minor=self.amounts_minor[places],
            generations=self.generations[places],
            persons=[self.persons[at] for at in places] if self.persons else (),
            after=[self.after[at] for at in places] if self.after else (),
            came_back_minor=[self.came_back_minor[at] for at in places]
            if self.came_back_minor
            else (),
            parts=[self.parts[at] for at in places] if self.parts else (),
        )


def within(left_minor: int | None, dues: Dues) -> tuple[Dues, int | None]:
    """Those whom the money covers, and what is left of it: nobody behind the first who is not.

    None: the money is not in parts, and covers all. Less than nothing: it is at its end.
    """
    if left_minor is None:
        return dues, None
    if left_minor < 0:
        return dues.at([]), left_minor
    sums = np.cumsum(dues.amounts_minor)
    covered = int(np.searchsorted(sums, left_minor, side="right"))
    if covered == len(dues):
        return dues, left_minor - (int(sums[-1]) if len(sums) else 0)
    return dues.at(np.arange(covered)), left_minor - int(sums[covered])


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """Instructions about to be planned, in the order of their awards.

    ``number_text``: all numbers, one after the other. ``by_number``: where each stands, by number.
    """

    dues: Dues
    number_text: bytes
    chunk_nos: Ints
    places: Ints
    by_number: Ints

    def octets(self) -> npt.NDArray[np.bytes_]:
        """The numbers, as octets."""
        return np.frombuffer(self.number_text, f"S{LENGTH}")

    def numbers(self) -> list[str]:
        """The numbers."""
        text = self.number_text.decode()
        return [text[at : at + LENGTH] for at in range(0, len(text), LENGTH)]

    def chunks(self) -> Iterator[Chunk]:
        """The chunks that they are in, in order."""
        firsts = np.flatnonzero(self.places == 0)
        ends = np.append(firsts, len(self.places))[1:]
        for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
            yield Chunk(
                chunk_no=int(self.chunk_nos[first]),
                instructions=end - first,
                first_award=int(self.dues.awards[first]),
                last_award=int(self.dues.awards[end - 1]),
            )


def drafted(
    secret: bytes, rail: str, dues: Dues, *, first_chunk: int, most_minor: int | None = None
) -> Drafts:
    """Instructions of awards: those whose numbers share a chunk go out together.

    As far as they come to *most_minor* at most, or are one alone; None: whatever they come to.
    """
    begins = np.flatnonzero(np.diff(dues.awards // CHUNK, prepend=-1))
    if most_minor is not None:
        begins = _parted(begins, dues.amounts_minor, most_minor)
    sizes = np.diff(np.append(begins, len(dues)))
    text = numbers_of(secret, dues.awards, rail=rail, generations=dues.generations)
    return Drafts(
        dues=dues,
        number_text=text,
        by_number=_order_of(text, dues.awards),
        chunk_nos=np.repeat(np.arange(first_chunk, first_chunk + len(begins)), sizes),
        places=np.arange(len(dues)) - np.repeat(begins, sizes),
    )


def _order_of(text: bytes, awards: Ints) -> Ints:
    """Where each of these numbers stands, by number.

    Their chunk and what follows it tell nearly all of them apart, as numbers of 64 bits.
    """
    numbers = np.frombuffer(text, f"S{LENGTH}")
    behind = np.frombuffer(text, np.uint8).reshape(-1, LENGTH)[:, _CHUNK_OF : _CHUNK_OF + 8]
    keys = np.ascontiguousarray(behind).view(">u8").ravel().astype(np.uint64) >> np.uint64(8)
    chunks = awards // CHUNK - awards[:1] // CHUNK
    order: Ints = np.argsort(keys | (chunks & 255).astype(np.uint64) << np.uint64(56))
    placed = numbers[order]
    return order if (placed[1:] >= placed[:-1]).all() else np.argsort(numbers)


def _parted(begins: Ints, amounts_minor: Ints, most_minor: int) -> Ints:
    """Where chunks begin that come to so much at most, or are one alone."""
    sums = np.concatenate(([0], np.cumsum(amounts_minor)))
    parted: list[int] = []
    for begin, end in pairwise([*begins.tolist(), len(amounts_minor)]):
        at = begin
        while at < end:
            parted.append(at)
            covered = int(np.searchsorted(sums, sums[at] + most_minor, side="right")) - 1
            at = max(at + 1, min(covered, end))
    return np.array(parted, dtype=np.int64)


@dataclass(slots=True)
class Digest:
    """SHA-256 of the sorted lines ``number amount`` of a plan, which come chunk by chunk."""

    _hashed: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _numbers: npt.NDArray[np.bytes_] = field(default_factory=lambda: np.empty(0, f"S{LENGTH}"))
    _amounts: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, drafts: Drafts) -> None:
        """Take lines; no later one belongs before a chunk that is complete."""
        came = drafts.octets()[drafts.by_number]
        numbers = np.concatenate((self._numbers, came))
        amounts = np.concatenate((self._amounts, drafts.dues.amounts_minor[drafts.by_number]))
        if len(self._numbers) and len(came) and self._numbers[-1] > came[0]:
            order = np.argsort(numbers)
            numbers, amounts = numbers[order], amounts[order]
        complete = int(np.searchsorted(numbers, numbers[-1][:_CHUNK_OF])) if len(numbers) else 0
        self._hashed.update(_lines(numbers[:complete], amounts[:complete]))
        self._numbers, self._amounts = numbers[complete:], amounts[complete:]

    def hex(self) -> str:
        """The digest of all."""
        whole = self._hashed.copy()
        whole.update(_lines(self._numbers, self._amounts))
        return whole.hexdigest()


def _lines(numbers: npt.NDArray[np.bytes_], amounts_minor: Ints) -> bytes:
    """``number amount`` and a newline of each. Amounts are above zero."""
    most = len(str(amounts_minor.max(initial=1)))
    tens = 10 ** np.arange(most - 1, -1, -1)
    lines: Octets = np.full((len(numbers), LENGTH + most + 2), ord("\n"), np.uint8)
    lines[:, :LENGTH] = numbers.view(np.uint8).reshape(-1, LENGTH)
    lines[:, LENGTH] = ord(" ")
    lines[:, LENGTH + 1 : -1] = amounts_minor[:, None] // tens % 10 + ord("0")
    told = np.ones(lines.shape, np.bool_)
    told[:, LENGTH + 1 : -1] = amounts_minor[:, None] >= tens
    return lines[told].tobytes()


def digest_of(lines: Iterable[bytes]) -> str:
    """SHA-256 of the sorted lines ``number amount``: what two people put their names to."""
    hashed = hashlib.sha256()
    for line in lines:
        hashed.update(line)
    return hashed.hexdigest()
