"""From fields as found to fields that compare: one canonical frame for accounts and leaked rows.

What cannot be a key is no key: a masked mobile, a national number whose check digit is wrong, an
address without an ``@`` are kept as text for the probabilistic stage and never join anybody by
themselves. Everything works on whole columns; nothing here looks at one row at a time.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

FIELDS: Final = (
    "name",
    "surname",
    "given_name",
    "phone",
    "email",
    "idno",
    "birth",
    "gender",
    "address",
    "birth_place",
    "postcode",
    "occupation",
    "username",
    "device",
)
"""Field words that the determination reads, of registries and of leaked files alike."""

COLUMNS: Final[Mapping[str, type[pl.DataType]]] = {
    "name": pl.String,
    "first": pl.String,
    "last": pl.String,
    "phone": pl.Int64,
    "email": pl.String,
    "idno": pl.Int64,
    "idno_text": pl.String,
    "birth": pl.String,
    "gender": pl.String,
    "address": pl.String,
    "birth_place": pl.String,
    "postcode": pl.String,
    "occupation": pl.String,
    "username": pl.String,
    "device": pl.String,
}
"""The canonical columns, in order. ``phone`` and ``idno`` are exact keys, or null."""

KEY_COLUMNS: Final = ("name", "phone", "idno", "email", "device")
"""What the exact stage reads: the exact keys, and the name that may speak against them."""

_KEY_FIELDS: Final = ("name", "surname", "given_name", "phone", "idno", "email", "device")

_TITLES = (
    "sir|lord|lady|dame|mr|mrs|ms|miss|dr|prof|rev|reverend|hon|captain|capt|baron|baronet|"
    "baroness|earl|countess|viscount|viscountess|duke|duchess|marquess|marquis|count|prince|"
    "princess|of|the|de|jr|sr|junior|senior|先生|女士|小姐|同志"
)
_DOTS = r"[·•・‧∙⋅᛫･]"
_HAN = r"\p{Han}"
_COMPOUND_SURNAMES = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|"
    "濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, 6.2
_DEVICE_MIN = 8
_MALE = ("m", "male", "man", "男", "1", "男性", "先生")
_FEMALE = ("f", "female", "woman", "女", "2", "女性", "女士")


def folded(column: str) -> pl.Expr:
    """NFKC, casefolded, outer and doubled spaces gone; empty is null."""
    text = pl.col(column).str.normalize("NFKC").str.to_lowercase()
    return _or_null(text.str.replace_all(r"\s+", " ").str.strip_chars())


def mobile(column: str) -> pl.Expr:
    """A mainland mobile as its 11 digits; with a mask or anything else, null."""
    digits = pl.col(column).str.normalize("NFKC").str.replace_all(r"[\s\-().·]", "")
    digits = digits.str.replace(r"^(?:\+?0{0,2}86)", "")
    return (
        pl.when(digits.str.contains(r"^1[3-9]\d{9}$"))
        .then(digits)
        .otherwise(None)
        .cast(pl.Int64, strict=False)
    )


def identity_text(column: str) -> pl.Expr:
    """A national number without spaces and dashes; 15 digits become the 18 of GB 11643-1999."""
    text = pl.col(column).str.normalize("NFKC").str.to_uppercase()
    text = _or_null(text.str.replace_all(r"[\s\-.'`]", ""))
    old = text.str.contains(r"^\d{15}$")
    body = text.str.slice(0, 6) + "19" + text.str.slice(6, 9)
    return pl.when(old).then(body + _check_digit(body)).otherwise(text)


def identity_key(text: str) -> pl.Expr:
    """The exact key of an :func:`identity_text` column: 18 with a right check digit, or null.

    Any other national number is hashed to a negative integer; shorter than six characters, or
    masked, it is no key.
    """
    column = pl.col(text)
    body = column.str.slice(0, 17)
    like_ours = column.str.contains(r"^\d{17}[\dX]$|^\d{15}$")
    dated = like_ours & _plausible_birth(column.str.slice(6, 8))
    chinese = dated & (column.str.slice(17, 1) == _check_digit(body))
    foreign = column.str.contains(r"^[0-9A-Z/]*\d[0-9A-Z/]*$") & ~like_ours
    foreign &= column.str.len_chars().is_between(6, 32)
    hashed = -(column.hash(seed=11) // 4).cast(pl.Int64) - 1
    return (
        pl.when(chinese)
        .then(body.cast(pl.Int64, strict=False))
        .when(foreign)
        .then(hashed)
        .otherwise(None)
    )


def email(column: str) -> pl.Expr:
    """A mail address in lower case, or null where there is none or it is masked."""
    text = folded(column).str.replace_all(" ", "")
    return pl.when(text.str.contains(r"^[^@*]+@[^@*]+\.[^@*.]+$")).then(text).otherwise(None)


def device(column: str) -> pl.Expr:
    """A device number in lower case without separators; short or all the same sign is none."""
    text = folded(column).str.replace_all(r"[\s:\-_{}]", "")
    real = (text.str.len_chars() >= _DEVICE_MIN) & ~text.str.contains(r"^(?:0+|f+|1+|x+)$|[*?]")
    return pl.when(real).then(text)


def person_name(column: str | pl.Expr) -> pl.Expr:
    """A name without titles, ordinals, punctuation; Han names without spaces; masked is null."""
    raw = pl.col(column) if isinstance(column, str) else column
    text = raw.str.normalize("NFKC").str.to_lowercase()
    text = text.str.replace_all(_DOTS, "·")
    text = text.str.replace_all(rf"({_HAN})[\s·]+({_HAN})", "$1$2")
    text = text.str.replace_all(rf"({_HAN})[\s·]+({_HAN})", "$1$2")
    text = text.str.replace_all(rf"({_HAN})(?:先生|女士|小姐|同志)$", "$1")
    text = text.str.replace_all(r"['’‘`]", "").str.replace_all(r"[.,;:()\[\]/_\-·\"]", " ")
    text = text.str.replace_all(rf"\b(?:{_TITLES}|\d+(?:st|nd|rd|th)?)\b", " ")
    text = text.str.replace_all(r"\s+", " ").str.strip_chars()
    return _or_null(pl.when(text.str.contains(r"[*＊?]")).then(None).otherwise(text))


def birth(column: str) -> pl.Expr:
    """A date as ``yyyymmdd`` where the digits can be told, else the text (month 87 stays 87)."""
    text = folded(column)
    parts = text.str.extract_groups(r"^(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*(?:\D00:00.*)?$")
    joined = (
        parts.struct.field("1")
        + parts.struct.field("2").str.zfill(2)
        + parts.struct.field("3").str.zfill(2)
    )
    return pl.coalesce(joined, text.str.replace_all(r"\D", "").replace("", None), text)


def gender(column: str) -> pl.Expr:
    """``m`` or ``f``; any other word is unknown."""
    text = folded(column)
    return (
        pl.when(text.is_in(_MALE))
        .then(pl.lit("m"))
        .when(text.is_in(_FEMALE))
        .then(pl.lit("f"))
        .otherwise(None)
    )


def keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Only :data:`KEY_COLUMNS` of *frame*, for the exact stage; columns that are no fields stay.

    The same values as :func:`normalise` gives of the same rows, at a fraction of its cost. Rows
    that go on to the probabilistic stage are normalised whole, from their fields as found.

    Args:
        frame: any of :data:`FIELDS`, as text.
    """
    missing = [pl.lit(None, pl.String).alias(f) for f in _KEY_FIELDS if f not in frame.columns]
    kept = [c for c in frame.columns if c not in FIELDS]
    result = frame.with_columns(missing).with_columns(
        person_name(_whole_name()).alias("name"),
        mobile("phone").alias("phone"),
        identity_text("idno").alias("idno_text"),
        email("email").alias("email"),
        device("device").alias("device"),
    )
    result = result.with_columns(identity_key("idno_text").alias("idno"))
    return result.select(*kept, *(pl.col(c).cast(COLUMNS[c]) for c in KEY_COLUMNS))


