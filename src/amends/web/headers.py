"""Headers that every answer carries. Pure.

Nothing is loaded that is not named; nothing comes from another place; no page is framed; no address
is passed on. Public pages also require Trusted Types, so that no script makes markup out of text.
"""

import re
from html import unescape
from typing import Final

PUBLIC_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
CONSOLE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
META_POLICY: Final = PUBLIC_POLICY.replace("frame-ancestors 'none'; ", "")
"""The same in a baked page itself, whoever serves it; framing can only be forbidden by a header."""

ALWAYS: Final = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("strict-transport-security", "max-age=31536000"),
)
"""For every answer of both processes."""

_META: Final = re.compile(
    rb'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', re.IGNORECASE
)
_HEAD_BYTES: Final = 4_096


def policy_for(page: bytes) -> str:
    """The policy that a page carries itself, with framing forbidden; else that of public pages.

    A browser holds a page to both: the header may not forbid what a page of its own style allows.
    """
    found = _META.search(page[:_HEAD_BYTES])
    if found is None:
        return PUBLIC_POLICY
    return f"{unescape(found[1].decode())}; frame-ancestors 'none'"


PUBLIC: Final = (("content-security-policy", PUBLIC_POLICY), *ALWAYS)
CONSOLE: Final = (
    ("content-security-policy", CONSOLE_POLICY),
    ("cache-control", "no-store"),
    *ALWAYS,
)
