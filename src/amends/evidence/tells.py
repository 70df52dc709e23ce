"""What the values of a column tell: formats, check digits, dictionaries, distribution. Pure.

A tell answers with the share of values that speak for its field, over all values at once. *Certain*
tells hold against any header; *likely* ones may be of other columns too, and count where no header
speaks (some also under a header that nobody knows). What is damaged is the rule: a tell needs most
values, never all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

from amends.evidence import checksums, lexicon, patterns
from amends.kernel import facts

MOST: Final = 0.5
"""A format tells a column when at least this share of its values has it."""
_LEAST_CHECKED: Final = 0.3  # of numbers with a right check digit; chance gives 1/11
_LATEST_BIRTHS: Final = 2010
"""Days of birth have a median year before; days of registration and orders have one after."""
_FEW: Final = 40
_LIST: Final = 10
_NEARLY_ALL: Final = 0.8
_HARDLY: Final = 0.1
_FIRST: Final = 40
_OF_A_LIST: Final = 0.4
"""Of so many values or more, ten that make up nearly all are a list: less than tells names."""
_LONGEST_SERIAL: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A field, what speaks for it, and how much to believe it when all values do."""

    rule: str
    field: str
    strength: float
    test: Callable[[pl.Series], float]
    least: float = MOST
    any_header: bool = False
    """Whether it may speak under a header that nobody knows."""


def share(hits: pl.Series) -> float:
    """Of all values, those that are true."""
    return float(hits.fill_null(value=False).mean() or 0.0) if len(hits) else 0.0  # type: ignore[arg-type]  # the mean of truth is a number


def matching(pattern: str) -> Callable[[pl.Series], float]:
    """Share of values that are of a pattern from end to end."""
    whole = f"^(?:{pattern})$"
    return lambda values: share(values.str.contains(whole))


def rarely(pattern: str) -> Callable[[pl.Series], float]:
    """The same for what few columns have: all values are asked only if one of the first has it."""
    test = matching(pattern)
    return lambda values: test(values) if test(values.head(_FIRST)) else 0.0


def among(words: frozenset[str]) -> Callable[[pl.Series], float]:
    """Share of values that are words of a list, in any case."""
    known = sorted(words)
    return lambda values: share(values.str.to_lowercase().is_in(known))


def phones(values: pl.Series) -> float:
    """Mainland mobiles, with or without +86, spaces and dashes; else numbers with their country."""
    bare = values.str.replace_all(r"[\s\-()（）.]", "")
    mainland = share(bare.str.contains(r"^(?:(?:\+|00)?86)?1[3-9]\d{9}$"))
    return max(mainland, share(bare.str.contains(r"^\+[1-9]\d{7,14}$")))


def other_phones(values: pl.Series) -> float:
    """Lines and mobiles of other countries, as people write them."""
    written = share(values.str.contains(rf"^(?:{patterns.PHONE})$"))
    days = share(values.str.contains(r"^\d{4}-\d{1,2}-\d{1,2}$"))
    return written if written > days else 0.0


def idnos(values: pl.Series) -> float:
    """National numbers; none where the check digits of the long ones are chance."""
    bare = values.str.replace_all(r"[ \-]", "")
    long = checksums.has_shape(bare, checksums.ID_18)
    checked = checksums.citizen_number(bare)
    other = (
        checksums.old_citizen_number(bare)
        | checksums.hongkong_number(values)
        | checksums.taiwan_number(values)
        | checksums.has_shape(values, r"^(?:[0-8]\d\d)-(?:\d\d)-\d{4}$")
        | checksums.has_shape(values, r"^\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])-[1-4]\d{6}$")
    )
    if long.any() and share(checked.filter(long)) < _LEAST_CHECKED:
        return share(other & ~long)
    return share(long | other)


def cards(values: pl.Series) -> float:
    """Bank cards by scheme, length and Luhn, or international account numbers."""
    bare = values.str.replace_all(r"[ \-]", "")
    ibans = values.filter(checksums.has_shape(values, r"^[A-Z]{2}\d{2}[A-Z\d ]+$"))
    iban = share(checksums.account_iban(ibans)) * len(ibans) / max(1, len(values))
    found = share(checksums.card_number(bare))
    # one company's numbers share a prefix; random numbers pass Luhn one time in ten
    return max(found, iban)


def account_numbers(values: pl.Series) -> float:
    """Long numbers, as banks write those of accounts; none where they are identity numbers."""
    long = share(values.str.contains(r"^\d(?:[ \-]?\d){7,20}$"))
    return long if idnos(values) < MOST else 0.0


