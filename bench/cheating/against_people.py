"""Frauds against single people: rows 8 to 10 of the threat model."""

from dataclasses import replace

from amends.roster import entries
from amends.roster.entries import State, Total
from cheating.papers import two_names
from cheating.play import Left, bank_saw, play, settled
from cheating.publisher import (
    LEAKED,
    OPERATORS,
    STRANGER,
    TARIFF,
    Publisher,
    Row,
    due,
    person,
    total,
)
from cheating.scene import WITNESSED, Checker, Scene, Shown
from cheating.stage import Stage, cheated

# Row 8: a person is dropped.


@play(8, "名册少一人，日志数字随之改小；公告未改")
def dropped_with_figures(stage: Stage) -> Scene:
    """Drops a person, and the log's figures; the announcement says what it said."""
    log = stage.fair(stage.without(stage.victim))
    return stage.scene(log, checkers=[cheated(stage.victim)])


@play(8, "少记一人，但总数照写")
def dropped_and_promised(stage: Stage) -> Scene:
    """Drops a person, and the log goes on promising all of them."""
    log = Publisher().begin(stage.without(stage.victim), total(stage.rows)).claim_all().paid()
    return stage.scene(log, checkers=[cheated(stage.victim)])


@play(8, "一开始就少算一人，公告也少算", Left.EACH)
def dropped_before_everything(stage: Stage) -> Scene:
    """Leaves a person out from the beginning, in the announcement, too."""
    rows = stage.without(stage.victim)
    scene = stage.scene(stage.fair(rows), checkers=[cheated(stage.victim)])
    return replace(scene, announced=stage.announced(rows))


@play(8, "用虚构的人顶替一人，总数不变", Left.EACH)
def dropped_for_a_phantom(stage: Stage) -> Scene:
    """Puts a phantom in a person's place: every sum is right."""
    phantom = due(person(STRANGER + 1, stage.victim.kind))
    return stage.scene(
        stage.fair(stage.instead(phantom, of=stage.victim)), checkers=[cheated(stage.victim)]
    )


@play(8, "以“两人实为一人”为由更正撤销一人，公告不改")
def dropped_by_correction(stage: Stage) -> Scene:
    """Annuls an award by a CORRECTION (two_were_one)."""
    log = stage.promised()
    log.correct((7, entries.ANNULLED, 2))
    log.batch([log.tariff[kind] for kind in log.classes if kind in log.tariff])
    states = [State.OPEN if kind == entries.ANNULLED else State.SETTLED for kind in log.classes]
    return stage.scene(log.state(states), checkers=[cheated(stage.victim)])


@play(8, "同上，并发布数字相符的新公告", Left.EACH)
def dropped_by_correction_announced(stage: Stage) -> Scene:
    """The same, and a new announcement with figures to match."""
    scene = dropped_by_correction(stage)
    return replace(scene, announced=stage.announced(stage.without(stage.victim)))


@play(8, "公布后重做整个日志，去掉一人")
def dropped_by_rewriting(stage: Stage) -> Scene:
    """Makes the log anew without a person after it was published."""
    rows = stage.instead(due(person(STRANGER + 1, 1)), of=stage.victim)
    first, second = stage.promised(), stage.fair(rows)
    shown = [Shown(day=1, files=first.files()), Shown(day=4, files=second.files())]
    scene = stage.scene(*shown, checkers=[cheated(stage.victim)])
    return bank_saw(scene, second.batches)


@play(8, "同上，日志有见证人")
def dropped_before_witnesses(stage: Stage) -> Scene:
    """The same before witnesses."""
    rows = stage.instead(due(person(STRANGER + 1, 1)), of=stage.victim)
    first, second = stage.promised(), stage.fair(rows)
    stage.witnesses.cosign(first, 1)
    lines = stage.witnesses.cosign(second, 4)
    scene = stage.scene(Shown(day=4, files=second.files(lines)), checkers=[cheated(stage.victim)])
    return replace(bank_saw(scene, second.batches), policy=WITNESSED)


@play(8, "名册中有此人，但不给凭证码，也不付款", Left.EACH)
def dropped_from_the_claims(stage: Stage) -> Scene:
    """Keeps the award, gives its person no code, and does not pay."""
    log = Publisher().begin(stage.rows)
    log.claim((row.of, at) for at, row in enumerate(log.rows) if row.of != stage.victim)
    return stage.scene(log.paid(), checkers=[cheated(stage.victim)])


# Row 9: an amount is cut.


