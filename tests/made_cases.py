"""Made-up case directories for tests: the smallest case, and the types of the fixtures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.conninfo import make_conninfo

from amends.store import embedded
from amends.vault.opened import OpenCase

MINIMAL_CASE = """
[case]
id = "test"
title = { zh = "测试案", en = "Test case" }
controller = { zh = "测试集团", en = "Test Group" }
jurisdictions = ["CN"]
discovered_at = 2026-11-20T08:00:00+08:00
announced_at = 2026-11-21T20:00:00+08:00
clock = "simulated"

[promise]
per_person = "CNY 5000.00"
pay_within = "P3D"

[[registry]]
product = "im"
path = "registries/im.csv"

[[evidence]]
path = "evidence/dump.csv"

[tariff]
preset = "flat"
amount = "CNY 5000.00"

[funding]
amount = "CNY 1000000.00"

[[rail]]
kind = "simulator"
protocol = "alipay"
"""
"""A case with everything that is required, and files that hold nothing but their headers."""

MINIMAL_FILES: Mapping[str, bytes] = {
    "registries/im.csv": b"account_id,name,phone\n",
    "evidence/dump.csv": b"name,phone\n",
}


TEMPLATE = "migrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedServer:
    """The server of a whole test run."""

    root_conninfo: str
    owner_conninfo: str

    def hurry(self) -> None:
        """Nothing here outlives the run: no commit waits for a disk, nobody tidies up behind."""
        with psycopg.connect(self.root_conninfo, autocommit=True) as connection:
            for setting in ("synchronous_commit", "autovacuum", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")

    def fresh_database(self, name: str, template: str = TEMPLATE) -> str:
        """Make a database and return how its owner reaches it."""
        statement = f"CREATE DATABASE {name} TEMPLATE {template} OWNER {embedded.OWNER}"
        with psycopg.connect(self.root_conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())
        return make_conninfo(self.owner_conninfo, dbname=name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        with psycopg.connect(self.root_conninfo, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


Prepare = Callable[[Path], None]
"""Writes a case into an empty directory and takes it as far as several tests begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A prepared case, which is only copied: its directory and the name of its database."""

    root: Path
    database: str


class CaseDirectory(Protocol):
    """Makes a case directory with a database of its own; see :func:`case_directory`.

    With *like* it is a copy of what that function prepares, once for the run.
    """

    def __call__(
        self,
        case_toml: str | None = None,
        files: Mapping[str, bytes] | None = None,
        like: Prepare | None = None,
    ) -> Path:
        """The case's root."""


class OpenedCase(Protocol):
    """Makes a case directory and opens it; see :func:`opened_case`."""

    def __call__(
        self,
        case_toml: str | None = None,
        files: Mapping[str, bytes] | None = None,
        approve_as: Sequence[str] = (),
        like: Prepare | None = None,
    ) -> OpenCase:
        """The open case."""


def people_files(people: int) -> dict[str, bytes]:
    """The files of the minimal case with so many people, every one of them leaked."""
    rows = [(f"a{at}", f"假人{at:05d}", f"1380001{at:04d}") for at in range(people)]
    registry = "".join(f"{account},{name},{phone}\n" for account, name, phone in rows)
    leak = "".join(f"{name},{phone}\n" for _, name, phone in rows)
    return {
        "registries/im.csv": f"account_id,name,phone\n{registry}".encode(),
        "evidence/dump.csv": f"name,phone\n{leak}".encode(),
    }


def write_case(
    root: Path, case_toml: str | None = None, files: Mapping[str, bytes] | None = None
) -> None:
    """Write a case directory: the minimal case, or what is given. Later files win."""
    (root / "case.toml").write_text(case_toml or MINIMAL_CASE, encoding="utf-8")
    for name, content in {**(MINIMAL_FILES if case_toml is None else {}), **(files or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
