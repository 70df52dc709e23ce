"""The console's process of ``amends serve``: told which case, its database, and where."""

from dataclasses import replace
from pathlib import Path

from amends.access.model import Site
from amends.kernel.memory import share_one_heap
from amends.store.connection import PooledDatabase
from amends.vault.opened import SYSTEM, attached_case
from amends.web.console.app import console_app
from amends.web.process import serve, told


def main() -> None:
    """Serve the console."""
    share_one_heap()
    given = told()
    database = PooledDatabase(given["conninfo"])
    opened = replace(attached_case(Path(given["case"]), database), by=SYSTEM)
    site = Site(origin=given["origin"], development=bool(given["development"]))
    serve(console_app(opened, site), given["host"], int(given["port"]))


if __name__ == "__main__":
    main()