@play(9, "直接改小一人的金额")
def cut_in_its_class(stage: Stage) -> Scene:
    """Cuts one award below its class."""
    row = replace(due(stage.victim), amount_minor=300_000)
    rows = stage.instead(row, of=stage.victim)
    return stage.scene(stage.fair(rows), checkers=[cheated(stage.victim, 300_000)])


@play(9, "在标准中新设低档，把一人放进去")
def cut_by_a_new_class(stage: Stage) -> Scene:
    """Makes a lower class of the tariff for one person."""
    row = replace(due(stage.victim), kind=2, amount_minor=300_000)
    log = Publisher(tariff={**TARIFF, 2: 300_000}).begin(stage.instead(row, of=stage.victim))
    return stage.scene(log.claim_all().paid(), checkers=[cheated(stage.victim, 300_000)])


def _swapped(stage: Stage, categories: str) -> list[Row]:
    """The victim in the crony's class, and the other way round."""
    low = Row(of=stage.victim, kind=0, amount_minor=TARIFF[0], categories=categories)
    high = Row(of=stage.crony, kind=1, amount_minor=TARIFF[1], categories=LEAKED[1])
    there = {stage.victim: low, stage.crony: high}
    return [there.get(row.of, row) for row in stage.rows]


@play(9, "与熟人对调档次，泄露类别如实", Left.EACH)
def cut_by_exchange(stage: Stage) -> Scene:
    """Gives a crony the higher class in exchange."""
    log = stage.fair(_swapped(stage, LEAKED[1]))
    return stage.scene(log, checkers=[cheated(stage.victim, TARIFF[0])])


@play(9, "同上，并把泄露类别改少", Left.EACH)
def cut_by_hiding_what_leaked(stage: Stage) -> Scene:
    """The same, and says that less leaked of the person."""
    log = stage.fair(_swapped(stage, LEAKED[0]))
    return stage.scene(log, checkers=[cheated(stage.victim, TARIFF[0])])


@play(9, "以“标准有误”为由，把高档全部更正为低档")
def cut_by_correction(stage: Stage) -> Scene:
    """Corrects the whole higher class down (tariff_error)."""
    log = stage.promised()
    log.correct(*((at, 0, 4) for at, row in enumerate(log.rows) if row.kind == 1))
    return stage.scene(
        log.paid(), checkers=[cheated(one, TARIFF[0]) for one in (stage.victim, stage.people[-1])]
    )


@play(9, "同上，并发布数字相符的新公告", Left.EACH)
def cut_by_correction_announced(stage: Stage) -> Scene:
    """The same, and a new announcement with figures to match."""
    people = [replace(one, kind=0) for one in stage.people]
    scene = cut_by_correction(stage)
    return replace(scene, announced=stage.announced([due(one) for one in people]))


@play(9, "更正前不写明应付总额")
def cut_without_scope(stage: Stage) -> Scene:
    """Corrects without a SCOPE that says what is owed now."""
    log = stage.promised().correct((7, 0, 4), scope=False)
    return stage.scene(log.paid(), checkers=[cheated(stage.victim, TARIFF[0])])


@play(9, "更正只有一人签字（同一密钥签两次）")
def cut_by_one_operator(stage: Stage) -> Scene:
    """Corrects with one operator's key, twice."""
    log = stage.promised().correct((7, 0, 4), operators=OPERATORS[:1] * 2)
    return stage.scene(log.paid(), checkers=[cheated(stage.victim, TARIFF[0])])


@play(9, "给纸面凭证，此后悄悄更正，公告亦改", Left.EACH)
def cut_after_the_paper(stage: Stage) -> Scene:
    """Corrects after the person got a receipt on paper, and announces it."""
    log = stage.promised()
    paper = log.receipt(7)
    log.correct((7, 0, 4)).paid()
    owed = [
        replace(row, kind=0, amount_minor=TARIFF[0]) if row.of == stage.victim else row
        for row in stage.rows
    ]
    scene = stage.scene(log, checkers=[cheated(stage.victim, TARIFF[0], paper)])
    return replace(scene, announced=stage.announced(owed))


@play(9, "批次中给一人只付一分钱")
def cut_in_the_batch(stage: Stage) -> Scene:
    """Pays one person a single minor unit, and says so in the batch."""
    log = stage.promised()
    log.batch([1 if row.of == stage.victim else row.amount_minor for row in log.rows])
    log.state(settled(log))
    return stage.scene(log, checkers=[cheated(stage.victim, 1)])


@play(9, "批次写足额，实付较少")
def cut_at_thebank_saw(stage: Stage) -> Scene:
    """Pays less than the batch says."""
    log = stage.fair()
    less = Total(count=len(log.rows), amount_minor=log.batches.amount_minor - TARIFF[1] + 1)
    return bank_saw(stage.scene(log, checkers=[cheated(stage.victim, 1)]), less)


