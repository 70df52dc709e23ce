"""Sentences, amounts and times of a report in the language of its reader. Pure.

Amounts always have all their digits: sums are compared to the cent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from amends.kernel.case import Text
from amends.kernel.categories import CATEGORIES, label
from amends.kernel.money import Money
from amends.kernel.saying import Language, in_language, said
from amends.web import saying

SHORT: Final = 16
"""So many signs of a digest tell two apart on paper; the attached file has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Whoever tells a report. ``zone``: in which times are said."""

    language: Language
    currency: str
    zone: tzinfo

    def say(self, text: str) -> str:
        """A sentence."""
        return in_language(text, self.language)

    def text(self, text: Text) -> str:
        """A text that the case gives in two languages."""
        return saying.text_of(text, self.language)

    def amount(self, amount_minor: int) -> str:
        """``500,000.00``, without the currency."""
        shown = Money(amount_minor=amount_minor, currency=self.currency).display()
        return shown.removeprefix(self.currency).strip()

    def money(self, amount_minor: int) -> str:
        """``500,000.00 元`` and ``CNY 500,000.00``."""
        if self.language == "zh" and self.currency == "CNY":
            return f"{self.amount(amount_minor)} 元"
        return Money(amount_minor=amount_minor, currency=self.currency).display()

    def column(self) -> str:
        """The heading of a column of amounts."""
        return self.say(said("Amount, {currency}", currency=self.currency))

    def time(self, moment: datetime | None) -> str:
        """A moment, in the zone of the case; empty where there is none."""
        if moment is None:
            return ""
        here = moment.astimezone(self.zone)
        return f"{saying.day(here.date(), self.language)} {here:%H:%M} (UTC{here:%z})"

    def day(self, moment: datetime | None) -> str:
        """A day, in the zone of the case."""
        if moment is None:
            return ""
        return saying.day(moment.astimezone(self.zone).date(), self.language)

    def list(self, words: list[str]) -> str:
        """Words one after the other."""
        return (", " if self.language == "en" else "、").join(words)

    def category(self, code: str) -> str:
        """The name of a kind of data."""
        return label(code, self.language) if code in CATEGORIES else code

    def word(self, words: Mapping[str, str], code: str) -> str:
        """A code in words where they are known."""
        return self.say(words.get(code, code))

    def yes(self, answer: object) -> str:
        """``yes`` or ``no``."""
        return self.say(said("yes") if answer else said("no"))
