"""Made-up people: every attribute is a function of the seed and the person's number.

Numbers run over the affected, then those who hold accounts but did not leak, then strangers (who
leaked and hold no account), then guardians who are not customers. No file shows a person's number,
nor anything in its order, but the truth.

Two people never share a national number, a mobile, a mail address or a user name, except as the
rates of family phones and recycled numbers say.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from amends.synth.draws import Draws, Mask, Numbers
from amends.synth.model import Rates
from amends.synth.tables import (
    COHORTS,
    FIRST_DAY,
    FOREIGN_GIVEN,
    FOREIGN_SURNAME,
    MAIL_HOSTS,
    MINOR_COHORT,
    MINORITY_GIVEN,
    MINORITY_PATRONYM,
    RARE_CHARACTERS,
    Tables,
    digits,
    pick,
    prefix,
    tables,
    text,
)

MOBILE_PREFIXES: Final = ("160", "161", "163", "164", "168", "169")
"""Assigned to no carrier: numbers of the right form that ring nowhere (law-standards §1.6)."""

MOBILES: Final = len(MOBILE_PREFIXES) * 10**8
ELDERLY_BEFORE: Final = (date(1956, 11, 22) - FIRST_DAY).days
OLD_IDNO_BEFORE: Final = (date(1985, 1, 1) - FIRST_DAY).days
_CENTURY: Final = (date(2000, 1, 1) - FIRST_DAY).days
_SEQUENCES: Final = 500
_ID_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_ID_CHECK: Final = np.frombuffer(b"10X98765432", dtype=np.uint8)
_DEATH_WEIGHTS: Final = (6.0, 2.0, 0.8, 0.4, 0.2, 0.1, 0.0)
_ONE_CHARACTER: Final = np.array([0.12, 0.16, 0.30, 0.36, 0.28, 0.14, 0.10])
_RELATIVE_TRIES: Final = 6
_STARTS: Final = np.array([(start - FIRST_DAY).days for start, _, _ in COHORTS], dtype=np.int64)
_LENGTHS: Final = np.array([(end - start).days for start, end, _ in COHORTS], dtype=np.int64)
_ADULT_STEPS: Final = np.cumsum([share for _, _, share in COHORTS[:MINOR_COHORT]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How many there are of whom, and by which rates they live."""

    draws: Draws
    rates: Rates
    affected: int
    registered: int
    strangers: int

    @property
    def first_outsider(self) -> int:
        """From here on: guardians who are not customers, one possible for each registered."""
        return self.registered + self.strangers

    @property
    def total(self) -> int:
        """All numbers of people."""
        return self.first_outsider + self.registered

    def persons(self, numbers: Numbers) -> "Persons":
        """The people of these numbers."""
        return Persons(self, numbers)


