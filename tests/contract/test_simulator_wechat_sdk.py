"""A public SDK of WeChat Pay as the oracle: it works against the simulator, unchanged.

Only its gateway's address is set, which it keeps in a private place. It signs with the machine's
time; the simulator lives by the latest time that it is told, and our rail tells it later ones.
"""

import asyncio
import gzip
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from wechatpayv3.utils import rsa_decrypt, rsa_sign, rsa_verify

from amends.kernel.clock import SimulatedClock
from amends.payouts.rails import rsa
from amends.payouts.rails.model import CallbackHint, Statement
from amends.payouts.rails.wechat import WechatRail
from amends.payouts.rails.wechat_gateway import settings_from_keys
from amends.payouts.rails.written import SHANGHAI
from amends.simulators.wechat.wire import open_keys
from made_wechat import WechatProcess, order
from made_wechat_sdk import PAYEE, REPORTS, sdk, transfer

FAULTS = """
[payee_unknown]
only = ["oTEST-unknown"]
[name_mismatch]
only = ["oTEST-mismatch"]
[not_real_name]
only = ["oTEST-notreal"]
[payee_blocked]
only = ["oTEST-blocked"]
[system_error]
only = ["SYSTEM1"]
[http_500]
only = ["BROKEN1"]
[lost_answer]
only = ["LOST1"]
[bad_signature]
only = ["FORGED1"]
[never_confirmed]
only = ["NEVER1"]
"""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WechatProcess]:
    """A simulator with a payee of each kind of trouble."""
    faults = tmp_path_factory.mktemp("sdk") / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")
    options = ("--faults", str(faults), "--balance", "100000.00")
    with WechatProcess("--clock", "requests", *options) as process:
        yield process


def asked(process: WechatProcess, number: str) -> tuple[int, dict[str, Any]]:
    """What the SDK is told about a number."""
    status, text = sdk(process).mch_transfer_bills_query(out_bill_no=number)
    return status, json.loads(text)


@contextmanager
def listening() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An address for notifications, and what came there."""
    came: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Later:
    """Our rail, by which the simulator learns of later times. One clock for all tests here."""

    def __init__(self, process: WechatProcess) -> None:
        self.clock = SimulatedClock(datetime.now(UTC), lambda _: None)
        self._settings = settings_from_keys(process.keys, gateway=process.url)

    def rail(self) -> WechatRail:
        """It, on this clock."""
        return WechatRail(self._settings, self.clock)

    def comes(self, duration: timedelta) -> None:
        """Let time pass at the simulator, which knows what time it is from the SDK's calls, too."""
        behind = max(datetime.now(UTC) - self.clock.now(), timedelta(0))
        self.clock.sleep(behind + duration)

        async def tell() -> None:
            rail = self.rail()
            await rail.balance()
            await rail.close()

        asyncio.run(tell())


@pytest.fixture(scope="module")
def later(simulator: WechatProcess) -> Later:
    """What moves the simulator's time."""
    return Later(simulator)


def test_a_transfer_goes_its_way(simulator: WechatProcess, later: Later) -> None:
    """The SDK verifies every answer: waiting, paid, in the bill; notifications open and agree."""
    with listening() as (url, came):
        status, taken = transfer(simulator, "SDK1", transfer_amount=500_000, notify_url=url)
        assert (status, taken["state"], taken["out_bill_no"]) == (200, "WAIT_USER_CONFIRM", "SDK1")
        assert taken["package_info"]
        status, waits = asked(simulator, "SDK1")
        assert (status, waits["state"]) == (200, "WAIT_USER_CONFIRM")
        assert waits["transfer_bill_no"] == taken["transfer_bill_no"]
        later.comes(timedelta(minutes=2))
        status, paid = asked(simulator, "SDK1")
        assert (status, paid["state"], paid["transfer_amount"]) == (200, "SUCCESS", 500_000)
        until = time.monotonic() + 20
        while not came and time.monotonic() < until:
            time.sleep(0.02)
    headers, body = came[0]
    message = sdk(simulator).callback(headers, body)
    assert message["event_type"] == "MCHTRANSFER.BILL.FINISHED"
    assert message["resource"]["out_bill_no"] == "SDK1"
    assert message["resource"]["state"] == "SUCCESS"
    assert sdk(simulator).callback(headers, body.replace(b"encrypt", b"Encrypt")) is None
    assert later.rail().parse_callback(headers, body) == CallbackHint(number=order("SDK1").number)


