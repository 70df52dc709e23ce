"""Every move of a payee, and what the machine keeps true as a whole."""

from datetime import date

import pytest

from amends.payees import ages
from amends.payees.machine import ARROWS, MOVES, Move, possible
from amends.payees.model import Reason, Situation
from amends.payees.states import (
    ABOUT,
    FINAL,
    INITIAL,
    LIVING,
    Actor,
    Event,
    EvidenceKind,
    Recipient,
    StatementKind,
)

S, E = Situation, Event
MINE = {
    (S.IN_REVIEW, E.FOUND_ADULT): S.ADULT,
    (S.IN_REVIEW, E.FOUND_AGED_8_TO_17): S.AGED_8_TO_17,
    (S.IN_REVIEW, E.FOUND_UNDER_8): S.UNDER_8,
    (S.IN_REVIEW, E.FOUND_INCAPABLE): S.INCAPABLE,
    (S.IN_REVIEW, E.FOUND_WITHOUT_ACCOUNT): S.NO_ACCOUNT,
    (S.UNDER_8, E.TURNED_EIGHT): S.AGED_8_TO_17,
    (S.UNDER_8_GUARDED, E.TURNED_EIGHT): S.AGED_8_TO_17_GUARDED,
    (S.AGED_8_TO_17, E.CAME_OF_AGE): S.ADULT,
    (S.AGED_8_TO_17_GUARDED, E.CAME_OF_AGE): S.ADULT,
    (S.AGED_8_TO_17, E.LIVES_ON_EARNINGS): S.ADULT,
    (S.AGED_8_TO_17_GUARDED, E.LIVES_ON_EARNINGS): S.ADULT,
    (S.ADULT, E.CAPACITY_LOST): S.INCAPABLE,
    (S.NO_ACCOUNT, E.CAPACITY_LOST): S.INCAPABLE,
    (S.INCAPABLE, E.CAPACITY_RESTORED): S.ADULT,
    (S.INCAPABLE_GUARDED, E.CAPACITY_RESTORED): S.ADULT,
    (S.UNDER_8, E.GUARDIAN_NAMED): S.UNDER_8_GUARDED,
    (S.UNDER_8_GUARDED, E.GUARDIAN_ENDED): S.UNDER_8,
    (S.AGED_8_TO_17, E.GUARDIAN_NAMED): S.AGED_8_TO_17_GUARDED,
    (S.NO_ACCOUNT, E.GUARDIAN_NAMED): S.AGED_8_TO_17_GUARDED,
    (S.WALLET_TOO_LOW, E.GUARDIAN_NAMED): S.AGED_8_TO_17_GUARDED,
    (S.HELD, E.GUARDIAN_NAMED): S.AGED_8_TO_17_GUARDED,
    (S.AGED_8_TO_17_GUARDED, E.GUARDIAN_ENDED): S.AGED_8_TO_17,
    (S.INCAPABLE, E.GUARDIAN_NAMED): S.INCAPABLE_GUARDED,
    (S.INCAPABLE_GUARDED, E.GUARDIAN_ENDED): S.INCAPABLE,
    (S.NO_ACCOUNT, E.ACCOUNT_NAMED): S.ADULT,
    (S.WALLET_TOO_LOW, E.ACCOUNT_NAMED): S.ADULT,
    (S.HELD, E.ACCOUNT_NAMED): S.ADULT,
    (S.NO_ACCOUNT, E.MINOR_ACCOUNT_NAMED): S.AGED_8_TO_17,
    (S.WALLET_TOO_LOW, E.MINOR_ACCOUNT_NAMED): S.AGED_8_TO_17,
    (S.HELD, E.MINOR_ACCOUNT_NAMED): S.AGED_8_TO_17,
    (S.AGED_8_TO_17_GUARDED, E.MINOR_ACCOUNT_NAMED): S.AGED_8_TO_17,
    (S.ADULT, E.ACCOUNT_LOST): S.NO_ACCOUNT,
    (S.AGED_8_TO_17, E.ACCOUNT_LOST): S.NO_ACCOUNT,
    (S.WALLET_TOO_LOW, E.ACCOUNT_LOST): S.NO_ACCOUNT,
    (S.HELD, E.ACCOUNT_LOST): S.NO_ACCOUNT,
    (S.ADULT, E.WALLET_CLASS_TOO_LOW): S.WALLET_TOO_LOW,
    (S.AGED_8_TO_17, E.WALLET_CLASS_TOO_LOW): S.WALLET_TOO_LOW,
    (S.WALLET_TOO_LOW, E.WALLET_UPGRADED): S.ADULT,
    (S.ADULT, E.PROVIDER_HOLDS): S.HELD,
    (S.AGED_8_TO_17, E.PROVIDER_HOLDS): S.HELD,
    (S.HELD, E.HOLD_RELEASED): S.ADULT,
    (S.ADULT, E.NOT_REACHED): S.MISSING,
    (S.NO_ACCOUNT, E.NOT_REACHED): S.MISSING,
    (S.WALLET_TOO_LOW, E.NOT_REACHED): S.MISSING,
    (S.HELD, E.NOT_REACHED): S.MISSING,
    (S.MISSING, E.CAME_BACK): S.ADULT,
    (S.CUSTODIAN, E.CAME_BACK): S.ADULT,
    (S.MISSING, E.CUSTODIAN_APPOINTED): S.CUSTODIAN,
    (S.CUSTODIAN, E.CUSTODIAN_ENDED): S.MISSING,
    (S.ADULT, E.REFUSES): S.REFUSED,
    (S.NO_ACCOUNT, E.REFUSES): S.REFUSED,
    (S.WALLET_TOO_LOW, E.REFUSES): S.REFUSED,
    (S.HELD, E.REFUSES): S.REFUSED,
    (S.REFUSED, E.RECONSIDERS): S.ADULT,
    (S.ADULT, E.DONATES): S.DONATED,
    (S.NO_ACCOUNT, E.DONATES): S.DONATED,
    (S.WALLET_TOO_LOW, E.DONATES): S.DONATED,
    (S.HELD, E.DONATES): S.DONATED,
    (S.DONATED, E.DONATION_WITHDRAWN): S.ADULT,
    (S.DONATED, E.PAID_BY_HAND): S.DONEE_PAID,
    (S.DIED_AFTER, E.ADMINISTRATOR_APPOINTED): S.ADMINISTRATOR,
    (S.ADMINISTRATOR, E.ADMINISTRATOR_ENDED): S.DIED_AFTER,
    (S.DIED_AFTER, E.HEIRS_AGREE): S.HEIRS,
    (S.DIED_AFTER, E.SMALL_ESTATE): S.HEIRS,
    (S.HEIRS, E.AGREEMENT_DISPUTED): S.DIED_AFTER,
    (S.HEIRS, E.PAID_BY_HAND): S.HEIRS_PAID,
    (S.HEIRS, E.DEPOSIT_DECIDED): S.DEPOSIT_PENDING,
    (S.DIED_BEFORE, E.RELATIVE_AGREED): S.RELATIVE,
    (S.RELATIVE, E.AGREEMENT_DISPUTED): S.DIED_BEFORE,
    (S.DIED_AFTER, E.NO_HEIR_FOUND): S.NO_HEIR,
    (S.NO_HEIR, E.HEIR_FOUND): S.DIED_AFTER,
    (S.NO_HEIR, E.HANDED_OVER): S.ESCHEATED,
    (S.UNDER_8, E.DEPOSIT_DECIDED): S.DEPOSIT_PENDING,
    (S.INCAPABLE, E.DEPOSIT_DECIDED): S.DEPOSIT_PENDING,
    (S.MISSING, E.DEPOSIT_DECIDED): S.DEPOSIT_PENDING,
    (S.REFUSED, E.DEPOSIT_DECIDED): S.DEPOSIT_PENDING,
    (S.DIED_AFTER, E.DEPOSIT_DECIDED): S.DEPOSIT_PENDING,
    (S.DIED_BEFORE, E.DEPOSIT_DECIDED): S.DEPOSIT_PENDING,
    (S.DEPOSIT_PENDING, E.PAYEE_FOUND): S.IN_REVIEW,
    (S.DEPOSIT_PENDING, E.DEPOSIT_MADE): S.DEPOSITED,
    (S.DEPOSITED, E.DEPOSIT_COLLECTED): S.COLLECTED,
    (S.DEPOSITED, E.RIGHT_ENDED): S.ESCHEATED,
}
"""What may follow what, written down a second time."""

