"""``amends serve``: the public site and the operators' console, each a process of its own."""

from pathlib import Path

import click

from amends.cli.output import say
from amends.kernel.saying import said

_PORT = click.IntRange(min=0, max=65535)


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--public-port", type=_PORT, default=0, help="Of the public site; 0: a free one.")
@click.option("--console-port", type=_PORT, default=0, help="Of the console; 0: a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where both listen.")
@click.option(
    "--console-origin",
    default="",
    metavar="ADDRESS",
    help="How browsers reach the console, where a proxy stands before it: https://…",
)
@click.option(
    "--development-sign-in",
    is_flag=True,
    help="Let anybody sign in as any operator; simulated rails only, and every page says so.",
)
def serve(
    case: Path,
    public_port: int,
    console_port: int,
    host: str,
    console_origin: str,
    *,
    development_sign_in: bool,
) -> None:
    """Serve the public site and the console of a case, until it is stopped (Ctrl-C)."""
    from amends.web.serving import Ports, serving  # noqa: PLC0415 -- a second that help needs not

    ports = Ports(host=host, public=public_port, console=console_port)
    with serving(case, ports, origin=console_origin, development=development_sign_in) as served:
        say(said("public site: {address}", address=served.public))
        say(said("console: {address}", address=served.console))
        if development_sign_in:
            say(said("anybody may sign in as any operator: for development only"))
        served.wait()
    say(said("stopped"))
