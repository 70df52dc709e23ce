"""Visitors of the public site who all send a report of a call, for bench/overload.py.

They are a process of their own, which knows nothing of Amends: what is measured waits for nobody.
It reads a ``Storm`` from standard input, and writes ``Seen`` to standard output, both as JSON.
"""

import asyncio
import os
import re
import sys
import time
from typing import Final

import msgspec

FORM: Final = "/zh/scam/"
_ID_BYTES: Final = 16
"""Of the number of a form that somebody begins."""
PATIENCE_S: Final = 30.0
TAKEN, SHED, OTHER, BROKEN = "taken", "told when to come back", "another answer", "no answer"
_SECRET: Final = re.compile(rb"(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}")


class Storm(msgspec.Struct, kw_only=True):
    """What the visitors do. ``each_s``: visits in a second, all together; 0: as fast as it goes."""

    port: int
    seconds: float
    each_s: float
    connections: int


class Seen(msgspec.Struct, kw_only=True):
    """After how many milliseconds which answer came; how long all took; ``busy_s``: CPU."""

    took_ms: dict[str, list[float]] = {}
    all_s: float = 0.0
    busy_s: float = 0.0

    def note(self, what: str, took_s: float) -> None:
        """Keep an answer."""
        self.took_ms.setdefault(what, []).append(took_s * 1000)

    def times(self, *what: str) -> int:
        """How many answers there were of these kinds."""
        return sum(len(self.took_ms.get(one, ())) for one in what)

    def told(self) -> str:
        """Each kind: how many, and the middle, one of 20, one of 100, the longest."""
        kinds = sorted(self.took_ms.items())
        return "; ".join(f"{what} {len(took):,} ({_spread(took)})" for what, took in kinds)


def _spread(took_ms: list[float]) -> str:
    return " / ".join(f"{part(took_ms, share):,.0f}" for share in (0.5, 0.95, 0.99, 1.0)) + " ms"


def part(took_ms: list[float], share: float) -> float:
    """What so many of them took at most."""
    ordered = sorted(took_ms)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


async def visits(storm: Storm) -> Seen:
    """All visitors at once, and what they saw."""
    seen, began = Seen(took_ms={}), time.perf_counter()
    await asyncio.gather(
        *(_visitor(storm, seen, began, number) for number in range(storm.connections))
    )
    seen.all_s, seen.busy_s = time.perf_counter() - began, time.process_time()
    return seen


async def _visitor(storm: Storm, seen: Seen, began: float, number: int) -> None:
    """One of them: sends a form, again and again, over a line that stays open while it can."""
    apart = storm.connections / storm.each_s if storm.each_s else 0.0
    due, until = began + number * apart / storm.connections, began + storm.seconds
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while due < until:
        await asyncio.sleep(due - time.perf_counter())
        try:
            async with asyncio.timeout(PATIENCE_S):
                line = line or await asyncio.open_connection("127.0.0.1", storm.port)
                what = await _sent(*line)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            what = BROKEN
        now = time.perf_counter()
        seen.note(what, now - due)
        due = due + apart if apart else now
        if what == BROKEN and line is not None:
            line[1].close()
            line = None
    if line is not None:
        line[1].close()


async def _sent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """Send a report of a call, and what became of it."""
    fields = {
        "submission": os.urandom(_ID_BYTES).hex(),
        "started": str(int(time.time())),
        "number": f"0086 {int.from_bytes(os.urandom(4)):010}",
        "when": "2026-11-20",
        "said": "他们要我的验证码",
        "go": "next",
    }
    line = '--edge\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(line.format(*pair) for pair in fields.items()).encode() + b"--edge--\r\n"
    head = (
        f"POST {FORM} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    page = await reader.readexactly(length)
    if answer.startswith(b"http/1.1 503") and b"\r\nretry-after: " in answer and page:
        return SHED
    done = answer.startswith(b"http/1.1 200") and _SECRET.search(page)
    return TAKEN if done else OTHER


if __name__ == "__main__":
    storm = msgspec.json.decode(sys.stdin.buffer.read(), type=Storm)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(visits(storm))))
