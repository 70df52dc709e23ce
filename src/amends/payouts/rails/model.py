"""What every payment rail speaks: orders in, outcomes out.

Kept true here: an outcome says no more than the provider said for certain. ``Refused`` means that
this number will never be paid; ``Settled`` that it was; everything that is not certain (a timeout,
a broken answer, a bad signature, a code nobody has listed) is ``Unknown``, and the only cures for
``Unknown`` are to ask and to send the same number with the same bytes again.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Protocol

from amends.kernel.accounts import AccountKind
from amends.kernel.errors import AmendsError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money

if TYPE_CHECKING:
    import polars as pl


class RefusalReason(StrEnum):
    """Why a payment to this payee ended for good on this rail."""

    UNKNOWN_ACCOUNT = "unknown_account"
    AMBIGUOUS_ACCOUNT = "ambiguous_account"
    NAME_MISMATCH = "name_mismatch"
    NOT_REAL_NAME = "not_real_name"
    ACCOUNT_LIMIT = "account_limit"
    ACCOUNT_BLOCKED = "account_blocked"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_UNSUITABLE = "account_unsuitable"
    PAYEE_DECEASED = "payee_deceased"
    PAYER = "payer"
    """The provider ended it because of us: our account, balance, limit, contract or file."""
    NOT_CONFIRMED = "not_confirmed"
    """The payee did not take it in time: the money never left."""
    CANCELLED = "cancelled"
    """We took it back before the payee confirmed."""
    FAILED = "failed"
    """The provider ended the payment without a reason."""
    UNLISTED = "unlisted"
    """The provider ended it for a reason that nobody has listed: a person has to look."""


class Advice(StrEnum):
    """What an unknown outcome asks of the payer. Every advice keeps the number."""

    ASK = "ask"
    """Query; when the provider does not know the number, send it again."""
    STOP_RAIL = "stop_rail"
    """The trouble is the payer's (balance, quota, contract, key): nothing else will pass either."""
    ALARM = "alarm"
    """A person has to look (number used with other content, a code that nobody has listed)."""


class Delivery(StrEnum):
    """Whether money reaches the payee by itself."""

    PUSH = "push"
    CONFIRM = "confirm"
    """The payee has to confirm each payment in time; until then the money has not moved."""


class Direction(StrEnum):
    """Which way money went, seen from our account at the rail."""

    OUT = "out"
    IN = "in"


class LineKind(StrEnum):
    """What a line of a statement is about."""

    TRANSFER = "transfer"
    RETURN = "return"
    TOP_UP = "top_up"
    FEE = "fee"
    OTHER = "other"


class Order(NamedTuple):
    """One payment. ``payee_account`` and ``payee_name`` are personal: never logged, no repr.

    ``payee_bank``: of an account at a bank, its BIC or its number in the country's clearing.
    """

    number: InstructionId
    amount: Money
    payee_account: str
    payee_account_kind: AccountKind
    payee_name: str
    payee_bank: str = ""
    remark: str = ""

    def __repr__(self) -> str:
        """Without what is personal."""
        return f"Order(number={self.number!r}, amount={self.amount!r})"


class PreparedRequest(NamedTuple):
    """The business content of an order as bytes, and their SHA-256 (32 bytes).

    The same order gives the same bytes for ever; time stamp and signature are added when sending.
    ``amount``: what an answer has to say where it says an amount.
    """

    number: InstructionId
    body: bytes
    sha256: bytes
    amount: Money | None = None

    def __repr__(self) -> str:
        """Without the content."""
        return f"PreparedRequest(number={self.number!r}, sha256={self.sha256.hex()!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider works on it; ask later. ``confirm_by``: it waits for the payee, until then."""

    provider_reference: str | None
    raw: bytes = field(repr=False)
    confirm_by: datetime | None = None