def addresses_of_network(values: pl.Series) -> float:
    """IPv4 and IPv6."""
    four = values.str.contains(f"^(?:{checksums.OCTET}\\.){{3}}{checksums.OCTET}(?::\\d+)?$")
    return share(four | values.str.contains(checksums.IP_6))


def devices(values: pl.Series) -> float:
    """IMEI, MAC, and the numbers of SIM cards (ITU-T E.118, E.212: of mainland China)."""
    forms = (
        r"^(?:[0-9A-Fa-f]{2}(?:[:\-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}"
        r"|8986\d{15,16}|460(?:0\d|1[15])\d{10})$"
    )
    return share(values.str.contains(forms) | checksums.device_number(values))


def hashes(values: pl.Series) -> float:
    """Hexadecimal digests and the forms that password functions write."""
    forms = (
        r"^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}"
        r"|[0-9a-fA-F]{128}|\$2[abxy]\$\d\d\$.{53}|\$argon2.+|\$[156y]\$.+|\*[0-9A-F]{40}"
        r"|pbkdf2_\w+\$.+|pbkdf2:.+|scrypt:.+|\{SS?HA\d*\}.+|\{bcrypt\}.+|\$[PHS]\$.{20,}|sha(?:1|256|512)\$.+"
        r"|(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}):.{2,32})$"
    )
    return share(values.str.contains(forms) & values.str.contains("[^0-9]"))


def births(values: pl.Series) -> float:
    """Days whose years are those of people, not of a company's records."""
    days = values.str.contains(lexicon.DAY)
    years = values.filter(days).str.extract(r"(1\d{3}|20\d\d)").cast(pl.Int32).median()
    early = isinstance(years, float) and years < _LATEST_BIRTHS
    return share(days) if early else 0.0


def moments(values: pl.Series) -> float:
    """Times of day, and days of records: nothing of a person by themselves."""
    told = values.str.contains(lexicon.MOMENT)
    days = values.str.contains(lexicon.DAY)
    return share(told | days) if births(values) < MOST else 0.0


def chinese_names(values: pl.Series) -> float:
    """A surname and a given name of characters that are given; or names with a middle dot."""
    han = values.str.contains(r"^\p{Han}{2,4}$")
    double = values.str.head(2).is_in(_surnames(2)) & (values.str.len_chars() > 2)  # noqa: PLR2004  # more than the surname
    single = values.str.head(1).is_in(_surnames(1))
    usual = values.str.slice(-1).is_in(_given_characters())
    dotted = values.str.contains(r"^\p{Han}{1,8}(?:[·•]\p{Han}{1,8})+$")
    found = share((han & (double | single) & usual) | dotted)
    return found * _as_unique_as_names(values)


def latin_names(values: pl.Series) -> float:
    """Two words or more, of which some are names that many bear, or all are Chinese syllables."""
    lower = values.str.to_lowercase()
    words = lower.str.contains(r"^[^\W\d_][\p{L}'’.\-]*(?:[ ,]+[\p{L}'’.\-]+){1,4}$")
    known = lower.str.contains(rf"(?:^|[ ,])(?:{'|'.join(sorted(lexicon.LATIN_NAMES))})(?:[ ,]|$)")
    syllables = lower.str.contains(rf"^(?:{_sounds()})[ ,]+(?:{_sounds()}){{1,2}}$")
    if share(words & known) < lexicon.LEAST_LATIN_NAMES and share(syllables) < MOST:
        return 0.0
    if share(lower.str.contains(lexicon.OCCUPATION_LATIN)) > lexicon.LEAST_LATIN_NAMES:
        return 0.0
    return share(words) * _as_unique_as_names(values)


def religions(values: pl.Series) -> float:
    """Names of religions; those who have none count where others have one."""
    found = share(values.str.contains(rf"^(?:{lexicon.RELIGION})$"))
    none = share(values.str.contains(rf"^(?:{lexicon.NO_RELIGION})$"))
    return found + none if found > _HARDLY else 0.0


def illness_codes(values: pl.Series) -> float:
    """Codes of the ICD-10, of more than one chapter."""
    chapters = values.str.head(1).n_unique()
    return matching(lexicon.ICD)(values) if chapters > 2 else 0.0  # noqa: PLR2004  # seats and shelves have few letters


def genotypes(values: pl.Series) -> float:
    """Pairs of bases, star alleles and changes of a sequence; hardly the letters of a code."""
    return matching(lexicon.GENOTYPE)(values) if values.n_unique() > 2 else 0.0  # noqa: PLR2004  # a flag


