"""Alipay as a rail: single transfers, queries, balance, bill, account log, notifications.

Whatever goes wrong between us and the gateway ends as `Unknown`: nothing here guesses what became
of money.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from amends.kernel.accounts import ACCOUNT_KINDS, AccountKind
from amends.kernel.clock import Clock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails import alipay_codes as codes
from amends.payouts.rails import alipay_wire as wire
from amends.payouts.rails import rsa
from amends.payouts.rails.alipay_bill import KINDS, read_bill, text_of_amount
from amends.payouts.rails.alipay_gateway import AlipaySettings, Gateway
from amends.payouts.rails.model import (
    BillNotReady,
    CallbackHint,
    CallbackRejected,
    Capabilities,
    Direction,
    LineKind,
    NotFound,
    Order,
    OrderNotPayableError,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    RailUnavailableError,
    Statement,
    StatementLine,
    Unknown,
)
from amends.payouts.rails.ways import json_bytes, pauses
from amends.payouts.rails.written import (
    SHANGHAI,
    MalformedBillError,
    amount_of,
    line_time,
    local_time,
)

TRANSFER = "alipay.fund.trans.uni.transfer"
QUERY = "alipay.fund.trans.common.query"
ACCOUNT = "alipay.fund.account.query"
BILL = "alipay.data.dataservice.bill.downloadurl.query"
ACCOUNT_LOG = "alipay.data.bill.accountlog.query"
ORDER_CHANGED = "alipay.fund.trans.order.changed"

_TO_ACCOUNT = {"product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
_TO_CARD = {"product_code": "TRANS_BANKCARD_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
"""A number is one order of one product: whoever asks says of which."""
_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
_USER_ID = re.compile(r"2088\d{12}")
_CARD = re.compile(r"\d{13,19}")
_OF_A_PERSON = {"account_type": "2"}
_REMARK_DUE_FROM_MINOR = 5_000_000  # 50,000.00: from there a transfer needs a remark
_PAGE_SIZE = 2000
_SIZE = re.compile("[0-9]{1,12}")
_WAYS = {"收入": Direction.IN, "支出": Direction.OUT}


class AlipayRail:
    """The client. Opened lazily inside a running event loop; give it back with `close`."""

    def __init__(self, settings: AlipaySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._gateway = Gateway(settings, clock)
        self.capabilities = capabilities(settings)

    def prepare(self, order: Order) -> PreparedRequest:
        """The ``biz_content`` of a transfer.

        Raises:
            OrderNotPayableError: the order breaks a limit of the rail.
        """
        self._require_payable(order)
        to_card = order.payee_account_kind is AccountKind.BANK
        content = {
            **(_TO_CARD if to_card else _TO_ACCOUNT),
            "out_biz_no": order.number,
            "trans_amount": text_of_amount(order.amount),
            "order_title": self._settings.order_title,
            "payee_info": {
                "identity": order.payee_account,
                "identity_type": _identity_type(order),
                "name": order.payee_name,
                **({"bankcard_ext_info": _OF_A_PERSON} if to_card else {}),
            },
        }
        if order.remark:
            content["remark"] = order.remark
        body = json_bytes(content)
        sha256 = hashlib.sha256(body).digest()
        return PreparedRequest(order.number, body, sha256, order.amount)

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Send a transfer; its notifications go to the settings' ``notify_url``."""
        answer = await self._gateway.call(TRANSFER, prepared.body, self._settings.notify_url)
        if isinstance(answer, Unknown):
            return answer
        return codes.transfer_outcome(answer.node, answer.raw, prepared.number, prepared.amount)

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """Ask what became of *number*: nobody has it only if neither product does."""
        answer = await self._asked(number, _TO_ACCOUNT, amount)
        if isinstance(answer, NotFound) and self._settings.bank_cards:
            return await self._asked(number, _TO_CARD, amount)
        return answer

    async def _asked(
        self, number: InstructionId, product: Mapping[str, str], amount: Money | None
    ) -> QueryAnswer:
        answer = await self._gateway.call(QUERY, json_bytes({**product, "out_biz_no": number}))
        if isinstance(answer, Unknown):
            return answer
        return codes.query_answer(answer.node, answer.raw, number, amount)

    async def balance(self) -> Money:
        """What can be paid out.

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """
        return self._amount(await self._gateway.read(ACCOUNT, _ACCOUNT_QUERY), "available_amount")

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The account bill of *day* (Shanghai).

        Alipay makes no bill for a day without movements: when the bill is due and the account log
        of the day is empty, the answer is an empty statement.

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """
        for pause_s in pauses():
            node = await self._gateway.read(
                BILL, {"bill_type": "signcustomer", "bill_date": str(day)}
            )
            if (code := codes.problem_of(node)) is not None:
                return await self._without_bill(day, code)
            raw = await self._gateway.download(codes.text_of(node, "bill_download_url") or "")
            if raw is not None:
                try:
                    return await asyncio.to_thread(read_bill, raw, day, self._settings.currency)
                except MalformedBillError as error:
                    raise RailUnavailableError(
                        said(
                            "Alipay's bill of {day} cannot be read: {error}; nothing of it counts; "
                            "run it again, and if it stays so ask Alipay for a correct one",
                            day=day,
                            error=error,
                        )
                    ) from error
            await asyncio.sleep(pause_s)
        raise RailUnavailableError(
            said("Alipay's bill of {day} could not be fetched; run it again", day=day)
        )

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """Changes of the account from *start* (included) to *end* (excluded).

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """
        page, seen, total = 1, 0, 1
        while seen < total:
            content = {
                "start_time": local_time(start),
                "end_time": local_time(end),
                "page_no": str(page),
                "page_size": str(_PAGE_SIZE),
            }
            node = await self._gateway.read(ACCOUNT_LOG, content)
            details = node.get("detail_list")
            if (code := codes.problem_of(node)) is not None or not isinstance(details, list):
                raise RailUnavailableError(
                    said("Alipay's account log answered {code}; run it again", code=code)
                )
            size = str(node.get("total_size"))
            if _SIZE.fullmatch(size) is None:
                raise RailUnavailableError(
                    said("Alipay's account log says not how many lines it has; run it again")
                )
            total = int(size)
            if not details and seen < total:
                raise RailUnavailableError(said("Alipay's account log ended early; run it again"))
            for detail in details:
                line = self._log_line(detail)
                if start <= line.at < end:
                    yield line
            page, seen = page + 1, seen + len(details)

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes
    ) -> CallbackHint | CallbackRejected:
        """Check a form-encoded notification. Both of Alipay's ways to sign one are accepted."""
        del headers  # everything that counts is in the signed form
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
            _verify_notification(form, self._gateway.public_key)
            content = json.loads(form["biz_content"])
            number = content["out_biz_no"]
        except rsa.BadSignatureError:
            return CallbackRejected(code="bad_signature")
        except (ValueError, KeyError, TypeError, RecursionError):
            return CallbackRejected(code="malformed")
        if form.get("app_id") != self._settings.app_id:
            return CallbackRejected(code="other_app")
        if form.get("msg_method") != ORDER_CHANGED:
            return CallbackRejected(code="other_message")
        if not isinstance(number, str) or _NUMBER.fullmatch(number) is None:
            return CallbackRejected(code="malformed")
        says = partial(codes.says_another, content)
        return CallbackHint(number=InstructionId(number), says_another=says)

    async def close(self) -> None:
        """Close the connections."""
        self._gateway.close()

    def _require_payable(self, order: Order) -> None:
        """Refuse what the rail would refuse, before a number is used up."""
        limits, amount = self.capabilities, order.amount
        problem = None
        if _NUMBER.fullmatch(order.number) is None:
            problem = said("its number is not 1 to 64 letters, digits, - or _")
        elif amount.currency != self._settings.currency:
            problem = said("its currency is not {currency}", currency=self._settings.currency)
        elif not limits.transfer_min.amount_minor <= amount.amount_minor:
            problem = said("the least amount is {least}", least=limits.transfer_min)
        elif amount.amount_minor > limits.transfer_max.amount_minor:
            problem = said("the largest amount is {largest}", largest=limits.transfer_max)
        elif not order.payee_account or not order.payee_name:
            problem = said("Alipay needs the payee's account and name")
        elif order.payee_account_kind not in limits.account_kinds:
            problem = said("the contract has no transfers to such an account")
        elif order.payee_account_kind is AccountKind.BANK and not _CARD.fullmatch(
            order.payee_account
        ):
            problem = said("its account is no number of a bank card")
        elif amount.amount_minor >= _REMARK_DUE_FROM_MINOR and not order.remark:
            problem = said("from 50,000.00 on a remark is needed")
        if problem:
            raise OrderNotPayableError(
                said(
                    "payment {number} cannot go by Alipay: {problem}",
                    number=order.number,
                    problem=problem,
                )
            )

    async def _without_bill(self, day: date, code: str) -> Statement | BillNotReady:
        """No bill: not ready yet, or the day had no movements."""
        if code not in codes.NO_BILL:
            raise RailUnavailableError(
                said("Alipay's bill of {day} was answered with {code}", day=day, code=code)
            )
        midnight = datetime.combine(day, time(), SHANGHAI)
        end = midnight + timedelta(days=1)
        now = self._clock.now()
        ready = datetime.combine(end.date(), self.capabilities.bill_ready_at, SHANGHAI)
        if now < ready:
            return BillNotReady(day=day, code=code)
        after: StatementLine | None = None
        async for line in self.account_log(midnight, now + timedelta(seconds=1)):
            if line.at < end:
                return BillNotReady(day=day, code=code)
            after = line
            break
        held = after.balance_before if after else await self._held()
        return Statement(day=day, opening=held, closing=held, lines=(), raw=b"")

    async def _held(self) -> Money:
        """What the account holds, frozen money included."""
        node = await self._gateway.read(ACCOUNT, _ACCOUNT_QUERY)
        frozen = self._amount(node, "freeze_amount") if node.get("freeze_amount") else None
        available = self._amount(node, "available_amount")
        return available + frozen if frozen else available

    def _amount(self, node: wire.Node, name: str) -> Money:
        try:
            return amount_of(codes.text_of(node, name) or "", self._settings.currency)
        except MalformedBillError as error:
            code = codes.problem_of(node)
            raise RailUnavailableError(
                said("Alipay stated no {name} ({code})", name=name, code=code)
            ) from error

    def _log_line(self, detail: object) -> StatementLine:
        """A line of the account log."""
        if not isinstance(detail, dict):
            raise RailUnavailableError(said("a line of Alipay's account log is not an object"))
        try:
            currency, number = self._settings.currency, detail.get("merchant_order_no")
            moved = amount_of(str(detail["trans_amount"]), currency)
            return StatementLine(
                line_id=str(detail["account_log_id"]),
                number=InstructionId(str(number)) if number else None,
                provider_reference=codes.text_of(detail, "alipay_order_no"),
                direction=_WAYS[str(detail["direction"])],
                amount=Money(amount_minor=abs(moved.amount_minor), currency=currency),
                balance_after=amount_of(str(detail["balance"]), currency),
                kind=KINDS.get(str(detail.get("type")), LineKind.OTHER),
                at=line_time(str(detail["trans_dt"])),
            )
        except (KeyError, MalformedBillError) as error:
            raise RailUnavailableError(
                said("a line of Alipay's account log is malformed")
            ) from error