class Persons:
    """The attributes of some people, as columns, computed when they are asked for."""

    def __init__(self, population: Population, numbers: Numbers) -> None:
        self.population = population
        self.numbers = numbers
        self._draws: Draws = population.draws
        self._tables: Tables = tables()

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def cohort(self) -> Numbers:
        """Index into :data:`COHORTS`."""
        adult = np.minimum(
            pick(_ADULT_STEPS, self._draws.uniform("cohort", self.numbers)), MINOR_COHORT - 1
        )
        minor = self._draws.chance("minor", self.numbers, self.population.rates.minors)
        minor &= self.numbers < self.population.first_outsider
        return np.where(minor, MINOR_COHORT, adult)

    @property
    def minor(self) -> Mask:
        """Who is under 18 on the day of the announcement."""
        minor: Mask = self.cohort == MINOR_COHORT
        return minor

    @cached_property
    def male(self) -> Mask:
        """Men and boys."""
        return self._draws.chance("male", self.numbers, 0.51)

    @cached_property
    def deceased(self) -> Mask:
        """Who has died; the older the likelier, in all as many as the rate says."""
        minors = self.population.rates.minors
        shares = [(1.0 - minors) * share for _, _, share in COHORTS[:MINOR_COHORT]] + [minors]
        mean = sum(w * s for w, s in zip(_DEATH_WEIGHTS, shares, strict=True)) or 1.0
        rate = np.array(_DEATH_WEIGHTS) / mean * self.population.rates.deceased
        return self._draws.uniform("deceased", self.numbers) < rate[self.cohort]

    @cached_property
    def no_mobile(self) -> Mask:
        """Whose mobile is in no registry and in no leaked file."""
        return self._draws.chance("no-mobile", self.numbers, self.population.rates.no_mobile)

    @cached_property
    def _place_in_register(self) -> tuple[Numbers, Numbers, Numbers]:
        """Region, sequence and group: people of one region and sequence are in different groups."""
        permuted = self._draws.permute("register", self.numbers, self.population.total)
        size = len(self._tables.regions) * _SEQUENCES
        group, place = np.divmod(permuted, size)
        sequence, region = np.divmod(place, len(self._tables.regions))
        return region, sequence, group

    @cached_property
    def birth_day(self) -> Numbers:
        """Days since 1930-01-01. Groups have different days, so that no two numbers agree."""
        size = len(self._tables.regions) * _SEQUENCES
        groups = -(-self.population.total // size)
        _, _, group = self._place_in_register
        steps = _LENGTHS // groups
        step = (self._draws.uniform("birth", self.numbers) * steps[self.cohort]).astype(np.int64)
        return _STARTS[self.cohort] + step * groups + group

    @cached_property
    def elderly(self) -> Mask:
        """Who is 70 or older."""
        return self.birth_day < ELDERLY_BEFORE

    def idno(self) -> pl.Series:
        """National numbers by GB 11643-1999, of regions that do not exist (99....)."""
        region, sequence, _ = self._place_in_register
        body = np.concatenate(
            (
                self._tables.regions[region],
                self._tables.day_digits[self.birth_day],
                digits(sequence * 2 + self.male, 3),
            ),
            axis=1,
        )
        check = _ID_CHECK[((body.astype(np.int64) - 48) @ _ID_WEIGHTS) % 11]
        return text(np.concatenate((body, check[:, None]), axis=1))

    @property
    def born_last_century(self) -> Mask:
        """Who has (or had) a number of 15 digits."""
        return self.birth_day < _CENTURY

    def birth(self) -> pl.Series:
        """``1990-01-31``."""
        return self._tables.days.gather(self.birth_day)

    @cached_property
    def guardian(self) -> Numbers:
        """The number of each one's relative of age: mostly a customer, else an outsider."""
        draws, population = self._draws, self.population
        found = population.first_outsider + self.numbers % population.registered
        customer = draws.chance("guardian-customer", self.numbers, 0.6)
        for attempt in range(_RELATIVE_TRIES):
            open_ = np.flatnonzero(customer & (found >= population.first_outsider))
            candidates = draws.below(
                f"guardian/{attempt}", self.numbers[open_], population.registered
            )
            people = population.persons(candidates)
            fit = ~people.minor & ~people.deceased & ~people.no_mobile & ~people.elderly
            fit &= candidates != self.numbers[open_]
            found[open_[fit]] = candidates[fit]
        return found

    @cached_property
    def _surname(self) -> Numbers:
        """Index of the surname; most children have their guardian's."""
        own = pick(self._tables.surname_steps, self._draws.uniform("surname", self.numbers))
        like = np.flatnonzero(
            self.minor & self._draws.chance("guardian-surname", self.numbers, 0.6)
        )
        if len(like):
            relatives = Persons(self.population, self.numbers[like]).guardian
            of_relatives = self._draws.uniform("surname", relatives)
            own[like] = pick(self._tables.surname_steps, of_relatives)
        return own

    def _character(self, place: str) -> Numbers:
        table = self.cohort * 2 + self.male
        drawn = self._draws.uniform(f"character/{place}", self.numbers) + table
        size = self._tables.common_characters
        index = pick(self._tables.character_steps, drawn) - table * size
        return index.clip(0, size - 1)

    @cached_property
    def _given(self) -> tuple[Numbers, Numbers]:
        """Indices of the first and second character of the given name (or of nothing)."""
        common = self._tables.common_characters
        first, second = self._character("first"), self._character("second")
        short = self._draws.uniform("given-length", self.numbers) < _ONE_CHARACTER[self.cohort]
        second[short] = common + len(RARE_CHARACTERS)
        rare = self._draws.chance("rare", self.numbers, self.population.rates.rare_character)
        which = self._draws.below("rare-which", self.numbers, len(RARE_CHARACTERS))
        first[rare] = common + which[rare]
        return first, second

    @cached_property
    def name(self) -> pl.Series:
        """Full names: most of two or three characters, some of minorities, a few in Latin."""
        first, second = self._given
        columns = pl.DataFrame(
            {
                "surname": self._tables.surnames.gather(self._surname),
                "first": self._tables.characters.gather(first),
                "second": self._tables.characters.gather(second),
            }
        )
        whole = columns.select(pl.concat_str("surname", "first", "second")).to_series()
        rates, draws = self.population.rates, self._draws
        whole = put(
            whole,
            draws.chance("minority", self.numbers, rates.minority_name),
            self._other_names("·", MINORITY_GIVEN, MINORITY_PATRONYM),
        )
        return put(
            whole,
            draws.chance("foreign", self.numbers, rates.foreign_name),
            self._other_names(" ", FOREIGN_GIVEN, FOREIGN_SURNAME),
        )

    def _other_names(
        self, between: str, given: tuple[tuple[str, ...], tuple[str, ...]], last: tuple[str, ...]
    ) -> pl.Series:
        words = pl.Series(
            [first + between + second for group in given for first in group for second in last]
        )
        half = len(given[0]) * len(last)
        drawn = self._draws.below(f"other-name{between}", self.numbers, half)
        return words.gather(drawn + self.male * half)

    def mobile(self, second: Mask) -> pl.Series:
        """The mobile number, or where *second* says so the person's other, older one.

        A number that was given up is given out again: some people's older one is by now the number
        of somebody else who is registered.
        """
        rate, registered = self.population.rates.recycled_number, self.population.registered
        recycled = second & self._draws.chance("recycled", self.numbers, rate)
        holder = self._draws.below("recycled-to", self.numbers, registered)
        keys = np.where(recycled, holder * 2, self.numbers * 2 + second)
        drawn = self._draws.permute("mobile", keys, MOBILES)
        which, rest = np.divmod(drawn, 10**8)
        starts = np.frombuffer("".join(MOBILE_PREFIXES).encode(), dtype=np.uint8).reshape(-1, 3)
        return text(np.concatenate((starts[which], digits(rest, 8)), axis=1))

    def email(self, second: Mask) -> pl.Series:
        """A mail address at a host that cannot exist (RFC 2606)."""
        handle = self._handle("email", second)
        host = self._draws.below("email-host", self.numbers * 2 + second, len(MAIL_HOSTS))
        hosts = pl.Series([f"@{host}" for host in MAIL_HOSTS]).gather(host)
        return handle + hosts

    def username(self, second: Mask) -> pl.Series:
        """A user name: syn_, a sound of the given name, a number."""
        return "syn_" + self._handle("username", second)

    def _handle(self, purpose: str, second: Mask) -> pl.Series:
        keys = self.numbers * 2 + second
        number = self._draws.permute(purpose, keys, self.population.total * 2)
        first, _ = self._given
        return self._tables.sounds.gather(first) + pl.Series(number).cast(pl.String)

    def device(self, second: Mask) -> pl.Series:
        """A device identifier: SYN and 15 digits."""
        bits = self._draws.bits("device", self.numbers * 2 + second) % np.uint64(10**15)
        body = digits(bits.astype(np.int64), 15)
        return text(np.concatenate((prefix("SYN", len(self)), body), axis=1))

    def address(self) -> pl.Series:
        """A real county, and a street whose name says that it is made up; children at home."""
        home = np.where(self.minor, self.guardian, self.numbers) if self.minor.any() else None
        keys = self.numbers if home is None else home
        street = self._draws.below("street", keys, len(self._tables.streets))
        return (
            self._tables.places.gather(self._draws.below("county", keys, len(self._tables.places)))
            + self._tables.streets.gather(street)
            + self._tables.houses.gather(self._draws.below("house", keys, len(self._tables.houses)))
        )


def put(series: pl.Series, where: Mask, values: pl.Series) -> pl.Series:
    """*series* with *values* in the places where *where* is true."""
    return values.zip_with(pl.Series(where), series) if where.any() else series
