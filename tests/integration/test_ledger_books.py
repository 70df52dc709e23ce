"""The books in PostgreSQL: what cannot be written, changed or taken away."""

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.ledger import service
from amends.ledger.model import (
    LedgerChainError,
    LedgerConflictError,
    LedgerTextError,
    Transfer,
)
from amends.vault.opened import OpenCase
from made_cases import OpenedCase, SharedServer

NOW = datetime(2026, 11, 22, 4, 5, 6, 7, tzinfo=UTC)
ONE = Transfer(
    transfer_id="award:1",
    debit="compensation",
    credit="owed",
    amount_minor=500_000,
    currency="CNY",
    reason="award",
    subject="1",
    occurred_at=NOW,
)


def _many(count: int) -> list[Transfer]:
    return [replace(ONE, transfer_id=f"award:{place}") for place in range(count)]


def _post(opened: OpenCase, transfers: list[Transfer]) -> int:
    with opened.database.unit_of_work() as connection:
        return service.post(connection, transfers)


def _balance(opened: OpenCase, account: str) -> int:
    with opened.database.reading() as connection:
        return service.balances(connection)[account]


def test_ledger_posting_again_changes_nothing(opened_case: OpenedCase) -> None:
    """The same transfers again, also mixed with new ones, are written once."""
    opened = opened_case()
    assert _post(opened, _many(5)) == 5
    assert _post(opened, _many(5)) == 0
    assert _post(opened, _many(8)) == 3
    assert _balance(opened, "owed") == _balance(opened, "compensation") == 8 * 500_000
    with opened.database.reading() as connection:
        assert service.verify_chain(connection)
        assert service.check_trial(connection)


def test_ledger_refuses_an_id_with_other_content(opened_case: OpenedCase) -> None:
    """A known id with another amount is refused and nothing of its posting is written."""
    opened = opened_case()
    _post(opened, _many(1))
    with pytest.raises(LedgerConflictError, match="award:0"):
        _post(opened, [*_many(3)[1:], replace(ONE, transfer_id="award:0", amount_minor=1)])
    assert _balance(opened, "owed") == 500_000


def test_ledger_refuses_an_id_given_twice(opened_case: OpenedCase) -> None:
    """One posting cannot carry an id twice."""
    with pytest.raises(LedgerConflictError, match="given twice"):
        _post(opened_case(), [ONE, ONE])


def test_ledger_refuses_separators_in_text(opened_case: OpenedCase) -> None:
    """Text that could pass for the next field or line is refused."""
    opened = opened_case()
    for text in ("a\tb", "a\nb", "a\\b", "a\rb"):
        with pytest.raises(LedgerTextError):
            _post(opened, [replace(ONE, subject=text)])


WRONG = (
    (replace(ONE, amount_minor=0), "transfer_amount_positive"),
    (replace(ONE, amount_minor=-1), "transfer_amount_positive"),
    (replace(ONE, credit="compensation"), "transfer_two_accounts"),
    (replace(ONE, debit="nowhere"), "transfer_debit_known"),
    (replace(ONE, credit="nowhere"), "transfer_credit_known"),
    (replace(ONE, currency="yuan"), "transfer_currency_form"),
    (replace(ONE, reason=""), "transfer_reason_given"),
    (replace(ONE, transfer_id="x" * 81), "transfer_id_short"),
)


def test_ledger_database_refuses_wrong_transfers(opened_case: OpenedCase) -> None:
    """Each constraint holds by itself, whatever the program does."""
    opened = opened_case()
    for wrong, constraint in WRONG:
        with pytest.raises(psycopg.errors.IntegrityError) as refused:
            _post(opened, [wrong])
        assert refused.value.diag.constraint_name == constraint


def test_ledger_database_keeps_one_currency(opened_case: OpenedCase) -> None:
    """Later and within one posting another currency is refused; what was there stays."""
    opened = opened_case()
    euro = replace(ONE, transfer_id="award:2", currency="EUR")
    for together in ([ONE, euro], [euro]):
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            _post(opened, together)
        assert refused.value.diag.constraint_name == "transfer_one_currency"
        _post(opened, [ONE])
    assert _balance(opened, "owed") == ONE.amount_minor


HISTORY = (
    *(
        f"{verb} ledger.{table}"
        for verb in ("DELETE FROM", "TRUNCATE", "DROP TABLE")
        for table in ("transfer", "posting", "account")
    ),
    "UPDATE ledger.transfer SET amount_minor = 1",
    "UPDATE ledger.posting SET transfers = 1",
    "UPDATE ledger.account SET side = 'credit'",
)


def test_ledger_history_cannot_be_changed_or_taken_away(opened_case: OpenedCase) -> None:
    """The role of ordinary work updates and deletes nothing."""
    opened = opened_case()
    with opened.database.unit_of_work() as connection:
        for statement in HISTORY:
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                connection.transaction(),
            ):
                connection.execute(statement.encode())


TAMPERING = (
    "UPDATE ledger.transfer SET amount_minor = amount_minor + 1 WHERE transfer_id = 'award:3'",
    "UPDATE ledger.transfer SET credit = 'settled' WHERE transfer_id = 'award:3'",
    "UPDATE ledger.transfer SET occurred_at = now() WHERE transfer_id = 'award:3'",
    "DELETE FROM ledger.transfer WHERE transfer_id = 'award:3'",
    "UPDATE ledger.transfer SET posting_no = 9 WHERE transfer_id = 'award:3'",
    "DELETE FROM ledger.posting WHERE posting_no = 2",
    "UPDATE ledger.posting SET rows_sha256 = chain_sha256 WHERE posting_no = 1",
    "UPDATE ledger.posting SET transfers = transfers + 1 WHERE posting_no = 2",
)


def test_ledger_chain_finds_what_the_owner_changed(
    opened_case: OpenedCase, server: SharedServer
) -> None:
    """Whoever changes rows behind the program's back is found by the chain."""
    opened = opened_case()
    for start in (0, 5, 10):
        _post(opened, _many(start + 5)[start:])
    with opened.database.reading() as connection:
        name = connection.info.dbname
    owner = psycopg.conninfo.make_conninfo(
        server.owner_conninfo, dbname=name, options="-c amends.rewriting=on"
    )
    for tampering in TAMPERING:
        with psycopg.connect(owner) as connection:
            assert service.verify_chain(connection)
            connection.execute(tampering.encode())
            with pytest.raises(LedgerChainError):
                service.verify_chain(connection)
            connection.rollback()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.integers(1, 10**12), min_size=1, max_size=6),
    subjects=st.lists(
        st.text(st.characters(exclude_characters="\t\n\r\\\x00", exclude_categories=["Cs"])),
        min_size=6,
        max_size=6,
    ),
)
def test_ledger_any_transfers_balance_and_verify(
    opened_case: OpenedCase, *, amounts: list[int], subjects: list[str]
) -> None:
    """Whatever is posted: debits equal credits, the chain holds, and again changes nothing."""
    opened = opened_case()
    transfers = [
        replace(ONE, transfer_id=f"t:{place}", amount_minor=amount, subject=subjects[place])
        for place, amount in enumerate(amounts)
    ]
    with opened.database.unit_of_work() as connection:
        assert service.post(connection, transfers) == len(transfers)
        assert service.post(connection, transfers) == 0
    with opened.database.reading() as connection:
        assert service.balances(connection)["owed"] == sum(amounts)
        assert service.check_trial(connection)
        assert service.verify_chain(connection)
    assert service.export_ledger(opened)["amount_minor"].to_pylist() == amounts
