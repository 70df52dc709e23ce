"""What follows a payment attacked by hand: it is what two people signed, row by row.

Taken back from a provider, asked back from a payee, repaid, let go, ordered of a notary, a folder
that takes the place of another: each is tried as it should be, and with one thing changed, with the
rights of the owner of the tables.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from amends.kernel.accounts import AccountKind
from amends.payouts.paying import pay_through, reconcile_through
from amends.store.connection import Connection
from amends.vault.opened import open_case
from confirming_provider import waiting_for_payees
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import MINIMAL_CASE, Original, Prepare, SharedServer, write_case
from made_signed import signed

CASE = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
SIGNED = "repeat('a', 64)"

_LINE = r"""instruction_id || ' ' || amount_minor || E'\n'"""
REVOKE = f"""
INSERT INTO payouts.revocation (revocation_no, rail, payments, total_minor, currency,
    numbers_sha256, reason, proposal_sha256, ordered_at) SELECT 1, rail, 1, amount_minor,
    currency, encode(sha256(convert_to({_LINE}, 'UTF8')), 'hex'), 'late', {{digest}}, now()
    FROM payouts.payment WHERE award_index = 0;
INSERT INTO payouts.revoked
    SELECT instruction_id, 1 FROM payouts.payment WHERE award_index = {{of}};
"""  # noqa: S608 -- our own words
REVOKED = f"""(SELECT jsonb_build_object('rail', rail, 'count', 1, 'total_minor', amount_minor,
    'currency', currency, 'reason', 'late', 'numbers_sha256',
    encode(sha256(convert_to({_LINE}, 'UTF8')), 'hex'))
    FROM payouts.payment WHERE award_index = 0)"""  # noqa: S608 -- our own words
ASK = """
INSERT INTO payouts.recovery SELECT 1, instruction_id, award_index, 500, 'CNY', 'not_owed', '',
    {digest}, now() FROM payouts.payment WHERE award_index = 2;
"""
ASKED = """(SELECT jsonb_build_object('case', 'x', 'payment', instruction_id, 'award', award_index,
    'recovery', 1, 'amount_minor', 500, 'currency', 'CNY', 'ground', 'not_owed', 'because_hmac',
    'x') FROM payouts.payment WHERE award_index = 2)"""
STEP = """
INSERT INTO payouts.recovery_event (recovery_no, step, kind, amount_minor, mark, because,
    entered_by, proposal_sha256, occurred_at)
    VALUES (1, 1, '{what}', 200, {mark}, {because}, 'x', {digest}, now());
"""
STEPPED = """jsonb_build_object('case', 'x', 'recovery', 1, 'step', 1, 'amount_minor', 200,
    'currency', 'CNY')"""
LET_GO = STEPPED + """ || '{"because_hmac": "x"}'"""
CAME = STEPPED + """ || jsonb_build_object('movement_hmac', encode(sha256('m'), 'hex'))"""
ORDER = r"""
INSERT INTO payouts.deposit_order VALUES (1, 'N', 1, 500000, 'CNY',
    encode(sha256(E'0 500000\n'), 'hex'), {digest}, now());
INSERT INTO payouts.deposit_ordered SELECT 1, award_index, person_id, 500000, 'unclaimed'
    FROM awards.award WHERE award_index = {of};
