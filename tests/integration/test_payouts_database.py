"""What the database keeps of the protocol, and what two commands at once can do to it."""

import asyncio
import threading
from collections import Counter
from dataclasses import replace
from datetime import date

import polars as pl
import psycopg
import pytest
from aiohttp import ClientSession

from amends.kernel.case import ClockKind
from amends.kernel.clock import RealClock
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.ledger import service as ledger
from amends.payees import by_hand, deposits
from amends.payees.estates import Entry
from amends.payees.states import Event
from amends.payouts.model import (
    Bill,
    Change,
    NoAwardsError,
    RailShortError,
    RailStoppedError,
    State,
)
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.rails.model import (
    Advice,
    Outcome,
    PreparedRequest,
    RefusalReason,
    Refused,
    Unknown,
)
from amends.payouts.reconciling import bill_packs, bill_store
from amends.payouts.sending import store
from amends.payouts.sending.callbacks import listening
from amends.payouts.sending.dispatch import begin_chunks, recover
from amends.payouts.sending.record import answers_to
from amends.payouts.service import export_payments, pay
from amends.payouts.showing.held import held
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from fake_provider import RAIL, FakeProvider, Rates, limits
from made_awards import make_awards
from made_cases import OpenedCase

FUNDS = 100_000_000


def _provider(opened: OpenCase, rates: Rates = Rates()) -> FakeProvider:  # noqa: B008 - frozen
    return FakeProvider(seed=1, rates=rates, now=opened.clock.now, funds_minor=FUNDS)


SAID_BY_ROWS = (
    b"UPDATE payouts.payment SET state = 'settled', settled_at = told.settled_at, attempts = 1, "
    b"request_sha256 = told.request_sha256, sent_at = told.sent_at, last_sent_at = told.sent_at "
    b"FROM payouts.instruction AS told WHERE told.instruction_id = payment.instruction_id"
)
"""What a settlement says is said by the rows of the payments, too."""
WRONG_AFTER_A_SETTLEMENT = tuple(
    SAID_BY_ROWS.replace(b"'settled'", state) for state in (b"'unknown'", b"'accepted'")
)
WRONG_MOVES = (
    b"UPDATE payouts.payment SET state = 'planned'",
    b"UPDATE payouts.payment SET state = 'sending'",
    b"UPDATE payouts.payment SET state = 'refused', reason = 'x'",
    b"UPDATE payouts.payment SET state = 'superseded', live = false",
    b"UPDATE payouts.payment SET attempts = 0",
    b"UPDATE payouts.payment SET request_sha256 = sha256('other')",
)


def test_payouts_database_keeps_the_arrows_of_the_protocol(opened_case: OpenedCase) -> None:
    """A settled instruction cannot be sent again, refused, superseded, or get another request."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    asyncio.run(pay_through(opened, _provider(opened)))
    with opened.database.unit_of_work() as connection:
        for change in (*WRONG_AFTER_A_SETTLEMENT, *WRONG_MOVES[1:4]):
            assert _refused_by(connection, change) == "instruction_protocol"
        connection.execute(SAID_BY_ROWS)
        for change in WRONG_MOVES:
            assert _refused_by(connection, change) == "instruction_protocol"


def _refused_by(connection: Connection, change: bytes) -> str | None:
    """By which constraint a change is refused."""
    with pytest.raises(psycopg.errors.IntegrityError) as refused, connection.transaction():
        connection.execute(change)
    return refused.value.diag.constraint_name


SECOND = (
    "INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, "
    "amount_minor, currency, state) SELECT %s, award_index, %s, chunk_no, rail, amount_minor, "
    "currency, 'planned' FROM payouts.instruction LIMIT 1"
)


@pytest.mark.parametrize(
    ("number", "generation", "constraint"),
    [
        ("OTHER", 1, "instruction_follows_an_ended_one"),
        ("OTHER", 0, "instruction_once_per_generation"),
    ],
)
def test_payouts_database_refuses_a_second_live_instruction(
    opened_case: OpenedCase, number: str, generation: int, constraint: str
) -> None:
    """An award has one live instruction, whatever number or generation another would have."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 1)
    asyncio.run(pay_through(opened, _provider(opened)))
    with (
        opened.database.unit_of_work() as connection,
        pytest.raises(psycopg.errors.IntegrityError) as refused,
    ):
        connection.execute(SECOND, [number, generation])
    assert refused.value.diag.constraint_name == constraint


