"""A served case of thirty people, with operators at work and messages in the inbox."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import made_doubts
from amends.access.model import Site
from amends.evidence.intake import intake
from amends.inbox import opening
from amends.inbox.model import Kind
from amends.inbox.service import Inbox, new_submission, receive
from amends.linkage.determine import determine
from amends.store.connection import PUBLIC_ROLE, Database
from amends.store.service import URL_VARIABLE
from amends.vault.opened import OpenCase, open_case
from amends.web.serving import Ports, Served, serving
from made_cases import Original, SharedServer
from made_console import ROLES, Telephone, Visitor, telephone, with_operators


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A served case, and who is signed in at it."""

    opened: OpenCase
    site: Site
    served: Served
    phones: dict[str, Telephone]
    tokens: dict[str, str]

    def visitor(self, name: str, language: str = "en") -> Visitor:
        """A browser in which an operator is signed in."""
        return Visitor(self.site.origin, self.tokens[name], language)

    @property
    def newest_message(self) -> int:
        """The number of what came in last by the public forms."""
        return opening.messages(self.opened, most=1)[0].message_no


CALLERS = ("400 123 4567", "4001234567", "hidden", "+86 138 0000 9999")
"""What four people wrote as the number of a suspicious call; two mean the same."""


_SECOND = """
[linkage]
threshold = 0.998
review = 0.01
[[registry]]
product = "old"
path = "registries/old.csv"
columns = { trade = "occupation" }
[[registry]]
product = "game"
path = "registries/game.csv"
columns = { trade = "occupation" }
[[evidence]]
path = "evidence/names.csv"
columns = { trade = "occupation" }
"""
"""What was found later: half of it tells names only, so readers have to look."""
_PLACES = {
    "registries/im.csv": "registries/old.csv",
    "registries/game.csv": "registries/game.csv",
    "evidence/dump.csv": "evidence/names.csv",
}
"""Where the files of doubts lie in this case."""


def filled(root: Path) -> None:
    """The case that is served, as every file of tests begins with it."""
    with_operators(root)
    for name, content in made_doubts.files().items():
        (root / _PLACES[name]).write_bytes(content)
    case = root / "case.toml"
    text = case.read_text("utf-8").replace("CNY 150000.00", "CNY 1000000.00")  # more are affected
    case.write_text(text + _SECOND, "utf-8")
    with open_case(root) as opened:
        intake(opened)
        determine(opened)
        with closing(Database(opened.database.conninfo, PUBLIC_ROLE)) as public:
            inbox = Inbox(
                database=public,
                recipient=opening.recipient(opened),
                numbers_key=opening.numbers_key(opened),
            )
            for number in CALLERS:
                words = {"number": number, "when": "2026-11-20", "said": "=they ask for a code"}
                receive(inbox, Kind.SCAM, new_submission(), words)


@contextmanager
def served_case(prepared: Original, server: SharedServer) -> Iterator[Stand]:
    """A copy of a prepared case, served; every operator has enrolled a code and is signed in."""
    database = f"c{os.getpid()}_{os.urandom(6).hex()}"
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        root = Path(shutil.copytree(prepared.root, Path(folder) / "case"))
        environment.setenv(URL_VARIABLE, server.fresh_database(database, prepared.database))
        with open_case(root) as opened, serving(root, Ports()) as served:
            site = Site(origin=served.console)
            phones = {name: telephone(opened, site, name) for name in ROLES}
            tokens = {}
            for name, phone in phones.items():
                visitor = Visitor(site.origin)
                assert visitor.sign_in(name, phone).status == 303
                tokens[name] = visitor.token
            yield Stand(opened=opened, site=site, served=served, phones=phones, tokens=tokens)
        server.drop_database(database)
