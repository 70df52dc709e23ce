"""Workers that are processes of their own share the chunks of one database by themselves."""

import os
import subprocess
import sys
from pathlib import Path

import paced_worker
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.vault.opened import open_case
from fake_provider import limits
from made_awards import make_awards
from made_cases import CaseDirectory

PEOPLE = 80
CALLS_PER_SECOND = 40
WORKERS = 2


def test_payouts_two_workers_share_the_chunks_and_the_quota(
    case_directory: CaseDirectory, tmp_path: Path
) -> None:
    """Each pays some, nobody is paid by both, and no second has more calls than all may make."""
    root, calls = case_directory(), tmp_path / "calls"
    with open_case(root, approve_as=("anna", "bert")) as opened:
        make_awards(opened, PEOPLE, spread=250)
        plan_payable(opened, [limits()])
        approve_planned(opened)
    share = [str(root), str(calls), str(CALLS_PER_SECOND / WORKERS)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    workers = [
        subprocess.Popen([sys.executable, paced_worker.__file__, *share], env=environment)
        for _ in range(WORKERS)
    ]
    assert [worker.wait(60) for worker in workers] == [0] * WORKERS
    lines = [line.split() for line in calls.read_text().splitlines()]
    assert {int(process) for _, process, _ in lines} == {worker.pid for worker in workers}
    assert len({number for *_, number in lines}) == len(lines) == PEOPLE
    begun = sorted(float(at) for at, *_ in lines)
    assert all(
        later - earlier >= 1.0
        for earlier, later in zip(begun, begun[CALLS_PER_SECOND:], strict=False)
    )
