"""The verifier in Chinese has words for whatever it says, and judges as the verifier does."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from amends_verify import verify, zh
from amends_verify.__main__ import checked
from receipt_vector import SENTENCES
from roster_logs import VERIFIER, MadeLog, twenty

ROOT = Path(__file__).parents[2]


def reasons(file: str) -> set[str]:
    """Each reason in a file, with an empty pair of braces for what varies."""
    found = set()
    for node in ast.walk(ast.parse(VERIFIER[file])):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in {"need", "RosterError"}:
            continue
        reason = node.args[-1]
        if not isinstance(reason, ast.Name):
            parts = reason.values if isinstance(reason, ast.JoinedStr) else [reason]
            text = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts]
            found.add("".join(text))
    return found


def test_every_reason_has_its_chinese_and_no_other_has() -> None:
    """Whoever adds a check to the verifier says in both languages why it fails."""
    said = reasons("verify.py") | reasons("audit.py") | reasons("tiles.py")
    system = {reason for reason in zh.REASONS if re.match(r"\[Errno|No module", reason)}
    assert said == zh.REASONS.keys() - system
    same = zh.SENTENCES | zh.REASONS
    assert all(english.count("{}") >= chinese.count("{") for english, chinese in same.items())


def test_the_table_of_receipts_says_the_same() -> None:
    """docs/formats/receipts.md, the page and this file have one Chinese sentence for a reason."""
    others = {"policy", "malformed"}
    for why, (chinese, english) in SENTENCES.items():
        if why not in others:
            told = zh.spoken(english + "w" * english.endswith(" "))
            assert told.rstrip("\n") == chinese + "w" * english.endswith(" ")


def everything() -> MadeLog:
    """A log with a correction, states of every kind, and its end."""
    log = MadeLog(people=60).begin().correct((0, 31, 2, 0), (1, 1, 1, 600_000))
    return log.advance([7, 2] + [2] * 35 + [4] * 23, range(60))


def test_what_holds_of_a_tree_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the module, for the file beside a log says it in English."""
    log = everything()
    path = log.write(tmp_path / "log")
    (tmp_path / "policy").write_text(log.policy, encoding="utf-8")
    asked = ["tree", str(path), "--policy", str(tmp_path / "policy")]
    assert checked([*asked, "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        f"核对通过：{len(log.log)} 条记录和所有 tile 文件就是 {log.key.origin} 签过名的。"
    )
    assert re.search("没有核对：这些记录的内容，以及另外 [0-9]+ 个文件。", said)
    (path / "checkpoint").write_bytes(b"x")
    assert checked([*asked, "--lang", "zh"]) == 1
    assert capsys.readouterr().err.startswith("核对没有通过：结尾被截断了")


@pytest.mark.parametrize("what", ["all", "receipt"])
def test_what_holds_is_said_without_a_word_of_english(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """Sums and numbers are the same in both languages, and so is the verdict."""
    log = everything()
    path = log.write(tmp_path / "log")
    (tmp_path / "policy").write_text(log.policy, encoding="utf-8")
    (tmp_path / "receipt").write_text(log.receipt(1), encoding="utf-8")
    asked = [what, str(path if what == "all" else tmp_path / "receipt")]
    asked += ["--policy", str(tmp_path / "policy")]
    assert verify.main(asked) == 0
    english = capsys.readouterr().out
    assert zh.main(asked) == 0
    chinese = capsys.readouterr().out
    assert chinese.startswith("核对通过：")
    assert "模拟演练" in chinese
    assert set(re.findall(r"[a-zA-Z]{3,}", chinese)) <= {"CNY", "golden", "claims", "NAME", "PHONE"}
    sums = re.compile(r"CNY [\d,.]*\d")
    assert sorted(sums.findall(english)) == sorted(sums.findall(chinese))
    assert "CNY 6,000.00" in chinese or what == "all"


def test_the_end_of_a_log_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SEALED and ERASED, too."""
    log = MadeLog(people=60).begin().advance([2] * 60, range(60))
    log.seal(owed=60, settled=60, deposited=0).erase()
    path = log.write(tmp_path / "log")
    (tmp_path / "policy").write_text(log.policy, encoding="utf-8")
    assert zh.main(["all", str(path), "--policy", str(tmp_path / "policy")]) == 0
    said = capsys.readouterr().out
    assert "已封存：60 项赔偿，共 CNY 300,000.00；到账 60 项，共 CNY 300,000.00" in said
    assert "已销毁：" in said


def test_the_file_beside_a_log_speaks_chinese_and_so_does_the_module(tmp_path: Path) -> None:
    """``python log/zh.py``, ``--lang zh`` and a Chinese locale; ``--lang en`` is English anyway."""
    log = twenty()
    path = log.write(tmp_path / "log")
    (tmp_path / "policy").write_text(log.policy, encoding="utf-8")
    (tmp_path / "receipt").write_text(log.receipt(3)[:-1], encoding="utf-8")
    asked = ["receipt", str(tmp_path / "receipt"), "--policy", str(tmp_path / "policy")]
    module = ["-m", "amends_verify", *asked]

    def refused(*words: str, locale: str = "C.UTF-8") -> str:
        env = {"LC_ALL": locale, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, *words], env=env, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 1
        return done.stderr

    chinese = "核对没有通过：结尾被截断了，或者多了东西\n"
    assert refused("-I", str(path / "zh.py"), *asked) == chinese
    assert refused(*module, "--lang", "zh") == refused(*module, locale="zh_CN.UTF-8") == chinese
    english = "NOT VERIFIED: it was cut off, or something was added at its end\n"
    assert refused(*module) == refused(*module, "--lang", "en", locale="zh_CN.UTF-8") == english
