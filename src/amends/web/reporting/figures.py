"""The same figures for programs: ``figures.json``, attached to the report. Pure."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import Enum
from typing import Final

from amends.kernel.money import Money
from amends.web.reporting.model import Gathered

NAME: Final = "figures.json"
FORMAT: Final = 1


def figures(found: Gathered) -> bytes:
    """Every figure of the report; amounts in minor units, moments in UTC, digests whole."""
    log, figures_, owed = found.site.log, found.figures, found.owed
    content: dict[str, object] = {
        "v": FORMAT,
        "case": found.file.id,
        "currency": found.file.currency,
        "made_at": found.made_at,
        "recipient": found.recipient,
        "simulated": found.simulated,
        "discovered_at": found.file.discovered_at,
        "announced_at": found.file.announced_at,
        "evidence": [
            {
                "path": one.custody.path,
                "sha256": one.custody.sha256,
                "records": one.custody.records,
                "kept": one.custody.kept,
                "quarantined": one.custody.quarantined,
            }
            for one in found.held
        ],
        "determined": found.determined and asdict(found.determined),
        "counts": dict(found.counts),
        "stated_error": dict(found.stated),
        "planted": found.planted,
        "promise": asdict(found.promise),
        "classes": [asdict(one) for one in figures_.classes] if figures_ else [],
        "awards": owed and {"people": asdict(owed[0]), "total_minor": owed[1].amount_minor},
        "funds": asdict(found.position) | {"free_minor": found.position.free_minor},
        "payments": [
            {"rail": rail, "state": state, "payments": number, "amount_minor": minor}
            for rail, state, number, minor in found.payments.states
        ],
        "reconciliation": dict(found.payments.counts),
        "bills": [asdict(one) for one in found.payments.bills],
        "exceptions": dict(found.payments.exceptions),
        "roster": log
        and {
            "log": log.origin,
            "key": log.key,
            "entries": log.entries,
            "root": log.root,
            "signatures": list(log.signatures),
            "corrections": log.corrections,
            "batches": [asdict(one) for one in log.batches],
        },
        "notices": dict(zip(("written", "texts"), found.notices, strict=True)),
        "claims": dict(found.claims),
        "payees": dict(found.payees),
        "open": asdict(found.open),
        "decisions": [asdict(one) for one in found.decisions],
    }
    return json.dumps(content, default=_plain, ensure_ascii=False, indent=1).encode() + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Money):
        return {"amount_minor": value.amount_minor, "currency": value.currency}
    if isinstance(value, Enum):
        return value.value
    return str(value)
