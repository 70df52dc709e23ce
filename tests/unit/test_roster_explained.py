"""The published log in words: figures of its own files, in both languages."""

from pathlib import Path

import pytest

from amends.kernel.saying import in_language
from amends.roster.explained import explained, page
from amends.roster.mirror_source import MirrorSourceError
from roster_logs import MadeLog


def test_a_log_is_told_in_figures_of_its_own(tmp_path: Path) -> None:
    """What is promised, paid and open; how to check; what it does not prove."""
    log = MadeLog(people=60).begin()
    before = explained(log.write(tmp_path / "log"))
    assert "Nothing of payments is published yet." in before
    log.advance([2] * 30 + [0] * 30, range(30))
    lines = explained(log.write(tmp_path / "log"))
    assert any(line.startswith("  30 people, CNY ") and ": paid: " in line for line in lines)
    assert any(line.startswith("  30 people, ") and "not sent yet" in line for line in lines)
    assert any("does not prove" in line for line in lines)
    chinese = [in_language(line, "zh") for line in lines]
    assert any(line.startswith("  30 人，") and "已付" in line for line in chinese)
    text = page(lines).decode()
    assert "30 people" in text
    assert "30 人" in text
    assert "<script" not in text
    assert "<code>python verify.py all LOG --policy FILE</code>" in text
    assert "`" not in text


@pytest.mark.parametrize("content", [None, b"{", b"[]", b'{"v": 1}'])
def test_what_is_no_log_is_refused_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    """Missing, cut, or of another kind."""
    if content is not None:
        (tmp_path / "case.json").write_bytes(content)
    with pytest.raises(MirrorSourceError):
        explained(tmp_path)
