"""Telephone numbers: a mainland mobile is a key; everything else in the field is kept as text.

Mobiles are eleven digits from 13 to 19 (numbering plan of MIIT, 2017); before them may stand +86,
0086, a trunk 0 or the code of a carrier for cheap calls (17951 and others).
"""

from typing import Final

import polars as pl

from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.mending import Mended, mended

MOBILE: Final = r"1[3-9][0-9]{9}"
_FINE: Final = rf"^{MOBILE}$"
_CARRIERS: Final = "17951|17911|17909|17900|12593|10193|11808"
_PREFIXED: Final = rf"^(?:\+?0{{0,2}}86)?0?(?:{_CARRIERS})?0?({MOBILE})$"
_USUAL: Final = r"^(?:\+?0{0,2}86[ \-]?)?(1[3-9][0-9])[ \-]?([0-9]{4})[ \-]?([0-9]{4})$"
_SEPARATORS: Final = r"[\s\-‐‑‒–—―−.()\[\]·_'`]+"
_NUMBERS: Final = r"\+?[0-9*][0-9*]*"
_LIKE_DIGITS: Final = {"o": "0", "q": "0", "l": "1", "i": "1", "|": "1", "z": "2", "s": "5"}
_LETTERED: Final = r"^[0-9oqliz|s]{11}$"
_LEAST_DIGITS: Final = 5
"""A shorter number beside a longer one is an extension."""


def phones(found: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """``phone`` (Int64), ``phone_other`` (String) and changes of telephone fields.

    ``phone`` is the first whole mobile, null where there is none. ``phone_other`` is what else
    there is, in its order, with a space between: masked mobiles (``138****1234``), other mobiles,
    fixed lines and foreign numbers (with their ``+``), and what looks like a mobile with letters.
    """
    result = mended(found, found.str.contains(_FINE), _mend)
    phone = result["value"].cast(pl.Int64, strict=False)
    return phone, result["other"], result["changes"]


def _mend(found: pl.Series) -> pl.DataFrame:
    """Per field the first whole mobile, and ``other``: what else there is.

    The usual ways of writing one mobile are tried before any other.
    """
    groups = found.str.extract_groups(_USUAL).struct.unnest()
    usual = groups["1"] + groups["2"] + groups["3"]
    prefixed = found.str.contains(r"^\+?0{0,2}86").cast(pl.UInt32) * Change.PREFIX_REMOVED.value
    parted = found.str.contains(r"[ \-]").cast(pl.UInt32) * Change.SEPARATORS_REMOVED.value
    outcome = mended(
        pl.select(pl.coalesce(usual, found)).to_series(),
        usual.is_not_null() | found.is_null(),
        _odd,
    )
    return outcome.with_columns(
        pl.when(usual.is_not_null())
        .then(prefixed + parted)
        .otherwise("changes")
        .cast(pl.UInt32)
        .alias("changes")
    )


def _odd(found: pl.Series) -> pl.DataFrame:
    """Likewise, whatever the field holds."""
    text = (
        Mended.of(found)
        .plain()
        .then(
            Change.SEPARATORS_REMOVED,
            lambda t: (
                t.str.replace_all("[＊✱∗×]", "*")
                .str.replace(r"^([0-9]{11})\.0+$", "$1")
                .str.replace_all(_SEPARATORS, "")
            ),
        )
        .note(Change.MASKED, pl.col("value").str.contains(r"[0-9]\*|\*[0-9]"))
        .frame()
        .with_row_index("at")
    )
    run = rf"(?:{MOBILE}){{2,5}}"
    apart = pl.col("value").str.extract(rf"^({run})$").str.replace_all(f"({MOBILE})", "$1 ")
    numbers = text.with_columns(
        _lettered(pl.col("value")).alias("lettered"),
        pl.coalesce(apart, "value").str.extract_all(_NUMBERS).alias("number"),
    )
    fields = _numbers_of(numbers.select("at", "number"))
    done = numbers.join(fields, on="at", how="left", maintain_order="left")
    beside = pl.col("value").str.replace_all(_NUMBERS, "") != ""
    bits = (
        pl.when("prefixed").then(Change.PREFIX_REMOVED.value).otherwise(0)
        + pl.when(pl.col("kept").list.len() > 1).then(Change.SEVERAL_IN_FIELD.value).otherwise(0)
        + pl.when(beside & ~pl.col("lettered")).then(Change.NOTE_REMOVED.value).otherwise(0)
    )
    first = rf"^({MOBILE})(?: |$)"
    kept = pl.when("lettered").then("value").otherwise(pl.col("kept").list.join(" "))
    return done.select(
        kept.str.extract(first).alias("value"),
        (pl.col("changes") | bits.cast(pl.UInt32)).alias("changes"),
        kept.str.replace(first, "").replace("", None).alias("other"),
    )


def _numbers_of(fields: pl.DataFrame) -> pl.DataFrame:
    """Per field (``at``) its numbers ``kept``, without prefixes, the first whole mobile in front.

    *fields*: ``at``, and ``number`` (a list). ``prefixed``: one of them had a prefix.
    """
    mobile = pl.col("mobile").is_not_null()
    single = (
        fields.explode("number", empty_as_null=True)
        .with_columns(pl.col("number").str.extract(_PREFIXED).alias("mobile"))
        .filter(mobile | (pl.col("number").str.count_matches("[0-9*]") >= _LEAST_DIGITS))
        .with_columns(
            pl.coalesce("mobile", "number").alias("kept"),
            (pl.col("mobile") != pl.col("number")).fill_null(value=False).alias("prefixed"),
            (mobile & (mobile.cum_sum() == 1).over("at")).alias("first"),
        )
    )
    return (
        single.sort("at", "first", descending=[False, True], maintain_order=True)
        .group_by("at", maintain_order=True)
        .agg(pl.col("kept").unique(maintain_order=True), pl.col("prefixed").any())
    )


def _lettered(text: pl.Expr) -> pl.Expr:
    """Whether a text is eleven digits of which some were typed as the letters that look so."""
    digits = text.str.count_matches("[0-9]")
    return text.str.contains(_LETTERED) & text.str.contains("[a-z|]") & (digits >= _LEAST_DIGITS)


def pattern(other: pl.Expr) -> pl.Expr:
    """The masked mobile of a ``phone_other``: eleven signs, digits and ``*``; else null."""
    masked = other.str.extract(r"(?:^| )(?:\+?86)?(1[0-9*]{10})(?: |$)")
    return pl.when(masked.str.contains("*", literal=True)).then(masked)


def candidate(other: pl.Expr) -> pl.Expr:
    """The mobile that a ``phone_other`` is when its letters are read as digits; else null.

    Evidence, never a key.
    """
    digits = pl.when(_lettered(other)).then(
        other.str.replace_many(list(_LIKE_DIGITS), list(_LIKE_DIGITS.values()))
    )
    return digits.str.extract(rf"^({MOBILE})$")


def damaged(other: pl.Expr) -> pl.Expr:
    """The mobile of a ``phone_other`` of which signs are masked, lost, added or cut; else null.

    A masked one; else one that was typed with letters; else the first number of 7 to 12 digits that
    begins like a mobile and is none. Evidence, never a key.
    """
    odd = other.str.extract(r"(?:^| )(1[3-9](?:[0-9]{5,8}|[0-9]{10}))(?: |$)")
    return pl.coalesce(pattern(other), candidate(other), odd)
