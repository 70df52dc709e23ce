"""The schema attacked by hand, with the rights of the owner of the tables: refused by name.

Everything is tried on one case that lived, and undone: payments that settled, were refused and came
back, a bill, a closed day, money asked back, an order to a notary, a payment by hand.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Composed, Identifier, Literal

from amends.payouts.paying import pay_through, reconcile_through
from amends.store.connection import Connection
from amends.vault.opened import open_case
from fake_provider import FakeProvider, Rates
from made_awards import make_awards, person
from made_cases import Original, Prepare, SharedServer, write_case
from made_signed import signed

_ASKED = """(SELECT jsonb_build_object('payment', instruction_id, 'award', award_index,
    'recovery', 1, 'amount_minor', 5, 'currency', 'CNY', 'ground', 'not_owed', 'because_hmac', '')
    FROM payouts.payment WHERE state = 'settled' LIMIT 1)"""
_LET_GO = """jsonb_build_object('recovery', 1, 'step', 1, 'amount_minor', 2, 'currency', 'CNY',
    'because_hmac', '')"""
_ORDERED = """jsonb_build_object('order', 1, 'notary', 'N', 'people', 1, 'total_minor', 500000,
    'currency', 'CNY', 'list_sha256', encode(sha256(E'40 500000\\n'), 'hex'))"""
BESIDE = f"""
{signed("d", "recovery", _ASKED)}
INSERT INTO payouts.recovery SELECT 1, instruction_id, award_index, 5, 'CNY', 'not_owed', '',
    repeat('d', 64), now() FROM payouts.payment WHERE state = 'settled' LIMIT 1;
{signed("e", "waiver", _LET_GO)}
INSERT INTO payouts.recovery_event (recovery_no, step, kind, amount_minor, entered_by, because,
    proposal_sha256, occurred_at) VALUES (1, 1, 'waived', 2, 'x', 'x', repeat('e', 64), now());
{signed("f", "deposit", _ORDERED)}
INSERT INTO payouts.deposit_order VALUES (1, 'N', 1, 500000, 'CNY',
    encode(sha256(E'40 500000\\n'), 'hex'), repeat('f', 64), now());
INSERT INTO payouts.deposit_ordered SELECT 1, 40, person_id, 500000, 'unclaimed'
    FROM awards.award WHERE award_index = 40;
INSERT INTO payouts.handed SELECT chunk_no, rail, 500000, now() FROM payouts.payment LIMIT 1;
INSERT INTO payouts.drop_mark VALUES ('iso20022', 0, uuid_send(gen_random_uuid()), now());
INSERT INTO payouts.outlook VALUES (1000, false, 3, 2, now(), NULL, now());
INSERT INTO payees.evidence (person_id, kind, result, seen_by, seen_on, expires_on, image_sha256,
    image_destroyed_on, signature, occurred_at) SELECT person_id, 'receipt', 'accepted', 'x',
    '2026-11-22', '2027-11-22', repeat('1', 64), '2027-11-22', sha256('a') || sha256('b'), now()
    FROM awards.award WHERE award_index = 40;
INSERT INTO payees.hand_payment (person_id, award_index, share_no, amount_minor, currency, paid_on,
    completes, number, evidence_no, receipt_sha256, entered_by, signature, occurred_at)
    SELECT person_id, 40, 1, 5, 'CNY', '2026-11-22', false, repeat('A', 26), evidence_no,
    repeat('2', 64), 'x', sha256('a') || sha256('b'), now() FROM payees.evidence;
INSERT INTO payouts.closed_day SELECT rail, day, opening_minor, closing_minor - opening_minor,
    closing_minor, closing_minor, 'x', now() FROM payouts.bill ORDER BY day LIMIT 1;
