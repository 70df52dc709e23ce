"""The frauds of rows 8 to 14 of the threat model, and honest logs that look odd.

Each is coherent: signed with the real key, sums adjusted, witnesses fooled as far as they can be. A
play says in two languages what the company does, and what is expected to be left of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from amends.roster import entries
from amends.roster.entries import State, Total
from amends.roster.note import LogKey
from cheating.papers import two_names
from cheating.publisher import (
    KEY,
    LEAKED,
    OPERATORS,
    TARIFF,
    Publisher,
    Row,
    announcement,
    by_class,
    due,
    person,
    total,
)
from cheating.scene import OTHERS, WITNESSED, Checker, Scene, Shown, Statement
from cheating.stage import Stage, cheated


class Left(StrEnum):
    """What is left of a fraud when everybody has used the public tools."""

    NOTHING = "nothing"
    EACH = "each"
    """Only a cheated person finds it, and each of them does."""
    PAIR = "pair"
    """Two who share an award find it together."""
    PARTS = "parts"
    """Anybody of the one part of the public with anybody of the other."""
    DRAW = "draw"
    """An auditor who opens awards drawn by lot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A fraud of a row of the threat model (0: none), in words, and what is left of it."""

    row: int
    name: str
    zh: str
    en: str
    left: Left
    act: Callable[[Stage], Scene]


PLAYS: list[Play] = []


def play(
    row: int, zh: str, left: Left = Left.NOTHING
) -> Callable[[Callable[[Stage], Scene]], Callable[[Stage], Scene]]:
    """Enter a play into the list; its docstring says in English what *zh* says."""

    def entered(act: Callable[[Stage], Scene]) -> Callable[[Stage], Scene]:
        name, en = act.__name__.replace("_", " "), " ".join(str(act.__doc__).split())
        PLAYS.append(Play(row=row, name=name, zh=zh, en=en, left=left, act=act))
        return act

    return entered


def _phantoms(count: int) -> list[Row]:
    """Awards of people who do not exist, all of class 0."""
    return [due(person(5_000 + 2 * at, 0)) for at in range(count)]


def _settled(log: Publisher) -> list[int]:
    return [State.SETTLED] * len(log.rows)


def _bank(scene: Scene, debits: Total, credited: int = 0) -> Scene:
    """The bank saw this; *credited*: so many payments of class 0 came back."""
    back = Total(count=credited, amount_minor=credited * TARIFF[0])
    return replace(scene, statement=Statement(debits=debits, credits=back))


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
    phantom = due(person(5_001, stage.victim.kind))
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
    rows = stage.instead(due(person(5_001, 1)), of=stage.victim)
    first, second = stage.promised(), stage.fair(rows)
    shown = [Shown(day=1, files=first.files()), Shown(day=4, files=second.files())]
    scene = stage.scene(*shown, checkers=[cheated(stage.victim)])
    return _bank(scene, second.batches)


@play(8, "同上，日志有见证人")
def dropped_before_witnesses(stage: Stage) -> Scene:
    """The same before witnesses."""
    rows = stage.instead(due(person(5_001, 1)), of=stage.victim)
    first, second = stage.promised(), stage.fair(rows)
    stage.witnesses.cosign(first, 1)
    lines = stage.witnesses.cosign(second, 4)
    scene = stage.scene(Shown(day=4, files=second.files(lines)), checkers=[cheated(stage.victim)])
    return replace(_bank(scene, second.batches), policy=WITNESSED)


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
    log.state(_settled(log))
    return stage.scene(log, checkers=[cheated(stage.victim, 1)])


@play(9, "批次写足额，实付较少")
def cut_at_the_bank(stage: Stage) -> Scene:
    """Pays less than the batch says."""
    log = stage.fair()
    less = Total(count=len(log.rows), amount_minor=log.batches.amount_minor - TARIFF[1] + 1)
    return _bank(stage.scene(log, checkers=[cheated(stage.victim, 1)]), less)


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
    log = Publisher().begin(stage.instead(due(person(5_001, 1)), of=stage.victim))
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
    log = stage.fair(stage.instead(due(person(5_001, 1)), of=stage.victim))
    first = Checker(of=stage.people[9], cheated=False, received_minor=TARIFF[1])
    paper = cheated(stage.victim, TARIFF[1], log.receipt(9))
    return stage.scene(log, checkers=[first, paper])


@play(10, "同上，另写一个编号", Left.EACH)
def one_receipt_renumbered(stage: Stage) -> Scene:
    """The same, with another award's number written on it."""
    log = stage.fair(stage.instead(due(person(5_001, 1)), of=stage.victim))
    _, paper = two_names(log, 9, stage.victim, 7, committed=False)
    return stage.scene(log, checkers=[cheated(stage.victim, TARIFF[1], paper)])


