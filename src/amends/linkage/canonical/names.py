"""Personal names: the name without titles, dots, spaces and remarks; a hidden one is a pattern.

The separator in minority names is U+00B7 in official records, and many other dots elsewhere; it is
lost as often as not, so the canonical Han name has none. Characters that a program could not show
(``?``, boxes, private-use code points, descriptions, or pinyin in their place) leave a pattern:
``李?英``, ``李xiu英``. A pattern is evidence, and never a key.
"""

import html
from typing import Final

import polars as pl

from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.mending import Mended, mended, settled

HAN: Final = r"\p{Han}"
COMPOUND_SURNAMES: Final = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|"
    "濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|歐陽|東方|獨孤|"
    "南宮|万俟|聞人|諸葛|尉遲|赫連|澹臺|濮陽|公孫|仲孫|鍾離|長孫|鮮于"
)
_COMPOUND: Final = COMPOUND_SURNAMES.split("|")
_TITLES: Final = (
    "sir|lord|lady|dame|mr|mrs|ms|miss|dr|prof|rev|reverend|hon|captain|capt|baron|baronet|"
    "baroness|earl|countess|viscount|viscountess|duke|duchess|marquess|marquis|count|prince|"
    "princess|of|the|de|jr|sr|junior|senior|先生|女士|小姐|同志"
)
_CALLED: Final = "先生|女士|小姐|同志|太太|夫人|老师|师傅|老師|師傅"
"""Words after a name, or after a surname alone."""

_OFFICES: Final = "教授|医生|大夫|博士|经理|主任|律师|醫生|經理|律師"
"""Words after a whole name; after one character they may be a given name."""

_ENDS: Final = "生士姐志太人师傅師授夫理任"
"""Signs that end one of these words: a name with such an end is looked at more closely."""

_FINE: Final = rf"^[一-鿿--[某]]{{1,3}}[一-鿿--[某{_ENDS}]]$"
_DOTS: Final = r"[·•・‧∙⋅᛫･．.˙●⸱]"
_MASKS: Final = r"[*＊✱✲∗⁎╳×]"
_UNKNOWN: Final = (
    rf"(?:\(\s*{HAN}\s*[+/]\s*{HAN}\s*\)"  # (亻+尔)
    r"|[?□■▢▯〓\u{fffd}○◯〇\u{e000}-\u{f8ff}\u{f0000}-\u{10ffff}])"
)
_PIECE: Final = r"[\p{Han}\u{2e80}-\u{2fdf}\u{31c0}-\u{31ef}?]"
_DESCRIBED: Final = (
    r"(?:[\u{2ff0}\u{2ff1}\u{2ff4}-\u{2ffb}]"
    + _PIECE
    + r"{2}|[\u{2ff2}\u{2ff3}]"
    + _PIECE
    + r"{3})"
)
"""An ideographic description (Unicode §18.2) without others within it."""
_RADICALS: Final = {
    "⺀": "冫", "⺁": "厂", "⺄": "乙", "⺅": "亻", "⺈": "刀", "⺋": "卩", "⺌": "小", "⺍": "小",
    "⺗": "心", "⺟": "母", "⺠": "民", "⺣": "灬", "⺨": "犭", "⺩": "王", "⺬": "示", "⺮": "竹",
    "⺶": "羊", "⺼": "月", "⻁": "虎", "⻄": "西", "⻅": "见", "⻆": "角", "⻉": "贝", "⻋": "车",
    "⻓": "长", "⻔": "门", "⻘": "青", "⻙": "韦", "⻚": "页", "⻛": "风", "⻜": "飞", "⻝": "食",
    "⻢": "马", "⻣": "骨", "⻤": "鬼", "⻥": "鱼", "⻦": "鸟", "⻨": "麦", "⻩": "黄", "⻬": "齐",
    "⻮": "齿", "⻰": "龙", "⻳": "龟", "⻲": "龟",
}  # fmt: skip
"""CJK Radicals Supplement to the characters that they are taken for, where NFKC has no answer."""

_VARIATION: Final = r"[\u{fe00}-\u{fe0f}\u{e0100}-\u{e01ef}]"
_PATTERNED: Final = rf"[*?]|{HAN}[a-zü]{{2,6}}(?:{HAN}|$)"
_FIRST: Final = r"^(\S+)"
_LAST: Final = r"(\S+)$"
_NO_LETTER: Final = r"^[^\p{L}]*$"


