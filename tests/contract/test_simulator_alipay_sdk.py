"""Alipay's official SDK as the oracle: it works against the simulator, unchanged.

It can only reach port 80, so the simulator listens there on a loopback address of its own. Where
that port may not be bound the tests are skipped, which under ``CI=true`` is a failure.
"""

import asyncio
import gc
import importlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from amends.kernel.clock import SimulatedClock
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.alipay_gateway import Gateway, settings_from_keys
from amends.payouts.rails.alipay_wire import signing_text
from amends.payouts.rails.model import Advice, Order, Outcome, RefusalReason, Refused, Unknown
from amends.simulators.alipay.wire import open_keys
from made_alipay import START, AlipayProcess, order, to_card

# The SDK's own modules have invalid escapes and leave a socket to the collector; nothing of ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:invalid escape sequence:SyntaxWarning"),
]

HOST, SOMEBODY, NOBODY, STRICT = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"
CARD = "6228480402564890018"
PAYEE = {"identity": "13800000000", "identity_type": "ALIPAY_LOGON_ID", "name": "测试甲"}
TRANSFER: dict[str, object] = {
    "product_code": "TRANS_ACCOUNT_NO_PWD",
    "biz_scene": "DIRECT_TRANSFER",
    "trans_amount": "5000.00",
    "order_title": "测试",
    "payee_info": PAYEE,
}


def payee(**change: str) -> dict[str, object]:
    """A transfer's payee, changed."""
    return {"payee_info": {**PAYEE, **change}}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlipayProcess]:
    """A simulator on port 80, with a payee of each kind of trouble."""
    with socket.socket() as probe:
        try:
            probe.bind((HOST, 80))
        except OSError as error:
            why = f"the official SDK needs {HOST}:80, which cannot be bound ({error.strerror})"
            if os.environ.get("CI") == "true":
                pytest.fail(why)
            pytest.skip(why)
    faults = tmp_path_factory.mktemp("sdk") / "faults.toml"
    faults.write_text(
        """
[payee_unknown]
only = ["unknown@example.org"]
[name_mismatch]
only = ["mismatch@example.org"]
[not_real_name]
only = ["notreal@example.org"]
[system_error]
only = ["SYSTEM1"]
[bad_signature]
only = ["FORGED1", "FORGED1OURS"]
[http_500]
only = ["BROKEN1", "BROKEN1OURS"]
[lost_request]
only = ["LOST1", "LOST1OURS"]
[lost_answer]
only = ["LOST2", "LOST2OURS"]
[slow]
only = ["SLOW1", "SLOW1OURS"]
delay = "PT2S"
""",
        encoding="utf-8",
    )
    options = ("--host", HOST, "--port", "80", "--faults", str(faults))
    with AlipayProcess(*options, "--balance", "12000.00") as process:
        yield process


def sdk(module: str, name: str) -> Any:  # noqa: ANN401  # the SDK has no types
    """Something of the official SDK; imported late, because its modules warn when imported."""
    return getattr(importlib.import_module(f"alipay.aop.api.{module}"), name)


def execute(  # what goes wrong otherwise
    process: AlipayProcess,
    kind: str,
    content: dict[str, object],
    private_key: str | None = None,
    *,
    host: str = HOST,
    timeout_s: float = 15.0,
) -> Any:  # noqa: ANN401  # the SDK has no types
    """Send a request by the official client and parse its answer as the SDK does."""
    config = sdk("AlipayClientConfig", "AlipayClientConfig")()
    config.server_url = f"http://{host}/gateway.do"
    config.timeout = timeout_s
    config.app_id = (process.keys / "app_id.txt").read_text(encoding="ascii").strip()
    config.app_private_key = bare(private_key or read(process, "app_private_key.pem"))
    config.alipay_public_key = bare(read(process, "alipay_public_key.pem"))
    request = sdk(f"request.{kind}Request", f"{kind}Request")()
    request.biz_content = content
    response = sdk(f"response.{kind}Response", f"{kind}Response")()
    client = sdk("DefaultAlipayClient", "DefaultAlipayClient")(config)
    response.parse_response_content(client.execute(request))
    return response


