"""From fields as found to fields that compare: one canonical frame for accounts and leaked rows.

What cannot be a key is no key: a masked mobile, a national number whose check digit is wrong, an
address without an ``@`` are kept as text for the probabilistic stage and never join anybody by
themselves. Everything works on whole columns; nothing here looks at one row at a time.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import polars as pl

from amends.linkage.canonical import dates, devices, identity, mail, mobiles, names, places

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
    "name_pattern": pl.String,
    "first": pl.String,
    "last": pl.String,
    "phone": pl.Int64,
    "phone_other": pl.String,
    "email": pl.String,
    "email_pattern": pl.String,
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

KEY_COLUMNS: Final = ("name", "phone", "idno", "email", "device", "username")
"""What the exact stage reads: the exact keys, and the name that may speak against them."""

_KEY_FIELDS: Final = ("surname", "given_name", *KEY_COLUMNS)

USERNAME_SIGNS: Final = 4
"""A user name of fewer signs is none."""

_FINE_USERNAME: Final = r"^[!-)+->@\[-~一-鿿]{4,}$"
"""Four signs or more, each an ordinary one that NFKC and lower case leave alone."""

_MALE = ("m", "male", "man", "男", "1", "男性", "先生")
_FEMALE = ("f", "female", "woman", "女", "2", "女性", "女士")


def folded(column: str) -> pl.Expr:
    """NFKC, casefolded, outer and doubled spaces gone; empty is null."""
    text = pl.col(column).str.normalize("NFKC").str.to_lowercase()
    return _or_null(text.str.replace_all(r"\s+", " ").str.strip_chars())


def username(column: str) -> pl.Expr:
    """A user name in lower case; masked, or of fewer than four signs, it is none."""
    text = folded(column)
    real = (text.str.len_chars() >= USERNAME_SIGNS) & ~text.str.contains(r"[*?]")
    return pl.when(real).then(text)


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


def _postcode(column: str) -> pl.Expr:
    return folded(column).str.replace_all(" ", "")


_WORDS: Final = {
    "gender": gender,
    "birth_place": folded,
    "occupation": folded,
    "postcode": _postcode,
}
"""Fields whose words are taken as they are, but for their case and signs."""


def keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Only :data:`KEY_COLUMNS` of *frame*, for the exact stage; columns that are no fields stay.

    The same values as :func:`normalise` gives of the same rows, at a fraction of its cost. Rows
    that go on to the probabilistic stage are normalised whole, from their fields as found.

    Args:
        frame: any of :data:`FIELDS`, as text.

    Returns:
        The other columns, the six, and ``changes`` (UInt32, bits of
        :class:`~.canonical.changes.Change`).
    """
    found, changes = _keys(frame)
    kept = [c for c in frame.columns if c not in FIELDS]
    six = [found[c].cast(COLUMNS[c]).alias(c) for c in KEY_COLUMNS]
    return pl.DataFrame([*frame.select(kept), *six, changes.alias("changes")])


def _keys(frame: pl.DataFrame) -> tuple[dict[str, pl.Series], pl.Series]:
    """The canonical columns that come of looking for keys, and the changes."""
    nothing = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    field = {f: frame[f] if f in frame.columns else nothing for f in _KEY_FIELDS}
    changes = pl.repeat(0, frame.height, dtype=pl.UInt32, eager=True)
    found: dict[str, pl.Series] = {}
    if not (_empty(field["surname"]) and _empty(field["given_name"])):
        field["name"] = frame.select(_whole_name(field)).to_series()
    found["name"], found["name_pattern"], of_name = _made(names.names, field["name"], 3)
    found["phone"], found["phone_other"], of_phone = _made(mobiles.phones, field["phone"], 3)
    found["idno_text"], of_idno = _made(identity.texts, field["idno"], 2)
    none = _empty(found["idno_text"])
    found["idno"] = nothing.cast(pl.Int64) if none else identity.keys(found["idno_text"])
    found["email"], found["email_pattern"], of_email = _made(mail.addresses, field["email"], 3)
    found["device"], of_device = _made(devices.numbers, field["device"], 2)
    (found["username"],) = _made(_usernames, field["username"], 1)
    for own in (of_name, of_phone, of_idno, of_email, of_device):
        changes = changes | own
    return found, changes


