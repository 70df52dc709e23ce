"""The public process of ``amends serve``: told where the published site and the inbox lie."""

from pathlib import Path

from amends.web.process import Application, Receive, Scope, Send, serve, told
from amends.web.public.app import app, inbox_of


def main() -> None:
    """Serve the published site, and take what is sent."""
    given = told()
    inbox = inbox_of(given["conninfo"], given["inbox"])
    serve(healthy(app(Path(given["site"]), inbox)), given["host"], int(given["port"]))


def healthy(inner: Application) -> Application:
    """The application with ``/healthz``, which says that the process answers."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/healthz":
            await inner(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok\n"})

    return answer


if __name__ == "__main__":
    main()
