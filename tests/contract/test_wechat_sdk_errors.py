"""Every class of error that a public SDK of WeChat Pay exposes, and what our rail makes of each.

It has no classes of its own: `Exception` for what it finds wrong itself, those of `requests` for
the way there and back, and status and text for all else, handed over without a word. Who answers
here is the simulator, or somebody who has its keys and answers as no gateway should.
"""

import asyncio
import importlib
import inspect
import json
import pkgutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import wechatpayv3

from amends.kernel.clock import SimulatedClock
from amends.payouts.rails import wechat_codes as codes
from amends.payouts.rails.model import Advice, Outcome, Unknown
from amends.payouts.rails.wechat import WechatRail
from amends.simulators.wechat.wire import Keys, open_keys, signature_of
from made_wechat import WechatProcess, order
from made_wechat_sdk import sdk, told

FAULTS = """
[bad_signature]
only = ["FORGED1", "FORGED1OURS"]
[http_500]
only = ["BROKEN1", "BROKEN1OURS"]
[system_error]
only = ["SYSTEM1", "SYSTEM1OURS"]
[lost_request]
only = ["LOST1", "LOST1OURS"]
[lost_answer]
only = ["LOST2", "LOST2OURS"]
[slow]
only = ["SLOW1", "SLOW1OURS"]
delay = "PT2S"
[limits]
day_max = "15000.00"
"""
PAID = b'{"out_bill_no":"NUMBER","transfer_bill_no":"T1","state":"SUCCESS"}'
PAGE = b"<html>maintenance</html>"
HTML = {"Content-Type": "text/html"}
HOUR_S = 3_600
ANSWERS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "PAGE1": (200, PAGE, HTML),
    "NOJSON1": (200, PAGE, {}),
    "OTHERKEY1": (200, PAID, {"Wechatpay-Serial": "0A"}),
    "OLD1": (200, PAID, {}),
    "OTHERNUMBER1": (200, PAID.replace(b"NUMBER", b"OTHER"), {}),
    "FORGED2": (403, b'{"code":"NOT_ENOUGH"}', {}),
    "PACE1": (429, b'{"code":"FREQUENCY_LIMITED"}', {}),
    "GATEWAY1": (502, PAGE, HTML),
    "PACKED1": (200, b"no gzip", {"Content-Encoding": "gzip"}),
    "CUT1": (200, PAID, {}),
    "ROUND1": (302, b"", {"Location": "/round"}),
}
"""How somebody answers who has the platform's key: status, text, and what stands above it."""
UNSIGNED = frozenset(("PAGE1", "GATEWAY1", "ROUND1"))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WechatProcess]:
    """A simulator on the machine's clock with the faults above."""
    faults = tmp_path_factory.mktemp("sdk") / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")
    with WechatProcess("--faults", str(faults), "--balance", "9000.00") as process:
        yield process


