"""What was received, to be saved: the confirmation of a claim as PDF.

It is made of what the page shows, reference and secret code, and of our own sentences. It is kept
nowhere and stands in no address. Typst is loaded when the first one is asked for.
"""

import asyncio
import json
from datetime import datetime
from typing import Final

from litestar import Response

from amends.inbox.model import Receipt
from amends.kernel.saying import said
from amends.printing import service as printing
from amends.printing.model import Document, Heading, Items, Key, Paragraph
from amends.web.headers import PUBLIC
from amends.web.public.baked import Baked
from amends.web.public.desk import Desk
from amends.web.saying import PageLanguage, sentence, time

NAME: Final = "confirmation.pdf"
"""The name of the file: nothing of the message."""
_PROGRESS: Final = "data/progress.json"


async def saved(desk: Desk, language: PageLanguage, receipt: Receipt) -> Response[bytes]:
    """The confirmation as a file, which nobody keeps but who asked for it."""
    document = confirmation(language, receipt, desk.now(), exercise=_is_simulated(desk.baked))
    async with desk.press:
        content = await asyncio.to_thread(printing.pdf, document)
    return Response(
        content,
        media_type=printing.MEDIA_TYPE,
        headers={
            **dict(PUBLIC),
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{NAME}"',
        },
    )


def confirmation(
    language: PageLanguage, receipt: Receipt, now: datetime, *, exercise: bool
) -> Document:
    """The confirmation of a claim. *exercise*: no real money moves in this case."""
    steps = (
        said("A person reads what you wrote, not a program."),
        said(
            "If something is missing we ask, the way you told us. We never ask for a password, a "
            "one-time code or money."
        ),
        said("You get the decision in writing, with its reasons, and how to object."),
    )
    return Document(
        language=language,
        title=sentence(said("We have received it"), language),
        subtitle=time(now, language),
        author="",
        made_at=now.replace(microsecond=0),
        foot=sentence(
            said("Been cheated? Police 110. Not sure about a call? Anti-fraud line 96110."),
            language,
        ),
        warning=sentence(said("Simulated exercise: no real people, no real money."), language)
        if exercise
        else "",
        numbered=False,
        parts=(
            Heading(text=sentence(said("Reference"), language)),
            Key(text=receipt.reference),
            Heading(text=sentence(said("Your secret code for this message"), language)),
            Key(text=receipt.secret),
            Paragraph(
                text=sentence(
                    said(
                        "With this code alone you can see later how far this claim is, on the page "
                        "“What became of my message?”. Keep this file where nobody else sees it. "
                        "Nobody can show the code to you again, not even we."
                    ),
                    language,
                )
            ),
            Heading(text=sentence(said("What happens now"), language)),
            Items(items=[sentence(one, language) for one in steps]),
            Paragraph(
                text=sentence(
                    said("The police report can follow later. Keep your papers."), language
                )
            ),
        ),
    )


def _is_simulated(baked: Baked) -> bool:
    """Whether the published figures say that no real money moves."""
    return bool(json.loads(baked.body(_PROGRESS) or b"{}").get("simulated"))
