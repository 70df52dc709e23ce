"""What strangers do with what they can get, tool by tool; nothing here knows how the log was made.

Every step is one that a page of the documentation asks people to take. It uses the commands as they
are (`amends_verify`, `amends mirror`, `amends_witness`) and otherwise only what anybody can read:
JSON, a byte of a state file, an announcement, a bank's statement. A finding is an accusation, so an
honest log must have none.
"""

import json
import re
import runpy
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest.mock import patch

from amends.kernel.errors import AmendsError
from amends.roster.codes import written
from amends.roster.mirror import mirror
from amends.roster.mirror_source import DirectorySource
from cheating.publisher import ANNOUNCED, CURRENCY, LEAKED, TARIFF
from cheating.scene import PRESS, Checker, Scene, Shown, at_s

DUE = timedelta(days=7)
HIDDEN = ("idno", "name", "phone")
FEW = 19
STATES = 7
ANYONE, BANK, MIRROR, WITNESS, PERSON, TWO = (
    "anyone",
    "anyone with the bank's statement",
    "a mirror",
    "a witness",
    "the person concerned",
    "two people together",
)
OPENLY = (ANYONE, BANK, MIRROR, WITNESS)
"""Who finds without any cheated person's help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Who found it, with which tool, at which step, in which words. ``cheated``: of a person."""

    who: str
    tool: str
    step: str
    words: str
    cheated: bool = True


def tool(module: str, *words: str, typed: str = "") -> tuple[int, str]:
    """Run ``python -m module``; its exit code, and what it said."""
    out, err = StringIO(), StringIO()
    with (
        patch.object(sys, "argv", [module, *words]),
        patch.object(sys, "stdin", StringIO(typed)),
        redirect_stdout(out),
        redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", RuntimeWarning)  # the module may have been imported before
        try:
            runpy.run_module(module, run_name="__main__")
        except SystemExit as ended:
            return int(ended.code or 0), (out.getvalue() + err.getvalue()).strip()
    raise AssertionError("a command ends with its exit code")


def look(scene: Scene, room: Path) -> list[Finding]:
    """Everything that strangers find, in the order in which they would; *room*: a new directory."""
    room.mkdir()
    with chdir(room):
        Path("policy").write_text(scene.policy, encoding="utf-8")
        Path("announcement.json").write_bytes(scene.announced)
        for number, shown in enumerate(scene.shown):
            _write(shown, Path(f"shown-{number}"))
        steps: list[Callable[[Scene], Iterator[Finding]]] = [
            _anyone,
            _bank,
            _mirror,
            _witnesses,
            _people,
        ]
        return [finding for step in steps for finding in step(scene)]


def _write(shown: Shown, directory: Path) -> None:
    for name, content in shown.files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _last(scene: Scene, part: int = PRESS) -> Path:
    """The newest copy that a part of the public was shown."""
    numbers = [at for at, shown in enumerate(scene.shown) if shown.to in {0, part}]
    return Path(f"shown-{numbers[-1]}")


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes()))


# Anyone.


def _anyone(scene: Scene) -> Iterator[Finding]:
    """Audit the newest copy; hold the announcement and the calendar against what it says."""
    log = _last(scene)
    code, said = tool("amends_verify", "all", str(log), "--policy", "policy", "--claims")
    if code:
        yield _found(ANYONE, "amends_verify all", "audit of a copy", said)
    code, told = tool("amends_verify", "announcement", "announcement.json")
    if code:
        yield _found(ANYONE, "amends_verify announcement", "signatures and sums", told)
    figures = json.loads(scene.announced)["document"]["figures"]
    if audited := re.search(rf"([\d,]+) awards of {CURRENCY} ([\d,.]+), as promised", said):
        people, money = int(audited[1].replace(",", "")), _minor(audited[2])
        yield from _differ(f"{figures['people']:,} people", f"{people:,} people", said)
        yield from _differ(_shown(figures["total_minor"]), _shown(money), said)
    if epochs := sorted((log / "stats").glob("*.json"), key=lambda path: int(path.stem)):
        stats = json.loads(epochs[-1].read_bytes())
        yield from _by_class(figures["classes"], stats)
        yield from _late(scene, stats)
        yield from _too_open(stats, corrected="CORRECTED" in said)
    elif scene.today > _promised_days(log):
        yield _found(
            ANYONE, "case.json", "calendar", "pay_by is over, and no epoch has been published"
        )


def _shown(amount_minor: int) -> str:
    """A sum as the tools write it."""
    return f"{CURRENCY} {amount_minor // 100:,}.{amount_minor % 100:02}"


def _differ(announced: str, audited: str, said: str) -> Iterator[Finding]:
    if announced != audited:
        openly = re.search(r"CORRECTED: .*?[.](?= )", said)
        words = f"announced: {announced}; the log: {audited}"
        words += f". {openly[0]}" if openly else ""
        yield _found(ANYONE, "announcement's figures", "audit's sentence beside it", words)


