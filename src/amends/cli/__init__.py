"""The command line: one module per group of commands. It prints, and never decides.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 waiting for an approval, 70 internal error.
"""

import importlib
import os
import sys
import traceback
from typing import Any

import click

from amends import __version__
from amends.cli.language import language, speak, spoken, tell
from amends.cli.output import say
from amends.kernel.errors import AmendsError, WaitingForApprovalError
from amends.kernel.memory import share_one_heap
from amends.kernel.saying import in_language, said
from amends.kernel.signing import choose as choose_way_to_sign

EXIT_REFUSED = 1
EXIT_WAITING = 3
EXIT_INTERNAL = 70

_COMMANDS = {
    "init": "begin",
    "check": "begin",
    "run": "stages",
    "intake": "stages",
    "determine": "stages",
    "award": "award",
    "publish": "stages",
    "notify": "stages",
    "pay": "stages",
    "work": "work",
    "retry": "retry",
    "halt": "switch",
    "resume": "switch",
    "resend": "resend",
    "adopt": "adopt",
    "revoke": "revoke",
    "recover": "recover",
    "deposit": "deposit",
    "held": "held",
    "reconcile": "stages",
    "close": "close",
    "suspense": "close",
    "verify": "verify",
    "assessment": "records",
    "decisions": "records",
    "tax": "records",
    "outgoing": "records",
    "report": "report",
    "approve": "operators",
    "reject": "reject",
    "operator": "operators",
    "review": "review",
    "runs": "runs",
    "promise": "promise",
    "funding": "funding",
    "payee": "payees",
    "correct": "corrections",
    "claims": "claims",
    "inbox": "inbox",
    "export": "exports",
    "policy": "exports",
    "receipt": "exports",
    "mirror": "mirror",
    "log": "log",
    "codes": "codes",
    "announce": "announce",
    "site": "site",
    "notices": "notices",
    "explain": "explain",
    "query": "query",
    "evidence": "evidence",
    "serve": "serve",
    "runner": "runner",
    "remove": "cases",
    "synth": "synth",
    "simulate": "simulate",
}


class _Commands(click.Group):
    """Commands whose module is imported when they are called: some bring large libraries."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 -- as click has it
    ) -> click.Context:
        """Choose the language before anything is read."""
        speak(args)
        return click.Group.make_context(spoken(self), info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of a case's life."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"amends.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return spoken(command)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="amends")
def cli() -> None:
    """Make a personal-data leak good: who is affected, what is owed, paid once, proved to all."""


def main() -> None:
    """Run the command line and exit with the contract's codes."""
    share_one_heap()
    choose_way_to_sign()
    try:
        ended = cli.main(prog_name="amends", standalone_mode=False)
        if isinstance(ended, int):  # so click hands out the code of an Exit: it does not raise it
            sys.exit(ended)
    except WaitingForApprovalError as waiting:
        _say(waiting)
        sys.exit(EXIT_WAITING)
    except AmendsError as refusal:
        _say(refusal)
        sys.exit(EXIT_REFUSED)
    except click.ClickException as usage:
        tell(usage)
        sys.exit(usage.exit_code)
    except (KeyboardInterrupt, click.Abort):
        say(said("stopped; the same command goes on where it was"), err=True)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001  # the last resort: say so without saying any value
        _report_internal_error(error)
        sys.exit(EXIT_INTERNAL)


def _say(refusal: AmendsError) -> None:
    click.echo(f"{refusal.code}: {in_language(refusal.message, language())}", err=True)


def _report_internal_error(error: BaseException) -> None:
    """Where it broke, without the message: that may carry a person's data."""
    say(
        said(
            "internal: {error} (this is a defect of Amends, not of yours)",
            error=type(error).__name__,
        ),
        err=True,
    )
    for frame in traceback.extract_tb(error.__traceback__)[-8:]:
        click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True)
    if os.environ.get("AMENDS_DEBUG"):
        click.echo(f"  {error}", err=True)
    else:
        say(said("  AMENDS_DEBUG=1 shows the message, which may contain personal data"), err=True)