def read(process: AlipayProcess, name: str) -> str:
    """A key file of the simulator's."""
    return (process.keys / name).read_text(encoding="ascii")


def bare(pem: str) -> str:
    """A key as the SDK wants it: without the frame."""
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


def test_a_transfer_settles_and_repeats_as_itself(simulator: AlipayProcess) -> None:
    """The SDK verifies the answers; the same number gives the same order; a query agrees."""
    content = {**TRANSFER, "out_biz_no": "SDK1"}
    before = available(simulator)
    first = execute(simulator, "AlipayFundTransUniTransfer", content)
    again = execute(simulator, "AlipayFundTransUniTransfer", content)
    assert first.is_success()
    assert first.status == "SUCCESS"
    assert (first.order_id, first.trans_date) == (again.order_id, again.trans_date)
    asked = execute(simulator, "AlipayFundTransCommonQuery", {**TRANSFER, "out_biz_no": "SDK1"})
    assert (asked.status, asked.order_id) == ("SUCCESS", first.order_id)
    assert asked.trans_amount == "5000.00"
    assert before - available(simulator) == Decimal("5000.00")


def test_a_transfer_to_a_bank_card_is_the_sdks(simulator: AlipayProcess) -> None:
    """Our bytes say what the SDK's model of such a transfer says; the bank takes a while.

    A question about the other product finds nothing: a number is one order of one product.
    """
    ours = AlipayRail(
        replace(simulator.settings(), bank_cards=True), SimulatedClock(START, lambda _: None)
    )
    prepared = ours.prepare(to_card("SDKCARD1", amount="CNY 1.00"))
    content = json.loads(prepared.body)
    model = sdk("domain.AlipayFundTransUniTransferModel", "AlipayFundTransUniTransferModel")
    assert model.from_alipay_dict(content).to_alipay_dict() == content
    answer = execute(simulator, "AlipayFundTransUniTransfer", content)
    assert (answer.is_success(), answer.status) == (True, "DEALING")
    asked = {name: content[name] for name in ("product_code", "biz_scene", "out_biz_no")}
    assert execute(simulator, "AlipayFundTransCommonQuery", asked).status == "DEALING"
    of_accounts = {**asked, "product_code": "TRANS_ACCOUNT_NO_PWD"}
    other = execute(simulator, "AlipayFundTransCommonQuery", of_accounts)
    assert other.sub_code == "ORDER_NOT_EXIST"


def available(process: AlipayProcess) -> Decimal:
    """What the account holds, says the SDK."""
    content: dict[str, object] = {"account_type": "ACCTRANS_ACCOUNT"}
    return Decimal(execute(process, "AlipayFundAccountQuery", content).available_amount)


@pytest.mark.parametrize(
    ("number", "change", "sub_code"),
    [
        ("E1", payee(identity="unknown@example.org"), "PAYEE_NOT_EXIST"),
        ("E2", payee(identity="mismatch@example.org"), "PAYEE_USER_INFO_ERROR"),
        ("E3", payee(identity="notreal@example.org"), "PERM_AML_NOT_REALNAME_REV"),
        ("E4", payee(identity="with blank"), "PAYEE_NOT_EXIST"),
        ("E5", {"trans_amount": "0.09"}, "EXCEED_LIMIT_SM_MIN_AMOUNT"),
        ("E6", {"trans_amount": "50000.01"}, "EXCEED_LIMIT_PERSONAL_SM_AMOUNT"),
        ("E7", {"trans_amount": "50000.00"}, "MEMO_REQUIRED_IN_TRANSFER_ERROR"),
        ("E8", {"trans_amount": "49999.99"}, "PAYER_BALANCE_NOT_ENOUGH"),
        ("E9", {"trans_amount": "much"}, "INVALID_PARAMETER"),
        ("E10", payee(identity_type="ALIPAY_OPEN_ID"), "INVALID_PARAMETER"),
        ("E11", {"product_code": "STD_RED_PACKET"}, "PRODUCT_NOT_SIGN"),
        ("E12", {"product_code": "TRANS_BANKCARD_NO_PWD"}, "INVALID_PARAMETER"),
        ("E13", payee(identity=CARD, identity_type="BANKCARD_ACCOUNT"), "INVALID_PARAMETER"),
        ("not a number!", {}, "INVALID_PARAMETER"),
        ("SYSTEM1", {}, "SYSTEM_ERROR"),
    ],
)
def test_errors_carry_the_real_codes(
    simulator: AlipayProcess, number: str, change: dict[str, object], sub_code: str
) -> None:
    """Every class of error reaches the SDK as a signed answer with Alipay's sub-code."""
    content = {**TRANSFER, **change, "out_biz_no": number}
    answer = execute(simulator, "AlipayFundTransUniTransfer", content)
    assert not answer.is_success()
    assert (answer.code, answer.sub_code) == ("40004", sub_code)


