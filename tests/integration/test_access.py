"""Signing in, staying signed in, roles: at the services, with software authenticators."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from amends.access import rules, store
from amends.access import service as access
from amends.access.model import (
    EXCLUDING,
    ForbiddenError,
    Right,
    Role,
    RoleError,
    Session,
    SignedOutError,
    SignInError,
    Site,
)
from amends.governance import service as governance
from amends.governance import shown
from amends.kernel.clock import RealClock
from amends.kernel.ids import Operator
from amends.store.connection import Connection, Database
from amends.vault.opened import OpenCase
from amends.web.console.sessions import COOKIE, Sessions
from made_cases import OpenedCase
from made_console import SecurityKey, Telephone, telephone, with_operators

SITE = Site(origin="http://localhost:8443")


def test_codes_count_once_and_five_refusals_make_one_wait(opened_case: OpenedCase) -> None:
    """A code opens one session; it is refused when it comes back; guessing is stopped."""
    opened = opened_case(like=with_operators)
    phone = telephone(opened, SITE, "carla")
    code = phone.code()
    entered = access.sign_in(opened, SITE, "carla", access.proof_of(code))
    assert access.session(opened, entered.token).operator == "carla"
    with pytest.raises(SignInError):
        access.sign_in(opened, SITE, "carla", access.proof_of(code))
    for guess in ("", "12345", "000000", "abcdef"):
        with pytest.raises(SignInError):
            access.sign_in(opened, SITE, "carla", access.proof_of(guess))
    held = Telephone(phone.secret, phone.step)
    with pytest.raises(SignInError):  # right, and too late: five were refused
        access.sign_in(opened, SITE, "carla", access.proof_of(held.code()))
    with pytest.raises(SignInError):
        access.sign_in(opened, SITE, "nobody' --", access.proof_of("123456"))
    actions = [entry.action for entry in shown.entries(opened, actor="carla", most=50)]
    assert actions.count("signed in") == 2
    assert actions.count("sign-in refused") == 5
    assert governance.verify_audit(opened)


def test_sessions_rotate_end_and_expire(opened_case: OpenedCase) -> None:
    """A new token replaces the old one, which passes for half a minute; nothing lasts for ever."""
    opened = opened_case(like=with_operators)
    phone = telephone(opened, SITE, "axel")
    entered = access.sign_in(opened, SITE, "axel", access.proof_of(phone.code()))
    assert access.rotated(opened, entered.session) is None
    newer = access.rotated(opened, entered.session, at_once=True)
    assert newer is not None
    assert access.session(opened, newer).session_id == entered.session.session_id
    assert access.session(opened, entered.token).session_id == entered.session.session_id
    later = RealClock().now() + rules.FORMER_FOR + timedelta(seconds=1)
    with opened.database.reading() as connection:
        assert store.session(connection, rules.hashed(entered.token), later) is None
    begun = entered.session
    assert rules.live(begun.seen_at, begun.expires_at, begun.seen_at + timedelta(minutes=29))
    assert not rules.live(begun.seen_at, begun.expires_at, begun.seen_at + rules.IDLE)
    assert not rules.live(begun.expires_at, begun.expires_at, begun.expires_at)
    access.lock_out(replace(opened, by="root"), "axel")
    with pytest.raises(SignedOutError):
        access.session(opened, newer)
    with pytest.raises(SignInError):
        access.sign_in(opened, SITE, "axel", access.proof_of(phone.code()))


class _Changing(Database):
    """A database in which somebody signs out just when their session has been read."""

    def __init__(self, conninfo: str, changed: Callable[[], None]) -> None:
        super().__init__(conninfo)
        self._changed = changed

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As ever, and then the change."""
        with super().reading() as connection:
            yield connection
        self._changed()


