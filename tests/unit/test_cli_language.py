"""The command line speaks the language that was asked for, or the locale's."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from amends.cli import cli, main
from amends.cli.language import choose, language, of_environment, spoken
from amends.kernel.saying import Language

CHINESE = {"AMENDS_LANG": "zh"}


@pytest.fixture(autouse=True)
def in_english() -> object:
    """What a test chooses does not outlive it."""
    yield
    choose([], {})


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "zh_TW", "LC_MESSAGES": "en_GB", "LANG": "C"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({"AMENDS_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"AMENDS_LANG": "zh", "LC_ALL": "C"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_locale_decides(environment: dict[str, str], spoken: Language) -> None:
    """AMENDS_LANG first, then the locale as POSIX ranks it; what is not Chinese is English."""
    assert of_environment(environment) is spoken


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lang", "zh", "award", "x"],
        ["award", "x", "--lang", "zh"],
        ["--lang=zh", "award"],
        ["--lang", "en", "award", "x", "--lang", "zh"],
    ],
)
def test_the_option_may_stand_anywhere(arguments: list[str]) -> None:
    """Before the command, behind it, with = or without; the last one counts, as of click."""
    choose(arguments, {"AMENDS_LANG": "en"})
    assert language() == "zh"


def test_what_follows_two_hyphens_is_no_option() -> None:
    """An argument may look like the option."""
    choose(["query", "case", "--", "--lang", "zh"], {})
    assert language() == "en"


def test_help_and_usage_errors_are_in_chinese() -> None:
    """Click's own words, commands and options."""
    runner = CliRunner(env=CHINESE)
    helped = runner.invoke(cli, ["--help"]).output
    assert "用法" in helped
    assert "认定谁受影响" in helped
    assert "--lang" in runner.invoke(cli, ["determine", "--help"]).output
    missing = runner.invoke(cli, ["determine"])
    assert missing.exit_code == 2
    assert "缺少参数" in missing.output
    unknown = runner.invoke(cli, ["determine", "--lang", "fr", "x"])
    assert unknown.exit_code == 2
    assert "Usage" in CliRunner(env={"AMENDS_LANG": "en"}).invoke(cli, ["--help"]).output


def test_a_refusal_keeps_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``code: message``: the code is the same in both languages."""
    monkeypatch.setattr("sys.argv", ["amends", "determine", str(tmp_path), "--lang", "zh"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    written = capsys.readouterr().err
    assert written.startswith("case_file: ")
    assert "没有 case.toml" in written


def test_a_value_that_is_refused_is_refused_in_the_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason of a wrong argument is a sentence, and not only the words around it."""
    words = ["amends", "promise", "made", "--per-person", "CNY 5000.005", "--lang", "zh"]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "CNY 小数点后最多 2 位" in capsys.readouterr().err


def test_json_has_stable_keys_and_a_message_in_the_language(tmp_path: Path) -> None:
    """Programs read keys and codes; people read the message."""
    result = CliRunner(env=CHINESE).invoke(cli, ["intake", str(tmp_path), "--json"])
    content = json.loads(result.stdout)
    assert (content["status"], content["code"]) == ("refused", "case_file")
    assert "没有 case.toml" in content["message"]


def test_commands_stay_in_english_where_they_are_defined() -> None:
    """What was translated is a copy: another call may want the other language."""
    choose(["--lang", "zh"], {})
    found = cli.get_command(click.Context(cli), "award")
    choose([], {})
    again = cli.get_command(click.Context(cli), "award")
    assert found is not None
    assert again is not None
    assert str(found.help).startswith("核对")
    assert str(again.help).startswith("Check")


def test_what_a_path_may_be_is_said_in_the_language_of_now() -> None:
    """Also where a module was read while another language was spoken."""
    option = click.Option(["--to"], type=click.Path(dir_okay=False))
    command = click.Command("write", params=[option])
    for spoken_now, word in (("zh", "文件"), ("en", "FILE"), ("zh", "文件"), ("en", "FILE")):
        choose(["--lang", spoken_now], {})
        with click.Context(command) as context:
            assert f"--to {word}" in spoken(command).get_help(context)
