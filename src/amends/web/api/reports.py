"""The report to the authorities, as PDF; it leaves as it leaves at the console."""

import hashlib
from base64 import b64encode
from typing import Annotated

from msgspec import Meta, Struct

from amends.access.model import Right
from amends.web.api.calls import Desk
from amends.web.api.operations import does
from amends.web.reporting import service as reporting


class ReportAsked(Struct, kw_only=True, forbid_unknown_fields=True):
    """In which language the report is made, which authority gets it, and what for."""

    recipient: Annotated[str, Meta(min_length=1, max_length=100)]
    language: Annotated[str, Meta(pattern="^(zh|en)$")] = "zh"
    purpose: Annotated[str, Meta(max_length=200)] = ""


class Printed(Struct, kw_only=True):
    """A PDF that leaves the case; the register of exports has its digest."""

    name: str
    media_type: str
    sha256: str
    content_base64: str


@does("/reports", Right.EXPORT, secret=True)
def report(desk: Desk, given: ReportAsked) -> Printed:
    """The report to the authorities as PDF, of this moment; entered in the register of exports."""
    file = reporting.report(
        desk.opened,
        "en" if given.language == "en" else "zh",
        recipient=given.recipient,
        purpose=given.purpose,
    )
    return Printed(
        name=file.name,
        media_type=file.media_type,
        sha256=hashlib.sha256(file.content).hexdigest(),
        content_base64=b64encode(file.content).decode(),
    )
