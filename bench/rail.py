"""Signed transfers a second between rail and simulator, against bare RSA signing in the same run.

``python bench/rail.py [--rail alipay|wechatpay] [--calls N] [--paced] [--json]``. The limit of a
call is one signature of the merchant's and one of the provider's; on two cores the two processes
share nothing else. Figures of one machine move with its neighbours: the shares of the limit are
what to watch. Paced, calls go at the pace that the provider allows and counts; otherwise neither
side counts.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import RealClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.dispatch import in_lanes
from amends.payouts.rails import alipay_gateway, rsa, wechat_gateway
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.model import Accepted, Order, PreparedRequest, Rail, Settled
from amends.payouts.rails.wechat import WechatRail

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
            wall, own, other = time.monotonic(), time.process_time(), cpu_of(process.pid)
            asyncio.run(pay(rail, prepared))
            wall, own = time.monotonic() - wall, time.process_time() - own
            other = cpu_of(process.pid) - other
            signing_after, _ = signing_cost(keys / PRIVATE[name])
            process.communicate()
    return Figures(
        calls=calls,
        calls_per_second=calls / wall,
        prepare_cpu_us=preparing / calls * 1e6,
        rail_cpu_us=own / calls * 1e6,
        simulator_cpu_us=other / calls * 1e6,
        signing_us=(signing_before + signing_after) / 2,
        verifying_us=verifying,
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
    print(f"signature's share of rail  {figures.rail_share_of_signing:>10.0%}")
    print(f"of one core's signatures   {figures.share_of_limit:>10.0%}")


if __name__ == "__main__":
    main()
