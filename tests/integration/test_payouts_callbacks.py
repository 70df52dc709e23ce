"""Where providers' notifications come to: what a provider is told, and where a command listens."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

import pytest
from aiohttp import ClientConnectionError, ClientSession, web
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

import made_alipay
import made_wechat
from amends.kernel.errors import CaseFileError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.opening import open_rails
from amends.payouts.paying import pay_through
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.model import (
    Accepted,
    CallbackHint,
    CallbackRejected,
    PreparedRequest,
    QueryAnswer,
)
from amends.payouts.sending.callbacks import LISTEN_VARIABLE, listening, listens_on
from amends.payouts.service import pay
from amends.vault.opened import OpenCase
from fake_provider import RAIL, FakeProvider, Rates
from made_awards import make_awards
from made_cases import MINIMAL_CASE, OpenedCase

RAILS = """
[[rail]]
kind = "{0}"
keys = "keys/{0}"
gateway = "{1}"
"""
PUBLIC = '\n[pay.callbacks]\nurl = "https://pay.example.com/amends/"\n'


def of_real_rails(gateway: str, *, more: str = "") -> str:
    """A case that pays by Alipay and WeChat Pay at a gateway."""
    real = MINIMAL_CASE.partition("[[rail]]")[0].replace('clock = "simulated"', 'clock = "real"')
    return real + RAILS.format("alipay", gateway) + RAILS.format("wechatpay", gateway) + more


@cache
def key_files() -> dict[str, bytes]:
    """What contracts with both leave: one pair of keys for all."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ids = ("mchid", "appid", "serial_no", "public_key_id")
    return {
        "registries/im.csv": b"account_id,name,phone\n",
        "evidence/dump.csv": b"name,phone\n",
        "keys/alipay/app_id.txt": b"2021000000000001",
        "keys/alipay/app_private_key.pem": private,
        "keys/alipay/alipay_public_key.pem": public,
        "keys/wechatpay/merchant.json": json.dumps(dict.fromkeys(ids, "1")).encode(),
        "keys/wechatpay/merchant_private_key.pem": private,
        "keys/wechatpay/platform_public_key.pem": public,
        "keys/wechatpay/apiv3_key.txt": b"k" * 32,
    }


@asynccontextmanager
async def gateway() -> AsyncIterator[tuple[str, list[tuple[str, bytes]]]]:
    """A provider that answers nothing: its address, and target and body of what it was asked."""
    came: list[tuple[str, bytes]] = []

    async def take(request: web.BaseRequest) -> web.Response:
        came.append((request.raw_path, await request.read()))
        return web.Response(status=500)

    server = web.Server(take)
    site = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{site.sockets[0].getsockname()[1]}", came
    finally:
        site.close()
        await server.shutdown(1.0)


@pytest.mark.parametrize("told", [True, False])
def test_payouts_real_providers_are_told_the_public_address_or_none(
    opened_case: OpenedCase, *, told: bool
) -> None:
    """Never one of loopback, even while a command listens there; both rails, by their names."""

    async def story() -> None:
        async with gateway() as (address, came):
            case = of_real_rails(address, more=PUBLIC if told else "")
            opened = await asyncio.to_thread(opened_case, case, key_files())
            async with listening(opened) as listener, open_rails(opened, listener.url_for) as rails:
                for rail, order in zip(rails, (made_alipay.order, made_wechat.order), strict=True):
                    await rail.submit(rail.prepare(order("N1")))
            assert listener.url == ""
            (target, _), (_, body) = came
            asked = dict(parse_qsl(target.partition("?")[2]))
            assert asked["method"] == "alipay.fund.trans.uni.transfer"
            found = (asked.get("notify_url"), json.loads(body).get("notify_url"))
            ours = tuple(
                f"https://pay.example.com/amends/{name}" for name in ("alipay", "wechatpay")
            )
            assert found == (ours if told else (None, None))

    asyncio.run(story())