GENERAL: dict[tuple[Situation, Event], Situation] = {
    **{(state, E.DIED_AFTER_LEAK): S.DIED_AFTER for state in LIVING},
    **{(state, E.DIED_BEFORE_LEAK): S.DIED_BEFORE for state in LIVING},
    **{
        (state, E.DOUBT_RAISED): S.IN_REVIEW
        for state in (*LIVING, S.DIED_AFTER, S.DIED_BEFORE)
        if state is not S.IN_REVIEW
    },
}


@pytest.mark.parametrize(
    ("begin", "target"),
    [*MINE.items(), *GENERAL.items()],
    ids=lambda part: "-".join(part) if isinstance(part, tuple) else str(part),
)
def test_a_move_leads_where_it_should(begin: tuple[Situation, Event], target: Situation) -> None:
    """Each move has its target, somebody who may say it, and a rule."""
    move = MOVES[begin]
    assert move.target is target
    assert move.actor in set(Actor)
    assert move.basis.startswith(("CN-", "POLICY-"))
    assert move.clock == ABOUT[target].clock


def test_there_is_no_other_move() -> None:
    """What is not written down here cannot happen, and no event leads to two states."""
    assert set(MOVES) == set(MINE) | set(GENERAL)
    assert len(MOVES) == len(ARROWS)


