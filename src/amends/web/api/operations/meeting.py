"""People, and what they send."""

from typing import Final

from litestar import Response, get, post

from amends.access.model import Right
from amends.web.api import inbox, leaving, letters, model, people
from amends.web.api.calls import ACTS, FINDS, READS, Call, Key
from amends.web.api.parameters import (
    FIRST_STATE,
    FileId,
    Kind,
    Limit,
    PayeeState,
    PeopleLimit,
    PersonId,
    Place,
    Table,
    calls_of,
)
from amends.web.people import MOST


@get("/people/{person:str}", responses=FINDS)
async def person(request: Call, person: PersonId) -> Response[people.Person]:
    """A person, masked."""
    return await calls_of(request).get(request, Right.SEE, lambda desk: people.person(desk, person))


@post("/people/{person:str}/reveals", responses=ACTS)
async def reveal(
    request: Call, person: PersonId, data: model.Look, key: Key
) -> Response[people.Revealed]:
    """See a person's values, after the look is written down; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: people.reveal(desk, person, data),
        secret=True,
    )


@get("/inbox", responses=READS)
async def messages(
    request: Call, kind: Kind = "", place: Place = "", limit: Limit = 100
) -> Response[letters.Messages]:
    """Messages of the public forms, newest first, unopened."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: inbox.messages(desk, kind, place, limit)
    )


@post("/inbox/{number:int}/openings", responses=ACTS)
async def read_message(
    request: Call, number: Table, data: letters.Why, key: Key
) -> Response[letters.Letter]:
    """What a message says, after the look is written down; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: inbox.read(desk, number, data),
        secret=True,
    )


@post("/inbox/{number:int}/answers", responses=ACTS)
async def answer_message(
    request: Call, number: Table, data: letters.Telling, key: Key
) -> Response[model.Done]:
    """Tell the sender of a message how far it is; only their secret code shows it."""
    return await calls_of(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: inbox.answer(desk, number, data),
    )


@get("/scams", responses=READS)
async def reported(request: Call, limit: Limit = 100) -> Response[letters.ReportedCounts]:
    """How often numbers were reported, most first; a mark says that two are the same."""
    return await calls_of(request).get(request, Right.SEE, lambda desk: inbox.numbers(desk, limit))


@post("/scams/look-ups", responses=ACTS)
async def look_up_number(request: Call, data: letters.Number, key: Key) -> Response[letters.Times]:
    """How often a number was reported."""
    return await calls_of(request).post(
        request, Right.SEE, key=key, body=data, make=lambda desk: inbox.times(desk, data)
    )


@post("/scams/openings", responses=ACTS)
async def open_reports(
    request: Call, data: letters.Why, key: Key
) -> Response[letters.ReportedNumbers]:
    """Reported numbers, after the look is written down; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: inbox.opened(desk, data),
        secret=True,
    )


@post("/scams/handed-over", responses=ACTS)
async def hand_over_reports(request: Call, data: letters.Between, key: Key) -> Response[model.Done]:
    """Tell the senders of reports that the police has them, each once."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: inbox.handed_over(desk, data),
    )


@get("/people", responses=READS)
async def listed(
    request: Call, in_state: PayeeState = FIRST_STATE, place: Place = "", limit: PeopleLimit = MOST
) -> Response[people.People]:
    """People in a state; each page beyond the first is noted in the trail, so many a day."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: people.listed(desk, in_state, cursor=place, limit=limit)
    )


@get("/inbox/{number:int}", responses=FINDS)
async def message(request: Call, number: Table) -> Response[letters.MessageShown]:
    """One message, unopened, and what its sender was told."""
    return await calls_of(request).get(
        request, Right.REVEAL, lambda desk: inbox.message(desk, number)
    )


@post("/inbox/files/{file:str}", responses=ACTS)
async def take_attachment(
    request: Call, file: FileId, data: letters.Why, key: Key
) -> Response[leaving.Taken]:
    """A file that was sent along, after who takes it is in the trail; never kept."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: leaving.attachment(desk, file, data),
        secret=True,
    )


@post("/scams/files", responses=ACTS)
async def take_reports(
    request: Call, data: leaving.PoliceFile, key: Key
) -> Response[leaving.Report]:
    """The file for the police, when two people have signed; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: leaving.scam_reports(desk, data),
        secret=True,
    )


HANDLERS: Final = (
    person,
    reveal,
    messages,
    read_message,
    answer_message,
    reported,
    look_up_number,
    open_reports,
    hand_over_reports,
    listed,
    message,
    take_attachment,
    take_reports,
)
