"""The inbox of the public forms: what came, and what its senders are told."""

from pathlib import Path

import click

from amends.cli.output import BY, print_json, say
from amends.inbox import answering, opening
from amends.inbox.model import AnswerState, Message
from amends.inbox.words import KINDS, STATES, UNOPENED
from amends.kernel.saying import Said, said
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")
_SHOWN = 85


@click.group()
def inbox() -> None:
    """What people sent by the public forms, and what they are told of it. Contents stay sealed."""


@inbox.command("list")
@_CASE
@click.option("--before", type=click.IntRange(min=1), help="Only messages below this number.")
@_JSON
def inbox_list(case: Path, before: int | None, *, as_json: bool) -> None:
    """List messages, the newest first, and what their senders were told last."""
    with open_case(case) as opened:
        found = opening.messages(opened, before=before, most=_SHOWN)
        last = answering.last_told(opened, [one.message_no for one in found])
    if as_json:
        print_json(
            {
                "messages": [
                    {
                        "message": one.message_no,
                        "reference": one.reference,
                        "kind": one.kind.value,
                        "received_at": one.received_at.isoformat(),
                        "state": last.get(one.message_no),
                    }
                    for one in found
                ]
            }
        )
        return
    for one in found:
        state = last.get(one.message_no)
        say(_line(one, STATES[state] if state else UNOPENED))
    if not found:
        say(said("nothing has come in"))


def _line(message: Message, state: Said) -> Said:
    return said(
        "{message_no}  {reference}  {day}  {kind}: {state}",
        message_no=message.message_no,
        reference=message.reference,
        day=message.received_at.date().isoformat(),
        kind=KINDS[message.kind],
        state=state,
    )


@inbox.command("answer")
@_CASE
@click.argument("message", type=click.IntRange(min=1))
@click.option(
    "--state",
    type=click.Choice([one.value for one in AnswerState]),
    required=True,
    help="How far the message is.",
)
@click.option(
    "--words",
    metavar="TEXT",
    default="",
    help="What the sender has to know beside it, at most 400 characters.",
)
@BY
@_JSON
def inbox_answer(
    case: Path, message: int, state: str, words: str, by: str | None, *, as_json: bool
) -> None:
    """Tell the sender of MESSAGE how far it is; only their secret code shows it to them.

    The words are held against the rules for texts to the public. Who wrote them stands in the
    audit trail.
    """
    with open_case(case, by=by) as opened:
        told = answering.answer(opened, message, AnswerState(state), words, by=opened.by)
    if as_json:
        print_json({"message": message, "reference": told.reference, "state": state})
        return
    say(
        said(
            "the sender of {reference} is told: {state}",
            reference=told.reference,
            state=STATES[AnswerState(state)],
        )
    )