def test_a_session_that_ends_while_it_is_looked_up_is_not_kept(opened_case: OpenedCase) -> None:
    """What was read before a sign-out counts for nobody who asks after it."""
    opened = opened_case(like=with_operators)
    phone = telephone(opened, SITE, "axel")
    entered = access.sign_in(opened, SITE, "axel", access.proof_of(phone.code()))
    left: list[Session] = []

    def leave() -> None:
        if not left:
            left.append(entered.session)
            access.sign_out(opened, entered.session)
            sessions.forget()

    with closing(_Changing(opened.database.conninfo, leave)) as database:
        sessions = Sessions(replace(opened, database=database), SITE)
        cookies = {COOKIE: entered.token}
        assert sessions.asked(cookies, "").session.operator == "axel"
        assert left
        with pytest.raises(SignedOutError):
            sessions.asked(cookies, "")


def test_passkeys_sign_in_and_sign_exactly_one_proposal(opened_case: OpenedCase) -> None:
    """The server checks origin, challenge, counter; a step-up is bound to a proposal's digest."""
    opened = opened_case(like=with_operators)
    key = SecurityKey(SITE.origin)
    token = access.invite(opened, "anna")
    offered = access.begin_enrolment(opened, SITE, token)
    with pytest.raises(SignInError):
        access.enrol(
            opened,
            SITE,
            token,
            access.proof_of(
                replace(key, origin="https://other.example").made(offered.passkey_options)
            ),
        )
    access.enrol(opened, SITE, token, access.proof_of(key.made(offered.passkey_options)))
    with pytest.raises(SignInError):  # an invitation is used once
        access.begin_enrolment(opened, SITE, token)
    answer = key.signed(access.passkey_options(opened, SITE))
    entered = access.sign_in(opened, SITE, "", access.proof_of(answer))
    assert entered.session.operator == "anna"
    with pytest.raises(SignInError):  # a challenge is used once
        access.sign_in(opened, SITE, "", access.proof_of(answer))
    copied = replace(key, counter=0)
    with pytest.raises(SignInError):  # a key that was copied counts behind
        access.sign_in(
            opened, SITE, "", access.proof_of(copied.signed(access.passkey_options(opened, SITE)))
        )
    digest = governance.pending(opened)[0].proposal.digest
    other = "ab" * 32
    options = access.step_up_options(opened, SITE, entered.session, digest)
    assert options is not None
    with pytest.raises(SignInError):
        access.step_up(opened, SITE, entered.session, other, access.proof_of(key.signed(options)))
    options = access.step_up_options(opened, SITE, entered.session, digest)
    assert options is not None
    access.step_up(opened, SITE, entered.session, digest, access.proof_of(key.signed(options)))
    assert [(name, how) for name, how, _ in access.step_ups(opened, digest)] == [
        ("anna", "passkey")
    ]


def test_roles_exclude_each_other(opened_case: OpenedCase) -> None:
    """Neither service nor database gives one person two roles that exclude each other."""
    opened = opened_case(like=with_operators)
    root = replace(opened, by="root")
    for one, other in (sorted(pair) for pair in EXCLUDING):
        with pytest.raises(RoleError):
            access.set_roles(root, "rita", [one, other])
        with pytest.raises(psycopg.errors.CheckViolation):
            _give_behind_the_door(opened, [one, other])
    with pytest.raises(RoleError):
        access.set_roles(root, "root", [Role.AUDITOR])
    with pytest.raises(RoleError):  # nobody would be left to give roles
        access.set_roles(opened, "root", [Role.AUDITOR])
    assert access.set_roles(root, "rita", [Role.READER, Role.APPROVER])
    entered = access.token_for(opened, "rita")
    access.require(access.session(opened, entered.token), Right.APPROVE)
    with pytest.raises(ForbiddenError):
        access.require(entered.session, Right.REVEAL)


def _give_behind_the_door(opened: OpenCase, roles: list[Role]) -> None:
    """Two roles as lines of the table, without the service."""
    with opened.database.unit_of_work() as connection:
        for role in roles:
            store.add_role_line(
                connection, Operator("rita"), role, granted=True, by="x", now=RealClock().now()
            )