"""  # noqa: S608 -- our own words


def lived(root: Path) -> None:
    """Forty payments and whoever is beside them: each table that carries money has a row."""
    write_case(root)
    with open_case(root, approve_as=("anna", "bert")) as opened:
        make_awards(opened, 41, needs_person=1)
        rates = Rates(refused=0.2, returned=0.3, dealing=0.3)
        provider = FakeProvider(seed=3, rates=rates, now=opened.clock.now, funds_minor=100_000_000)
        asyncio.run(pay_through(opened, provider))
        asyncio.run(reconcile_through(opened, provider))
        with psycopg.connect(opened.database.conninfo) as owner:
            owner.execute(BESIDE.encode())


@pytest.fixture(scope="module")
def owner(original: Callable[[Prepare], Original], server: SharedServer) -> Iterator[Connection]:
    """The owner of the tables of that case."""
    conninfo = psycopg.conninfo.make_conninfo(
        server.owner_conninfo, dbname=original(lived).database
    )
    with psycopg.connect(conninfo) as connection:
        yield connection
        connection.rollback()


def refused(owner: Connection, statement: bytes | Composed) -> str | None:
    """By which constraint a statement is refused, at once or when it would be committed."""
    with owner.transaction(force_rollback=True):
        try:
            owner.execute(statement)
            owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.errors.IntegrityError as error:
            return error.diag.constraint_name
    return None


def test_whatever_carries_money_or_an_answer_stays(owner: Connection) -> None:
    """Each such table refuses what would rewrite it, empty it or take rows from it, by its name.

    What the roster has is published: whoever changes that is found by everybody.
    """
    found = owner.execute(
        "SELECT relnamespace::regnamespace::text, relname, attname FROM pg_class "
        "JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped "
        "AND NOT has_column_privilege('amends_app', pg_class.oid, attnum, 'UPDATE') "
        "WHERE relkind = 'r' AND (relnamespace::regnamespace::text IN ('ledger', 'payouts') OR "
        "pg_class.oid IN (SELECT attrelid FROM pg_attribute WHERE attname LIKE '%_minor')) "
        "AND relnamespace <> 'roster'::regnamespace AND pg_class.oid NOT IN "
        "('payouts.attention'::regclass, 'payouts.payee_pack'::regclass, "
        "'ledger.account'::regclass) ORDER BY 1, 2, attnum"
    ).fetchall()
    assert len({(room, name) for room, name, _ in found}) > 40
    for room, name, column in found:
        table = Identifier(str(room), str(name))
        rewriting = SQL("UPDATE {} SET {} = DEFAULT WHERE false")
        assert refused(owner, rewriting.format(table, Identifier(str(column)))) == f"{name}_stays"
        for verb in (SQL("DELETE FROM {} WHERE false"), SQL("TRUNCATE {} CASCADE")):
            assert str(refused(owner, verb.format(table))).endswith(("_stays", "_its_chunk"))


NOT_NEGATIVE = {
    "awards.award amount_minor": "award_amount_positive",
    "ledger.transfer amount_minor": "transfer_amount_positive",
    "payees.hand_payment amount_minor": "hand_payment_amount_positive",
    "payouts.bill opening_minor": "bill_adds_up",
    "payouts.bill closing_minor": "bill_adds_up",
    "payouts.bill in_minor": "bill_adds_up",
    "payouts.bill out_minor": "bill_adds_up",
    "payouts.bill repeated_minor": "bill_adds_up",
    "payouts.bill gap_minor": "bill_adds_up",
    "payouts.closed_day opening_minor": "closed_day_adds_up",
    "payouts.closed_day moved_minor": "closed_day_adds_up",
    "payouts.closed_day closing_minor": "closed_day_adds_up",
    "payouts.closed_day books_minor": "closed_day_is_that_of_the_books",
    "payouts.chunk instructions": "chunk_hashes_sized",
    "payouts.deposit_order total_minor": "deposit_order_not_empty",
    "payouts.deposit_order people": "deposit_order_not_empty",
    "payouts.deposit_ordered amount_minor": "deposit_ordered_amount_positive",
    "payouts.drop_mark mark_no": "drop_mark_number_not_negative",
    "payouts.handed amount_minor": "handed_amount_positive",
    "payouts.odd_line amount_minor": "odd_line_amount_positive",
    "payouts.outlook late": "outlook_late_of_people",
    "payouts.outlook by_nobody": "outlook_parts_of_late",
    "payouts.outlook by_stopped": "outlook_parts_of_late",
    "payouts.outlook by_refused": "outlook_refused_of_people",
    "payouts.outlook ended_unpaid": "outlook_ended_unpaid_not_negative",
    "payouts.outlook movable": "outlook_movable_not_negative",
    "payouts.outlook late_moved": "outlook_late_moved_of_people",
    "payouts.payment amount_minor": "instruction_amount_positive",
    "payouts.payment generation": "instruction_generation_not_negative",
    "payouts.plan total_minor": "plan_not_empty",
    "payouts.plan instructions": "plan_not_empty",
    "payouts.rail prefunded_minor": "rail_prefunded_positive",
    "payouts.recovery amount_minor": "recovery_amount_positive",
    "payouts.recovery_event amount_minor": "recovery_event_amount_not_negative",
    "payouts.answer_pack answers": "answer_pack_not_empty",
}
"""A row like one that is there, with minus one: by which constraint it is refused."""


def like_one(table: str, **changed: object) -> Composed:
    """A statement that adds a row like the first of a table, with other values."""
    return SQL(
        "INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT made.* FROM {0} AS one "
        "CROSS JOIN LATERAL jsonb_populate_record(one, {1}) AS made LIMIT 1"
    ).format(Identifier(*table.split(".")), Literal(json.dumps(changed)))


@pytest.mark.parametrize("place", NOT_NEGATIVE)
def test_no_amount_is_less_than_nothing(owner: Connection, place: str) -> None:
    """Minus one is refused by a check of its table, or because sums do not add up."""
    table, column = place.split(" ")
    assert refused(owner, like_one(table, **{column: -1})) == NOT_NEGATIVE[place]


PLAN = """
INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, numbers_sha256,
    planned_at) VALUES (9, '{rail}', {count}, {total}, 'CNY', repeat('0', 64), now());
INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, tranche,
    awarded_at) VALUES (9000, 'X', 0, 500000, 'CNY', 1, now());
INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state) VALUES (9, 9, 1, 'planned');
INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, amount_minor,
    currency, state) VALUES ('NEW', 9000, 0, 9, 'alipay', {amount}, '{currency}', 'planned');
{proposed}
UPDATE payouts.plan SET approved_at = now(), proposal_sha256 = {digest} WHERE plan_no = 9;
"""
PLAN_SIGNED = """
INSERT INTO governance.proposal (digest, kind, body, occurred_at) SELECT repeat('b', 64), '{kind}',
    '{{"plan": 9, "rail": "{rail}", "count": {count}, "total_minor": {total}, "currency": "CNY"}}'
    ::jsonb || jsonb_build_object('case_total_minor', case_total_minor, 'numbers_sha256',
    numbers_sha256) || '{says}', now() FROM payouts.plan WHERE plan_no = 9;
INSERT INTO governance.approval (digest, operator, signature, occurred_at)
    SELECT repeat('b', 64), name, sha256('a') || sha256('b'), now() FROM governance.operator
    ORDER BY name LIMIT {people};
"""
AS_IT_IS = {"rail": "alipay", "count": 1, "total": 500000, "amount": 500000, "currency": "CNY"}
AS_SIGNED = {"kind": "pay", "says": "{}", "people": 2}
MORE = """
INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, tranche,
    awarded_at) VALUES (9001, 'Y', 0, 500000, 'CNY', 1, now());
INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, amount_minor,
    currency, state) VALUES ('MORE', 9001, 0, 9, 'alipay', 500000, 'CNY', 'planned');
"""
SECOND = """
INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, amount_minor,
    currency, state, follows) SELECT 'SECOND', award_index, {generation}, chunk_no, rail,
    amount_minor, currency, 'planned', {follows} FROM payouts.payment WHERE state = '{state}'
    LIMIT 1
