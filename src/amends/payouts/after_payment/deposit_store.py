"""The SQL of orders to a notary."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from amends.kernel.money import Money
from amends.payees.model import Situation
from amends.payouts.after_payment.deposit_rules import Depositing, Ground, Order, ground_of
from amends.store.columns import calendar_day, whole
from amends.store.connection import Connection

_DEPOSIT_LOCK = 0x64706F73  # "dpos": see docs/locking.md


def lock(connection: Connection) -> None:
    """Wait until nobody else writes orders; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _DEPOSIT_LOCK})


def to_order(connection: Connection) -> list[Depositing]:
    """What is to be deposited and stands in no order since that was decided, by award.

    Of an award that was paid, what it was raised by since. Nothing of which a rail has a payment
    that is planned or under way, or of which a part was paid by hand: people look at these.
    """
    rows = connection.execute(
        "SELECT owed.award_index, owed.person_id, owed.amount_minor - paid.amount_minor, "
        "owed.currency, move.origin, move.happened_on FROM payees.present AS present "
        "JOIN payees.move AS move ON move.move_no = present.move_no "
        "JOIN awards.owed AS owed ON owed.person_id = present.person_id "
        "CROSS JOIN LATERAL (SELECT COALESCE(sum(one.amount_minor), 0)::bigint AS amount_minor "
        "FROM payouts.instruction AS one WHERE one.award_index = owed.award_index AND one.live "
        "AND one.state = 'settled') AS paid "
        "WHERE present.situation = 'deposit_pending' AND owed.amount_minor > paid.amount_minor "
        "AND NOT EXISTS (SELECT "
        "FROM payouts.instruction AS one WHERE one.award_index = owed.award_index AND one.live "
        "AND one.state NOT IN ('refused', 'returned', 'settled')) "
        "AND NOT EXISTS (SELECT FROM payees.hand_payment AS hand "
        "WHERE hand.award_index = owed.award_index) "
        "AND NOT EXISTS (SELECT FROM payouts.deposit_ordered AS ordered "
        "JOIN payouts.deposit_order USING (order_no) "
        "WHERE ordered.award_index = owed.award_index "
        "AND deposit_order.ordered_at >= move.occurred_at) ORDER BY owed.award_index"
    )
    return [
        Depositing(
            award_index=whole(award),
            person_id=str(person),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            ground=ground_of(Situation(str(origin))),
            since=calendar_day(since),
        )
        for award, person, amount, currency, origin, since in rows
    ]


def ordered(connection: Connection, order_no: int) -> list[Depositing]:
    """What an order holds, by award."""
    rows = connection.execute(
        "SELECT ordered.award_index, ordered.person_id, ordered.amount_minor, "
        "deposit_order.currency, ordered.ground, deposit_order.ordered_at::date "
        "FROM payouts.deposit_ordered AS ordered JOIN payouts.deposit_order USING (order_no) "
        "WHERE order_no = %(order)s ORDER BY ordered.award_index",
        {"order": order_no},
    )
    return [
        Depositing(
            award_index=whole(award),
            person_id=str(person),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            ground=Ground(str(ground)),
            since=calendar_day(since),
        )
        for award, person, amount, currency, ground, since in rows
    ]


def orders(connection: Connection) -> list[Order]:
    """All orders, and what became of their people."""
    rows = connection.execute(
        "SELECT order_no, notary, people, total_minor, currency, ordered_at::date, "
        "(SELECT certificate FROM payouts.deposit_proof AS proof "
        "WHERE proof.order_no = deposit_order.order_no), "
        "count(*) FILTER (WHERE present.situation IN ('deposited', 'collected', 'escheated')), "
        "count(*) FILTER (WHERE present.situation = 'collected'), "
        "count(*) FILTER (WHERE present.situation = 'escheated') "
        "FROM payouts.deposit_order JOIN payouts.deposit_ordered USING (order_no) "
        "LEFT JOIN payees.present AS present USING (person_id) "
        "GROUP BY order_no ORDER BY order_no"
    )
    return [
        Order(
            order_no=whole(number),
            notary=str(notary),
            people=whole(people),
            total=Money(amount_minor=whole(total), currency=str(currency)),
            ordered_on=calendar_day(on),
            certificate=None if certificate is None else str(certificate),
            made=whole(made),
            collected=whole(collected),
            ended=whole(ended),
        )
        for number, notary, people, total, currency, on, certificate, made, collected, ended in rows
    ]


def until(connection: Connection, people: Iterable[str]) -> dict[str, date]:
    """By person until when a deposit can be collected, of those who are deposited."""
    rows = connection.execute(
        "SELECT present.person_id, move.due_on FROM payees.present AS present "
        "JOIN payees.move AS move ON move.move_no = present.move_no "
        "WHERE present.situation = 'deposited' AND present.person_id = ANY(%(people)s)",
        {"people": list(people)},
    )
    return {str(person): calendar_day(due) for person, due in rows}


def insert(
    connection: Connection,
    values: Mapping[str, object],
    rows: Iterable[Depositing],
    now: datetime,
) -> None:
    """Add an order with its people."""
    connection.execute(
        "INSERT INTO payouts.deposit_order (order_no, notary, people, total_minor, currency, "
        "list_sha256, proposal_sha256, ordered_at) VALUES (%(order)s, %(notary)s, %(people)s, "
        "%(total_minor)s, %(currency)s, %(list_sha256)s, %(proposal)s, %(now)s)",
        {**values, "now": now},
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY payouts.deposit_ordered (order_no, award_index, person_id, amount_minor, ground) "
            "FROM STDIN"
        ) as copy,
    ):
        for one in rows:
            amount = one.amount.amount_minor
            row = (values["order"], one.award_index, one.person_id, amount, one.ground.value)
            copy.write_row(row)


def insert_proof(connection: Connection, values: Mapping[str, object]) -> None:
    """Add the certificate of an order."""
    connection.execute(
        "INSERT INTO payouts.deposit_proof (order_no, certificate, image_sha256, seen_by, "
        "signature, seen_at) VALUES (%(order)s, %(certificate)s, %(image_sha256)s, %(seen_by)s, "
        "%(signature)s, %(now)s)",
        values,
    )


def on_rails(connection: Connection, award: int) -> tuple[int, str | None]:
    """What of an award came back, in minor units, and how something of it stands that may leave.

    None where everything has ended: it was paid, was refused or came back.
    """
    row = connection.execute(
        "SELECT COALESCE(sum(amount_minor) FILTER (WHERE state = 'returned'), 0)::bigint, "
        "min(state) FILTER (WHERE state NOT IN ('refused', 'returned', 'settled')) "
        "FROM payouts.instruction WHERE award_index = %(award)s AND live",
        {"award": award},
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), None if row[1] is None else str(row[1])
