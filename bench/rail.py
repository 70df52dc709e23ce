"""Signed transfers a second between rail and simulator, against the least that a client can do.

``python bench/rail.py [--rail alipay|wechatpay] [--calls N] [--paced] [--json]``. The limit of a
call is one signature and one bare request, made beside the same simulator in the same run; what a
rail does besides is to check the provider's signature, and to write and read what is said. Figures
of one machine move with its neighbours: the shares of the limit are what to watch. Paced, calls go
at the pace that the provider allows and counts; otherwise neither side counts.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from yarl import URL

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import RealClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails import alipay_gateway, connections, rsa, wechat_gateway
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.model import Accepted, Order, PreparedRequest, Rail, Settled
from amends.payouts.rails.wechat import WechatRail
from amends.payouts.sending.dispatch import in_lanes

AMOUNT = Money.parse("CNY 5000.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run measured. Times are CPU microseconds for each call."""

    calls: int
    calls_per_second: float
    prepare_cpu_us: float
    rail_cpu_us: float
    simulator_cpu_us: float
    signing_us: float
    verifying_us: float
    limit_us: float

    @property
    def of_limit(self) -> float:
        """A signed transfer's CPU, over that of one signature and one bare request."""
        return self.rail_cpu_us / self.limit_us

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


async def pay(rail: Rail, prepared: list[PreparedRequest]) -> None:
    """Send everything in as many lanes as the rail has; each has to be taken."""

    async def send(one: PreparedRequest) -> None:
        if not isinstance(await rail.submit(one), Settled | Accepted):
            raise SystemExit("a payment was not taken")

    await in_lanes(rail.capabilities.calls_in_flight, prepared, send)
    await rail.close()


@dataclass(slots=True)
class Replayed:
    """One request of a rail, as it went out."""

    request: bytes = b""

    def record(self) -> Callable[[], None]:
        """Keep what the next connection of a rail writes; the result undoes that."""
        ask, kept = connections.Connection.ask, self

        def asked(
            self: connections.Connection, request: bytes
        ) -> "asyncio.Future[connections.Reply]":
            kept.request = request
            return ask(self, request)

        setattr(connections.Connection, "ask", asked)  # noqa: B010  # undone at once
        return lambda: setattr(connections.Connection, "ask", ask)


class Bare(asyncio.Protocol):
    """The least that a client can do: sign, write ready bytes, count those of the answer, again."""

    def __init__(
        self, sign: Callable[[], object], request: bytes, left: list[int], ended: asyncio.Event
    ) -> None:
        self._sign, self._request, self._left, self._ended = sign, request, left, ended
        self._wanted = 0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._ask(self._transport)

    def _ask(self, transport: asyncio.WriteTransport) -> None:
        """What is signed is as long as a transfer, and goes nowhere."""
        self._sign()
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer; ask again after its last."""
        if not self._wanted:
            head, _, _ = data.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._wanted = len(head) + 4 + int(length)
        self._wanted -= len(data)
        if self._wanted:
            return
        self._left[0] -= 1
        if self._left[0] > 0 and self._transport is not None:
            self._ask(self._transport)
        else:
            self._ended.set()


async def replay(
    gateway: URL, key: RSAPrivateKey, request: bytes, *, calls: int, lanes: int
) -> None:
    """Sign and send the same bytes again and again, in as many lanes as a rail has.

    Beside the same simulator: how much CPU a signature takes depends on what the other core does.
    """
    loop, ended, text = asyncio.get_running_loop(), asyncio.Event(), b"x" * 600
    left = [calls]

    def bare() -> Bare:
        return Bare(lambda: rsa.sign(key, text), request, left, ended)

    opened = [
        await loop.create_connection(bare, gateway.host or "", gateway.port or 80)
        for _ in range(lanes)
    ]
    await ended.wait()
    for transport, _ in opened:
        transport.abort()


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
            preparing = time.process_time()
            prepared = [rail.prepare(order(name, n)) for n in range(calls)]
            preparing = time.process_time() - preparing
            replayed = Replayed()
            undo = replayed.record()
            asyncio.run(pay(opened(name, keys, ready["url"], paced=False), prepared[:1]))
            undo()
            wall, own, other = time.monotonic(), time.process_time(), cpu_of(process.pid)
            asyncio.run(pay(rail, prepared))
            wall, own = time.monotonic() - wall, time.process_time() - own
            other = cpu_of(process.pid) - other
            signing_after, _ = signing_cost(keys / PRIVATE[name])
            key = rsa.load_private_key((keys / PRIVATE[name]).read_bytes())
            bare = time.process_time()
            asyncio.run(
                replay(
                    URL(ready["url"]),
                    key,
                    replayed.request,
                    calls=calls,
                    lanes=rail.capabilities.calls_in_flight,
                )
            )
            bare = time.process_time() - bare
            process.communicate()
    return Figures(
        calls=calls,
        calls_per_second=calls / wall,
        prepare_cpu_us=preparing / calls * 1e6,
        rail_cpu_us=own / calls * 1e6,
        simulator_cpu_us=other / calls * 1e6,
        signing_us=(signing_before + signing_after) / 2,
        verifying_us=verifying,
        limit_us=bare / calls * 1e6,
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
    print(f"preparing, CPU a call      {figures.prepare_cpu_us:>10,.0f} us")
    print(f"rail, CPU a call           {figures.rail_cpu_us:>10,.0f} us")
    print(f"simulator, CPU a call      {figures.simulator_cpu_us:>10,.0f} us")
    print(f"bare signature             {figures.signing_us:>10,.0f} us")
    print(f"bare verification          {figures.verifying_us:>10,.0f} us")
    print(f"signature, bare request    {figures.limit_us:>10,.0f} us")
    print(f"rail, of that limit        {figures.of_limit:>10.2f}")
    print(f"signature's share of rail  {figures.rail_share_of_signing:>10.0%}")
    print(f"of one core's signatures   {figures.share_of_limit:>10.0%}")


if __name__ == "__main__":
    main()
