"""The first day: a case made from files, and what is said of it before anything is done."""

import hashlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from amends.cli import cli, main
from amends.cli.language import choose
from amends.evidence.model import Role
from amends.evidence.sampling import sample
from amends.kernel.casefile import read_case
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import LANGUAGES
from amends.preparing import estimates, rules
from amends.preparing.model import Kind, PreparingError
from amends.preparing.questions import questions

_ACCOUNTS = "account_id,mobile,real_name\n" + "".join(
    f"SYN{number:05},1600000{number:04},张伟{number}\n" for number in range(60)
)
_LEAKED = "姓名,手机号\n" + "".join(f"张伟{number},1600000{number:04}\n" for number in range(40))
_DOUBTFUL = "user_id,phone,password\n" + "".join(
    f"SYN{number:05},1600000{number:04},syn-pass-{number}\n" for number in range(40)
)
_GIVEN = ["--yes", "--controller", "智政集团", "--per-person", "CNY 5000.00"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder as somebody in a hurry leaves it."""
    folder = tmp_path / "received"
    folder.mkdir()
    (folder / "IM Users.csv").write_text(_ACCOUNTS, encoding="utf-8")
    (folder / "客户.csv").write_text(_LEAKED, encoding="gb18030")
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


@pytest.fixture(autouse=True)
def in_english() -> object:
    """What a test chooses does not outlive it."""
    yield
    choose([], {})


def amends(*arguments: object, stdin: str | None = None) -> tuple[int, str, AmendsError | None]:
    """Exit code, output and refusal of a command."""
    called = CliRunner().invoke(cli, [str(each) for each in arguments], input=stdin)
    refusal = called.exception if isinstance(called.exception, AmendsError) else None
    if called.exception is not None and refusal is None:
        assert isinstance(called.exception, SystemExit), called.exception
    return called.exit_code, called.output, refusal


def digest_of(root: Path) -> dict[str, str]:
    """Every file and folder, with content and time of change."""
    return {
        str(path.relative_to(root)): f"{path.stat().st_mtime_ns}"
        + (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "")
        for path in sorted(root.rglob("*"))
    }


@pytest.mark.parametrize("spoken", ["zh", "en"])
def test_a_case_is_made_that_can_be_read(files: Path, tmp_path: Path, spoken: str) -> None:
    """Files are told apart by their columns, copied, and named in a case.toml with comments."""
    root = tmp_path / "first-case"
    before = digest_of(files)
    code, _, refusal = amends("init", root, files, *_GIVEN, "--people", 40, "--lang", spoken)
    assert (code, refusal) == (0, None)
    case = read_case(root)
    assert case.file.id == "first-case"
    assert case.file.promise.total == Money(amount_minor=20_000_000, currency="CNY")
    assert [(one.product, one.path) for one in case.file.registries] == [
        ("im-users", "registries/IM Users.csv")
    ]
    assert [one.path for one in case.file.evidence] == ["evidence/客户.csv"]
    text = (root / "case.toml").read_text(encoding="utf-8")
    assert ("已自动识别：" in text) is (spoken == "zh")
    assert "1600000" not in text
    assert digest_of(files) == before
    assert (root / "evidence/客户.csv").read_bytes() == (files / "客户.csv").read_bytes()


def test_nothing_is_overwritten_or_half_made(files: Path, tmp_path: Path) -> None:
    """A directory with something in it, a missing file and a dry run leave all as it was."""
    root = tmp_path / "case"
    root.mkdir()
    (root / "mine.txt").write_text("x", encoding="utf-8")
    before = digest_of(tmp_path)
    assert "nothing is overwritten" in str(amends("init", root, files, *_GIVEN)[2])
    assert "no such file" in str(amends("init", tmp_path / "new", tmp_path / "gone", *_GIVEN)[2])
    code, written, _ = amends("init", tmp_path / "new", files, *_GIVEN, "--dry-run")
    assert code == 0
    assert "[[registry]]" in written
    assert digest_of(tmp_path) == before


def test_a_doubtful_file_is_asked_about(files: Path, tmp_path: Path) -> None:
    """Accounts with passwords may be ours or leaked: --yes refuses, a person or an option says."""
    (files / "members.csv").write_text(_DOUBTFUL, encoding="utf-8")
    refusal = amends("init", tmp_path / "a", files, *_GIVEN)[2]
    assert refusal is not None
    assert refusal.code == "init"
    assert "--evidence PATH" in str(refusal)
    code, _, _ = amends("init", tmp_path / "b", files, *_GIVEN[1:], stdin="maybe\nl\n\n\n")
    assert code == 0
    assert len(read_case(tmp_path / "b").file.evidence) == 2
    said = ("--registry", files / "members.csv")
    code, _, _ = amends("init", tmp_path / "c", files, *said, *_GIVEN)
    assert code == 0
    assert len(read_case(tmp_path / "c").file.registries) == 2
    both = (*said, "--evidence", files / "members.csv")
    assert "say one" in str(amends("init", tmp_path / "d", *both, *_GIVEN)[2])


def test_a_registry_without_account_ids_is_refused(files: Path, tmp_path: Path) -> None:
    """Said to be an account table, and has none: what to do is said."""
    wrong = ("--registry", files / "客户.csv")
    assert "account id" in str(amends("init", tmp_path / "a", files, *wrong, *_GIVEN)[2])
    _, shown, only = amends("init", tmp_path / "a", files / "客户.csv", *_GIVEN)
    assert "no account table" in str(only)
    assert "手机号 → phone" in shown  # what it was taken for, before it is refused


def test_what_cannot_be_taken_is_told_all_at_once(files: Path, tmp_path: Path) -> None:
    """Every file that is unreadable is named, and how to go on without it; nothing is made."""
    (files / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (files / "nothing.csv").write_bytes(b"")
    refusal = str(amends("init", tmp_path / "a", files, *_GIVEN)[2])
    assert "photo.png" in refusal
    assert "nothing.csv" in refusal
    assert "Leave these out" in refusal
    assert not (tmp_path / "a").exists()


def test_a_newcomer_is_told_what_to_do(files: Path, tmp_path: Path) -> None:
    """No files, a folder without any, a word that is no id, a place that is a file."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / ".DS_Store").write_bytes(b"x")
    assert "amends init CASE received/" in str(amends("init", tmp_path / "a", *_GIVEN)[2])
    assert "no file in this folder" in str(amends("init", tmp_path / "a", empty, *_GIVEN)[2])
    wrong = amends("init", tmp_path / "a", files, *_GIVEN, "--id", "Case 1")[2]
    assert "--id Case 1" in str(wrong)
    inside = files / "客户.csv" / "case"
    assert "is a file" in str(amends("init", inside, files, *_GIVEN)[2])
    code, text, _ = amends("check", files / "客户.csv", "--lang", "en")
    assert code == 1
    assert "name a case directory" in text
    assert not (tmp_path / "a").exists()


def test_the_next_command_can_be_copied(files: Path, tmp_path: Path) -> None:
    """A directory with a space is quoted."""
    assert (
        f"`amends check '{tmp_path}/my case'`"
        in amends("init", tmp_path / "my case", files, *_GIVEN)[1]
    )


def test_a_wrong_answer_is_asked_again(files: Path, tmp_path: Path) -> None:
    """What was answered before is not lost; what is meant is said."""
    typed = "  \nZhizheng\n5000\nCNY 5000.00\nmany\n40\nall\n\n"
    code, shown, _ = amends("init", tmp_path / "a", files, stdin=typed)
    assert code == 0
    for words in ("a name is needed", "is written like", "a whole number from 1"):
        assert words in shown
    assert str(read_case(tmp_path / "a").file.promise.total) == "CNY 200000.00"


def test_where_nobody_answers_the_options_are_named(files: Path, tmp_path: Path) -> None:
    """A pipe that ends is no answer; nothing is written."""
    refusal = amends("init", tmp_path / "a", files, stdin="Zhizheng\n")[2]
    assert refusal is not None
    assert refusal.code == "init"
    assert "--per-person AMOUNT" in str(refusal)
    assert not (tmp_path / "a").exists()


def test_a_table_without_rows_is_no_estimate(files: Path, tmp_path: Path) -> None:
    """A heading alone is told, and nobody reads that nothing may be needed."""
    (files / "IM Users.csv").write_text("account_id,mobile\n", encoding="utf-8")
    amends("init", tmp_path / "case", files, *_GIVEN, "--registry", files / "IM Users.csv")
    _, text, _ = amends("check", tmp_path / "case", "--lang", "en")
    assert "! registries/IM Users.csv: 0 rows" in text
    assert "CNY 0.00" not in text


def test_the_promise_is_checked_while_it_is_typed(files: Path, tmp_path: Path) -> None:
    """A total that is ten times too small is said at once, with the right one, and asked again."""
    typed = "Zhizheng\nCNY 5000.00\n3,000,000\nCNY 1500000000.00\nCNY 5000.00\n3000000\n\n"
    code, shown, _ = amends("init", tmp_path / "a", files, stdin=typed)
    assert code == 0
    assert "15,000,000,000.00" in shown
    assert str(read_case(tmp_path / "a").file.promise.total) == "CNY 15000000000.00"
    wrong = ("--people", 3_000_000, "--total", "CNY 1500000000.00")
    assert "15,000,000,000.00" in str(amends("init", tmp_path / "b", files, *_GIVEN, *wrong)[2])
    assert not (tmp_path / "b").exists()


def test_a_check_changes_nothing(files: Path, tmp_path: Path) -> None:
    """Plain words or JSON; the directory is the same to the byte and the second before."""
    root = tmp_path / "case"
    amends("init", root, files, *_GIVEN, "--people", 40)
    before = digest_of(root)
    code, text, _ = amends("check", root, "--lang", "en")
    assert code == 0
    assert "60 rows" in text
    assert "CN-PIPL-25" in text
    assert "promised: 40 people, CNY 200,000.00" in text
    chinese = amends("check", root, "--lang", "zh")[1]
    assert "各阶段会做什么" in chinese
    assert "60 行" in chinese
    content = json.loads(amends("check", root, "--json")[1])
    assert content["runnable"] is True
    assert content["figures"]["leaked_rows"] == 40
    stages = next(one for one in content["sections"] if one["section"] == "stages")["findings"]
    pay = next(one for one in stages if one["message"].startswith("pay"))
    assert {one["gate"]: one["state"] for one in pay["gates"]} == {
        "rail": "waits",
        "assessment": "waits",
        "proof_of_funds": "waits",
        "approval": "waits",
    }
    assert "gates" not in next(one for one in stages if one["message"].startswith("intake"))
    assert digest_of(root) == before


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("[tariff]", "[tarif]"), "tariff"),
        (('total = "CNY 200000.00"', 'total = "CNY 20000.00"'), "does not add up"),
        (("evidence/客户.csv", "evidence/gone.csv"), "no such file"),
    ],
)
def test_a_check_refuses_what_a_stage_would(
    files: Path, tmp_path: Path, wrong: tuple[str, str], words: str
) -> None:
    """Exit 1, and the line that says why."""
    root = tmp_path / "case"
    amends("init", root, files, *_GIVEN, "--people", 40)
    path = root / "case.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(*wrong), encoding="utf-8")
    code, text, _ = amends("check", root, "--lang", "en")
    assert code == 1
    assert [line for line in text.splitlines() if "✗" in line and words in line]


