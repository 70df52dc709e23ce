"""Writes docs/explanations/cheating.md and cheating.svg from what the exercise finds.

    python bench/cheating/page.py       (`make exercise`)

Exit 1 if a fraud goes unfound, an honest log is accused, or the thief gains something.
"""

import sys
import tempfile
from collections.abc import Sequence
from math import log10
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from cheating import reidentify
from cheating.exercise import Result, all_played, short
from cheating.leaking import HONEST, LEAKY
from cheating.plays import Left
from cheating.reidentify import PEOPLE, Outcome, attacked, least_gain, limit
from cheating.samples import needed, seen_across, seen_alone, seen_in_pairs

PAGES = Path(__file__).parents[2] / "docs" / "explanations"
LEAKING = PEOPLE // 2
"""People of each log that leaks on purpose: a leak shows among fewer."""
MODEL = 3_000_000
"""People of the case that samples are computed for."""
CHEATED = (1, 10, 100, 1_000, 10_000)
CHANCES = (0.5, 0.95, 0.99)
_ROWS = {
    8: ("drop a person", "漏掉一人"),
    9: ("cut an amount", "减少金额"),
    10: ("one award for two people", "两人共用一份"),
    11: ("phantom people", "虚构的人"),
    12: ("“sent” that never arrived", "“已发出”却没到"),
    13: ("two histories", "两份历史"),
    14: ("silence", "沉默"),
}
_LEFT = {
    Left.NOTHING: "nothing",
    Left.EACH: "each cheated person alone finds it",
    Left.PAIR: "the two who share an award, together",
    Left.PARTS: "one of either part of the public, together",
    Left.DRAW: "an auditor's draw of awards",
}


def page(results: Sequence[Result], outcomes: Sequence[Outcome]) -> str:
    """The text of the page. *outcomes*: the honest log first."""
    frauds = [one for one in results if one.play.row]
    openly = [one for one in frauds if one.left == Left.NOTHING]
    parts = [
        _head(len(frauds), len(openly)),
        *(_table(row, [one for one in frauds if one.play.row == row]) for row in _ROWS),
        _honest([one for one in results if not one.play.row]),
        _samples(frauds),
        _thief(outcomes),
        _TAIL,
    ]
    return "\n".join(parts)


def _head(frauds: int, openly: int) -> str:
    return f"""# The company cheats, and strangers look

This page is written by a program (`make exercise`), and a test holds it against what the program finds. A company that runs the roster
is played by a script: it has the real keys, the database, every file and the code, and does its frauds as well as an insider can. Every
sum is adjusted, everything is signed, witnesses are fooled as far as they can be, announcements are mended where that helps. Then strangers
look, and use what anybody can get and nothing else: `amends_verify` with its commands, a mirror, the witnesses, an announcement's figures,
the calendar, the bank's statement where it is public, and each person's own receipt, account and name.

There are {frauds} frauds of the [threat model](../threat-model.md). **{openly} are found by people who were not cheated themselves.** The other
{frauds - openly} are found only if the right people look, or by an auditor; for these the page says how many have to look. Nobody is accused by the
honest logs. Of each fraud the first finding is shown, in the words of the tool.

## 中文摘要

由程序扮演作弊的公司：它掌握真密钥、数据库、全部文件和代码，总数调平、签名齐全，尽量骗过见证人。外人只用公开的工具查：核验程序、镜像、见证人、公告数字、
日历、公开的银行流水，以及每个人自己的凭证和账户。共演练 {frauds} 种作弊：{openly} 种由未受骗的外人即可发现；其余 {frauds - openly} 种要靠受骗的本人、
两个人互相核对或审计抽查，下文给出需要多少人核对才能以给定的概率发现。诚实的日志没有一份被冤枉。窃贼手握全部泄露数据和全部公布文件，也猜不出谁在名册上、
是哪一份、什么状态：正确率与瞎猜没有差别；故意泄密的日志则都被同样的检验识破。**请核对您自己的凭证：这保护的不只是您。**
"""


def _table(row: int, results: Sequence[Result]) -> str:
    en, zh = _ROWS[row]
    lines = [f"## Row {row}: {en} · {zh}", ""]
    lines.append("| the company | found by | with, at | in these words |")
    lines.append("|---|---|---|---|")
    for one in results:
        found = one.first
        said = f"{one.play.en} {one.play.zh}"
        if found is None:
            lines.append(f"| {said} | *nobody outside* | – | – |")
            continue
        who = found.who if one.left == Left.NOTHING else f"*{found.who}*"
        words = short(found.words).replace("|", "\\|")
        lines.append(f"| {said} | {who} | {found.tool}: {found.step} | {words} |")
    return "\n".join([*lines, ""])