def test_a_number_belongs_to_one_order(simulator: AlipayProcess) -> None:
    """The same number with other parameters is refused, and the first order stays."""
    content = {**TRANSFER, "out_biz_no": "SDK2", "trans_amount": "1.00"}
    assert execute(simulator, "AlipayFundTransUniTransfer", content).status == "SUCCESS"
    for change in ({"trans_amount": "1.01"}, {"remark": "other"}):
        other = execute(simulator, "AlipayFundTransUniTransfer", {**content, **change})
        assert other.sub_code == "PAYMENT_INFO_INCONSISTENCY"
    same = execute(simulator, "AlipayFundTransUniTransfer", {**content, "trans_amount": "1.0"})
    assert same.status == "SUCCESS"


def test_queries_and_bills_say_what_is_not_there(simulator: AlipayProcess) -> None:
    """An unknown number and a day without a bill have the real codes."""
    query = execute(simulator, "AlipayFundTransCommonQuery", {"out_biz_no": "NOBODY"})
    assert query.sub_code == "ORDER_NOT_EXIST"
    kind = "AlipayDataDataserviceBillDownloadurlQuery"
    past = execute(simulator, kind, {"bill_type": "signcustomer", "bill_date": "2020-01-01"})
    assert past.sub_code == "isp.bill_not_exist"
    future = execute(simulator, kind, {"bill_type": "signcustomer", "bill_date": "2999-01-01"})
    assert future.sub_code == "invalid_arguments"


LIMITED = """
[unverified]
only = ["unverified@example.org"]
[limits]
transfer_max = "100.00"
unverified_day_max = "10.00"
payee_day_count = 2
"""
OUR_SIDE = (Unknown, Advice.STOP_RAIL)
LIMITS = (
    ("S1", "large@example.org", "100.01", "EXCEED_LIMIT_SM_AMOUNT", OUR_SIDE),
    ("S2", "small@example.org", "0.09", "EXCEED_LIMIT_SM_MIN_AMOUNT", None),
    (
        *("U1", "unverified@example.org", "10.01", "EXCEED_LIMIT_UNRN_DM_AMOUNT"),
        (Refused, RefusalReason.NOT_REAL_NAME),
    ),
    ("U2", "unverified@example.org", "10.00", None, None),
    ("C1", "often@example.org", "1.00", None, None),
    ("C2", "often@example.org", "1.00", None, None),
    (
        *("C3", "often@example.org", "1.00", "EXCEED_LIMIT_DC_RECEIVED"),
        (Refused, RefusalReason.ACCOUNT_LIMIT),
    ),
    ("D1", "day1@example.org", "88.00", None, None),
    ("D2", "day2@example.org", "0.10", "", OUR_SIDE),
)
"""Number, account, amount, what the SDK is told (nothing: it is paid; empty: the quota's code), and
what our rail makes of the same (None: it is paid, or not even sent)."""


