"""Compile the kernels of payees once, so that nobody waits for it at some later moment."""

from datetime import date

import polars as pl

from amends.payees.matching import Circumstances
from amends.payees.rules import FIELDS, Limits, decide


def make_ready() -> None:
    """Decide on somebody who does not exist; what is compiled for it is kept."""
    told = {"person_id": "p", "product": "im", "account_id": "1"}
    told |= {"name": "种植", "phone": "+86 138-0013-8000", "idno": "11010119900307123X"}
    rows = [told, told | {"account_id": "2", "name": "种植 2"}]
    schema = dict.fromkeys(("person_id", "product", "account_id", *FIELDS), pl.String)
    accounts = pl.DataFrame(rows, schema=schema)
    limits = Limits(day=date(2026, 11, 21))
    decide(accounts, Circumstances(deaths=accounts.head(1)), limits, mainland=True)