def test_files_are_told_apart_by_columns(tmp_path: Path) -> None:
    """Deaths and guardianships by their own columns, accounts by ids, the rest was leaked."""
    tables = {
        "a.csv": ("account_id,phone\nSYN1,16000000001\n", Kind.REGISTRY),
        "b.csv": ("product,account_id,died_on\nim,SYN1,2026-01-01\n", Kind.DEATH),
        "c.csv": (
            "product,account_id,guardian_name\nim,SYN1,张伟\n",
            Kind.GUARDIANSHIP,
        ),
        "d.csv": ("name,phone\n张伟,16000000001\n", Kind.EVIDENCE),
        "leak-e.csv": ("account_id,phone\nSYN1,16000000001\n", Kind.DOUBT),
    }
    for name, (text, kind) in tables.items():
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        found = sample(file, name, Role.EVIDENCE)
        assert rules.told_kind(found, leaked_by_name=rules.leaked_by_name(file)) is kind, name


def test_samples_are_masked_and_rows_estimated(tmp_path: Path) -> None:
    """A look shows forms, not values; of a large file it says about how many rows there are."""
    file = tmp_path / "a.csv"
    rows = 200_000
    file.write_text(
        "name,phone,note\n" + f"张伟,16000000001,{'x' * 200}\n" * rows, encoding="utf-8"
    )
    table = sample(file, "a.csv", Role.EVIDENCE).tables[0]
    assert not table.exact
    assert abs(table.records - rows) < rows // 10
    assert table.columns[1].samples == ("1##########",)
    assert table.columns[0].samples == ("张*",)