SENT_OTHERWISE = (
    "UPDATE payouts.payment SET state = 'settled', attempts = 1, request_sha256 = {hash}, "
    "sent_at = now(), last_sent_at = now(), settled_at = now() WHERE award_index = 0"
)
NEW = (
    "INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, "
    "amount_minor, currency, state) VALUES ('{number}', {award}, 0, {chunk}, 'alipay', 1, 'CNY', "
    "'planned')"
)
BY_HAND = {
    "instruction_number_form": NEW.format(number="not a number", award=2, chunk=0),
    "instruction_award_known": "INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state) "
    "VALUES (9, 1, 1, 'planned'); " + NEW.format(number="OTHER", award=99, chunk=9),
    "instruction_follows_known": "INSERT INTO payouts.payment (instruction_id, award_index, "
    "generation, chunk_no, rail, amount_minor, currency, state, follows) SELECT 'OTHER', 2, 0, "
    "chunk_no, rail, 1, currency, 'planned', instruction_id FROM payouts.payment LIMIT 1",
    "instruction_chunk_known": NEW.format(number="OTHER", award=2, chunk=77),
    "instruction_sent_by_its_chunk": SENT_OTHERWISE.format(hash="sha256('other')"),
    "instruction_hash_before_sending": SENT_OTHERWISE.format(hash="NULL"),
    "chunk_plan_approved": "UPDATE payouts.chunk SET state = 'approved'",
    "chunk_protocol": "UPDATE payouts.chunk SET state = 'sending'",
}


def test_payouts_database_refuses_what_was_not_planned_approved_and_sent(
    opened_case: OpenedCase,
) -> None:
    """A number of no award, an answer before sending, a chunk that nobody approved: by name."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 3, needs_person=1)
    plan_payable(opened, [limits()])
    with opened.database.unit_of_work() as connection:
        for constraint, statement in BY_HAND.items():
            with (
                pytest.raises(psycopg.errors.IntegrityError) as refused,
                connection.transaction(),
            ):
                connection.execute(statement.encode())
            assert refused.value.diag.constraint_name == constraint


AMONG_OTHERS = (
    "INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state) "
    "VALUES (9, 1, 3, 'planned'); "
    "INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, "
    "amount_minor, currency, state) SELECT 'N' || award_index, award_index, 0, 9, 'alipay', 1, "
    "currency, 'planned' FROM (VALUES (0, 'CNY'), {other}, (2, 'CNY')) "
    "AS new (award_index, currency)"
)


@pytest.mark.parametrize("other", ["(99, 'CNY')", "(1, 'EUR')"])
def test_payouts_database_looks_for_the_award_of_each_new_instruction(
    opened_case: OpenedCase, other: str
) -> None:
    """One of no award, or in another currency than its award, is found among others."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 3, needs_person=3)
    with (
        opened.database.unit_of_work() as connection,
        pytest.raises(psycopg.errors.IntegrityError) as refused,
    ):
        connection.execute(AMONG_OTHERS.format(other=other).encode())
    assert refused.value.diag.constraint_name == "instruction_award_known"


