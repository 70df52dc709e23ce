"""Check an announcement of Amends without Amends: signatures, sums, and the text's own digest.

    python -m amends_verify announcement FILE

Exit 0 and a sentence that says what was checked; exit 1 and the reason otherwise. Whose the keys
are is not in the file: compare them with those that the companies print or say on their own sites.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from amends_verify.verify import MALFORMED, RosterError, canonical, hexed, money, need, signed

_STATEMENT = b"amends statement v1\0"


def check(raw: bytes) -> str:
    """Say what of ``announcement.json`` holds.

    Raises:
        RosterError: something does not.
    """
    try:
        content = json.loads(raw, parse_float=str, parse_constant=str)
        need(canonical(content) == raw, "JSON is not canonical")
        need(content["v"] == 1 and content["document"]["v"] == 1, "JSON is of another version")
        return _checked(content)
    except MALFORMED as error:
        raise RosterError(f"the file is not an announcement ({type(error).__name__})") from error


def _checked(content: dict[str, Any]) -> str:
    document = content["document"]
    body = canonical(document)
    need(sha256(body).hexdigest() == content["document_sha256"], "the document was changed")
    _sums(document)
    message = _STATEMENT + _digest(document["case"], content["document_sha256"], document)
    wanted = [signatory["key"] for signatory in document["signatories"]]
    need(wanted and None not in wanted, "a signatory has no key")
    need(len(set(wanted)) == len(wanted), "two signatories have one key")
    given = {one["key"]: hexed(one["signature"], 64) for one in content["signatures"]}
    for key in wanted:
        need(key in given, "a signatory has not signed")
        need(signed(hexed(key, 32), message, given[key]), "a signature does not hold")
    figures = document["figures"]
    hold = "1 signature holds" if len(wanted) == 1 else f"{len(wanted)} signatures hold"
    return (
        f"case {document['case']}, version {document['version']}: {hold}, "
        f"{figures['people']:,} people and {money(figures['currency'], figures['total_minor'])} "
        "add up. Not checked: whose the keys are, and that the people were paid (check the roster "
        "for that)"
    )


def _sums(document: dict[str, Any]) -> None:
    """People and money, by class and by company, are the totals; each figure is in the texts."""
    figures = document["figures"]
    people = sum(one["people"] for one in figures["classes"])
    total = sum(one["people"] * one["amount_minor"] for one in figures["classes"])
    need(people == figures["people"], "the people of the classes are not all people")
    need(total == figures["total_minor"], "people times amounts is not the total")
    borne = sum(one["cost_minor"] for one in document["companies"])
    need(borne == total, "what the companies bear is not the total")
    for text in document["text"].values():
        need(f"{people:,}" in text, "a text does not say how many people")


def _digest(case: str, document_sha256: str, document: dict[str, Any]) -> bytes:
    """What the signatories signed: the statement of this document and version."""
    statement = canonical({"document_sha256": document_sha256, "version": document["version"]})
    content = canonical([case, "announcement", statement.decode()])
    return sha256(_STATEMENT + content).digest()


def main(path: str) -> int:
    """Check a file; 0 if it holds."""
    try:
        print(check(Path(path).read_bytes()))
    except (RosterError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
