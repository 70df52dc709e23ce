"""Signed transfers a second between rail and simulator, against the least that a client can do.

``python bench/rail.py [--rail alipay|wechatpay] [--calls N] [--paced] [--json]``. A rail makes a
transfer (for WeChat Pay it seals a name), sends it, and checks and reads the answer. The limit is
one signature and one bare request, made on the same event loop beside the same simulator, by turns
of 250 calls; the share of the limit is the median of the turns. Of its answer a bare request only
counts the bytes. Beside it stand the same with one signature checked, which is the floor of the
study that set the aim; and one signature and a request whose answer is read and given to who asked:
over connections like the rail's own, and by a general client (aiohttp).
Figures of one machine move with its neighbours: the shares are what to watch. Paced, calls go at
the pace that the provider allows and counts; otherwise neither side counts.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import cast

import aiohttp
import numpy as np
import uvloop
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from yarl import URL

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import RealClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails import (
    alipay_codes,
    alipay_gateway,
    connections,
    rsa,
    wechat_codes,
    wechat_gateway,
)
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.model import Accepted, Order, PreparedRequest, Rail, Settled, Unknown
from amends.payouts.rails.wechat import WechatRail
from amends.payouts.sending.dispatch import in_lanes

AMOUNT = Money.parse("CNY 5000.00")
TAKEN = (Settled, Accepted)
PASSING = alipay_codes.PASSING | wechat_codes.PASSING
TURN = 250
"""So many calls are one turn."""
_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run measured. Times are CPU microseconds for each call."""

    calls: int
    calls_per_second: float
    most_in_a_second: int
    turned_away: int
    """Calls that the provider counted as too many in a second."""
    prepare_cpu_us: float
    """To make a transfer; it is part of the rail's."""
    rail_cpu_us: float
    simulator_cpu_us: float
    signing_us: float
    verifying_us: float
    limit_us: float
    of_limit: float
    """A signed transfer's CPU, over that of one signature and one bare request."""
    checked_us: float
    of_checked: float
    """The same with one signature checked as well; 0 where it was not asked."""
    read_us: float
    of_read: float
    """The same of one signature and one request whose answer is read; 0 where it was not asked."""
    general_us: float
    of_general: float
    """The same of one signature and one request by aiohttp; 0 where that was not asked."""

    @property
    def rail_share_of_signing(self) -> float:
        """How much of the rail's cost is its one signature."""
        return self.signing_us / self.rail_cpu_us

    @property
    def share_of_limit(self) -> float:
        """Calls a second, of those that one core could sign."""
        return self.calls_per_second * self.signing_us / 1e6


PRIVATE = {"alipay": "app_private_key.pem", "wechatpay": "merchant_private_key.pem"}
UNCOUNTED = ("--calls-per-second", "0")


def signing_cost(private_key: Path, calls: int = 1000) -> tuple[float, float]:
    """CPU microseconds of a bare signature and of a bare verification."""
    private = rsa.load_private_key(private_key.read_bytes())
    public = private.public_key()
    text = b"x" * 600
    begun = time.process_time()
    for _ in range(calls):
        signature = rsa.sign(private, text)
    signed = time.process_time()
    for _ in range(calls):
        rsa.verify(public, text, signature)
    ended = time.process_time()
    return (signed - begun) / calls * 1e6, (ended - signed) / calls * 1e6


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def pay(rail: Rail, orders: Sequence[Order]) -> int:
    """Make transfers of *orders* and send them in as many lanes as the rail has.

    Each has to be taken. One that the provider counted as too many (on a busy machine calls arrive
    in bunches) goes again, as paying does; how many were turned away.
    """
    away = 0

    async def send(one: PreparedRequest) -> None:
        nonlocal away
        while not isinstance(outcome := await rail.submit(one), TAKEN):
            if not isinstance(outcome, Unknown) or outcome.code not in PASSING:
                raise SystemExit(f"a payment was not taken: {outcome}")
            away += 1

    prepared = [rail.prepare(one) for one in orders]
    await in_lanes(rail.capabilities.calls_in_flight, prepared, send)
    return away


