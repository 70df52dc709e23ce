"""How a function becomes an operation of the interface: by an address, a right, and its own words.

Its first parameter is who calls, at a desk over the open case. The others are those of the address,
with their types and defaults; ``given`` is the body of a post. Its return type is the answer, its
docstring's first line the summary.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from typing import Any, Final, get_type_hints

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from amends.access.model import Right
from amends.web.ahead import Coming, Way
from amends.web.api.calls import ACTS, FINDS, READS, Call, Calls, Key

Make = Callable[..., Any]

RIGHT: Final = "right"
"""Under which a handler's options name the right that it asks for."""
AHEAD: Final = "ahead"
"""Under which they say how they are answered ahead of Litestar, where an index answers them."""
BASE: Final = "/api/v1"
_GIVEN: Final = "given"
_BODY: Final = "data"  # as Litestar calls it


def asks(path: str, right: Right, *, finds: bool = False) -> Callable[[Make], HTTPRouteHandler]:
    """A question. *finds*: about one thing, which there may not be.

    A coroutine function is asked on the loop, of the connections that answer by an index.
    """

    def operation(make: Make) -> HTTPRouteHandler:
        quick = inspect.iscoroutinefunction(make)

        async def handler(request: Call, **words: object) -> Response[Any]:
            calls = _calls_of(request)
            if quick:
                return await calls.get_quick(request, right, lambda lines: make(lines, **words))
            return await calls.get(request, right, lambda desk: make(desk, **words))

        _sign(handler, make)
        made = get(path, responses=FINDS if finds else READS, **_told(make, right))(handler)
        if quick:
            made.opt[AHEAD] = _ahead(path, right, make)
        return made

    return operation


def ways(handlers: Iterable[HTTPRouteHandler], calls: Calls) -> dict[str, Way]:
    """How *calls* answers what an index answers of them, by what its addresses begin with."""
    quick = (one.opt[AHEAD] for one in handlers if AHEAD in one.opt)
    return {begin: way(calls) for begin, way in quick}


def _ahead(path: str, right: Right, make: Make) -> tuple[str, Callable[[Calls], Way]]:
    """What the addresses of a question begin with that end in its one parameter, and its way."""
    folder, _, last = path.rpartition("/")
    name, begin = last.strip("{}").partition(":")[0], f"{BASE}{folder}/"
    [parameter] = get_type_hints(make, include_extras=True)[name].__metadata__
    fits = re.compile(parameter.pattern)

    def way(calls: Calls) -> Way:
        def answered(request: Call) -> Coming | None:
            word = request.scope["path"][len(begin) :]
            if request.scope["query_string"] or not fits.fullmatch(word):
                return None
            return calls.get_quick(request, right, lambda lines: make(lines, **{name: word}))

        return answered

    return begin, way


def does(path: str, right: Right, *, secret: bool = False) -> Callable[[Make], HTTPRouteHandler]:
    """Something to do, once under its key. *secret*: no answer is kept to be given again."""

    def operation(make: Make) -> HTTPRouteHandler:
        async def handler(request: Call, key: str, **words: Any) -> Response[Any]:  # noqa: ANN401
            body = words.pop(_BODY, None)
            if body is not None:
                words[_GIVEN] = body
            return await _calls_of(request).post(
                request,
                right,
                key=key,
                body=body,
                make=lambda desk: make(desk, **words),
                secret=secret,
            )

        _sign(handler, make, key=Key)
        once = "The answer is not kept: who asks again under the same key is refused."
        told = _told(make, right) | ({"description": once} if secret else {})
        return post(path, responses=ACTS, **told)(handler)

    return operation


def operations(*modules: object) -> tuple[HTTPRouteHandler, ...]:
    """The operations that modules define, in the order in which they stand there."""
    return tuple(
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, HTTPRouteHandler)
    )


def _told(make: Make, right: Right) -> dict[str, Any]:
    summary = (make.__doc__ or "").partition("\n")[0]
    return {"summary": summary, "opt": {RIGHT: right}}


def _sign(handler: Make, make: Make, **further: object) -> None:
    """Give *handler* the name and signature that Litestar is to see."""
    hints = get_type_hints(make, include_extras=True)
    _, *taken = inspect.signature(make).parameters.values()
    types: dict[str, Any] = {"request": Call}
    defaults: dict[str, object] = {}
    for one in taken:
        name = _BODY if one.name == _GIVEN else one.name
        types[name], defaults[name] = hints[one.name], one.default
    types |= further
    handler.__name__ = handler.__qualname__ = make.__name__
    generic: Any = Response
    handler.__annotations__ = {**types, "return": generic[hints["return"]]}
    handler.__dict__["__signature__"] = Signature(
        [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=defaults.get(name, Parameter.empty),
            )
            for name, annotation in types.items()
        ],
        return_annotation=handler.__annotations__["return"],
    )


def _calls_of(request: Call) -> Calls:
    """Who answers calls over the case that is served."""
    found = request.app.state.calls
    assert isinstance(found, Calls)  # noqa: S101 - the application puts it there
    return found
