"""What accounts and files of people say, made comparable: numbers, names, births. Pure.

Each value has a rule as an expression. Long columns go by :mod:`amends.payees.columns`.
"""

from collections.abc import Callable
from typing import Final

import polars as pl

from amends.kernel.accounts import AccountKind

_MAINLAND = r"^1[3-9]\d{9}$"
_INTERNATIONAL = r"^\+[1-9]\d{6,14}$"
_LOCAL = r"^\d{7,15}$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_OPENID: Final = r"^o[0-9A-Za-z_-]{27}$"
_CARD: Final = r"^(62\d{14,17}|[345]\d{15})$"
_CITIZEN: Final = r"^\d{6}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{4}$"
"""A citizen's number, which a card of 18 digits could be taken for: it is none."""
_AT_A_BANK: Final = (
    r"^([0-9A-Z]{6,34}@(\d{12}|[A-Z]{6}[0-9A-Z]{2}([0-9A-Z]{3})?)|[A-Z]{2}\d{2}[0-9A-Z]{11,30})$"
)
_DOCUMENT: Final = r"^(?i:id:)([0-9A-Za-z]{6,30})$"
_CARD_DIGITS, _HALF = 19, 4
_WALLET_NUMBER = r"^2088\d{12}$"
_CJK = r"\p{Han}"
FOREIGN = 1 << 63
"""From here on a number stands for a key that is no citizen's."""

_KEY_LENGTH = 17
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"

_LIMIT = r"^(?:[A-Z]{3} ?|¥)?(\d{1,12})(?:\.\d{1,3})?元?$"
_CLASS = r"^(?:CLASS ?)?(I{1,3}|[1-3]|[一二三])类?(?:账户|户|钱包)?$"
_CLASS_LIMITS = {"I": 1_000, "II": 100_000, "III": 200_000}
CLASS_LIMITS = {
    written: limit
    for (name, limit), others in zip(_CLASS_LIMITS.items(), ("1一", "2二", "3三"), strict=True)
    for written in (name, *others)
}
"""What a wallet of each class can take, in CNY, by every way of writing the class."""


def mobile(column: pl.Expr, *, mainland: bool) -> pl.Expr:
    """The number without formatting; null when it is none (a landline, a damaged value)."""
    bare = (
        column.str.normalize("NFKC")
        .str.replace(r"\.0$", "")
        .str.replace_all(r"[\s\-‐-―().·_/]", "")
        .str.replace(r"^00", "+")
    )
    domestic = bare.str.replace(r"^\+?86", "")
    known = pl.when(domestic.str.contains(_MAINLAND) & (mainland | bare.str.contains(r"^\+?86")))
    foreign = bare.str.contains(_INTERNATIONAL) & ~bare.str.starts_with("+86")
    if not mainland:
        foreign |= bare.str.contains(_LOCAL)
    return known.then(domestic).when(foreign).then(bare).otherwise(None)


def person_name(column: pl.Expr) -> pl.Expr:
    """The name with one kind of middle dot (U+00B7) and without stray spaces; '' is null."""
    tidy = (
        column.str.replace_all(r"[\s\u3000]+", " ")
        .str.strip_chars()
        .str.replace_all(r"[・•‧．･∙]", "·")
        .str.replace_all(rf"({_CJK}) (?:({_CJK}))", "$1$2")
        .str.replace_all(rf"({_CJK}) (?:({_CJK}))", "$1$2")
    )
    return pl.when(tidy.str.contains(r"\p{L}")).then(tidy).otherwise(None)


def identity_key(column: pl.Expr) -> pl.Expr:
    """A national number to join by: 15 and 18 digits of one citizen give the same 17 digits."""
    bare = column.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"[^0-9A-Z]", "")
    old = bare.str.slice(0, 6) + pl.lit("19") + bare.str.slice(6)
    key = (
        pl.when(bare.str.contains(r"^\d{17}[0-9X]$"))
        .then(bare.str.slice(0, 17))
        .when(bare.str.contains(r"^\d{15}$"))
        .then(old)
        .otherwise(bare)
    )
    return pl.when(key.str.len_chars() > 0).then(key).otherwise(None)


