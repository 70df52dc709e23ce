"""A leaked file, the roster of those in it who are owed, and rosters that leak on purpose."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from amends.awards.rules import permutation, randomness_bytes
from amends.roster import claims, codes, entries
from amends.roster.entries import State, Total
from cheating.publisher import CASE, Person, Publisher, Row, due

WORD = 8
Files = Mapping[str, bytes]
Order = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaked:
    """The leaked file: people in its order, and, for judging only, which of them are owed."""

    people: list[Person]
    owed: npt.NDArray[np.bool_]

    def members(self) -> list[Person]:
        """Those who are owed, in the file's order."""
        return [one for one, is_owed in zip(self.people, self.owed, strict=True) if is_owed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Every day's directory, oldest first; for judging only, whose award is where."""

    days: list[Files]
    award_of: Order


def leaked_file(people: int, draw: random.Random) -> Leaked:
    """*people* who are owed among as many who are not, in no order that says which."""
    numbers = draw.sample(range(10**8), 2 * people)
    made = [
        Person(
            name="假人" + chr(0x4E00 + number % 5_000) + chr(0x4E00 + number // 5_000 % 5_000),
            phone=f"138{number:08d}",
            idno=f"990101{1950 + number % 60}0101{draw.randrange(10**4):04d}",
            kind=draw.randrange(2),
            code=codes.drawn(draw.randbytes(130))[0],
        )
        for number in numbers
    ]
    owed = np.zeros(2 * people, dtype=np.bool_)
    owed[draw.sample(range(2 * people), people)] = True
    return Leaked(people=made, owed=owed)


def values(of: Person) -> list[bytes]:
    """What the thief knows of somebody, alone and together, in the spellings that are usual."""
    known = (of.name, of.phone, of.idno, "+86" + of.phone, of.name + of.phone, of.phone + of.idno)
    return [text.encode() for text in known]


def code_guess(of: Person, which: int = 2) -> int:
    """A claim code that follows from a person."""
    hashed = b"".join(sha256(values(of)[which] + bytes([at])).digest()[:13] for at in range(9))
    return codes.drawn(hashed)[0]


def bucket_guess(of: Person, buckets: int) -> int:
    """A bucket that follows from a telephone number."""
    return int.from_bytes(sha256(of.phone.encode()).digest()[:8], "big") % buckets


# Logs, honest and not.


class Leaks(Publisher):
    """A publisher whose log leaks one way; each subclass is one way. This one is honest."""

    said = "nothing"

    def order(self, members: list[Person], draw: random.Random) -> Order:
        """Who gets which number: by lot."""
        return permutation(draw.randbytes(randomness_bytes(len(members))))

    def first_paid(self, files_place: Order, draw: random.Random) -> npt.NDArray[np.bool_]:
        """Which awards are paid in the first epoch. *files_place*: of each award's person."""
        mask = np.zeros(len(files_place), dtype=np.bool_)
        mask[draw.sample(range(len(mask)), len(mask) // 2)] = True
        return mask


class LeaksOrderOfPhones(Leaks):
    """Numbers awards by telephone number."""

    said = "awards are numbered by telephone number"

    def order(self, members: list[Person], _draw: random.Random) -> Order:
        """Sorted."""
        return np.array(sorted(range(len(members)), key=lambda at: members[at].phone))


class LeaksOrderOfFile(Leaks):
    """Numbers awards as the leaked file has them, a few exchanged."""

    said = "awards are numbered in the order of the leaked file"

    def order(self, members: list[Person], _draw: random.Random) -> Order:
        """As they come."""
        return np.arange(len(members))


class LeaksDigests(Leaks):
    """Publishes a hash in the commitment's place."""

    said = "a hash of case and telephone number stands for the commitment"

    def begin(self, rows: Sequence[Row], promised: Total | None = None) -> Publisher:
        """As it should be, and then other commitments."""
        super().begin(rows, promised)
        for place, row in zip(self.places, self.rows, strict=True):
            hashed = sha256(f"{CASE}{row.of.phone}".encode()).digest()
            self.log[place] = entries.award_entry(row.kind, row.amount_minor, hashed)
        return self


class LeaksSeeds(Leaks):
    """Derives seeds, and with them nonces and salts, from people."""

    said = "the seed follows from the telephone number"

    def seed(self, award: int, of: Person) -> bytes:  # noqa: ARG002 -- that is the fault
        """No secret in it."""
        return sha256(of.phone.encode()).digest()


class LeaksCodes(Leaks):
    """Derives claim codes from people; see ``published``."""

    said = "the claim code follows from the identity number"


class LeaksTags(Leaks):
    """Finds slots by a hash of the telephone number."""

    said = "the tag of a slot is a hash of the telephone number"

    def slots(self, of: Person, award: int) -> list[bytes]:
        """Sealed as they should be, under another tag."""
        made = super().slots(of, award)
        return [sha256(of.phone.encode()).digest()[:WORD] + slot[WORD:] for slot in made]


class LeaksBuckets(Leaks):
    """Chooses small buckets by telephone number, and fills no free slot."""

    said = "the bucket follows from the telephone number, and free slots are empty"

    def buckets(self) -> int:
        """One for every forty."""
        return len(self.rows) // 40

    def bucket_of(self, of: Person, buckets: int) -> int:
        """By a hash that anybody can compute."""
        return bucket_guess(of, buckets)

    def bucket(self, inside: Sequence[bytes], _number: int) -> bytes:
        """Free slots are zero."""
        free = claims.SLOTS - len(inside)
        return bytes(claims.HEAD_BYTES) + b"".join(sorted(inside)) + bytes(claims.SLOT_BYTES * free)


class LeaksSizes(Leaks):
    """Has no fillers."""

    said = "a bucket is as long as it has slots in use"

    def bucket(self, inside: Sequence[bytes], _number: int) -> bytes:
        """Nothing but what is used."""
        return bytes(claims.HEAD_BYTES) + b"".join(sorted(inside))


class LeaksTime(Leaks):
    """Pays in the order of the file, in the order of the numbers, half of it first."""

    said = "who stands first in the leaked file is paid in the first epoch"

    def order(self, members: list[Person], draw: random.Random) -> Order:
        """By lot within each half, so that only halves can be told."""
        half = len(members) // 2
        parts = [list(range(half)), list(range(half, len(members)))]
        for part in parts:
            draw.shuffle(part)
        return np.array([*parts[0], *parts[1]])

    def first_paid(self, files_place: Order, _draw: random.Random) -> npt.NDArray[np.bool_]:
        """The first half of the file."""
        return files_place < len(files_place) // 2


HONEST: type[Leaks] = Leaks
LEAKY: tuple[type[Leaks], ...] = (
    LeaksOrderOfPhones,
    LeaksOrderOfFile,
    LeaksDigests,
    LeaksSeeds,
    LeaksCodes,
    LeaksTags,
    LeaksBuckets,
    LeaksTime,
)


def published(leaked: Leaked, how: type[Leaks], draw: random.Random) -> Published:
    """Four days of a log: awards and claims, half paid, all paid, some back; claims made anew."""
    if how is LeaksCodes:
        by_idno = [replace(one, code=code_guess(one)) for one in leaked.people]
        leaked = replace(leaked, people=by_idno)
    members = leaked.members()
    log = how(secret=draw.randbytes(32))
    place = log.order(members, draw)
    rows = [due(members[at]) for at in place]
    log.begin(rows).claim_all()
    days: list[Files] = [log.files()]
    amounts = np.array([row.amount_minor for row in rows])
    first = log.first_paid(place, draw)
    last = np.full(len(rows), State.SETTLED)
    odd = draw.sample(range(len(rows)), len(rows) // 10)
    last[odd[::2]], last[odd[1::2]] = State.RETURNED, State.DISPUTED
    paid = np.full(len(rows), State.SETTLED)
    for states, mask in ((np.where(first, paid, 0), first), (paid, ~first), (last, None)):
        if mask is not None:
            log.batch([int(one) for one in amounts[mask]])
        log.state([int(one) for one in states])
        days.append(log.files())
    log.claim_all()
    days.append(log.files())
    award_of = np.empty(len(rows), dtype=np.int64)
    award_of[place] = np.arange(len(rows))
    return Published(days=days, award_of=award_of)