def test_every_state_can_be_reached_and_left() -> None:
    """From the states of the files every other one follows; only the last ones are for good."""
    reached, open_ = set(INITIAL), list(INITIAL)
    while open_:
        for move in possible(open_.pop()):
            if move.target not in reached:
                reached.add(move.target)
                open_.append(move.target)
    assert reached == set(Situation)
    assert [state for state in Situation if not possible(state)] == list(FINAL)


def test_a_state_pays_somebody_or_says_why_not() -> None:
    """Nobody is without payee and without reason, and a clock leads to a move that exists."""
    for state in Situation:
        about = ABOUT[state]
        assert about.recipient is not None or about.reason is not None
        if about.clock is not None and about.clock.then is not None:
            assert (state, about.clock.then) in MOVES


def test_nobody_else_receives_without_papers_and_a_statement() -> None:
    """A guardian, administrator, relative, heir or custodian is paid on papers and words."""
    others = {
        *(Recipient.GUARDIAN, Recipient.ADMINISTRATOR, Recipient.HEIRS),
        *(Recipient.RELATIVE, Recipient.CUSTODIAN, Recipient.DONEE),
    }
    grown = {E.TURNED_EIGHT}
    for move in ARROWS:
        if ABOUT[move.target].recipient in others and move.event not in grown:
            assert move.papers, move
            assert move.statements, move


def test_a_small_estate_asks_for_the_three_papers() -> None:
    """Death, kinship, and an undertaking (CN-SMALL)."""
    move = MOVES[S.DIED_AFTER, E.SMALL_ESTATE]
    assert move.papers == (
        frozenset({EvidenceKind.DEATH_CERTIFICATE}),
        frozenset({EvidenceKind.KINSHIP}),
    )
    assert move.statements == {StatementKind.UNDERTAKING}
    assert move.basis == "CN-SMALL"


def test_a_minor_can_accept_and_neither_refuse_nor_give_away() -> None:
    """From 8 to 17 a pure benefit may be accepted; more needs the guardian (Civil Code 19)."""
    for state in (S.AGED_8_TO_17, S.AGED_8_TO_17_GUARDED, S.UNDER_8, S.UNDER_8_GUARDED):
        assert (state, E.REFUSES) not in MOVES
        assert (state, E.DONATES) not in MOVES