@play(10, "一份承诺中写入两人的姓名与编号，两人各得一张纸面凭证", Left.PAIR)
def one_award_with_two_names(stage: Stage) -> Scene:
    """Commits to two people's names and numbers in one award, and gives each a paper."""
    log = Publisher().begin(stage.instead(due(person(5_001, 1)), of=stage.victim))
    papers = two_names(log, 9, stage.victim, 7)
    log.claim((row.of, at) for at, row in enumerate(log.rows) if at != 9).paid()
    return stage.scene(
        log,
        checkers=[
            Checker(of=stage.people[9], cheated=False, received_minor=TARIFF[1], paper=papers[0]),
            cheated(stage.victim, TARIFF[1], papers[1]),
        ],
    )


@play(10, "同上，两人都用凭证码", Left.EACH)
def one_award_with_two_names_by_code(stage: Stage) -> Scene:
    """The same with codes instead of paper."""
    log = Publisher().begin(stage.instead(due(person(5_001, 1)), of=stage.victim))
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


# Row 11: phantom people.


@play(11, "名册多出二十个不存在的人；公告未改")
def phantoms_beyond_the_announcement(stage: Stage) -> Scene:
    """Adds twenty phantoms; the announcement says what it said."""
    return stage.scene(stage.fair([*stage.rows, *_phantoms(20)]))


@play(11, "赔付份数多于范围")
def phantoms_beyond_scope(stage: Stage) -> Scene:
    """Adds phantoms beyond SCOPE."""
    rows = [*stage.rows, *_phantoms(20)]
    return stage.scene(Publisher().begin(rows, total(stage.rows)).claim_all().paid())


@play(11, "以后补的范围加入虚构的人，不公告")
def phantoms_added_later(stage: Stage) -> Scene:
    """Adds phantoms later, under a SCOPE of their own, and announces nothing."""
    log, more = stage.promised(), _phantoms(20)
    log.scope(log.owed() + total(more)).award(more)
    return stage.scene(log.claim_all().paid())


@play(11, "复制他人的承诺值充数")
def phantoms_by_copying(stage: Stage) -> Scene:
    """Makes phantoms of copies of commitments."""
    rows = [*stage.rows, *_phantoms(20)]
    log = Publisher().begin(rows)
    for at in range(20):
        log.log[log.places[80 + at]] = log.log[log.places[2 * at]]
    scene = stage.scene(log.claim_all().paid())
    return replace(scene, announced=stage.announced(rows))


@play(11, "公告也多报；称已付给虚构的人，钱没有出账")
def phantoms_without_money(stage: Stage) -> Scene:
    """Announces them, says they were paid, and no money left the account."""
    rows = [*stage.rows, *_phantoms(20)]
    scene = stage.scene(stage.fair(rows))
    return _bank(replace(scene, announced=stage.announced(rows)), total(stage.rows))


@play(11, "公告也多报；虚构的人一直“待付”")
def phantoms_parked(stage: Stage) -> Scene:
    """Announces them, and lets them wait for ever."""
    rows = [*stage.rows, *_phantoms(20)]
    log = stage.promised(rows)
    log.batch([row.amount_minor for row in stage.rows])
    log.state([State.SETTLED] * 80 + [State.PROMISED] * 20)
    return replace(stage.scene(log), announced=stage.announced(rows))


@play(11, "批次付给名册以外的人")
def phantoms_in_a_batch(stage: Stage) -> Scene:
    """Pays people who are in no award, in a batch."""
    log = stage.promised()
    log.batch([row.amount_minor for row in [*stage.rows, *_phantoms(20)]])
    honest = log.batches
    log.batches = total(stage.rows)
    log.state(_settled(log))
    return _bank(stage.scene(log), honest)