def test_payouts_database_takes_no_answer_to_what_its_chunk_did_not_send(
    opened_case: OpenedCase,
) -> None:
    """What a chunk wrote down as not sent for a payment has no answer."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    plan_payable(opened, [limits()])
    approve_planned(opened)
    now = opened.clock.now()
    with opened.database.unit_of_work() as connection:
        (chunk,) = store.claim_chunks(connection, limits().rail, 1)
        store.mark_sending(connection, {chunk.chunk_no: bytes(32 * chunk.instructions)}, now)
        with pytest.raises(psycopg.errors.CheckViolation) as refused, connection.transaction():
            connection.execute(SENT_OTHERWISE.format(hash="sha256('other')").encode())
    assert refused.value.diag.constraint_name == "instruction_sent_by_its_chunk"


def test_payouts_database_keeps_answers_and_movements_of_a_chunk(opened_case: OpenedCase) -> None:
    """What was received about a payment opens again; each transfer says which payments it moved."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 20)
    provider = _provider(opened, Rates(refused=0.3, dealing=0.3))
    asyncio.run(pay_through(opened, provider))
    payments = export_payments(opened).to_pylist()
    states = {one["instruction_id"]: one["state"] for one in payments}
    assert set(states.values()) == {"settled", "refused"}
    assert all(answers_to(opened, InstructionId(number)) for number in provider.orders)
    with opened.database.reading() as connection:
        moved = connection.execute(
            "SELECT move, count(*), sum(instruction.amount_minor), min(state), max(state) "
            "FROM (SELECT move, unnest(awards), unnest(generations) FROM payouts.movement) "
            "AS one (move, award_index, generation) "
            "JOIN payouts.instruction USING (award_index, generation) GROUP BY move ORDER BY move"
        ).fetchall()
        booked = connection.execute(
            "SELECT reason, sum(amount_minor) FROM ledger.transfer "
            "WHERE reason IN ('send', 'settle', 'refuse') GROUP BY reason ORDER BY reason"
        ).fetchall()
    count = Counter(states.values())
    assert [(move, n) for move, n, *_ in moved] == [
        ("refuse", count["refused"]),
        ("send", 20),
        ("settle", count["settled"]),
    ]
    assert [(move, minor) for move, _, minor, *_ in moved] == booked
    assert moved[0][3:] == ("refused", "refused")
    assert moved[2][3:] == ("settled", "settled")


def test_payouts_two_commands_at_once_pay_everybody_once(opened_case: OpenedCase) -> None:
    """Two `pay` that start together share the chunks; each number is submitted once."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 40, spread=100)
    provider = _provider(opened)
    plan_payable(opened, [limits()])
    approve_planned(opened)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(pay_through(opened, provider))
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert not failures
    assert len(provider.orders) == 40
    assert set(provider.seen.values()) == {1}
    assert asyncio.run(reconcile_through(opened, provider)).counts["settled"] == 40


def test_payouts_refusals_come_before_approval(opened_case: OpenedCase) -> None:
    """Nothing owed, too little money at the provider, no approval: each says so, nothing leaves."""
    opened = opened_case()
    provider = _provider(opened)
    with pytest.raises(NoAwardsError, match="amends award"):
        pay(opened)
    make_awards(opened, 3)
    provider.funds_minor = 1_499_999
    with pytest.raises(RailShortError, match=r"CNY 0\.01"):
        asyncio.run(pay_through(opened, provider))
    provider.funds_minor = FUNDS
    with pytest.raises(WaitingForApprovalError):
        asyncio.run(pay_through(opened, provider))
    assert not provider.orders


class StoppingProvider(FakeProvider):
    """Says that our balance is short, until it is told to pay."""

    short = True

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Refuse for our sake."""
        if self.short:
            self._next("submit", prepared.number)
            return Unknown(advice=Advice.STOP_RAIL, code="PAYER_BALANCE_NOT_ENOUGH", raw=b"short")
        return await super().submit(prepared)