# Row 10: one leaf for two people.


@play(10, "同一承诺值作两份赔付")
def one_commitment_twice(stage: Stage) -> Scene:
    """Lets one commitment stand for two awards."""
    log = Publisher().begin(stage.rows)
    log.log[log.places[7]] = log.log[log.places[9]]
    return stage.scene(log.claim_all().paid(), checkers=[cheated(stage.victim)])


@play(10, "两人的凭证码打开同一份赔付", Left.EACH)
def one_award_for_two_codes(stage: Stage) -> Scene:
    """Has two codes open one award."""
    log = Publisher().begin(stage.instead(due(person(STRANGER + 1, 1)), of=stage.victim))
    mine = [(row.of, at) for at, row in enumerate(log.rows)]
    log.claim([*mine, (stage.victim, 9)]).paid()
    return stage.scene(log, checkers=[cheated(stage.victim)])


@play(10, "同上，两人同名", Left.EACH)
def one_award_for_a_namesake(stage: Stage) -> Scene:
    """The same with two people of one name."""
    stage.people[9] = replace(stage.people[9], name=stage.victim.name)
    return one_award_for_two_codes(stage)


@play(10, "给第二个人一张他人的纸面凭证（姓名未公开）", Left.PAIR)
def one_receipt_for_two(stage: Stage) -> Scene:
    """Hands a second person the same receipt on paper, name closed."""
    log = stage.fair(stage.instead(due(person(STRANGER + 1, 1)), of=stage.victim))
    first = Checker(of=stage.people[9], cheated=False, received_minor=TARIFF[1])
    paper = cheated(stage.victim, TARIFF[1], log.receipt(9))
    return stage.scene(log, checkers=[first, paper])


@play(10, "同上，另写一个编号", Left.EACH)
def one_receipt_renumbered(stage: Stage) -> Scene:
    """The same, with another award's number written on it."""
    log = stage.fair(stage.instead(due(person(STRANGER + 1, 1)), of=stage.victim))
    _, paper = two_names(log, 9, stage.victim, 7, committed=False)
    return stage.scene(log, checkers=[cheated(stage.victim, TARIFF[1], paper)])


@play(10, "一份承诺中写入两人的姓名与编号，两人各得一张纸面凭证", Left.EACH)
def one_award_with_two_names(stage: Stage) -> Scene:
    """Commits to two people's names and numbers in one award, and gives each a paper."""
    return _two_papers(stage, seven=False)


@play(10, "同上，删去其他项目，仍为七项", Left.PAIR)
def one_award_with_two_names_in_seven_fields(stage: Stage) -> Scene:
    """The same, without phone and identity number, so that the fields are seven as they should."""
    return _two_papers(stage, seven=True)


def _two_papers(stage: Stage, *, seven: bool) -> Scene:
    """One award whose two holders have each a paper of it."""
    log = Publisher().begin(stage.instead(due(person(STRANGER + 1, 1)), of=stage.victim))
    papers = two_names(log, 9, stage.victim, 7, seven=seven)
    log.claim((row.of, at) for at, row in enumerate(log.rows) if at != 9).paid()
    first = cheated(stage.people[9], TARIFF[1], papers[0])
    if seven:  # whose own values are in it has nothing to find
        first = replace(first, cheated=False)
    return stage.scene(log, checkers=[first, cheated(stage.victim, TARIFF[1], papers[1])])


@play(10, "同上，两人都用凭证码", Left.EACH)
def one_award_with_two_names_by_code(stage: Stage) -> Scene:
    """The same with codes instead of paper."""
    log = Publisher().begin(stage.instead(due(person(STRANGER + 1, 1)), of=stage.victim))
    two_names(log, 9, stage.victim, 7)
    log.claim([*((row.of, at) for at, row in enumerate(log.rows)), (stage.victim, 9)]).paid()
    first = Checker(of=stage.people[9], cheated=True, received_minor=TARIFF[1])
    return stage.scene(log, checkers=[first, cheated(stage.victim, TARIFF[1])])


@play(10, "空白承诺：不绑定任何人", Left.EACH)
def one_award_of_nobody(stage: Stage) -> Scene:
    """Commits to nobody, and shows the award to whoever asks."""
    nobody = replace(due(stage.victim), of=replace(stage.victim, name="", phone="", idno=""))
    log = Publisher().begin(stage.instead(nobody, of=stage.victim))
    log.claim((stage.people[at], at) for at in range(len(log.rows)))
    return stage.scene(log.paid(), checkers=[cheated(stage.victim)])