@play(11, "公告也多报；钱真的付给自己人", Left.DRAW)
def phantoms_of_insiders(stage: Stage) -> Scene:
    """Announces them, and pays insiders' accounts."""
    rows = [*stage.rows, *_phantoms(20)]
    return replace(stage.scene(stage.fair(rows)), announced=stage.announced(rows))


# Row 12: sent, and never arrived.


@play(12, "状态写“已到账”，没有批次")
def sent_without_a_batch(stage: Stage) -> Scene:
    """Says settled without a batch."""
    log = stage.promised()
    return stage.scene(log.state(_settled(log)), checkers=[cheated(stage.victim)])


@play(12, "有批次、有“已到账”，钱没有出账")
def sent_without_money(stage: Stage) -> Scene:
    """Makes up the batch as well: no money left the account."""
    return _bank(
        stage.scene(stage.fair(), checkers=[cheated(stage.victim)]), Total(count=0, amount_minor=0)
    )


@play(12, "同上，银行流水不公开", Left.EACH)
def sent_without_money_in_secret(stage: Stage) -> Scene:
    """The same, and the bank's statement is not public."""
    scene = stage.scene(stage.fair(), checkers=[cheated(stage.victim)])
    return replace(scene, statement=None)


@play(12, "二十笔退回，仍写“已到账”")
def sent_and_back(stage: Stage) -> Scene:
    """Keeps twenty payments settled that came back."""
    log = stage.fair()
    return _bank(stage.scene(log, checkers=[cheated(stage.people[0])]), log.batches, 20)


@play(12, "五笔退回（少于二十笔无须写明），仍写“已到账”", Left.EACH)
def sent_and_few_back(stage: Stage) -> Scene:
    """Keeps five settled that came back: fewer than are stated."""
    log = stage.fair()
    return _bank(stage.scene(log, checkers=[cheated(stage.people[0])]), log.batches, 5)


@play(12, "同一批人付款记两次，称第一次全部退回")
def sent_twice_on_paper(stage: Stage) -> Scene:
    """Counts the payments twice, and says that the first ones all came back."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    return _bank(stage.scene(log.paid()), total(stage.rows))


@play(12, "永远“已发出”，银行流水不公开", Left.EACH)
def sent_for_ever(stage: Stage) -> Scene:
    """Leaves awards sent for ever; the statement is not public."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    held = [State.SENT if at < 40 else State.SETTLED for at in range(80)]
    scene = stage.scene(log.state(held), checkers=[cheated(stage.victim)])
    return replace(scene, statement=None)


@play(12, "每人付一分钱，写“已到账”")
def sent_one_unit(stage: Stage) -> Scene:
    """Sends everybody one minor unit, and says settled."""
    log = stage.promised()
    log.batch([1] * 80)
    return stage.scene(log.state(_settled(log)), checkers=[cheated(stage.victim, 1)])


@play(12, "到账后又改回“待付”，像没付过一样")
def sent_and_undone(stage: Stage) -> Scene:
    """Turns settled awards back into promised ones."""
    log = stage.fair()
    return stage.scene(log.state([State.PROMISED] * 40 + [State.SETTLED] * 40))


@play(12, "用“未公开”（open）遮住没付的人")
def sent_behind_open(stage: Stage) -> Scene:
    """Hides everybody who was not paid as open."""
    stage.people = [person(number, number % 2) for number in range(600)]
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    log.state([State.OPEN] * 600, partly=log.batches)
    scene = stage.scene(log, checkers=[cheated(stage.victim)])
    return replace(scene, statement=None)


@play(12, "批次多报十九笔，这些人显示为“未公开”")
def sent_but_nineteen(stage: Stage) -> Scene:
    """Adds nineteen payments to the batch that were never made, shown as open."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    held = [State.PROMISED if at % 2 == 0 and at < 38 else State.SETTLED for at in range(80)]
    log.state(held, partly=Total(count=19, amount_minor=19 * TARIFF[0]))
    less = log.batches - Total(count=19, amount_minor=19 * TARIFF[0])
    return _bank(stage.scene(log, checkers=[cheated(stage.people[0])]), less)


# Row 13: two histories.


def _other(stage: Stage) -> Publisher:
    """The history for the others: everybody of them is in it, somebody of the press's is not."""
    return stage.fair(stage.instead(due(person(5_000, 0)), of=stage.people[2]))


