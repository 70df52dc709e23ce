"""Whether the case's promise can be kept, as things stand now. Reads; writes nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from amends.kernel.accounts import AccountKind
from amends.kernel.case import CaseFile, RailSettings
from amends.kernel.ids import PersonId
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.payees.service import account_kinds, payment_details
from amends.payouts.planning import forecast_store, plan_store
from amends.payouts.planning.allowance import within_quota
from amends.payouts.planning.carriers import Group, Routes, carries, most_of
from amends.payouts.planning.feasibility import LONGEST_YEARS, Feasibility, Remedy, feasibility
from amends.payouts.planning.first_batch import holds
from amends.payouts.planning.programme import Payable, Terms
from amends.payouts.rails.limits import limits_of
from amends.payouts.rails.model import Capabilities, RefusalReason
from amends.payouts.rails.wechat_codes import CONFIRM_WITHIN
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_PAGE = 50_000

_CHECKS: Final = (
    *(RefusalReason.NAME_MISMATCH.value, RefusalReason.AMBIGUOUS_ACCOUNT.value),
    *(RefusalReason.NOT_REAL_NAME.value, RefusalReason.ACCOUNT_LIMIT.value),
)
"""Reasons that lie with a provider's checks of a payee's name, real name, and what these allow."""

_ENOUGH: Final = 100
"""Payments of which a share says something: a usual first batch."""

OWN_PACE: Final = 500.0
"""Signed calls a second on which is counted where neither contract nor provider names any.

One `amends pay` on two cores makes more (`bench/rail.py`).
"""


NOBODY_LEFT: Final = said("nobody is left to be paid by a rail, or nothing is promised yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """To whom the promise is to be kept: who is to be paid, and whose payment ended unpaid.

    ``ended_unpaid``: how many people's was refused or came back, with no other under way.
    """

    promised: datetime
    payables: Sequence[Payable]
    ended_unpaid: int

    def by(self, terms: Sequence[Terms], start: datetime) -> Feasibility:
        """What becomes of it when rails carry by *terms* from *start* on."""
        found = feasibility(self.payables, terms, start=start, promised=self.promised)
        return replace(found, ended_unpaid=self.ended_unpaid)


def due(opened: OpenCase) -> Due | None:
    """Everybody who is payable and has no money under way, whether a plan names them or not.

    None where there is nobody, or nothing was announced, so that there is no day to keep.
    """
    file = opened.case.file
    if file.announced_at is None or not file.rails:
        return None
    payables, ended = still_to_pay(opened), ended_unpaid(opened)
    promised = file.announced_at + file.promise.pay_within
    if not payables and not ended:
        return None
    return Due(promised=promised, payables=payables, ended_unpaid=ended)


def forecast(opened: OpenCase) -> Feasibility | None:
    """What becomes of the promise when paying goes on from now; None as for `due`."""
    found = due(opened)
    return None if found is None else found.by(terms_of(opened), opened.clock.now())


def ended_unpaid(opened: OpenCase) -> int:
    """How many people's payment was refused or came back, with no other under way."""
    with opened.database.reading() as connection:
        return forecast_store.ended_unpaid(connection)


def still_to_pay(opened: OpenCase) -> list[Payable]:
    """Everybody who is payable and has no money under way, planned or not."""
    with opened.database.reading() as connection:
        return weighed(connection, [*_planned(connection), *_unplanned(opened, connection)])


def weighed(connection: Connection, payables: Iterable[Payable]) -> list[Payable]:
    """*payables* with the share of each that the rails' checks will refuse."""
    refused = _Refused(forecast_store.checked(connection, _CHECKS))
    return [replace(one, refused=refused.shares(one)) for one in payables]


class _Refused:
    """Which share of payees the rails' checks refuse, by what has ended so far.

    Of payments of an amount by itself where enough have ended (a provider lets those whose real
    name is not proved have little), else of all of a rail; of a rail with few nobody can say.
    """

    def __init__(self, ended: Sequence[tuple[str, int, int, int]]) -> None:
        counts: Counter[tuple[str, int | None]] = Counter()
        refused: Counter[tuple[str, int | None]] = Counter()
        for rail, amount, payments, of_checks in ended:
            for key in ((rail, amount), (rail, None)):
                counts[key] += payments
                refused[key] += of_checks
        self._known = {key: refused[key] / n for key, n in counts.items() if n >= _ENOUGH}

    def shares(self, payable: Payable) -> dict[str, float]:
        """By rail, as far as that is known."""
        found = {
            rail: self._known.get((rail, payable.amount_minor), self._known.get((rail, None)))
            for rail in sorted(payable.rails)
        }
        return {rail: share for rail, share in found.items() if share is not None}


