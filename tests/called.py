"""Commands called in this process, which costs a tenth of a process of their own."""

from pathlib import Path

from amends.cli import cli


def called(*words: str | Path) -> None:
    """Run ``amends`` with *words*; refusals are raised, output goes where output goes.

    Click keeps the first form of a help option for good, so it is that of the page of commands.
    """
    cli.main(
        [str(word) for word in words],
        prog_name="amends",
        standalone_mode=False,
        help_option_names=["--help"],
    )