@pytest.mark.parametrize(
    ("option", "quota"),
    [
        ("--day-max", "EXCEED_LIMIT_DM_MAX_AMOUNT"),
        ("--month-max", "EXCEED_LIMIT_MM_MAX_AMOUNT"),
    ],
)
@pytest.mark.usefixtures("simulator")  # it knows whether port 80 may be bound
def test_limits_carry_the_real_codes(tmp_path: Path, option: str, quota: str) -> None:
    """To the SDK each is an answer with Alipay's sub-code, to our rail it is what it means."""
    faults = tmp_path / "faults.toml"
    faults.write_text(LIMITED, encoding="utf-8")
    options = ("--host", STRICT, "--port", "80", "--faults", str(faults), option, "100.00")
    with AlipayProcess(*options) as process:
        for number, account, amount, code, means in LIMITS:
            words = {"out_biz_no": number, "trans_amount": amount, **payee(identity=account)}
            content = {**TRANSFER, **words}
            told = execute(process, "AlipayFundTransUniTransfer", content, host=STRICT)
            assert (told.sub_code or None) == (quota if code == "" else code), number
            if means is None:
                continue
            answer = ours(process, order(f"{number}OURS", account=account, amount=f"CNY {amount}"))
            assert isinstance(answer, Refused | Unknown)
            why = answer.reason if isinstance(answer, Refused) else answer.advice
            assert (type(answer), why, answer.code) == (*means, told.sub_code)
            assert (code == "") == (isinstance(answer, Unknown) and answer.used_up)


@pytest.mark.usefixtures("simulator")
def test_a_pace_carries_the_gateways_code() -> None:
    """Call Limited, to the SDK; to our rail nobody can know, so it asks and sends again."""
    options = ("--host", STRICT, "--port", "80", "--calls-per-second", "1")
    with AlipayProcess(*options) as process:
        content: dict[str, object] = {"out_biz_no": "NOBODY"}
        kind = "AlipayFundTransCommonQuery"
        answers = [execute(process, kind, content, host=STRICT) for _ in range(10)]
        told = {(answer.code, answer.sub_code) for answer in answers}
        assert told == {("40004", "ORDER_NOT_EXIST"), ("40005", "isv.method-call-limited")}
        mine = [ours(process, order(f"PACE{n}OURS", amount="CNY 1.00")) for n in range(10)]
        assert {one.code for one in mine if isinstance(one, Unknown)} == {"isv.method-call-limited"}
        assert {one.advice for one in mine if isinstance(one, Unknown)} == {Advice.ASK}


def ours(process: AlipayProcess, wanted: Order) -> Outcome:
    """What our rail makes of a transfer."""

    async def ask() -> Outcome:
        settings = settings_from_keys(process.keys, gateway=process.url)
        rail = AlipayRail(settings, SimulatedClock(START, lambda _: None))
        try:
            return await rail.submit(rail.prepare(wanted))
        finally:
            await rail.close()

    return asyncio.run(ask())


class Chatter(BaseHTTPRequestHandler):
    """Answers everything with a page that is no answer of a gateway."""

    def do_POST(self) -> None:
        """Read what comes, and say something else."""
        self.rfile.read(int(self.headers["Content-Length"]))
        page = b"<html>maintenance</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Quiet."""


@pytest.fixture(scope="module")
def chatter(simulator: AlipayProcess) -> Iterator[None]:
    """Somebody else who answers, on an address of their own."""
    del simulator  # it knows whether port 80 may be bound
    server = HTTPServer((SOMEBODY, 80), Chatter)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


REQUEST, RESPONSE = "RequestException", "ResponseException"
CLASSES = {"AopException", "WrongModelTypeException", REQUEST, RESPONSE}
"""All that the SDK has. Its client raises two of them; the other two it raises nowhere."""

RAISED = (
    (HOST, "FORGED1", RESPONSE, "sign verify failed", "bad_signature"),
    (SOMEBODY, "HTML1", RESPONSE, "response shape maybe illegal", "malformed_answer"),
    (NOBODY, "NOBODY1", REQUEST, "post connect failed", "connection_lost"),
    (HOST, "BROKEN1", TypeError, "can only concatenate", "http_500"),  # it fails to say so itself
    (HOST, "LOST1", RemoteDisconnected, "without response", "connection_lost"),
    (HOST, "LOST2", RemoteDisconnected, "without response", "connection_lost"),
    (HOST, "SLOW1", TimeoutError, "timed out", "timeout"),
)
"""Address, number, what the SDK raises (its own by name), its words, and what our rail says."""


def test_the_sdk_has_these_classes_of_errors() -> None:
    """A class that a later SDK adds is seen here."""
    module = importlib.import_module("alipay.aop.api.exception.Exception")
    found = {
        name
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, Exception)
    }
    assert found - {"Exception"} == CLASSES