def test_payouts_trouble_of_the_payer_stops_the_rail(opened_case: OpenedCase) -> None:
    """After a payer-side code no more goes out; in order again, the same numbers are paid."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 60)
    provider = StoppingProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=FUNDS)
    with pytest.raises(RailStoppedError, match="PAYER_BALANCE_NOT_ENOUGH"):
        asyncio.run(pay_through(opened, provider))
    assert sum(provider.seen.values()) <= 2 * provider.capabilities.calls_in_flight
    provider.short = False
    assert asyncio.run(pay_through(opened, provider)).counts["settled"] == 60
    assert len(provider.orders) == 60


class ForbiddenProvider(FakeProvider):
    """Fails every payment because of our contract."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Refuse for good, for our sake."""
        self._next("submit", prepared.number)
        return Refused(
            provider_reference="P1",
            reason=RefusalReason.FAILED,
            code="TRANSFER_SCENE_INVALID",
            raw=b"ours",
            stops_rail=True,
        )


def test_payouts_a_refusal_for_our_sake_stops_the_rail(opened_case: OpenedCase) -> None:
    """Where payments fail because of our contract, few fail: the others are not tried."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 60)
    provider = ForbiddenProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=FUNDS)
    with pytest.raises(RailStoppedError, match="TRANSFER_SCENE_INVALID"):
        asyncio.run(pay_through(opened, provider))
    tried = sum(provider.seen.values())
    assert tried <= 2 * provider.capabilities.calls_in_flight
    calm = _provider(opened)
    assert asyncio.run(pay_through(opened, calm)).counts["settled"] == 60 - tried


def test_payouts_changed_details_are_never_sent_under_an_old_number(
    opened_case: OpenedCase,
) -> None:
    """A person looks, and puts the account back to which it went; then it is sent, and ends."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 1)
    asyncio.run(pay_through(opened, _provider(opened, Rates(lost_request=1.0))))
    other = b'{"account":"13900000000","account_kind":"phone","name":"x"}'
    sealed = opened.vault.seal(other, "payee", "0" * 26)
    with opened.database.unit_of_work() as connection:
        before = connection.execute("SELECT sealed FROM payees.payee").fetchone()
        connection.execute("UPDATE payees.payee SET sealed = %s", [sealed])
    calm = _provider(opened)
    for _ in range(2):
        assert asyncio.run(pay_through(opened, calm)).counts["unknown"] == 1
        assert not calm.orders
        assert export_payments(opened)["reason"].to_pylist() == ["request_changed"]
    with opened.database.unit_of_work() as connection:
        connection.execute("UPDATE payees.payee SET sealed = %s", before)
    assert asyncio.run(pay_through(opened, calm)).counts["settled"] == 1


def test_payouts_callbacks_are_hints_stored_once(opened_case: OpenedCase) -> None:
    """A genuine callback raises one question however often it comes.

    A forged one is turned away, one about a number of nobody is acknowledged; neither is kept.
    """
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    provider = _provider(opened)

    async def story() -> list[int]:
        async with listening(opened) as listener, ClientSession() as http:
            early = await http.post(listener.url_for(RAIL), data=b"x")
            listener.listen_for(provider)
            await pay_through(opened, provider)
            number = next(iter(provider.orders)).encode()
            answers = [await http.post(listener.url_for(RAIL), data=number) for _ in range(3)]
            forged = await http.post(listener.url_for(RAIL), data=b"forged")
            assert [await one.read() for one in answers] == [b"success"] * 3
            assert len(listener.take(RAIL)) == 1
            assert listener.take(RAIL) == []
            provider.orders["STRANGER"] = provider.orders[number.decode()]
            stranger = await http.post(listener.url_for(RAIL), data=b"STRANGER")
            assert await stranger.read() == b"success"  # genuine, and about no payment of ours
            assert listener.take(RAIL) == []
            return [early.status, forged.status]

    assert asyncio.run(story()) == [503, 400]
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT sealed FROM payouts.callback").fetchall()
    assert len(rows) == 1
    assert next(iter(provider.orders)).encode() not in bytes(str(rows[0][0]), "utf-8")


