"""What stands before each stage, whether it is passed, and the command that passes it. Pure.

A gate is named here because a stage has it; what it asks is decided in the stage's own room.
"""

from collections.abc import Iterable, Iterator

from amends.awards.model import Finding
from amends.funding.model import FindingKind
from amends.governance.assessment import required
from amends.governance.model import Purpose
from amends.kernel.case import CaseFile
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.preparing.known import SIGNED, Known
from amends.preparing.model import Gate, GateState
from amends.store.standing import Absent

_SIGNS = {
    "award": said("two people sign the awards, their sum and the tariff"),
    "publish": said("two people sign the publication"),
    "pay": said("two people sign the payments"),
}


def gates(stage: str, file: CaseFile, look: Known | Absent, at: str) -> tuple[Gate, ...]:
    """The gates before *stage*, in the order in which it comes to them.

    *look*: what the database tells; *at*: the case as a command names it.
    """
    return tuple(_gates(stage, file, look, at))


def _gates(stage: str, file: CaseFile, look: Known | Absent, at: str) -> Iterator[Gate]:
    if stage == "notify" and file.announced_at is None:
        text = said(
            "day of the announcement: case.announced_at is missing in case.toml, and notices name "
            "it"
        )
        yield Gate(name="announced_at", state=GateState.WAITS, text=text)
    if stage == "pay":
        yield from _switch(look, at)
        yield _rail(file)
    if stage == "award":
        yield _promise(look, at)
        yield _funding(file, look, at)
    if stage == "publish":
        yield _again(_promise(look, at), _funding(file, look, at))
    if stage in SIGNED:
        yield _assessment(Purpose(stage), file, look, at)
    if stage == "pay":
        yield _proof(file, look, at)
        yield from _release(look, at)
    if stage in SIGNED:
        yield _approval(stage, look, at)


def _switch(look: Known | Absent, at: str) -> Iterator[Gate]:
    """Whether somebody halted payments."""
    if isinstance(look, Known) and look.halted is not None:
        text = said(
            "switch: {halted}; `amends resume {at}` lets them go on (two people)",
            halted=look.halted.told(),
            at=at,
        )
        yield Gate(name="switch", state=GateState.WAITS, text=text)


def _rail(file: CaseFile) -> Gate:
    """The ways to pay."""
    if not file.rails:
        state, text = (
            GateState.WAITS,
            said(
                "a way to pay: none is named; a table [[rail]] in case.toml says how people are "
                "paid"
            ),
        )
    else:
        names = ", ".join(rail.protocol for rail in file.rails)
        state = GateState.PASSED
        text = (
            said("a way to pay: {names}, simulated: no money moves", names=names)
            if file.all_rails_simulated
            else said("a way to pay: {names}; real money moves", names=names)
        )
    return Gate(name="rail", state=state, text=text)


def _promise(look: Known | Absent, at: str) -> Gate:
    """What is promised is what will be owed."""
    state = GateState.WAITS
    if look is Absent.UNMADE or (isinstance(look, Known) and look.people is None):
        text = said(
            "promise: held against who is affected, once `amends determine {at}` says it", at=at
        )
    elif not isinstance(look, Known):
        state, text = (
            GateState.UNKNOWN,
            said("promise: `amends promise {at}` says whether it holds", at=at),
        )
    elif look.wrong_promise is None:
        state, text = (
            GateState.UNKNOWN,
            said(
                "promise: amounts differ from person to person; `amends promise {at}` says whether "
                "it holds",
                at=at,
            ),
        )
    elif look.wrong_promise:
        text = wrong_promise(look.wrong_promise, at)
    else:
        state, text = GateState.PASSED, said("promise: holds")
    return Gate(name="promise", state=state, text=text)


def wrong_promise(found: Iterable[Finding], at: str) -> Said:
    """What of the promise does not hold, and the command that changes it."""
    return said(
        "promise: does not hold ({why}); `amends promise {at} --restate` changes it (two people)",
        why=joined((one.message for one in found), "; "),
        at=at,
    )