class Settled(NamedTuple):
    """Paid, says the provider in a signed answer. ``settled_at``: the provider's time, in UTC."""

    provider_reference: str | None
    settled_at: datetime | None
    raw: bytes

    def __repr__(self) -> str:
        """Without the answer."""
        return (
            f"Settled(provider_reference={self.provider_reference!r}, "
            f"settled_at={self.settled_at!r})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Never paid under this number, says the provider in a signed answer. ``code``: its word.

    ``stops_rail``: the reason is ours (contract, scene, budget): the next payment would meet it.
    """

    provider_reference: str | None
    reason: RefusalReason
    code: str
    raw: bytes = field(repr=False)
    stops_rail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody can say yet. ``code``: the provider's word, or ours in lower case (``timeout``).

    ``used_up``: a quota of ours at the provider is, until another day or month begins there.
    """

    advice: Advice
    code: str
    raw: bytes = field(default=b"", repr=False)
    used_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Was paid, and the money came back. Only a query says so."""

    provider_reference: str | None
    returned_at: datetime | None
    code: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The provider does not know the number (yet). This is not a failure: see ``Advice.ASK``."""

    raw: bytes = field(repr=False)


AMOUNT_DIFFERS: Final = "amount_differs"
"""The code of an answer that says another amount than was ordered: about what is it?"""

Outcome = Accepted | Settled | Refused | Unknown
"""What a submission can end with."""

QueryAnswer = Accepted | Settled | Refused | Unknown | Returned | NotFound
"""What a question about a number can end with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One change of our balance at the rail. ``line_id`` is the provider's own and unique."""

    line_id: str
    number: InstructionId | None
    provider_reference: str | None
    direction: Direction
    amount: Money
    balance_after: Money
    kind: LineKind
    at: datetime

    @property
    def balance_before(self) -> Money:
        """What the account held just before."""
        if self.direction is Direction.IN:
            return self.balance_after - self.amount
        return self.balance_after + self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The bill of one day (in the rail's zone). ``lines`` can be walked again and again, lazily.

    ``batches``: the same as columns (`columns.LINES`), where the rail reads them so. ``raw``: as it
    came in, or the file where that lies.
    """

    day: date
    opening: Money
    closing: Money
    lines: Iterable[StatementLine]
    raw: bytes | Path = field(repr=False)
    batches: Callable[[], Iterator["pl.DataFrame"]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillNotReady:
    """The bill of that day is not there yet; ``code`` is the provider's word for it."""

    day: date
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackHint:
    """A genuine notification about a number: a reason to ask, never a result.

    ``says_another``: whether it states another amount than this one.
    """

    number: InstructionId
    says_another: Callable[[Money], bool] = field(
        default=lambda _: False, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRejected:
    """Nothing that a question follows from.

    ``code``: ``bad_signature`` (not from the provider), ``malformed`` (not readable), ``not_fresh``
    (signed more than five minutes ago, or in the future), ``other_app`` (about another merchant's
    payments), ``other_message`` (about something else than a payment), ``no_callbacks`` (the rail
    has none).
    """

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a rail can do, and its limits. None: no limit that we know of.

    ``account_kinds``: what a payee's account may be written as. ``payee_day_max``: to one payee in
    a day. ``name_from``: from this amount on a payment needs the
    payee's name (None: always). ``confirm_within``: how long a payee has to confirm. A query of a
    number older than ``queries_reach_back`` finds nothing, whatever became of it.
    """

    rail: str
    account_kinds: frozenset[AccountKind]
    number_max_length: int
    number_alphabet: str
    transfer_min: Money
    transfer_max: Money
    day_max: Money | None
    payee_day_max: Money | None
    calls_per_second: float | None
    calls_in_flight: int
    bill_zone: str
    bill_ready_at: time
    """Local time of the next day from which a day's bill is there."""
    callback_acknowledgement: bytes
    """What the provider wants to read in answer to a callback; anything else makes it repeat."""
    orders_per_file: int = 1
    """Orders that travel together in one file; 1 for a rail of single calls."""
    delivery: Delivery = Delivery.PUSH
    confirm_within: timedelta | None = None
    name_from: Money | None = None
    queries_reach_back: timedelta | None = None
    logs_today: bool = True
    """Whether ``account_log`` knows of today; if not, only of days that have a bill."""

    @property
    def lies_ready(self) -> bool:
        """Whether a payment waits for its payee without end, as at a counter."""
        return self.delivery is Delivery.CONFIRM and self.confirm_within is None


class RailUnavailableError(AmendsError):
    """A question that can safely be repeated got no usable answer, several times over."""

    code: ClassVar[str] = "rail_unavailable"


class OrderNotPayableError(AmendsError):
    """An order that this rail cannot carry (amount, number, empty name): found before sending."""

    code: ClassVar[str] = "order_not_payable"


class Rail(Protocol):
    """A way to pay. ``submit`` and ``query`` never raise for anything the world does."""

    @property
    def capabilities(self) -> Capabilities:
        """Limits and habits of this rail."""

    def prepare(self, order: Order) -> PreparedRequest:
        """The bytes of an order: pure, the same for the same order.

        Raises:
            OrderNotPayableError: the order breaks a limit of the capabilities.
        """

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Send an order whose number is already committed. Safe to repeat with the same bytes."""

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """Ask what became of a number. *amount*: what it was ordered with.

        An answer that says another amount is `Unknown` with ``AMOUNT_DIFFERS``, whatever else it
        says. A rail that keeps its orders itself needs no *amount*.
        """

    async def balance(self) -> Money:
        """What our account at the rail holds.

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The bill of a day in the rail's zone.

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """

    def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """Changes of our balance from *start* (included) to *end* (excluded), also of today.

        Raises:
            RailUnavailableError: no usable answer after several tries.
        """

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes
    ) -> CallbackHint | CallbackRejected:
        """Check a notification's signature and say which number it is about."""

    async def close(self) -> None:
        """Give the connections back."""


class RevocableRail(Rail, Protocol):
    """A rail whose payments wait for their payees (`Delivery.CONFIRM`), and can be taken back."""

    async def cancel(self, number: InstructionId) -> QueryAnswer:
        """Take a payment back that its payee has not confirmed.

        An answer that it works on it is no end: a query says how that ended. Safe to repeat.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedFile:
    """A file of which payments have no end yet, after files were taken out of the outbox again.

    ``payments``, ``total``: of what has none. ``withdrawn``: it certainly is not with the other
    side; else that has to be called.
    """

    message_id: str
    payments: int
    total: Money
    withdrawn: bool


class FileRail(Rail, Protocol):
    """A rail whose orders travel in files. A number stands in one file, and in no other ever."""

    async def submit_together(
        self,
        prepared: Sequence[PreparedRequest],
        may_leave: Callable[[], bool] = lambda: True,
    ) -> list[Outcome]:
        """Hand over orders whose numbers are committed, in one file; an outcome for each, in order.

        *may_leave* is asked at the last moment: where it says no, nothing leaves.

        Safe to repeat with the same orders: the file is the same, byte for byte, and goes out again
        only where the provider said that it never came.
        """

    async def withdraw(self) -> list[StoppedFile]:
        """Take out of the outbox what nobody has fetched; every file that has no end yet."""

    def require_own(self) -> None:
        """Refuse a folder that is not the rail's, or whose memory of what left is not whole.

        Raises:
            RailUnavailableError: it is that; says which, and what to do.
        """

    def take_over(self, proposal: str, handed: Callable[[], Iterable[tuple[str, int]]]) -> None:
        """Make a folder the rail's that is not, or whose memory is not whole.

        *proposal*: what two people signed. *handed*: number and amount of all that was ever handed
        over: it never goes out again.

        Raises:
            RailUnavailableError: meanwhile files left from another folder.
        """

    def never_came(self, message_id: str, *, dry_run: bool = False) -> None:
        """The other side says that it never got a file: its payments may go out again.

        They go out as they were, byte for byte. *dry_run*: only look whether it may be so.

        Raises:
            RailUnavailableError: it was not handed over, lies in the outbox still, or was answered.
        """
