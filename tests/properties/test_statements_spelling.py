"""However a bank writes its XML, it says the same; most files are read without a tree."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from xml.etree.ElementTree import Element

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.statements import camt_text, camt_tree
from amends.statements.camt import walk_camt
from amends.statements.model import Direction, Line, Statement
from made_statements import FIRST, camt, line, statement

_VALUES = st.text("AZ09&<>\"'中- ", min_size=1, max_size=12).map(lambda text: f"x{text}x")
_LINES = st.builds(
    Line,
    reference=st.none() | _VALUES,
    direction=st.sampled_from(Direction),
    amount_minor=st.integers(1, 10**9),
    booked_on=st.just(FIRST),
    text=st.just("") | _VALUES,
)
_STATEMENTS = st.lists(_LINES, max_size=6).map(lambda lines: statement(lines, opening_minor=10**10))
_BETWEEN = (
    *("", "\n  ", "\r\n", "\t", "<!-- <Ntry> -->", "<!--</Ntry>-->", "<!-- </Stmt> -->"),
    *("<?bank <Ntry>?>", "<!---->"),
)
_MESSAGE = "camt.053.001.08"


def several(found: Iterable[Statement]) -> str:
    """Statements in one file."""
    texts = [camt(one).decode() for one in found]
    parts = [text[text.index("<Stmt>") : text.index("</BkToCstmrStmt>")] for text in texts]
    return texts[0].replace(parts[0], "\n".join(parts))


@dataclass
class Spelling:
    """Writes a document in other signs, here and there."""

    random: Random
    often: float

    def other(self, text: str) -> str:
        """The same document."""
        declaration, body = text.split("\n", 1)
        body = re.sub(r">([^<>]+)</", self._value, body)
        body = re.sub(r"</?[A-Za-z]+>", self._tag, body)
        body = re.sub(r' Ccy="CNY"', self._attribute, body)
        body = re.sub(r">(?=<[A-Z]|</(?:Ntry|Stmt|TxDtls)\b)", self._between, body)
        if self._seldom() and "<!--" not in body:
            body = re.sub(r"<(/?)(?=[A-Z])", r"<\1b:", body).replace(" xmlns=", " xmlns:b=")
        return f"\ufeff{body}" if self._seldom() else f"{declaration}\n{body}"

    def _seldom(self) -> bool:
        return self.random.random() < self.often

    def _value(self, found: re.Match[str]) -> str:
        text = found[1]
        if not text.strip() or not self._seldom():
            return found[0]
        ways = [
            text.replace("&gt;", ">"),
            text.replace('"', "&quot;").replace("'", "&apos;"),
        ]
        if "&" not in text:
            ways += [
                f"<![CDATA[{text}]]>",
                f"&#{ord(text[0])};{text[1:]}",
                f"{text[0]}<!-- <Ntry> -->{text[1:]}",
            ]
        return f">{self.random.choice(ways)}</"

    def _tag(self, found: re.Match[str]) -> str:
        ways = (" >", "\n>", "\t >")
        return found[0][:-1] + self.random.choice(ways) if self._seldom() else found[0]

    def _attribute(self, found: re.Match[str]) -> str:
        ways = ("  Ccy='CNY'", '\nCcy = "CNY"', ' Ccy="&#67;NY"')
        return self.random.choice(ways) if self._seldom() else found[0]

    def _between(self, found: re.Match[str]) -> str:
        return found[0] + (self.random.choice(_BETWEEN) if self._seldom() else "")


def pieces_of(data: bytes, size: int) -> camt_tree.Pieces:
    """A file in pieces."""

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return pieces


@settings(max_examples=150)
@given(
    st.lists(_STATEMENTS, min_size=1, max_size=3),
    st.randoms(use_true_random=False),
    st.sampled_from((0.0, 0.005, 0.05, 0.5)),
    st.integers(1, 3000),
)
def test_a_statement_says_the_same_in_whatever_signs(
    found: list[Statement], random: Random, often: float, size: int
) -> None:
    """Blanks, comments, references to signs, quotes and prefixes change nothing, nor do pieces."""
    data = Spelling(random, often).other(several(found)).encode()
    read = walk_camt(pieces_of(data, size), "s.xml", apart=False, texts=True)
    assert [one.whole() for one in read] == found


@dataclass
class Counting:
    """Counts what it takes."""

    count: int = 0
    heads: list[Element] = field(default_factory=list)

    def entries(self, entries: pl.Series) -> None:
        """Count."""
        self.count += len(entries)

    def section(self, head: Element) -> None:
        """Count."""
        self.heads.append(head)

    def around(self, rest: Element) -> None:
        """Not counted."""


FOUND = [
    statement([line(700, "R1"), line(300, "R2", text="汇款 a > b")]),
    statement(),
    statement([line(5, "R3")]),
]
TEXT = several(FOUND)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("\n", "\r\n"),
        ("><", ">\n  <"),
        ("a &gt; b", "a > b"),
        ("a &gt; b", "a &#62; b &quot;"),
        ("<TxDtls>", "<TxDtls><Refs />"),
        ('Ccy="CNY"', "Ccy='CNY'"),
        ("</Sts>", "</Sts >"),
        ('encoding="UTF-8"', "encoding='utf-8' standalone='yes'"),
        (" xmlns=", " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns="),
    ],
)
def test_usual_files_are_read_without_a_tree(old: str, new: str) -> None:
    """What banks write every day stands as text, and each entry is handed on once."""
    assert old in TEXT
    data = TEXT.replace(old, new).encode()
    taking = Counting()
    camt_text.parse(pieces_of(data, 100), "s.xml", _MESSAGE, "Stmt", taking)
    assert (taking.count, len(taking.heads)) == (3, 3)
    assert all(one.findtext("Bal/Amt") for one in taking.heads)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Ntry>", "<!-- <Ntry> --><Ntry>"),
        ("<Ntry>", "<?here <Ntry>?><Ntry>"),
        ("<Ntry>", "<Ntry >"),
        ("</Ntry>", "</Ntry >"),
        ("<Stmt>", "<Stmt >"),
        ("</Stmt>", "</Stmt\n>"),
        (">R1<", "><![CDATA[R1]]><"),
        (
            "</TxDtls></NtryDtls>",
            "<SplmtryData><Envlp><Mine/></Envlp></SplmtryData></TxDtls></NtryDtls>",
        ),
        (' encoding="UTF-8"', ' encoding="GB18030"'),
    ],
)
@pytest.mark.parametrize("times", [1, 99])
def test_where_an_entry_might_hide_the_tree_is_asked(old: str, new: str, times: int) -> None:
    """Nothing is cut where it is not certain that an entry begins or ends."""
    assert old in TEXT
    data = TEXT.replace(old, new, times).encode("gb18030" if "GB18030" in new else "utf-8")
    with pytest.raises(camt_text.NotPlainError):
        camt_text.parse(pieces_of(data, 100), "s.xml", _MESSAGE, "Stmt", Counting())
    read = walk_camt(pieces_of(data, 100), "s.xml", apart=False, texts=True)
    assert [one.whole() for one in read] == FOUND


def test_an_entry_under_a_prefix_is_not_taken_for_something_else() -> None:
    """A name of the schema may stand under two prefixes in one file."""
    two = TEXT.replace(
        " xmlns=", ' xmlns:b="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08" xmlns='
    )
    cut = two.rindex("<Ntry>")
    entry = two[cut : two.rindex("</Ntry>") + len("</Ntry>")]
    data = two.replace(entry, re.sub(r"<(/?)(?=[A-Z])", r"<\1b:", entry)).encode()
    read = walk_camt(pieces_of(data, 1000), "s.xml", apart=False, texts=True)
    assert [one.whole() for one in read] == FOUND


@pytest.mark.parametrize("code", ["<BkTxCd/>", "<BkTxCd></BkTxCd>"])
def test_a_bank_may_say_no_code_of_a_transaction(code: str) -> None:
    """The schema has the element and lets it be empty."""
    data = re.sub("<BkTxCd>.*?</BkTxCd>", code, TEXT).encode()
    read = walk_camt(pieces_of(data, 1000), "s.xml", apart=False, texts=True)
    assert [one.whole() for one in read] == FOUND
