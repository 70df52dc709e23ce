"""Reads what pages are made of: case.toml and the published directory, nothing that is secret.

So whoever has a copy of the published directory can make the same pages, and a page cannot show
what is not public. The files are believed; whether they are right, the verifier says.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any, Final

from amends.announcement.document import told_in
from amends.announcement.figures import filled, places
from amends.announcement.model import Told
from amends.announcement.service import FOLDER as ANNOUNCEMENT
from amends.announcement.texts import APOLOGY
from amends.kernel.case import Case, Contact, Text
from amends.kernel.money import Money
from amends.kernel.saying import LANGUAGES, said
from amends.roster.entries import AWARD, CORRECTION, EntryType
from amends.roster.looks import ABOUT as LOOKS
from amends.roster.site import PAGE, log_directory
from amends.roster.tiles import WIDTH, split_bundle, tile_path
from amends.web.site.model import (
    Announced,
    Batch,
    Corrected,
    Epoch,
    Line,
    Log,
    Looks,
    MenuEntry,
    NotPublishedError,
    Signer,
    Site,
    Standing,
    TariffLine,
)

_POLICY: Final = re.compile(r'<meta name="amends-policy" content="([^"]*)">')
_MAINLAND: Final = "CN"
_WITH_SIGNATURES: Final = "\n\n"
_HIDDEN: Final = "counts"
_NOT_OUT: Final = "…"
"""In place of a figure that no announcement has said yet."""


def gather(case: Case, menu: tuple[MenuEntry, ...]) -> Site:
    """Everything that pages are made of.

    Raises:
        NotPublishedError: a published file cannot be read.
    """
    file = case.file
    source = file.announcement
    contact = source.contact if source else Contact()
    companies = {company.id: company.name for company in file.companies}
    try:
        log, held = _log(log_directory(case)), _held(case.site / ANNOUNCEMENT)
        looks = _looks(case.site / LOOKS)
        announced = _announced(held) if held else None
        zone = file.announced_at.tzinfo if file.announced_at else UTC
        fill = _filling(told_in(held["document"], zone) if held else None)
    except (LookupError, TypeError, ValueError, OSError) as error:
        raise NotPublishedError(
            said(
                "{path}: a published file cannot be read ({reason}); let `amends run` make the "
                "directory again",
                path=case.site,
                reason=type(error).__name__,
            )
        ) from None
    return Site(
        case_id=file.id,
        title=file.title,
        controller=file.controller,
        made_up=file.made_up,
        mainland=_MAINLAND in file.jurisdictions,
        products=tuple(one.name for one in file.registries if one.name),
        announced_at=file.announced_at,
        discovered_at=file.discovered_at,
        what_happened=fill(source.what_happened) if source else None,
        cause=fill(source.cause) if source else None,
        measures=tuple(fill(one) for one in source.measures) if source else (),
        basis=source.basis if source else None,
        hotline=contact.hotline,
        hours=contact.hours,
        address=contact.site,
        app=contact.app,
        senders=contact.senders,
        signers=tuple(
            Signer(name=one.name, office=_office(companies[one.company], one.role))
            for one in (source.signatories if source else ())
        ),
        announced=announced,
        log=log,
        looks=looks,
        policy=_policy(case.site / PAGE),
        menu=menu,
    )


def _office(company: Text, role: Text) -> Text:
    return Text(zh=f"{company.zh} {role.zh}", en=f"{role.en}, {company.en}")


def _held(folder: Path) -> dict[str, Any] | None:
    """The announcement that is out, if one is."""
    path = folder / "announcement.json"
    return _read(path) if path.exists() else None


def _filling(told: Told | None) -> Callable[[Text], Text]:
    """Puts the figures of the announcement into the places that the company's words leave."""
    zh, en = (places(told, language) if told else {} for language in LANGUAGES)
    return lambda text: Text(
        zh=filled(text.zh, zh, unknown=_NOT_OUT), en=filled(text.en, en, unknown=_NOT_OUT)
    )


def _announced(held: Mapping[str, Any]) -> Announced:
    """What pages tell of it."""
    document = held["document"]
    words = [document["words"][language]["apology"]["paragraphs"] for language in ("zh", "en")]
    return Announced(
        version=document["version"],
        sha256=held["document_sha256"],
        published_at=datetime.fromisoformat(held["published_at"]),
        categories=tuple(document["figures"]["categories"]),
        apology=tuple(Text(zh=zh, en=en) for zh, en in zip(*words, strict=True)),
    )