def normalise(frame: pl.DataFrame) -> pl.DataFrame:
    """The canonical columns of *frame* (any of :data:`FIELDS` as text); other columns stay."""
    missing = [pl.lit(None, pl.String).alias(f) for f in FIELDS if f not in frame.columns]
    kept = [c for c in frame.columns if c not in FIELDS]
    result = frame.with_columns(missing).with_columns(_whole_name().alias("name"))
    result = result.with_columns(
        person_name("name").alias("name"),
        person_name("surname").alias("surname"),
        person_name("given_name").alias("given_name"),
        mobile("phone").alias("phone"),
        identity_text("idno").alias("idno_text"),
        email("email").alias("email"),
        birth("birth").alias("birth"),
        gender("gender").alias("gender"),
        folded("birth_place").alias("birth_place"),
        folded("occupation").alias("occupation"),
        folded("postcode").str.replace_all(" ", "").alias("postcode"),
        folded("username").alias("username"),
        device("device").alias("device"),
        folded("address").str.replace_all(r"[\s,，.。\-#]", "").alias("address"),
    )
    result = result.with_columns(identity_key("idno_text").alias("idno"), *_name_parts())
    result = result.with_columns(_from_identity())
    return result.select(*kept, *(pl.col(c).cast(t) for c, t in COLUMNS.items()))