"""


def second(**how: str) -> bytes:
    """A second payment of an award of which there is one."""
    return SECOND.format(**how).encode()


def plan(**changed: object) -> bytes:
    """A plan of one payment, and its approval."""
    asked = AS_IT_IS | AS_SIGNED | {"digest": "repeat('b', 64)"} | changed
    return PLAN.format(**asked, proposed=PLAN_SIGNED.format(**asked)).encode()


Attacks = Mapping[str, tuple[str, bytes | Composed]]
"""What is tried: the constraint that refuses it, and the statement."""

_BACK = """jsonb_build_object('rail', 'alipay', 'count', {count}, 'total_minor', 500000,
    'currency', 'CNY', 'numbers_sha256', repeat('0', 64), 'reason', 'x')"""
_ROWS = """
INSERT INTO payouts.revocation VALUES (1, 'alipay', {count}, 500000, 'CNY', repeat('0', 64), 'x',
    repeat('0', 64), now());
INSERT INTO payouts.revoked SELECT instruction_id, 1 FROM payouts.payment
    WHERE state = '{state}' ORDER BY award_index DESC LIMIT 1
"""
_REVOKE = signed("0", "revoke", _BACK) + _ROWS
_WAITS = b"""
UPDATE payouts.chunk SET state = 'approved' WHERE chunk_no = 9;
UPDATE payouts.chunk SET state = 'sending', sent_at = now(), request_sha256s = sha256('x')
    WHERE chunk_no = 9;
UPDATE payouts.payment SET state = 'accepted', attempts = 1, sent_at = now(), last_sent_at = now(),
    request_sha256 = sha256('x') WHERE chunk_no = 9;
"""

_NOTHING_MOVED = b"""
INSERT INTO payouts.line_pack (rail, day, first_place, lowest_line, highest_line, line_ids, numbers,
    provider_references, kinds, moved_minor, balances_minor, occurred_at)
    SELECT rail, day, 8193, lowest_line, highest_line, line_ids, numbers, provider_references,
    kinds, array_fill(0::bigint, ARRAY[lines]), balances_minor, occurred_at
    FROM payouts.line_pack LIMIT 1