def terms_of(opened: OpenCase) -> list[Terms]:
    """What the rails of the case carry from now on, by their contracts, in their order."""
    file, now = opened.case.file, opened.clock.now()
    rails = list(zip(file.rails, limits_of(opened.case), strict=True))
    answers = [(limits, _answered(rail, limits)) for rail, limits in rails]
    with opened.database.reading() as connection:
        held = holds(connection, file.first_payments, answers, now)
        terms = [
            _terms(
                rail,
                limits,
                *forecast_store.spent(connection, rail.protocol, now, limits.bill_zone),
            )
            for rail, limits in rails
        ]
    return [replace(one, begins_after=held.get(one.rail, timedelta(0))) for one in terms]


def _planned(connection: Connection) -> Iterator[Payable]:
    """Whom plans name, with their rail."""
    for rail, amount, people in forecast_store.planned(connection):
        yield Payable(people=people, amount_minor=amount, rails=frozenset((rail,)), by=rail)


def _unplanned(opened: OpenCase, connection: Connection) -> Iterator[Payable]:
    """Whom no plan names, with the rails that carry them.

    Where there is one rail nobody's account is opened for it.
    """
    limits = [within_quota(opened.case.file, one) for one in limits_of(opened.case)]
    most = max(map(most_of, limits))
    if len(limits) == 1:
        for amount, people in forecast_store.unplanned(connection):
            able = frozenset(one.rail for one in limits if carries(one, amount))
            yield Payable(people=people, amount_minor=amount, rails=able, too_much=amount > most)
        return
    routes = Routes(limits)
    note_unplanned(opened, connection, routes)
    after = -1
    while len(page := plan_store.raises(connection, after, _PAGE)):
        routes.note(page, kinds_of(opened, connection, page.persons))
        after = int(page.awards[-1])
    for one in _payables(routes.groups):
        yield replace(one, too_much=one.amount_minor > most)


def note_unplanned(opened: OpenCase, connection: Connection, routes: Routes) -> None:
    """Show *routes* everybody who is payable and whom no plan names.

    Few of them, who stand in many pages, are looked up one by one.
    """
    for at, page in enumerate(forecast_store.unplanned_people(connection)):
        few = not at and len(page) < forecast_store.AT_ONCE
        kinds = (kinds_of if few else account_kinds)(opened, connection, page.persons)
        payable = [at for at, kind in enumerate(kinds) if kind is not None]
        routes.note(page.at(payable), [kinds[at] for at in payable])


def kinds_of(
    opened: OpenCase, connection: Connection, people: Sequence[PersonId]
) -> list[AccountKind | None]:
    """What kind of account each has that is in force; None of who is not payable."""
    details = payment_details(opened, connection, people)
    return [details[one].account_kind if one in details else None for one in people]


def _payables(groups: Mapping[Group, int]) -> Iterator[Payable]:
    """People alike, in an order that does not depend on who came first."""
    for (amount, rails), people in sorted(
        groups.items(), key=lambda one: (-one[0][0], sorted(one[0][1]))
    ):
        yield Payable(people=people, amount_minor=amount, rails=rails)


def split_of(opened: OpenCase, due: Mapping[Group, int]) -> dict[Group, Mapping[str, int]]:
    """How many of each group that is *due* go by which rail, beside those whom plans name.

    Nothing where nothing was announced, so that there is no day to keep.
    """
    file = opened.case.file
    if file.announced_at is None:
        return {}
    free = list(_payables(due))
    with opened.database.reading() as connection:
        payables = weighed(connection, [*free, *_planned(connection)])
    found = feasibility(
        payables,
        terms_of(opened),
        start=opened.clock.now(),
        promised=file.announced_at + file.promise.pay_within,
    )
    return {(one.amount_minor, one.rails): by for one, by in zip(free, found.split, strict=False)}


