"""Questions about payments, funds, exceptions and claims."""

from amends.access.model import Right
from amends.awards import promised
from amends.claims import service as claim_service
from amends.claims.model import State as ClaimStands
from amends.claims.model import Wanted as ClaimsWanted
from amends.funding import service as fund_service
from amends.kernel.errors import AmendsError
from amends.payouts import service
from amends.payouts.sending import switch
from amends.payouts.showing import shown
from amends.payouts.showing.listed import Order, PaymentRow
from amends.payouts.showing.shown import Wanted
from amends.store.asking import Asking
from amends.web import keyset
from amends.web.api import money
from amends.web.api.calls import Desk
from amends.web.api.operations import asks
from amends.web.api.parameters import (
    Award,
    ClaimState,
    Cursor,
    Limit,
    Number,
    Place,
    Sort,
    State,
    Word,
)


@asks("/funding", Right.SEE)
def funding(desk: Desk) -> money.Funding:
    """Funds against obligations."""
    found = promised.funds(desk.opened)
    return money.Funding(
        currency=found.currency,
        level=found.level.value,
        funds_minor=found.funds_minor,
        obligations_minor=found.obligations_minor,
        free_minor=found.free_minor,
        settled_minor=found.settled_minor,
        in_flight_minor=found.in_flight_minor,
        owed_minor=found.owed_minor,
        released_minor=found.released_minor,
        days=[
            money.PromisedDay(
                day=one.day,
                due_minor=one.due_minor,
                short_minor=one.short_minor,
                unreleased_minor=one.unreleased_minor,
            )
            for one in fund_service.forecast(desk.opened, found)
        ],
        statements=[
            money.FundingStatement(
                number=one.statement_no, form=one.statement.form, sha256=one.sha256, name=one.name
            )
            for one in fund_service.statements(desk.opened)
        ],
    )


@asks("/payouts", Right.SEE)
def payouts(desk: Desk) -> money.Payouts:
    """Payments by rail and state, and whether they are halted."""
    funnel = shown.funnel(desk.opened)
    halted = switch.halted(desk.opened)
    return money.Payouts(
        counted_at=funnel.counted_at,
        halted=halted is not None,
        halted_because=None if halted is None else halted.reason,
        promise=_promise(desk),
        outlook=_outlook(desk),
        states=[
            money.StateCount(rail=rail, state=state, payments=number, amount_minor=minor)
            for rail, state, number, minor in funnel.states
        ],
        not_arrived=[
            money.NotArrived(state=state, reason=cause or None, payments=number)
            for state, cause, number in funnel.reasons
        ],
        hours=[
            money.Hour(hour=hour, sent=sent, arrived=arrived)
            for hour, sent, arrived in funnel.hours
        ],
        plans=[
            money.PlanShown(
                plan=one.plan_no,
                rail=one.rail,
                payments=one.instructions,
                total_minor=one.total.amount_minor,
                numbers_sha256=one.numbers_sha256,
                approved=one.approved,
            )
            for one in funnel.plans
        ],
    )


def _promise(desk: Desk) -> money.Promise | None:
    """What becomes of the promise; None where nobody is left to pay, or nothing is promised."""
    try:
        found, _ = service.dry_run(desk.opened)
    except AmendsError:  # nothing is owed, or no rail can carry it: the console says which
        return None
    if found is None:
        return None
    return money.Promise(
        promised_at=found.promised,
        kept=found.kept,
        people=found.people,
        in_time=found.in_time,
        by_nobody=found.by_nobody,
        refused=found.refused,
        ended_unpaid=found.ended_unpaid,
        last_at=found.last,
        proved_at=found.proved,
    )


def _outlook(desk: Desk) -> money.Outlook | None:
    """What was last foreseen while money went out; None where nothing broke."""
    found = service.last_outlook(desk.opened)
    if found is None:
        return None
    row = found.row
    return money.Outlook(
        kept=row.kept,
        since=found.since,
        looked_at=row.looked_at,
        promised_at=row.promised_at,
        last_at=row.last_at,
        people=row.people,
        late=row.late,
        by_stopped=row.by_stopped,
        by_nobody=row.by_nobody,
        by_refused=row.by_refused,
        ended_unpaid=row.ended_unpaid,
        stopped=list(row.stopped),
        movable=row.movable,
        late_moved=row.late_moved,
    )


