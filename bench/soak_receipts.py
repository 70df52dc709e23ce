"""Changes every byte of thousands of receipts, and cuts each at every place: nobody takes one.

    python bench/soak_receipts.py [--receipts N] [--browser N]      (`make soak`)

Each receipt of a log of 10,000 people (two of three witnesses have cosigned; every tenth award is
corrected) is read as it stands, with another byte at each of its places, and cut at each of them:
all by the stand-alone verifier, every eighth by the publisher's own check, a few by the page in a
real browser. Whoever takes one that is not whole ends the run. What was read is kept from one run
to the next while log and verifiers stay as they are; the processes stand back for others (nice 19).
"""

import argparse
import functools
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from amends.roster import selfcheck as publishers
from amends.roster.model import ReceiptError
from amends.roster.publication import receipt_text
from amends.roster.site import page_of
from amends.roster.tiles import TileTree
from amends_verify import verify
from amends_verify.verify import MALFORMED, Policy, RosterError

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from changed_receipts import WITNESSES, witnessed_policy
from chromium import Chromium, chromium
from roster_logs import STANDS_FOR_IT, MadeLog

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "soak-receipts.json"
PEOPLE = 10_000
COSIGNED_S = 1_795_000_000
SHARE = 25
"""Receipts that a process takes at once."""
NOTES = 32
"""So many different changes of each byte of the checkpoint, which is the same in all receipts."""


class WrongError(Exception):
    """A receipt that is not whole was taken, or a whole one refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was read: receipts, changes and cuts of them, seconds of CPU of all processes."""

    receipts: int = 0
    changed: int = 0
    cpu_s: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        """Both."""
        return Tally(
            receipts=self.receipts + other.receipts,
            changed=self.changed + other.changed,
            cpu_s=self.cpu_s + other.cpu_s,
        )


@functools.cache
def log() -> tuple[MadeLog, TileTree, str]:
    """The log, its tree, its cosigned checkpoint."""
    made, tree = MadeLog(people=PEOPLE).begin(STANDS_FOR_IT), TileTree()
    made.correct(*((award, 1, 1, 600_000) for award in range(0, PEOPLE, 10)))
    tree.append(made.log)
    note = made.checkpoint(tree)
    body = note.partition("\n\n")[0] + "\n"
    return made, tree, note + "".join(one.cosign(body, COSIGNED_S) for one in WITNESSES[:2])


def receipt(award: int) -> bytes:
    """The receipt of an award."""
    made, tree, note = log()
    award_entry, *corrections = (
        made.proved(tree, at) for at in (award + 2, *made.corrected.get(award, ()))
    )
    text = receipt_text(
        made.bound, award, made.openings[award], award_entry, corrections, checkpoint=note
    )
    return text.encode()


def others(award: int, data: bytes) -> bytes:
    """Another byte for each place: any, or one that stands in receipts, too."""
    head = data.index(b"\n\n") + 2
    chances = (random.Random(award), random.Random(award % NOTES))  # noqa: S311 - to do it again
    alphabet = bytes(sorted(set(data)))
    made = bytearray()
    for at, byte in enumerate(data):
        chance = chances[at >= head]
        other = chance.choice((chance.randrange(256), chance.choice(alphabet)))
        made.append(other if other != byte else byte ^ 1)
    return bytes(made)


def changed(data: bytes, other: bytes) -> Iterator[bytes]:
    """The receipt with another byte at each place, and cut at each."""
    for at in range(len(data)):
        yield data[:at] + other[at : at + 1] + data[at + 1 :]
    for end in range(len(data)):
        yield data[:end]


PUBLISHERS = 8
"""The publisher's own check reads one receipt in so many."""

Taker = Callable[[bytes], bool]


def takers(policy: str) -> tuple[Taker, Taker]:
    """Whether the stand-alone verifier takes a receipt, and whether the publisher does."""
    stranger, publisher = Policy(policy.encode()), publishers.parse_policy(policy)

    def taken_by_stranger(data: bytes) -> bool:
        try:
            return bool(verify.receipt(data, stranger))
        except (RosterError, *MALFORMED):
            return False

    def taken_by_publisher(data: bytes) -> bool:
        try:
            return bool(publishers.read_receipt(data, publisher))
        except ReceiptError:
            return False

    return taken_by_stranger, taken_by_publisher


def soak(first: int) -> tuple[int, Tally]:
    """Read a share of receipts in every way; where it begins, and what was read.

    Raises:
        WrongError: one is taken that is not whole, or a whole one is not.
    """
    began = time.process_time()
    read = range(first, min(first + SHARE, PEOPLE))
    both = takers(witnessed_policy())
    count = sum(read_in_every_way(award, both[: 1 + (award % PUBLISHERS == 0)]) for award in read)
    cpu_s = time.process_time() - began
    return first, Tally(receipts=len(read), changed=count, cpu_s=cpu_s)


