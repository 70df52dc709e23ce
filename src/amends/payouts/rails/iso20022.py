"""A bank as a rail: payments in pain.001, answers in pain.002, moved money in camt or MT940."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from amends.kernel.accounts import ACCOUNT_KINDS
from amends.kernel.clock import Clock
from amends.kernel.money import Money
from amends.kernel.saying import Said
from amends.payouts.rails import iso20022_codes as codes
from amends.payouts.rails import iso20022_inbox as inbox
from amends.payouts.rails import iso20022_pain001 as pain001
from amends.payouts.rails.file_aside import beside, pieces_of
from amends.payouts.rails.file_marks import Book
from amends.payouts.rails.file_model import SentRow, Taken, Word
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.iso20022_settings import BankSettings
from amends.payouts.rails.model import (
    Capabilities,
    Order,
    PreparedRequest,
    QueryAnswer,
)
from amends.statements.service import Walked, walk_statements


def bank_rail(settings: BankSettings, clock: Clock, book: Book | None = None) -> FilesRail:
    """The rail of one account at one bank. *book*: what knows its folder from others."""
    return FilesRail(settings.drop, BankLanguage(settings), clock, book)


class BankLanguage:
    """ISO 20022, as one bank and one contract have it."""

    suffix = ".xml"

    def __init__(self, settings: BankSettings) -> None:
        payer = settings.payer
        self._payer, self.taken_by_rename = payer, settings.taken_by_rename
        self.capabilities = capabilities(settings)
        self.currency, self.account, self.zone = payer.currency, payer.account, settings.zone
        self._books = inbox.Books(account=self.account, currency=self.currency, zone=self.zone)

    def problem_of(self, order: Order) -> Said | None:
        """Why a file cannot carry an order; None where it can."""
        return pain001.problem_of(order, self.currency)

    def payment(self, order: Order) -> bytes:
        """One ``CdtTrfTxInf``."""
        return pain001.payment(order)

    def amount_of(self, body: bytes) -> int:
        """The amount, from the bytes that are sent."""
        return pain001.amount_of(body)

    def mark_of(self, body: bytes) -> bytes:
        """Nothing: a bank's answers carry the number, and that is enough."""
        del body
        return b""

    def written(self, prepared: Sequence[PreparedRequest], made_at: datetime) -> Iterator[bytes]:
        """A file, piece by piece."""
        head = pain001.head_of(prepared, made_at, self.zone)
        return pain001.written(head, self._payer, (one.body for one in prepared))

    def check(self, path: Path) -> None:
        """Hold a written file against the schema.

        Raises:
            FileRejectedError: it does not hold.
        """
        pain001.check_file(path)

    def take(
        self, path: Path, name: str, sha256: bytes, sent: Callable[[str], SentRow | None]
    ) -> Taken:
        """What a file from the bank says.

        Raises:
            StatementError, RailUnavailableError: it cannot be read; says why and what to do.
        """
        return inbox.take(path, name, sha256, self._books, sent)

    def statements(self, path: Path, name: str) -> list[Walked]:
        """The statements of a file.

        Raises:
            StatementError: it cannot be read.
        """
        return walk_statements(pieces_of(path), name, beside(path))

    def redacted(self, path: Path) -> bytes | None:
        """None: a bank's files are kept as they came, for they are the proof."""
        del path
        return None

    def answer(self, words: Sequence[Word], amount_minor: int, *, resent: bool) -> QueryAnswer:
        """What all that the bank said of a payment comes to."""
        return codes.answer(words, amount_minor, resent=resent)


def capabilities(settings: BankSettings) -> Capabilities:
    """What such a contract allows."""
    return Capabilities(
        rail="iso20022",
        account_kinds=ACCOUNT_KINDS["iso20022"],
        number_max_length=pain001.ID_LENGTH,
        number_alphabet=pain001.ID_ALPHABET,
        transfer_min=Money(amount_minor=1, currency=settings.payer.currency),
        transfer_max=settings.transfer_max,
        day_max=None,
        payee_day_max=None,
        calls_per_second=None,
        calls_in_flight=1,
        bill_zone=settings.zone,
        bill_ready_at=settings.statement_due,
        callback_acknowledgement=b"",
        orders_per_file=settings.orders_per_file,
    )
