"""How fast millions are paid through the database, each step against its limit in the same run.

    python bench/payouts.py [PAYMENTS ...]      (default: 300000 and 3000000)

Everything is done but calls to a provider: a rail inside the process pays at once. People are in
pages and awards in the order of a lot, as the rooms below leave them. The limits are those of
PostgreSQL alone (`bare_chunks`): COPY with both keys, INSERT and key, and the chunk protocol by as
many workers. CPU is that of all workers and of the server together; memory is that of a worker.
"""

import asyncio
import json
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import uvloop

import bare_chunks
from amends.kernel.casefile import read_case
from amends.ledger import service as ledger
from amends.ledger.model import BANK, COMPENSATION, FUNDS, OWED
from amends.payees import pages
from amends.payouts.numbers import CHUNK
from amends.payouts.paying import pay_through, send_through, work_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.rails.model import Outcome, PreparedRequest
from amends.payouts.sending.dispatch import recover
from amends.payouts.sending.gathering import gather
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from apart import peak_mib
from determined import measured, of_each_size, owner_of, transfer
from instant_rail import AMOUNT_MINOR, FUNDING_MINOR, InstantRail

SIZES = (300_000, 3_000_000)
SINGLE = 300_000
"""At most so many transfers are posted one by one."""
KILLED_FROM = 50 * CHUNK
"""A worker is killed while it sends where there is enough to send."""
CASE = """
[case]
id = "bench"
title = { zh = "测速", en = "Benchmark" }
controller = { zh = "测速", en = "Benchmark" }
jurisdictions = ["CN"]
discovered_at = 2026-11-20T08:00:00+08:00
announced_at = 2026-11-21T20:00:00+08:00
[promise]
per_person = "CNY 5000.00"
pay_within = "P3D"
[[registry]]
product = "im"
path = "im.csv"
[[evidence]]
path = "dump.csv"
[tariff]
preset = "flat"
amount = "CNY 5000.00"
[funding]
amount = "CNY 100000000000000.00"
[[rail]]
kind = "simulator"
protocol = "alipay"
"""
_NOW = datetime(2026, 11, 21, 13, tzinfo=UTC)
Figures = dict[str, float]
Told = TypeVar("Told")


@contextmanager
def made_case() -> Iterator[OpenCase]:
    """A case on a database of its own."""
    with TemporaryDirectory(prefix="amends-bench-") as name:
        root = Path(name)
        (root / "case.toml").write_text(CASE, encoding="utf-8")
        (root / "im.csv").write_text("account_id,name,phone\n", encoding="utf-8")
        (root / "dump.csv").write_text("name,phone\n", encoding="utf-8")
        try:
            with open_case(root, approve_as=("anna", "bert")) as opened:
                yield opened
        finally:
            remove_database(read_case(root))


def awards(opened: OpenCase, people: int) -> dict[str, Any]:
    """Awards and payees, as the rooms below leave them."""
    now = _NOW.isoformat()
    with opened.database.unit_of_work() as connection:
        with connection.cursor().copy(
            "COPY payees.page (first_id, members, sealed, mark, settled_at) FROM STDIN"
        ) as copy:
            for first in range(0, people, pages.PEOPLE):
                some = range(first, min(first + pages.PEOPLE, people))
                ids = [f"{index:026d}" for index in some]
                plain = "\n".join(f"138{index:08d}\tphone\tsomebody" for index in some)
                sealed = pages.seal(opened.vault, "".join(ids).encode(), plain.encode())
                copy.write_row((ids[0], ids, sealed, b"m" * 16, now))
        order = np.random.default_rng(20261129).permutation(people)
        with connection.cursor().copy(
            "COPY awards.award (award_index, person_id, class, amount_minor, currency, tranche, "
            "awarded_at) FROM STDIN"
        ) as copy:
            for index, person in enumerate(order.tolist()):
                copy.write(f"{index}\t{person:026d}\t0\t{AMOUNT_MINOR}\tCNY\t1\t{now}\n")
        ledger.post(connection, [transfer("fund", BANK, FUNDS, FUNDING_MINOR)])
    return {}


