"""Rights of roles, one-time codes, hashes of tokens: values in, values out.

What holds: a token is stored as a hash only; a code counts once; what a passkey signs at an
approval is bound to the digest of what is approved.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from amends.access.model import EXCLUDING, RIGHTS, Right, Role

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=10)
ROTATE_AFTER: Final = timedelta(minutes=15)
FORMER_FOR: Final = timedelta(seconds=30)
"""A session ends after so long without a request, or after so long at all; its token is replaced
after so long, and requests that are under way with the former one still pass for a little."""
INVITED_FOR: Final = timedelta(hours=24)
CHALLENGE_FOR: Final = timedelta(minutes=5)
FAILURES_MOST: Final = 5
FAILURES_IN: Final = timedelta(minutes=15)
"""After so many refusals in so long, an operator waits: a code is guessed once in 333,333 times."""

TOTP_SECRET_BYTES: Final = 20
_STEP_S: Final = 30
_DIGITS: Final = 6
_STEPS: Final = (-1, 0, 1)  # clocks of telephones are half a minute off
_CSRF = b"amends form v1\0"
_STEP_UP = b"amends step-up v1\0"


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """What somebody of these roles may do."""
    return frozenset(right for role in roles for right in RIGHTS[role])


def excluded(roles: Collection[Role]) -> tuple[Role, Role] | None:
    """Two of the roles that nobody holds together; None where there are none."""
    pairs = combinations(sorted(set(roles)), 2)
    return next((pair for pair in pairs if frozenset(pair) in EXCLUDING), None)


def hashed(token: str) -> bytes:
    """How a token is stored: SHA-256; tokens are 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def form_token(token: str) -> str:
    """What a form carries that belongs to a session: another site cannot know it."""
    return hashlib.sha256(_CSRF + token.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def step_up_challenge(digest: str, nonce: bytes) -> bytes:
    """What a passkey signs at an approval: bound to the proposal's digest."""
    return hashlib.sha256(_STEP_UP + nonce + bytes.fromhex(digest)).digest()


def live(seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """Whether a session still stands."""
    return now < expires_at and now - seen_at < IDLE


def code_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """The time step that a code is of (RFC 6238); None where it is wrong or was used."""
    text = "".join(code.split())
    if not text.isascii() or not text.isdigit() or len(text) != _DIGITS:
        return None
    totp = _totp(secret)
    step = int(now.timestamp()) // _STEP_S
    for candidate in (step + off for off in _STEPS):
        if candidate > last_step:
            try:
                totp.verify(text.encode(), candidate * _STEP_S)
            except InvalidToken:
                continue
            return candidate
    return None


def code_at(secret: bytes, moment: datetime) -> str:
    """The code of a moment, as an authenticator shows it."""
    return _totp(secret).generate(int(moment.timestamp())).decode()


def secret_text(secret: bytes) -> str:
    """A secret as people type it into an authenticator: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def secret_uri(secret: bytes, operator: str, case_id: str) -> str:
    """The address that authenticators read from a QR code; both names are plain letters."""
    text, issuer = base64.b32encode(secret).decode(), f"Amends%20{case_id}"
    return f"otpauth://totp/{issuer}:{operator}?secret={text}&issuer={issuer}"


def masked(value: str) -> str:
    """A value with its middle hidden; short ones whole: 李** and 138****6789."""
    if len(value) <= 4:  # noqa: PLR2004 -- a name
        return value[:1] + "*" * (len(value) - 1)
    shown = max(1, min(4, len(value) // 4))
    return value[:shown] + "*" * (len(value) - 2 * shown) + value[-shown:]


def _totp(secret: bytes) -> TOTP:
    """What authenticators on telephones know: SHA-1, six digits, thirty seconds."""
    return TOTP(secret, _DIGITS, SHA1(), _STEP_S, enforce_key_length=False)  # noqa: S303
