"""The award of each new instruction is known, with gaps between awards and without."""

import psycopg
import pytest

from made_awards import NOW, make_awards
from made_cases import OpenedCase

NEW = (
    "INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, "
    "amount_minor, currency, state) SELECT 'N' || place, award_index, 0, 9, 'alipay', 1, "
    "currency, 'planned' FROM unnest(%(awards)s::integer[], %(currencies)s::text[]) "
    "WITH ORDINALITY AS new (award_index, currency, place)"
)
EURO = 1_003
"""The award that is in euros."""


@pytest.mark.parametrize(
    ("awards", "euros", "known"),
    [
        ([], [], True),
        ([0, 1, 2, 3], [], True),
        ([3, 0, 2], [], True),
        ([0, 1, 2, 3], [0, 1, 2, 3], False),
        ([0, 1, 2], [1], False),
        ([0, 1, 4], [], False),
        ([4], [], False),
        ([100, 105], [], True),
        ([100, 103, 105], [], False),
        ([2, 100], [], True),
        ([2, 50, 100], [], False),
        ([1_000, 1_001, 1_002], [], True),
        ([1_001, 1_002, EURO, 1_004], [], False),
        ([1_001, 1_002, EURO, 1_004], [EURO], True),
        ([1_001, 1_002, EURO, 1_004], [EURO, 1_004], False),
        ([1_001, 1_002, 1_004], [], True),
        ([EURO], [EURO], True),
        ([EURO], [], False),
    ],
)
def test_payouts_new_instructions_are_of_awards_that_are_there_in_their_currency(
    opened_case: OpenedCase, awards: list[int], euros: list[int], *, known: bool
) -> None:
    """Awards 0 to 3, 100 to 115 five apart, and 1,000 to 1,004, of which one is in euros."""
    opened = opened_case()
    make_awards(opened, 4)
    make_awards(opened, 4, first=100, spread=5)
    make_awards(opened, 3, first=1_000)
    wrong = None
    with opened.database.unit_of_work() as connection:
        for index, currency in ((EURO, "EUR"), (EURO + 1, "CNY")):
            connection.execute(
                "INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, "
                "tranche, awarded_at) VALUES (%(index)s, %(id)s, 0, 1, %(currency)s, 1, %(now)s)",
                {"index": index, "id": f"{index:026d}", "currency": currency, "now": NOW},
            )
        connection.execute(
            "INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state) "
            "VALUES (9, 1, 3, 'planned')"
        )
        currencies = ["EUR" if one in euros else "CNY" for one in awards]
        try:
            with connection.transaction():
                connection.execute(NEW, {"awards": awards, "currencies": currencies})
        except psycopg.errors.IntegrityError as refused:
            wrong = refused.diag.constraint_name
        connection.rollback()
    assert wrong == (None if known else "instruction_award_known")
