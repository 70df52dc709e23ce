import base64
import functools
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from amends.awards.correcting import Reason
from amends.roster import entries
from amends.roster.entries import ANNULLED, OWN, Total
from amends_verify import audit, verify
from amends_verify.audit import Audit
from amends_verify.verify import MALFORMED, Policy, RosterError
from roster_logs import AMOUNT, APPROVERS, MadeLog, twenty

POLICY = Policy(twenty().policy.encode())
WRONG, ONE, TWO, COURT = 1, 2, 3, 5
MORE = 600_000


@pytest.fixture(autouse=True)
def _remembered_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signature is computed once: the same question has the same answer."""
    monkeypatch.setattr(verify, "signed", functools.cache(verify.signed))


def verdict(directory: Path) -> str:
    """What the audit says: the sentence, or the reason."""
    try:
        return Audit(directory, POLICY).run()
    except (RosterError, *MALFORMED) as reason:
        return f"no: {reason}"


def corrected() -> MadeLog:
    """Thirty people: one is owed more, one was found to be another; later that is undone."""
    log = MadeLog(people=30).begin()
    log.correct((3, 1, WRONG, MORE), (7, ANNULLED, ONE, 0))
    return log.correct((7, 0, TWO, AMOUNT), (9, 1, COURT, MORE))


def test_corrections_are_counted_with_their_reasons(tmp_path: Path) -> None:
    """A log with corrections that two keys signed is accepted, and the sentence says each why."""
    sentence = verdict(corrected().write(tmp_path))
    assert "30 awards of CNY 152,000.00, as promised" in sentence
    assert "CORRECTED: amount_wrong 1, two_were_one 1, one_was_two 1, court_decision 1" in sentence
    assert "in all +CNY 2,000.00. " in sentence
    assert verify.REASONS[1:] == [one.value for one in Reason]
    assert audit.ANNULLED == ANNULLED


def test_an_annulled_award_counts_for_nobody(tmp_path: Path) -> None:
    """People and money fall by one award; its state is open and in no sum."""
    log = MadeLog(people=40).begin().correct((7, ANNULLED, ONE, 0))
    states = [2] * 40
    states[7] = 7
    log.advance(states, [award for award in range(40) if award != 7])
    sentence = verdict(log.write(tmp_path))
    assert "39 awards of CNY 195,000.00, as promised" in sentence
    assert "settled 39." in sentence


def test_an_annulled_award_that_is_shown_otherwise_is_found(tmp_path: Path) -> None:
    """An award of which nothing is owed cannot be settled."""
    log = MadeLog(people=40).begin()
    log.correct(*((award, ANNULLED, ONE, 0) for award in range(20)))
    log.advance([2] * 40, range(20, 40))
    assert verdict(log.write(tmp_path)) == "no: an annulled award is not shown as open"


def test_a_payment_that_is_less_than_the_award_by_now_is_open(tmp_path: Path) -> None:
    """Thirty were paid and then owed more: they are open, and nothing is said to have come back."""
    log = MadeLog(people=60).begin().advance([2] * 60, range(60))
    log.correct(*((award, 1, WRONG, MORE) for award in range(30)))
    log.advance([7] * 30 + [2] * 30, partly=Total(count=30, amount_minor=30 * AMOUNT))
    assert "settled 30, open 30" in verdict(log.write(tmp_path))


def forty() -> MadeLog:
    """Forty people; each of the first thirty has an amount of their own from the beginning."""
    return MadeLog(people=40, own={award: AMOUNT + award + 1 for award in range(30)}).begin()


def test_as_many_amounts_as_there_are_awards_add_up(tmp_path: Path) -> None:
    """Awards and corrections with amounts of their own: SCOPE, states, batches and sums agree."""
    log = forty().correct((0, OWN, COURT, 7), (1, 0, WRONG, AMOUNT), (35, OWN, WRONG, MORE))
    log.advance([2] * 40, [*range(40)])
    owed = 40 * AMOUNT + sum(range(3, 31)) + 7 - AMOUNT + MORE - AMOUNT
    sentence = verdict(log.write(tmp_path))
    assert f"40 awards of CNY {owed / 100:,.2f}, as promised" in sentence
    assert "settled 30, open 10" in sentence  # of the class of the tariff there are ten
    assert json.loads(log.covered["stats/1.json"])["classes"]["30"]["settled"]["count"] == 30
    assert audit.OWN == OWN


Made = Callable[[], MadeLog]


def begun() -> MadeLog:
    """Thirty people."""
    return MadeLog(people=30).begin()


def without_scope() -> MadeLog:
    """A correction behind the last SCOPE."""
    log = begun().correct((3, 1, WRONG, MORE))
    del log.log[32]
    return log


def corrected_of(award: int) -> MadeLog:
    """A correction of an award by its index, whether it is there or not."""
    log = begun()
    log.classes.append(0)
    log.correct((award, ANNULLED, ONE, 0))
    return log


def other_reason() -> MadeLog:
    """A reason that was not approved."""
    log = begun().correct((3, 1, WRONG, MORE))
    log.log[-1] = log.log[-1][:6] + bytes([COURT]) + log.log[-1][7:]
    return log


def unfiled() -> MadeLog:
    """A correction whose decision is nowhere."""
    log = begun().correct((3, 1, WRONG, MORE))
    del log.covered["corrections/1.json"]
    return log


def one_more() -> MadeLog:
    """A correction that stands under a decision of others."""
    log = begun().correct((3, 1, WRONG, MORE))
    entry = entries.correction_entry(4, ANNULLED, ONE, 0, log.log[-1][15:])
    log.classes[4] = ANNULLED
    log.log[32:] = [log.scope(), *log.log[33:], entry]
    return log


def used_again() -> MadeLog:
    """A decision that is used for a second time."""
    log = begun().correct((3, 1, WRONG, MORE)).correct((3, 0, WRONG, AMOUNT))
    log.log += log.log[32:34]
    return log


def with_own_tariff() -> MadeLog:
    """A tariff that gives the class of own amounts to one."""
    log = begun()
    case = json.loads(log.covered["case.json"])
    case["tariff"][0]["class"] = OWN
    log.covered["case.json"] = json.dumps(
        case, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()
    log.log[0] = entries.case_entry(sha256(log.covered["case.json"]).digest())
    return log


def other_sum() -> MadeLog:
    """States that say another sum of own amounts than they have."""
    log = forty()
    log.own[0] += 1
    log.advance([2] * 40, [*range(40)])
    log.own[0] -= 1
    return log


FRAUDS: dict[str, Made] = {
    "an own amount of nothing": lambda: MadeLog(people=30, own={3: 0}).begin(),
    "an own amount that does not change": lambda: forty().correct((0, OWN, WRONG, AMOUNT + 1)),
    "an own class in the tariff": with_own_tariff,
    "another sum of own amounts": other_sum,
    "of an award that is not there": lambda: corrected_of(30),
    "a class without its amount": lambda: begun().correct((3, 1, WRONG, AMOUNT)),
    "an amount without its class": lambda: begun().correct((3, 0, WRONG, MORE)),
    "a class of two amounts": lambda: begun().correct((3, 1, WRONG, MORE), (4, 1, WRONG, 1)),
    "annulled with an amount": lambda: begun().correct((3, ANNULLED, ONE, 5)),
    "nothing without being annulled": lambda: begun().correct((3, 1, ONE, 0)),
    "a class beyond all": lambda: begun().correct((3, 32, WRONG, MORE)),
    "nothing changed": lambda: begun().correct((3, 0, WRONG, AMOUNT)),
    "no reason": lambda: begun().correct((3, 1, 0, MORE)),
    "an unknown reason": lambda: begun().correct((3, 1, 8, MORE)),
    "one approval": lambda: begun().correct((3, 1, WRONG, MORE), approvers=APPROVERS[:1]),
    "no approval": lambda: begun().correct((3, 1, WRONG, MORE), approvers=()),
    "one key twice": lambda: begun().correct((3, 1, WRONG, MORE), approvers=APPROVERS[:1] * 2),
    "another list": lambda: begun().correct(
        (3, 1, WRONG, MORE), body={"corrections_sha256": "0" * 64}
    ),
    "another case": lambda: begun().correct((3, 1, WRONG, MORE), body={"case": "silver"}),
    "another sum": lambda: begun().correct((3, 1, WRONG, MORE), body={"change_minor": 1}),
    "an award twice": lambda: begun().correct((3, 1, WRONG, MORE), (3, ANNULLED, ONE, 0)),
    "without a scope": without_scope,
    "another reason": other_reason,
    "without its decision": unfiled,
    "under a decision of others": one_more,
    "a decision twice": used_again,
}


@pytest.mark.parametrize("name", FRAUDS)
def test_a_false_correction_is_found_though_it_is_well_signed(tmp_path: Path, name: str) -> None:
    """What the company corrects without two people, or otherwise than they said, is found."""
    assert verdict(FRAUDS[name]().write(tmp_path)).startswith("no: ")


def test_a_signature_of_something_else_is_no_approval(tmp_path: Path) -> None:
    """Every byte of the file of a decision that is changed is found, also with a hash that fits."""
    log = begun().correct((3, 1, WRONG, MORE))
    content = log.covered["corrections/1.json"]
    at = content.index(b'"signature":"') + 20
    log.covered["corrections/1.json"] = content[:at] + b"00" + content[at + 2 :]
    digest = sha256(log.covered["corrections/1.json"]).digest()
    log.log[-1] = log.log[-1][:15] + digest
    assert verdict(log.write(tmp_path)) == "no: an approval is not signed"


def test_a_receipt_says_every_correction() -> None:
    """The amount as awarded, then each correction with its reason and entry."""
    log = corrected()
    sentence = verify.receipt(log.receipt(7).encode(), POLICY)
    assert "CORRECTED to CNY 0.00: two_were_one, entry 34" in sentence
    assert "CORRECTED to CNY 5,000.00: one_was_two, entry 36" in sentence
    assert "CORRECTED" not in verify.receipt(log.receipt(8).encode(), POLICY)


def test_a_receipt_with_another_correction_is_refused() -> None:
    """No amount, reason or proof of a correction can be changed, none moved to another award."""
    log = corrected()
    good = log.receipt(7)
    line = good.split("\n")[1]
    opening = json.loads(verify.unbase64(line.removeprefix("extra ")))
    changes: list[Callable[[dict[str, object]], None]] = [
        lambda one: one.update(amount_minor=1),
        lambda one: one.update(reason=COURT),
        lambda one: one.update(index=35),
        lambda one: one.update(path=[]),
        lambda one: one.update({"class": 1}),
    ]
    for change in changes:
        false = json.loads(verify.canonical(opening))
        change(false["corrections"][0])
        text = base64.b64encode(verify.canonical(false)).decode()
        with pytest.raises((RosterError, *MALFORMED)):
            verify.receipt(good.replace(line, f"extra {text}").encode(), POLICY)
    opening["corrections"] = []
    text = base64.b64encode(verify.canonical(opening)).decode()
    with pytest.raises(RosterError, match="another form"):
        verify.receipt(good.replace(line, f"extra {text}").encode(), POLICY)


@pytest.mark.parametrize("name", ["approvals", "body", "decision", "note", "v"])
def test_a_decision_has_its_four_fields_and_no_other(tmp_path: Path, name: str) -> None:
    """A field more in the file of a decision, or one less, is refused though its hash fits."""
    log = corrected()
    before = log.covered["corrections/1.json"]
    decision = json.loads(before)
    if name in decision:
        del decision[name]
    else:
        decision[name] = "and nobody has to know"
    after = log.covered["corrections/1.json"] = verify.canonical(decision)
    old, new = (sha256(content).digest() for content in (before, after))
    log.log = [entry.replace(old, new) for entry in log.log]
    assert verdict(corrected().write(tmp_path / "honest")).startswith("Verified")
    assert verdict(log.write(tmp_path / "false")).startswith("no: ")