def _terms(rail: RailSettings, limits: Capabilities, spent_day: int, spent_month: int) -> Terms:
    """What the contract of a rail allows, as case.toml names it, and how long payments take."""
    return Terms(
        rail=rail.protocol,
        zone=limits.bill_zone,
        calls_per_second=limits.calls_per_second or (OWN_PACE if _calls(limits) else None),
        day_minor=_minor(rail.day_most),
        month_minor=_minor(rail.month_most),
        opens=rail.opens,
        closes=rail.closes,
        weekends=rail.weekends,
        arrives_after=_answered(rail, limits),
        bill_at=limits.bill_ready_at,
        spent_day_minor=spent_day,
        spent_month_minor=spent_month,
    )


def _answered(rail: RailSettings, limits: Capabilities) -> timedelta:
    """After which time a person has the money, and whoever paid knows it."""
    return rail.arrives_within or limits.confirm_within or timedelta(0)


def _calls(limits: Capabilities) -> bool:
    """Whether every payment is a call of its own."""
    return limits.orders_per_file == 1


def _minor(most: Money | None) -> int | None:
    return None if most is None else most.amount_minor


def forecast_told(opened: OpenCase, *, late: bool = False) -> tuple[Said, ...]:
    """Whether the promise can be kept, in sentences. *late*: nothing while it can."""
    found = forecast(opened)
    if found is None or (late and found.kept):
        return ()
    return told(found, opened.case.file)


def told(found: Feasibility, file: CaseFile) -> tuple[Said, ...]:
    """A forecast in sentences: whether the promise is kept, when the last is paid, what lacks."""
    if not found.people:
        return _ended(found)
    carry = {share.rail for share in found.shares}
    rails = [rail for rail in file.rails if rail.protocol in carry]
    return (
        *_kept(found, file.zone),
        *_ended(found),
        *_refused(found),
        *_unnamed(file.rails),
        *_in_time(rails),
        *_missing(found, file.currency),
        *_elsewhere(found, file.rails),
    )


def _elsewhere(found: Feasibility, rails: Sequence[RailSettings]) -> tuple[Said, ...]:
    """That another rail may carry some of those who are late."""
    if found.kept_to_waiting or len(rails) == 1:
        return ()
    return (
        said(
            "`amends pay CASE --replan --dry-run` says whom another rail can still pay in time, "
            "by a further account"
        ),
    )


def _kept(found: Feasibility, zone: tzinfo) -> tuple[Said, ...]:
    how = "%Y-%m-%d %H:%M" if found.exact else "%Y-%m-%d"
    last = None if found.last is None else found.last.astimezone(zone).strftime(how)
    promised = found.promised.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    carried = found.people - found.by_nobody
    sentences: list[Said] = []
    if not carried:
        pass
    elif found.in_time == carried and found.refused:
        sentences.append(
            said(
                "the promise can be kept for all whom no check refuses: the last of about "
                "{people:,} people has the money by {last} (promised: {promised})",
                people=carried - found.refused,
                last=last,
                promised=promised,
            )
        )
    elif found.in_time == carried and found.ended_unpaid:
        sentences.append(
            said(
                "the promise can be kept to those whose payment has not left: the last of "
                "{people:,} people has the money by {last} (promised: {promised})",
                people=carried,
                last=last,
                promised=promised,
            )
        )
    elif found.in_time == carried:
        sentences.append(
            said(
                "the promise can be kept: the last of {people:,} people has the money by {last} "
                "(promised: {promised})",
                people=carried,
                last=last,
                promised=promised,
            )
        )
    elif found.beyond:
        sentences.append(
            said(
                "the promise cannot be kept: {late:,} of {people:,} people do not have the money "
                "by {promised}; the last has it after more than {years:,} years",
                late=carried - found.in_time,
                people=carried,
                promised=promised,
                years=LONGEST_YEARS,
            )
        )
    elif last is None:
        sentences.append(
            said(
                "the promise cannot be kept: by what the contracts allow, {late:,} people are "
                "never paid",
                late=carried - found.in_time,
            )
        )
    else:
        sentences.append(
            said(
                "the promise cannot be kept: {late:,} of {people:,} people do not have the money "
                "by {promised}; the last has it about {last}",
                late=carried - found.in_time,
                people=carried,
                promised=promised,
                last=last,
            )
        )
    if found.proved is not None and carried:
        proved = found.proved.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        sentences.append(said("the bills that prove it are there by {proved}", proved=proved))
    return (*sentences, *_by_nobody(found))


