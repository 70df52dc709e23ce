"""The announcement: its draft, its signatures, and letting it out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from amends.announcement import service
from amends.announcement.texts import plain_text
from amends.cli.language import language
from amends.cli.output import print_json, print_summary, say
from amends.kernel.saying import in_language, said
from amends.vault.opened import open_case

if TYPE_CHECKING:
    from amends.announcement.model import Draft


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--draft", "step", flag_value="draft", default=True, help="Show the text (default).")
@click.option("--sign", "step", flag_value="sign", help="Sign the text as it stands.")
@click.option("--publish", "step", flag_value="publish", help="Let it out beside the roster.")
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="Folder for a draft's pages."
)
@click.option("--as", "name", metavar="NAME", help="With --sign: the operator who signs.")
@click.option(
    "--key", "key_file", type=click.Path(path_type=Path), help="With --sign: the key file."
)
@click.option(
    "--text", metavar="DIGEST", help="With --sign: beginning of the digest that was read."
)
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def announce(  # noqa: PLR0913 - options of the command line
    case: Path,
    *,
    step: str,
    to: Path | None,
    name: str | None,
    key_file: Path | None,
    text: str | None,
    approve_as: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draft, sign and publish the announcement: web, press and print from one source."""
    if (name is None) != (step != "sign"):
        raise click.UsageError(in_language(said("--sign and --as NAME go together"), language()))
    with open_case(case, approve_as=approve_as) as opened:
        if step == "publish":
            summary = service.publish(opened)
            if as_json:
                print_json({"case": opened.case.file.id, "counts": summary.counts})
            else:
                print_summary("announce", summary, opened.case.file.currency)
            return
        if name is not None:
            draft = service.sign(opened, name, key_file=key_file, text=text)
        else:
            draft = service.draft(opened)
        if to is not None:
            service.preview(opened, draft, to)
    if as_json:
        print_json(_as_json(draft))
    else:
        _show(draft, with_text=name is None)


def _show(draft: "Draft", *, with_text: bool) -> None:
    """The text in the chosen language, and what is wrong or missing."""
    if with_text:
        for words in draft.words:
            if words.language == language():
                click.echo(plain_text(words))
    say(said("version {version}, SHA-256 {digest}", version=draft.version, digest=draft.sha256))
    for finding in draft.findings:
        say(said("! {finding}", finding=finding.sentence))
    for missing in draft.missing:
        say(said("- {missing}", missing=missing))
    if draft.same:
        say(said("This version is out."))


def _as_json(draft: "Draft") -> dict[str, object]:
    return {
        "version": draft.version,
        "document_sha256": draft.sha256,
        "findings": [
            {
                "place": one.place,
                "key": one.key,
                "found": one.found,
                "rule": one.rule,
                "problem": in_language(one.problem, language()),
                "instead": one.instead,
            }
            for one in draft.findings
        ],
        "missing": [in_language(one, language()) for one in draft.missing],
        "signed": list(draft.signed),
        "out": draft.same,
        "text": {words.language: plain_text(words) for words in draft.words},
    }