def _whole_name() -> pl.Expr:
    """``name``, or surname and given name put together (in Han without a space, surname first)."""
    surname, given = pl.col("surname").fill_null(""), pl.col("given_name").fill_null("")
    han = pl.concat_str(surname, given).str.contains(_HAN)
    parts = (
        pl.when(han)
        .then(pl.concat_str(surname, given))
        .otherwise(pl.concat_str(given, surname, separator=" "))
    )
    return pl.coalesce("name", parts)


def _name_parts() -> tuple[pl.Expr, pl.Expr]:
    """``first`` and ``last``: given name and surname, told from the name where not told apart."""
    name = pl.col("name")
    compound = name.str.extract(rf"^((?:{_COMPOUND_SURNAMES})){_HAN}+$")
    han_surname = pl.coalesce(compound, name.str.extract(rf"^({_HAN}){_HAN}+$"))
    last = pl.coalesce("surname", han_surname, name.str.extract(r"(\S+)$"))
    han_given = name.str.slice(han_surname.str.len_chars())
    first = pl.coalesce("given_name", han_given, name.str.extract(r"^(\S+)"))
    return first.str.extract(r"^(\S+)").alias("first"), last.str.extract(r"(\S+)$").alias("last")


def _from_identity() -> tuple[pl.Expr, pl.Expr]:
    """Birth date and sex that a right national number carries, where the record has none."""
    text = pl.when(pl.col("idno") > 0).then(pl.col("idno_text"))
    odd = text.str.slice(16, 1).cast(pl.Int8, strict=False) % 2
    sex = pl.when(odd == 1).then(pl.lit("m")).when(odd == 0).then(pl.lit("f"))
    return pl.coalesce("birth", text.str.slice(6, 8)).alias("birth"), pl.coalesce(
        "gender", sex
    ).alias("gender")


def _check_digit(body: pl.Expr) -> pl.Expr:
    """The 18th character over 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(
        (body.str.slice(i, 1).cast(pl.Int64, strict=False) * w for i, w in enumerate(_WEIGHTS)),
        start=pl.lit(0, pl.Int64),
    )
    return (
        (total % 11)
        .replace_strict(dict(enumerate("10X98765432")), return_dtype=pl.String, default=None)
        .cast(pl.String)
    )


def _plausible_birth(text: pl.Expr) -> pl.Expr:
    return text.str.to_date("%Y%m%d", strict=False).is_not_null()


def _or_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
