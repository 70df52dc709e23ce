"""Frauds against the public: rows 11 to 14 of the threat model."""

from collections.abc import Sequence
from dataclasses import replace

from amends.roster.entries import State, Total
from amends.roster.note import LogKey
from cheating.play import Left, bank_saw, phantoms, play, settled
from cheating.publisher import (
    KEY,
    STRANGER,
    TARIFF,
    Publisher,
    crowd,
    due,
    person,
    total,
)
from cheating.scene import OTHERS, WITNESSED, Scene, Shown
from cheating.stage import Stage, cheated

# Row 11: phantom people.


@play(11, "名册多出二十个不存在的人；公告未改")
def phantoms_beyond_the_announcement(stage: Stage) -> Scene:
    """Adds twenty phantoms; the announcement says what it said."""
    return stage.scene(stage.fair([*stage.rows, *phantoms(20)]))


@play(11, "赔付份数多于范围")
def phantoms_beyond_scope(stage: Stage) -> Scene:
    """Adds phantoms beyond SCOPE."""
    rows = [*stage.rows, *phantoms(20)]
    return stage.scene(Publisher().begin(rows, total(stage.rows)).claim_all().paid())


@play(11, "以后补的范围加入虚构的人，不公告")
def phantoms_added_later(stage: Stage) -> Scene:
    """Adds phantoms later, under a SCOPE of their own, and announces nothing."""
    log, more = stage.promised(), phantoms(20)
    log.scope(log.owed() + total(more)).award(more)
    return stage.scene(log.claim_all().paid())


@play(11, "复制他人的承诺值充数")
def phantoms_by_copying(stage: Stage) -> Scene:
    """Makes phantoms of copies of commitments."""
    rows = [*stage.rows, *phantoms(20)]
    log = Publisher().begin(rows)
    for at in range(20):
        log.log[log.places[len(stage.people) + at]] = log.log[log.places[2 * at]]
    scene = stage.scene(log.claim_all().paid())
    return replace(scene, announced=stage.announced(rows))


@play(11, "公告也多报；称已付给虚构的人，钱没有出账")
def phantoms_without_money(stage: Stage) -> Scene:
    """Announces them, says they were paid, and no money left the account."""
    rows = [*stage.rows, *phantoms(20)]
    scene = stage.scene(stage.fair(rows))
    return bank_saw(replace(scene, announced=stage.announced(rows)), total(stage.rows))


@play(11, "公告也多报；虚构的人一直“待付”")
def phantoms_parked(stage: Stage) -> Scene:
    """Announces them, and lets them wait for ever."""
    rows = [*stage.rows, *phantoms(20)]
    log = stage.promised(rows)
    log.batch([row.amount_minor for row in stage.rows])
    log.state([State.SETTLED] * len(stage.people) + [State.PROMISED] * 20)
    return replace(stage.scene(log), announced=stage.announced(rows))


@play(11, "批次付给名册以外的人")
def phantoms_in_a_batch(stage: Stage) -> Scene:
    """Pays people who are in no award, in a batch."""
    log = stage.promised()
    log.batch([row.amount_minor for row in [*stage.rows, *phantoms(20)]])
    honest = log.batches
    log.batches = total(stage.rows)
    log.state(settled(log))
    return bank_saw(stage.scene(log), honest)


@play(11, "公告也多报；钱真的付给自己人", Left.DRAW)
def phantoms_of_insiders(stage: Stage) -> Scene:
    """Announces them, and pays insiders' accounts."""
    rows = [*stage.rows, *phantoms(20)]
    return replace(stage.scene(stage.fair(rows)), announced=stage.announced(rows))


# Row 12: sent, and never arrived.


@play(12, "状态写“已到账”，没有批次")
def sent_without_a_batch(stage: Stage) -> Scene:
    """Says settled without a batch."""
    log = stage.promised()
    return stage.scene(log.state(settled(log)), checkers=[cheated(stage.victim)])