"""
ORDERED = r"""jsonb_build_object('case', 'x', 'order', 1, 'notary', 'N', 'people', 1, 'total_minor',
    500000, 'currency', 'CNY', 'list_sha256', encode(sha256(E'0 500000\n'), 'hex'))"""
MARK = """
INSERT INTO payouts.drop_mark VALUES ('iso20022', 0, substr(sha256('0'), 1, 16), now());
"""
ADOPT = """
INSERT INTO payouts.drop_mark VALUES ('iso20022', 1, substr(sha256('1'), 1, 16), now(), {digest});
"""
ADOPTED = """jsonb_build_object('rail', 'iso20022', 'reason', 'a disk died', 'newest_mark',
    encode(substr(sha256('0'), 1, 16), 'hex'))"""


def lived(root: Path) -> None:
    """Three payments: two wait for their payees, that of award 2 is settled."""
    write_case(root, CASE)
    with open_case(root, approve_as=("anna", "bert")) as opened:
        make_awards(opened, 2, account_kind="openid")
        make_awards(opened, 1, first=2, declared=False)
        waits = waiting_for_payees(opened)
        pays = FakeProvider(
            seed=1,
            rates=Rates(),
            now=opened.clock.now,
            funds_minor=2_000_000,
            account_kinds=frozenset((AccountKind.PHONE,)),
        )
        asyncio.run(pay_through(opened, pays, waits))
        asyncio.run(reconcile_through(opened, pays, waits))


@pytest.fixture(scope="module")
def owner(original: Callable[[Prepare], Original], server: SharedServer) -> Iterator[Connection]:
    """The owner of the tables of that case."""
    conninfo = psycopg.conninfo.make_conninfo(
        server.owner_conninfo, dbname=original(lived).database
    )
    with psycopg.connect(conninfo) as connection:
        yield connection
        connection.rollback()


def refused(owner: Connection, statement: str) -> str | None:
    """By which constraint a statement is refused, at once or when it would be committed."""
    with owner.transaction(force_rollback=True):
        try:
            owner.execute(statement.encode())
            owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.errors.IntegrityError as error:
            return error.diag.constraint_name
    return None


def asked() -> str:
    """Money that is asked back, as two people signed it."""
    return signed("b", "recovery", ASKED) + ASK.format(digest="repeat('b', 64)")


def let_go(digest: str = SIGNED) -> str:
    """A part of what is asked back is let go."""
    return STEP.format(what="waived", mark="NULL", because="'x'", digest=digest)


def came(mark: str = "m", digest: str = SIGNED) -> str:
    """A part of what is asked back came back."""
    return STEP.format(what="repaid", mark=f"sha256('{mark}')", because="NULL", digest=digest)


def says(body: str, **changed: object) -> str:
    """A body of a proposal with something changed."""
    pairs = ", ".join(f"'{name}', {value!r}" for name, value in changed.items())
    return f"{body} || jsonb_build_object({pairs})"


RIGHT: Mapping[str, tuple[str, str, str, str]] = {
    "revocation_signed_as_it_is": ("revoke", REVOKED, REVOKE.format(digest=SIGNED, of=0), ""),
    "recovery_signed_as_it_is": ("recovery", ASKED, ASK.format(digest=SIGNED), ""),
    "deposit_order_signed_as_it_is": ("deposit", ORDERED, ORDER.format(digest=SIGNED, of=0), ""),
    "let go: recovery_event_signed_as_it_is": ("waiver", LET_GO, let_go(), asked()),
    "repaid: recovery_event_signed_as_it_is": ("repayment", CAME, came(), asked()),
    "drop_mark_adopted_as_signed": ("adopt", ADOPTED, ADOPT.format(digest=SIGNED), MARK),
}
"""By its constraint: kind and body of the proposal, what is done by it, what has to be before."""

OTHERWISE: Mapping[str, Mapping[str, object]] = {
    "revocation_signed_as_it_is": {
        "rail": "alipay",
        "count": 2,
        "total_minor": 1,
        "currency": "EUR",
        "numbers_sha256": "0",
        "reason": "else",
    },
    "recovery_signed_as_it_is": {
        "payment": "X",
        "award": 1,
        "recovery": 2,
        "amount_minor": 499,
        "currency": "EUR",
        "ground": "too_much",
    },
    "deposit_order_signed_as_it_is": {
        "order": 2,
        "notary": "M",
        "people": 2,
        "total_minor": 499999,
        "currency": "EUR",
        "list_sha256": "0",
    },
    "let go: recovery_event_signed_as_it_is": {
        "recovery": 2,
        "step": 2,
        "amount_minor": 199,
        "currency": "EUR",
    },
    "repaid: recovery_event_signed_as_it_is": {"movement_hmac": "0", "amount_minor": 201},
    "drop_mark_adopted_as_signed": {"rail": "counter", "newest_mark": ""},
}
"""What the proposal says instead."""

ATTACKS = {
    f"{what}, {name} is {value}": (what, {name: value})
    for what, changes in OTHERWISE.items()
    for name, value in {**changes, "more": 1, "signers": 3}.items()
}


@pytest.mark.parametrize("what", RIGHT)
def test_what_two_people_signed_is_let_through(owner: Connection, what: str) -> None:
    """Each as it was signed: the attacks fail for what they change."""
    kind, body, done, before = RIGHT[what]
    assert refused(owner, before + signed("a", kind, body) + done) is None


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_signed_otherwise_is_refused(owner: Connection, name: str) -> None:
    """One thing of the proposal is another, or there is one more, or three have to sign."""
    what, changed = ATTACKS[name]
    kind, body, done, before = RIGHT[what]
    proposed = signed("a", kind, says(body, **changed))
    assert refused(owner, before + proposed + done) == what.rsplit(": ", maxsplit=1)[-1]


@pytest.mark.parametrize("people", [0, 1])
@pytest.mark.parametrize("what", RIGHT)
def test_what_one_person_signed_is_refused(owner: Connection, what: str, people: int) -> None:
    """Neither nobody's nor one person's signature is enough."""
    kind, body, done, before = RIGHT[what]
    proposed = signed("a", kind, body, people=people)
    assert refused(owner, before + proposed + done) == what.rsplit(": ", maxsplit=1)[-1]


@pytest.mark.parametrize("what", RIGHT)
def test_what_was_signed_of_another_kind_is_refused(owner: Connection, what: str) -> None:
    """The same words under a proposal of another kind; and no proposal at all."""
    _, body, done, before = RIGHT[what]
    wanted = what.rsplit(": ", maxsplit=1)[-1]
    assert refused(owner, before + signed("a", "resume", body) + done) == wanted
    assert refused(owner, before + done) == wanted


def test_others_than_were_signed_are_refused(owner: Connection) -> None:
    """As many payments, people and as much money as was signed, and yet somebody else's."""
    taken = signed("a", "revoke", REVOKED) + REVOKE.format(digest=SIGNED, of=1)
    assert refused(owner, taken) == "revoked_of_what_was_signed"
    ordered = signed("a", "deposit", ORDERED) + ORDER.format(digest=SIGNED, of=1)
    assert refused(owner, ordered) == "deposit_ordered_of_what_was_signed"


def test_another_movement_than_was_signed_is_refused(owner: Connection) -> None:
    """Money that came back by one movement is not matched with another."""
    other = asked() + signed("a", "repayment", CAME) + came(mark="n")
    assert refused(owner, other) == "recovery_event_signed_as_it_is"


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("operator", "public_key"),
        ("proposal", "proposed_by"),
        ("approval", "operator"),
        ("barred", "operator"),
        ("rejected", "digest"),
    ],
)
def test_what_was_signed_and_by_whom_stays(owner: Connection, name: str, column: str) -> None:
    """Neither another maker or key afterwards, nor a bar or a rejection that is gone."""
    for statement in (
        f"UPDATE governance.{name} SET {column} = DEFAULT WHERE false",  # noqa: S608 -- our own words
        f"DELETE FROM governance.{name} WHERE false",  # noqa: S608 -- our own words
        f"TRUNCATE governance.{name} CASCADE",
    ):
        assert str(refused(owner, statement)).endswith("_stays")