def surnames(values: pl.Series) -> float:
    """Chinese surnames alone."""
    return share(values.is_in([*_surnames(1), *_surnames(2)])) * (_variety(values) > 5)  # noqa: PLR2004  # not a code of few values


def chinese_addresses(values: pl.Series) -> float:
    """A place or a road, and a number, and more than a name's length."""
    long = values.str.len_chars() > 5  # noqa: PLR2004  # longer than a name
    parts = values.str.contains(patterns.ADDRESS_PARTS) & values.str.contains(r"\p{Han}{3}")
    return share(long & parts & values.str.contains(r"\d|[省市区县州].+[路街道村镇乡]"))


def latin_addresses(values: pl.Series) -> float:
    """A house number and a street's word."""
    street = rf"(?i)\b(?:{patterns.STREET_EN})\b|(?:straße|strasse|str\.|rue |calle |via )"
    return share(values.str.contains(r"\d") & values.str.contains(street))


def places(values: pl.Series) -> float:
    """Provinces, cities and counties alone, or one after another; large cities in English."""
    known = [*patterns.places(), *lexicon.CITIES]
    bare = values.str.replace_all(r"[\s\-/,，]", "").str.to_lowercase()
    begins = bare.str.head(2).is_in(_beginnings())
    ends = bare.str.contains(r"^\p{Han}{3,14}[省市区县州盟旗]$") | bare.str.slice(2).is_in(known)
    return share(bare.is_in(known) | (begins & ends))


def occupations(values: pl.Series) -> float:
    """Words for work in Chinese and English."""
    lower = values.str.to_lowercase()
    return share(
        lower.str.contains(lexicon.OCCUPATION_HAN) | lower.str.contains(lexicon.OCCUPATION_LATIN)
    )


def blood_types(values: pl.Series) -> float:
    """Blood groups; A and B alone may be anything."""
    upper = values.str.to_uppercase()
    if not upper.str.contains("O|AB").any():
        return 0.0
    return share(upper.str.contains(r"^(?:A|B|AB|O)(?: ?型|\+|-|（?RH.*)?$"))


def numbers_around(
    low: float, high: float, mean_low: float, mean_high: float
) -> Callable[[pl.Series], float]:
    """Numbers of one bodily measure: inside its range, their mean inside its means."""

    def test(values: pl.Series) -> float:
        bare = values.str.to_lowercase().str.replace(r"\s*(?:cm|kg|厘米|公斤|千克|岁)$", "")
        numbers = bare.cast(pl.Float64, strict=False)
        mean = numbers.mean()
        if not isinstance(mean, float) or not mean_low <= mean <= mean_high or _variety(values) < 8:  # noqa: PLR2004  # a code
            return 0.0
        return share(numbers.is_between(low, high))

    return test


def amounts(values: pl.Series) -> float:
    """Sums of money: with a currency or two decimals."""
    return share(values.str.contains(r"^[¥￥$€£]? ?-?\d{1,3}(?:,?\d{3})*\.\d{2} ?(?:元|CNY|USD)?$"))


def sums(values: pl.Series) -> float:
    """Numbers that may be sums of money, of more than a few sizes: no codes."""
    numbers = share(
        values.str.contains(r"^[¥￥$€£]? ?-?\d{1,3}(?:,?\d{3})*(?:\.\d+)? ?\p{L}{0,4}$")
    )
    return numbers if _variety(values) > 8 else 0.0  # noqa: PLR2004  # a code


def parcel_numbers(values: pl.Series) -> float:
    """Long numbers, with letters before them or not, each once."""
    long = share(values.str.contains(r"^[A-Za-z]{0,4}\d{8,20}[A-Za-z]{0,3}$"))
    return long if _unique(values) > 0.9 else 0.0  # noqa: PLR2004  # parcels are counted once


def user_names(values: pl.Series) -> float:
    """Latin handles of many different forms."""
    forms = share(values.str.contains(r"^[A-Za-z_][A-Za-z0-9_.\-]{2,23}$"))
    with_digits = share(values.str.contains(r"[0-9_.]"))
    varied = _forms(values) > 0.05 and _unique(values) > 0.6  # noqa: PLR2004  # no code, no word list
    return forms if varied and with_digits > 0.2 else 0.0  # noqa: PLR2004  # words have no digits


def in_words(values: pl.Series) -> float:
    """Share of values with Chinese words in them, as names have that people choose."""
    return share(values.str.contains(r"\p{Han}{2}"))