def planned_rows(opened: OpenCase) -> Iterator[bytes]:
    """What planning wrote, in its order, as COPY takes it."""
    with (
        opened.database.reading() as connection,
        connection.cursor().copy(
            "COPY (SELECT instruction_id, award_index, generation, chunk_no, place, rail, "
            "amount_minor, currency, state FROM payouts.payment ORDER BY instruction_id) TO STDOUT "
            "(FORMAT binary)"
        ) as copy,
    ):
        for block in copy:
            yield bytes(block)


def post_obligations(opened: OpenCase, people: int) -> None:
    """What is owed to all, in a transfer for each chunk."""
    with opened.database.unit_of_work() as connection:
        ledger.post(
            connection,
            (
                transfer(
                    f"owed:{first:09d}",
                    COMPENSATION,
                    OWED,
                    AMOUNT_MINOR * (min(first + CHUNK, people) - first),
                )
                for first in range(0, people, CHUNK)
            ),
        )


def post_singly(opened: OpenCase, people: int) -> None:
    """A transfer for each of *people*."""
    with opened.database.unit_of_work() as connection:
        ledger.post(
            connection,
            (transfer(f"one:{one:09d}", COMPENSATION, OWED, 1) for one in range(people)),
        )


def apart(work: Callable[[], dict[str, Any]], workers: int = 1) -> list[dict[str, Any]]:
    """What *work* says in each of so many processes at once."""
    return [_ended(*one) for one in [_started(work) for _ in range(workers)]]


def _started(work: Callable[[], dict[str, Any]]) -> tuple[int, int]:
    """A process that says as JSON what *work* gives: its number, and where it says so."""
    reads, writes = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.write(writes, json.dumps(work()).encode())
            os._exit(0)
        except BaseException:  # noqa: BLE001 - said by the exit code as well
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(writes)
    return process, reads


def _ended(process: int, reads: int) -> dict[str, Any]:
    with os.fdopen(reads) as said:
        told = said.read()
    assert os.waitpid(process, 0)[1] == 0  # noqa: S101 - a benchmark
    found: dict[str, Any] = json.loads(told)
    return found


def worker(opened: OpenCase) -> dict[str, Any]:
    """Send what is approved, as `amends work` does, until all of it has an answer."""
    rail = InstantRail(partial(datetime.now, UTC))
    with opened.database.session() as session:
        recover(opened, session)
    uvloop.run(send_through(opened, [rail]))
    return {"paid": rail.paid, "peak_mib": peak_mib()}


