"""The public process of ``amends serve``: told where the published site and the inbox lie."""

from pathlib import Path

from granian.constants import Interfaces

from amends.web.process import serve, told
from amends.web.public.app import app, inbox_of


def main() -> None:
    """Serve the published site, and take what is sent."""
    given = told()
    inbox = inbox_of(given["conninfo"], given["inbox"], given["numbers"])
    serve(app(Path(given["site"]), inbox), given["host"], int(given["port"]), Interfaces.RSGI)


if __name__ == "__main__":
    main()
