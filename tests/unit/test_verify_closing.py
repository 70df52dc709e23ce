"""SEAL and ERASED: a log ends once, when nothing is open, decided by two people."""

from collections.abc import Callable
from pathlib import Path

import pytest

from amends.roster import entries
from amends_verify.audit import Audit
from amends_verify.verify import MALFORMED, Policy, RosterError
from roster_logs import AMOUNT, APPROVERS, MadeLog

POLICY = Policy(MadeLog(people=1).policy.encode())
EVERYBODY = range(60)


def verdict(log: MadeLog, directory: Path) -> str:
    """What the audit says: the sentence, or the reason."""
    try:
        return Audit(log.write(directory), POLICY).run()
    except (RosterError, *MALFORMED) as reason:
        return f"no: {reason}"


def paid() -> MadeLog:
    """Sixty people, all paid."""
    return MadeLog(people=60).begin().advance([2] * 60, EVERYBODY)


def ended() -> MadeLog:
    """Sixty people: thirty have it, twenty wait, ten are hidden as too few to show."""
    states = [2] * 30 + [4] * 20 + [2] * 5 + [3] * 5
    return MadeLog(people=60).begin().advance(states, [*range(30), *range(50, 60)])


def test_a_sealed_and_an_erased_log_is_accepted_and_says_so(tmp_path: Path) -> None:
    """The sentence holds the final totals, and that keys are said to be destroyed."""
    log = paid().seal(owed=60, settled=60)
    sealed = verdict(log, tmp_path / "sealed")
    assert "SEALED: 60 awards of CNY 300,000.00; arrived 60 of CNY 300,000.00" in sealed
    assert "ERASED" not in sealed
    assert "ERASED: two say that the keys" in verdict(log.erase(), tmp_path / "erased")


def test_what_lies_with_a_notary_is_at_its_end(tmp_path: Path) -> None:
    """Awards that came back or wait for a person are deposited, hidden ones either way."""
    log = ended()

    told = entries.STATE.unpack(log.log[-1])[4:]
    assert told[2 * 7] == 5  # those that came back are too few to be shown
    log.seal(owed=60, settled=35, deposited=25)
    assert "arrived 35 of CNY 175,000.00; deposited 25 of CNY 125,000.00" in verdict(log, tmp_path)


@pytest.mark.parametrize(
    ("settled", "deposited", "reason"),
    [
        (34, 26, "totals are not those of the states"),
        (35, 19, "totals are not those of the states"),
        (41, 20, "more arrived than was paid"),
        (35, 26, "totals are not those of the states"),
    ],
)
def test_totals_that_states_and_payments_do_not_bear_are_refused(
    tmp_path: Path, settled: int, deposited: int, reason: str
) -> None:
    """More arrived than was paid, or less than is shown; more deposited than anybody waits for."""
    assert reason in verdict(ended().seal(owed=60, settled=settled, deposited=deposited), tmp_path)


def unfinished(state: int) -> MadeLog:
    """Sixty people, twenty of whom are in another state."""
    states = [2] * 40 + [state] * 20
    return MadeLog(people=60).begin().advance(states, EVERYBODY if state == 1 else range(40))


@pytest.mark.parametrize("state", [0, 1, 5])
def test_a_seal_while_somebody_waits_is_refused(tmp_path: Path, state: int) -> None:
    """Promised, under way, disputed: the log cannot end."""
    log = unfinished(state).seal(owed=60, settled=40, deposited=20)
    assert "awards are not at their end" in verdict(log, tmp_path)


REFUSED: dict[str, tuple[Callable[[], MadeLog], str]] = {
    "one key": (
        lambda: paid().seal(owed=60, settled=60, approvers=APPROVERS[:1] * 2),
        "the seal was not approved by two",
    ),
    "other figures": (
        lambda: paid().seal(owed=60, settled=60, body={"settled": 59}),
        "the seal was approved of other figures",
    ),
    "another case": (
        lambda: paid().seal(owed=60, settled=60, body={"case": "other"}),
        "the seal was approved of other figures",
    ),
    "another promise": (lambda: paid().seal(owed=61, settled=60), "SEAL and SCOPE"),
    "twice": (
        lambda: paid().seal(owed=60, settled=60).seal(owed=60, settled=60),
        "does not end with SEAL",
    ),
    "a state after it": (
        lambda: paid().seal(owed=60, settled=60).advance([2] * 60),
        "does not end with SEAL",
    ),
    "a correction after it": (
        lambda: paid().seal(owed=60, settled=60).correct((0, 1, 1, 600_000)),
        "does not end with SEAL",
    ),
    "claims after it": (
        lambda: paid().seal(owed=60, settled=60).claim({0: 7}),
        "does not end with SEAL",
    ),
    "erased without a seal": (lambda: paid().erase(), "does not end with SEAL"),
    "erased twice": (
        lambda: paid().seal(owed=60, settled=60).erase().erase(),
        "does not end with SEAL",
    ),
    "erased by one": (
        lambda: paid().seal(owed=60, settled=60).erase(approvers=APPROVERS[:1]),
        "the erase was not approved by two",
    ),
    "erased of another seal": (
        lambda: paid().seal(owed=60, settled=60).erase({"seal_sha256": "00" * 32}),
        "the erase was approved of other figures",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_end_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing follows SEAL but ERASED, once; both are of this case, and two keys signed each."""
    made, reason = REFUSED[name]
    assert reason in verdict(made(), tmp_path)


def test_an_award_after_the_seal_is_refused(tmp_path: Path) -> None:
    """A late award, too, though the quick way reads it."""
    log = paid().seal(owed=60, settled=60)
    log.log.append(entries.award_entry(0, AMOUNT, bytes(32)))
    log.sizes.append(len(log.log))
    assert "does not end with SEAL" in verdict(log, tmp_path)