def passwords(values: pl.Series) -> float:
    """Texts without spaces, some of which are what many people choose, or hold odd marks."""
    spaceless = share(values.str.contains(r"^[!-~]{4,32}$"))
    chosen = share(values.str.to_lowercase().is_in(sorted(lexicon.COMMON_PASSWORDS)))
    odd = share(values.str.contains(r"[!@#$%^&*+=?]") & ~values.str.contains(r"@.+\."))
    return spaceless if chosen > 0.01 or odd > 0.15 else 0.0  # noqa: PLR2004  # chance is far below


def orders(values: pl.Series) -> float:
    """Long numbers that begin with a day of this century, each once."""
    dated = values.str.contains(r"^[A-Za-z]{0,4}20[0-4]\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{4,}")
    return share(dated) if _unique(values) > 0.9 else 0.0  # noqa: PLR2004  # orders are counted once


def serials(values: pl.Series) -> float:
    """Whole numbers that only go up: numbers of rows."""
    numbers = values.filter(values.str.len_bytes() <= _LONGEST_SERIAL).cast(pl.Int64, strict=False)
    if len(numbers) < len(values):
        return 0.0
    if numbers.null_count() or len(numbers) < 3:  # noqa: PLR2004  # two numbers are no series
        return 0.0
    return share(numbers.diff().drop_nulls().is_between(1, 10)) if numbers.is_sorted() else 0.0


def _variety(values: pl.Series) -> int:
    return values.n_unique()


def _unique(values: pl.Series) -> float:
    return values.n_unique() / len(values) if len(values) else 0.0


def _forms(values: pl.Series) -> float:
    """Of all values, how many different sequences of letters and digits there are."""
    forms = values.str.replace_all(r"\d", "#").str.replace_all(r"[A-Za-z]", "*")
    return forms.n_unique() / len(values) if len(values) else 0.0


def _as_unique_as_names(values: pl.Series) -> float:
    """1, or too little where a few values are nearly all there is, as those of a list are."""
    if len(values) < _FEW:
        return 1.0
    often = values.value_counts(sort=True)["count"].head(_LIST).sum()
    return 1.0 if often < _NEARLY_ALL * len(values) else _OF_A_LIST


@cache
def _surnames(size: int) -> list[str]:
    table = facts.surnames()
    return [name for name, bearers in table.items() if len(name) == size and bearers > 1]


@cache
def _given_characters() -> list[str]:
    return list(facts.given_name_characters())


@cache
def _sounds() -> str:
    """Pinyin syllables without tones, as a pattern; longer ones first."""
    sounds = {row["pinyin"].rstrip("012345") for row in facts.rows("given-name-characters")}
    plain = {sound.replace("ü", "v") for sound in sounds if sound} | {"lv", "lyu"}
    return "|".join(sorted(plain, key=lambda sound: (-len(sound), sound)))


@cache
def _beginnings() -> list[str]:
    """The first two characters of every province and city."""
    return sorted({name[:2] for name in patterns.places()})


CERTAIN: Final = (
    Tell(rule="email", field="email", strength=0.99, test=matching(lexicon.EMAIL)),
    Tell(rule="check_digit", field="idno", strength=0.99, test=idnos),
    Tell(rule="mobile", field="phone", strength=0.97, test=phones),
    Tell(rule="luhn", field="bankcard", strength=0.97, test=cards),
    Tell(rule="network", field="ip", strength=0.99, test=addresses_of_network),
    Tell(rule="device_form", field="device", strength=0.9, test=devices),
    Tell(rule="plate", field="plate", strength=0.97, test=matching(patterns.TOKENS["plate"])),
    Tell(rule="token", field="token", strength=0.95, test=matching(lexicon.SESSION)),
    Tell(rule="point", field="location", strength=0.9, test=matching(lexicon.POINT)),
)
"""Formats that hardly anything else has."""