def names(found: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """``name``, ``name_pattern`` and changes of whole names or parts of names.

    ``name_pattern``: ``*`` for what is hidden (of unknown length), ``?`` for one unknown sign,
    Latin letters among Han ones for one character that sounds so; null where the name is whole.
    """
    result = mended(found, found.str.contains(_FINE), _mend, once=True)
    return result["value"], result["name_pattern"], result["changes"]


def _mend(found: pl.Series) -> pl.DataFrame:
    """Distinct names, each in canonical form or as a pattern."""
    hidden = pl.col("value").str.contains(_PATTERNED)
    return settled(found, _FINE, _steps).with_columns(
        pl.when(hidden)
        .then(pl.col("changes") | pl.lit(Change.MASKED.value, pl.UInt32))
        .otherwise("changes")
        .alias("changes"),
        pl.when(~hidden).then("value").alias("value"),
        pl.when(hidden).then("value").alias("name_pattern"),
    )


def _steps(found: Mended) -> Mended:
    """From a name as found to its canonical form or pattern."""
    text = _readable(found).plain()
    masked = text.then(Change.PLACEHOLDER, _hidden)
    dotted = masked.then(
        Change.MIDDLE_DOT,
        lambda t: _twice(t, rf"({HAN}|[?*])\s*{_DOTS}+\s*({HAN}|[?*])", "$1$2"),
    )
    close = dotted.then(
        Change.SPACES_REMOVED, lambda t: _twice(t, rf"({HAN}|[?*])\s+({HAN}|[?*])", "$1$2")
    )
    noted = close.then(
        Change.NOTE_REMOVED, lambda t: t.str.replace(rf"({HAN})\s*[(\[【][^)\]】]*[)\]】]?$", "$1")
    )
    titled = noted.then(Change.TITLE_REMOVED, _untitled)
    bare = titled.then(
        Change.SEPARATORS_REMOVED,
        lambda t: (
            t.str.replace_all(r"['’‘`´ʼ]", "")
            .str.replace_all(r"[.,，、;:()\[\]【】/_\-‐‑‒–—―·\"“”]", " ")
            .str.replace_all(r"\s+", " ")
            .str.strip_chars()
        ),
    )
    done = bare.then(
        Change.TITLE_REMOVED,
        lambda t: (
            t.str.replace_all(rf"\b(?:{_TITLES}|\d+(?:st|nd|rd|th)?)\b", " ")
            .str.replace_all(r"\s+", " ")
            .str.strip_chars()
        ),
    )
    return done.then(Change.PLACEHOLDER, lambda t: pl.when(~t.str.contains(_NO_LETTER)).then(t))


def _readable(found: Mended) -> Mended:
    """Character references, radicals and variation selectors as the characters meant."""
    return found.then(
        Change.RADICALS,
        lambda t: (
            t.map_batches(_unescaped, return_dtype=pl.String)
            .str.replace_all(_VARIATION, "")
            .str.replace_many(list(_RADICALS), list(_RADICALS.values()))
        ),
    )


def _unescaped(found: pl.Series) -> pl.Series:
    """Character references (``&#131083;``) as characters."""
    referring = found.str.contains("&#", literal=True).fill_null(value=False)
    if not referring.any():
        return found
    meant = {value: html.unescape(value) for value in found.filter(referring).to_list()}
    return found.replace(meant)


def _hidden(text: pl.Expr) -> pl.Expr:
    """One sign for what is hidden, one for what is unknown."""
    plain = text.str.replace_all(_MASKS, "*")
    plain = _twice(plain, _DESCRIBED, "?")
    plain = _twice(plain, rf"({HAN}|[*?])\s*{_UNKNOWN}", "$1?")
    plain = _twice(plain, rf"{_UNKNOWN}\s*({HAN}|[*?])", "?$1")
    plain = plain.str.replace_all("某", "?")
    return plain.str.replace_all(r"x{2,}", "*")


def _untitled(text: pl.Expr) -> pl.Expr:
    """Han names without the word that follows them; a surname so called is a hidden name."""
    compound = text.str.replace(rf"^({COMPOUND_SURNAMES})(?:{_CALLED})$", "$1*")
    surname = compound.str.replace(rf"^({HAN})(?:{_CALLED})$", "$1*")
    return surname.str.replace(rf"^({HAN}{{2,}})(?:{_CALLED}|{_OFFICES})$", "$1")


def _twice(text: pl.Expr, pattern: str, by: str) -> pl.Expr:
    """Replaced twice: a match that shares a sign with the one before it is found then."""
    return text.str.replace_all(pattern, by).str.replace_all(pattern, by)


def parts(name: pl.Expr, surname: pl.Expr, given_name: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """``first`` and ``last``: given name and surname, told from the name where not told apart."""
    compound = name.str.extract(rf"^((?:{COMPOUND_SURNAMES})){HAN}+$")
    han_surname = pl.coalesce(compound, name.str.extract(rf"^({HAN}){HAN}+$"))
    han_given = name.str.slice(han_surname.str.len_chars())
    first = pl.coalesce(given_name.str.extract(_FIRST), han_given, name.str.extract(_FIRST))
    last = pl.coalesce(surname.str.extract(_LAST), han_surname, name.str.extract(_LAST))
    return first.alias("first"), last.alias("last")


def plain_parts(name: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The same of names that are two Han characters or more and nothing else."""
    compound = name.str.head(2).is_in(_COMPOUND) & (name.str.head(2) != name)
    signs = pl.when(compound).then(2).otherwise(1)
    return name.str.slice(signs).alias("first"), name.str.head(signs).alias("last")
