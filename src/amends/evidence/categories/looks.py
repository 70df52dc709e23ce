"""What values look like: of a column, the share of values that have a form. Pure."""

from collections.abc import Callable
from functools import cache
from typing import Final

import polars as pl

from amends.evidence.categories import checksums, lexicon, patterns
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


def share(hits: pl.Series) -> float:
    """Of all values, those that are true."""
    return float(hits.sum()) / len(hits) if len(hits) else 0.0


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