@play(13, "今天一份历史，明天另一份，公开示人")
def histories_one_after_the_other(stage: Stage) -> Scene:
    """Shows everybody one history, and then another."""
    first, second = stage.fair(), _other(stage)
    shown = [Shown(day=3, files=first.files()), Shown(day=4, files=second.files())]
    return _bank(stage.scene(*shown, checkers=[cheated(stage.people[2])]), second.batches)


def _split(
    stage: Stage, press: Publisher, others: Publisher, lines: Sequence[str] = ("", "")
) -> Scene:
    """Two parts of the public, each shown its own, each with somebody who checks."""
    shown = stage.parts(press.files(lines[0]), others.files(lines[1]))
    somebody = cheated(stage.victim, TARIFF[1], sees=OTHERS)
    scene = _bank(stage.scene(*shown, checkers=[somebody]), press.batches)
    return replace(scene, policy=WITNESSED if any(lines) else scene.policy)


@play(13, "给媒体和当事人看不同的历史，无见证人", Left.PARTS)
def histories_for_two(stage: Stage) -> Scene:
    """Shows press and people different histories, without witnesses."""
    return _split(stage, stage.fair(), _other(stage))


@play(13, "同上，两份长度不同", Left.PARTS)
def histories_of_two_sizes(stage: Stage) -> Scene:
    """The same, with logs of different sizes."""
    longer = _other(stage)
    return _split(stage, stage.fair(), longer.state(_settled(longer)))


@play(13, "有见证人，都诚实")
def histories_before_witnesses(stage: Stage) -> Scene:
    """The same before three honest witnesses."""
    press, others = stage.fair(), _other(stage)
    lines = [stage.witnesses.cosign(press, 4), stage.witnesses.cosign(others, 4)]
    return _split(stage, press, others, lines)


@play(13, "三名见证人收买一名，另两名各见一份历史", Left.PARTS)
def histories_with_a_bribed_witness(stage: Stage) -> Scene:
    """Bribes one witness of three, and shows each of the others another history."""
    press, others = stage.fair(), _other(stage)
    lines = [
        stage.witnesses.cosign(one, 4, [honest]) + stage.witnesses.bribed(one, 4, "school")
        for one, honest in ((press, "press"), (others, "notary"))
    ]
    return _split(stage, press, others, lines)


@play(13, "收买两名见证人（达到法定数）", Left.PARTS)
def histories_with_a_bribed_quorum(stage: Stage) -> Scene:
    """Bribes two witnesses, the whole quorum."""
    press, others = stage.fair(), _other(stage)
    lines = [
        "".join(stage.witnesses.bribed(one, 4, name) for name in ("school", "notary"))
        for one in (press, others)
    ]
    return _split(stage, press, others, lines)


@play(13, "给当事人另一把密钥签的日志", Left.EACH)
def histories_by_another_key(stage: Stage) -> Scene:
    """Shows people a log signed with a key of its own."""
    other = Publisher(key=LogKey(origin=KEY.origin, seed=bytes([9]) * 32))
    other.begin(stage.rows).claim_all().paid()
    return _split(stage, stage.fair(), other)


@play(13, "收回已公布的新状态，重新展示旧日志")
def histories_taken_back(stage: Stage) -> Scene:
    """Takes back what it showed, and shows the older log."""
    early, late = stage.promised(), stage.fair()
    shown = [Shown(day=day, files=one.files()) for day, one in ((1, early), (2, late), (4, early))]
    return replace(_bank(stage.scene(*shown), late.batches), today=2.9)


# Row 14: silence.


