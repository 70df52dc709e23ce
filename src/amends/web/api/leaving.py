"""Files: reports and what senders sent along; each leaves as it leaves at the console."""

import hashlib
from base64 import b64encode
from typing import Annotated

from msgspec import Meta, Struct

from amends.access.model import Ground, Right
from amends.governance import service as governance
from amends.inbox import opening
from amends.kernel.saying import said
from amends.web import leaving
from amends.web.api import letters, model
from amends.web.api.calls import Desk
from amends.web.api.operations import does
from amends.web.api.parameters import FileId, Number


class PoliceFile(letters.Between, kw_only=True, forbid_unknown_fields=True):
    """Reports among these messages, and which police station gets them."""

    recipient: Annotated[str, Meta(min_length=1, max_length=100)]


class Receipt(model.Look, kw_only=True, forbid_unknown_fields=True):
    """Why a person's receipt is taken, and as what: a file to check, or a page to print."""

    form: Annotated[str, Meta(pattern="^(file|page)$")] = "file"


class Report(Struct, kw_only=True):
    """A text that leaves the case; the register of exports has its digest."""

    name: str
    media_type: str
    sha256: str
    text: str


class Taken(Struct, kw_only=True):
    """A file that a sender sent along, as it came; look at it in a sandbox."""

    name: str
    sha256: str
    content_base64: str


@does("/decisions/files", Right.EXPORT, secret=True)
def decisions(desk: Desk) -> Report:
    """The decision log as CSV; entered in the register of exports."""
    return report(leaving.decisions(desk.opened))


@does("/exports/files", Right.EXPORT, secret=True)
def register(desk: Desk) -> Report:
    """The register of exports as CSV; that it leaves is its next line."""
    return report(leaving.register(desk.opened))


@does("/evidence/custody-reports", Right.EXPORT, secret=True)
def custody(desk: Desk) -> Report:
    """The chain of custody; entered in the register of exports."""
    return report(leaving.custody(desk.opened))


@does("/payments/{number:str}/receipts", Right.REVEAL, secret=True)
def receipt(desk: Desk, number: Number, given: Receipt) -> Report:
    """A person's receipt, after the look is written down."""
    return report(
        leaving.receipt(
            desk.opened,
            number,
            printed=given.form == "page",
            ground=Ground(given.ground),
            reason=given.reason,
        )
    )


@does("/scams/files", Right.REVEAL, secret=True)
def scam_reports(desk: Desk, given: PoliceFile) -> Report:
    """The file for the police, when two people have signed."""
    first, last = given.first, given.last
    purpose = said("messages {first} to {last}, for the police", first=first, last=last)
    return report(
        leaving.scam_reports(
            desk.opened,
            first=first,
            last=last,
            recipient=given.recipient.strip(),
            purpose=str(purpose),
        )
    )


@does("/inbox/files/{file:str}", Right.REVEAL, secret=True)
def attachment(desk: Desk, file: FileId, given: letters.Why) -> Taken:
    """A file that was sent along, after who takes it and why is in the trail."""
    governance.refuse_numbers(given.reason)
    content = opening.open_attachment(
        desk.opened, file, by=desk.session.operator, reason=given.reason
    )
    return Taken(
        name=f"{file}.bin",
        sha256=hashlib.sha256(content).hexdigest(),
        content_base64=b64encode(content).decode(),
    )


def report(file: leaving.Sent) -> Report:
    """A file as it goes over the wire."""
    return Report(
        name=file.name,
        media_type=file.media_type.partition(";")[0],
        sha256=hashlib.sha256(file.content).hexdigest(),
        text=file.content.decode(),
    )
