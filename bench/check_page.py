"""How long checking a receipt takes, in Python and in a browser, beside its signatures alone.

    python bench/check_page.py [--receipts N]

The receipts are those of a log of 3,000,000 people, with a policy of two of three witnesses: three
signatures and 22 steps each. Python is the stand-alone verifier, once as a process of its own from
command to answer, and within one; the browser a headless Chromium with the page from disk, by its
own clock. Limits: 50 ms in Python, 5 ms in the browser, a receipt of 4 kB.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from amends.roster import entries
from amends.roster.commitment import Bound, commit
from amends.roster.merkle import leaf_hash, root_from_inclusion
from amends.roster.model import Proved
from amends.roster.publication import receipt_text
from amends.roster.site import page_of
from amends_verify import verify
from amends_verify.verify import Policy

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from changed_receipts import cosigned, witnessed_policy
from chromium import Chromium, chromium
from roster_logs import AMOUNT, BOUND, KEY, VALUES

ENTRIES = 3_000_002
STEPS = 22
VERIFIER = Path(__file__).parents[1] / "src" / "amends_verify" / "verify.py"
PYTHON_MS, PAGE_MS, SIZE_KB = 50, 5, 4


def made(award: int, bound: Bound = BOUND) -> bytes:
    """A receipt of the log: its neighbours in the tree are made up, its signatures are not."""
    hidden, opening = commit(bound, award, sha256(b"%d" % award).digest(), "NAME;PHONE", VALUES)
    entry, index = entries.award_entry(0, AMOUNT, hidden), award + 2
    path = tuple(sha256(b"%d %d" % (award, step)).digest() for step in range(STEPS))
    root = root_from_inclusion(leaf_hash(entry), index, ENTRIES, path)
    proved = Proved(index=index, entry=entry, path=path)
    text = receipt_text(bound, award, opening, proved, checkpoint=KEY.checkpoint(ENTRIES, root))
    return cosigned(text.encode(), 0, 1)


def each_ms(work: Callable[[], object], times: int) -> float:
    """The middle of so many calls, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(1_000 * (time.perf_counter() - began))
    return statistics.median(took)


def signatures(receipt: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """Key, message and signature of each that a check of the receipt computes."""
    asked: list[tuple[bytes, bytes, bytes]] = []
    signed = verify.signed

    def noting(key: bytes, message: bytes, signature: bytes) -> bool:
        asked.append((key, message, signature))
        return signed(key, message, signature)

    vars(verify)["signed"] = noting
    verify.receipt(receipt, Policy(witnessed_policy().encode()))
    vars(verify)["signed"] = signed
    return asked


def in_python(receipts: Sequence[bytes]) -> dict[str, float]:
    """Milliseconds a receipt: signatures alone, one check, the whole command."""
    policy = Policy(witnessed_policy().encode())
    alone = signatures(receipts[0])
    following = iter(receipts)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "receipt").write_bytes(receipts[0])
        (place / "policy").write_text(witnessed_policy(), encoding="utf-8")
        command = [sys.executable, "-I", str(VERIFIER), "receipt", str(place / "receipt")]
        command += ["--policy", str(place / "policy")]

        def whole() -> None:
            subprocess.run(command, check=True, capture_output=True)

        times = len(receipts)
        return {
            "signatures": each_ms(lambda: [verify.signed(*one) for one in alone], times),
            "check": each_ms(lambda: verify.receipt(next(following), policy), times),
            "command": each_ms(whole, min(times, 20)),
        }


TIMED = """(async () => {{
    const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const receipts = {receipts}.map(bytes), alone = {alone}.map((one) => one.map(bytes));
    const policy = document.querySelector("meta[name=amends-policy]").content;
    const middle = (took) => took.sort((one, other) => one - other)[took.length >> 1];
    const timed = async (work) => {{
        const took = [];
        for (const receipt of receipts) {{
            const began = performance.now();
            await work(receipt);
            took.push(performance.now() - began);
        }}
        return middle(took);
    }};
    await timed((one) => check(one, policy));
    return [
        await timed(async () => {{ for (const one of alone) await signed(...one); }}),
        await timed((one) => check(one, policy)),
    ];
}})()"""


def in_browser(page: Chromium, receipts: Sequence[bytes]) -> dict[str, float]:
    """Milliseconds a receipt: signatures alone, one check."""
    texts = [b64encode(one).decode() for one in receipts]
    alone = [[b64encode(part).decode() for part in one] for one in signatures(receipts[0])]
    script = TIMED.format(receipts=json.dumps(texts), alone=json.dumps(alone))
    bare, check = page.run(script)
    return {"signatures": float(bare), "check": float(check)}


def printed(name: str, figures: dict[str, float], limit_ms: float) -> None:
    """One line: each figure, the check beside its signatures and its limit."""
    ratio = figures["check"] / figures["signatures"]
    told = ", ".join(f"{what} {took:.2f} ms" for what, took in figures.items())
    print(f"  {name:<8}{told}; {ratio:.1f} x its signatures, limit {limit_ms} ms")


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=200)
    count = parser.parse_args().receipts
    receipts = [made(award) for award in range(0, 3 * count, 3)]
    size_kb = max(map(len, receipts)) / 1_000
    print(f"{count:,} receipts of {ENTRIES - 2:,} people, {size_kb:.1f} kB, limit {SIZE_KB} kB")
    printed("Python", in_python(receipts), PYTHON_MS)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "check.html"
        place.write_bytes(page_of(witnessed_policy()))
        with chromium(Path(name) / "profile") as page:
            page.open(place.as_uri())
            printed("browser", in_browser(page, receipts), PAGE_MS)


if __name__ == "__main__":
    main()
