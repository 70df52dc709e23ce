"""The account tables of the eight products, as the company has them.

Account numbers ascend in a file as they would in a product, with gaps; which person holds which is
a permutation of its own in every product, so the same person is elsewhere in each of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.progress import Progress
from amends.kernel.saying import said
from amends.synth.damage import REFORMAT, SLIP, blank, short_idno, strike
from amends.synth.draws import Mask, Numbers
from amends.synth.files import ParquetFile, TextFile
from amends.synth.people import OLD_IDNO_BEFORE, Persons, Population
from amends.synth.records import Records
from amends.synth.tables import digits, prefix, text

BLOCK: Final = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product and its account table.

    ``columns``: header → what it holds; ``given``: headers that case.toml explains, the others
    have to be detected; ``share``: of registered people, beside those whose main product it is.
    """

    name: str
    code: str
    share: float
    file: str
    columns: dict[str, str]
    given: tuple[str, ...] = ()
    encoding: str = "utf-8"


PRODUCTS: Final = (
    Product(
        name="im",
        code="IM",
        share=0.66,
        file="im.parquet",
        columns={
            "account_id": "account_id",
            "mobile": "phone",
            "real_name": "name",
            "idno": "idno",
            "email": "email",
            "registered_at": "registered_on",
        },
        given=("account_id", "mobile", "real_name"),
    ),
    Product(
        name="browser",
        code="BR",
        share=0.43,
        file="browser.csv",
        columns={
            "account_id": "account_id",
            "email": "email",
            "username": "username",
            "device_id": "device",
            "registered_at": "registered_on",
        },
    ),
    Product(
        name="search",
        code="SE",
        share=0.39,
        file="search.csv",
        columns={
            "account_id": "account_id",
            "phone": "phone",
            "email": "email",
            "birthday": "birth",
            "gender": "gender",
        },
    ),
    Product(
        name="antivirus",
        code="AV",
        share=0.33,
        file="antivirus.csv",
        columns={
            "account_id": "account_id",
            "phone": "phone",
            "device_id": "device",
            "licence_order": "order",
        },
        given=("licence_order",),
    ),
    Product(
        name="chat",
        code="CH",
        share=0.47,
        file="chat.parquet",
        columns={
            "account_id": "account_id",
            "phone": "phone",
            "name": "name",
            "gender": "gender_letter",
            "birth": "birth",
            "username": "username",
        },
    ),
    Product(
        name="games",
        code="GA",
        share=0.37,
        file="games.csv",
        columns={
            "账号": "account_id",
            "手机号": "phone",
            "姓名": "name",
            "身份证号": "idno",
            "用户名": "username",
            "设备号": "device",
        },
        given=("账号", "设备号"),
        encoding="gb18030",
    ),
    Product(
        name="video",
        code="VI",
        share=0.38,
        file="video.parquet",
        columns={
            "account_id": "account_id",
            "phone": "phone",
            "name": "name",
            "idno": "idno",
            "email": "email",
            "address": "address",
        },
    ),
    Product(
        name="music",
        code="MU",
        share=0.36,
        file="music.csv",
        columns={
            "account_id": "account_id",
            "nickname": "username",
            "email": "email",
            "姓名": "name",
            "性别": "gender_zh",
            "生日": "birth",
        },
        given=("nickname",),
    ),
)

MAIN: Final = (0, 4, 5, 6)
"""Products of which everybody registered has one account: those with name and mobile."""

_MAIN_STEPS: Final = np.array([0.45, 0.70, 0.82])
_OPTIONAL: Final = frozenset(("phone", "name", "idno", "email", "birth", "gender", "address"))


def main_product(persons: Persons) -> Numbers:
    """The index of each one's main product."""
    draws = persons.population.draws
    which = np.searchsorted(_MAIN_STEPS, draws.uniform("main", persons.numbers), side="right")
    return np.array(MAIN, dtype=np.int64)[which]


def holds_account(persons: Persons, index: int) -> Mask:
    """Who has an account of a product."""
    product = PRODUCTS[index]
    chosen = persons.population.draws.chance(
        f"{product.name}/holds", persons.numbers, product.share
    )
    main: Mask = main_product(persons) == index
    return chosen | main


def first_account(population: Population, numbers: Numbers, index: int) -> pl.Series:
    """The ids of the first accounts that people (who have one) have of a product."""
    size = _slots(population)
    places = population.draws.unpermute(f"{PRODUCTS[index].name}/order", numbers, size)
    return account_ids(PRODUCTS[index], places)


def account_ids(product: Product, places: Numbers) -> pl.Series:
    """``SYN-IM-000000012``."""
    start = prefix(f"SYN-{product.code}-", len(places))
    return text(np.concatenate((start, digits(places + 1, 9)), axis=1))


