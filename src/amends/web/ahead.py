"""What an index answers, answered ahead of Litestar: its own way costs half of such an answer.

Whatever is not quite as such a question is asked goes on to it, with the same answer in the end.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from litestar import Litestar, Request, Response
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

Call = Request[Any, Any, Any]
Coming: TypeAlias = Awaitable[Response[Any]]
Way: TypeAlias = Callable[[Call], Coming | None]
"""How a request is answered; None where it is not a question that an index answers."""


class Ahead:
    """An application behind *ways*: by whole paths, or by all of a path up to its last word.

    *broken*: what is answered after a defect of ours.
    """

    def __init__(
        self,
        ways: Mapping[str, Way],
        others: Litestar,
        broken: Callable[[Call, Exception], Response[Any]],
    ) -> None:
        self._ways, self._others, self._broken = ways, others, broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a question, or hand it on."""
        if scope["type"] == ScopeType.HTTP and scope["method"] == "GET":
            path = scope["path"]
            way = self._ways.get(path) or self._ways.get(path[: path.rfind("/") + 1])
            if way is not None:
                scope.setdefault("path_params", {})
                request: Call = Request(scope)
                coming = way(request)
                if coming is not None:
                    response = await self._awaited(request, coming)
                    await response.to_asgi_response(None, request)(scope, receive, send)
                    return
        await self._others(scope, receive, send)

    async def _awaited(self, request: Call, coming: Coming) -> Response[Any]:
        try:
            return await coming
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is answered
            return self._broken(request, error)