"""

UNBALANCED: Attacks = {
    "a plan of more payments than there are": ("plan_is_its_instructions", plan(count=2)),
    "a plan of less than its payments come to": ("plan_is_its_instructions", plan(total=499_999)),
    "a plan of another rail": ("plan_is_its_instructions", plan(rail="wechatpay")),
    "a payment beside an approved plan": ("instruction_before_approval", plan() + MORE.encode()),
    "a plan that comes approved": (
        "plan_begins_unapproved",
        like_one("payouts.plan", plan_no=9),
    ),
    "another day of approval": (
        "plan_is_approved_once",
        b"UPDATE payouts.plan SET approved_at = '2026-01-01'",
    ),
    "a mark of a folder that follows none": (
        "drop_mark_follows",
        like_one("payouts.drop_mark", mark_no=2, mark="\\x" + 16 * "00"),
    ),
    "a mark that is there": ("drop_mark_once", like_one("payouts.drop_mark", mark_no=1)),
    "a mark that can be guessed": (
        "drop_mark_sized",
        like_one("payouts.drop_mark", mark_no=1, mark="\\x01"),
    ),
    "a transfer from an account to itself": (
        "transfer_two_accounts",
        like_one("ledger.transfer", transfer_id="x", debit="owed", credit="owed"),
    ),
    "a transfer to no account": (
        "transfer_credit_known",
        like_one("ledger.transfer", transfer_id="x", credit="nowhere"),
    ),
    "a movement of awards without generations": (
        "movement_of_pairs",
        like_one("payouts.movement", transfer_id="x", generations=[]),
    ),
    "a line of a bill that moves nothing": (
        "line_pack_whole",
        _NOTHING_MOVED,
    ),
    "a movement of no transfer": (
        "movement_transfer_known",
        like_one("payouts.movement", transfer_id="x"),
    ),
    "an order for somebody more": (
        "deposit_order_adds_up",
        like_one("payouts.deposit_ordered", award_index=1, person_id=person(1)),
    ),
    "an order with what is somebody else's": (
        "deposit_ordered_is_owed",
        like_one("payouts.deposit_ordered", award_index=1),
    ),
    "more handed over than a chunk comes to": (
        "handed_what_the_chunk_comes_to",
        plan() + b"INSERT INTO payouts.handed VALUES (9, 'alipay', 500001, now())",
    ),
    "a chunk handed to another rail": (
        "handed_what_the_chunk_comes_to",
        plan() + b"INSERT INTO payouts.handed VALUES (9, 'wechatpay', 500000, now())",
    ),
    "more asked back than was paid": (
        "recovery_of_what_was_paid",
        like_one("payouts.recovery", recovery_no=2, amount_minor=499999, proposal_sha256="1" * 64),
    ),
    "more let go than was asked back": (
        "recovery_ends_once",
        like_one("payouts.recovery_event", step=2, amount_minor=4),
    ),
    "taken back although it was paid": (
        "revoked_while_it_waits",
        _REVOKE.format(count=1, state="settled").encode(),
    ),
    "less taken back than was signed": (
        "revocation_adds_up",
        plan() + _WAITS + _REVOKE.format(count=2, state="accepted").encode(),
    ),
    "let go without a reason": (
        "recovery_waived_for_a_reason",
        like_one("payouts.recovery_event", step=2, because=None),
    ),
    "a case closed while money is asked back": (
        "closed_case_nothing_asked_back",
        b"INSERT INTO payouts.closed_case VALUES (1, repeat('0', 64), '{}', now())",
    ),
    "let go by one person": (
        "recovery_event_by_two_people",
        like_one("payouts.recovery_event", step=2, proposal_sha256=None),
    ),
}
IN_EUROS: Attacks = {
    "a plan": (
        "plan_in_the_books_currency",
        like_one("payouts.plan", plan_no=9, currency="EUR", approved_at=None, proposal_sha256=None),
    ),
    "a payment": ("instruction_award_known", plan(currency="EUR")),
    "a rail": (
        "rail_in_the_books_currency",
        like_one("payouts.rail", rail="other", currency="EUR"),
    ),
    "a transfer": (
        "transfer_one_currency",
        like_one("ledger.transfer", transfer_id="x", currency="EUR"),
    ),
    "an order for a deposit": (
        "deposit_order_in_the_books_currency",
        like_one("payouts.deposit_order", order_no=2, currency="EUR"),
    ),
    "what is asked back": (
        "recovery_of_what_was_paid",
        like_one("payouts.recovery", recovery_no=2, currency="EUR", proposal_sha256="1" * 64),
    ),
    "a payment by hand": (
        "hand_payment_in_the_books_currency",
        like_one("payees.hand_payment", payment_no=2, currency="EUR"),
    ),
}
_ENDED = (
    b"UPDATE payouts.payment SET state = 'superseded', live = false "
    b"WHERE state IN ('refused', 'returned'); "
)
_BY_HAND = (
    b"INSERT INTO payees.hand_payment OVERRIDING SYSTEM VALUE SELECT made.* "
    b"FROM payees.hand_payment AS one CROSS JOIN payouts.payment AS paid "
    b"CROSS JOIN LATERAL jsonb_populate_record(one, jsonb_build_object('payment_no', 2, "
    b"'award_index', paid.award_index)) AS made WHERE paid.state = 'settled' LIMIT 1"
)
SECOND_LIVE: Attacks = {
    "beside one that is settled": (
        "instruction_follows_an_ended_one",
        second(state="settled", generation="generation + 1", follows="instruction_id"),
    ),
    "beside one that came back": (
        "instruction_follows_an_ended_one",
        second(state="returned", generation="generation + 1", follows="instruction_id"),
    ),
    "of the same generation": (
        "instruction_once_per_generation",
        second(state="refused", generation="generation", follows="NULL"),
    ),
    "that one made live again": (
        "instruction_protocol",
        _ENDED + b"UPDATE payouts.payment SET state = 'refused', live = true WHERE NOT live",
    ),
    "that one that only says it is over": (
        "instruction_live_until_superseded",
        b"UPDATE payouts.payment SET live = false WHERE state = 'settled'",
    ),
    "that one paid by hand, too": (
        "hand_payment_is_the_only_one",
        _BY_HAND,
    ),
}
ANSWERS: Attacks = {
    "about no number of ours": (
        "answer_to_an_instruction",
        like_one("payouts.answer", answer_sha256="\\x" + "0" * 64, instruction_id="X"),
    ),
    "that is no answer": (
        "answer_outcome_known",
        like_one("payouts.answer", answer_sha256="\\x" + "0" * 64, outcome="paid"),
    ),
    "of nothing": (
        "answer_is_sealed",
        like_one("payouts.answer", answer_sha256="\\x" + "0" * 64, sealed=""),
    ),
    "twice": ("answer_pkey", like_one("payouts.answer")),
    "more than were asked for": (
        "answer_pack_of_what_was_sent",
        like_one("payouts.answer_pack", pack_sha256="\\x" + "0" * 64, answers=999),
    ),
    "a pack before anything was sent": (
        "answer_pack_of_what_was_sent",
        plan() + b"INSERT INTO payouts.answer_pack VALUES (sha256('x'), 9, 1, 'x', now())",
    ),
    "a callback about no number of ours": (
        "callback_about_an_instruction",
        b"INSERT INTO payouts.callback VALUES (sha256('x'), 'alipay', 'X', 'x', now())",
    ),
    "a settlement of what was never sent": (
        "instruction_sent_by_its_chunk",
        plan() + b"UPDATE payouts.payment SET state = 'settled', attempts = 1, sent_at = now(), "
        b"last_sent_at = now(), settled_at = now(), request_sha256 = sha256('x') "
        b"WHERE instruction_id = 'NEW'",
    ),
}
_HALTED = """
INSERT INTO payouts.switch (halted, withdraws, reason, entered_by, occurred_at)
    VALUES (true, {stop}, 'x', 'x', now());
