"""What a check says of people and money: what was done, what is promised, what is there."""

from collections.abc import Iterator

from amends.awards import promised
from amends.kernel.case import Case, CaseFile, Promise
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.preparing import gates
from amends.preparing.known import Known
from amends.preparing.model import Finding, Mark
from amends.store.service import URL_VARIABLE
from amends.store.standing import Absent


def written(look: Known | Absent, at: str) -> Iterator[Finding]:
    """What the database tells, or why it tells nothing. *at*: the case as a command names it."""
    if not isinstance(look, Known):
        yield Finding(mark=Mark.NOTE, text=_absent(look, at))
        return
    if look.people is None:
        yield Finding(mark=Mark.OPEN, text=said("nobody is determined yet"))
        return
    yield Finding(
        mark=Mark.GOOD, text=said("{people:,} people are affected", people=look.determined)
    )
    if look.people.waiting:
        text = said(
            "{people:,} people wait for a reader: `amends review list {at}`",
            people=look.people.waiting,
            at=at,
        )
        yield Finding(mark=Mark.NOTE, text=text)
    if look.awards:
        text = said("{awards:,} awards, {owed} owed", awards=look.awards, owed=look.owed.display())
        yield Finding(mark=Mark.GOOD, text=text)
    if look.claims_waiting or look.claims_granted:
        text = said(
            "{waiting:,} claims wait for a decision, {granted:,} are granted and not awarded yet: "
            "`amends claims list {at}`",
            waiting=look.claims_waiting,
            granted=look.claims_granted,
            at=at,
        )
        yield Finding(mark=Mark.NOTE, text=text)
    if look.sent:
        yield Finding(
            mark=Mark.GOOD, text=said("{payments:,} payments were sent", payments=look.sent)
        )


def _absent(why: Absent, at: str) -> Said:
    """Why nothing can be told of what was done, and what to do."""
    match why:
        case Absent.UNMADE:
            return said("nothing is recorded yet: no stage was run here")
        case Absent.DOWN:
            return said(
                "not known: it is recorded in the case's database, which is not running now, and a "
                "check starts nothing; `amends check {at} --start` starts it, looks and stops it",
                at=at,
            )
        case Absent.VERSION:
            return said(
                "not known: another version of Amends made the case's database; `amends check {at} "
                "--start` brings it up to this one, and looks",
                at=at,
            )
        case Absent.OTHER:
            return said(
                "not known: {variable} names a database that does not answer, or that is another "
                "case's; see whether it is right",
                variable=URL_VARIABLE,
            )


def money(case: Case, look: Known | Absent, most: int, at: str) -> Iterator[Finding]:
    """What is promised, and whether there is enough. *most*: the most people that there can be."""
    file = case.file
    promise = look.promise if isinstance(look, Known) else file.promise
    each = promise.per_person or file.tariff.most
    needed = look.needed if isinstance(look, Known) else None
    needed = needed or promise.total or each * most
    if isinstance(look, Known) and look.people is not None:
        text = said(
            "{people:,} people have an award or get one: at most {needed}",
            people=look.people.owed,
            needed=needed.display(),
        )
        yield Finding(mark=Mark.GOOD, text=text)
    elif promise.people is None:
        yield Finding(mark=Mark.NOTE, text=_not_known(look, each, most))
    yield from _promised(promise, look, at)
    short = gates.surely_short(look) if isinstance(look, Known) else None
    if short is not None:
        yield Finding(mark=Mark.REFUSED, text=short)
    elif not isinstance(look, Known) or not look.position.evidenced:  # else the gate says it
        yield _declared(file, needed)
    yield Finding(
        mark=Mark.ASKED,
        text=said("fees of the provider are not known here: the contract with it has them"),
    )


def _not_known(look: Known | Absent, each: Money, most: int) -> Said:
    """The most that it can come to, while nobody can say how many people there are."""
    if not most:
        return said(
            "{each} per person at most; the files have no rows that tell how many people there "
            "may be",
            each=each.display(),
        )
    values = {"each": each.display(), "most": most, "needed": (each * most).display()}
    if isinstance(look, Known) or look is Absent.UNMADE:
        return said(
            "{each} per person at most; `amends determine` says how many people; from the rows of "
            "the files at most {most:,}, which would be {needed}",
            **values,
        )
    return said(
        "{each} per person at most; how many people is not known while the database is not read; "
        "from the rows of the files at most {most:,}, which would be {needed}",
        **values,
    )


def _declared(file: CaseFile, needed: Money) -> Finding:
    """The money that case.toml declares."""
    if file.funding is None and not needed.amount_minor:
        text = said("no money is named in case.toml (funding.amount)")
    elif file.funding is None:
        text = said(
            "no money is named in case.toml (funding.amount); up to {needed} may be needed",
            needed=needed.display(),
        )
    elif file.funding.currency == needed.currency and file.funding < needed:
        text = said(
            "funding is {funding}, and up to {needed} may be needed",
            funding=file.funding.display(),
            needed=needed.display(),
        )
    else:
        text = said("funding is {funding}", funding=file.funding.display())
        return Finding(mark=Mark.GOOD, text=text)
    return Finding(mark=Mark.NOTE, text=text)


def _promised(promise: Promise, look: Known | Absent, at: str) -> Iterator[Finding]:
    """What is promised; refused where it contradicts itself, or what is determined."""
    wrong = look.wrong_promise if isinstance(look, Known) else None
    each, people = promise.per_person, promise.people
    if wrong:
        yield Finding(mark=Mark.REFUSED, text=gates.wrong_promise(wrong, at))
    elif wrong is None and (found := promised.adds_up(promise)):
        why = joined((one.message for one in found), "; ")
        yield Finding(mark=Mark.REFUSED, text=said("the promise does not add up: {why}", why=why))
    elif people is not None:
        sum_of = promise.total or (each * people if each else None)
        yield Finding(
            mark=Mark.GOOD,
            text=said(
                "promised: {people:,} people, {total}; the number has to be what is determined",
                people=people,
                total=sum_of.display() if sum_of else "",
            ),
        )
