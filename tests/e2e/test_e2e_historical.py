import json
import shutil
from pathlib import Path

from e2e_commands import APPROVALS, Commands

PRACTICE = Path(__file__).parents[1] / "cases" / "historical"


def test_real_people_with_spelling_errors_go_the_whole_way(
    amends: Commands, tmp_path: Path
) -> None:
    """The practice case of real names runs to its end on the real clock, with exit 0.

    Nobody in it has a mobile number, so everybody affected is counted as needing something, and
    nothing is paid.
    """
    case = tmp_path / "historical"
    shutil.copytree(PRACTICE, case)
    amends.roots.append(case)
    report = json.loads(amends("run", case, "--json", *APPROVALS).stdout)
    counts = {stage["stage"]: stage["counts"] for stage in report["stages"]}
    assert report["status"] == "done"
    assert counts["award"]["awards"] == counts["determine"]["affected"] > 1_500
    assert counts["award"]["payees_needs_person"] == counts["award"]["awards"]
    assert counts["reconcile"]["settled"] == 0
    assert counts["reconcile"]["needs_person"] == counts["award"]["awards"]


def test_the_announcement_of_the_model_case_is_refused(amends: Commands, tmp_path: Path) -> None:
    """3,000,000 x 5,000 = 1.5 billion, said the announcement; it is refused with 15 billion."""
    case = tmp_path / "announcement"
    amends("synth", case, "--people", "60")
    amends.roots.append(case)
    text = (case / "case.toml").read_text(encoding="utf-8")
    promised = '[promise]\npeople = 3000000\ntotal = "CNY 1500000000.00"\n'
    (case / "case.toml").write_text(text.replace("[promise]\n", promised), encoding="utf-8")
    amends("run", case, "--until", "determine")
    for stage in ("award", "publish"):
        done = amends(stage, case, "--json", *APPROVALS, code=1)
        findings = done.stderr[done.stderr.index("promise: ") :].splitlines()
        assert "15,000,000,000.00" in findings[1]
        assert json.loads(done.stdout)["code"] == "promise"
