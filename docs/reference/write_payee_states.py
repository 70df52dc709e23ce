"""Writes docs/reference/payee-states.md from the states and moves of the code: `make docs`."""

from pathlib import Path

from amends.payees.machine import ARROWS, GENERAL, Move, possible
from amends.payees.model import Situation
from amends.payees.states import ABOUT, FINAL, INITIAL, Clock

PAGE = Path(__file__).with_name("payee-states.md")
HEAD = """# The states of a payee

This page is drawn from the code (`make docs` writes it anew). What the states mean for people is in
[who is paid](../explanations/payees.md), how to move somebody in the
[runbook](../runbooks/payees.md). CN-CC-19 is article 19 of the Civil Code (民法典); CN-SMALL is the
notice on small deposits of the dead, CN-WALLET the measure on wallet classes, CN-ATF the Anti-Fraud
Law, CN-NBPI the regulation on non-bank payment; POLICY is a choice of Amends.

Whoever has not died can die, and about whoever is not at an end a doubt can arise; these arrows are
in the table and not in the drawing.
"""


def page() -> str:
    """The text of the page."""
    return "\n".join([HEAD, *_drawing(), *_states(), *_moves()]) + "\n"


def _drawing() -> list[str]:
    """The arrows, as Mermaid draws them."""
    general = set(GENERAL)
    arrows = [
        f"    {move.origin} --> {move.target}: {move.event}"
        for move in ARROWS
        if move not in general
    ]
    begins = [f"    [*] --> {state}" for state in INITIAL]
    ends = [f"    {state} --> [*]" for state in FINAL]
    return ["```mermaid", "stateDiagram-v2", *begins, *arrows, *ends, "```", ""]


def _states() -> list[str]:
    """A row per state."""
    rows = ["## States", "", "| state | who receives | reason | clock | events that can come |"]
    rows.append("|---|---|---|---|---|")
    for state in Situation:
        about = ABOUT[state]
        events = ", ".join(move.event for move in possible(state)) or "-"
        rows.append(
            f"| `{state}` | {about.recipient or '-'} | {about.reason or '-'} "
            f"| {_clock(about.clock)} | {events} |"
        )
    return [*rows, ""]


def _moves() -> list[str]:
    """A row per event and state that it leads to; states that it comes from together."""
    rows = [
        "## Moves",
        "",
        "| event | from | to | who may say it | rests on | papers | statements |",
    ]
    rows.append("|---|---|---|---|---|---|---|")
    alike: dict[tuple[str, ...], list[str]] = {}
    for move in ARROWS:
        alike.setdefault(_what(move), []).append(move.origin)
    for (event, target, actor, basis, papers, statements), origins in alike.items():
        rows.append(
            f"| {event} | {', '.join(origins)} | {target} | {actor} | {basis} | {papers} "
            f"| {statements} |"
        )
    return rows


def _what(move: Move) -> tuple[str, ...]:
    """All of a move but where it comes from."""
    papers = "; ".join(" or ".join(sorted(group)) for group in move.papers) or "-"
    statements = ", ".join(sorted(move.statements)) or "-"
    return (move.event, move.target, move.actor, move.basis, papers, statements)


def _clock(clock: Clock | None) -> str:
    """By when, and what then."""
    if clock is None:
        return "-"
    length = f"{clock.years} years" if clock.years else f"{clock.days} days"
    return f"{length}, then {clock.then or 'a person acts'} ({clock.basis})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