@asks("/payments", Right.SEE)
def payments(  # noqa: PLR0913, PLR0917 -- a parameter of the address each
    desk: Desk,
    in_state: State = "",
    rail: Word = "",
    reason: Word = "",
    sort: Sort = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> money.Payments:
    """Payments in the order of awards, or as they are sorted."""
    order = Order(sort) if sort else Order.AWARD
    wanted = Wanted(state=in_state, rail=rail, reason=reason, order=order)
    page = shown.payments(desk.opened, wanted, after=shown.place_of(cursor), most=limit)
    following = page.following
    return money.Payments(
        payments=[_payment(row) for row in page.rows],
        next_cursor=None if following is None else shown.cursor_of(following),
    )


@asks("/payments/{number:str}", Right.SEE, finds=True)
async def payment(asking: Asking, number: Number) -> money.Payment:
    """One payment by its number."""
    return _payment(await shown.payment_asked(asking, number))


@asks("/payments/{number:str}/story", Right.SEE, finds=True)
def story(desk: Desk, number: Number) -> money.Story:
    """One payment from the decision to the books."""
    found = shown.story(desk.opened, number)
    return money.Story(
        payment=_payment(found.row),
        person_id=found.person_id,
        awarded_at=found.awarded_at,
        plan=found.plan_no,
        planned_at=found.planned_at,
        approved_at=found.approved_at,
        steps=[
            money.Step(at=one.at, kind=one.kind, told=one.told, digest=one.digest.hex())
            for one in found.traces
        ],
        transfers=[one.transfer_id for one, _ in found.transfers],
        others=[_payment(row) for row in found.others],
    )


@asks("/awards/{award:int}/payments", Right.SEE, finds=True)
def payments_of_award(desk: Desk, award: Award) -> money.Payments:
    """Every payment of an award, in order."""
    rows = shown.payments_of_award(desk.opened, award)
    return money.Payments(payments=[_payment(row) for row in rows], next_cursor=None)


@asks("/statements", Right.SEE)
def statements(desk: Desk, place: Place = "", limit: Limit = 100) -> money.RailStatements:
    """Statements of rails that are in hand, newest first."""
    bills = shown.bills(desk.opened, after=keyset.day_of(place), most=limit + 1)
    last = bills[limit - 1] if len(bills) > limit else None
    return money.RailStatements(
        statements=[
            money.RailStatement(
                rail=rail,
                day=day,
                opening_minor=opening,
                closing_minor=closing,
                lines=lines,
                imported_at=at,
            )
            for rail, day, opening, closing, lines, at in bills[:limit]
        ],
        next_cursor=None if last is None else keyset.cursor_of((last[1], last[0])),
    )


@asks("/exceptions", Right.SEE)
def exceptions(
    desk: Desk,
    kind: Word = "",
    rail: Word = "",
    place: Place = "",
    limit: Limit = 100,
    *,
    cleared: bool = False,
) -> money.Exceptions:
    """What a person has to explain, oldest first."""
    found = shown.exceptions(
        desk.opened,
        kind=kind,
        rail=rail,
        cleared=cleared,
        after=keyset.moment_of(place),
        most=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    return money.Exceptions(
        open=shown.open_exceptions(desk.opened),
        next_cursor=None if last is None else keyset.of_moment(last.found_at, last.exception_id),
        exceptions=[
            money.Exceptional(
                id=one.exception_id,
                kind=one.kind,
                rail=one.rail,
                number=one.number,
                amount_minor=one.amount_minor,
                owner=one.owner,
                found_at=one.found_at,
                cleared_at=one.cleared_at,
            )
            for one in found[:limit]
        ],
    )


@asks("/claims", Right.SEE)
def claims(
    desk: Desk, in_state: ClaimState = "", place: Place = "", limit: Limit = 100
) -> money.Claims:
    """Claims of later losses by number."""
    number = keyset.number_of(place, most=2**31 - 1)
    wanted = ClaimsWanted(
        state=ClaimStands(in_state) if in_state else None,
        after=None if number is None else (0, number),
    )
    found = claim_service.listed(desk.opened, wanted, most=limit)
    return money.Claims(
        claims=[
            money.Claim(
                claim=one.claim_no,
                person_id=one.person_id,
                kind=one.asked.kind.value,
                state=one.state.value,
                occurred_on=one.asked.occurred_on,
                asked_minor=one.asked.claimed_minor,
                asked_minutes=one.asked.minutes,
                given_minor=found.given[one.claim_no].amount_minor
                if one.claim_no in found.given
                else one.granted_minor,
            )
            for one in found.claims
        ],
        next_cursor=keyset.cursor_of(found.following[1:]) if found.following else None,
    )


def _payment(row: PaymentRow) -> money.Payment:
    return money.Payment(
        number=row.instruction_id,
        award=row.award_index,
        generation=row.generation,
        rail=row.rail,
        amount_minor=row.amount_minor,
        currency=row.currency,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        provider_reference=row.provider_reference,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
    )