@pytest.mark.parametrize(
    ("name", "word"),
    [("IM Users", "im-users"), ("客户", "product"), ("x" * 60, "x" * 32), ("--", "product")],
)
def test_products_are_named_by_files(name: str, word: str) -> None:
    """Lower-case letters, digits and hyphens, as case.toml wants them."""
    assert rules.word_of(name, "product") == word


def test_a_total_that_is_not_people_times_amount_is_refused() -> None:
    """The figure that would be right stands beside it."""
    each = Money(amount_minor=500_000, currency="CNY")
    rules.check_total(3, each, Money(amount_minor=1_500_000, currency="CNY"))
    rules.check_total(None, each, Money(amount_minor=1, currency="CNY"))
    with pytest.raises(PreparingError, match=r"15,000\.00"):
        rules.check_total(3, each, Money(amount_minor=150_000, currency="CNY"))


def test_estimates_go_through_what_was_measured() -> None:
    """The two sizes of the model case give their measured seconds again."""
    of = {one.stage: one for one in estimates.estimates(23_000_000, 3_000_000)}
    assert of["intake"].seconds == pytest.approx(30.0)
    assert of["determine"].seconds == pytest.approx(155.0)
    assert of["determine"].memory_bytes == pytest.approx(4.06 * (1 << 30), rel=1e-6)
    small = {one.stage: one for one in estimates.estimates(230_000, 30_000)}
    assert small["notify"].seconds == pytest.approx(1.7)
    assert small["pay"].seconds == pytest.approx(46.1)
    between = estimates.estimates(230_000, 165_000)
    assert next(one for one in between if one.stage == "notify").seconds == pytest.approx(5.2)
    assert all(one.seconds >= 0 for one in estimates.estimates(0, 0))