def apology_in_draft() -> tuple[Text, ...]:
    """The apology of an announcement that is not out yet: its words are always the same."""
    pairs = zip(APOLOGY["zh"].paragraphs, APOLOGY["en"].paragraphs, strict=True)
    return tuple(Text(zh=zh, en=en) for zh, en in pairs)


def _looks(path: Path) -> Looks | None:
    """What is said of looks at people, if that is out."""
    if not path.exists():
        return None
    about = _read(path)
    return Looks(
        day=date.fromisoformat(about["day"]), files=int(about["files"]), looks=int(about["looks"])
    )


def _policy(page: Path) -> str:
    """The verifier's policy, as the page that checks receipts carries it."""
    found = _POLICY.search(page.read_text(encoding="utf-8")) if page.exists() else None
    return unescape(found[1]) if found else ""


def _log(folder: Path) -> Log | None:
    """The published roster, if it is out."""
    if not (folder / "checkpoint").exists():
        return None
    about = _read(folder / "case.json")
    body, _, signatures = (
        (folder / "checkpoint").read_text(encoding="utf-8").partition(_WITH_SIGNATURES)
    )
    origin, entries, root = body.split("\n")[:3]
    currency, promise = about["currency"], about["promise"]
    each = promise["per_person_minor"]
    decisions, shows_rows = _numbered(folder / "corrections"), about.get("rows") != _HIDDEN
    return Log(
        origin=origin,
        key=about["log"],
        entries=int(entries),
        root=root,
        signatures=tuple(line.split(" ")[1] for line in signatures.splitlines()),
        people=promise["people"],
        total=Money(amount_minor=promise["total_minor"], currency=currency),
        per_person=None if each is None else Money(amount_minor=each, currency=currency),
        tariff=tuple(
            TariffLine(
                award_class=row["class"],
                amount=Money(amount_minor=row["amount_minor"], currency=currency),
            )
            for row in about["tariff"]
        ),
        pay_by=datetime.fromisoformat(about["pay_by"]) if about["pay_by"] else None,
        epochs=tuple(_epoch(_read(path)) for path in _numbered(folder / "stats")),
        batches=tuple(_batch(path) for path in _numbered(folder / "batches")),
        corrections=len(decisions),
        corrected=_corrected(folder, int(entries)) if shows_rows and decisions else (),
        shows_rows=shows_rows,
        codes=(folder / "claims" / "claims.json").exists(),
        closed=(folder / "seal.json").exists(),
        files=tuple(
            (name, sha256((folder / name).read_bytes()).hexdigest())
            for name in ("verify.py", "audit.py", "report.py", "tiles.py")
            if (folder / name).exists()
        ),
    )


def _corrected(folder: Path, size: int) -> tuple[Corrected, ...]:
    """Every correction of the log, in the order of the log."""
    found = []
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        data = (folder / tile_path(None, number, width)).read_bytes()
        if data[2 :: 2 + AWARD.size] == bytes([EntryType.AWARD]) * WIDTH:
            continue  # awards and nothing else
        for place, entry in enumerate(split_bundle(data), number * WIDTH):
            if entry[0] == EntryType.CORRECTION:
                _, award, award_class, reason, amount_minor, decision = CORRECTION.unpack(entry)
                found.append(
                    Corrected(
                        award_index=award,
                        award_class=award_class,
                        amount_minor=amount_minor,
                        reason=reason,
                        place=place,
                        decision=decision.hex(),
                    )
                )
    return tuple(found)


def _epoch(stats: Mapping[str, Any]) -> Epoch:
    people: Counter[str] = Counter()
    money: Counter[str] = Counter()
    for rows in stats["classes"].values():
        for state, held in rows.items():
            people[state] += held["count"]
            money[state] += held["amount_minor"]
    currency = stats["currency"]
    return Epoch(
        number=stats["epoch"],
        lines=tuple(
            Line(
                standing=standing,
                people=people[standing],
                amount=Money(amount_minor=money[standing], currency=currency),
            )
            for standing in Standing
        ),
    )


def _batch(path: Path) -> Batch:
    held = _read(path)
    return Batch(
        number=held["batch"],
        people=held["count"],
        amount=Money(amount_minor=held["amount_minor"], currency=held["currency"]),
        rail=held["rail"],
        first_day=date.fromisoformat(held["first_day"]),
        last_day=date.fromisoformat(held["last_day"]),
        evidence=held["evidence"],
        file_sha256=sha256(path.read_bytes()).hexdigest(),
    )


def _numbered(folder: Path) -> list[Path]:
    """The files ``1.json``, ``2.json`` … of a folder in their order."""
    found = [path for path in folder.glob("*.json") if path.stem.isdecimal()]
    return sorted(found, key=lambda path: int(path.stem))


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes()))
