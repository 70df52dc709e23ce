"""A console over a made-up case, as a process of ours serves it, and what a browser would send."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from amends.access import rules
from amends.access import service as access
from amends.access.model import Role, SignedIn, Site
from amends.governance import service as governance
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts import switch
from amends.vault.opened import OpenCase, open_case
from made_cases import write_case
from made_roster import TWO, awarded, files, pay_made_up, toml

PEOPLE = 30
ROLES = {
    "root": [Role.ADMINISTRATOR],
    "carla": [Role.CASEWORKER],
    "anna": [Role.APPROVER, Role.READER],
    "ben": [Role.APPROVER],
    "rita": [Role.READER],
    "axel": [Role.AUDITOR],
}
"""Operators of the case. ``anna`` and ``ben`` have approved its awards."""


def with_operators(root: Path) -> None:
    """Thirty people with awards, payments in every state, six operators, a proposal that waits."""
    write_case(root, toml(PEOPLE), files(PEOPLE))
    with open_case(root, approve_as=TWO) as opened:
        awarded(opened)
        pay_made_up(
            opened,
            {
                "settled": range(20),
                "returned": range(20, 23),
                "refused": range(23, 25),
                "accepted": range(25, 27),
            },
        )
        for name, roles in ROLES.items():
            if name not in TWO:
                governance.add_operator(opened, name)
            access.set_roles(opened, name, roles)
        switch.halt(replace(opened, by="carla"), "a rehearsal")
        try:
            switch.resume(replace(opened, by="carla", approve_as=()))
        except WaitingForApprovalError:
            pass


@dataclass(slots=True)
class Authenticator:
    """An operator's telephone: it shows the code of a secret."""

    secret: bytes
    used: int = 0

    def code(self) -> str:
        """The newest code; a code that was shown is not shown again, as a person would wait."""
        step = max(int(datetime.now(UTC).timestamp()) // 30, self.used + 1)
        self.used = step
        return rules.code_at(self.secret, datetime.fromtimestamp(step * 30, UTC))


def enrolled(opened: OpenCase, site: Site, name: str) -> tuple[SignedIn, Authenticator]:
    """An operator who was invited and has enrolled a code."""
    import base64

    token = access.invite(opened, name)
    offered = access.begin_enrolment(opened, site, token)
    secret = base64.b32decode(offered.totp_secret.replace(" ", ""))
    phone = Authenticator(secret)
    return access.enrol(opened, site, token, access.proof_of(phone.code())), phone
