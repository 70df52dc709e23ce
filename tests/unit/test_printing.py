import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import noto_cjk_sans_otc
import pytest

from amends.printing import fonts
from amends.printing.model import (
    Attached,
    Bar,
    Bars,
    Document,
    Facts,
    FontError,
    Heading,
    Items,
    Paper,
    Paragraph,
    Part,
    Table,
)
from amends.printing.service import pdf
from read_pdf import NEVER_FIRST, seen

SENTENCE = (
    "受影响的人无需申请，款项自动到账；如有疑问，请拨打热线（每日九时至十八时），我们不会主动来电。"
)
PARTS = (
    Heading(text="付款"),
    Paragraph(text=SENTENCE * 40),
    Facts(rows=[("根", "ab" * 32), ("人", "3,000")], code=frozenset({"根"})),
    Bars(
        caption="按状态",
        bars=[Bar(name="到账", size=9, shown="9"), Bar(name="途中", size=0, shown="0")],
        told="到账 9；途中 0",
    ),
    Table(
        caption="按状态",
        columns=("状态", "金额"),
        rows=[("到账", f"{number},000.00") for number in range(60)],
        total=("合计", "1,770,000.00"),
        figures=frozenset({1}),
    ),
    Items(items=("甲", "乙")),
)


def made(language: Paper = "zh") -> Document:
    """A document with a part of each kind."""
    return Document(
        language=language,
        title="报告",
        subtitle="样例",
        author="集团",
        made_at=datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC),
        foot="报告 · 样例",
        lead="说明。",
        warning="演练。",
        parts=PARTS,
        attached=(
            Attached(name="a.json", content=b'{"a": 1}', media_type="application/json", told="数"),
        ),
    )


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-CN"), ("en", "en-GB"), ("zh-hant", "zh")])
def test_a_document_is_for_archives_and_for_everybody(language: Paper, tag: str) -> None:
    """PDF/A-3a and PDF/UA-1 at once: tagged, named, pictures told, fonts embedded."""
    found = seen(pdf(made(language)))
    assert found.standards == {"pdfa part": "3", "pdfa conformance": "A", "pdfua part": "1"}
    assert found.marked
    assert found.language.startswith(tag)
    assert found.title == "报告"
    assert found.pictures == ["到账 9；途中 0"]
    for name in ("H1", "P", "L", "LI", "Table", "TH", "TD", "Figure"):
        assert found.tags[name], name
    assert found.tags["TD"] == 61 * 2
    assert found.fonts
    assert all(found.fonts.values())
    assert found.attached == {"a.json": b'{"a": 1}'}
    assert "1,770,000.00" in found.text


def test_no_line_begins_with_a_sign_that_ends_something() -> None:
    """Chinese is broken as Chinese is, at every width of a line."""
    for number in range(12):
        lines = seen(
            pdf(replace(made(), parts=[Paragraph(text="字" * number + SENTENCE * 8)]))
        ).lines
        assert len(lines) > 8
        assert [line for line in lines if line.startswith(NEVER_FIRST)] == []


def test_the_same_words_are_the_same_bytes_in_every_process() -> None:
    """Nothing of the machine and no time but the document's goes into a file."""
    here = sha256(pdf(made())).hexdigest()
    code = (
        "import sys; sys.path[:0] = %s\n"
        "from hashlib import sha256; from test_printing import made; "
        "from amends.printing.service import pdf; print(sha256(pdf(made())).hexdigest())"
    ) % [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100
    )
    assert there.stdout.strip() == here
    assert sha256(pdf(replace(made(), foot="x"))).hexdigest() != here


def test_what_people_wrote_is_set_as_it_stands() -> None:
    """No text is markup, and a character that the font lacks is named, not lost."""
    text = '#panic("x") *b* $x$ <a> [y] \\ @z // 😀'
    for parts in (
        [Paragraph(text=text)],
        [Facts(rows=[(text, text)])],
        [Items(items=[text])],
        [Table(caption=text, columns=[text], rows=[[text]])],
    ):
        found = seen(pdf(replace(made(), parts=parts, title=text, foot=text)))
        assert '#panic("x") *b* $x$ <a> [y] \\ @z // [U+1F600]' in found.text
        assert found.title.endswith("[U+1F600]")


def test_an_empty_document_is_a_document() -> None:
    """Empty texts, lists and charts break nothing."""
    parts: list[Part] = [
        Paragraph(text=""),
        Items(items=()),
        Facts(rows=()),
        Bars(caption="", bars=(), told="nothing"),
        Table(caption="", columns=("a",), rows=()),
    ]
    empty = replace(made(), parts=parts, lead="", warning="", subtitle="", attached=())
    assert seen(pdf(empty)).marked


def test_the_font_can_be_a_distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is named instead of the package; one without the font is refused."""
    whole = pdf(made())
    monkeypatch.setenv(fonts.VARIABLE, str(tmp_path))
    with pytest.raises(FontError, match="AMENDS_FONTS"):
        pdf(made())
    (tmp_path / "NotoSansCJK-Regular.ttc").symlink_to(str(noto_cjk_sans_otc.FONT_PATH))
    assert pdf(made()) == whole