def test_payouts_whoever_asks_again_sends_the_same_bytes(opened_case: OpenedCase) -> None:
    """`reconcile` listens nowhere, a worker elsewhere: the address is the case's, not theirs."""

    async def prepared(opened: OpenCase, *, listen: bool) -> list[PreparedRequest]:
        orders = (made_alipay.order, made_wechat.order)
        if not listen:
            async with open_rails(opened) as rails:
                return [r.prepare(order("N1")) for r, order in zip(rails, orders, strict=True)]
        async with listening(opened) as one, open_rails(opened, one.url_for, share=0.5) as rails:
            return [r.prepare(order("N1")) for r, order in zip(rails, orders, strict=True)]

    case = of_real_rails("https://pay.example.com/gateway", more=PUBLIC)
    opened = opened_case(case, key_files())
    elsewhere = asyncio.run(prepared(opened, listen=False))
    assert asyncio.run(prepared(opened, listen=True)) == elsewhere


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def listens(port: int) -> str:
    """A simulated case whose commands listen on a port."""
    return f'{MINIMAL_CASE}{PUBLIC}listen = "127.0.0.1:{port}"\n'


def kept(opened: OpenCase) -> int:
    """How many notifications are stored."""
    with opened.database.reading() as connection:
        row = connection.execute("SELECT count(*) FROM payouts.callback").fetchone()
    assert row is not None
    return int(str(row[0]))


DEALING = 'seed = 7\n[dealing]\nrate = 1.0\nafter = "PT1M"\n'


def test_payouts_a_notification_arrives_at_the_address_of_the_settings(
    opened_case: OpenedCase,
) -> None:
    """Alipay's simulator posts there, as what ends the https would; kept once, and acknowledged."""
    port = free_port()
    opened = opened_case(listens(port), {"faults.toml": DEALING.encode()}, ("anna", "bert"))
    make_awards(opened, 1)
    options = ("--faults", str(opened.case.root / "faults.toml"), "--balance", "1000000.00")

    async def story() -> None:
        async with listening(opened) as listener:
            assert listener.listens_on == ("127.0.0.1", port)
            url = f"http://127.0.0.1:{port}/alipay"
            assert listener.url_for("alipay") == url
            with made_alipay.alipay(*options, notify_url=url) as setting:
                rail = AlipayRail(setting.settings, opened.clock)
                listener.listen_for(rail)
                counts = (await pay_through(opened, rail)).counts
                assert counts["settled"] == 1
                for _ in range(200):
                    if kept(opened):
                        break
                    await asyncio.sleep(0.05)
                await rail.close()
            assert (kept(opened), listener.received) == (1, 1)

    asyncio.run(story())


@dataclass(slots=True)
class Notifies(FakeProvider):
    """Works on everything for ever; its notifications state the amount: ``number amount``."""

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """Whatever was asked about."""
        del number, amount
        return Accepted(provider_reference=None, raw=b"works")

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes
    ) -> CallbackHint | CallbackRejected:
        """They are all genuine."""
        del headers
        number, _, stated = body.decode().partition(" ")
        return CallbackHint(
            number=InstructionId(number), says_another=lambda ordered: str(ordered) != stated
        )


@pytest.mark.parametrize(
    ("stated", "known"),
    [
        ("CNY 5000.00", ("accepted", None, None)),
        ("CNY 5000.01", ("accepted", "amount_differs", "alarm")),
    ],
)
def test_payouts_a_notification_of_another_amount_is_an_alarm(
    opened_case: OpenedCase, stated: str, known: tuple[str | None, ...]
) -> None:
    """As an answer that states one: what is worked on stays so, and says what is wrong."""
    opened = opened_case(listens(free_port()), approve_as=("anna", "bert"))
    make_awards(opened, 1)
    provider = Notifies(1, Rates(dealing=1.0), opened.clock.now, 100_000_000)

    async def story() -> None:
        async with listening(opened) as one, ClientSession() as http:
            await pay_through(opened, provider)
            one.listen_for(provider)
            body = f"{next(iter(provider.orders))} {stated}".encode()
            for _ in range(2):
                answer = await http.post(one.url_for(RAIL), data=body)
                assert await answer.read() == b"success"
            assert one.received == 1

    asyncio.run(story())
    with opened.database.reading() as connection:
        found = connection.execute("SELECT state, reason, advice FROM payouts.instruction")
        assert found.fetchall() == [known]