def _funding(file: CaseFile, look: Known | Absent, at: str) -> Gate:
    """Enough money, and of the kind that counts."""
    if isinstance(look, Known):
        if not look.wrong_funding:
            return Gate(name="funding", state=GateState.PASSED, text=_enough(look))
        if _may_reach(look):
            text = said(
                "money: amounts differ from person to person; `amends promise {at}` says whether "
                "it is enough",
                at=at,
            )
            return Gate(name="funding", state=GateState.UNKNOWN, text=text)
        why = joined((one.message for one in look.wrong_funding), "; ")
        return Gate(name="funding", state=GateState.WAITS, text=said("money: {why}", why=why))
    if look is not Absent.UNMADE:
        text = said("money: `amends funding {at}` says what is there and what is owed", at=at)
        return Gate(name="funding", state=GateState.UNKNOWN, text=text)
    if file.demands_evidence:
        text = _unproved(at)
    elif file.funding is None:
        text = said(
            "money: none is named; funding.amount in case.toml declares it, or `amends funding "
            "import {at} FILE` proves it by statements of the bank",
            at=at,
        )
    else:
        text = said(
            "money: {funding} is declared; held against what is owed, once `amends determine "
            "{at}` says to how many",
            funding=file.funding.display(),
            at=at,
        )
    return Gate(name="funding", state=GateState.WAITS, text=text)


def surely_short(look: Known) -> Said | None:
    """Why a stage refuses for want of money, where what is owed is known to the cent; else None."""
    kinds = {one.kind for one in look.wrong_funding}
    known = look.people is not None and look.wrong_promise is not None
    if not known or not kinds & {FindingKind.SHORT, FindingKind.CURRENCY}:
        return None
    why = joined((one.message for one in look.wrong_funding), "; ")
    return said("money: {why}", why=why)


def _may_reach(look: Known) -> bool:
    """Whether money that is short of the most that may be owed may be enough all the same."""
    kinds = {one.kind for one in look.wrong_funding}
    return look.people is not None and look.wrong_promise is None and kinds == {FindingKind.SHORT}


def _enough(look: Known) -> Said:
    found = look.position
    funds = Money(amount_minor=found.funds_minor, currency=found.currency).display()
    if found.evidenced:
        return said(
            "money: {funds}, proved by statements of the bank until {day}",
            funds=funds,
            day=found.proved_until,
        )
    return said("money: {funds}, declared in case.toml and not proved", funds=funds)


def _unproved(at: str) -> Said:
    return said(
        "proof of funds: real money needs statements of the bank; set funding.account in "
        "case.toml, then `amends funding import {at} FILE`",
        at=at,
    )


def _again(promise: Gate, money: Gate) -> Gate:
    """Both have to hold still; told where there is something to do."""
    open_still = [one for one in (promise, money) if one.state is not GateState.PASSED]
    state = open_still[0].state if open_still else GateState.PASSED
    text = (
        said("promise and money: still to hold, as told before `award`")
        if open_still
        else said("promise and money: hold")
    )
    return Gate(name="promise_and_funding", state=state, text=text)


def _proof(file: CaseFile, look: Known | Absent, at: str) -> Gate:
    """Statements of the bank, where real money moves."""
    if not file.demands_evidence:
        return _unasked(file)
    if isinstance(look, Known):
        state = GateState.PASSED if look.position.counts else GateState.WAITS
        text = _enough(look) if look.position.counts else _unproved(at)
    elif look is Absent.UNMADE:
        state, text = GateState.WAITS, _unproved(at)
    else:
        state, text = (
            GateState.UNKNOWN,
            said("proof of funds: `amends funding {at}` says whether it is there", at=at),
        )
    return Gate(name="proof_of_funds", state=state, text=text)


