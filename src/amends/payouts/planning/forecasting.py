"""Whether the case's promise can be kept, as things stand now. Reads; writes nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Final

from amends.kernel.case import CaseFile, RailSettings
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.payees.service import payment_details
from amends.payouts.planning import forecast_store, plan_store
from amends.payouts.planning.feasibility import Feasibility, Payable, Remedy, Terms, feasibility
from amends.payouts.rails.model import RefusalReason
from amends.payouts.rails.wechat_codes import CALLS_PER_SECOND
from amends.payouts.rails.written import SHANGHAI
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_PAGE = 50_000

ZONE: Final = str(SHANGHAI)
"""In which the days and months of quotas are counted: that of Alipay and WeChat Pay."""

_CHECKS: Final = (
    *(RefusalReason.NAME_MISMATCH.value, RefusalReason.AMBIGUOUS_ACCOUNT.value),
    *(RefusalReason.NOT_REAL_NAME.value, RefusalReason.ACCOUNT_LIMIT.value),
)
"""Reasons that lie with a provider's checks of a payee's name, real name, and what these allow."""

_ENOUGH: Final = 100
"""Payments of which a share says something: a usual first batch."""

_CALLS: Final = {"wechatpay": CALLS_PER_SECOND}
"""Calls a second that a provider's own rules allow at most."""


def forecast(opened: OpenCase) -> Feasibility | None:
    """What becomes of the promise when paying goes on from now.

    Everybody who is payable and has no money under way counts, whether a plan names them or not.
    None where nothing is left to send, or nothing was announced, so that there is no day to keep.
    """
    file = opened.case.file
    if file.announced_at is None or not file.rails:
        return None
    payables = still_to_pay(opened)
    if not payables:
        return None
    promised = file.announced_at + file.promise.pay_within
    return feasibility(payables, terms_of(opened), start=opened.clock.now(), promised=promised)


def still_to_pay(opened: OpenCase) -> list[Payable]:
    """Everybody who is payable and has no money under way, planned or not."""
    with opened.database.reading() as connection:
        refused = _Refused(forecast_store.checked(connection, _CHECKS))
        payables = [*_planned(connection), *_unplanned(opened, connection)]
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
    now = opened.clock.now()
    with opened.database.reading() as connection:
        return [
            _terms(rail, *forecast_store.spent(connection, rail.protocol, now, ZONE))
            for rail in opened.case.file.rails
        ]


def _planned(connection: Connection) -> Iterator[Payable]:
    """Whom plans name, with their rail."""
    for rail, amount, people in forecast_store.planned(connection):
        yield Payable(people=people, amount_minor=amount, rails=frozenset((rail,)), by=rail)


def _unplanned(opened: OpenCase, connection: Connection) -> Iterator[Payable]:
    """Whom no plan names, with the rails that take their account.

    Where there is one rail nobody's account is opened for it.
    """
    every = opened.case.file.rails
    if len(every) == 1:
        for amount, people in forecast_store.unplanned(connection):
            yield Payable(people=people, amount_minor=amount, rails=frozenset((every[0].protocol,)))
        return
    found: Counter[tuple[int, frozenset[str]]] = Counter()
    after = -1
    while len(page := plan_store.unplanned(connection, after, _PAGE)):
        details = payment_details(opened, connection, page.persons)
        for person, minor in zip(page.persons, page.amounts_minor.tolist(), strict=True):
            kind = details[person].account_kind if person in details else None
            rails = frozenset(rail.protocol for rail in every if kind in rail.account_kinds)
            found[minor, rails] += 1
        after = int(page.awards[-1])
    for (amount, rails), people in sorted(
        found.items(), key=lambda one: (-one[0][0], sorted(one[0][1]))
    ):
        yield Payable(people=people, amount_minor=amount, rails=rails)


def _terms(rail: RailSettings, spent_day: int, spent_month: int) -> Terms:
    """What the contract of a rail allows, as case.toml names it."""
    return Terms(
        rail=rail.protocol,
        zone=ZONE,
        calls_per_second=rail.calls_per_second or _CALLS.get(rail.protocol),
        day_minor=_minor(rail.day_most),
        month_minor=_minor(rail.month_most),
        spent_day_minor=spent_day,
        spent_month_minor=spent_month,
    )


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
    return (
        *_kept(found, file.zone),
        *_refused(found),
        *_unnamed(file.rails),
        *_missing(found, file.currency),
        *_elsewhere(found, file.rails),
    )


def _elsewhere(found: Feasibility, rails: Sequence[RailSettings]) -> tuple[Said, ...]:
    """That another rail may carry some of those who are late."""
    if found.kept or len(rails) == 1:
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
    if found.in_time == carried:
        sentences.append(
            said(
                "the promise can be kept: the last of {people:,} people has the money by {last} "
                "(promised: {promised})",
                people=carried,
                last=last,
                promised=promised,
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
    if found.by_nobody:
        sentences.append(
            said("{people:,} people can be paid by no rail of the case", people=found.by_nobody)
        )
    return tuple(sentences)


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
    without = [rail.protocol for rail in rails if rail.day_most is None]
    if not without:
        return ()
    return (
        said(
            "no daily quota of {rails} is named: [[rail]] day_most in case.toml is what the "
            "contract lets through (Alipay's usual one is CNY 1,000,000.00)",
            rails=", ".join(without),
        ),
    )


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