def test_payouts_reconcile_on_the_real_clock_proves_by_the_account_log(
    opened_case: OpenedCase,
) -> None:
    """On the day itself there is no bill: the log stands in, and that is no failure."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 5)
    file = replace(opened.case.file, clock=ClockKind.REAL)
    today = replace(opened, clock=RealClock(), case=replace(opened.case, file=file))
    provider = _provider(today)
    asyncio.run(pay_through(today, provider))
    done = asyncio.run(reconcile_through(today, provider))
    assert done.counts["unproved"] == done.counts["settled"] == 5
    assert done.counts["books_balanced"] == done.counts["rail_balance_agrees"] == 1
    assert any("comes the morning after" in note for note in done.notes)


def test_payouts_reconcile_again_changes_nothing(opened_case: OpenedCase) -> None:
    """A second reconciliation finds the same, at the same simulated time."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 5)
    provider = _provider(opened, Rates(returned=0.5))
    asyncio.run(pay_through(opened, provider))
    first = asyncio.run(reconcile_through(opened, provider))
    now = opened.clock.now()
    assert asyncio.run(reconcile_through(opened, provider)) == first
    assert opened.clock.now() == now


@pytest.mark.parametrize("way", ["deposited", "paid_by_hand"])
def test_what_came_back_and_was_given_otherwise_leaves_the_books_in_balance(
    opened_case: OpenedCase, way: str
) -> None:
    """It is no more among what came back; deposited, the award cannot fall below it."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 5)
    provider = _provider(opened, Rates(returned=1.0))
    asyncio.run(pay_through(opened, provider))
    asyncio.run(reconcile_through(opened, provider))
    payments = held(opened, range(5))
    index = next(one for one, payment in payments.items() if payment.state == "returned")
    back = Money(amount_minor=payments[index].amount_minor, currency="CNY")
    entry = Entry(
        event=Event.DEPOSIT_MADE,
        by="anna",
        reason="seen",
        owed=back,
        award_index=index,
        came_back=back,
    )
    account = by_hand.Account(award_index=index, due=[back], back=back)
    share = by_hand.Share(to=1, amount=back, paper=1)
    now = opened.clock.now()
    given = {
        "deposited": deposits.transfers(entry, now),
        "paid_by_hand": by_hand.transfers(account, share, "1", now),
    }
    with opened.database.unit_of_work() as connection:
        ledger.post(connection, given[way])
        assert ledger.balances(connection)[way] == back.amount_minor
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert counts["books_balanced"] == 1
    assert held(opened, [index])[index].state == ("deposited" if way == "deposited" else "returned")


def test_payouts_reconcile_finds_each_kind_of_break(opened_case: OpenedCase) -> None:
    """Missing, unknown, wrong amount, twice: each is an exception, and the books say suspense."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 6)
    provider = _provider(opened)
    asyncio.run(pay_through(opened, provider))
    good = list(provider.lines)
    more = replace(good[1].amount, amount_minor=good[1].amount.amount_minor + 1)
    provider.lines = [
        replace(good[1], amount=more),
        good[2],
        replace(good[2], line_id="L000090"),
        replace(good[3], number=None),
        good[4],
        good[4],
        good[5],
    ]
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT kind, count(*) FROM payouts.exception GROUP BY kind ORDER BY kind"
        ).fetchall()
    assert rows == [
        ("amount_differs", 1),
        ("does_not_add_up", 1),
        ("duplicate_at_provider", 1),
        ("missing_at_provider", 2),
        ("repeated", 1),
        ("unknown_to_us", 1),
    ]
    assert counts["exceptions"] == 7
    assert counts["matched"] == 3
    assert counts["statement_lines"] == 7
    assert counts["books_balanced"] == 1


