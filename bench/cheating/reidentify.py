"""Does anything published help the thief? He has the whole leaked file and every file of every day.

    python bench/cheating/reidentify.py [--people 2000] [--seed 1]

The leaked file holds the people of the roster and as many whom nobody owes anything (accounts of
test, people who asked to be left out, another company's): prior 1/2. The thief asks three things of
each row: is it on the list, which award is it, in which state. He tries every way that a published
roster has been known to leak by: hashes of what he knows under any usual recipe, anywhere in any
file; seeds, codes, tags and buckets that follow from it; the order of awards; the time of payment;
what changed from one day to the next. For questions two and three he is even told who is on it.

Every attack gives one number that is standard normal if nothing leaks. One above ``limit`` is a
leak; the limit is such that an honest log is accused once in a thousand. Logs that leak on purpose,
one way each, have to be found by the same attacks.
"""

import argparse
import json
import random
import re
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import md5, sha1, sha256
from hmac import digest as hmac
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.append(str(Path(__file__).parents[1]))

from amends.awards.rules import permutation, randomness_bytes
from amends.roster import claims, codes, entries
from amends.roster.commitment import commit
from amends.roster.entries import State
from amends.roster.tiles import split_bundle
from cheating.publisher import BOUND, CASE, KEY, LEAKED, Person, Publisher, due

PEOPLE = 2_000
WORD = 8
FALSE_ALARMS = 0.001
POWER = 0.99
_TRIED = 12
"""Members and outsiders whose award is sought by brute force, over all award numbers."""

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

    def begin(self, *given: Any, **options: Any) -> Publisher:
        """As it should be, and then other commitments."""
        super().begin(*given, **options)
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
    """Chooses buckets by telephone number, and fills no free slot."""

    said = "the bucket follows from the telephone number, and free slots are empty"

    def bucket_of(self, of: Person, buckets: int) -> int:
        """By a hash that anybody can compute."""
        return _bucket_guess(of, buckets)

    def bucket(self, inside: Sequence[bytes], _number: int) -> bytes:
        """Free slots are zero."""
        free = claims.SLOTS - len(inside)
        return claims.MAGIC + b"".join(sorted(inside)) + bytes(claims.SLOT_BYTES * free)


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


HONEST = Leaks
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
        by_idno = [replace(one, code=_code_guess(one)) for one in leaked.people]
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


# What the thief does. Each attack: a name, and a number that is standard normal without a leak.


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """An attack's outcome: on which question, how, how far above chance, and by how much.

    ``gain``: right guesses above the prior's share, of all guesses.
    """

    question: str
    how: str
    score: float
    gain: float


LISTED, WHICH, STATED = "on the list?", "which award?", "which state?"


def attacks(leaked: Leaked, seen: Sequence[Files], award_of: Order) -> list[Attack]:
    """Every attack on what was *seen*; the truth only judges the guesses."""
    return [
        *_listed(leaked, seen),
        *_which(leaked, seen, award_of),
        *_stated(leaked, seen, award_of),
    ]


def _values(of: Person) -> list[bytes]:
    """What the thief knows of somebody, alone and together, in the spellings that are usual."""
    known = (of.name, of.phone, of.idno, "+86" + of.phone, of.name + of.phone, of.phone + of.idno)
    return [text.encode() for text in known]


def _recipes() -> dict[str, Callable[[bytes], bytes]]:
    """The ways in which lists have been hashed, and values as they stand."""
    case, origin = CASE.encode(), KEY.origin.encode()
    return {
        "value as it stands": lambda value: value[-WORD:].rjust(WORD, b"\xff"),
        "SHA-256": lambda value: sha256(value).digest(),
        "SHA-1": lambda value: sha1(value).digest(),  # noqa: S324 -- what others have used
        "MD5": lambda value: md5(value).digest(),  # noqa: S324 -- likewise
        "SHA-256 of case and value": lambda value: sha256(case + value).digest(),
        "SHA-256 of value and case": lambda value: sha256(value + case).digest(),
        "HMAC under the case": lambda value: hmac(case, value, "sha256"),
        "HMAC under the log's name": lambda value: hmac(origin, value, "sha256"),
    }


