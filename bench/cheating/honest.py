"""Honest logs, some of which look odd. Nobody may be accused."""

from dataclasses import replace

from amends.roster.entries import State
from cheating.against_truth import underway
from cheating.play import bank_saw, play, settled
from cheating.publisher import (
    STRANGER,
    TARIFF,
    announcement,
    by_class,
    due,
    person,
    total,
)
from cheating.scene import WITNESSED, Checker, Scene, Shown
from cheating.stage import Stage


@play(0, "一切正常")
def honest(stage: Stage) -> Scene:
    """Pays everybody."""
    return stage.scene(stage.fair())


@play(0, "付款途中，期限未到")
def honest_on_the_way(stage: Stage) -> Scene:
    """Is on its way, before the day that was promised."""
    log = underway(stage)
    waiting = [Checker(of=stage.people[at], cheated=False) for at in (7, 8)]
    return replace(stage.scene(log, checkers=waiting), today=2.5)


@play(0, "退回、待本人处理、有争议的各有一些")
def honest_with_small_groups(stage: Stage) -> Scene:
    """Has returns, people who are needed, disputes, few of each."""
    log = stage.fair()
    odd = {0: State.RETURNED, 1: State.RETURNED, 2: State.NEEDS_PERSON, 3: State.DISPUTED}
    held = [odd.get(at, State.SETTLED) for at in range(len(stage.people))]
    log.state(held)
    waiting = [Checker(of=stage.people[at], cheated=False) for at in (0, 1)]
    return bank_saw(stage.scene(log, checkers=waiting), log.batches, 4)


@play(0, "二十四笔退回，如实写明")
def honest_with_returns(stage: Stage) -> Scene:
    """Has twenty-four returns, and states them."""
    log = stage.fair()
    held = [
        State.RETURNED if at % 2 == 0 and at < 48 else State.SETTLED
        for at in range(len(stage.people))
    ]
    return bank_saw(stage.scene(log.state(held)), log.batches, 24)


@play(0, "与本人商定后更正，重新公告")
def honest_with_a_correction(stage: Stage) -> Scene:
    """Corrects an award as agreed, and announces it."""
    log = stage.promised().correct((7, 0, 6)).paid()
    rows = [
        replace(row, kind=0, amount_minor=TARIFF[0]) if row.of == stage.victim else row
        for row in stage.rows
    ]
    agreed = Checker(of=stage.victim, cheated=False, received_minor=TARIFF[0], agreed=True)
    return replace(stage.scene(log, checkers=[agreed]), announced=stage.announced(rows))


@play(0, "后来又找到二十人，公告、补付")
def honest_with_late_people(stage: Stage) -> Scene:
    """Finds twenty people later, announces them and pays them."""
    log, more = stage.fair(), [due(person(2 * STRANGER + at, 0)) for at in range(20)]
    log.scope(log.owed() + total(more)).award(more).claim_all()
    log.batch([row.amount_minor for row in more]).state(settled(log))
    scene = stage.scene(
        log, checkers=[Checker(of=more[0].of, cheated=False, received_minor=TARIFF[0])]
    )
    return replace(scene, announced=announcement(by_class([*stage.rows, *more])))


@play(0, "两人同名，一人没有证件号")
def honest_with_namesakes(stage: Stage) -> Scene:
    """Has two people of one name, one of them without an identity number."""
    stage.people[9] = replace(stage.people[9], name=stage.victim.name, idno="")
    both = [
        Checker(of=one, cheated=False, received_minor=TARIFF[1])
        for one in (stage.people[9], stage.victim)
    ]
    return stage.scene(stage.fair(), checkers=both)


@play(0, "三名见证人，一名停机，逐日镜像")
def honest_before_witnesses(stage: Stage) -> Scene:
    """Grows before witnesses, one of which is down."""
    log = stage.promised()
    shown = [Shown(day=1, files=log.files(stage.witnesses.cosign(log, 1)))]
    paper = log.receipt(7, stage.witnesses.cosign(log, 1))
    log.batch([row.amount_minor for row in stage.rows]).state([State.SENT] * len(stage.people))
    for day in (2.0, 4.0):
        lines = stage.witnesses.cosign(log, day, ["press", "notary"])
        shown.append(Shown(day=day, files=log.files(lines)))
        if day < 4:
            log.state(settled(log))
    early = Checker(of=stage.victim, cheated=False, received_minor=TARIFF[1], paper=paper)
    scene = bank_saw(stage.scene(*shown, checkers=[early]), log.batches)
    return replace(scene, policy=WITNESSED)