def test_payouts_killed_senders_chunk_is_unknown_at_once(opened_case: OpenedCase) -> None:
    """A chunk that is being sent and whose sender is gone is unknown; one with a sender is left."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 4)
    provider = _provider(opened)
    plan_payable(opened, [limits()])
    approve_planned(opened)
    with opened.database.unit_of_work() as connection:
        ledger.open_rail(connection, "alipay")
    with opened.database.session() as sender:
        (claimed,) = begin_chunks(opened, provider, sender)
        assert len(claimed.requests) == 4
        with opened.database.session() as other:
            assert recover(opened, other, patience_s=0.0) == 0
    with opened.database.session() as other:
        assert recover(opened, other) == 4
        assert recover(opened, other) == 0
    assert set(export_payments(opened)["state"].to_pylist()) == {"unknown"}


def test_who_receives_for_somebody_else_is_told_so_with_the_payment(
    opened_case: OpenedCase,
) -> None:
    """A guardian's payment says that it is a ward's, and one's own says nothing."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "UPDATE payees.payee SET kind = 'guardian' WHERE person_id = %s", ["1".rjust(26, "0")]
        )
    provider = _provider(opened)
    asyncio.run(pay_through(opened, provider))
    assert provider.remarks == {"13800000000": "", "13800000001": "监护人代被监护人收取的赔偿金"}


def test_payouts_whoever_is_no_longer_payable_is_refused_unsent(opened_case: OpenedCase) -> None:
    """Somebody who died after the plan was approved is not paid, is told apart, and stays owed."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 3)
    provider = _provider(opened)
    plan_payable(opened, [limits()])
    approve_planned(opened)
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "UPDATE payees.payee SET state = 'needs_person', reason = 'deceased', kind = NULL, "
            "sealed = NULL, details_mark = NULL WHERE person_id = %s",
            ["1".rjust(26, "0")],
        )
    counts = asyncio.run(pay_through(opened, provider)).counts
    assert (counts["settled"], counts["refused"], counts["needs_person"]) == (2, 1, 1)
    assert counts["books_balanced"] == 1
    assert "payee_not_payable" in export_payments(opened)["reason"].to_pylist()
    assert len(provider.orders) == 2


ODD_TEXTS = ('it\'s "so"', "a,b;\tc", "back\\slash\\N", "line\nbreak\r\n", "赔偿 𠮷", "", None)


def test_payouts_texts_of_the_provider_arrive_as_they_are(opened_case: OpenedCase) -> None:
    """Quotes, separators, breaks, signs beyond U+FFFF, empty and none are kept, byte for byte."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, len(ODD_TEXTS))
    plan_payable(opened, [limits()])
    approve_planned(opened)
    with opened.database.unit_of_work() as connection:
        ledger.open_rail(connection, "alipay")
    provider, now, day = _provider(opened), opened.clock.now(), date(2026, 11, 22)
    with opened.database.session() as session:
        (claimed,) = begin_chunks(opened, provider, session)
    numbers = [request.number for request in claimed.requests]
    with opened.database.unit_of_work() as connection:
        store.apply_changes(
            connection,
            [
                (number, Change(state=State.SETTLED, provider_reference=text, settled_at=now))
                for number, text in zip(numbers, ODD_TEXTS, strict=True)
            ],
        )
        bill = Bill(
            rail="alipay",
            day=day,
            raw_sha256=bytes(32),
            opening_minor=0,
            closing_minor=-len(ODD_TEXTS),
            lines=len(ODD_TEXTS),
            file="made-up",
            out_minor=len(ODD_TEXTS),
        )
        lines = pl.DataFrame({"number": numbers, "reference": ODD_TEXTS}).select(
            pl.concat_str(pl.lit("L"), pl.int_range(pl.len()).cast(pl.String)).alias("line_id"),
            "number",
            "reference",
            direction=pl.lit("out"),
            kind=pl.lit("transfer"),
            amount_minor=pl.lit(1),
            balance_after_minor=pl.lit(-1),
            at=pl.lit(now),
        )
        bill_packs.insert_packs(connection, "alipay", day, [lines])
        bill_store.insert_bill(connection, bill, now)
        kept = connection.execute(
            "SELECT instruction.provider_reference, line.provider_reference, settled_at, "
            "occurred_at FROM payouts.instruction JOIN payouts.bill_line AS line "
            "USING (instruction_id) ORDER BY line_id"
        ).fetchall()
    assert kept == [(text, text, now, now) for text in ODD_TEXTS]
