"""Answers whose bytes and headers are there: nothing is left for the framework to look through."""

from typing import TYPE_CHECKING, Any, Final, TypeVar

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

if TYPE_CHECKING:
    from litestar.datastructures import Cookie

Made = TypeVar("Made")
Headers = tuple[tuple[bytes, bytes], ...]

_OK: Final = 200


class _Bytes(ASGIResponse):
    """What is sent, as it is sent."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.body, self.status_code, self.all_headers = body, status, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.all_headers,
            }
        )
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


class Ready(Response[Made]):
    """An answer as it goes out; to the description of the interface it is what it holds."""

    def __init__(self, body: bytes, *, headers: Headers, status: int = _OK) -> None:
        self.body, self.ready, self.status = body, headers, status
        self.cookies: list[Cookie] = []

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:  # noqa: ANN401 -- as it is called
        """The bytes, whatever the application would add."""
        headers = [*self.ready, (b"content-length", b"%d" % len(self.body))]
        headers += [(b"set-cookie", one.to_header(header="").encode()) for one in self.cookies]
        return _Bytes(self.body, self.status, headers)


def raw(headers: dict[str, str], media_type: str) -> Headers:
    """Headers as they go out."""
    named = {**headers, "content-type": media_type}
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items())
