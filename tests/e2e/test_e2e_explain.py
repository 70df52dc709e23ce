"""Every person of the model case can be told in words what they get, why, and who receives it."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from amends.kernel.money import Money
from amends.reasons.service import Found, explain
from amends.reasons.words import REASONS, RECIPIENTS, told
from amends.store.place import STATE_VARIABLE
from amends.vault.opened import open_case
from e2e_commands import Commands

_LONG_NUMBER = re.compile(r"(?<![0-9a-z])[0-9]{11,}(?![0-9a-z])")


def test_every_person_is_explained_with_amount_payee_and_reason(
    amends: Commands,
    finished_case: Path,
    exported: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Award and payee as the database has them stand in the words; no identifier does."""
    monkeypatch.setenv(STATE_VARIABLE, amends.environment[STATE_VARIABLE])
    monkeypatch.delenv("AMENDS_DATABASE_URL", raising=False)
    with exported("awards.csv").open(encoding="utf-8", newline="") as file:
        awards = {row["person_id"]: row for row in csv.DictReader(file)}
    assert len(awards) >= 290
    with open_case(finished_case) as opened:
        with opened.database.reading() as connection:
            payees = {
                str(person): (state, str(kind), str(reason))
                for person, state, kind, reason in connection.execute(
                    "SELECT person_id, state, kind, reason FROM payees.standing"
                )
            }
        found = Found(opened)
        for person, row in awards.items():
            story = explain(opened, person, found)
            text = "\n".join(told(story, "en"))
            amount = Money(amount_minor=int(row["amount_minor"]), currency=row["currency"])
            assert f"Award {row['award_index']}: {amount.display()}." in text
            assert f"not their sum: {amount.display()}, by tariff flat, version 1" in text
            state, kind, reason = payees[person]
            why = RECIPIENTS[kind] if state == "payable" else REASONS[reason]
            assert why in text
            assert "li.na, wang.wei" in text
            assert "Rows of evidence/" in text
            assert not _LONG_NUMBER.search(text), text
            chinese = "\n".join(told(story, "zh"))
            assert amount.display() in chinese
        assert {state for state, *_ in payees.values()} == {"payable", "needs_person"}


def test_explain_is_a_command_by_person_and_by_award(
    amends: Commands, finished_case: Path, exported: Callable[[str], Path]
) -> None:
    """Both lead to one person; who is nobody is refused."""
    with exported("awards.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    by_award = json.loads(amends("explain", finished_case, row["award_index"], "--json").stdout)
    assert by_award["person_id"] == row["person_id"]
    assert any(f"第 {row['award_index']} 号赔偿决定" in line for line in by_award["words"]["zh"])
    refused = amends("explain", finished_case, "999999", "--lang", "zh", code=1)
    assert "unknown_person: 没有第 999999 号赔偿决定" in refused.stderr


def test_a_tariff_that_looks_at_ages_is_simulated_on_the_model_case(
    amends: Commands, finished_case: Path
) -> None:
    """Children are found in the registries; nobody is left out."""
    done = amends("award", "simulate", finished_case, "--tariff", "tiers", "--json")
    (tiers,) = json.loads(done.stdout)["tariffs"]
    people = {each["scenario"]: each["people"] for each in tiers["scenarios"]}
    assert sum(people.values()) == tiers["people"]
    assert people["child"] > 0