def _empty(field: pl.Series) -> bool:
    return field.null_count() == len(field)


def _made(
    make: Callable[[pl.Series], tuple[pl.Series, ...]], field: pl.Series, columns: int
) -> tuple[pl.Series, ...]:
    """What *make* gives of a field, *columns* in number; of nothing nothing, without the work.

    Of several columns the last are the changes.
    """
    if not _empty(field):
        return make(field)
    if columns == 1:
        return (field,)
    none = pl.repeat(0, len(field), dtype=pl.UInt32, eager=True)
    return (*(field for _ in range(columns - 1)), none)


def _usernames(found: pl.Series) -> tuple[pl.Series]:
    """User names in canonical form; those that are so already are not looked at any further."""
    fine = found.str.contains(_FINE_USERNAME) | found.is_null()
    rest = (~fine).arg_true()
    mended = found.gather(rest).to_frame("found").select(username("found")).to_series()
    at = np.arange(len(found), dtype=np.int64)
    at[rest.to_numpy()] = len(found) + np.arange(len(rest))
    return (pl.concat([found, mended]).gather(at),)


def normalise(frame: pl.DataFrame) -> pl.DataFrame:
    """The canonical columns of *frame* (any of :data:`FIELDS` as text); other columns stay.

    After them comes ``changes``: per record the bits of what was done to it.
    """
    found, changes = _keys(frame)
    kept = [c for c in frame.columns if c not in FIELDS]
    field = {f: frame[f] for f in FIELDS if f in frame.columns and not _empty(frame[f])}
    for f, make in (("birth", dates.births), ("address", places.addresses)):
        if f in field:
            found[f], of_field = make(field[f])
            changes = changes | of_field
    found |= {f: names.names(field[f])[0] for f in ("surname", "given_name") if f in field}
    found |= frame.select(make(f).alias(f) for f, make in _WORDS.items() if f in field).to_dict()
    result = (
        pl.DataFrame([*frame.select(kept), changes.alias("changes")])
        .with_columns(pl.lit(None, pl.String).alias(f) for f in ("surname", "given_name"))
        .with_columns(pl.lit(None, t).alias(c) for c, t in COLUMNS.items())
        .with_columns(column.alias(f) for f, column in found.items() if not _empty(column))
    )
    parts = names.parts(pl.col("name"), pl.col("surname"), pl.col("given_name"))
    result = result.with_columns(*parts).with_columns(from_identity())
    return result.select(*kept, *(pl.col(c).cast(t) for c, t in COLUMNS.items()), "changes")


def _whole_name(field: Mapping[str, pl.Series]) -> pl.Expr:
    """``name``, or surname and given name put together (in Han without a space, surname first)."""
    surname = pl.lit(field["surname"]).fill_null("")
    given = pl.lit(field["given_name"]).fill_null("")
    han = pl.concat_str(surname, given).str.contains(names.HAN)
    parts = (
        pl.when(han)
        .then(pl.concat_str(surname, given))
        .otherwise(pl.concat_str(given, surname, separator=" "))
    )
    return pl.coalesce(pl.lit(field["name"]), parts.replace(["", " "], None))


def from_identity() -> tuple[pl.Expr, pl.Expr]:
    """Birth date and sex that a right national number carries, where the record has none."""
    text = pl.when(pl.col("idno") > 0).then(pl.col("idno_text"))
    odd = text.str.slice(16, 1).cast(pl.Int8, strict=False) % 2
    sex = pl.when(odd == 1).then(pl.lit("m")).when(odd == 0).then(pl.lit("f"))
    return pl.coalesce("birth", text.str.slice(6, 8)).alias("birth"), pl.coalesce(
        "gender", sex
    ).alias("gender")


def _or_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
