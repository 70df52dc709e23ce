"""What a contract with a bank says: the ``bank.toml`` of its drop."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tomltable import a_switch, a_text, a_whole_number, an_hour, matching
from amends.payouts.rails.file_settings import a_zone, an_amount_alone, table_of
from amends.payouts.rails.iso20022_pain001 import Payer

ORDERS_PER_FILE = 10_000
"""Payments in a file, unless the bank's contract says another number (payout report §1.3)."""

_BANK = r"[0-9]{12}|[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?"
_ACCOUNT = r"[0-9A-Za-z-]{1,34}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankSettings:
    """What a contract with a bank says, and where files pass. ``zone``: of the bank's days.

    ``statement_due``: the bank's time of the next day from which a day's statement is there.
    ``taken_by_rename``: its client takes a file out of the outbox by one rename before it reads it.
    """

    drop: Path
    payer: Payer
    transfer_max: Money
    orders_per_file: int = ORDERS_PER_FILE
    zone: str = "Asia/Shanghai"
    statement_due: time = time(9)
    taken_by_rename: bool = False


def settings_from_keys(directory: Path, *, currency: str = "CNY") -> BankSettings:
    """Settings of the ``bank.toml`` in *directory*, which is the drop too.

    Raises:
        CaseFileError: the file is missing, or something in it is not right; says which key.
    """
    table = table_of(directory / "bank.toml")
    most = table.optional("transfer_max", an_amount_alone, "1000000000.00")
    found = BankSettings(
        drop=directory,
        payer=Payer(
            name=table.required("name", a_text),
            account=table.required(
                "account", matching(_ACCOUNT, said("1 to 34 letters, digits or -"))
            ),
            bank=table.required("bank", matching(_BANK, said("a BIC, or the 12 digits of CNAPS"))),
            currency=currency,
        ),
        transfer_max=Money.parse(f"{currency} {most}"),
        orders_per_file=table.optional("orders_per_file", a_whole_number, ORDERS_PER_FILE),
        zone=table.optional("zone", a_zone, "Asia/Shanghai"),
        statement_due=table.optional("statement_due", an_hour, time(9)),
        taken_by_rename=table.optional("taken_by_rename", a_switch, default=False),
    )
    table.refuse_unknown_keys()
    return found