@contextmanager
def recorded() -> Iterator[list[tuple[float, bytes]]]:
    """The requests of rails, as they go out, and when."""
    requests: list[tuple[float, bytes]] = []
    ask = connections.Connection.ask

    def asked(self: connections.Connection, request: bytes) -> "asyncio.Future[connections.Reply]":
        requests.append((time.monotonic(), request))
        return ask(self, request)

    setattr(connections.Connection, "ask", asked)  # noqa: B010  # undone at the end
    try:
        yield requests
    finally:
        setattr(connections.Connection, "ask", ask)  # noqa: B010


@dataclass(slots=True)
class Replaying:
    """Signs and sends the same bytes again and again, in as many lanes as a rail has.

    What is signed is as long as a transfer, and goes nowhere. ``checked``: what is checked after
    each answer, the signature of *text*; none where it is empty.
    """

    key: RSAPrivateKey
    request: bytes
    text: bytes = b"x" * 600
    checked: str = ""
    left: int = 0
    waiting: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    lanes: list["Bare"] = field(default_factory=list)
    public: RSAPublicKey = field(init=False)

    def __post_init__(self) -> None:
        self.public = self.key.public_key()

    async def open(self, gateway: URL, lanes: int) -> None:
        """Connect."""
        loop = asyncio.get_running_loop()
        for _ in range(lanes):
            _, lane = await loop.create_connection(
                lambda: Bare(self), gateway.host or "", gateway.port or 80
            )
            self.lanes.append(lane)

    async def calls(self, number: int, *, checking: bool = False) -> None:
        """Ask so many times."""
        self.checked = rsa.sign(self.key, self.text) if checking else ""
        self.left = number
        self.ended.clear()
        for lane in self.lanes[:number]:
            lane.ask()
        await self.ended.wait()

    def close(self) -> None:
        """Disconnect."""
        for lane in self.lanes:
            lane.transport.abort()


class Bare(asyncio.Protocol):
    """The least that a client can do: sign, write ready bytes, count those of the answer, again."""

    transport: asyncio.WriteTransport

    def __init__(self, replaying: Replaying) -> None:
        self._replaying = replaying
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self.transport = cast("asyncio.WriteTransport", transport)

    def ask(self) -> None:
        """Sign and write."""
        replaying = self._replaying
        replaying.left -= 1
        replaying.waiting += 1
        rsa.sign(replaying.key, replaying.text)
        self.transport.write(replaying.request)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer; ask again after its last."""
        if not self._wanted:
            head, _, _ = data.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._wanted = len(head) + 4 + int(length)
        self._wanted -= len(data)
        if self._wanted:
            return
        replaying = self._replaying
        if replaying.checked:
            rsa.verify(replaying.public, replaying.text, replaying.checked)
        replaying.waiting -= 1
        if replaying.left > 0:
            self.ask()
        elif not replaying.waiting:
            replaying.ended.set()


@dataclass(frozen=True, slots=True)
class Parts:
    """What was recorded of a request, as clients take it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, request: bytes) -> "Parts":
        """Those of the bytes that went out."""
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        del headers["Content-Length"]
        return cls(method, target, headers, body)


_OF_CONNECTIONS = ("Host", "User-Agent", "Content-Type")
"""Headers that connections write by themselves."""


async def read(ways: connections.Connections, replaying: Replaying, calls: int) -> None:
    """The same with an answer that is read, over connections as the rail has them."""
    parts = Parts.of(replaying.request)
    further = [one for one in parts.headers.items() if one[0] not in _OF_CONNECTIONS]
    headers = "".join(f"{name}: {value}\r\n" for name, value in further)

    async def call(_: int) -> None:
        rsa.sign(replaying.key, replaying.text)
        await ways.call(parts.method, parts.target, parts.body, headers)

    await in_lanes(len(replaying.lanes), range(calls), call)


