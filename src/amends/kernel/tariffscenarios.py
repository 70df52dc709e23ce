"""Reads scenarios and tiers of a tariff: conditions, and amounts that are whole to the last fen."""

from collections.abc import Sequence
from fractions import Fraction

from amends.kernel.categories import CATEGORIES, code_of
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tariff import AgeBand, Scenario
from amends.kernel.tomltable import (
    Table,
    a_positive_amount,
    a_switch,
    both_languages,
    matching,
    texts,
)

NO_TEXTS: tuple[str, ...] = ()
a_name = matching(r"[a-z0-9-]{1,32}", said("lower-case letters, digits and -"))


def an_exact_amount(value: object) -> Money:
    """An amount above zero of whole smallest units."""
    if isinstance(value, str) and value[3:].strip().startswith(("-", "−")):
        raise ValueError(said('is an amount above zero, like "CNY 5000.00"'))
    return a_positive_amount(value)


class Scenarios:
    """Reads scenarios and tiers of one tariff."""

    def __init__(
        self,
        base: Money,
        own_categories: Sequence[str],
        ages: Sequence[AgeBand],
        precedents: Sequence[str],
    ) -> None:
        self._base = base
        self._own = {word.upper() for word in own_categories}
        self._ages = [band.id for band in ages]
        self._precedents = precedents

    def scenario(self, table: Table) -> Scenario:
        """A ``[[scenario]]``."""
        return Scenario(
            id=table.required("id", a_name),
            title=table.required("title", both_languages),
            amount=self._amount(table),
            all_of=table.optional("all_of", self._categories, frozenset()),
            any_of=table.optional("any_of", self._categories, frozenset()),
            jurisdictions=frozenset(table.optional("jurisdictions", texts, NO_TEXTS)),
            ages=table.optional("ages", self._age_bands, frozenset()),
            precedents=table.optional("precedents", self._known_precedents, NO_TEXTS),
        )

    def tiers(self, tables: Sequence[Table]) -> list[Scenario]:
        """``[[tier]]`` tables: each category is in one of them; ``others`` are everything else."""
        scenarios: list[Scenario] = []
        tier_of: dict[str, str] = {}
        others: str | None = None
        for table in tables:
            name = table.required("id", a_name)
            if table.optional("others", a_switch, default=False):
                if others is not None:
                    raise table.error(
                        "others", said("overlap: tier {other} has the others, too", other=others)
                    )
                others, codes = name, frozenset[str]()
            else:
                codes = table.required("categories", self._categories)
            for code in sorted(codes):
                if code in tier_of:
                    raise table.error(
                        "categories",
                        said(
                            "overlap: {code} is in tier {other}, too; keep it in one",
                            code=code,
                            other=tier_of[code],
                        ),
                    )
                tier_of[code] = name
            scenarios.append(
                Scenario(
                    id=name,
                    title=table.required("title", both_languages),
                    amount=self._amount(table),
                    any_of=codes,
                    jurisdictions=frozenset(table.optional("jurisdictions", texts, NO_TEXTS)),
                    ages=table.optional("ages", self._age_bands, frozenset()),
                    precedents=table.optional("precedents", self._known_precedents, NO_TEXTS),
                )
            )
        return scenarios

    def _amount(self, table: Table) -> Money:
        """``amount``, or ``factor`` times the base; the base where there is neither."""
        amount: Money | None = table.optional("amount", an_exact_amount, None)
        factor: Fraction | None = table.optional("factor", _a_factor, None)
        if amount is not None and factor is not None:
            raise table.error("factor", said("stands beside amount: keep one of them"))
        if amount is not None:
            if amount.currency != self._base.currency:
                raise table.error(
                    "amount",
                    said(
                        "is in {other}, and the tariff is in {currency}",
                        other=amount.currency,
                        currency=self._base.currency,
                    ),
                )
            return amount
        exact = self._base.amount_minor * (Fraction(1) if factor is None else factor)
        if exact.denominator != 1:
            raise table.error(
                "factor",
                said(
                    "{factor} × {base} is no whole number of the smallest unit; give an amount",
                    factor=str(factor),
                    base=str(self._base),
                ),
            )
        return Money(amount_minor=exact.numerator, currency=self._base.currency)

    def _categories(self, value: object) -> frozenset[str]:
        codes = set()
        for word in texts(value):
            code = code_of(word.lower())
            if code not in CATEGORIES and code not in self._own:
                raise ValueError(
                    said(
                        "{word} is not a category; see docs/reference/categories.md, or put it "
                        "into own_categories",
                        word=word,
                    )
                )
            codes.add(code)
        return frozenset(codes)

    def _age_bands(self, value: object) -> frozenset[str]:
        return _of_those(value, self._ages, said("is a list of ids of [[age]]"))

    def _known_precedents(self, value: object) -> tuple[str, ...]:
        _of_those(value, self._precedents, said("is a list of ids of [[precedent]]"))
        return texts(value)


def _of_those(value: object, known: Sequence[str], problem: str) -> frozenset[str]:
    """Texts that are all *known*."""
    names = frozenset(texts(value))
    if not names <= set(known):
        raise ValueError(problem)
    return names


def _a_factor(value: object) -> Fraction:
    """Like 1.5 or "5/3", exactly as written."""
    try:
        factor = Fraction(str(value)) if not isinstance(value, bool) else Fraction(0)
    except (ValueError, ZeroDivisionError):
        factor = Fraction(0)
    if factor <= 0:
        raise ValueError(said('is a number above zero, like 1.5 or "5/3"'))
    return factor
