"""What one record (an account, a leaked row) says about its person, before anything is damaged.

A record does not hold a person's attributes but what the person gave at some time: a number that
is not theirs any more, a relative's mobile, an older mail address. Which of them is drawn by the
record's own key, so two records of one person may differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from amends.synth.draws import Bits, Mask, Numbers
from amends.synth.people import Persons
from amends.synth.tables import ANNOUNCED_DAY, FIRST_DAY, digits, prefix, tables, text

_Read = Callable[[], pl.Series]
_TODAY = (ANNOUNCED_DAY - FIRST_DAY).days
_WORDS = ("male", "female"), ("男", "女"), ("M", "F")


@dataclass(frozen=True, kw_only=True)
class Records:
    """Some records of one file.

    ``source`` names the file, for the draws; ``keys`` are the records' numbers in it; ``second``
    marks second accounts of a person, opened with the other number and address.
    """

    source: str
    persons: Persons
    keys: Numbers
    second: Mask

    def column(self, field: str) -> pl.Series:
        """The values of a field word (``gender`` in three spellings: gender, gender_zh, ...)."""
        of_person: dict[str, _Read] = {
            "name": lambda: self.persons.name,
            "idno": self.persons.idno,
            "birth": self.persons.birth,
            "address": self.persons.address,
            "phone": self._phone,
            "email": lambda: _without(self.persons.email(self._other("email")), self._no_mail),
            "username": lambda: self.persons.username(self._other("username")),
            "device": lambda: self.persons.device(self._other("device")),
        }
        read = of_person.get(field)
        return self._of_record(field) if read is None else read()

    def chance(self, purpose: str, rate: float) -> Mask:
        """True for about *rate* of the records."""
        return self.persons.population.draws.chance(f"{self.source}/{purpose}", self.keys, rate)

    def bits(self, purpose: str) -> Bits:
        """64 bits for each record."""
        return self.persons.population.draws.bits(f"{self.source}/{purpose}", self.keys)

    @cached_property
    def _no_mail(self) -> Mask:
        persons = self.persons
        return persons.population.draws.chance("no-mail", persons.numbers, 0.12)

    def _other(self, field: str) -> Mask:
        """Where the record has the person's other value."""
        rates = self.persons.population.rates
        rate = {
            "phone": rates.phone_changed,
            "email": rates.email_changed,
            "username": rates.email_changed,
            "device": rates.device_changed,
        }[field]
        return self.second | self.chance(f"changed/{field}", rate)

    def _phone(self) -> pl.Series:
        """The person's mobile, their old one (which may be somebody else's now), a relative's."""
        persons, population = self.persons, self.persons.population
        holder, second = persons.numbers.copy(), self._other("phone")
        family = (persons.minor | persons.elderly) & self.chance(
            "family", population.rates.family_phone
        )
        places = np.flatnonzero(family)
        if len(places):
            holder[places] = population.persons(persons.numbers[places]).guardian
        return _without(population.persons(holder).mobile(second & ~family), persons.no_mobile)

    def _of_record(self, field: str) -> pl.Series:
        """Fields that belong to the record and not to the person."""
        if field.startswith("gender"):
            kind = ("gender", "gender_zh", "gender_letter").index(field)
            return pl.Series(_WORDS[kind]).gather((~self.persons.male).astype(np.int64))
        bits = self.bits(field)
        since = (bits % np.uint64(4000)).astype(np.int64)
        rest = (bits >> np.uint64(20)).astype(np.int64)
        if field == "registered_on":
            return tables().days.gather(_TODAY - 60 - since)
        if field == "order":
            day = tables().day_digits[_TODAY - 60 - since % 900]
            start = prefix("SYN", len(self.keys))
            return text(np.concatenate((start, day, digits(rest % 10**8, 8)), axis=1))
        if field == "pwd":
            start = prefix("syn-", len(self.keys))
            return text(np.concatenate((start, digits(rest % 10**6, 6)), axis=1))
        raise AssertionError(field)


def _without(series: pl.Series, where: Mask) -> pl.Series:
    """*series* with nothing in those places."""
    if not where.any():
        return series
    return (
        pl.Series([None], dtype=pl.String)
        .new_from_index(0, len(series))
        .zip_with(pl.Series(where), series)
    )