def wallet(column: pl.Expr, *, mainland: bool) -> tuple[pl.Expr, pl.Expr]:
    """What names where money goes, and which kind of name it is; both null when it is none.

    Besides mobile numbers, e-mail addresses and wallet numbers: an OpenID; a bank card (its check
    digit is right), an IBAN, or an account and its bank as ``ACCOUNT@BANK``; a document for a
    counter as ``id:NUMBER``.
    """
    text = column.str.normalize("NFKC").str.strip_chars()
    bare = text.str.replace_all(r"[\s-]", "").str.to_uppercase()
    number = mobile(text, mainland=mainland)
    is_card = bare.str.contains(_CARD) & ~bare.str.contains(_CITIZEN) & _luhn(bare)
    document = text.str.extract(_DOCUMENT)
    forms: tuple[tuple[pl.Expr, pl.Expr, AccountKind], ...] = (
        (text.str.contains(_WALLET_NUMBER), text, AccountKind.WALLET),
        (text.str.contains(_OPENID), text, AccountKind.OPENID),
        (is_card | bare.str.contains(_AT_A_BANK), bare, AccountKind.BANK),
        (document.is_not_null(), document.str.to_uppercase(), AccountKind.IDENTITY),
        (text.str.contains(_EMAIL), text.str.to_lowercase(), AccountKind.EMAIL),
        (number.is_not_null(), number, AccountKind.PHONE),
    )
    account, kind = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for fits, written, name in reversed(forms):
        account = pl.when(fits).then(written).otherwise(account)
        kind = pl.when(fits).then(pl.lit(name.value)).otherwise(kind)
    return account, kind


def _luhn(digits: pl.Expr) -> pl.Expr:
    """Whether up to 19 digits end in the check digit that they should (ISO/IEC 7812-1)."""
    filled = digits.str.zfill(_CARD_DIGITS)
    places = [filled.str.slice(at, 1).cast(pl.Int32, strict=False) for at in range(_CARD_DIGITS)]
    doubled = [
        place * 2 - 9 * (place > _HALF) if at % 2 == _CARD_DIGITS % 2 else place
        for at, place in enumerate(places)
    ]
    return pl.sum_horizontal(doubled) % 10 == 0


def wallet_limit(limit: pl.Expr, wallet_class: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """What a wallet can take at the most, in whole units, and whether that cannot be read.

    A limit that is written comes before the class. Class I lets its holder pay 1,000 CNY in all its
    life, II 100,000 and III 200,000 a year (Notice 43 of 2015 of the People's Bank).
    """
    texts = (one.str.normalize("NFKC").str.strip_chars() for one in (limit, wallet_class))
    written, named = (pl.when(one.str.len_chars() > 0).then(one) for one in texts)
    amount = written.str.replace_all(",", "").str.extract(_LIMIT).cast(pl.Int64, strict=False)
    by_class = (
        named.str.to_uppercase()
        .str.extract(_CLASS)
        .replace_strict(CLASS_LIMITS, default=None, return_dtype=pl.Int64)
    )
    told = pl.when(written.is_not_null()).then(amount).otherwise(by_class)
    there = written.is_not_null() | named.is_not_null()
    return told, there & told.is_null()


def place_of(rank: pl.Expr) -> pl.Expr:
    """The place in somebody's order of accounts, from 1 to 99; null where it cannot be read.

    Whoever names no place names the first.
    """
    text = rank.str.normalize("NFKC").str.strip_chars()
    number = text.str.extract(r"^0*([1-9][0-9]?)$").cast(pl.UInt8, strict=False)
    given = (text.str.len_chars() > 0).fill_null(value=False)
    return pl.when(given).then(number).otherwise(pl.lit(1, pl.UInt8))


def proved_births(identity: pl.Series) -> pl.Series:
    """The births (yyyymmdd) that numbers of citizens say; null where there is none.

    *identity*: as :func:`amends.payees.columns.identities` makes them.
    """
    number = pl.col("x")
    born = (number // 1000 % 100_000_000).cast(pl.Int32)
    real = (born // 100 % 100).is_between(1, 12) & (born % 100).is_between(1, 31)
    return by_rule(identity, pl.when((number < FOREIGN) & real).then(born))


def wrong_digits(values: pl.Series, identity: pl.Series) -> pl.Series:
    """Whether 18-place national numbers end in another digit than they should (GB 11643-1999).

    *identity*: :func:`amends.payees.columns.identities` of *values*.
    """
    number = pl.col("identity")
    total = pl.sum_horizontal(
        number // 10 ** (_KEY_LENGTH - 1 - place) % 10 * weight
        for place, weight in enumerate(_WEIGHTS)
    )
    should = (total % len(_CHECK_DIGITS)).replace_strict(
        dict(enumerate(_CHECK_DIGITS)), return_dtype=pl.String, default=None
    )
    bare = pl.col("value").str.normalize("NFKC").str.strip_chars().str.to_uppercase()
    eighteen = (number < FOREIGN) & (bare.str.len_chars() > _KEY_LENGTH)
    told = pl.DataFrame({"value": values, "identity": identity})
    differs = eighteen & (bare.str.tail(1) != should)
    return told.select(differs.fill_null(value=False)).to_series()


def by_rule(values: pl.Series, rule: Callable[[pl.Expr], pl.Expr] | pl.Expr) -> pl.Series:
    """The rule, of every value."""
    made = rule if isinstance(rule, pl.Expr) else rule(pl.col("x"))
    return values.alias("x").to_frame().select(made).to_series()
