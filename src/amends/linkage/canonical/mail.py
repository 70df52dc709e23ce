"""Mail addresses: whole ones are keys in lower case; what tags and dots hide is a candidate."""

from typing import Final

import polars as pl

from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.mending import Mended, mended, settled

_FINE: Final = r"^[a-z0-9._%+\-]+@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]+$"
_WHOLE: Final = r"^[^@*\s]+@[^@*\s]+\.[^@*.\s]+$"
_ONE: Final = r"[^@\s<>\"',;|()\[\]:]+@[^@\s<>\"',;|()\[\]:]+\.[^@.\s<>\"',;|()\[\]:]+"
_AT: Final = r"\s*(?:\(at\)|\[at\]|\{at\}|#at#|\(a\)|＠)\s*"
_DOT: Final = r"\s*(?:\(dot\)|\[dot\]|\{dot\}|#dot#)\s*"
_PATTERN: Final = r"^[^@\s]*\*[^@\s]*@[^@\s]+$|^[^@\s]+@[^@\s]*\*[^@\s]*$"


def addresses(found: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """``email``, ``email_pattern`` and changes of mail addresses.

    The first whole address of a field is the key; a masked one (``a***@b.cn``) is a pattern.
    """
    result = mended(found, found.str.contains(_FINE), _mend)
    return result["value"], result["email_pattern"], result["changes"]


def _mend(found: pl.Series) -> pl.DataFrame:
    value, changes = pl.col("value"), pl.col("changes")
    masked = value.str.contains(_PATTERN)
    return settled(found, _FINE, _steps).with_columns(
        pl.when(masked)
        .then(changes | pl.lit(Change.MASKED.value, pl.UInt32))
        .otherwise(changes)
        .alias("changes"),
        pl.when(value.str.contains(_WHOLE)).then(value).alias("value"),
        pl.when(masked).then(value).alias("email_pattern"),
    )


def _steps(found: Mended) -> Mended:
    """From a field as found to its first address."""
    text = (
        found.plain()
        .then(
            Change.SEPARATORS_REMOVED,
            lambda t: t.str.replace_all(_AT, "@").str.replace_all(_DOT, "."),
        )
        .then(
            Change.PREFIX_REMOVED, lambda t: t.str.replace(r"^(?:mailto|e-?mail|邮箱)\s*:\s*", "")
        )
        .then(Change.SPACES_REMOVED, lambda t: t.str.replace_all(r"\s*([@.])\s*", "$1"))
    )
    several = pl.col("value").str.count_matches("@", literal=True) > 1
    text = text.note(Change.SEVERAL_IN_FIELD, several & pl.col("value").str.contains(r"[\s,;|/]"))
    return text.then(Change.NOTE_REMOVED, _first).then(
        Change.SEPARATORS_REMOVED,
        lambda t: t.str.strip_chars_end(".,;:、。，；").str.replace_all(" ", ""),
    )


def _first(text: pl.Expr) -> pl.Expr:
    """The first address in a text that is more than one; a text with two @ in a row has none."""
    inside = text.str.contains(r"[\s<>\"',;|()\[\]:]")
    return pl.when(inside).then(pl.coalesce(text.str.extract(f"({_ONE})"), text)).otherwise(text)


def candidate(email: pl.Expr) -> pl.Expr:
    """The mailbox behind an address: without ``+tag``, and at Gmail without dots.

    Evidence, never a key: other providers may give both to different people.
    """
    local, host = email.str.extract(r"^([^@+]+)"), email.str.extract(r"@(.+)$")
    gmail = host.is_in(["gmail.com", "googlemail.com"])
    return (
        pl.when(gmail)
        .then(local.str.replace_all(".", "", literal=True) + "@gmail.com")
        .otherwise(local + "@" + host)
    )


def qq_number(text: pl.Expr) -> pl.Expr:
    """The QQ number in ``n@qq.com``, or in a user name that is one (5 to 11 digits); else null."""
    return text.str.extract(r"^([1-9][0-9]{4,10})(?:@(?:vip\.)?qq\.com)?$")