class Chatter(BaseHTTPRequestHandler):
    """Answers what the order's number says, with the platform's signature or without."""

    keys: Keys

    def do_GET(self) -> None:
        """A redirection is followed with GET; and there are no certificates here."""
        self.say(302 if self.path == "/round" else 404, b"", {"Location": "/round"})

    def do_POST(self) -> None:
        """Read what comes, and answer as no gateway should."""
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        number = json.loads(asked)["out_bill_no"]
        kind = number.removesuffix("OURS")
        status, text, headers = ANSWERS[kind]
        body = text.replace(b"NUMBER", number.encode("ascii"))
        signed: dict[str, str] = {}
        if kind not in UNSIGNED:
            seconds = int(time.time()) - (HOUR_S if kind == "OLD1" else 0)
            signed = signature_of(self.keys, body, seconds, spoil=kind == "FORGED2")
        self.say(status, body, signed | headers, missing=100 if kind == "CUT1" else 0)

    def say(self, status: int, body: bytes, headers: dict[str, str], missing: int = 0) -> None:
        """An answer that promises *missing* bytes more than come."""
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = bool(missing)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Quiet."""


@pytest.fixture(scope="module")
def chatter(simulator: WechatProcess) -> Iterator[str]:
    """Its address."""
    kind = type("Chatter", (Chatter,), {"keys": open_keys(simulator.keys)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def ours(
    process: WechatProcess,
    gateway: str,
    number: str,
    *,
    timeout_s: float = 15.0,
    merchant_private_key: bytes = b"",
    **change: object,
) -> Outcome:
    """What our rail makes of the same; *change*: of the words that it sends."""
    settings = replace(process.settings(), gateway=gateway, timeout_s=timeout_s)
    if merchant_private_key:
        settings = replace(settings, merchant_private_key=merchant_private_key)

    async def work() -> Outcome:
        rail = WechatRail(settings, SimulatedClock(datetime.now(UTC), lambda _: None))
        prepared = rail.prepare(order(f"{number}OURS", amount="CNY 100.00"))
        if change:
            words = json.loads(prepared.body) | change
            prepared = prepared._replace(body=json.dumps(words).encode())
        try:
            return await rail.submit(prepared)
        finally:
            await rail.close()

    return asyncio.run(work())


REQUESTS = requests.exceptions
RAISED: tuple[tuple[str, str, type[Exception], str | None, str, Advice], ...] = (
    ("simulator", "FORGED1", Exception, "failed to verify the sig", "bad_signature", Advice.ASK),
    ("chatter", "PAGE1", Exception, "does not support this algo", "bad_signature", Advice.ASK),
    ("chatter", "OTHERKEY1", Exception, "failed to verify the sig", "bad_signature", Advice.ASK),
    ("simulator", "LOST1", REQUESTS.ConnectionError, None, "connection_lost", Advice.ASK),
    ("simulator", "LOST2", REQUESTS.ConnectionError, None, "connection_lost", Advice.ASK),
    ("nobody", "NOBODY1", REQUESTS.ConnectionError, "refused", "connection_lost", Advice.ASK),
    ("without TLS", "TLS1", REQUESTS.SSLError, None, "connection_lost", Advice.ASK),
    ("simulator", "SLOW1", REQUESTS.ReadTimeout, "timed out", "timeout", Advice.ASK),
    ("chatter", "CUT1", REQUESTS.ChunkedEncodingError, None, "connection_lost", Advice.ASK),
    ("chatter", "PACKED1", REQUESTS.ContentDecodingError, None, "malformed_answer", Advice.ASK),
    ("chatter", "ROUND1", REQUESTS.TooManyRedirects, "30", "http_302", Advice.ALARM),
)
"""Who answers, number, what the SDK raises and its words, and what our rail says."""

HANDED: tuple[tuple[str, str, dict[str, Any], int, str | None, str, Advice], ...] = (
    ("simulator", "BROKEN1", {}, 500, None, "http_500", Advice.ASK),
    ("chatter", "GATEWAY1", {}, 502, None, "http_502", Advice.ASK),
    ("simulator", "SYSTEM1", {}, 500, "SYSTEM_ERROR", "SYSTEM_ERROR", Advice.ASK),
    ("chatter", "PACE1", {}, 429, "FREQUENCY_LIMITED", "FREQUENCY_LIMITED", Advice.ASK),
    (
        *("simulator", "POOR1", {"transfer_amount": 950_000}),
        *(403, "NOT_ENOUGH", "NOT_ENOUGH", Advice.STOP_RAIL),
    ),
    (
        *("simulator", "QUOTA1", {"transfer_amount": 1_500_001}),
        *(403, "QUOTA_EXCEED", "QUOTA_EXCEED", Advice.STOP_RAIL),
    ),
    (
        *("simulator", "SCENE1", {"transfer_scene_id": "scene"}),
        *(400, "INVALID_REQUEST", "INVALID_REQUEST", Advice.ALARM),
    ),
    (
        *("simulator", "REMARK1", {"transfer_remark": "长" * 33}),
        *(400, "PARAM_ERROR", "PARAM_ERROR", Advice.ALARM),
    ),
    ("chatter", "FORGED2", {}, 403, "NOT_ENOUGH", "bad_signature", Advice.ASK),
    ("chatter", "NOJSON1", {}, 200, None, "malformed_answer", Advice.ASK),
    ("chatter", "OTHERNUMBER1", {}, 200, None, "other_number", Advice.ALARM),
    ("chatter", "OLD1", {}, 200, None, "bad_signature", Advice.ASK),
)
"""Who answers, number, the words that are changed, status and code as the SDK hands them over
without a word, and what our rail says."""


def test_the_sdk_has_no_classes_of_errors() -> None:
    """A class that a later SDK adds is seen here."""
    for found in pkgutil.walk_packages(wechatpayv3.__path__, "wechatpayv3."):
        if ".async_" in found.name:
            continue  # the same again, on another library
        module = importlib.import_module(found.name)
        own = [
            name
            for name, one in inspect.getmembers(module, inspect.isclass)
            if issubclass(one, BaseException) and one.__module__.startswith("wechatpayv3")
        ]
        assert own == [], found.name


def test_the_errors_of_connections_are_all_here() -> None:
    """Those of `requests` that an answer can cause; a class that a later one adds is seen."""
    of_the_call = {
        *("InvalidHeader", "InvalidJSONError", "InvalidProxyURL", "InvalidSchema", "InvalidURL"),
        *("MissingSchema", "ProxyError", "RetryError", "StreamConsumedError", "URLRequired"),
        *("UnrewindableBodyError",),
    }
    """What a caller does wrong, or a setting that the SDK does not have."""
    above = {"ConnectTimeout", "HTTPError", "JSONDecodeError", "RequestException", "Timeout"}
    """Raised by methods that the SDK does not call, above others here, or one of them."""
    found = {
        name
        for name, one in vars(REQUESTS).items()
        if isinstance(one, type) and issubclass(one, REQUESTS.RequestException)
    }
    here = {raised.__name__ for _, _, raised, *_ in RAISED} - {"Exception"}
    assert found - {"CompatJSONDecodeError"} == of_the_call | above | here
    assert issubclass(REQUESTS.ConnectTimeout, REQUESTS.ConnectionError)


def address(who: str, process: WechatProcess, chatter: str, nobody: str) -> str:
    """Where somebody is reached."""
    secure = process.url.replace("http://", "https://")
    return {"chatter": chatter, "nobody": nobody, "without TLS": secure}.get(who, process.url)


@pytest.mark.parametrize(("who", "number", "raised", "words", "code", "advice"), RAISED)
def test_what_the_sdk_raises_is_unknown_to_our_rail(  # noqa: PLR0913, PLR0917  # a row of the table
    simulator: WechatProcess,
    chatter: str,
    nobody: str,
    who: str,
    number: str,
    raised: type[Exception],
    words: str | None,
    code: str,
    advice: Advice,
) -> None:
    """Whatever class of error it is for the SDK, no payment is refused or settled by it."""
    gateway = address(who, simulator, chatter, nobody)
    timeout_s = 0.5 if number == "SLOW1" else 15.0
    with pytest.raises(raised, match=words) as found:
        told(sdk(simulator, gateway=gateway, timeout_s=timeout_s), number)
    assert type(found.value) is raised
    answer = ours(simulator, gateway, number, timeout_s=timeout_s)
    assert isinstance(answer, Unknown)
    assert (answer.code, answer.advice) == (code, advice)


@pytest.mark.parametrize(("who", "number", "change", "status", "word", "code", "advice"), HANDED)
def test_what_the_sdk_hands_over_is_unknown_to_our_rail(  # noqa: PLR0913, PLR0917  # as above
    simulator: WechatProcess,
    chatter: str,
    who: str,
    number: str,
    change: dict[str, Any],
    status: int,
    word: str | None,
    code: str,
    advice: Advice,
) -> None:
    """Whatever status and code, also 200 with what is no answer: nothing is refused or settled."""
    gateway = address(who, simulator, chatter, "")
    found, text = told(sdk(simulator, gateway=gateway), number, **change)
    assert found == status
    assert word is None or json.loads(text)["code"] == word
    answer = ours(simulator, gateway, number, **change)
    assert isinstance(answer, Unknown)
    assert (answer.code, answer.advice) == (code, advice)
    assert answer.used_up == (code in codes.USED_UP)


def test_another_merchants_key_stops_our_rail(simulator: WechatProcess, tmp_path: Path) -> None:
    """SIGN_ERROR with 401 to both; our rail sends nothing more, and there is no order."""
    open_keys(tmp_path)
    status, text = told(sdk(simulator, tmp_path), "STRANGER")
    assert (status, json.loads(text)["code"]) == (401, "SIGN_ERROR")
    strange = (tmp_path / "merchant_private_key.pem").read_bytes()
    answer = ours(simulator, simulator.url, "STRANGER", merchant_private_key=strange)
    assert isinstance(answer, Unknown)
    assert (answer.code, answer.advice) == ("SIGN_ERROR", Advice.STOP_RAIL)
    status, _ = sdk(simulator).mch_transfer_bills_query(out_bill_no="STRANGEROURS")
    assert status == 404


@pytest.mark.parametrize(
    ("given", "of_ours", "words"),
    [
        ({"private_key": "no key"}, {"merchant_private_key": b"no key"}, "load private key"),
        ({"public_key": "no key"}, {"platform_public_keys": {"K1": b"no key"}}, "load public key"),
        ({"private_key": ""}, {"merchant_private_key": b""}, None),
        ({"apiv3_key": "short"}, {"apiv3_key": b"short"}, None),
    ],
)
def test_a_key_that_is_none_opens_no_rail(
    simulator: WechatProcess,
    given: dict[str, str],
    of_ours: dict[str, object],
    words: str | None,
) -> None:
    """The SDK finds two of them at once, the others when they are used; our rail finds each."""
    if words is None:
        sdk(simulator, given=given)
    else:
        with pytest.raises(Exception, match=words):
            sdk(simulator, given=given)
    settings = replace(simulator.settings(), **of_ours)  # type: ignore[arg-type]  # a test's
    with pytest.raises(ValueError, match=r"(?i)key|pem"):
        WechatRail(settings, SimulatedClock(datetime.now(UTC), lambda _: None))