def test_payouts_of_two_commands_on_a_machine_one_listens_and_the_other_says_that_it_does_not(
    opened_case: OpenedCase,
) -> None:
    """Nothing is refused for it, and what comes to either is kept once."""
    port = free_port()
    opened = opened_case(listens(port), approve_as=("anna", "bert"))
    make_awards(opened, 1)
    provider = FakeProvider(1, Rates(), opened.clock.now, 100_000_000)

    async def story() -> None:
        async with listening(opened) as first, listening(opened) as second, ClientSession() as http:
            assert (first.told, second.listens_on) == ((), None)
            assert "not listened for at" in second.told[0]
            assert f"127.0.0.1:{port} (Address already in use)" in second.told[0]
            first.listen_for(provider)
            second.listen_for(provider)
            assert first.url_for(RAIL) != second.url_for(RAIL)  # simulators reach each
            await pay_through(opened, provider, listener=first)
            number = next(iter(provider.orders)).encode()
            for one in (second, first, second):
                answer = await http.post(one.url_for(RAIL), data=number)
                assert await answer.read() == b"success"
            assert (first.received, second.received) == (0, 1)

    asyncio.run(story())
    assert kept(opened) == 1


def test_payouts_a_command_that_does_not_listen_says_so_at_its_end(opened_case: OpenedCase) -> None:
    """Beside what else its summary says; everybody is paid."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        opened = opened_case(listens(port), approve_as=("anna", "bert"))
        make_awards(opened, 1)
        summary = pay(opened)
    assert summary.counts["settled"] == 1
    assert any(f"not listened for at 127.0.0.1:{port}" in note for note in summary.notes)


def test_payouts_each_machine_listens_on_its_own_address_or_nowhere(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment of a machine says goes before case.toml; nothing is public by chance."""
    port = free_port()
    opened = opened_case(listens(port))
    file = opened.case.file
    assert listens_on(file) == ("127.0.0.1", port)
    monkeypatch.setenv(LISTEN_VARIABLE, "[::1]:8480")
    assert listens_on(file) == ("::1", 8480)
    monkeypatch.setenv(LISTEN_VARIABLE, "8480")
    with pytest.raises(CaseFileError, match="AMENDS_CALLBACKS_LISTEN is an address and a port"):
        listens_on(file)
    monkeypatch.setenv(LISTEN_VARIABLE, "none")
    assert listens_on(file) is None

    async def story() -> None:
        async with listening(opened) as listener, ClientSession() as http:
            assert (listener.listens_on, listener.told) == (None, ())
            with pytest.raises(ClientConnectionError):
                await http.post(f"http://127.0.0.1:{port}/alipay", data=b"x")

    asyncio.run(story())
    assert listens_on(opened_case(MINIMAL_CASE).case.file) is None


def test_payouts_what_is_rejected_is_answered_with_its_cause(opened_case: OpenedCase) -> None:
    """Whoever runs the other side reads why; nothing is kept."""
    opened = opened_case()
    provider = FakeProvider(1, Rates(), opened.clock.now, 100_000_000)

    async def story() -> tuple[int, str]:
        async with listening(opened) as listener, ClientSession() as http:
            listener.listen_for(provider)
            answer = await http.post(listener.url_for(RAIL), data=b"forged")
            return answer.status, await answer.text()

    assert asyncio.run(story()) == (400, "malformed")
    assert kept(opened) == 0
