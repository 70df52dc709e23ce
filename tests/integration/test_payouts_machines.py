"""Two machines: what their workers share is a database, copies of the case's folder, a provider."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from amends.funding.receiving import import_statements
from amends.funding.service import release
from amends.kernel.money import Money
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.service import export_payments
from amends.vault.opened import OpenCase, open_case
from fake_provider import limits
from made_alipay import AlipayProcess
from made_awards import make_awards
from made_cases import MINIMAL_CASE, CaseDirectory
from made_statements import ACCOUNT, camt, line, statement

PEOPLE = 120
PROMISED = "CNY 600000.00"
CALLS_PER_SECOND = 40
FUNDING_MINOR, HELD = 100_000_000, "CNY 1000000.00"


@dataclass(frozen=True, slots=True)
class Machine:
    """A copy of the case's folder, and places of its own for everything else."""

    case: Path
    home: Path

    def starts(self) -> "subprocess.Popen[str]":
        """`amends work`, as an operator types it there."""
        own = {"HOME": str(self.home), "TMPDIR": str(self.home)}
        return subprocess.Popen(
            [sys.executable, "-m", "amends", "work", str(self.case), "--share", "0.5"],
            env=os.environ | own,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def machine(root: Path, at: Path) -> Machine:
    """A machine to which the case's folder was copied; nothing of it is left where it came from."""
    home = at / "home"
    home.mkdir(parents=True)
    return Machine(Path(shutil.copytree(root, at / "case")), home)


def real(root: Path, alipay: AlipayProcess) -> Path:
    """A case whose payments are approved, on the real clock, by a provider that is called."""
    text = MINIMAL_CASE.replace("[funding]\n", f'[funding]\naccount = "{ACCOUNT}"\n')
    (root / "case.toml").write_text(text, encoding="utf-8")
    bank = root / "escrow.xml"
    bank.write_bytes(camt(statement([line(FUNDING_MINOR, "paid in")])))
    with open_case(root, approve_as=("anna", "bert")) as opened:
        make_awards(opened, PEOPLE, spread=250, declared=False)
        import_statements(opened, [bank])
        release(opened, Money.parse(PROMISED))
        plan_payable(opened, [limits()])
        approve_planned(opened)
    rail = (
        f'kind = "alipay"\nkeys = "keys"\ngateway = "{alipay.url}"\n'
        f"calls_per_second = {CALLS_PER_SECOND}\n"
    )
    text = text.replace('kind = "simulator"\nprotocol = "alipay"\n', rail)
    (root / "case.toml").write_text(text.replace('clock = "simulated"\n', ""), encoding="utf-8")
    shutil.copytree(alipay.keys, root / "keys")
    return root


@contextmanager
def ended(*workers: "subprocess.Popen[str]") -> Iterator[None]:
    """No worker outlives its test."""
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def at_work(opened: OpenCase) -> int:
    """How many commands hold chunks now."""
    with opened.database.reading() as connection:
        (found,) = connection.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE locktype = 'advisory' AND classid = x'63686e6b'::integer::oid "
            "AND objsubid = 2 AND datname = current_database()"  # docs/locking.md
        ).fetchall()
    return int(str(found[0]))


def test_payouts_two_machines_share_a_database_and_a_provider(
    case_directory: CaseDirectory, tmp_path: Path
) -> None:
    """Both are at work at once, without a coordinator; everybody is paid, once."""
    books = tmp_path / "provider"
    with AlipayProcess("--state", str(books), "--balance", HELD) as alipay:
        root = real(case_directory(), alipay)
        machines = [machine(root, tmp_path / name) for name in ("one", "other")]
        shutil.move(root, tmp_path / "away")
        workers = [one.starts() for one in machines]
        most = 0
        with ended(*workers), open_case(machines[0].case) as opened:
            until = time.monotonic() + 120
            while any(one.poll() is None for one in workers) and time.monotonic() < until:
                most = max(most, at_work(opened))
                time.sleep(0.05)
            assert [one.returncode for one in workers] == [0, 0], [
                one.communicate() for one in workers
            ]
            payments = export_payments(opened).to_pylist()
        with closing(sqlite3.connect(books / "alipay.sqlite")) as book:
            numbers = book.execute("SELECT number, status FROM orders").fetchall()
    assert most == len(machines)
    assert len(dict(numbers)) == len(numbers) == PEOPLE
    assert {status for _, status in numbers} == {"SUCCESS"}
    assert {one["instruction_id"] for one in payments} == dict(numbers).keys()
    assert {one["state"] for one in payments} == {"settled"}