def _unasked(file: CaseFile) -> Gate:
    """Why no proof is asked for."""
    state = GateState.NEEDLESS
    if not file.all_rails_simulated:
        text = said("proof of funds: not asked for, by funding.evidenced = false in case.toml")
    elif file.rails:
        text = said("proof of funds: not needed here, since no real money moves")
    else:
        state = GateState.WAITS
        text = said("proof of funds: needed as soon as case.toml names a real way to pay")
    return Gate(name="proof_of_funds", state=state, text=text)


def _release(look: Known | Absent, at: str) -> Iterator[Gate]:
    """Proved funds go to the provider in parts."""
    if not isinstance(look, Known) or not look.position.evidenced:
        return
    if look.releasable.amount_minor > 0:
        text = said(
            "release: {amount} is awarded, there and not let out yet; `amends funding release "
            "{at} AMOUNT` lets out a part (two people)",
            amount=look.releasable.display(),
            at=at,
        )
        yield Gate(name="release", state=GateState.WAITS, text=text)
    elif look.position.released_minor:
        text = said("release: what is awarded and there is let out")
        yield Gate(name="release", state=GateState.PASSED, text=text)


def _assessment(purpose: Purpose, file: CaseFile, look: Known | Absent, at: str) -> Gate:
    """The impact assessment that the law wants before decisions, publication and handing over."""
    state = GateState.WAITS
    if not required(file):
        state = GateState.NEEDLESS
        text = said("impact assessment: not needed here, since no real money moves")
    elif isinstance(look, Known):
        found = look.assessed[purpose]
        if found.why_not is None:
            state = GateState.PASSED
            text = said("impact assessment: version {version} holds", version=found.version_no)
        else:
            text = _unassessed(found.why_not, at)
    elif look is Absent.UNMADE:
        text = _unassessed(said("none is recorded for this stage"), at)
    else:
        state = GateState.UNKNOWN
        text = said("impact assessment: `amends assessment {at}` says whether one holds", at=at)
    return Gate(name="assessment", state=state, text=text, rule="CN-PIPL-55/56")


def _unassessed(why: str, at: str) -> Said:
    return said(
        "impact assessment: {why}; `amends assessment {at} --template FILE` writes the questions, "
        "`amends assessment {at} --record FILE` records the answers (two people)",
        why=why,
        at=at,
    )


def _approval(stage: str, look: Known | Absent, at: str) -> Gate:
    """Two different operators have signed."""
    state = GateState.WAITS
    newest = look.newest.get(stage) if isinstance(look, Known) else None
    if isinstance(look, Known) and done(stage, look):
        state, how = GateState.PASSED, said("signed")
    elif newest is None and (isinstance(look, Known) or look is Absent.UNMADE):
        how = said(
            "not asked yet; `amends {stage} {at}` asks, then each types `amends approve {at} --as "
            "NAME`",
            stage=stage,
            at=at,
        )
    elif newest is None:
        state, how = GateState.UNKNOWN, said("`amends approve {at}` lists what waits", at=at)
    elif not newest.signed:
        how = said(
            "{number} of {needed} have signed {proposal}; the next types `amends approve {at} "
            "{proposal} --as NAME`",
            number=len(newest.approvers),
            needed=newest.need.people,
            proposal=newest.proposal.short,
            at=at,
        )
    else:
        how = said(
            "{proposal} is signed; `amends {stage} {at}` goes on, and asks anew where figures have "
            "changed",
            proposal=newest.proposal.short,
            stage=stage,
            at=at,
        )
    text = said("{what}: {how}", what=_SIGNS[stage], how=how)
    return Gate(name="approval", state=state, text=text)


def done(stage: str, known: Known) -> bool:
    """Whether the database says that *stage* has nothing left to do (of those that it can tell)."""
    match stage:
        case "determine":
            return known.people is not None
        case "award":
            return known.everybody_awarded
        case "publish":
            return known.everybody_awarded and known.unpublished == 0
        case "notify":
            return known.everybody_awarded and known.without_notice == 0
        case "pay":
            return known.sent > 0 and known.unsent == 0
        case _:
            return False