@pytest.mark.parametrize(
    ("state", "event", "age"),
    [
        (S.NO_ACCOUNT, E.ACCOUNT_NAMED, 17),
        (S.NO_ACCOUNT, E.REFUSES, 17),
        (S.NO_ACCOUNT, E.DONATES, 17),
        (S.WALLET_TOO_LOW, E.WALLET_UPGRADED, 17),
        (S.HELD, E.HOLD_RELEASED, 17),
        (S.MISSING, E.CAME_BACK, 17),
        (S.NO_ACCOUNT, E.MINOR_ACCOUNT_NAMED, 7),
        (S.AGED_8_TO_17, E.LIVES_ON_EARNINGS, 15),
        (S.AGED_8_TO_17, E.CAME_OF_AGE, 17),
        (S.UNDER_8, E.TURNED_EIGHT, 7),
    ],
)
def test_nobody_is_older_by_an_account_or_a_providers_word(
    state: Situation, event: Event, age: int
) -> None:
    """Who is too young by the files does not do it, and whoever is a year older does."""
    move = MOVES[state, event]
    assert "younger" in str(ages.wrong(move, age, [state], []))
    assert ages.wrong(move, age + 1, [state], []) is None
    assert ages.wrong(move, age, [state], [E.FOUND_ADULT]) is None, "an officer found otherwise"


def test_where_no_file_tells_the_age_the_states_before_do() -> None:
    """A minor whose wallet was held is no adult when it is let go; a birthday needs no file."""
    before = [S.AGED_8_TO_17, S.HELD]
    assert "younger" in str(ages.wrong(MOVES[S.HELD, E.HOLD_RELEASED], None, before, []))
    assert ages.wrong(MOVES[S.HELD, E.MINOR_ACCOUNT_NAMED], None, before, []) is None
    assert ages.wrong(MOVES[S.HELD, E.HOLD_RELEASED], None, [S.ADULT, S.HELD], []) is None
    assert ages.wrong(MOVES[S.AGED_8_TO_17, E.CAME_OF_AGE], None, [S.AGED_8_TO_17], []) is None


def test_who_has_no_capacity_names_no_account_and_an_adult_has_no_guardian() -> None:
    """A court comes first, on both ways."""
    named = MOVES[S.NO_ACCOUNT, E.ACCOUNT_NAMED]
    assert "capacity" in str(ages.wrong(named, 40, [S.INCAPABLE, S.IN_REVIEW, S.NO_ACCOUNT], []))
    guardian = MOVES[S.NO_ACCOUNT, E.GUARDIAN_NAMED]
    assert "of age" in str(ages.wrong(guardian, 18, [S.NO_ACCOUNT], []))
    assert ages.wrong(guardian, 17, [S.NO_ACCOUNT], []) is None


def test_a_deposit_lasts_five_years_to_the_day() -> None:
    """Civil Code 574; a deposit of 29 February lasts until 28 February."""
    clock = ABOUT[S.DEPOSITED].clock
    assert clock is not None
    assert clock.then is E.RIGHT_ENDED
    assert clock.due(date(2026, 12, 1)) == date(2031, 12, 1)
    assert clock.due(date(2028, 2, 29)) == date(2033, 2, 28)


def test_whoever_is_paid_by_nobody_has_a_clock() -> None:
    """A person who waits does not wait for ever without anybody looking."""
    for state in Situation:
        about = ABOUT[state]
        if about.recipient is None:
            assert about.clock is not None, state
            assert about.reason in set(Reason)


def test_whoever_is_paid_by_hand_has_a_clock() -> None:
    """A share that no rail pays does not wait for ever; once it is paid nothing runs."""
    for state in (S.HEIRS, S.DONATED):
        clock = ABOUT[state].clock
        assert clock is not None
        assert clock.due(date(2026, 12, 1)) == date(2026, 12, 31)
        assert ABOUT[MOVES[state, E.PAID_BY_HAND].target].clock is None


def test_a_move_is_said_by_who_knows() -> None:
    """Courts speak of capacity, providers of wallets, notaries of deposits."""

    def actors(event: Event) -> set[Actor]:
        return {move.actor for move in ARROWS if move.event is event}

    assert actors(E.CAPACITY_LOST) == {Actor.COURT}
    assert actors(E.PROVIDER_HOLDS) == {Actor.PROVIDER}
    assert actors(E.DEPOSIT_MADE) == {Actor.NOTARY}
    assert actors(E.GUARDIAN_NAMED) == {Actor.GUARDIAN}
    assert isinstance(ARROWS[0], Move)
