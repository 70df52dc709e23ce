"""Settled payees for tests: decided from a name and a mobile, without any file."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from amends.kernel.ids import PersonId
from amends.payees import service
from amends.payees.matching import Circumstances
from amends.payees.model import PaymentDetails
from amends.payees.rules import FIELDS, Limits, Settled, decide
from amends.vault.opened import OpenCase

COLUMNS = ("person_id", "product", "account_id", *FIELDS)


def decisions(people: Mapping[str, tuple[str | None, str | None]]) -> Settled:
    """Decisions for people with a name and a mobile, or without."""
    rows = [
        {"person_id": who, "product": "im", "account_id": who, "name": name, "phone": phone}
        for who, (name, phone) in people.items()
    ]
    accounts = pl.DataFrame(
        [{column: row.get(column) for column in COLUMNS} for row in rows],
        schema=dict.fromkeys(COLUMNS, pl.String),
    )
    return decide(accounts, Circumstances(), Limits(day=date(2026, 11, 21)), mainland=True)


def details(opened: OpenCase, *people: str) -> dict[PersonId, PaymentDetails]:
    """The payment details of people."""
    with opened.database.reading() as connection:
        return service.payment_details(opened, connection, [PersonId(who) for who in people])
