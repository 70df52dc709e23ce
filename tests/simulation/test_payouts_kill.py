"""`kill -9` at every step of the protocol, with the provider's own record as the witness."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from amends.payouts.service import export_payments
from amends.vault.opened import open_case
from made_awards import make_awards
from made_cases import MINIMAL_CASE, CaseDirectory

PEOPLE = 64
NEEDS_PERSON = 4
CASE = MINIMAL_CASE + 'faults = "faults.toml"\n'
FAULTS = b"""
seed = 5
[lost_request]
rate = 0.1
[lost_answer]
rate = 0.1
[dealing]
rate = 0.15
after = "PT20M"
fail = 0.3
[returned]
rate = 0.1
after = "P2D"
[name_mismatch]
rate = 0.05
[query_not_exist_first]
rate = 0.1
[callback_duplicate]
rate = 0.5
"""
PLACES = (
    ("pay", "amends.payouts.planning.plan_store:insert_plan", "after", 1),
    ("pay", "amends.payouts.paying:_open_rail", "after", 1),
    ("pay", "amends.payouts.planning.plan:require_approval", "after", 1),
    ("pay", "amends.payouts.planning.plan_store:approve_plan", "after", 1),
    ("pay", "amends.payouts.sending.store:claim_chunks", "after", 1),
    ("pay", "amends.payouts.sending.store:mark_sending", "after", 1),
    ("pay", "amends.payouts.sending.dispatch:begin_chunks", "after", 1),
    ("pay", "amends.payouts.rails.alipay:AlipayRail.submit", "before", 3),
    ("pay", "amends.payouts.rails.alipay:AlipayRail.submit", "after", 2),
    ("pay", "amends.payouts.sending.store:apply_changes", "after", 1),
    ("pay", "amends.payouts.sending.dispatch:record_results", "after", 1),
    ("pay", "amends.payouts.sending.questions:begin_again", "after", 1),
    ("pay", "amends.payouts.rails.alipay:AlipayRail.query", "after", 2),
    ("reconcile", "amends.payouts.reconciling.bill_packs:insert_packs", "after", 1),
    ("reconcile", "amends.payouts.reconciling.reconcile:apply_results", "after", 1),
    ("reconcile", "amends.payouts.reconciling.reconcile:import_bill", "after", 2),
)


def _run(root: Path, stage: str, *place: str) -> "subprocess.CompletedProcess[str]":
    driver = Path(__file__).with_name("kill_at.py")
    return subprocess.run(
        [sys.executable, str(driver), str(root), stage, *place],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _provider_record(root: Path) -> dict[str, str]:
    """What became of each number, in the provider's own books."""
    books = root / "amends" / "simulators" / "alipay" / "alipay.sqlite"
    with sqlite3.connect(f"file:{books}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT number, status FROM orders").fetchall()
    connection.close()
    assert len({number for number, _ in rows}) == len(rows)
    return dict(rows)


@pytest.mark.whole
def test_payouts_killed_at_every_step_pay_everybody_once(case_directory: CaseDirectory) -> None:
    """Killed at each step of the protocol in turn, the next run goes on; nobody is paid twice."""
    root = case_directory(CASE, {"faults.toml": FAULTS})
    with open_case(root) as opened:
        make_awards(opened, PEOPLE, needs_person=NEEDS_PERSON, spread=130)
    for stage, function, when, nth in PLACES:
        if function.endswith("insert_packs"):
            assert _run(root, "pay").returncode == 0
        died = _run(root, stage, function, when, str(nth))
        assert died.returncode == -signal.SIGKILL, f"{function} was not reached: {died.stderr}"
    assert _run(root, "pay").returncode == 0
    last = _run(root, "reconcile")
    counts = json.loads(last.stdout)
    with open_case(root) as opened:
        payments = export_payments(opened).to_pylist()
    assert len({one["award_index"] for one in payments}) == len(payments) == PEOPLE - NEEDS_PERSON
    told = {"SUCCESS": "settled", "REFUND": "returned", "FAIL": "refused"}
    theirs = {number: told[status] for number, status in _provider_record(root).items()}
    ours = {one["instruction_id"]: one["state"] for one in payments}
    assert {number: state for number, state in ours.items() if number in theirs} == theirs
    assert {state for number, state in ours.items() if number not in theirs} <= {"refused"}
    assert counts["open"] == counts["exceptions"] == counts["unproved"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