async def general(
    session: aiohttp.ClientSession, gateway: URL, replaying: Replaying, calls: int
) -> None:
    """The same by a client that does everything of HTTP, in as many lanes."""
    parts = Parts.of(replaying.request)
    address = URL(f"{gateway.origin()}{parts.target}", encoded=True)

    async def call(_: int) -> None:
        rsa.sign(replaying.key, replaying.text)
        async with session.request(
            parts.method, address, data=parts.body, headers=parts.headers
        ) as answer:
            await answer.read()

    await in_lanes(len(replaying.lanes), range(calls), call)


@dataclass(slots=True)
class Turns:
    """CPU seconds of each turn; of ours seconds, and the simulator's CPU."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    checked: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    general: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    simulator_s: float = 0.0
    away: int = 0
    begun: list[float] = field(default_factory=list)
    """When calls went out, where that is counted."""

    @property
    def most_in_a_second(self) -> int:
        """The most calls that went out in any second; 0 where they were not counted."""
        behind = np.searchsorted(self.begun, np.array(self.begun) - 1.0, side="right")
        return int((np.arange(1, len(self.begun) + 1) - behind).max(initial=0))

    def of(self, others: Sequence[float]) -> float:
        """Ours over *others*: the median of the turns; 0 where there are none."""
        return median([one / other for one, other in zip(self.ours, others, strict=False)] or [0])


async def by_turns(
    rail: Rail,
    orders: Sequence[Order],
    gateway: URL,
    key: RSAPrivateKey,
    pid: int,
    *,
    turn: int,
) -> Turns:
    """Pay and replay by turns, each first in its turn; before, a call for each lane.

    How much CPU a signature takes depends on what the other core does, from one moment to the next.
    *pid*: the simulator's. *turn*: so many calls are one; where calls are counted, all of them, for
    those of the limit would be counted as well.
    """
    turns, lanes = Turns(), rail.capabilities.calls_in_flight
    with recorded() as requests:
        turns.away += await pay(rail, orders[:lanes])
    replaying = Replaying(key, requests[-1][1])
    await replaying.open(gateway, lanes)
    kinds = [turns.ours, turns.bare]
    if turn == TURN:
        await replaying.calls(lanes)
        kinds += [turns.checked, turns.read, turns.general]
    ways = connections.Connections(
        gateway,
        most=lanes,
        timeout_s=_TIMEOUT_S,
        answer_max_bytes=2**20,
        content=Parts.of(replaying.request).headers["Content-Type"],
    )
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=lanes)) as session:
        for at in range(lanes, len(orders), turn):
            some = orders[at : at + turn]
            for kind in kinds:
                wall, cpu, its = time.monotonic(), time.process_time(), cpu_of(pid)
                if kind is turns.ours:
                    counted: AbstractContextManager[list[tuple[float, bytes]]]
                    counted = nullcontext([]) if turn == TURN else recorded()
                    with counted as requests:
                        turns.away += await pay(rail, some)
                    turns.begun += [at for at, _ in requests]
                elif kind is turns.bare or kind is turns.checked:
                    await replaying.calls(len(some), checking=kind is turns.checked)
                elif kind is turns.read:
                    await read(ways, replaying, len(some))
                else:
                    await general(session, gateway, replaying, len(some))
                kind.append(time.process_time() - cpu)
                if kind is turns.ours:
                    turns.wall_s += time.monotonic() - wall
                    turns.simulator_s += cpu_of(pid) - its
            kinds = [*kinds[1:], kinds[0]]
    replaying.close()
    ways.close()
    await rail.close()
    return turns


def opened(name: str, keys: Path, gateway: str, *, paced: bool) -> Rail:
    """The rail *name*, at its own pace or at none."""
    if name == "alipay":
        return AlipayRail(alipay_gateway.settings_from_keys(keys, gateway=gateway), RealClock())
    settings = wechat_gateway.settings_from_keys(keys, gateway=gateway)
    if not paced:
        settings = replace(settings, calls_per_second=None)
    return WechatRail(settings, RealClock())


def measure(name: str, calls: int, *, paced: bool) -> Figures:
    """Start a simulator and pay *calls* people."""
    with tempfile.TemporaryDirectory() as directory:
        command = (
            *(sys.executable, "-m", "amends", "simulate", name, "--parent-pipe"),
            *(UNCOUNTED if name == "wechatpay" and not paced else ()),
            *("--state", directory, "--balance", "100000000000.00"),
        )
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            if process.stdout is None:
                raise SystemExit("the simulator says nothing")
            ready = json.loads(process.stdout.readline())
            keys = Path(ready["keys"])
            signing_before, verifying = signing_cost(keys / PRIVATE[name])
            rail = opened(name, keys, ready["url"], paced=paced)
            lanes = rail.capabilities.calls_in_flight
            orders = [order(name, n) for n in range(lanes + calls)]
            preparing = time.process_time()
            for one in orders:
                rail.prepare(one)
            preparing = time.process_time() - preparing
            key = rsa.load_private_key((keys / PRIVATE[name]).read_bytes())
            turn = len(orders) if paced else TURN
            turns = uvloop.run(
                by_turns(rail, orders, URL(ready["url"]), key, process.pid, turn=turn)
            )
            signing_after, _ = signing_cost(keys / PRIVATE[name])
            process.communicate()
    return Figures(
        calls=calls,
        calls_per_second=calls / turns.wall_s,
        most_in_a_second=turns.most_in_a_second,
        turned_away=turns.away,
        prepare_cpu_us=preparing / len(orders) * 1e6,
        rail_cpu_us=sum(turns.ours) / calls * 1e6,
        simulator_cpu_us=turns.simulator_s / calls * 1e6,
        signing_us=(signing_before + signing_after) / 2,
        verifying_us=verifying,
        limit_us=sum(turns.bare) / calls * 1e6,
        of_limit=turns.of(turns.bare),
        checked_us=sum(turns.checked) / calls * 1e6,
        of_checked=turns.of(turns.checked),
        read_us=sum(turns.read) / calls * 1e6,
        of_read=turns.of(turns.read),
        general_us=sum(turns.general) / calls * 1e6,
        of_general=turns.of(turns.general),
    )


def order(name: str, n: int) -> Order:
    """The n-th made-up payment."""
    wallet = name == "wechatpay"
    return Order(
        number=InstructionId(f"BENCH{n:010d}"),
        amount=AMOUNT,
        payee_account=f"oBENCH-{n:07d}" if wallet else f"1380{n:07d}",
        payee_account_kind=AccountKind.OPENID if wallet else AccountKind.PHONE,
        payee_name="测试收款人",
        remark="个人信息泄露赔偿",
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rail", choices=sorted(PRIVATE), default="alipay")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--paced", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = measure(arguments.rail, arguments.calls, paced=arguments.paced)
    if arguments.json:
        print(json.dumps(asdict(figures)))
        return
    print(f"signed transfers           {figures.calls:>10,}")
    print(f"calls a second             {figures.calls_per_second:>10,.0f}")
    print(f"most in any second         {figures.most_in_a_second:>10,}")
    print(f"turned away                {figures.turned_away:>10,}")
    print(f"preparing, CPU a call      {figures.prepare_cpu_us:>10,.0f} us")
    print(f"rail, CPU a call           {figures.rail_cpu_us:>10,.0f} us")
    print(f"simulator, CPU a call      {figures.simulator_cpu_us:>10,.0f} us")
    print(f"bare signature             {figures.signing_us:>10,.0f} us")
    print(f"bare verification          {figures.verifying_us:>10,.0f} us")
    print(f"signature, bare request    {figures.limit_us:>10,.0f} us")
    print(f"rail, of that limit        {figures.of_limit:>10.2f}")
    print(f"the same, and one checked  {figures.checked_us:>10,.0f} us")
    print(f"rail, of that              {figures.of_checked:>10.2f}")
    print(f"signature, answer read     {figures.read_us:>10,.0f} us")
    print(f"rail, of that              {figures.of_read:>10.2f}")
    print(f"signature, aiohttp         {figures.general_us:>10,.0f} us")
    print(f"rail, of that              {figures.of_general:>10.2f}")
    print(f"signature's share of rail  {figures.rail_share_of_signing:>10.0%}")
    print(f"of one core's signatures   {figures.share_of_limit:>10.0%}")


if __name__ == "__main__":
    main()
