"""What the terminal says of records and states is said in the reader's words."""

from pathlib import Path
from shutil import copy

import pytest
from matplotlib import font_manager, get_data_path

from amends.awards import chart
from amends.cli import records
from amends.governance.decisions import DEFAULTS
from amends.kernel.saying import in_language
from amends.payees import words
from amends.payees.model import Doubt, Situation
from amends.payees.states import Actor, Event, EvidenceKind, Recipient, StatementKind


def test_whatever_is_told_of_a_payee_has_words_in_both_languages() -> None:
    """States, events, papers, statements, who says and who receives; a doubt says what to do."""
    told = (
        (Situation, words.SITUATIONS),
        (Event, words.EVENTS),
        (Actor, words.ACTORS),
        (Recipient, words.RECIPIENTS),
        (EvidenceKind, words.PAPERS),
        (StatementKind, words.STATEMENTS),
    )
    for kind, table in told:
        assert set(table) == set(kind)
        assert len({str(one) for one in table.values()}) == len(table)
        assert not any(in_language(one, "zh").isascii() for one in table.values())
    assert set(words.DOUBTS) == set(Doubt)
    for wrong, to_do in words.DOUBTS.values():
        assert not in_language(wrong, "zh").isascii()
        assert not in_language(to_do, "zh").isascii()


def test_a_record_in_both_languages_is_read_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chinese or English, whole; a record that merely has a stroke in it stays whole."""
    for default in DEFAULTS.values():
        monkeypatch.setattr(records, "language", lambda: "en")
        assert records.spoken(default.basis).isascii()
        monkeypatch.setattr(records, "language", lambda: "zh")
        assert "tax" not in records.spoken(default.basis)
        assert "尚待主管税务机关书面意见" in records.spoken(default.basis)
    assert records.spoken("Bank A / Bank B") == "Bank A / Bank B"


def test_a_font_that_was_installed_later_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matplotlib lists fonts once; whoever installs one after its advice is not told so again."""
    font = str(tmp_path / "Later.ttf")
    copy(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", font)
    before = list(font_manager.fontManager.ttflist)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", before)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [font])
    monkeypatch.setattr(chart, "_CHINESE_FONTS", ("no such font",))
    assert chart.chart_language("zh") == ("en", None)
    assert font in {entry.fname for entry in font_manager.fontManager.ttflist}
