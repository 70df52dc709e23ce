"""What is published, for programs: progress and batches as JSON and CSV, a feed in Atom and JSON.

Pure. The same figures as on the pages. No time of baking stands in a file: the same state of the
case makes the same bytes.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final
from xml.sax.saxutils import escape

from amends.kernel.money import Money
from amends.kernel.saying import in_language, said
from amends.web.saying import PAGE_LANGUAGES, TAGS, PageLanguage
from amends.web.site.model import Log, Site

FORMAT: Final = 1
REPORTS: Final[Mapping[PageLanguage, str]] = {
    language: f"data/report.{language}.pdf" for language in PAGE_LANGUAGES
}
"""The report to the authorities as PDF, by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was published. ``day``: where the public files say one.

    ``files``: what it can be read in, by language, below the published directory.
    """

    key: str
    title: str
    day: date | None
    files: Mapping[PageLanguage, str] = field(default_factory=dict)


def events(site: Site) -> list[Event]:
    """What happened, the newest first; sentences in English, to be said in other languages."""
    found = []
    if site.discovered_at:
        found.append(
            Event(key="found", title=said("The leak is found."), day=site.discovered_at.date())
        )
    if site.announced_at:
        found.append(
            Event(
                key="announced", title=said("The leak is announced."), day=site.announced_at.date()
            )
        )
    if site.announced:
        found.append(
            Event(
                key=f"announcement-{site.announced.version}",
                title=said(
                    "Apology and announcement, version {number}", number=site.announced.version
                ),
                day=site.announced.published_at.date(),
            )
        )
    if site.log:
        for batch in site.log.batches:
            told = said(
                "Batch {number}: {people:,} payments, {amount}",
                number=batch.number,
                people=batch.people,
                amount=_amount(batch.amount),
            )
            found.append(Event(key=f"batch-{batch.number}", title=told, day=batch.last_day))
        for epoch in site.log.epochs:
            told = said("Publication {number} of the states", number=epoch.number)
            found.append(Event(key=f"states-{epoch.number}", title=told, day=None))
        entries = site.log.entries
        told = said(
            "The roster has {entries:,} entries; its root is {root}",
            entries=entries,
            root=site.log.root,
        )
        found.append(Event(key=f"root-{entries}", title=told, day=None))
        told = said("Report to the authorities, state of {entries:,} entries", entries=entries)
        found.append(Event(key=f"report-{entries}", title=told, day=None, files=REPORTS))
    return found[::-1]


def _amount(amount: Money) -> str:
    """An amount inside a sentence, in the sentence's language where it is in yuan."""
    shown = amount.display().removesuffix(".00")
    if amount.currency != "CNY":
        return shown
    return said("CNY {amount}", amount=shown.removeprefix("CNY "))


def progress_json(site: Site) -> bytes:
    """``data/progress.json``: what was promised, and the newest states."""
    log = site.log
    content: dict[str, Any] = {"case": site.case_id, "simulated": site.made_up, "v": FORMAT}
    if log:
        newest = log.newest
        content |= {
            "currency": log.total.currency,
            "promise": {"people": log.people, "total_minor": log.total.amount_minor},
            "pay_by": log.pay_by.astimezone(UTC).isoformat() if log.pay_by else None,
            "log": log.origin,
            "entries": log.entries,
            "root": log.root,
            "corrections": log.corrections,
            "batches": len(log.batches),
            "epoch": newest.number if newest else None,
            "looks": {"day": looks.day.isoformat(), "files": looks.files, "looks": looks.looks}
            if (looks := site.looks)
            else None,
            "shows_rows": log.shows_rows,
            "states": {
                line.standing.value: {
                    "people": line.people,
                    "amount_minor": line.amount.amount_minor,
                }
                for line in (newest.lines if newest else ())
            },
        }
    return _json(content)


def corrections_json(site: Site) -> bytes:
    """``data/corrections.json``: award, amount, class and reason of each award that was corrected.

    ``entries`` has what receipts need of each correction: award, place in the log, class, reason,
    amount, and which of ``decisions``. Whoever looks up a code fetches all of it, whichever award
    is theirs.
    """
    corrected = site.log.corrected if site.log else ()
    newest = {one.award_index: one for one in corrected}
    decisions = list(dict.fromkeys(one.decision for one in corrected))
    content = {
        "case": site.case_id,
        "corrections": [
            [award, one.amount_minor, one.award_class, one.reason]
            for award, one in sorted(newest.items())
        ],
        "decisions": decisions,
        "entries": [
            [
                *(one.award_index, one.place, one.award_class, one.reason, one.amount_minor),
                decisions.index(one.decision),
            ]
            for one in corrected
        ],
        "v": FORMAT,
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def progress_csv(site: Site) -> bytes:
    """``data/progress.csv``: a line for each publication and state."""
    rows = [["publication", "state", "people", "amount_minor", "currency"]]
    for epoch in site.log.epochs if site.log else ():
        rows += [
            [
                str(epoch.number),
                line.standing.value,
                str(line.people),
                str(line.amount.amount_minor),
                line.amount.currency,
            ]
            for line in epoch.lines
        ]
    return _csv(rows)


def batches_csv(log: Log | None) -> bytes:
    """``data/batches.csv``: a line for each batch."""
    head = "batch,first_day,last_day,rail,payments,amount_minor,currency,file_sha256,evidence"
    rows = [head.split(",")]
    rows += [
        [
            str(one.number),
            one.first_day.isoformat(),
            one.last_day.isoformat(),
            one.rail,
            str(one.people),
            str(one.amount.amount_minor),
            one.amount.currency,
            one.file_sha256,
            one.evidence,
        ]
        for one in (log.batches if log else ())
    ]
    return _csv(rows)


def feed_json(site: Site) -> bytes:
    """``data/feed.json``: what happened, in both languages."""
    return _json(
        {
            "case": site.case_id,
            "events": [
                {
                    "id": event.key,
                    "day": event.day.isoformat() if event.day else None,
                    "zh": in_language(event.title, "zh"),
                    "en": str(event.title),
                    "files": dict(event.files),
                }
                for event in events(site)
            ],
            "simulated": site.made_up,
            "v": FORMAT,
        }
    )


def feed_atom(site: Site) -> bytes:
    """``data/feed.xml`` (RFC 4287), Chinese first, English after it.

    An event that has no day of its own bears that of the newest one that has.
    """
    found = events(site)
    days = [event.day for event in found if event.day]
    newest = _moment(max(days)) if days else "1970-01-01T00:00:00Z"
    entries = "".join(
        f"<entry><id>urn:amends:{site.case_id}:{event.key}</id>"
        f"<title>{escape(in_language(event.title, 'zh'))} · {escape(str(event.title))}</title>"
        f"<updated>{_moment(event.day) if event.day else newest}</updated>{_links(event)}</entry>"
        for event in found
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-Hans">'
        f"<id>urn:amends:{site.case_id}</id>"
        f"<title>{escape(site.title.zh)} · {escape(site.title.en)}</title>"
        f"<author><name>{escape(site.controller.zh)}</name></author>"
        f"<updated>{newest}</updated>{entries}</feed>\n"
    ).encode()


def _links(event: Event) -> str:
    """Where an event can be read, by language; beside the feed."""
    return "".join(
        f'<link rel="alternate" type="application/pdf" hreflang="{TAGS[language]}" '
        f'href="{name.removeprefix("data/")}"/>'
        for language, name in event.files.items()
    )


def _moment(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat().replace("+00:00", "Z")


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