def test_a_lawyer_is_asked_in_both_languages() -> None:
    """Every question has its rule, its Chinese and its English."""
    found = questions()
    assert {one.id for one in found} >= {
        *("jurisdictions", "set-off", "publication", "report-clock", "bank-and-payment-firm"),
    }
    for one in found:
        assert one.rule
        for language in LANGUAGES:
            assert one.said(language, jurisdictions="CN")


@pytest.mark.parametrize(("arguments", "code"), [(["check", "nowhere"], 1), (["--version"], 0)])
def test_the_program_ends_with_the_code_of_the_command(
    arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A check that finds something wrong ends the process with 1, not the command alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["amends", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code


@pytest.mark.whole
@pytest.mark.timeout(60)
def test_ctrl_c_at_a_question_ends_at_once(files: Path, tmp_path: Path) -> None:
    """Without another Enter, in plain words, with nothing written."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "amends", "init", str(tmp_path / "a"), str(files)]
    process = subprocess.Popen(
        command,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env=os.environ | {"AMENDS_LANG": "en"},
    )
    os.close(inside)
    shown, asked = b"", False
    with suppress(OSError):  # the end of a terminal, as Linux tells it
        while part := os.read(terminal, 1024):
            shown += part
            if not asked and b"answers for the data" in shown:
                asked = True
                time.sleep(0.2)
                process.send_signal(signal.SIGINT)
            while asked and not select.select([terminal], [], [], 5.0)[0]:
                process.send_signal(signal.SIGINT)  # readline misses one just before it waits
    os.close(terminal)
    assert process.wait() == 130
    assert b"nothing was written" in shown
    assert not (tmp_path / "a").exists()
