"""Does anything published help the thief? He has the whole leaked file and every file of every day.

    python bench/cheating/reidentify.py [--people 2000] [--logs 1]

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
from collections.abc import Callable, Collection, Iterator, Sequence
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

from amends.kernel.compiled.sha2 import SHA256
from amends.roster import claims, codes
from amends.roster.commitment import (
    SHOWN,
    commit,
    commitment,
    digests_of,
    field_digest,
    nonce_of,
    person_root,
    salts_of,
)
from amends.roster.entries import State
from amends.roster.tiles import split_bundle
from cheating.leaking import (
    HONEST,
    LEAKY,
    WORD,
    Files,
    Leaked,
    Leaks,
    Order,
    bucket_guess,
    code_guess,
    leaked_file,
    published,
    values,
)
from cheating.publisher import BOUND, CASE, KEY, LEAKED, Person

PEOPLE = 2_000
FALSE_ALARMS = 0.001
POWER = 0.99
_TRIED = 12
"""Members and outsiders whose award is sought by brute force, over all award numbers."""


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


Slots = npt.NDArray[np.uint8]
"""The slots of a bucket, a row each."""

LISTED, WHICH, STATED = "on the list?", "which award?", "which state?"


def attacks(leaked: Leaked, seen: Sequence[Files], award_of: Order) -> list[Attack]:
    """Every attack on what was *seen*; the truth only judges the guesses."""
    return [
        *_listed(leaked, seen),
        *_which(leaked, seen, award_of),
        *_stated(leaked, seen, award_of),
    ]


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
    return np.sort(np.concatenate(found))


_TAGGED = b"\5"  # docs/formats/claims.md
_HEX = re.compile(rb"(?:[0-9a-f]{2}){8,}")


def _windows(text: bytes) -> npt.NDArray[np.uint64]:
    cut = [np.frombuffer(text[at : at + (len(text) - at) // 8 * 8], "<u8") for at in range(WORD)]
    return np.concatenate(cut).astype(np.uint64)


def _listed(leaked: Leaked, seen: Sequence[Files]) -> list[Attack]:
    """Membership: for each row a number, which should be larger for people on the list."""
    words, found = _words(seen), list[Attack]()
    for name, recipe in _recipes().items():
        hashed = [[recipe(value)[:WORD] for value in values(one)] for one in leaked.people]
        asked = np.frombuffer(b"".join(word for row in hashed for word in row), "<u8")
        nearest = np.minimum(np.searchsorted(words, asked), len(words) - 1)
        hits = (words[nearest] == asked).reshape(len(leaked.people), -1).any(axis=1)
        found.append(told_apart(f"{name}, anywhere in any file", hits, leaked.owed))
    buckets = [_buckets(files) for files in seen]
    for at, value in enumerate(("name", "phone", "idno")):
        opens = np.array([_opens(one, at, buckets) for one in leaked.people])
        found.append(told_apart(f"a claim code made of the {value}", opens, leaked.owed))
    found.append(told_apart("slots in use of the bucket", _in_use(leaked, seen), leaked.owed))
    found.append(told_apart("slots changed of the bucket", _changed(leaked, seen), leaked.owed))
    return [*found, _seeds(leaked, seen[0])]


def told_apart(how: str, number: npt.NDArray[Any], owed: npt.NDArray[np.bool_]) -> Attack:
    """How well a number tells people on the list from others: Mann and Whitney's U, with ties."""
    _, tied, counts = np.unique(number, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[tied]
    members, n = int(owed.sum()), len(owed)
    others = n - members
    above = float(rank[owed].sum()) - members * (members + 1) / 2 - members * others / 2
    ties = float((counts**3 - counts).sum()) / (n * (n - 1))
    spread = sqrt(members * others / 12 * (n + 1 - ties))
    share = above / (members * others)  # of pairs ordered right, above one half
    return Attack(question=LISTED, how=how, score=above / spread if spread else 0.0, gain=share)


def _opens(of: Person, which: int, seen: Sequence[list[Slots]]) -> bool:
    """Whether such a code would know a slot as its own, in the first or the second publication."""
    guess = codes.derived(KEY.origin, code_guess(of, which))
    key = guess.root.ljust(SHA256.block_bytes, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
    for publication, buckets in enumerate(seen, 1):
        slots = buckets[guess.bucket(len(buckets))]
        tags, bodies = np.hsplit(slots, [codes.TAG_BYTES])
        label = codes.slot_label(publication, 0) + _TAGGED
        within = SHA256.digests(np.ascontiguousarray(bodies), head=inner + label)
        keyed = SHA256.digests(within, head=outer)[:, : codes.TAG_BYTES]
        if (keyed == tags).all(axis=1).any():
            return True
    return False


def _slots(files: Files, number: int) -> list[bytes]:
    bucket = files[claims.bucket_path(number)][claims.HEAD_BYTES :]
    return [bucket[at : at + claims.SLOT_BYTES] for at in range(0, len(bucket), claims.SLOT_BYTES)]


def _buckets(files: Files) -> list[Slots]:
    """The slots of every bucket."""
    return [
        np.frombuffer(b"".join(_slots(files, at)), np.uint8).reshape(-1, claims.SLOT_BYTES)
        for at in range(json.loads(files[claims.ABOUT])["buckets"])
    ]


def _in_use(leaked: Leaked, seen: Sequence[Files]) -> npt.NDArray[np.float64]:
    """Slots of somebody's bucket that look like slots, a head of those whose bucket it may be."""
    buckets = json.loads(seen[0][claims.ABOUT])["buckets"]
    used = np.array(
        [sum(len(set(one)) > 64 for one in _slots(seen[0], at)) for at in range(buckets)]
    )
    mine = np.array([bucket_guess(one, buckets) for one in leaked.people])
    return np.array((used / np.maximum(np.bincount(mine, minlength=buckets), 1))[mine])


def _changed(leaked: Leaked, seen: Sequence[Files]) -> npt.NDArray[np.int64]:
    """How many of its slots are not what they were when claims were published before."""
    buckets = json.loads(seen[0][claims.ABOUT])["buckets"]
    new = [len({*_slots(seen[-1], at)} - {*_slots(seen[0], at)}) for at in range(buckets)]
    return np.array([new[bucket_guess(one, buckets)] for one in leaked.people])


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
        at for owed in (True, False) for at in np.flatnonzero(leaked.owed == owed)[:_TRIED].tolist()
    ]
    hits = [
        any(
            not there.isdisjoint(_commitments(leaked.people[at], sha256(value).digest(), there))
            for value in values(leaked.people[at])[1:3]
        )
        for at in tried
    ]
    return told_apart("a seed made of phone or idno", np.array(hits), leaked.owed[tried])


def _commitments(of: Person, seed: bytes, there: Collection[bytes]) -> Iterator[bytes]:
    """What an award of a person would commit to with this seed, whichever number it has."""
    _, opening = commit(BOUND, 0, seed, LEAKED[of.kind], of.values)
    salt, nonce = salts_of(seed, SHOWN)[0], nonce_of(seed)
    rest = set(digests_of(BOUND, 0, opening)) - {field_digest("award", salt, "0")}
    for award in range(len(there)):
        yield commitment(nonce, person_root([*rest, field_digest("award", salt, str(award))]))


def _guesses(members: list[Person]) -> dict[str, Order]:
    """Award numbers that members would have, if awards were in some order."""
    keys: dict[str, Callable[[Person], bytes]] = {
        "telephone numbers": lambda one: one.phone.encode(),
        "names": lambda one: one.name.encode(),
        "identity numbers": lambda one: one.idno.encode(),
        "hashes of telephone numbers": lambda one: sha256(one.phone.encode()).digest(),
        "hashes of identity numbers": lambda one: sha256(one.idno.encode()).digest(),
    }
    found = {"the leaked file": np.arange(len(members))}
    for name, key in keys.items():
        order = [place for _, place in sorted((key(one), at) for at, one in enumerate(members))]
        rank = np.empty(len(members), dtype=np.int64)
        rank[order] = np.arange(len(members))
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
        score = _correlation(within, award_of, kinds)
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
        states = np.frombuffer(zlib.decompress(seen[-1][f"state/{epoch}/0.bin.gz"], 31), np.uint8)
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
    return Attack(question=STATED, how=how, score=score, gain=right / n - float(q.max()))


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
        states = np.frombuffer(zlib.decompress(seen[-1][f"state/{epoch}/0.bin.gz"], 31), np.uint8)
        rows.append(states.astype(np.int64))
        _, counts = np.unique(np.stack([classes, rows[-1]]), axis=1, return_counts=True)
        single.append(int(counts.min()))
    _, counts = np.unique(np.stack(rows), axis=1, return_counts=True)
    return min(single), int(counts.min())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the thief got from logs of one kind. ``groups``: the smallest, as above."""

    how: type[Leaks]
    targets: int
    attacks: tuple[Attack, ...]
    groups: tuple[int, int]

    @property
    def best(self) -> Attack:
        """The attack that got furthest from chance."""
        return max(self.attacks, key=lambda one: abs(one.score))

    def furthest(self, question: str) -> Attack:
        """The same, of one question."""
        mine = (one for one in self.attacks if one.question == question)
        return max(mine, key=lambda one: abs(one.score))

    @property
    def leaks(self) -> bool:
        """Whether it is more than chance."""
        return abs(self.best.score) > limit(len(self.attacks))


def attacked(how: type[Leaks], people: int, seed: int) -> Outcome:
    """Publish a log of *people* in some way, and attack it."""
    draw = random.Random(f"{how.__name__} {seed}")  # noqa: S311 -- to be repeated
    leaked = leaked_file(people, draw)
    made = published(leaked, how, draw)
    found = attacks(leaked, made.days, made.award_of)
    return Outcome(
        how=how,
        targets=len(leaked.people),
        attacks=tuple(found),
        groups=smallest_group(made.days),
    )


def pooled(outcomes: Sequence[Outcome]) -> Outcome:
    """Many logs of one kind as one: sums of standard normal scores (Stouffer), means of gains."""
    columns = zip(*(one.attacks for one in outcomes), strict=True)
    together = [
        replace(
            column[0],
            score=sum(one.score for one in column) / sqrt(len(column)),
            gain=sum(one.gain for one in column) / len(column),
        )
        for column in columns
    ]
    return Outcome(
        how=outcomes[0].how,
        targets=sum(one.targets for one in outcomes),
        attacks=tuple(together),
        groups=min(one.groups for one in outcomes),
    )


def one_or_the_other(how: type[Leaks], people: int, seed: int) -> tuple[list[Files], list[Files]]:
    """Two logs with the same lots and secrets: one owes a person, one a neighbour in the file.

    Both are of one class. Whatever differs between them is all that membership can show in.
    """
    draw = random.Random(f"{how.__name__} pair {seed}")  # noqa: S311 -- to be repeated
    leaked, start = leaked_file(people, draw), draw.getrandbits(64)
    kinds = [one.kind for one in leaked.people]
    at = next(
        at
        for at in range(len(kinds) - 1)
        if kinds[at] == kinds[at + 1] and leaked.owed[at] and not leaked.owed[at + 1]
    )
    other = leaked.owed.copy()
    other[[at, at + 1]] = other[[at + 1, at]]
    pair = leaked, replace(leaked, owed=other)
    first, second = (published(one, how, random.Random(start)).days for one in pair)  # noqa: S311
    return first, second


def differing(first: Sequence[Files], second: Sequence[Files]) -> tuple[set[str], set[str]]:
    """Kinds of files that differ in name or size on some day; kinds that differ in their bytes."""
    sizes, contents = set[str](), set[str]()
    for one, other in zip(first, second, strict=True):
        for name in one.keys() | other.keys():
            kind = name.partition("/")[0]
            if len(one.get(name, b"")) != len(other.get(name, b"")):
                sizes.add(kind)
            if one.get(name) != other.get(name):
                contents.add(kind)
    return sizes, contents


def main() -> int:
    """A line for each log; 1 if the honest one leaks or a leak is not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--logs", type=int, default=1, help="so many honest logs, taken together")
    parser.add_argument("--honest", action="store_true", help="honest logs alone")
    given, wrong = parser.parse_args(), 0
    kinds: tuple[type[Leaks], ...] = (HONEST,) if given.honest else (HONEST, *LEAKY)
    for how in kinds:
        began, logs = time.process_time(), given.logs if how is HONEST else 1
        found = pooled([attacked(how, given.people, seed) for seed in range(1, logs + 1)])
        wrong += found.leaks is (how is HONEST)
        bound, least = limit(len(found.attacks)), least_gain(found.targets, len(found.attacks))
        print(f"{how.said}: {found.best.question} by {found.best.how}: {found.best.score:+.2f}")
        print(
            f"    {found.targets:,} targets, {len(found.attacks)} attacks, limit {bound:.2f}; a "
            f"gain of {least:.2%} is found; {time.process_time() - began:.1f} s"
        )
        for question in (LISTED, WHICH, STATED):
            one = found.furthest(question)
            print(f"    {question} {one.score:+.2f}, gain {one.gain:+.4f}, by {one.how}")
        print(f"    smallest groups: {found.groups[0]} of a state, {found.groups[1]} of a history")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