def write_registries(
    root: Path, population: Population, truth: TextFile, progress: Progress
) -> int:
    """Write all account tables and their truth; the number of accounts."""
    size = _slots(population)
    progress.start(said("accounts"), size * len(PRODUCTS))
    accounts = 0
    for index, product in enumerate(PRODUCTS):
        path = root / "registries" / product.file
        for frame in _write(path, product, _blocks(population, index, progress)):
            truth.table(frame.select(pl.lit(product.name), "account_id", "person"))
            accounts += frame.height
    return accounts


def _write(path: Path, product: Product, blocks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Write each block and hand it on."""
    headers = list(product.columns)
    if path.suffix == ".parquet":
        with ParquetFile(path, headers) as parquet:
            for frame in blocks:
                parquet.table(_as_found(frame, product))
                yield frame
        return
    with TextFile(path, encoding=product.encoding) as file:
        file.line(",".join(headers))
        for frame in blocks:
            file.table(_as_found(frame, product))
            yield frame


def _as_found(frame: pl.DataFrame, product: Product) -> pl.DataFrame:
    return frame.select(pl.col(word).alias(header) for header, word in product.columns.items())


def _slots(population: Population) -> int:
    """Places in a product's numbering: one for everybody registered, and some for second ones."""
    second = round(population.rates.second_account * population.registered)
    return population.registered + second


def _blocks(population: Population, index: int, progress: Progress) -> Iterator[pl.DataFrame]:
    """The accounts of a product in the order of their numbers."""
    product, draws = PRODUCTS[index], population.draws
    size, registered = _slots(population), population.registered
    for start in range(0, size, BLOCK):
        places = np.arange(start, min(start + BLOCK, size), dtype=np.int64)
        slots = draws.permute(f"{product.name}/order", places, size)
        second = slots >= registered
        numbers = slots.copy()
        numbers[second] = draws.permute(
            f"{product.name}/second", slots[second] - registered, registered
        )
        held = holds_account(population.persons(numbers), index)
        progress.advance(len(places))
        records = Records(
            source=product.name,
            persons=population.persons(numbers[held]),
            keys=slots[held],
            second=second[held],
        )
        yield _accounts(product, records, places[held], main_product(records.persons) == index)


def _accounts(product: Product, records: Records, places: Numbers, main: Mask) -> pl.DataFrame:
    """The columns of some accounts, and ``person`` for the truth."""
    columns = {
        word: _column(word, records, keep=main & ~records.second)
        for word in product.columns.values()
        if word != "account_id"
    }
    columns["account_id"] = account_ids(product, places)
    columns["person"] = person_labels(records.persons.numbers)
    return pl.DataFrame(columns)


def _column(word: str, records: Records, keep: Mask) -> pl.Series:
    """A field as a registry has it. Mobile and name of a main account (*keep*) are there."""
    rates = records.persons.population.rates
    series = records.column(word)
    if word in SLIP:
        series = strike(series, mistyped(records, word), SLIP[word], records.bits(f"typo/{word}"))
    if word == "idno":
        series = with_old_numbers(series, records)
    if word in REFORMAT:
        noisy = records.chance(f"format/{word}", rates.format_noise)
        series = strike(series, noisy, REFORMAT[word], records.bits(f"format/{word}"))
    if word in _OPTIONAL:
        gone = lost(records, word)
        series = blank(series, gone & ~keep if word in {"phone", "name"} else gone)
    return series


def first_records(persons: Persons, index: int) -> Records:
    """The records of people's first accounts of a product (who has one)."""
    return Records(
        source=PRODUCTS[index].name,
        persons=persons,
        keys=persons.numbers,
        second=np.zeros(len(persons), dtype=np.bool_),
    )


def lost(records: Records, word: str) -> Mask:
    """Which accounts have nothing in a field."""
    return records.chance(f"missing/{word}", records.persons.population.rates.registry_missing)


def mistyped(records: Records, word: str) -> Mask:
    """Which accounts have a slip in a field."""
    return records.chance(f"typo/{word}", records.persons.population.rates.registry_typo)


def with_old_numbers(series: pl.Series, records: Records) -> pl.Series:
    """National numbers of which some older people's have 15 digits."""
    persons = records.persons
    old = (persons.birth_day < OLD_IDNO_BEFORE) & records.chance(
        "old-idno", persons.population.rates.old_idno
    )
    return strike(series, old, short_idno, records.bits("old-idno"))


def person_labels(numbers: Numbers) -> pl.Series:
    """How the truth names people: ``P000000012``."""
    return text(np.concatenate((prefix("P", len(numbers)), digits(numbers, 9)), axis=1))