def _identity_type(order: Order) -> str:
    """What the account of a payee is, in Alipay's word."""
    if order.payee_account_kind is AccountKind.BANK:
        return "BANKCARD_ACCOUNT"
    wallet = order.payee_account_kind is AccountKind.WALLET
    return (
        "ALIPAY_USER_ID"
        if wallet and _USER_ID.fullmatch(order.payee_account)
        else "ALIPAY_LOGON_ID"
    )


_ACCOUNT_QUERY = {"account_type": "ACCTRANS_ACCOUNT"}


def capabilities(settings: AlipaySettings) -> Capabilities:
    """What such a contract allows."""
    currency = settings.currency
    cards = frozenset((AccountKind.BANK,)) if settings.bank_cards else frozenset()
    return Capabilities(
        rail="alipay",
        account_kinds=ACCOUNT_KINDS["alipay"] | cards,
        number_max_length=64,
        number_alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_",
        transfer_min=Money.parse(f"{currency} 0.10"),
        transfer_max=Money.parse(f"{currency} {settings.transfer_max}"),
        day_max=Money.parse(f"{currency} {settings.day_max}") if settings.day_max else None,
        payee_day_max=None,
        calls_per_second=settings.calls_per_second,
        calls_in_flight=settings.calls_in_flight,
        bill_zone="Asia/Shanghai",
        bill_ready_at=time(9),
        callback_acknowledgement=b"success",
    )


def _verify_notification(form: Mapping[str, str], key: RSAPublicKey) -> None:
    """Messages are signed with ``sign_type`` in the text, older notifications without it."""
    for without in (frozenset(("sign",)), frozenset(("sign", "sign_type"))):
        try:
            rsa.verify(key, wire.signing_text(form, without=without), form.get("sign", ""))
        except rsa.BadSignatureError:
            continue
        return
    raise rsa.BadSignatureError