def read_in_every_way(award: int, takes: Sequence[Taker]) -> int:
    """Read a receipt as it stands, changed and cut; how many changes and cuts there are.

    Raises:
        WrongError: one is taken that is not whole, or a whole one is not.
    """
    data, count = receipt(award), 0
    if not all(take(data) for take in takes):
        raise WrongError(f"receipt {award} is refused")
    for one in changed(data, others(award, data)):
        count += 1
        if any(take(one) for take in takes):
            raise WrongError(f"a change of receipt {award} is taken: {one!r}")
    return count


def stand_back() -> None:
    """A process of the run: others come first, and each signature is computed once."""
    os.nice(19)
    verify.signed = functools.cache(verify.signed)
    log()


def digest() -> str:
    """What a run's outcome depends on."""
    code = [ROOT / "src" / "amends_verify" / "verify.py", Path(__file__)]
    code.append(ROOT / "src" / "amends" / "roster" / "selfcheck.py")
    parts = [log()[2].encode(), *(path.read_bytes() for path in code), receipt(0)]
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()


def kept(of: str) -> dict[int, Tally]:
    """What earlier runs of the same have read, by the first receipt of each share."""
    if not KEPT.exists():
        return {}
    told = json.loads(KEPT.read_text(encoding="utf-8"))
    return {int(n): Tally(**one) for n, one in told["read"].items()} if told["of"] == of else {}


def run(wanted: int, processes: int) -> Tally:
    """Read so many receipts, as far as earlier runs have not."""
    of = digest()
    read = kept(of)
    shares = [first for first in range(0, wanted, SHARE) if first not in read]
    began = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(processes, stand_back) as pool:
        for number, (first, tally) in enumerate(pool.imap_unordered(soak, shares), 1):
            read[first] = tally
            keep(of, read)
            if number % 20 == 0 or number == len(shares):
                left_s = (time.monotonic() - began) / number * (len(shares) - number)
                print(f"{told(total(read))}; {left_s / 60:.0f} minutes left", flush=True)
    return total(read)


def keep(of: str, read: dict[int, Tally]) -> None:
    """Write down what was read, for the next run."""
    KEPT.parent.mkdir(exist_ok=True)
    content = {"of": of, "read": {first: asdict(one) for first, one in sorted(read.items())}}
    part = KEPT.with_suffix(".part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(KEPT)


def total(read: dict[int, Tally]) -> Tally:
    """The sum of all shares."""
    return sum(read.values(), Tally())


def told(tally: Tally) -> str:
    """A tally in words."""
    return (
        f"{tally.receipts:,} receipts, {tally.changed:,} changes and cuts of them: none taken "
        f"({tally.cpu_s:,.0f} s of CPU)"
    )


IN_PAGE = """(async () => {{
    const [data, other] = [{data}, {other}].map((one) => Uint8Array.from(one));
    const policy = document.querySelector("meta[name=amends-policy]").content;
    const takes = (one) => check(one, policy).then(() => true, () => false);
    if (!await takes(data)) return "refused as it stands";
    for (let at = 0; at < data.length; at += 1) {{
        if (await takes(data.slice(0, at))) return `taken, cut at ${{at}}`;
        const one = data.slice();
        one[at] = other[at];
        if (await takes(one)) return `taken with ${{other[at]}} at ${{at}}`;
    }}
    return "";
}})()"""


def in_browser(page: Chromium, awards: Sequence[int]) -> int:
    """Have the page read receipts in every way; how many changes and cuts.

    Raises:
        WrongError: one is taken that is not whole, or a whole one is not.
    """
    count = 0
    for award in awards:
        data = receipt(award)
        script = IN_PAGE.format(data=list(data), other=list(others(award, data)))
        wrong = page.run(script)
        if wrong:
            raise WrongError(f"receipt {award}, in the browser: {wrong}")
        count += 2 * len(data)
    return count


def browsed(wanted: int) -> str:
    """What the page in a browser read of a sample, in words."""
    began = time.monotonic()
    awards = random.Random(1).sample(range(PEOPLE), wanted)  # noqa: S311 - to do it again
    with tempfile.TemporaryDirectory(prefix="amends-soak-") as name:
        place = Path(name) / "check.html"
        place.write_bytes(page_of(witnessed_policy()))
        with chromium(Path(name) / "profile") as page:
            page.open(place.as_uri())
            count = in_browser(page, awards)
    took_s = time.monotonic() - began
    return f"in the browser {wanted:,} receipts, {count:,} changes and cuts, in {took_s:.0f} s"


def main() -> None:
    """Run; exit with 1 at the first receipt that is taken and is not whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=PEOPLE, help="how many are read in Python")
    parser.add_argument("--browser", type=int, default=20, help="how many are read in a browser")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    try:
        if given.browser:
            print(browsed(given.browser), flush=True)
        print(told(run(given.receipts, given.processes)))
    except WrongError as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