"""
_SIGNED = """
INSERT INTO governance.proposal (digest, kind, body, occurred_at) SELECT repeat('a', 64), '{kind}',
    json_build_object('switch', max(switch_no) - {earlier}), now() FROM payouts.switch;
INSERT INTO governance.approval (digest, operator, signature, occurred_at)
    SELECT repeat('a', 64), name, sha256('a') || sha256('b'), now() FROM governance.operator
    ORDER BY name LIMIT {people};
"""
_GOES_ON = """
INSERT INTO payouts.switch (halted, reason, entered_by, proposal_sha256, occurred_at)
    VALUES (false, 'x', 'x', {digest}, now());
"""


def go_on(
    kind: str = "resume", earlier: int = 0, people: int = 2, digest: str = "repeat('a', 64)"
) -> bytes:
    """A halt, what was signed about it, and a turn that says so."""
    signed = _SIGNED.format(kind=kind, earlier=earlier, people=people)
    return (_HALTED.format(stop=False) + signed + _GOES_ON.format(digest=digest)).encode()


_TAKEN_BACK = b"""
INSERT INTO payouts.revocation (revocation_no, rail, payments, total_minor, currency,
    numbers_sha256, reason, switch_no, ordered_at) SELECT 1, 'alipay', 1, 5, 'CNY', repeat('0', 64),
    'x', max(switch_no), now() FROM payouts.switch;
