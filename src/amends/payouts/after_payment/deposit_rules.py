"""Orders to a notary to take money in deposit (提存), and what people are told of it. Pure.

Who cannot be paid is not forgotten: Civil Code 570 lets the debtor deposit the money, 571 counts it
as given, 572 has the creditor told, 574 lets them collect it for five years; then it goes to the
State, less the costs of the deposit, and never back to the company.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.payees.model import Situation


class Ground(StrEnum):
    """Why the law lets it be deposited."""

    REFUSED = "refused"
    MISSING = "missing"
    NOBODY_NAMED = "nobody_named"


GROUNDS: Final = {
    Ground.REFUSED: said("refuses without reason to accept it (Civil Code 570, item 1)"),
    Ground.MISSING: said("cannot be found (Civil Code 570, item 2)"),
    Ground.NOBODY_NAMED: said(
        "heir, administrator or guardian is not determined (Civil Code 570, item 3)"
    ),
}
"""Each ground in words."""

_GROUND_OF: Final[Mapping[Situation, Ground]] = {
    Situation.REFUSED: Ground.REFUSED,
    Situation.MISSING: Ground.MISSING,
}

HEADER: Final = ("order", "reference", "name", "idno", "amount", "currency", "ground", "since")
"""The columns of the file that the notary gets."""


class DepositError(AmendsError):
    """An order to a notary cannot be made, or carried on, like this."""

    code: ClassVar[str] = "deposit"


def ground_of(origin: Situation) -> Ground:
    """The ground of somebody who was in this state before it was decided to deposit."""
    return _GROUND_OF.get(origin, Ground.NOBODY_NAMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depositing:
    """What is to be deposited for one person. ``since``: when it was decided."""

    award_index: int
    person_id: str
    amount: Money
    ground: Ground
    since: date
    name: str = field(default="", repr=False)
    idno: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it stands. ``certificate``: None until it was seen."""

    order_no: int
    notary: str
    people: int
    total: Money
    ordered_on: date
    certificate: str | None
    made: int
    collected: int
    ended: int


def list_digest(rows: Iterable[Depositing]) -> str:
    """SHA-256 over award and amount of each, in the order of awards: what two people sign."""
    lines = (
        f"{one.award_index} {one.amount.amount_minor}\n"
        for one in sorted(rows, key=lambda one: one.award_index)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def table(order_no: int, rows: Sequence[Depositing], words: Mapping[Ground, str]) -> bytes:
    """The order as the notary gets it: CSV in UTF-8 with a mark, as spreadsheets want it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for one in rows:
        amount = one.amount.display().removeprefix(one.amount.currency).strip().replace(",", "")
        writer.writerow(
            (
                order_no,
                reference(order_no, one.award_index),
                _plain(one.name),
                _plain(one.idno),
                amount,
                one.amount.currency,
                words[one.ground],
                one.since.isoformat(),
            )
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def reference(order_no: int, award_index: int) -> str:
    """By what the notary and the person name one deposit."""
    return f"D{order_no}-{award_index}"


def _plain(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def letter(order: Order, award_index: int, amount: Money, until: date) -> dict[str, Said]:
    """What the person is told (Civil Code 572), by the name of the paragraph."""
    return {
        "where": said(
            "{amount} that we owe you lie with {notary} (certificate {certificate}, reference "
            "{reference}).",
            amount=amount.display(),
            notary=order.notary,
            certificate=order.certificate or "-",
            reference=reference(order.order_no, award_index),
        ),
        "how": said(
            "You or whoever represents you collect it there with a proof of identity; who inherits "
            "or is guardian also brings the paper that says so. It costs you nothing."
        ),
        "until": said(
            "You can collect it until {until} (Civil Code 574). After that it goes to the State, "
            "less the costs of the deposit; it does not come back to us.",
            until=until,
        ),
        "beware": said(
            "Nobody of ours asks for codes, passwords or a payment, and no third party collects "
            "for you."
        ),
    }
