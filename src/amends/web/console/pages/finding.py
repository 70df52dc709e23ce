"""The search field: a payment's number, an award, a person, a proposal."""

from amends.access.model import Right
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.payouts.showing import shown as payouts
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Answer, Elsewhere, Note, View

_PERSON = 26
_DIGEST_LEAST = 6


def find(desk: Desk) -> Answer:
    """Go to what the words name."""
    word = desk.word("q")
    if word.isascii() and word.isdigit() and len(word) < 10:  # noqa: PLR2004 -- an award's index
        return Elsewhere(to=f"/awards/{int(word)}")
    if len(word) == _PERSON and word.isascii() and word.isalnum():
        return Elsewhere(to=f"/people/{word}")
    try:
        return Elsewhere(to=f"/payments/{payouts.payment_row(desk.opened, word).instruction_id}")
    except AmendsError:
        pass
    if len(word) >= _DIGEST_LEAST and all(sign in "0123456789abcdef" for sign in word):
        return Elsewhere(to=f"/approvals/{word}")
    return View(
        title=desk.say(said("Nothing found")),
        parts=[
            Note(
                text=desk.say(
                    said(
                        "Name a payment by its whole number, an award by its index, a person by "
                        "the whole id, a proposal by at least six signs of its digest."
                    )
                )
            )
        ],
    )


PAGES = (Page(path="/find", right=Right.SEE, show=find),)