def _by_class(announced: list[dict[str, int]], stats: dict[str, Any]) -> Iterator[Finding]:
    """People of each amount, as announced and as the newest epoch adds them up."""
    said = {one["amount_minor"]: one["people"] for one in announced}
    found = {}
    for states in stats["classes"].values():
        people = sum(one["count"] for one in states.values())
        money = sum(one["amount_minor"] for one in states.values())
        if people:
            found[money // people] = people
    if found != said:
        words = f"announced people by amount: {_listed(said)}; stats: {_listed(found)}"
        yield _found(ANYONE, "announcement's figures", "classes of the newest stats file", words)


def _listed(people: dict[int, int]) -> str:
    return ", ".join(f"{count:,} × {amount:,}" for amount, count in sorted(people.items()))


def _count(stats: dict[str, Any], state: str) -> int:
    classes = stats["classes"].values()
    return sum(states[state]["count"] for states in classes)


def _promised_days(log: Path) -> float:
    pay_by = datetime.fromisoformat(str(_read(log / "case.json")["pay_by"]))
    return (pay_by - ANNOUNCED) / timedelta(days=1)


def _late(scene: Scene, stats: dict[str, Any]) -> Iterator[Finding]:
    waiting = _count(stats, "promised")
    if waiting and scene.today > _promised_days(_last(scene)):
        words = f"pay_by is over, and {waiting:,} awards are still promised"
        yield _found(ANYONE, "case.json and stats", "calendar", words)


def _too_open(stats: dict[str, Any], *, corrected: bool) -> Iterator[Finding]:
    """Small groups alone cannot make *open* large: seven states of fewer than twenty a class."""
    classes = len(stats["classes"])
    most, shown = classes * STATES * FEW, _count(stats, "open")
    if shown > most and not corrected:
        words = f"{shown:,} awards are open; small groups of {classes} classes are {most:,} at most"
        yield _found(ANYONE, "stats", "size of open", words)


# The bank's statement.


def _bank(scene: Scene) -> Iterator[Finding]:
    """Batches are the debits of the account; returns are its credits, or too few to be stated."""
    epochs = sorted((_last(scene) / "stats").glob("*.json"), key=lambda path: int(path.stem))
    if scene.statement is None or not epochs:
        return
    stats = json.loads(epochs[-1].read_bytes())
    debits, credited = scene.statement.debits, scene.statement.credits
    batches, back = stats["batches"], stats["returned_after_batch"]
    if (batches["count"], batches["amount_minor"]) != (debits.count, debits.amount_minor):
        words = (
            f"batches: {batches['count']:,} payments of {batches['amount_minor']:,}; debits: "
            f"{debits.count:,} of {debits.amount_minor:,}"
        )
        yield _found(BANK, "bank's statement", "batches against debits", words)
    few = back["count"] == 0 and credited.count <= FEW
    if not few and (back["count"], back["amount_minor"]) != (credited.count, credited.amount_minor):
        words = (
            f"returned by the log: {back['count']:,} of {back['amount_minor']:,}; credits: "
            f"{credited.count:,} of {credited.amount_minor:,}"
        )
        yield _found(BANK, "bank's statement", "returns against credits", words)


# Mirrors and witnesses.


def _mirror(scene: Scene) -> Iterator[Finding]:
    """A mirror looks whenever the site changes, and once more today.

    Whoever shows two histories shows mirrors the one that is for the press.
    """
    looks = [(at, one.day) for at, one in enumerate(scene.shown) if one.to in {0, PRESS}]
    if len(looks) == 1 and scene.today - looks[0][1] <= DUE / timedelta(days=1):
        return  # the audit of the one copy that there is was everything
    for number, day in [*looks, (looks[-1][0], scene.today)]:
        if one := _copied(scene, number, day):
            yield one
            return


def _copied(scene: Scene, number: int, day: float) -> Finding | None:
    source = DirectorySource(Path(f"shown-{number}"))
    try:
        mirror(source, Path("mirror"), scene.policy, DUE, now_s=at_s(day))
    except AmendsError as alarm:
        return _found(MIRROR, "amends mirror", f"look of day {day:g}", f"{alarm.code}: {alarm}")
    return None


def _witnesses(scene: Scene) -> Iterator[Finding]:
    """What witnesses refused is held against the copy that everybody has."""
    for name in scene.witnesses.asked if scene.witnesses else []:
        root = Path("..") / "witnesses" / name / "witness.toml"
        _, notes = tool("amends_witness", "refused", str(root))
        if notes:
            file = Path(f"refused-{name}")
            first = notes.partition("\n\n")
            signed = first[2].split("\n")[0]
            file.write_text(f"{first[0]}\n\n{signed}\n", encoding="utf-8")
            words = _compared(file, "--log", str(_last(scene)))
            yield _found(
                WITNESS, "amends_witness refused", "what it did not cosign, compared", words
            )


def _compared(*words: object) -> str:
    """What ``compare`` says if it says no; empty where there is one history."""
    code, said = tool("amends_verify", "compare", *map(str, words), "--policy", "policy")
    shown = [line for line in said.split("\n") if "; cosigned: " not in line]
    return " ".join(shown) if code else ""


# People.


def _people(scene: Scene) -> Iterator[Finding]:
    """Each checks their own; then those who found nothing lay their receipts side by side."""
    receipts: dict[int, Path] = {}
    for number, one in enumerate(scene.checkers):
        log, file = _last(scene, one.sees), Path(f"receipt-{number}")
        alone = list(_alone(one, log, file, late=scene.today > _promised_days(log)))
        yield from alone
        if not alone:
            receipts[number] = file
    for (a, first), (b, second) in combinations(receipts.items(), 2):
        pair = scene.checkers[a], scene.checkers[b]
        logs = sorted({_last(scene, one.sees) for one in pair})
        cheated = any(one.cheated for one in pair)
        if words := _side_by_side(first, second, logs):
            step = "two receipts side by side"
            yield Finding(who=TWO, tool=words[0], step=step, words=words[1], cheated=cheated)


def _side_by_side(first: Path, second: Path, logs: Sequence[Path]) -> tuple[str, str] | None:
    """Two histories, or one leaf for two. *logs*: the copies that the two can see."""
    for log in logs:
        if (words := _compared(first, second, "--log", log)).startswith("TWO HISTORIES"):
            return "amends_verify compare", words
    entries = {file.read_text(encoding="utf-8").split("\n")[2] for file in (first, second)}
    if len(entries) == 1:
        return "amends_verify receipt", f"both receipts are of entry {entries.pop()[6:]}"
    return None


def _alone(one: Checker, log: Path, file: Path, *, late: bool) -> Iterator[Finding]:
    """From code or paper to amount, categories, state and money."""

    def found(tool_name: str, step: str, words: str) -> Finding:
        return Finding(who=PERSON, tool=tool_name, step=step, words=words, cheated=one.cheated)

    if one.paper is None:
        opened = [word for name in HIDDEN for word in ("--open", name)]
        typed = "\n".join([written(one.of.code), *(one.of.values[name] for name in HIDDEN)]) + "\n"
        code, said = tool(
            "amends_verify", "claim", str(log), "--to", str(file), *opened, typed=typed
        )
        if code:
            yield found("amends_verify claim", "own code, name, number", said)
            return
    else:
        file.write_bytes(one.paper)
    code, said = tool("amends_verify", "receipt", str(file), "--policy", "policy")
    if code:
        yield found("amends_verify receipt", "own receipt", said)
        return
    if words := _compared(file, "--log", log) if one.paper is not None else "":
        yield found("amends_verify compare", "paper against a copy of the log", words)
        return
    owed = TARIFF[one.of.kind]
    match = re.search(rf"award (\d+) of case \S+ {CURRENCY} ([\d,.]+), .*leaked: ([\w;]+)", said)
    assert match, said  # noqa: S101 -- the words of the tool are what people read
    award, amount, leaked = int(match[1]), _minor(match[2]), match[3]
    changed = re.findall(rf"CORRECTED to {CURRENCY} ([\d,.]+): (\w+)", said)
    why = f" ({changed[-1][1]})" if changed else ""
    if changed:
        amount = _minor(changed[-1][0])
    if leaked != LEAKED[one.of.kind]:
        words = f"receipt: {leaked}; notice: {LEAKED[one.of.kind]}"
        yield found("amends_verify receipt", "what leaked, beside the notice", words)
    if amount != owed and not one.agreed:
        words = f"receipt: {amount:,}{why}; announced for what leaked: {owed:,}"
        yield found("amends_verify receipt", "amount, beside the announcement", words)
    state = _state(log, award)
    if one.received_minor < amount and state in ({"settled", "sent"} if late else {"settled"}):
        words = f"state: {state}; on the account: {one.received_minor:,} of {amount:,}"
        yield found("state file", "the award's byte, beside the own account", words)


def _minor(sum_: str) -> int:
    """A sum as the tools write it, in minor units."""
    return int(re.sub("[,.]", "", sum_))


def _state(log: Path, award: int) -> str:
    """The state of an award in the newest epoch, if there is one."""
    epochs = sorted((log / "state").glob("*"), key=lambda folder: int(folder.name))
    files = len(list(epochs[-1].glob("*.gz"))) if epochs else 0
    part = (epochs[-1] / f"{award % files}.bin.gz").read_bytes() if files else b""
    code = zlib.decompress(part, 31)[award // files] if files else -1
    return {1: "sent", 2: "settled"}.get(code, "another")


def _found(who: str, tool_name: str, step: str, words: str) -> Finding:
    return Finding(who=who, tool=tool_name, step=step, words=words)
