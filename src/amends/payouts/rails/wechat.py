"""WeChat Pay as a rail: transfers that their payees confirm, queries, balance, bill, notifications.

Nothing moves before the payee has confirmed the transfer in WeChat, and what is not
confirmed within a day is closed. Whatever goes wrong between us and the gateway ends as `Unknown`.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial

from amends.kernel.accounts import ACCOUNT_KINDS, AccountKind
from amends.kernel.clock import Clock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails import rsa
from amends.payouts.rails import wechat_codes as codes
from amends.payouts.rails import wechat_wire as wire
from amends.payouts.rails.model import (
    Advice,
    BillNotReady,
    CallbackHint,
    CallbackRejected,
    Capabilities,
    Delivery,
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
from amends.payouts.rails.wechat_bill import has_digest, read_bill
from amends.payouts.rails.wechat_gateway import Answered, Gateway, Problem, WechatSettings
from amends.payouts.rails.written import SHANGHAI, MalformedBillError

TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
BALANCE = "/v3/merchant/fund/balance"
DAY_END_BALANCE = "/v3/merchant/fund/dayendbalance"
BILL = "/v3/bill/fundflowbill"
FINISHED = "MCHTRANSFER.BILL.FINISHED"

_NUMBER = re.compile(r"[0-9A-Za-z]{1,32}")
_OPENID = re.compile(r"[0-9A-Za-z_-]{6,64}")
_ALIPAY_USER = re.compile(r"2088\d{12}")
_REMARK_LENGTH = 32
_NAME_BYTES = 214
_NAME_FROM_MINOR = 200_000  # 2,000.00: from there a transfer needs the payee's name
_NO_NAME_BELOW_MINOR = 30  # 0.30: below, the name must not be there


class WechatRail:
    """The client. Opened lazily inside a running event loop; give it back with `close`."""

    def __init__(self, settings: WechatSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._gateway = Gateway(settings, clock)
        self.capabilities = capabilities(settings)

    def prepare(self, order: Order) -> PreparedRequest:
        """The body of a transfer; why it is the same for ever says `wechat_wire`.

        Raises:
            OrderNotPayableError: the order breaks a limit of the rail.
        """
        self._require_payable(order)
        settings = self._settings
        reports = [
            {"info_type": kind, "info_content": content} for kind, content in settings.scene_reports
        ]
        content: dict[str, object] = {
            "appid": settings.appid,
            "out_bill_no": order.number,
            "transfer_scene_id": settings.scene_id,
            "openid": order.payee_account,
            "transfer_amount": order.amount.amount_minor,
            "transfer_remark": order.remark or settings.remark,
            "transfer_scene_report_infos": reports,
        }
        if order.amount.amount_minor >= _NO_NAME_BELOW_MINOR:
            content["user_name"] = self._sealed_name(order)
        if settings.notify_url is not None:
            content["notify_url"] = settings.notify_url
        if settings.perception is not None:
            content["user_recv_perception"] = settings.perception
        body = json_bytes(content)
        sha256 = hashlib.sha256(body).digest()
        return PreparedRequest(order.number, body, sha256, order.amount)

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Send a transfer. An answer that is no success says nothing about the order."""
        answer = await self._gateway.call("POST", TRANSFERS, prepared.body)
        return self._outcome(answer, prepared.number, prepared.amount)

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """Ask what became of *number*; of older ones than 30 days the provider knows nothing."""
        answer = await self._gateway.call("GET", f"{TRANSFERS}/out-bill-no/{number}")
        if isinstance(answer, Problem) and answer.code in codes.UNKNOWN_NUMBER:
            return NotFound(raw=answer.raw)
        return self._outcome(answer, number, amount)

    async def cancel(self, number: InstructionId) -> QueryAnswer:
        """Take a transfer back that its payee has not confirmed; a query says how that ended."""
        answer = await self._gateway.call("POST", f"{TRANSFERS}/out-bill-no/{number}/cancel")
        if isinstance(answer, Problem) and answer.code in codes.UNKNOWN_NUMBER:
            return NotFound(raw=answer.raw)
        return self._outcome(answer, number)

    async def balance(self) -> Money:
        """What can be paid out.

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """
        return (await self._amounts(f"{BALANCE}/{self._settings.account}"))[0]

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The fund-flow bill of *day* (Shanghai).

        WeChat Pay makes no bill for a day without movements: when the bill is due, the answer is an
        empty statement with the balance of the day's end.

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """
        path = f"{BILL}?bill_date={day}&account_type={self._settings.account}&tar_type=GZIP"
        for pause_s in pauses():
            answer = await self._gateway.read(path)
            if isinstance(answer, Problem):
                return await self._without_bill(day, answer.code)
            raw = await self._gateway.download(codes.text_of(answer.node, "download_url") or "")
            digest = codes.text_of(answer.node, "hash_value") or ""
            if raw is not None and await asyncio.to_thread(has_digest, raw, digest):
                try:
                    return await asyncio.to_thread(read_bill, raw, day, self._settings.currency)
                except MalformedBillError as error:
                    raise RailUnavailableError(
                        said(
                            "WeChat Pay's bill of {day} cannot be read: {error}; nothing of it "
                            "counts; run it again, and if it stays so ask WeChat Pay for a correct "
                            "one",
                            day=day,
                            error=error,
                        )
                    ) from error
            await asyncio.sleep(pause_s)
        raise RailUnavailableError(
            said("WeChat Pay's bill of {day} could not be fetched whole; run it again", day=day)
        )

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """Changes of the account from *start* (included) to *end* (excluded), by the days' bills.

        Raises:
            RailUnavailableError: a day has no bill yet, or there was no usable answer.
        """
        day = start.astimezone(SHANGHAI).date()
        while datetime.combine(day, time(), SHANGHAI) < end:
            statement = await self.statement(day)
            if isinstance(statement, BillNotReady):
                raise RailUnavailableError(
                    said(
                        "WeChat Pay says what moved on {day} by its bill only, from {ready} of the "
                        "next day",
                        day=day,
                        ready=f"{self.capabilities.bill_ready_at:%H:%M}",
                    )
                )
            for line in statement.lines:
                if start <= line.at < end:
                    yield line
            day += timedelta(days=1)

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes
    ) -> CallbackHint | CallbackRejected:
        """Check and open a notification that a transfer has ended."""
        named = {name.lower(): value for name, value in headers.items()}
        try:
            signed_at = wire.require_signed(named, body, self._gateway.public_keys)
            message = wire.read_node(body)
            content = wire.open_resource(message.get("resource"), self._settings.apiv3_key)
        except rsa.BadSignatureError:
            return CallbackRejected(code="bad_signature")
        except wire.MalformedAnswerError:
            return CallbackRejected(code="malformed")
        number, code = codes.text_of(content, "out_bill_no") or "", ""
        if abs(self._clock.now() - signed_at) > wire.FRESH_FOR:
            code = "not_fresh"
        elif message.get("event_type") != FINISHED:
            code = "other_message"
        elif content.get("mch_id") != self._settings.mchid:
            code = "other_app"
        elif _NUMBER.fullmatch(number) is None:
            code = "malformed"
        if code:
            return CallbackRejected(code=code)
        says = partial(codes.says_another, content)
        return CallbackHint(number=InstructionId(number), says_another=says)

    async def close(self) -> None:
        """Close the connections."""
        self._gateway.close()

    def _outcome(
        self,
        answer: Answered | Problem | Unknown,
        number: InstructionId,
        amount: Money | None = None,
    ) -> Outcome:
        """What an answer about *number* says of it."""
        if isinstance(answer, Unknown):
            return answer
        if isinstance(answer, Problem):
            return Unknown(
                advice=codes.advice_of(answer.code),
                code=answer.code,
                raw=answer.raw,
                used_up=answer.code in codes.USED_UP,
            )
        if answer.node.get("mch_id", self._settings.mchid) != self._settings.mchid:
            return Unknown(advice=Advice.ALARM, code="other_merchant", raw=answer.raw)
        return codes.order_outcome(answer.node, answer.raw, number, amount)

    def _sealed_name(self, order: Order) -> str:
        """The payee's name for the platform's eyes."""
        key_id, name = self._gateway.key_id, order.payee_name
        seed = wire.seed_of(self._settings.name_secret, order.number, key_id, name)
        return wire.encrypt(self._gateway.public_keys[key_id], name, seed)

    def _require_payable(self, order: Order) -> None:
        """Refuse what the rail would refuse, before a number is used up."""
        limits, amount, account = self.capabilities, order.amount, order.payee_account
        problem = None
        if _NUMBER.fullmatch(order.number) is None:
            problem = said("its number is not 1 to 32 letters and digits")
        elif amount.currency != self._settings.currency:
            problem = said("its currency is not {currency}", currency=self._settings.currency)
        elif amount.amount_minor < limits.transfer_min.amount_minor:
            problem = said("the least amount is {least}", least=limits.transfer_min)
        elif amount.amount_minor > limits.transfer_max.amount_minor:
            problem = said("the largest amount is {largest}", largest=limits.transfer_max)
        elif not _is_openid(order.payee_account_kind, account):
            problem = said("WeChat Pay needs the payee's OpenID")
        elif not order.payee_name or len(order.payee_name.encode()) > _NAME_BYTES:
            problem = said("WeChat Pay needs the payee's name")
        elif len(order.remark) > _REMARK_LENGTH:
            problem = said("a remark has 32 characters at most")
        if problem:
            raise OrderNotPayableError(
                said(
                    "payment {number} cannot go by WeChat Pay: {problem}",
                    number=order.number,
                    problem=problem,
                )
            )

    async def _without_bill(self, day: date, code: str) -> Statement | BillNotReady:
        """No bill: not ready yet, or the day had no movements."""
        ready = datetime.combine(day + timedelta(days=1), self.capabilities.bill_ready_at, SHANGHAI)
        early = self._clock.now() < ready and code in codes.BILL_TOO_EARLY
        if early or code in codes.BILL_LATER:
            return BillNotReady(day=day, code=code)
        if code not in codes.NO_BILL:
            raise RailUnavailableError(
                said("WeChat Pay's bill of {day} was answered with {code}", day=day, code=code)
            )
        path = f"{DAY_END_BALANCE}/{self._settings.account}?date={day}"
        available, pending = await self._amounts(path)
        held = available + pending
        return Statement(day=day, opening=held, closing=held, lines=(), raw=b"")

    async def _amounts(self, path: str) -> tuple[Money, Money]:
        """What an account has available, and what is held back in it."""
        answer = await self._gateway.read(path)
        amounts = []
        for name, default in (("available_amount", None), ("pending_amount", 0)):
            value = answer.node.get(name, default) if isinstance(answer, Answered) else None
            if not isinstance(value, int) or isinstance(value, bool):
                code = answer.code if isinstance(answer, Problem) else None
                raise RailUnavailableError(
                    said("WeChat Pay stated no {name} ({code})", name=name, code=code)
                )
            amounts.append(Money(amount_minor=value, currency=self._settings.currency))
        return amounts[0], amounts[1]


def _is_openid(kind: AccountKind, account: str) -> bool:
    """Whether an account can be a payee's under our app; Alipay's wallets are not."""
    shaped = _OPENID.fullmatch(account) is not None and _ALIPAY_USER.fullmatch(account) is None
    return kind is AccountKind.OPENID and shaped


def capabilities(settings: WechatSettings) -> Capabilities:
    """What such a contract allows."""

    def amount(text: str | None) -> Money | None:
        return Money.parse(f"{settings.currency} {text}") if text else None

    return Capabilities(
        rail="wechatpay",
        account_kinds=ACCOUNT_KINDS["wechatpay"],
        number_max_length=32,
        number_alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        transfer_min=Money.parse(f"{settings.currency} 0.10"),
        transfer_max=Money.parse(f"{settings.currency} {settings.transfer_max}"),
        day_max=amount(settings.day_max),
        payee_day_max=amount(settings.payee_day_max),
        calls_per_second=settings.calls_per_second,
        calls_in_flight=settings.calls_in_flight,
        bill_zone="Asia/Shanghai",
        bill_ready_at=time(10),
        callback_acknowledgement=json.dumps({"code": "SUCCESS"}).encode(),
        delivery=Delivery.CONFIRM,
        confirm_within=codes.CONFIRM_WITHIN,
        name_from=Money(amount_minor=_NAME_FROM_MINOR, currency=settings.currency),
        queries_reach_back=codes.QUERIES_REACH_BACK,
        logs_today=False,
    )