def test_the_bill_is_the_same_for_both(simulator: WechatProcess, later: Later) -> None:
    """The SDK fetches the fund-flow bill, its digest is right, and our rail reads the same."""
    day = later.clock.now().astimezone(SHANGHAI).date()
    assert transfer(simulator, "BILL1")[0] == 200
    status, text = sdk(simulator).fundflow_bill(str(day), account_type="OPERATION")
    assert (status, json.loads(text)["code"]) == (400, "INVALID_REQUEST")
    later.comes(timedelta(days=2))
    days = {str(day), str(day + timedelta(days=1))}  # a minute of confirming may pass midnight
    bills = {one: sdk(simulator).fundflow_bill(one, account_type="OPERATION") for one in days}
    found = {one: json.loads(text) for one, (status, text) in bills.items() if status == 200}
    assert found
    codes = {json.loads(text)["code"] for status, text in bills.values() if status != 200}
    assert codes <= {"NO_STATEMENT_EXIST"}
    for one, told in found.items():
        status, packed = sdk(simulator).download_bill(told["download_url"])
        plain = gzip.decompress(packed)
        assert status == 200
        assert hashlib.sha1(plain, usedforsecurity=False).hexdigest() == told["hash_value"]

        async def read(name: str) -> Statement:
            rail = later.rail()
            statement = await rail.statement(datetime.fromisoformat(name).date())
            await rail.close()
            assert isinstance(statement, Statement)
            return statement

        assert len(list(asyncio.run(read(one)).lines)) == plain.count("商家转账".encode())


@pytest.mark.parametrize(
    ("payee", "reason"),
    [
        ("oTEST-unknown", "ACCOUNT_NOT_EXIST"),
        ("oTEST-mismatch", "NAME_NOT_CORRECT"),
        ("oTEST-notreal", "REAL_NAME_CHECK_FAIL"),
        ("oTEST-blocked", "ACCOUNT_FROZEN"),
    ],
)
def test_payees_fail_with_the_real_reasons(
    simulator: WechatProcess, later: Later, payee: str, reason: str
) -> None:
    """A payee's trouble is an order that fails, with the reason that the SDK is told."""
    number = reason.replace("_", "")
    status, taken = transfer(simulator, number, openid=payee)
    assert (status, taken["state"]) == (200, "PROCESSING")
    later.comes(timedelta(seconds=2))
    status, failed = asked(simulator, number)
    assert (status, failed["state"], failed["fail_reason"]) == (200, "FAIL", reason)


