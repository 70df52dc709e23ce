"""Identifiers in running text: mails, letters, chat, notes. Pure: texts in, a table out.

Whole columns at once: one pass over the text finds everything that tells itself by its form, one
finds values that words lead to, and names and addresses go by dictionaries. Numbers count only
with their check digit. What overlaps a longer find is not found again.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import polars as pl

from amends.evidence.categories import checksums, patterns
from amends.kernel import facts

FIELDS: Final = (
    *("name", "phone", "idno", "email", "address", "bankcard", "birth", "passport", "plate", "ip"),
    *("device", "username", "pwd", "pwdhash", "order", "logistics", "postcode", "location"),
)
"""Field words that can be found in text."""
MENTIONS: Final = {
    "text": pl.UInt32,
    "start": pl.UInt32,
    "field": pl.String,
    "value": pl.String,
    "confidence": pl.Float32,
}
"""Schema of :func:`mentions`."""
FOUND: Final = dict.fromkeys(FIELDS, pl.String) | {
    "all": pl.List(pl.Struct({"field": pl.String, "value": pl.String}))
}
"""Schema of :func:`found_in`."""

_STRONG: Final = ("phone", "idno", "email", "bankcard")
"""What makes a text one about a person: only beside these a bare name is believed."""
_FREQUENT: Final = 100.0
"""Bearers per million of a surname or given-name character that no word before it vouches for."""
_NOBODY: Final = "_"
"""What is found only so that nothing is found inside it: addresses of pages, days."""
_CERTAIN, _LED, _LIKELY, _GUESSED = 0.99, 0.9, 0.8, 0.6


def found_in(texts: pl.Series) -> pl.DataFrame:
    """What each text mentions: a row per text, a column per field word (String), and ``all``.

    A field's column holds the first mention, null where there is none. ``all`` is a list of
    structs (``field``, ``value``) in the order of the text, empty where nothing was found.
    """
    found = mentions(texts)
    first = found.unique(["text", "field"], keep="first", maintain_order=True)
    wide = pl.DataFrame({"text": pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
    for field in FIELDS:
        column = first.filter(field=field).select("text", pl.col("value").alias(field))
        wide = wide.join(column, on="text", how="left", maintain_order="left")
    lists = found.group_by("text", maintain_order=True).agg(
        pl.struct("field", "value").alias("all")
    )
    return (
        wide.join(lists, on="text", how="left", maintain_order="left")
        .with_columns(pl.col("all").fill_null(pl.lit([], dtype=FOUND["all"])))
        .drop("text")
    )


def records_in(texts: pl.Series) -> pl.DataFrame:
    """The records that the texts make: ``text`` (UInt32, position from 0) and a column per field.

    The first record of a text has the first mention of each kind, the second the second, and so
    on: no mention is left out. A text in which nothing is found is one record of nulls.
    """
    found = mentions(texts).with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).over("text", "field").alias("nth")
    )
    first = pl.DataFrame({"text": pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
    place = ["text", "nth"]
    wide = pl.concat(
        [first.with_columns(pl.lit(0, pl.UInt32).alias("nth")), found.select(place)]
    ).unique()
    wide = wide.sort(place)
    for field in FIELDS:
        column = found.filter(field=field).select(*place, pl.col("value").alias(field))
        wide = wide.join(column, on=place, how="left", maintain_order="left")
    return wide.drop("nth")


def mentions(texts: pl.Series) -> pl.DataFrame:
    """Every mention once per text, in the order of the texts and inside them.

    ``text``: position in *texts* from 0; ``start``: byte offset (UTF-8) of its first occurrence;
    ``field``: a word of :data:`FIELDS`; ``value``: as it stands there; ``confidence``: 0 to 1.
    """
    rows = (
        pl.DataFrame({"content": texts.cast(pl.String)})
        .with_row_index("text")
        .drop_nulls()
        .filter(pl.col("content").str.len_bytes() > 1)
    )
    told = pl.concat([_tokens(rows), *_led(rows), *_addresses(rows), *_named(rows)])
    strong = rows.filter(
        pl.col("text").is_in(told.filter(pl.col("field").is_in(_STRONG))["text"].implode())
    )
    return _apart(rows, pl.concat([told, *_bare_names(strong)]))


def _matches(rows: pl.DataFrame, pattern: str, group: int = 0) -> pl.DataFrame:
    """``text`` and ``value`` (what *group* matched) of every match."""
    if rows.is_empty():  # a pattern costs more to prepare than to match a few texts with
        return rows.select("text", pl.col("content").alias("value"))
    digits = pattern.replace(r"\d", "[0-9]")  # of ASCII: smaller automata, several times faster
    found = rows.select("text", pl.col("content").str.extract_all(digits).alias("value"))
    found = found.filter(pl.col("value").list.len() > 0).explode("value")
    if group:
        found = found.with_columns(pl.col("value").str.extract(pattern, group)).drop_nulls()
    return found


def _mentioned(found: pl.DataFrame, field: str | pl.Expr, confidence: float) -> pl.DataFrame:
    named = pl.lit(field) if isinstance(field, str) else field
    sure = pl.when(named == _NOBODY).then(0.0).otherwise(confidence).cast(pl.Float32)
    return found.select("text", named.alias("field"), "value", sure.alias("confidence"))


def _tokens(rows: pl.DataFrame) -> pl.DataFrame:
    """Whatever tells itself, held against its checks.

    One pass for each kind: together they would be too large for the fast way of matching.
    """
    parts = []
    for kind, pattern in patterns.TOKENS.items():
        found = _matches(rows, pattern)
        if len(found):
            fields = _checked(kind, found["value"])
            found = found.with_columns(fields.alias("field")).drop_nulls("field")
        parts.append(_mentioned(found, pl.col("field") if len(found) else kind, _CERTAIN))
    return pl.concat(parts)


def _checked(kind: str, values: pl.Series) -> pl.Series:
    """The field of tokens of one kind (String); null where a check fails."""
    if kind in {"digits", "number"}:
        return _long_number(values.str.replace_all(r"[ \-]", ""))
    field = _FIELD_OF.get(kind) or kind.split("_", maxsplit=1)[0] or _NOBODY
    check = _CHECKS.get(kind)
    if check is None:
        return pl.repeat(field, len(values), dtype=pl.String, eager=True)
    return _as(field, check(values))


_FIELD_OF: Final = {"iban": "bankcard", "company": _NOBODY}
_CHECKS: Final[dict[str, Callable[[pl.Series], pl.Series]]] = {
    "pwdhash": lambda values: values.str.contains("[^0-9]"),
    "idno_18": lambda values: checksums.citizen_number(values.str.replace_all(" ", "")),
    "idno_hk": checksums.hongkong_number,
    "idno_tw": checksums.taiwan_number,
    "idno_us": lambda values: ~values.str.contains(r"^(?:000|666|9)|-00-|-0000$"),
    "idno_kr": lambda values: values.str.contains(r"^\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"),
    "idno_uk": lambda values: ~values.str.contains("^(?:BG|GB|KN|NK|NT|TN|ZZ)"),
    "iban": checksums.account_iban,
    "company": checksums.company_number,
    "ip_4": lambda values: values.str.contains(f"^(?:{checksums.OCTET}\\.){{3}}{checksums.OCTET}$"),
    "ip_6": lambda values: values.str.contains(checksums.IP_6),
}


def _as(field: str, good: pl.Series) -> pl.Series:
    return pl.select(pl.when(good).then(pl.lit(field)).alias("field")).to_series()


def _long_number(digits: pl.Series) -> pl.Series:
    """13 to 19 digits: a bank card, a device, or an identity number of the old form."""
    known = digits.str.slice(0, 2).is_in(_provinces())
    return pl.select(
        pl.coalesce(
            _as("device", checksums.device_number(digits)),
            _as("bankcard", checksums.card_number(digits)),
            _as("idno", checksums.old_citizen_number(digits) & known),
            _as("idno", checksums.citizen_number(digits)),
        ).alias("field")
    ).to_series()


@cache
def _provinces() -> list[str]:
    return [code for code in facts.divisions() if len(code) == 2]  # noqa: PLR2004  # a province


def _led(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Values that words before them explain."""
    for field, (words, value) in patterns.LED.items():
        between = patterns.MARK if field in patterns.MARKED else patterns.IS
        pattern = f"(?:{words}){patterns.LED_MORE}{between}({value})"
        found = _matches(rows, pattern, 1)
        if field == "pwd":
            found = found.with_columns(pl.col("value").str.strip_chars_end(",.;:\"')]}"))
        yield _mentioned(found, field, _LED)