def _honest(results: Sequence[Result]) -> str:
    lines = ["## Honest logs · 诚实的日志", "", "| the company | accused by |", "|---|---|"]
    for one in results:
        accused = one.first.words if one.first else "nobody"
        lines.append(f"| {one.play.en} {one.play.zh} | {accused} |")
    return "\n".join([*lines, ""])


def _samples(frauds: Sequence[Result]) -> str:
    lines = ["## What is left, and how many have to look · 剩余风险与抽样", ""]
    lines.append("| who has to look | frauds |")
    lines.append("|---|---|")
    for left in (Left.EACH, Left.PAIR, Left.PARTS, Left.DRAW):
        names = [one.play.name for one in frauds if one.left == left]
        lines.append(f"| {_LEFT[left]} | {len(names)}: {', '.join(names)} |")
    lines += ["", _SAMPLES, ""]
    head = " | ".join(f"{chance:.0%}" for chance in CHANCES)
    lines.append(f"| cheated of {MODEL:,} | each alone or a draw: {head} | pairs: {head} "
                 f"| other part: {head} |")  # fmt: skip
    lines.append("|" + "---|" * (1 + 3 * len(CHANCES)))
    for cheated in CHEATED:
        cells = [
            _people(needed(chance, MODEL, cheated, least))
            for chance in (seen_alone, seen_in_pairs, seen_across)
            for least in CHANCES
        ]
        lines.append(f"| {cheated:,} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", "![How many have to look](cheating.svg)", ""])