LIKELY: Final = (
    Tell(
        rule="gender", field="gender", strength=0.95, test=among(lexicon.GENDERS), any_header=True
    ),
    Tell(rule="device_form", field="device", strength=0.9, test=matching(lexicon.UUID)),
    Tell(rule="birth_years", field="birth", strength=0.85, test=births),
    Tell(rule="hash", field="pwdhash", strength=0.85, test=hashes),
    Tell(rule="postcode", field="postcode", strength=0.75, test=matching(lexicon.POSTCODE)),
    Tell(rule="address", field="address", strength=0.95, test=chinese_addresses, any_header=True),
    Tell(rule="street", field="address", strength=0.9, test=latin_addresses, any_header=True),
    Tell(rule="han_name", field="name", strength=0.95, test=chinese_names, any_header=True),
    Tell(rule="latin_name", field="name", strength=0.85, test=latin_names),
    Tell(rule="surname", field="surname", strength=0.8, test=surnames, least=0.8),
    Tell(rule="phone_form", field="phone", strength=0.85, test=other_phones, least=0.7),
    Tell(
        rule="passport", field="passport", strength=0.8, test=matching(lexicon.PASSPORT), least=0.7
    ),
    Tell(rule="permit", field="permit", strength=0.75, test=matching(lexicon.PERMIT), least=0.7),
    Tell(
        rule="places",
        field="birth_place",
        strength=0.7,
        test=places,
        least=0.6,
    ),
    Tell(rule="occupation", field="occupation", strength=0.8, test=occupations, any_header=True),
    Tell(
        rule="education",
        field="education",
        strength=0.95,
        test=among(lexicon.EDUCATION),
        any_header=True,
    ),
    Tell(
        rule="marital", field="marital", strength=0.95, test=among(lexicon.MARITAL), any_header=True
    ),
    Tell(
        rule="ethnicity",
        field="ethnicity",
        strength=0.95,
        test=matching(lexicon.ETHNICITY),
        any_header=True,
    ),
    Tell(rule="blood", field="blood_type", strength=0.9, test=blood_types, least=0.8),
    Tell(
        rule="politic", field="politic", strength=0.95, test=among(lexicon.POLITIC), any_header=True
    ),
    Tell(
        rule="health", field="health", strength=0.9, test=matching(lexicon.HEALTH), any_header=True
    ),
    Tell(rule="illness_code", field="health", strength=0.85, test=illness_codes, any_header=True),
    Tell(rule="religion", field="religion", strength=0.95, test=religions, any_header=True),
    Tell(
        rule="disability",
        field="disability",
        strength=0.9,
        test=rarely(lexicon.DISABILITY),
        any_header=True,
    ),
    Tell(rule="crime", field="crime", strength=0.9, test=rarely(lexicon.CRIME), any_header=True),
    Tell(
        rule="orientation",
        field="sex",
        strength=0.9,
        test=rarely(lexicon.ORIENTATION),
        any_header=True,
    ),
    Tell(
        rule="question",
        field="secqa",
        strength=0.9,
        test=rarely(lexicon.QUESTION),
        any_header=True,
    ),
    Tell(rule="genotype", field="gene", strength=0.85, test=genotypes, any_header=True),
    Tell(
        rule="courier",
        field="logistics",
        strength=0.9,
        test=rarely(lexicon.PARCEL),
        any_header=True,
    ),
    Tell(
        rule="card_end", field="cvv", strength=0.8, test=rarely(lexicon.CARD_END), any_header=True
    ),
    Tell(rule="employer", field="employer", strength=0.9, test=matching(lexicon.EMPLOYER)),
    Tell(rule="nationality", field="nationality", strength=0.75, test=among(lexicon.NATIONS)),
    Tell(
        rule="height",
        field="height",
        strength=0.65,
        test=numbers_around(120, 220, 150, 185),
        least=0.9,
    ),
    Tell(
        rule="weight", field="weight", strength=0.6, test=numbers_around(30, 160, 45, 85), least=0.9
    ),
    Tell(rule="password", field="pwd", strength=0.7, test=passwords, least=0.9),
    Tell(rule="handle", field="username", strength=0.65, test=user_names, least=0.8),
    Tell(rule="order", field="order", strength=0.65, test=orders, least=0.8),
)
"""Formats that other columns may have as well."""

HINTED: Final = (
    Tell(rule="sum", field="income", strength=0.85, test=sums, least=0.8),
    Tell(rule="sum", field="balance", strength=0.85, test=sums, least=0.8),
    Tell(rule="years", field="age", strength=0.8, test=numbers_around(0, 120, 12, 80), least=0.8),
    Tell(
        rule="account_form",
        field="bankcard",
        strength=0.8,
        test=account_numbers,
        least=0.8,
    ),
    Tell(rule="parcel", field="logistics", strength=0.85, test=parcel_numbers, least=0.7),
)
"""Formats of many things: they count only where a part of the header says which."""

NOBODYS: Final = (
    Tell(rule="moment", field="time", strength=0.9, test=moments),
    Tell(rule="amount", field="amount", strength=0.8, test=amounts),
    Tell(rule="page", field="url", strength=0.95, test=matching(r"(?:https?|ftp)://\S+")),
    Tell(rule="serial", field="serial", strength=0.8, test=serials, least=0.9),
    Tell(
        rule="company",
        field="company_code",
        strength=0.9,
        test=lambda values: share(checksums.company_number(values)),
    ),
)
"""What a column can be that says nothing of a person by itself."""
