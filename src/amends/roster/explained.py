"""A published log in words: what is promised, to how many, paid, open; how to check it.

Reads public files alone, as anybody can, and believes them: whether they are right the verifier
says. Pure but for reading.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from amends.kernel.money import Money
from amends.kernel.saying import Language, Said, both, in_language, said
from amends.roster.covered import ERASED_FILE, SEAL_FILE
from amends.roster.mirror_source import MirrorSourceError

_HEAD = (
    '<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'\">"
    "<title>名册说明 / The roster in words</title><style>"
    ":root{color-scheme:light dark}body{font:1.25rem/1.65 system-ui,sans-serif;margin:0}"
    "h1{font-size:1.6rem;line-height:1.3}main{max-width:44rem;margin:auto;padding:1rem}"
    "p{margin:.6em 0;overflow-wrap:anywhere}"
    ".in{padding-inline-start:1.2em}section+section{border-top:1px solid;margin-top:2em}"
    "code{font:.95em ui-monospace,monospace}</style><main>"
)
_STATES = {
    "settled": said("paid: the payment firm says that the money arrived"),
    "sent": said("on its way"),
    "returned": said("came back, and is sent again another way"),
    "needs_person": said("waits for a person, who finds out where it can go"),
    "disputed": said("disputed"),
    "waived": said("waived by the person"),
    "promised": said("promised, and not sent yet"),
    "open": said("not shown: too few people are in the same state, or nothing is owed any more"),
}


def explained(log: Path) -> list[Said]:
    """Sentences about the log in a directory, the most asked for first.

    Raises:
        MirrorSourceError: it is no published log.
    """
    try:
        return _sentences(log, _read(log / "case.json"), _newest(log))
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise MirrorSourceError(
            said(
                "{log}: its files say something else than a log of Amends does ({reason}); let "
                "`amends_verify all` look at it",
                log=log,
                reason=type(error).__name__,
            )
        ) from None


def page(sentences: Sequence[Said]) -> bytes:
    """The same as a page for a browser, in Chinese and English."""
    halves = _half(sentences, "zh", "zh-CN") + _half(sentences, "en", "en")
    return (_HEAD + halves + "</main></html>\n").encode()


def _half(sentences: Sequence[Said], language: Language, tag: str) -> str:
    told = [in_language(sentence, language) for sentence in sentences]
    text = "".join(
        f"<p{' class=in' if one.startswith(' ') else ''}>{_marked(one.strip())}</p>"
        for one in told[1:]
    )
    return f'<section lang="{tag}"><h1>{escape(told[0])}</h1>{text}</section>'


def _marked(text: str) -> str:
    """A sentence as HTML: what stands between backticks is to be typed."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _sentences(log: Path, case: dict[str, Any], stats: dict[str, Any] | None) -> list[Said]:
    promise = case["promise"]
    lines = [
        both(
            zh=f"{case['title']['zh']}（{case['controller']['zh']}）",
            en=f"{case['title']['en']} ({case['controller']['en']})",
        )
    ]
    if any(case["simulated"].values()):
        lines.append(said("THE CASE IS SIMULATED: no money moves, and the time is made up."))
    lines.append(
        said(
            "Promised: {total} to {people:,} people, by {day:%Y-%m-%d}.",
            total=_money(promise["total_minor"], case),
            people=promise["people"],
            day=datetime.fromisoformat(case["pay_by"]),
        )
        if case["pay_by"]
        else said(
            "Promised: {total} to {people:,} people.",
            total=_money(promise["total_minor"], case),
            people=promise["people"],
        )
    )
    lines += _states(case, stats)
    corrections = len(list((log / "corrections").glob("*.json")))
    if corrections:
        lines.append(
            said("Corrected since, by two people each time: {number:,} times.", number=corrections)
        )
    return [*lines, *_end(log, case), *_CHECKING]


def _end(log: Path, case: dict[str, Any]) -> list[Said]:
    """The final totals, and that the keys are gone, where the log has come to that."""
    if not (log / SEAL_FILE).exists():
        return []
    final = _read(log / SEAL_FILE)["body"]
    told = said(
        "The roster is closed. In the end {settled:,} people have {arrived}, and {given} for "
        "{deposited:,} people lies with a notary, or lay there until they fetched it.",
        settled=final["settled"],
        arrived=_money(final["settled_minor"], case),
        deposited=final["deposited"],
        given=_money(final["deposited_minor"], case),
    )
    erased = said(
        "Two people state that the keys are destroyed: nobody can say any more whose award is "
        "which. Receipts and claim codes that people have stay good."
    )
    return [told, erased] if (log / ERASED_FILE).exists() else [told]


def _states(case: dict[str, Any], stats: dict[str, Any] | None) -> list[Said]:
    """How many people are in which state, and their money."""
    if stats is None:
        return [said("Nothing of payments is published yet.")]
    people: Counter[str] = Counter()
    money: Counter[str] = Counter()
    for rows in stats["classes"].values():
        for state, held in rows.items():
            people[state] += held["count"]
            money[state] += held["amount_minor"]
    counted = [
        said(
            "  {people:,} people, {amount}: {state}",
            people=people[state],
            amount=_money(money[state], case),
            state=told,
        )
        for state, told in _STATES.items()
        if people[state]
    ]
    return [said("Of them, as of publication {epoch}:", epoch=stats["epoch"]), *counted]


def _newest(log: Path) -> dict[str, Any] | None:
    """The figures of the newest epoch."""
    numbers = [int(path.stem) for path in (log / "stats").glob("*.json") if path.stem.isdecimal()]
    return _read(log / "stats" / f"{max(numbers)}.json") if numbers else None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise MirrorSourceError(
            said(
                "{path}: cannot be read ({reason}); name the directory of a published log, which "
                "has case.json in it",
                path=path,
                reason=type(error).__name__,
            )
        ) from None
    return dict(content)


def _money(amount_minor: int, case: dict[str, Any]) -> str:
    return Money(amount_minor=amount_minor, currency=case["currency"]).display()


_CHECKING = (
    said("How to check it, without believing anybody here:"),
    said(
        "  The whole roster: `python verify.py all LOG --policy FILE`. It adds up every award, and "
        "says whether promise, payments and states agree. FILE holds the keys of the roster and of "
        "its witnesses; take it from a newspaper or a witness, not from here."
    ),
    said(
        "  Your own award: open check.html in a browser with your receipt, or run "
        "`python verify.py receipt RECEIPT --policy FILE`."
    ),
    said(
        "  Whether all are shown the same: `amends_verify compare`, with receipts of several "
        "people."
    ),
    said("What it does not prove:"),
    said(
        "  That money arrived: look at your own account. If the roster says that it was paid and "
        "nothing came, say so in public."
    ),
    said(
        "  That everybody who was affected is on it: whoever is missing has no receipt; ask for "
        "one."
    ),
)