def _addresses(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Chinese addresses, led by a word or by the name of a place; English ones by the street."""
    value = pl.col("value")
    lead = f"(?:{patterns.ADDRESS_WORDS}){patterns.ADDRESS_MARK}"
    runs = _matches(rows, patterns.ADDRESS_RUN).filter(
        value.str.contains(patterns.ADDRESS_PARTS) & value.str.contains(_HOUSE)
    )
    runs = runs.with_columns(
        value.str.extract(f"{lead}(.+)$", 1).alias("led"),
        value.str.extract_many(list(patterns.places()), leftmost=True).list.first().alias("place"),
    )
    behind = value.str.splitn(pl.col("place"), 2).struct.field("field_1")
    found = runs.select(
        "text",
        pl.coalesce("led", pl.col("place") + behind)
        .str.replace(patterns.ADDRESS_ENDS, "")
        .alias("value"),
    ).drop_nulls()
    found = found.filter(value.str.contains(patterns.ADDRESS_PARTS) & value.str.contains(_HOUSE))
    yield _mentioned(found, "address", _LIKELY)
    yield _mentioned(_matches(rows, patterns.ADDRESS_EN), "address", _LIKELY)


_HOUSE: Final = r"[0-9]|[省市区县州].+[路街村镇乡]"
"""A number, or a road or village behind a place: a name of a place alone is no address."""


def _named(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Names that a word before or a title behind vouches for."""
    led = f"(?:{patterns.NAME_WORDS})名?"
    begin = r"(\p{Han}[\p{Han}·•]{1,12})"
    marked = _matches(rows, led + r"(?:\s?[:：=是为叫]\s?|\s)[“\"‘《【]?" + begin, 1)
    yield _mentioned(_cut_names(marked, _families(0.0)), "name", _LED)
    bare = _cut_names(_matches(rows, led + begin, 1), _families(_FREQUENT))
    yield _mentioned(_believable(bare, least=1.0), "name", _LIKELY)
    families = _families(_FREQUENT)
    titled = f"(?:感谢|多谢|尊敬的)?({families}\\p{{Han}}{{1,2}}?)(?:{patterns.NAME_TITLES})"
    yield _mentioned(_believable(_matches(rows, titled, 1), least=0.0), "name", _LIKELY)
    english = patterns.NAME_EN_WORDS + r"\s*(?:[:=\-]|is|was)?\s*(?:" + patterns.NAME_EN_TITLES
    english += r"\s+)?(" + patterns.NAME_EN + ")"
    yield _mentioned(_cut_english(_matches(rows, english, 1)), "name", _LED)
    titled = patterns.NAME_EN_TITLES + r"\s+(" + patterns.NAME_EN + ")"
    yield _mentioned(_cut_english(_matches(rows, titled, 1)), "name", _LIKELY)


def _bare_names(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Names that stand alone between marks, in texts that are about a person anyway."""
    parts = rows.select(
        "text",
        pl.col("content")
        .str.replace_all(r"[\s,，;；|、/\"“”()（）。:：]+|-{2,}", "\u001f")
        .str.split("\u001f")
        .alias("value"),
    ).explode("value")
    led = f"^(?:{patterns.NAME_WORDS})名?"
    parts = parts.with_columns(pl.col("value").str.replace(led, ""))
    families = _families(_FREQUENT)
    form = rf"^(?:{families}\p{{Han}}{{1,2}}|\p{{Han}}{{1,8}}(?:[·•]\p{{Han}}{{1,8}})+)$"
    han = parts.filter(pl.col("value").str.contains(form))
    yield _mentioned(_believable(han), "name", _GUESSED)
    acting = f"^({families}\\p{{Han}}{{1,2}}?)(?:{patterns.NAME_ACTS})"
    acts = parts.with_columns(pl.col("value").str.extract(acting, 1)).drop_nulls()
    yield _mentioned(_believable(acts), "name", _GUESSED)
    first = rows.select(
        "text",
        pl.col("content")
        .str.extract(rf"^\s*({patterns.NAME_EN})\s*(?:[,;|\t]|-{{2,}})")
        .alias("value"),
    ).drop_nulls()
    yield _mentioned(_cut_english(first), "name", _GUESSED)


def _cut_names(found: pl.DataFrame, family: str) -> pl.DataFrame:
    """Runs of Han characters that begin with a name, cut where the name ends."""
    value = pl.col("value").str.replace("^[是为叫]", "")
    dotted = value.str.extract(
        rf"^(\p{{Han}}{{1,8}}?(?:[·•]\p{{Han}}{{1,8}}?)+)(?:$|{patterns.NAME_ENDS})"
    )
    ended = value.str.extract(rf"^({family}\p{{Han}}{{1,2}}?)(?:$|[·•]|{patterns.NAME_ENDS})")
    three = value.str.extract(rf"^({family}\p{{Han}}{{2}})")
    two = value.str.extract(rf"^({family}\p{{Han}})")
    usual = three.str.slice(-1).is_in(_characters(_FREQUENT))
    cut = pl.coalesce(dotted, ended, pl.when(usual).then(three), two)
    return found.with_columns(cut.alias("value")).drop_nulls()


def _believable(found: pl.DataFrame, least: float = _FREQUENT / 4) -> pl.DataFrame:
    """Names with characters that *least* per million bear as given names, and that are no word."""
    given = pl.col("value").str.replace(f"^{_families(_FREQUENT)}", "")
    usual = "".join(sorted(_characters(least)))
    return found.filter(
        (given.str.contains(f"^[{usual}]{{1,2}}$") | pl.col("value").str.contains("[·•]"))
        & ~pl.col("value").is_in(list(patterns.NO_NAMES))
        & ~pl.col("value").is_in(list(patterns.places()))
    )


def _cut_english(found: pl.DataFrame) -> pl.DataFrame:
    """English names without the words of forms behind or before them."""
    words = "|".join(patterns.NO_NAMES_EN)
    before = f"^(?:(?:{patterns.NAME_EN_WORDS}|{patterns.NAME_EN_TITLES})[\\s:]+)+"
    value = pl.col("value").str.replace(rf"\s+(?:{words})\b.*$", "").str.replace(before, "")
    found = found.with_columns(value.alias("value"))
    several = pl.col("value").str.contains(" ")
    return found.filter(several & ~pl.col("value").str.contains(rf"^(?:{words})(?:\s|$)"))


@cache
def _families(least: float) -> str:
    return patterns.families(least_per_million=least)


@cache
def _characters(least: float) -> list[str]:
    return [one for one, bearers in facts.given_name_characters().items() if bearers >= least]


def _apart(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Mentions in their order, none inside another: the longer, then the more certain one stays."""
    placed = (
        found.join(rows, on="text")
        .with_columns(
            pl.col("content").str.find(pl.col("value"), literal=True).alias("start"),
            pl.col("value").str.len_bytes().alias("size"),
        )
        .drop("content")
        .sort(
            ["text", "start", "size", "confidence", "field"],
            descending=[False, False, True, True, False],
        )
    )
    reach = (pl.col("start") + pl.col("size")).cum_max().shift(1).over("text").fill_null(0)
    return (
        placed.with_columns(reach.alias("reach"))
        .filter((pl.col("start") >= pl.col("reach")) & (pl.col("field") != _NOBODY))
        .select(MENTIONS.keys())
    )