def _by_nobody(found: Feasibility) -> tuple[Said, ...]:
    """How many no rail carries, and why."""
    if not found.by_nobody:
        return ()
    sentences = [
        said("{people:,} people can be paid by no rail of the case", people=found.by_nobody)
    ]
    if found.too_much:
        sentences.append(
            said(
                "{people:,} of them are owed more than any rail takes at once: [[rail]] day_most "
                "and month_most in case.toml, and the rails' own limits",
                people=found.too_much,
            )
        )
    if others := found.by_nobody - found.too_much:
        sentences.append(
            said(
                "{people:,} of them have no account that a rail takes for what they are owed",
                people=others,
            )
        )
    return tuple(sentences)


def _ended(found: Feasibility) -> tuple[Said, ...]:
    """To whom the promise is not kept because a payment ended, and what to do."""
    if not found.ended_unpaid:
        return ()
    return (
        said(
            "the promise is not kept to {people:,} people: their payment was refused or came back, "
            "and no other is under way; `amends retry CASE` says why, and pays again what you "
            "choose",
            people=found.ended_unpaid,
        ),
    )


def _refused(found: Feasibility) -> tuple[Said, ...]:
    """That checks of payees will refuse some, by what was refused so far."""
    if not found.refused:
        return ()
    return (
        said(
            "by what has ended so far, the providers' checks of names and real names will refuse "
            "about {people:,} of them: these need a further account, or a person",
            people=found.refused,
        ),
    )


def _unnamed(rails: Sequence[RailSettings]) -> tuple[Said, ...]:
    """What the forecast does not know."""
    sentences: list[Said] = []
    if without := [rail.protocol for rail in rails if rail.day_most is None]:
        sentences.append(
            said(
                "no daily quota of {rails} is named: [[rail]] day_most in case.toml is what the "
                "contract lets through (Alipay's usual one is CNY 1,000,000.00)",
                rails=", ".join(without),
            )
        )
    if any(rail.protocol == "alipay" and rail.calls_per_second is None for rail in rails):
        sentences.append(
            said(
                "no pace of {rail} is named: {calls:,.0f} calls a second are counted on; [[rail]] "
                "calls_per_second in case.toml is what the contract allows",
                rail="alipay",
                calls=OWN_PACE,
            )
        )
    return tuple(sentences)


def _in_time(rails: Sequence[RailSettings]) -> tuple[Said, ...]:
    """How the time is counted until a person has the money, where the person takes part in it."""
    sentences: list[Said] = []
    for rail in rails:
        if rail.protocol == "wechatpay" and rail.arrives_within is None:
            sentences.append(
                said(
                    "payees of wechatpay have {hours:,.0f} hours to confirm, which are counted in; "
                    "who does not confirm is not paid by it",
                    hours=CONFIRM_WITHIN.total_seconds() / 3600,
                )
            )
        if rail.protocol == "counter" and rail.arrives_within is None:
            sentences.append(
                said("at the counter the money lies ready in time; it waits until the person comes")
            )
        if rail.protocol == "iso20022" and rail.closes is None:
            sentences.append(
                said(
                    "no cut-off of the bank is named: [[rail]] closes in case.toml is until when "
                    "it takes files, arrives_within after which the person has the money"
                )
            )
    return tuple(sentences)


def _missing(found: Feasibility, currency: str) -> tuple[Said, ...]:
    """What to negotiate, and with whom."""
    return tuple(
        said("enough would be: {terms}", terms=joined(_demands(remedy, currency), "; "))
        for remedy in found.remedies
    )


def _demands(remedy: Remedy, currency: str) -> list[Said]:
    def money(minor: int) -> str:
        return Money(amount_minor=minor, currency=currency).display()

    return [
        *(said("{rail}: {most} a day", rail=r, most=money(m)) for r, m in remedy.day_minor.items()),
        *(
            said("{rail}: {most} a month", rail=r, most=money(m))
            for r, m in remedy.month_minor.items()
        ),
        *(
            said("{rail}: {calls:,.0f} calls a second", rail=r, calls=calls)
            for r, calls in remedy.calls_per_second.items()
        ),
    ]
