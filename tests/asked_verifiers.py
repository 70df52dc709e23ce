"""The three verifiers of receipts, asked alike: why each refuses, by the names of the table."""

import base64
import json
from collections.abc import Iterable

from amends.kernel.saying import in_language
from amends.roster.model import PolicyError, ReceiptError
from amends.roster.selfcheck import parse_policy, read_receipt
from amends_verify import verify
from amends_verify.verify import MALFORMED, Policy, RosterError
from chromium import Chromium
from receipt_vector import SENTENCES

_SHARE = 2_000


def named(zh: str | None, en: str) -> str:
    """The name of a sentence in the table, with what follows it there."""
    found = [
        why + en.removeprefix(words[1])
        for why, words in SENTENCES.items()
        if en.startswith(words[1]) and zh in {None, words[0] + en.removeprefix(words[1])}
    ]
    assert len(found) == 1, (zh, en)
    return found[0]


def in_python(data: bytes, policy: str) -> str:
    """Why the verifier in Python refuses a receipt; empty if it takes it."""
    try:
        rule = Policy(policy.encode())
    except (RosterError, *MALFORMED):
        return "policy"
    try:
        verify.receipt(data, rule)
    except RosterError as reason:
        return named(None, str(reason))
    return ""


def by_publisher(data: bytes, policy: str) -> str:
    """Why the publisher's own check refuses a receipt; empty if it takes it."""
    try:
        read_receipt(data, parse_policy(policy))
    except PolicyError:
        return "policy"
    except ReceiptError as reason:
        return named(in_language(reason.message, "zh"), in_language(reason.message, "en"))
    return ""


def in_browser(page: Chromium, asked: Iterable[tuple[bytes, str]]) -> list[str]:
    """Why the page refuses each receipt under its policy; empty where it takes it."""
    found: list[str] = []
    questions = [(base64.b64encode(data).decode(), policy) for data, policy in asked]
    for first in range(0, len(questions), _SHARE):
        share = json.dumps(questions[first : first + _SHARE])
        said = page.run(f"""(async () => {{
            const said = [];
            for (const [data, policy] of {share})
                said.push(await check(Uint8Array.from(atob(data), (one) => one.charCodeAt(0)),
                    policy).then(() => null, ({{ words = ["", "malformed"] }}) => words));
            return said;
        }})()""")
        found += [_named_of(*words) if words else "" for words in said]
    return found


def _named_of(zh: str, en: str, whom: str = "") -> str:
    return named(zh + whom, en + whom) if zh else en