def _people(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


_SAMPLES = """Whoever looks is taken to be a sample of everybody, drawn without regard to who is cheated, so the number of cheated people in it is
hypergeometric (`bench/cheating/samples.py`; tests count every sample of small crowds, and compare with SciPy). The table says how many have to look so
that somebody finds the fraud with a chance of 50, 95 or 99 %. *Pairs*: so many pairs share an award, and both of one pair have to be
among those who lay their receipts side by side. *Other part*: so many people were shown a second history, and somebody of each part has to be among
those who compare. *A draw*: as many awards drawn by lot have to be opened to an auditor; the lot has to be drawn after the
checkpoint, from what the company cannot choose. **Individual checks protect crowds. The single person is protected by looking for themselves.**"""


def _thief(outcomes: Sequence[Outcome]) -> str:
    honest, count = outcomes[0], len(outcomes[0].attacks)
    least = least_gain(honest.targets, count)
    lines = [
        "## The thief looks · 窃贼能得到什么",
        "",
        f"""A thief has the whole leaked file: {honest.targets:,} made-up people, half of whom are on the list. He has everything published on
five days: tiles, entries, checkpoints, case.json, batches, three epochs of states and sums, two publications of claim buckets. For the second and third
question he is even told who is on the list. He tries {count} attacks: hashes of what he knows under any usual recipe, anywhere in any file (every eight
bytes in a row, hexadecimal and gzip opened); codes, seeds and buckets that would follow from a person; the order of awards by anything he can sort; the time
of payment; what changed between publications. Each gives a score that is standard normal if nothing leaks; above {limit(count):.2f} is a leak, so that an honest
log is accused once in {round(1 / reidentify.FALSE_ALARMS):,}. A gain of {100 * least:.1f} percentage points over the prior of one half is found with {reidentify.POWER:.0%}
probability at this size (`--logs N` takes N logs together: the bound falls with the square root). Logs that leak on purpose, one way each, are attacked in the same way, among half as many.""",
        "",
        "| the log leaks that | on the list? | which award? | which state? | found |",
        "|---|---|---|---|---|",
    ]
    for one in outcomes:
        cells = []
        for question in (reidentify.LISTED, reidentify.WHICH, reidentify.STATED):
            best = one.furthest(question)
            cells.append(f"{abs(best.score):.1f} ({100 * best.gain:+.1f})")
        found = one.best.how if one.leaks else "–"
        lines.append(f"| {one.how.said} | {' | '.join(cells)} | {found} |")
    lines += [
        "",
        f"""Scores are of the attack that got furthest, with its gain over the prior in percentage points. If one person on the list is exchanged for
another of the same class, with the same lots and secrets, every file of every day keeps its name and size, and only entries, tiles, checkpoints and buckets have other bytes.

**What is left.** The attack is on what is published, not on what people tell. Whoever knows when somebody's payment came back and when it was made again
looks for that history among the awards: here the smallest group of one class and one state has {honest.groups[0]} awards, and the smallest group of one class and
one history over three epochs {honest.groups[1]}. States of fewer than 20 are never shown, but histories are not held to that number.
Awards of people who were found later stand behind the others, so whoever knows that somebody was found later looks only there.
And who is on the thief's list may be assumed to be paid: the tariff is public.""",
        "",
    ]
    return "\n".join(lines)


_TAIL = """## What the exercise taught · 演练的发现

- A mirror could not copy a log with claim buckets. It copies them now.
- A receipt on paper could hold more than seven digests, and so two people's names and numbers. Every verifier demands seven now. A second name may still stand in the place of
  another field; a receipt that is made from a claim code cannot be of that kind, nor one in which name, phone and identity number are all open. Prefer the code to the
  paper, and compare the entry's number (third line of the file), not the award's.
- How many awards are `open` was not bounded. `amends_verify all` refuses more of a class than seven states of fewer than twenty, beside as many as there
  are corrections.
- A log that is cosigned every day without paying anybody rings at no mirror. The calendar does: `pay_by` in case.json; `amends_verify all` says `OVERDUE` and how many
  awards are not shown as arrived.
"""


# The drawing.

_WIDTH, _HEIGHT, _LEFT_EDGE, _TOP, _RIGHT, _BOTTOM = 760, 380, 60, 20, 120, 50
_POINTS = 60


def drawing() -> str:
    """The chance that a fraud is seen, by how many look: a line for each number of cheated."""
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for power in range(1, 7):
        x = _x(10**power)
        lines.append(f'<path d="M{x:.1f} {_y(0):.1f}V{_y(1):.1f}" stroke="#ddd"/>')
        lines.append(
            f'<text x="{x:.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle">{10**power:,}</text>'
        )
    for percent in (0, 50, 95, 100):
        y = _y(percent / 100)
        lines.append(f'<path d="M{_x(10):.1f} {y:.1f}H{_x(MODEL):.1f}" stroke="#ddd"/>')
        lines.append(
            f'<text x="{_LEFT_EDGE - 6}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>'
        )
    for number, cheated in enumerate(CHEATED):
        colour = ("#1b6ca8", "#0a8754", "#b8860b", "#c0392b", "#6c3483")[number]
        for chance, dash in ((seen_alone, ""), (seen_in_pairs, ' stroke-dasharray="5 4"')):
            points = " ".join(
                f"{_x(looking):.1f},{_y(chance(MODEL, cheated, looking)):.1f}"
                for looking in _steps()
            )
            lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}"{dash}/>')
        y = 40 + 18 * number
        lines.append(
            f'<text x="{_WIDTH - _RIGHT + 10}" y="{y}" fill="{colour}">{cheated:,} cheated</text>'
        )
    caption = f"people who look, of {MODEL:,} (dashed: pairs, both of one have to) · 核对的人数"
    lines.append(f'<text x="{_x(10):.1f}" y="{_HEIGHT - 10}">{caption}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _steps() -> list[int]:
    last = log10(MODEL)
    return [round(10 ** (1 + (last - 1) * at / _POINTS)) for at in range(_POINTS + 1)]


def _x(people: int) -> float:
    share = (log10(people) - 1) / (log10(MODEL) - 1)
    return _LEFT_EDGE + share * (_WIDTH - _LEFT_EDGE - _RIGHT)


def _y(chance: float) -> float:
    return _TOP + (1 - chance) * (_HEIGHT - _TOP - _BOTTOM)


def wrong(results: Sequence[Result], outcomes: Sequence[Outcome]) -> list[str]:
    """Frauds with more left than their plays say, accusations, leaks that are or are not found."""
    plays = [
        one.play.name
        for one in results
        if (one.left != one.play.left if one.play.row else one.findings)
    ]
    return plays + [one.how.said for one in outcomes if one.leaks is (one.how is HONEST)]


def all_attacked() -> list[Outcome]:
    """Every log of the page, attacked; the honest one first."""
    return [attacked(HONEST, PEOPLE, 1), *(attacked(how, LEAKING, 1) for how in LEAKY)]


def main() -> int:
    """Play everything, and write page and drawing."""
    with tempfile.TemporaryDirectory() as room:
        results = all_played(Path(room) / "rooms")
    outcomes = all_attacked()
    PAGES.joinpath("cheating.md").write_text(page(results, outcomes), encoding="utf-8")
    PAGES.joinpath("cheating.svg").write_text(drawing(), encoding="utf-8")
    for one in wrong(results, outcomes):
        print(f"not as it should be: {one}", file=sys.stderr)
    return 1 if wrong(results, outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