@play(12, "有批次、有“已到账”，钱没有出账")
def sent_without_money(stage: Stage) -> Scene:
    """Makes up the batch as well: no money left the account."""
    return bank_saw(
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
    return bank_saw(stage.scene(log, checkers=[cheated(stage.people[0])]), log.batches, 20)


@play(12, "五笔退回（少于二十笔无须写明），仍写“已到账”", Left.EACH)
def sent_and_few_back(stage: Stage) -> Scene:
    """Keeps five settled that came back: fewer than are stated."""
    log = stage.fair()
    return bank_saw(stage.scene(log, checkers=[cheated(stage.people[0])]), log.batches, 5)


@play(12, "同一批人付款记两次，称第一次全部退回")
def sent_twice_on_paper(stage: Stage) -> Scene:
    """Counts the payments twice, and says that the first ones all came back."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    return bank_saw(stage.scene(log.paid()), total(stage.rows))


@play(12, "永远“已发出”，银行流水不公开", Left.EACH)
def sent_for_ever(stage: Stage) -> Scene:
    """Leaves awards sent for ever; the statement is not public."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    held = [State.SENT if at % 2 else State.SETTLED for at in range(len(stage.people))]
    scene = stage.scene(log.state(held), checkers=[cheated(stage.victim)])
    return replace(scene, statement=None)


@play(12, "每人付一分钱，写“已到账”")
def sent_one_unit(stage: Stage) -> Scene:
    """Sends everybody one minor unit, and says settled."""
    log = stage.promised()
    log.batch([1] * len(stage.people))
    return stage.scene(log.state(settled(log)), checkers=[cheated(stage.victim, 1)])


@play(12, "到账后又改回“待付”，像没付过一样")
def sent_and_undone(stage: Stage) -> Scene:
    """Turns settled awards back into promised ones."""
    log = stage.fair()
    half = [State.PROMISED if at % 2 else State.SETTLED for at in range(len(stage.people))]
    return stage.scene(log.state(half))


@play(12, "用“未公开”（open）遮住没付的人")
def sent_behind_open(stage: Stage) -> Scene:
    """Hides everybody who was not paid as open."""
    stage.people = crowd(max(600, len(stage.people)))
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    log.state([State.OPEN] * len(stage.people), partly=log.batches)
    scene = stage.scene(log, checkers=[cheated(stage.victim)])
    return replace(scene, statement=None)


@play(12, "批次多报十九笔，这些人显示为“未公开”")
def sent_but_nineteen(stage: Stage) -> Scene:
    """Adds nineteen payments to the batch that were never made, shown as open."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    held = [
        State.PROMISED if at % 2 == 0 and at < 38 else State.SETTLED
        for at in range(len(stage.people))
    ]
    log.state(held, partly=Total(count=19, amount_minor=19 * TARIFF[0]))
    less = log.batches - Total(count=19, amount_minor=19 * TARIFF[0])
    return bank_saw(stage.scene(log, checkers=[cheated(stage.people[0])]), less)


# Row 13: two histories.


def _other(stage: Stage) -> Publisher:
    """The history for the others: everybody of them is in it, somebody of the press's is not."""
    return stage.fair(stage.instead(due(person(STRANGER, 0)), of=stage.people[2]))


@play(13, "今天一份历史，明天另一份，公开示人")
def histories_one_after_the_other(stage: Stage) -> Scene:
    """Shows everybody one history, and then another."""
    first, second = stage.fair(), _other(stage)
    shown = [Shown(day=3, files=first.files()), Shown(day=4, files=second.files())]
    return bank_saw(stage.scene(*shown, checkers=[cheated(stage.people[2])]), second.batches)


def _split(
    stage: Stage, press: Publisher, others: Publisher, lines: Sequence[str] = ("", "")
) -> Scene:
    """Two parts of the public, each shown its own, each with somebody who checks."""
    shown = stage.parts(press.files(lines[0]), others.files(lines[1]))
    somebody = cheated(stage.victim, TARIFF[1], sees=OTHERS)
    scene = bank_saw(stage.scene(*shown, checkers=[somebody]), press.batches)
    return replace(scene, policy=WITNESSED if any(lines) else scene.policy)


@play(13, "给媒体和当事人看不同的历史，无见证人", Left.PARTS)
def histories_for_two(stage: Stage) -> Scene:
    """Shows press and people different histories, without witnesses."""
    return _split(stage, stage.fair(), _other(stage))


@play(13, "同上，两份长度不同", Left.PARTS)
def histories_of_two_sizes(stage: Stage) -> Scene:
    """The same, with logs of different sizes."""
    longer = _other(stage)
    return _split(stage, stage.fair(), longer.state(settled(longer)))


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
    return replace(bank_saw(stage.scene(*shown), late.batches), today=2.9)


# Row 14: silence.


def underway(stage: Stage) -> Publisher:
    """All are sent, none is settled."""
    log = stage.promised()
    log.batch([row.amount_minor for row in stage.rows])
    return log.state([State.SENT] * len(stage.people))


@play(14, "有见证人，此后不再发布")
def silence_before_witnesses(stage: Stage) -> Scene:
    """Publishes nothing more; the log has witnesses."""
    log = underway(stage)
    shown = Shown(day=2, files=log.files(stage.witnesses.cosign(log, 2)))
    scene = replace(stage.scene(shown), policy=WITNESSED, today=10.0)
    return bank_saw(scene, log.batches)


@play(14, "无见证人，此后不再发布")
def silence_alone(stage: Stage) -> Scene:
    """Publishes nothing more, without witnesses."""
    log = underway(stage)
    scene = stage.scene(Shown(day=2, files=log.files()))
    return bank_saw(replace(scene, today=10.0), log.batches)


@play(14, "不再付款，每天请见证人重签同一日志")
def silence_with_a_pulse(stage: Stage) -> Scene:
    """Has the same log cosigned anew every day, and pays nobody."""
    log = stage.promised().state([State.PROMISED] * len(stage.people))
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
    return _withheld(stage, "state/1/0.bin.gz")


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