def _underway(stage: Stage) -> Publisher:
    """All are sent, none is settled."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    return log.state([State.SENT] * 80)


@play(14, "有见证人，此后不再发布")
def silence_before_witnesses(stage: Stage) -> Scene:
    """Publishes nothing more; the log has witnesses."""
    log = _underway(stage)
    shown = Shown(day=2, files=log.files(stage.witnesses.cosign(log, 2)))
    scene = replace(stage.scene(shown), policy=WITNESSED, today=10.0)
    return _bank(scene, log.batches)


@play(14, "无见证人，此后不再发布")
def silence_alone(stage: Stage) -> Scene:
    """Publishes nothing more, without witnesses."""
    log = _underway(stage)
    scene = stage.scene(Shown(day=2, files=log.files()))
    return _bank(replace(scene, today=10.0), log.batches)


@play(14, "不再付款，每天请见证人重签同一日志")
def silence_with_a_pulse(stage: Stage) -> Scene:
    """Has the same log cosigned anew every day, and pays nobody."""
    log = stage.promised().state([State.PROMISED] * 80)
    shown = [
        Shown(day=day, files=log.files(stage.witnesses.cosign(log, day))) for day in (2, 6, 10)
    ]
    scene = stage.scene(*shown, checkers=[cheated(stage.victim)])
    return replace(scene, policy=WITNESSED, today=11.0)


@play(14, "从不发布状态")
def silence_from_the_first(stage: Stage) -> Scene:
    """Never publishes a state."""
    return stage.scene(stage.promised(), checkers=[cheated(stage.victim)])


def _withheld(stage: Stage, name: str) -> Scene:
    files = stage.fair().files()
    del files[name]
    return stage.scene(Shown(day=4, files=files))


@play(14, "扣下状态文件")
def silence_on_states(stage: Stage) -> Scene:
    """Holds back the file of states."""
    return _withheld(stage, "state/1.bin.gz")


@play(14, "扣下一个凭证桶")
def silence_on_claims(stage: Stage) -> Scene:
    """Holds back a claim bucket."""
    return _withheld(stage, "claims/000/000")


@play(14, "扣下不利的批次文件")
def silence_on_a_batch(stage: Stage) -> Scene:
    """Holds back the file of a batch."""
    return _withheld(stage, "batches/1.json")


@play(14, "不公布凭证，人人都说“正在处理”", Left.EACH)
def silence_on_everybodys_receipts(stage: Stage) -> Scene:
    """Publishes no claims at all."""
    log = Publisher().begin(stage.rows).paid()
    return stage.scene(log, checkers=[cheated(one, TARIFF[one.kind]) for one in stage.people[-3:]])


# Honest logs, some of which look odd. Nobody may be accused.


@play(0, "一切正常")
def honest(stage: Stage) -> Scene:
    """Pays everybody."""
    return stage.scene(stage.fair())


@play(0, "付款途中，期限未到")
def honest_on_the_way(stage: Stage) -> Scene:
    """Is on its way, before the day that was promised."""
    log = _underway(stage)
    waiting = [Checker(of=stage.people[at], cheated=False) for at in (7, 8)]
    return replace(stage.scene(log, checkers=waiting), today=2.5)


@play(0, "退回、待本人处理、有争议的各有一些")
def honest_with_small_groups(stage: Stage) -> Scene:
    """Has returns, people who are needed, disputes, few of each."""
    log = stage.fair()
    odd = {0: State.RETURNED, 1: State.RETURNED, 2: State.NEEDS_PERSON, 3: State.DISPUTED}
    held = [odd.get(at, State.SETTLED) for at in range(80)]
    log.state(held)
    waiting = [Checker(of=stage.people[at], cheated=False) for at in (0, 1)]
    return _bank(stage.scene(log, checkers=waiting), log.batches, 4)


@play(0, "二十四笔退回，如实写明")
def honest_with_returns(stage: Stage) -> Scene:
    """Has twenty-four returns, and states them."""
    log = stage.fair()
    held = [State.RETURNED if at % 2 == 0 and at < 48 else State.SETTLED for at in range(80)]
    return _bank(stage.scene(log.state(held)), log.batches, 24)


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
    log, more = stage.fair(), [due(person(200 + at, 0)) for at in range(20)]
    log.scope(log.owed() + total(more)).award(more).claim_all()
    log.batch([row.amount_minor for row in more]).state(_settled(log))
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
    log.batch([row.amount_minor for row in stage.rows]).state([State.SENT] * 80)
    for day in (2.0, 4.0):
        lines = stage.witnesses.cosign(log, day, ["press", "notary"])
        shown.append(Shown(day=day, files=log.files(lines)))
        if day < 4:
            log.state(_settled(log))
    early = Checker(of=stage.victim, cheated=False, received_minor=TARIFF[1], paper=paper)
    scene = _bank(stage.scene(*shown, checkers=[early]), log.batches)
    return replace(scene, policy=WITNESSED)
