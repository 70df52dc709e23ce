"""The case, who is at work on it, what runs."""

from typing import Final

from litestar import Response, get, post

from amends.access.model import Right
from amends.web.api import acting, model, reading
from amends.web.api.calls import ACTS, READS, Call, Key
from amends.web.api.parameters import Name, calls_of


@get("/me", responses=READS)
async def me(request: Call) -> Response[model.Me]:
    """Who is signed in, and what they may do."""
    return await calls_of(request).get(request, Right.HALT, reading.me)


@get("/views", responses=READS)
async def views(request: Call) -> Response[model.Views]:
    """Views of lists that the operator saved."""
    return await calls_of(request).get(request, Right.HALT, reading.views)


@post("/views", responses=ACTS)
async def save_view(request: Call, data: model.View, key: Key) -> Response[model.Done]:
    """Save a view of a list; one of the same page and name is replaced."""
    return await calls_of(request).post(
        request, Right.HALT, key=key, body=data, make=lambda desk: acting.save_view(desk, data)
    )


@post("/views/removals", responses=ACTS)
async def remove_view(request: Call, data: model.ViewName, key: Key) -> Response[model.Done]:
    """Remove a saved view; one that is not there is removed already."""
    return await calls_of(request).post(
        request, Right.HALT, key=key, body=data, make=lambda desk: acting.remove_view(desk, data)
    )


@get("/case", responses=READS)
async def case(request: Call) -> Response[model.Case]:
    """The case, its time, and how many people are in which state."""
    return await calls_of(request).get(request, Right.SEE, reading.case)


@get("/health", responses=READS)
async def health(request: Call) -> Response[model.Health]:
    """Version, time, length of the trail."""
    return await calls_of(request).get(request, Right.HALT, reading.health)


@get("/users", responses=READS)
async def users(request: Call) -> Response[model.Users]:
    """Operators with their roles and factors."""
    return await calls_of(request).get(request, Right.HALT, reading.users)


@post("/users", responses=ACTS)
async def add(request: Call, data: model.NewUser, key: Key) -> Response[model.Done]:
    """Make an operator with a key of their own."""
    return await calls_of(request).post(
        request, Right.MANAGE, key=key, body=data, make=lambda desk: acting.add_user(desk, data)
    )


@post("/users/{name:str}/roles", responses=ACTS)
async def roles(request: Call, name: Name, data: model.Roles, key: Key) -> Response[model.User]:
    """Give an operator exactly these roles."""
    return await calls_of(request).post(
        request,
        Right.MANAGE,
        key=key,
        body=data,
        make=lambda desk: acting.set_roles(desk, name, data),
    )


@post("/users/{name:str}/lock-out", responses=ACTS)
async def lock_out(request: Call, name: Name, key: Key) -> Response[model.Done]:
    """End every session of an operator, and let none of their factors count."""
    return await calls_of(request).post(
        request,
        Right.MANAGE,
        key=key,
        body=None,
        make=lambda desk: acting.lock_out(desk, name),
    )


@post("/users/{name:str}/invitations", responses=ACTS)
async def invite(request: Call, name: Name, key: Key) -> Response[model.Invitation]:
    """Make a link for a new passkey or code; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.MANAGE,
        key=key,
        body=None,
        make=lambda desk: acting.invite(desk, calls_of(request).sessions.site, name),
        secret=True,
    )


HANDLERS: Final = (
    me,
    views,
    save_view,
    remove_view,
    case,
    health,
    users,
    add,
    roles,
    lock_out,
    invite,
)
