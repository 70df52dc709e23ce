"""Awards and payees for tests of paying: made directly, as the rooms below would have left them."""

import json
from datetime import UTC, datetime

from amends.governance.service import add_operator
from amends.kernel.accounts import AccountKind
from amends.ledger import service as ledger
from amends.ledger.model import BANK, COMPENSATION, FUNDS, OWED, Transfer
from amends.payees import further, pages
from amends.payees.model import PaymentDetails
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

AMOUNT_MINOR = 500_000
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def person(index: int) -> str:
    """A made-up person id."""
    return f"{index:026d}"


def make_awards(  # noqa: PLR0913 -- what made-up awards differ in
    opened: OpenCase,
    people: int,
    *,
    needs_person: int = 0,
    spread: int = 1,
    funding_minor: int | None = None,
    declared: bool = True,
    account_kind: str = "phone",
    first: int = 0,
    whose: str | None = None,
    amount_minor: int = AMOUNT_MINOR,
) -> None:
    """Owe *amount_minor* to each of *people*; the last *needs_person* of them cannot be paid yet.

    *spread*: the distance from one award index to the next (500 makes chunks of two). Without
    *declared* the money comes from elsewhere: from statements. *whose*: somebody who is there.
    """
    indexes = range(first, first + people * spread, spread)
    with opened.database.unit_of_work() as connection:
        for index in indexes:
            payable = index < first + (people - needs_person) * spread
            if whose is None:
                make_payee(opened, connection, index, account_kind, payable=payable)
            connection.execute(
                "INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, "
                "tranche, awarded_at) VALUES (%(index)s, %(id)s, 0, %(amount)s, 'CNY', 1, %(now)s)",
                {"index": index, "id": whose or person(index), "amount": amount_minor, "now": NOW},
            )
        _owe(opened, indexes, funding_minor, amount_minor, declared=declared)


def make_payee(
    opened: OpenCase,
    connection: Connection,
    index: int,
    account_kind: str = "phone",
    *,
    payable: bool = True,
) -> None:
    """Somebody with an account, or dead."""
    forms = {"openid": f"o{index:027d}", "bank": f"62284804{index:011d}"}
    account = forms.get(account_kind, f"138{index:08d}")
    details = {"account": account, "account_kind": account_kind, "name": "某人"}
    sealed = opened.vault.seal(json.dumps(details).encode(), "payee", person(index))
    connection.execute(
        "INSERT INTO payees.payee (person_id, state, reason, kind, sealed, details_mark, "
        "settled_at) VALUES (%(id)s, %(state)s, %(reason)s, %(kind)s, %(sealed)s, "
        "%(mark)s, %(now)s)",
        {
            "id": person(index),
            "state": "payable" if payable else "needs_person",
            "reason": None if payable else "deceased",
            "kind": "self" if payable else None,
            "sealed": sealed if payable else None,
            "mark": b"m" * 16 if payable else None,
            "now": NOW,
        },
    )


def _owe(
    opened: OpenCase,
    indexes: range,
    funding_minor: int | None,
    amount_minor: int,
    *,
    declared: bool,
) -> None:
    """The books as `amends award` leaves them."""
    in_case = opened.case.file.funding
    assert in_case is not None
    funding = in_case.amount_minor if funding_minor is None else funding_minor
    awards = [_transfer(f"award:{index}", COMPENSATION, OWED, amount_minor) for index in indexes]
    with opened.database.unit_of_work() as connection:
        if declared:
            ledger.post(connection, [_transfer("fund", BANK, FUNDS, funding)])
        ledger.post(connection, awards)


def _transfer(transfer_id: str, debit: str, credit: str, amount_minor: int) -> Transfer:
    return Transfer(
        transfer_id=transfer_id,
        debit=debit,
        credit=credit,
        amount_minor=amount_minor,
        currency="CNY",
        reason=transfer_id.partition(":")[0],
        subject="test",
        occurred_at=NOW,
    )


def make_page(opened: OpenCase, members: range) -> None:
    """A page of payees who stand in no row of their own."""
    ids = [person(index) for index in members]
    lines = "\n".join(f"138{index:08d}\tphone\t某人" for index in members)
    sealed = pages.seal(opened.vault, "".join(ids).encode(), lines.encode())
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO payees.page (first_id, members, sealed, mark, settled_at) "
            "VALUES (%(first)s, %(ids)s, %(sealed)s, %(mark)s, %(now)s)",
            {"first": ids[0], "ids": ids, "sealed": sealed, "mark": b"m" * 16, "now": NOW},
        )


def make_ten(opened: OpenCase, *, with_openids: range) -> None:
    """Ten people, a chunk each, and three operators; some named an account at WeChat Pay, too."""
    for name in ("anna", "ben", "cara"):
        add_operator(opened, name)
    make_awards(opened, 10, spread=1000)
    for at in with_openids:
        openid = PaymentDetails(account=f"o{at:027d}", account_kind=AccountKind.OPENID, name="假人")
        assert further.name(opened, person(1000 * at), openid, 2, "cara")