def test_what_nobody_confirms_and_what_is_taken_back(
    simulator: WechatProcess, later: Later
) -> None:
    """The SDK sees an order closed after a day, and one that it cancelled itself."""
    assert transfer(simulator, "NEVER1")[0] == 200
    assert transfer(simulator, "BACK1")[0] == 200
    status, text = sdk(simulator).mch_transfer_bills_cancel(out_bill_no="BACK1")
    assert (status, json.loads(text)["state"]) == (200, "CANCELING")
    later.comes(timedelta(days=1))
    assert asked(simulator, "BACK1")[1]["state"] == "CANCELLED"
    closed = asked(simulator, "NEVER1")[1]
    assert (closed["state"], closed["fail_reason"]) == ("FAIL", "OVERDUE_CLOSE")
    status, text = sdk(simulator).mch_transfer_bills_cancel(out_bill_no="NEVER1")
    assert (status, json.loads(text)["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("number", "change", "status", "code"),
    [
        ("E-1", {}, 400, "PARAM_ERROR"),
        ("E" * 33, {}, 400, "PARAM_ERROR"),
        ("E2", {"transfer_amount": 9, "user_name": None}, 400, "PARAM_ERROR"),
        ("E3", {"transfer_amount": 100.5}, 400, "PARAM_ERROR"),
        ("E4", {"transfer_amount": 2_000_001}, 400, "INVALID_REQUEST"),
        ("E5", {"openid": "no openid!"}, 400, "PARAM_ERROR"),
        ("E6", {"transfer_scene_id": "scene"}, 400, "INVALID_REQUEST"),
        ("E7", {"transfer_scene_report_infos": []}, 400, "PARAM_ERROR"),
        ("E8", {"transfer_remark": "长" * 33}, 400, "PARAM_ERROR"),
        ("E9", {"appid": "wxother"}, 400, "INVALID_REQUEST"),
        ("E10", {"notify_url": "https://example.org/"}, 400, "PARAM_ERROR"),
        ("SYSTEM1", {}, 500, "SYSTEM_ERROR"),
    ],
)
def test_errors_carry_the_real_codes(
    simulator: WechatProcess, number: str, change: dict[str, Any], status: int, code: str
) -> None:
    """Every class of error reaches the SDK with its status and WeChat Pay's own code."""
    got_status, answer = transfer(simulator, number, **change)
    assert (got_status, answer["code"]) == (status, code)
    assert answer["message"]


def test_a_number_belongs_to_one_order(simulator: WechatProcess) -> None:
    """The same number with the same parameters is the same order; with others it is refused."""
    same: dict[str, Any] = {"transfer_amount": 100, "user_name": None}
    first, again = (transfer(simulator, "SAME1", **same)[1] for _ in range(2))
    assert first["transfer_bill_no"] == again["transfer_bill_no"]
    for change in ({"transfer_amount": 101}, {"transfer_remark": "别的"}, {"user_name": "测试甲"}):
        status, answer = transfer(simulator, "SAME1", **{**same, **change})
        assert (status, answer["code"]) == (400, "INVALID_REQUEST")


def test_numbers_that_are_not_there(simulator: WechatProcess) -> None:
    """An unknown number is NOT_FOUND to a query and to a cancellation."""
    for status, answer in (
        asked(simulator, "NOBODY"),
        sdk(simulator).mch_transfer_bills_cancel(out_bill_no="NOBODY"),
    ):
        told = answer if isinstance(answer, dict) else json.loads(answer)
        assert (status, told["code"]) == (404, "NOT_FOUND")


def test_an_empty_account_is_said_to_be() -> None:
    """NOT_ENOUGH with status 403, and no order."""
    with WechatProcess("--balance", "1.00") as process:
        status, answer = transfer(process, "POOR1")
        assert (status, answer["code"]) == (403, "NOT_ENOUGH")
        assert asked(process, "POOR1")[0] == 404


def test_too_many_calls_are_turned_away() -> None:
    """Above the provider's pace a call gets FREQUENCY_LIMITED with status 429."""
    with WechatProcess("--calls-per-second", "1") as process:
        answers = [asked(process, "NOBODY") for _ in range(50)]
        turned_away = [answer["code"] for status, answer in answers if status == 429]
        assert set(turned_away) == {"FREQUENCY_LIMITED"}


def test_the_sdk_finds_a_forged_answer(simulator: WechatProcess) -> None:
    """What the fault `bad_signature` answers, the SDK does not accept."""
    with pytest.raises(Exception, match="failed to verify the signature"):
        transfer(simulator, "FORGED1")


def test_broken_and_lost_answers(simulator: WechatProcess) -> None:
    """A 500 without JSON and a dropped connection reach the SDK as what they are."""
    client = sdk(simulator)
    words = {"transfer_scene_id": "1011", "openid": PAYEE, "transfer_amount": 100}
    more = {"transfer_remark": "测试", "transfer_scene_report_infos": REPORTS}
    status, body = client.mch_transfer_bills(out_bill_no="BROKEN1", **words, **more)
    assert (status, body) == (500, b"this is a simulator: 500 on purpose")
    with pytest.raises(requests.ConnectionError):
        client.mch_transfer_bills(out_bill_no="LOST1", **words, **more)
    assert asked(simulator, "LOST1")[1]["state"] == "WAIT_USER_CONFIRM"


def test_another_key_is_turned_away(simulator: WechatProcess, tmp_path: Path) -> None:
    """A request that the merchant did not sign gets SIGN_ERROR with status 401, and no order."""
    open_keys(tmp_path)
    status, text = sdk(simulator, tmp_path).mch_transfer_bills_query(out_bill_no="SDK1")
    assert (status, json.loads(text)["code"]) == (401, "SIGN_ERROR")


def test_our_bytes_are_the_sdks(tmp_path: Path) -> None:
    """Signatures are the SDK's to the byte; it opens our names and verifies our signatures."""
    keys = open_keys(tmp_path)
    settings = settings_from_keys(tmp_path, gateway="http://127.0.0.1/")
    private = rsa.load_private_key(settings.merchant_private_key)
    text = 'POST\n/v3/x?a=b\n1\nn\n{"名":"赔 偿"}\n'
    assert rsa.sign(private, text.encode()) == rsa_sign(private, text)
    signed = rsa.sign(keys.own, b"1\nn\nbody\n")
    assert rsa_verify("1", "n", "body", signed, keys.own.public_key())
    rail = WechatRail(settings, SimulatedClock(datetime.now(UTC), lambda _: None))
    sealed = json.loads(rail.prepare(order("N1")).body)["user_name"]
    assert rsa_decrypt(sealed, keys.own) == "测试甲"
