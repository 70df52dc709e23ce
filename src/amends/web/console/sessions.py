"""Who is signed in, by the cookie of the console or the token of a program.

A session that was looked up counts for two seconds without asking the database again: a session
that another process ends (``amends operator lock-out``) ends here within them.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from amends.access import service as access
from amends.access.model import ForbiddenError, Session, SignedOutError, Site
from amends.access.rules import form_token, hashed, same
from amends.kernel.saying import said
from amends.vault.opened import OpenCase

COOKIE: Final = "__Host-amends"
_FRESH_S: Final = 2.0
_MOST: Final = 4096


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, with the token that says so; ``by_cookie``: a browser sent it by itself."""

    session: Session
    token: str
    by_cookie: bool
    form_token: str


class Sessions:
    """The sessions of one console process."""

    def __init__(self, opened: OpenCase, site: Site) -> None:
        self._opened, self.site = opened, site
        self._seen: dict[bytes, tuple[Session, str, float]] = {}
        self._forgotten = 0
        self._told: dict[str, tuple[str, str]] = {}

    def asked(self, cookies: Mapping[str, str], authorization: str) -> Asked:
        """Who asks.

        Raises:
            SignedOutError: nobody who is signed in.
        """
        scheme, _, given = authorization.partition(" ")
        by_cookie = scheme.lower() != "bearer"
        token = cookies.get(COOKIE, "") if by_cookie else given.strip()
        if not token:
            raise SignedOutError(said("sign in first"))
        session, form = self._session(token)
        return Asked(session, token, by_cookie, form)

    def forget(self) -> None:
        """Ask the database again: roles or sessions have changed.

        What a thread is looking up meanwhile may be from before the change: it is not kept.
        """
        self._forgotten += 1
        self._seen.clear()

    def tell(self, session: Session, told: str, tone: str) -> None:
        """Keep a sentence for the next page of this session."""
        if len(self._told) < _MOST:
            self._told[session.session_id] = (told, tone)

    def told(self, session: Session) -> tuple[str, str] | None:
        """The sentence that was kept, once."""
        return self._told.pop(session.session_id, None)

    def _session(self, token: str) -> tuple[Session, str]:
        """The session of a token, and the token of its forms."""
        key, now = hashed(token), time.monotonic()
        known = self._seen.get(key)
        if known is not None and now - known[2] < _FRESH_S:
            return known[:2]
        before = self._forgotten
        found = access.session(self._opened, token)
        made = (found, form_token(token))
        if len(self._seen) > _MOST:
            self._seen.clear()
        self._seen[key] = (*made, now)
        if self._forgotten != before:
            self._seen.pop(key, None)
        return made


def check_form(asked: Asked, given: str) -> None:
    """Refuse a post that a page of ours did not make.

    Raises:
        ForbiddenError: it carries another session's token, or none.
    """
    if asked.by_cookie and not same(asked.form_token, given):
        raise ForbiddenError(said("this form is too old: open the page again and send it anew"))


def check_origin(site: Site, origin: str | None, fetch_site: str | None) -> None:
    """Refuse a post that comes from another site.

    Raises:
        ForbiddenError: it does.
    """
    # A page that passes no referrer on sends "null" for its origin; the other header tells, then.
    known = (None, site.origin) if fetch_site is None else (None, "null", site.origin)
    if origin not in known or fetch_site not in (None, "same-origin", "none"):
        raise ForbiddenError(
            said("this came from another address: open the console at {origin}", origin=site.origin)
        )