@dataclass(slots=True)
class Telling(InstantRail):
    """Says when the first payment goes out."""

    first_at: float = 0.0
    paying: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Pay, and note when."""
        if not self.paying.is_set():
            self.first_at = time.time()
            self.paying.set()
        return await super().submit(prepared)


def killed_and_recovered(opened: OpenCase) -> float:
    """A worker dies while it sends: seconds until another one sends what is left."""
    process, _ = _started(lambda: worker(opened))
    while not _sent(opened):
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    killed = time.time()
    os.waitpid(process, 0)

    def again() -> dict[str, Any]:
        rail = Telling(partial(datetime.now, UTC))

        async def until_first() -> None:
            paying = asyncio.ensure_future(work_through(opened, rail))
            await rail.paying.wait()
            paying.cancel()
            with suppress(asyncio.CancelledError):
                await paying

        uvloop.run(until_first())
        return {"first_at": rail.first_at}

    (found,) = apart(again)
    return float(found["first_at"]) - killed


def _sent(opened: OpenCase) -> int:
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT count(*) FROM payouts.chunk WHERE state = 'sent'"
        ).fetchone()
    return int(str(row[0])) if row else 0


def one(people: int) -> dict[str, Any]:
    """Everything about one size."""
    done: dict[str, Any] = {}

    def step(name: str, work: Callable[[], Told]) -> Told:
        with opened.database.session() as watch, measured(watch.info.backend_pid) as figures:
            found = work()
        done[name] = figures
        return found

    with made_case() as opened, owner_of(opened) as owner:
        apart(lambda: awards(opened, people))
        bare_chunks.make_tables(owner)
        rail = InstantRail(partial(datetime.now, UTC))
        planning = lambda: {  # noqa: E731
            "new": plan_payable(opened, [rail.capabilities]),
            "peak_mib": peak_mib(),
        }
        (done["planning"],) = step("plan", lambda: apart(planning))
        (done["approving"],) = step(
            "approve", lambda: apart(lambda: {"n": approve_planned(opened), "mib": peak_mib()})
        )
        (done["gathering"],) = step(
            "gather", lambda: apart(lambda: {"n": gather(opened), "mib": peak_mib()})
        )
        step("copy", partial(bare_chunks.copied, owner, list(planned_rows(opened))))
        step("bare_post", lambda: bare_chunks.posted(owner, people))
        step("post", lambda: post_obligations(opened, people))
        step("post_singly", lambda: post_singly(opened, min(people, SINGLE)))
        _bare_protocol(owner, people, partial(step, "bare_before"))
        _open(opened, rail)
        if people >= KILLED_FROM:
            done["recovery_s"] = killed_and_recovered(opened)
        workers = step("send", lambda: apart(lambda: worker(opened), bare_chunks.WORKERS))
        done["workers"] = workers
        bare_chunks.make_tables(owner)
        _bare_protocol(owner, people, partial(step, "bare_after"))
        for figure, before in done["bare_before"].items():
            done.setdefault("bare", {})[figure] = (before + done["bare_after"][figure]) / 2
        counts = asyncio.run(pay_through(opened, rail)).counts
        assert counts["settled"] == people and counts["books_balanced"]  # noqa: S101, PT018
    return done


def _bare_protocol(owner: str, people: int, step: Callable[[Callable[[], Any]], Any]) -> None:
    """The limit of sending, by as many workers; its tables are removed."""
    bare_chunks.fill(owner, people)
    step(lambda: apart(lambda: {"paid": bare_chunks.work_off(owner)}, bare_chunks.WORKERS))
    bare_chunks.remove_tables(owner)


def _open(opened: OpenCase, rail: InstantRail) -> None:
    """Book what lies at the rail, as the first command does."""
    from amends.payouts.paying import _require_funds  # noqa: PLC0415

    asyncio.run(_require_funds(opened, rail))


def main() -> None:
    """Measure each size, in a process of its own."""
    for people, done in of_each_size(__file__, one, SIZES):
        print(f"{people:,} payments")
        _line("raw COPY with both keys", done["copy"], people)
        _line("planned", done["plan"], people, done["copy"])
        _line("approved", done["approve"], people)
        _line("payees gathered", done["gather"], people)
        _line("INSERT and key", done["bare_post"], people)
        _line("owed, by chunks", done["post"], people, done["bare_post"])
        singly = min(people, SINGLE)
        _line("transfers one by one", done["post_singly"], singly)
        _line("bare chunks, before", done["bare_before"], people)
        _line("bare chunks, after", done["bare_after"], people)
        _line("sent and recorded", done["send"], people, done["bare"])
        shares = ", ".join(f"{one['paid']:,}" for one in done["workers"])
        peaks = ", ".join(f"{one['peak_mib']:.0f}" for one in done["workers"])
        print(
            f"  two workers paid {shares}; peaks {peaks} MiB; planning "
            f"{done['planning']['peak_mib']:.0f} MiB, approving {done['approving']['mib']:.0f}, "
            f"gathering {done['gathering']['mib']:.0f} MiB"
        )
        if "recovery_s" in done:
            print(f"  killed, and another sends after {done['recovery_s']:.2f} s")


def _line(did: str, took: Figures, payments: int, limit: Figures | None = None) -> None:
    """A line; with a *limit*, by how many times it is exceeded, in wall and CPU seconds."""
    beside = ""
    if limit is not None and all(limit.values()):
        wall, cpu = (took[key] / limit[key] for key in ("wall_s", "cpu_s"))
        beside = f"  {wall:.2f} x the limit (CPU {cpu:.2f})"
    print(
        f"  {did:<26}{took['wall_s']:8.2f} s  {payments / took['wall_s']:>11,.0f}/s"
        f"  {took['cpu_s']:7.2f} CPU s  {1e6 * took['cpu_s'] / payments:6.1f} us each{beside}"
    )


if __name__ == "__main__":
    main()
