import asyncio
import http.client
import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from amends.kernel.ids import InstructionId
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.model import Accepted, Outcome, Returned, Settled, Unknown
from made_alipay import AlipayProcess, Setting, alipay, order

COMMAND = (sys.executable, "-m", "amends", "simulate", "alipay")


def get(url: str, path: str, method: str = "GET") -> http.client.HTTPResponse:
    """Fetch a page of the simulator's."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        response.read_all = response.read()  # type: ignore[attr-defined]  # read before closing
        return response
    finally:
        connection.close()


def test_every_page_says_that_it_is_a_simulator() -> None:
    """Pages, health and errors carry the header, and the front page says it in both languages."""
    with AlipayProcess() as process:
        for path, status in (("/", 200), ("/healthz", 200), ("/other", 404), ("/bill/x", 404)):
            response = get(process.url, path)
            assert response.status == status
            assert response.headers["X-Amends-Simulator"] == "alipay"
            body: bytes = response.read_all  # type: ignore[attr-defined]  # set above
            assert b"simulator" in body
            if path == "/":
                assert "模拟器" in body.decode()
        answer = get(process.url, "/gateway.do", "POST")
        node = json.loads(answer.read_all)["error_response"]  # type: ignore[attr-defined]  # above
        assert (node["sub_code"], node["simulator"]) == ("isv.missing-app-id", "amends")
        assert answer.headers["X-Amends-Simulator"] == "alipay"


def test_a_killed_simulator_forgets_nothing(tmp_path: Path) -> None:
    """After ``kill -9`` in the middle of work every order that was answered is there, once."""
    faults = tmp_path / "faults.toml"
    faults.write_text(
        '[dealing]\nonly = ["DEAL"]\nafter = "PT5M"\n[returned]\nonly = ["N0001"]\nafter = "PT1H"\n'
        '[lost_answer]\nonly = ["LOST"]\n',
        encoding="utf-8",
    )
    options = ("--state", str(tmp_path / "state"), "--faults", str(faults))
    with alipay(*options, "--balance", "10000000.00") as setting:
        settled = setting.run(lambda rail: work_until_killed(rail, setting))
        keys = {path.name: path.read_bytes() for path in setting.process.keys.iterdir()}
    with alipay(*options, "--balance", "1.00") as again:
        assert {path.name: path.read_bytes() for path in again.process.keys.iterdir()} == keys
        again.clock.sleep(timedelta(hours=2))

        async def ask(rail: AlipayRail) -> None:
            answers = {number: await rail.query(InstructionId(number)) for number in settled}
            assert isinstance(answers.pop("N0001"), Returned)
            assert {type(answer) for answer in answers.values()} == {Settled}
            assert isinstance(await rail.query(InstructionId("DEAL")), Settled)
            again_sent = [await rail.submit(rail.prepare(order(n))) for n in ("LOST", "N0002")]
            assert [type(outcome) for outcome in again_sent] == [Settled, Settled]
            log = rail.account_log(again.clock.now() - timedelta(days=1), again.clock.now())
            lines = [line async for line in log]
            outgoing = [line.number for line in lines if line.number != "N0001"]
            assert len(outgoing) == len(set(outgoing))
            assert set(settled) - {"N0001"} < set(outgoing)
            moved = sum(1 if line.direction == "out" else -1 for line in lines)
            assert (await rail.balance()).amount_minor == 1_000_000_000 - 500_000 * moved

        again.run(ask)


async def work_until_killed(rail: AlipayRail, setting: Setting) -> list[str]:
    """Send payments, kill the simulator amid them; the numbers that were answered as settled."""
    assert isinstance(await rail.submit(rail.prepare(order("DEAL"))), Accepted)
    assert isinstance(await rail.submit(rail.prepare(order("LOST"))), Unknown)
    outcomes: dict[str, Outcome] = {}

    async def send(number: str) -> None:
        outcomes[number] = await rail.submit(rail.prepare(order(number)))
        if len(outcomes) == 150:
            setting.process.kill()

    await asyncio.gather(*(send(f"N{n:04d}") for n in range(600)))
    settled = [number for number, outcome in outcomes.items() if isinstance(outcome, Settled)]
    assert 150 <= len(settled) < 600
    assert {type(outcome) for outcome in outcomes.values()} == {Settled, Unknown}
    return settled


def test_one_state_has_one_simulator(tmp_path: Path) -> None:
    """A second simulator waits for the first to go, and takes over what it left."""
    options = (*COMMAND, "--parent-pipe", "--state", str(tmp_path))
    with (
        AlipayProcess("--state", str(tmp_path)) as first,
        subprocess.Popen(options, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as second,
    ):
        assert second.stdout is not None
        assert select.select([second.stdout], [], [], 3.0)[0] == [], "it has to wait"
        first.kill()
        ready = json.loads(second.stdout.readline())
        assert ready["event"] == "ready"
        assert ready["pid"] == second.pid
        second.communicate(timeout=20)
        assert second.returncode == 0


def test_a_dead_parent_leaves_no_orphan() -> None:
    """With ``--parent-pipe`` the end of standard input is the end of the simulator."""
    process = AlipayProcess()
    assert process.end() == ""
    assert process.exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_in_order(number: signal.Signals) -> None:
    """Asked to stop it ends with 0 and says nothing."""
    with AlipayProcess() as process:
        os.kill(process.pid, number)
        assert process.end() == ""
        assert process.exit_code == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--host", "192.0.2.1"), "is not a loopback address"),
        (("--host", "nobody"), "is not a loopback address"),
        (("--balance", "much"), "--balance much: "),
        (("--day-max", "USD 5.00"), "--day-max USD 5.00: is in USD, not in CNY"),
        (("--balance", "GBP 5.00"), "--balance GBP 5.00: is in GBP, not in CNY"),
    ],
)
def test_what_cannot_be_is_refused(options: tuple[str, ...], says: str) -> None:
    """A start that makes no sense ends with 1 and a sentence."""
    ended = subprocess.run(
        (*COMMAND, *options), capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("simulator: ")
    assert says in ended.stderr


def test_a_taken_port_is_named() -> None:
    """Where another program listens, the message says so and what to do."""
    with AlipayProcess() as process:
        port = str(urlsplit(process.url).port)
        ended = subprocess.run(
            (*COMMAND, "--port", port), capture_output=True, text=True, timeout=30, check=False
        )
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr


def test_keys_are_private_and_kept(tmp_path: Path) -> None:
    """The five key files are written once, for their owner only, in the promised forms."""
    with AlipayProcess("--keys", str(tmp_path)) as process:
        assert process.keys == tmp_path
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(found) == [
        "alipay_private_key.pem",
        "alipay_public_key.pem",
        "app_id.txt",
        "app_private_key.pem",
        "app_public_key.pem",
    ]
    assert found["app_private_key.pem"].startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {"0o600"}
    with AlipayProcess("--keys", str(tmp_path)):
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == found


def test_another_currency_is_counted_like_any() -> None:
    """A simulator of a case in pounds holds and pays pounds."""
    with alipay("--currency", "GBP", "--balance", "GBP 20.00") as started:
        setting = replace(started, settings=replace(started.settings, currency="GBP"))

        async def work(rail: AlipayRail) -> None:
            outcome = await rail.submit(rail.prepare(order("N1", amount="GBP 7.50")))
            assert isinstance(outcome, Settled)
            assert str(await rail.balance()) == "GBP 12.50"

        setting.run(work)