"""
SWITCH: Attacks = {
    "gone on by a digest of nothing": (
        "switch_goes_on_by_two_people",
        go_on(digest="repeat('0', 64)"),
    ),
    "gone on by nothing": ("switch_goes_on_by_two_people", go_on(digest="NULL")),
    "gone on by what two people signed about something else": (
        "switch_goes_on_by_two_people",
        go_on(kind="pay"),
    ),
    "gone on by what two people signed about an earlier halt": (
        "switch_goes_on_by_two_people",
        go_on(earlier=1),
    ),
    "gone on by what one person signed": ("switch_goes_on_by_two_people", go_on(people=1)),
    "gone on, and yet taking back": (
        "switch_withdraws_while_halted",
        _HALTED.format(stop=False).encode()
        + b"INSERT INTO payouts.switch (halted, withdraws, reason, entered_by, occurred_at) "
        b"VALUES (false, true, 'x', 'x', now())",
    ),
    "halted twice": ("switch_is_turned", _HALTED.format(stop=False).encode() * 2),
    "stopped, then only halted": (
        "switch_is_turned",
        (_HALTED.format(stop=True) + _HALTED.format(stop=False)).encode(),
    ),
    "taken back by a halt that is no stop": (
        "revocation_while_stopped",
        _HALTED.format(stop=False).encode() + _TAKEN_BACK,
    ),
    "taken back by a stop that is over": (
        "revocation_while_stopped",
        go_on().replace(b"(true, False", b"(true, true") + _TAKEN_BACK,
    ),
    "taken back by nobody": (
        "revocation_by_two_people_or_a_stop",
        _TAKEN_BACK.replace(b"max(switch_no)", b"NULL").replace(b" FROM payouts.switch", b""),
    ),
}
_BEGUN = b"INSERT INTO payouts.chunk (plan_no, chunk_no, instructions, state"
UNSIGNED: Attacks = {
    name: ("plan_signed_as_it_is", statement)
    for name, statement in {
        "without a proposal": plan(digest="NULL"),
        "under a digest of nothing": plan(digest="repeat('0', 64)"),
        "under the proposal of another plan": plan(
            digest="(SELECT proposal_sha256 FROM payouts.plan WHERE plan_no = 1)"
        ),
        "under a proposal of another kind": plan(kind="resume"),
        "signed by nobody": plan(people=0),
        "signed by one person": plan(people=1),
        "signed by two where three have to": plan(says='{"signers": 3}'),
        "signed by others than one who has to": plan(says='{"one_of": ["cfo"]}'),
        "with another plan's number": plan(says='{"plan": 1}'),
        "by another rail": plan(says='{"rail": "wechatpay"}'),
        "with another sum": plan(says='{"total_minor": 1}'),
        "with another sum of the case": plan(says='{"case_total_minor": 500000}'),
        "with other numbers": plan(says='{"numbers_sha256": "' + "1" * 64 + '"}'),
        "with other sources": plan(says='{"sources_sha256": "' + "1" * 64 + '"}'),
        "as what moves payments": plan(says='{"moved": 1}'),
        "for something that it does not say": plan(says='{"more": 1}'),
    }.items()
} | {
    "that says a proposal before": (
        "plan_proposal_once_approved",
        like_one("payouts.plan", plan_no=9, approved_at=None),
    ),
    "once more under another proposal": (
        "plan_is_approved_once",
        b"UPDATE payouts.plan SET proposal_sha256 = repeat('0', 64)",
    ),
    "by a chunk that comes approved": (
        "chunk_begins_planned",
        _BEGUN + b") VALUES (1, 8, 1, 'approved')",
    ),
    "by a chunk that is being sent": (
        "chunk_begins_planned",
        _BEGUN + b", sent_at, request_sha256s) VALUES (1, 8, 1, 'sending', now(), sha256('x'))",
    ),
}
ATTACKS: Attacks = {
    f"{kind}: {name}": attack
    for kind, attacks in {
        "unbalanced": UNBALANCED,
        "in euros": IN_EUROS,
        "a second payment": SECOND_LIVE,
        "an answer": ANSWERS,
        "the switch": SWITCH,
        "a plan": UNSIGNED,
    }.items()
    for name, attack in attacks.items()
}


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_is_refused_by_its_name(owner: Connection, name: str) -> None:
    """Unbalanced, in another currency, a second live payment, an answer to nothing."""
    constraint, statement = ATTACKS[name]
    assert refused(owner, statement) == constraint


def test_what_is_as_it_should_be_passes(owner: Connection) -> None:
    """The plan that attacks change is let through as it is: they fail for what they change."""
    with owner.transaction(force_rollback=True):
        owner.execute(plan(says='{"signers": 2, "one_of": ["anna", "cfo"]}'))
        owner.execute(b"INSERT INTO payouts.handed VALUES (9, 'alipay', 500000, now())")
        owner.execute(go_on())
        owner.execute(_HALTED.format(stop=False).encode() + _HALTED.format(stop=True).encode())
        owner.execute(_TAKEN_BACK)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