def _words(seen: Sequence[Files]) -> npt.NDArray[np.uint64]:
    """Every eight bytes in a row of every file, those of hexadecimal and gzip opened, too."""
    found = []
    for content in {content for files in seen for content in files.values()}:
        opened = zlib.decompress(content, 31) if content[:2] == b"\x1f\x8b" else content
        texts = [opened, *(bytes.fromhex(one.decode()) for one in _HEX.findall(opened))]
        found += [_windows(text) for text in texts if len(text) >= WORD]
    return np.unique(np.concatenate(found))


_HEX = re.compile(rb"(?:[0-9a-f]{2}){8,}")


def _windows(text: bytes) -> npt.NDArray[np.uint64]:
    cut = [np.frombuffer(text[at : at + (len(text) - at) // 8 * 8], "<u8") for at in range(WORD)]
    return np.concatenate(cut).astype(np.uint64)


def _listed(leaked: Leaked, seen: Sequence[Files]) -> list[Attack]:
    """Membership: for each row a number, which should be larger for people on the list."""
    words, found = _words(seen), list[Attack]()
    for name, recipe in _recipes().items():
        hashed = [[recipe(value)[:WORD] for value in _values(one)] for one in leaked.people]
        there = np.isin(np.frombuffer(b"".join(sum(hashed, [])), "<u8"), words)
        hits = there.reshape(len(leaked.people), -1).any(axis=1)
        found.append(_told_apart(f"{name}, anywhere in any file", hits, leaked.owed))
    for at, value in enumerate(("name", "phone", "idno")):
        opens = np.array([_opens(one, at, seen[-1]) for one in leaked.people])
        found.append(_told_apart(f"a claim code made of the {value}", opens, leaked.owed))
    found.append(_told_apart("slots in use of the bucket", _in_use(leaked, seen), leaked.owed))
    found.append(_told_apart("slots changed of the bucket", _changed(leaked, seen), leaked.owed))
    return [*found, _seeds(leaked, seen[0])]


def _told_apart(how: str, number: npt.NDArray[Any], owed: npt.NDArray[np.bool_]) -> Attack:
    """How well a number tells people on the list from others: Mann and Whitney's U, with ties."""
    _, tied, counts = np.unique(number, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[tied]
    members, n = int(owed.sum()), len(owed)
    others = n - members
    above = float(rank[owed].sum()) - members * (members + 1) / 2 - members * others / 2
    ties = float((counts**3 - counts).sum()) / (n * (n - 1))
    spread = sqrt(members * others / 12 * (n + 1 - ties))
    share = abs(above) / (members * others)  # of pairs ordered right, above one half
    return Attack(
        question=LISTED, how=how, score=abs(above) / spread if spread else 0.0, gain=share
    )


def _code_guess(of: Person, which: int = 2) -> int:
    """A claim code that follows from a person."""
    hashed = b"".join(sha256(_values(of)[which] + bytes([at])).digest()[:13] for at in range(9))
    return codes.drawn(hashed)[0]


def _opens(of: Person, which: int, files: Files) -> bool:
    """Whether that code opens anything."""
    made = codes.derived(KEY.origin, _code_guess(of, which))
    about = json.loads(files[claims.ABOUT])
    bucket = files[claims.bucket_path(made.bucket(about["buckets"]))]
    return claims.found(bucket, made.root, about["publication"]) is not None


def _bucket_guess(of: Person, buckets: int) -> int:
    """A bucket that follows from a telephone number."""
    return int.from_bytes(sha256(of.phone.encode()).digest()[:8], "big") % buckets


def _slots(files: Files, number: int) -> list[bytes]:
    bucket = files[claims.bucket_path(number)][len(claims.MAGIC) :]
    return [bucket[at : at + claims.SLOT_BYTES] for at in range(0, len(bucket), claims.SLOT_BYTES)]


def _in_use(leaked: Leaked, seen: Sequence[Files]) -> npt.NDArray[np.int64]:
    """How many slots of somebody's bucket look like slots, if it followed from the number."""
    buckets = json.loads(seen[0][claims.ABOUT])["buckets"]
    used = [sum(len(set(one)) > 64 for one in _slots(seen[0], at)) for at in range(buckets)]
    return np.array([used[_bucket_guess(one, buckets)] for one in leaked.people])


def _changed(leaked: Leaked, seen: Sequence[Files]) -> npt.NDArray[np.int64]:
    """How many of its slots are not what they were when claims were published before."""
    buckets = json.loads(seen[0][claims.ABOUT])["buckets"]
    new = [len({*_slots(seen[-1], at)} - {*_slots(seen[0], at)}) for at in range(buckets)]
    return np.array([new[_bucket_guess(one, buckets)] for one in leaked.people])


def _entries(files: Files) -> list[bytes]:
    """The AWARD entries of a directory, by award number."""
    bundles: dict[int, bytes] = {}
    for name in files:
        if match := re.fullmatch(r"tile/entries/([0-9x/]+)(?:\.p/[0-9]+)?", name):
            number = int(match[1].replace("x", "").replace("/", ""))
            bundles[number] = max(bundles.get(number, b""), files[name], key=len)
    found = (entry for _, data in sorted(bundles.items()) for entry in split_bundle(data))
    return [entry for entry in found if entry[0] == 1]


def _seeds(leaked: Leaked, files: Files) -> Attack:
    """Seeds that follow from people: some of them, tried at every award number."""
    there = {entry[14:] for entry in _entries(files)}
    tried = [
        at
        for owed in (True, False)
        for at in np.flatnonzero(leaked.owed == owed)[:_TRIED].tolist()
    ]
    hits = []
    for at in tried:
        one = leaked.people[at]
        seeds = [sha256(value).digest() for value in _values(one)[1:3]]
        hits.append(
            any(
                commit(BOUND, award, seed, LEAKED[one.kind], one.values)[0] in there
                for seed in seeds
                for award in range(len(there))
            )
        )
    return _told_apart("a seed made of phone or idno", np.array(hits), leaked.owed[tried])


def _guesses(members: list[Person]) -> dict[str, Order]:
    """Award numbers that members would have, if awards were in some order."""
    keys: dict[str, Callable[[Person], object]] = {
        "telephone numbers": lambda one: one.phone,
        "names": lambda one: one.name,
        "identity numbers": lambda one: one.idno,
        "hashes of telephone numbers": lambda one: sha256(one.phone.encode()).digest(),
        "hashes of identity numbers": lambda one: sha256(one.idno.encode()).digest(),
    }
    found = {"the leaked file": np.arange(len(members))}
    for name, key in keys.items():
        keyed = [key(one) for one in members]
        rank = np.empty(len(members), dtype=np.int64)
        rank[sorted(range(len(members)), key=keyed.__getitem__)] = np.arange(len(members))  # type: ignore[arg-type]
        found[name] = rank
    return found


def _which(leaked: Leaked, seen: Sequence[Files], award_of: Order) -> list[Attack]:
    """The award's number: is it near the place in some order? The class is public and is used."""
    members = leaked.members()
    classes = np.array([entry[1] for entry in _entries(seen[0])])
    kinds = np.array([one.kind for one in members])
    found = []
    for name, guess in _guesses(members).items():
        within, right = np.empty(len(guess), dtype=np.int64), 0
        for kind in np.unique(kinds):  # the thief knows whose identity number leaked
            mine, awards = np.flatnonzero(kinds == kind), np.flatnonzero(classes == kind)
            within[mine[np.argsort(guess[mine])]] = awards
        right = int((within == award_of).sum())
        score = abs(_correlation(within, award_of, kinds))
        expected = len(np.unique(kinds))  # a blind guess is right once in each class
        gain = (right - expected) / len(guess)
        found.append(Attack(question=WHICH, how=f"the order of {name}", score=score, gain=gain))
    return found


def _correlation(guess: Order, truth: Order, kinds: Order) -> float:
    """Rank correlation within classes, in its standard deviations under no leak."""
    score, parts = 0.0, np.unique(kinds)
    for kind in parts:
        a, b = (np.argsort(np.argsort(one[kinds == kind])) for one in (guess, truth))
        score += float(np.corrcoef(a, b)[0, 1]) * sqrt(len(a) - 1)
    return score / sqrt(len(parts))


def _stated(leaked: Leaked, seen: Sequence[Files], award_of: Order) -> list[Attack]:
    """The state: that of the award which somebody would have, and by who would be paid first."""
    members, found = leaked.members(), list[Attack]()
    for epoch in (1, 2, 3):
        states = np.frombuffer(zlib.decompress(seen[-1][f"state/{epoch}.bin.gz"], 31), np.uint8)
        truth = states[award_of]
        for name, guess in _guesses(members).items():
            how = f"the state of epoch {epoch} at the place in the order of {name}"
            found.append(_agree(how, states[guess], truth))
            many = np.bincount(states, minlength=len(State))
            first = np.where(guess < many[State.SETTLED], State.SETTLED, State.PROMISED)
            found.append(_agree(f"paid by epoch {epoch} in the order of {name}", first, truth))
    return found


def _agree(how: str, guess: npt.NDArray[Any], truth: npt.NDArray[Any]) -> Attack:
    """How many guesses are right, beside as many as chance has with the same counts.

    If guesses and truth are matched by lot, the number of right ones has the mean and the variance
    of a sum of products under a random permutation. Its prior is whichever guess is best for all.
    """
    n, codes_ = len(truth), range(len(State))
    mine = np.stack([guess == code for code in codes_]).astype(float)
    true = np.stack([truth == code for code in codes_]).astype(float)
    right, p, q = float((mine * true).sum()), mine.mean(axis=1), true.mean(axis=1)
    cov_mine = np.diag(p) - np.outer(p, p)
    cov_true = np.diag(q) - np.outer(q, q)
    spread = sqrt(max(float((cov_mine * cov_true).sum()) * n * n / (n - 1), 0.0))
    above = right - n * float(p @ q)
    score = above / spread if spread > 1e-9 else 0.0
    return Attack(question=STATED, how=how, score=abs(score), gain=right / n - float(q.max()))


# Judgement.


def limit(attacks: int) -> float:
    """The score above which an attack has found a leak: all together err once in a thousand."""
    return NormalDist().inv_cdf(1 - FALSE_ALARMS / (2 * attacks))


def least_gain(people: int, attacks: int) -> float:
    """The smallest gain over a prior of one half that is found with ``POWER`` among *people*."""
    return (limit(attacks) + NormalDist().inv_cdf(POWER)) * 0.5 / sqrt(people)


def smallest_group(seen: Sequence[Files]) -> tuple[int, int]:
    """The fewest awards of one class and state in an epoch; of one class and whole history."""
    classes = np.array([entry[1] for entry in _entries(seen[0])], dtype=np.int64)
    rows = [classes]
    single = []
    for epoch in (1, 2, 3):
        states = np.frombuffer(zlib.decompress(seen[-1][f"state/{epoch}.bin.gz"], 31), np.uint8)
        rows.append(states.astype(np.int64))
        _, counts = np.unique(np.stack([classes, rows[-1]]), axis=1, return_counts=True)
        single.append(int(counts.min()))
    _, counts = np.unique(np.stack(rows), axis=1, return_counts=True)
    return min(single), int(counts.min())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the thief got from one log."""

    how: type[Leaks]
    attacks: tuple[Attack, ...]
    groups: tuple[int, int]

    @property
    def best(self) -> Attack:
        """The attack that got furthest above chance."""
        return max(self.attacks, key=lambda one: one.score)

    @property
    def leaks(self) -> bool:
        """Whether it is more than chance."""
        return self.best.score > limit(len(self.attacks))


def attacked(how: type[Leaks], people: int, seed: int) -> Outcome:
    """Publish a log of *people* in some way, and attack it."""
    draw = random.Random(f"{how.__name__} {seed}")  # noqa: S311 -- to be repeated
    leaked = leaked_file(people, draw)
    made = published(leaked, how, draw)
    found = attacks(leaked, made.days, made.award_of)
    return Outcome(how=how, attacks=tuple(found), groups=smallest_group(made.days))


def main() -> int:
    """A line for each log; 1 if the honest one leaks or a leak is not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--honest", action="store_true", help="the honest log alone")
    given, wrong = parser.parse_args(), 0
    for how in (HONEST, *(() if given.honest else LEAKY)):
        began = time.process_time()
        found = attacked(how, given.people, given.seed)
        wrong += found.leaks is (how is HONEST)
        best, bound = found.best, limit(len(found.attacks))
        print(f"{how.said}: {best.question} by {best.how}: {best.score:.2f} (limit {bound:.2f})")
        for question in (LISTED, WHICH, STATED):
            mine = [one for one in found.attacks if one.question == question]
            furthest = max(mine, key=lambda one: one.score)
            print(f"    {question} {furthest.score:.2f}, gain {furthest.gain:+.4f}")
        print(f"    groups {found.groups}; {time.process_time() - began:.1f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