@pytest.mark.usefixtures("chatter")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its sockets
@pytest.mark.parametrize(("host", "number", "raised", "words", "code"), RAISED)
def test_what_the_sdk_raises_is_unknown_to_our_rail(  # a row of the table
    simulator: AlipayProcess,
    host: str,
    number: str,
    raised: str | type[Exception],
    words: str,
    code: str,
) -> None:
    """Whatever class of error it is for the SDK, no payment is refused or settled by it."""
    content = {**TRANSFER, "out_biz_no": number, "trans_amount": "1.00"}
    timeout_s = 0.5 if number == "SLOW1" else 15.0
    error = sdk("exception.Exception", raised) if isinstance(raised, str) else raised
    with pytest.raises(error, match=words):
        execute(simulator, "AlipayFundTransUniTransfer", content, host=host, timeout_s=timeout_s)
    gc.collect()  # what it leaves open is closed here, not in somebody else's test

    async def ask() -> object:
        gateway = f"http://{host}/gateway.do"
        settings = settings_from_keys(simulator.keys, gateway=gateway, currency="CNY")
        rail = AlipayRail(
            replace(settings, timeout_s=timeout_s), SimulatedClock(START, lambda _: None)
        )
        try:
            return await rail.submit(rail.prepare(order(number + "OURS", amount="CNY 1.00")))
        finally:
            await rail.close()

    answer = asyncio.run(ask())
    assert isinstance(answer, Unknown)
    assert answer.code == code


def test_a_key_that_is_none_is_said_before_anything_is_sent(simulator: AlipayProcess) -> None:
    """RequestException in the SDK, a refusal to open the rail in ours."""
    content = {**TRANSFER, "out_biz_no": "KEY1"}
    with pytest.raises(sdk("exception.Exception", REQUEST), match="request sign failed"):
        execute(simulator, "AlipayFundTransUniTransfer", content, "no key")
    query = execute(simulator, "AlipayFundTransCommonQuery", {"out_biz_no": "KEY1"})
    assert query.sub_code == "ORDER_NOT_EXIST"
    for name in ("app_private_key", "alipay_public_key"):
        settings = replace(simulator.settings(), **{name: b"no key"})  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="PEM"):
            AlipayRail(settings, SimulatedClock(START, lambda _: None))


def test_another_key_is_turned_away(simulator: AlipayProcess, tmp_path: Path) -> None:
    """A request that the merchant did not sign gets the gateway's own error, and no order."""
    open_keys(tmp_path)
    stranger = (tmp_path / "app_private_key.pem").read_text(encoding="ascii")
    content = {**TRANSFER, "out_biz_no": "STRANGER"}
    answer = execute(simulator, "AlipayFundTransUniTransfer", content, stranger)
    assert (answer.code, answer.sub_code) == ("40002", "isv.invalid-signature")
    query = execute(simulator, "AlipayFundTransCommonQuery", {"out_biz_no": "STRANGER"})
    assert query.sub_code == "ORDER_NOT_EXIST"


def test_our_signature_is_the_sdks(tmp_path: Path) -> None:
    """For the same parameters the official SDK and our rail make the same signature."""
    open_keys(tmp_path)
    settings = settings_from_keys(tmp_path, gateway="http://127.0.0.1/gateway.do")
    content = '{"名":"赔 偿&=+%"}'
    gateway = Gateway(settings, SimulatedClock(START, lambda _: None))
    target, form = gateway._request("alipay.test", content.encode(), "http://127.0.0.1/a?b=c")
    assert dict(parse_qsl(form.decode())) == {"biz_content": content}
    sent = {**dict(parse_qsl(target.partition("?")[2])), "biz_content": content}
    signature = sent.pop("sign")
    sdk_text = sdk("util.SignatureUtils", "get_sign_content")(sent)
    key = bare(settings.app_private_key.decode("ascii"))
    assert signing_text(sent).decode() == sdk_text
    assert sdk("util.SignatureUtils", "sign_with_rsa2")(key, sdk_text, "utf-8") == signature
