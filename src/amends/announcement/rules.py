"""The figures of an announcement, and who bears the cost. Pure.

The cost of a person is borne by the companies from whose products that person's data leaked, in the
proportion of their shares; where no product is known, by all companies. People of one class and the
same companies are one sum, which is divided by largest remainder, so that the parts add up to the
whole to the last minor unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from amends.announcement.model import ClassFigures, CompanyFigures, Group
from amends.kernel.case import Company, RegistrySource
from amends.kernel.money import Money, allocate


def class_figures(groups: Iterable[Group]) -> tuple[ClassFigures, ...]:
    """How many people get which amount, the largest amount last."""
    people: dict[tuple[int, Money], int] = {}
    for group in groups:
        key = (group.award_class, group.amount)
        people[key] = people.get(key, 0) + group.people
    return tuple(
        ClassFigures(award_class=award_class, amount=amount, people=count)
        for (award_class, amount), count in sorted(
            people.items(), key=lambda item: (item[0][1].amount_minor, item[0][0])
        )
    )


def total_of(classes: Sequence[ClassFigures], currency: str) -> Money:
    """What all classes get together."""
    return sum(
        (one.amount * one.people for one in classes), start=Money(amount_minor=0, currency=currency)
    )


def company_of_products(
    registries: Iterable[RegistrySource], companies: Sequence[Company]
) -> dict[str, str]:
    """The company of each product; the only one where a registry names none."""
    return {one.product: one.company or companies[0].id for one in registries}


def costs(
    groups: Iterable[Group],
    companies: Sequence[Company],
    of_product: Mapping[str, str],
    currency: str,
) -> tuple[CompanyFigures, ...]:
    """What each company bears; the costs add up to what all groups get.

    ``people`` of several companies add up to more than all people, where data of one person leaked
    from products of several.
    """
    people = dict.fromkeys((company.id for company in companies), 0)
    cost = dict.fromkeys(people, Money(amount_minor=0, currency=currency))
    sums: dict[tuple[str, ...], Money] = {}
    for group in groups:
        bearing = _bearing(group.products, people, of_product)
        for company in bearing:
            people[company] += group.people
        before = sums.get(bearing, Money(amount_minor=0, currency=currency))
        sums[bearing] = before + group.amount * group.people
    share = {company.id: company.share for company in companies}
    for bearing, whole in sorted(sums.items()):
        weights = _weights([share[company] for company in bearing])
        for company, part in zip(bearing, allocate(whole, weights), strict=True):
            cost[company] += part
    return tuple(
        CompanyFigures(company=company.id, people=people[company.id], cost=cost[company.id])
        for company in companies
    )


def _bearing(
    products: Iterable[str], companies: Mapping[str, int], of_product: Mapping[str, str]
) -> tuple[str, ...]:
    """The companies of these products, in the order of the case; all where none is known."""
    known = {of_product[product] for product in products if product in of_product}
    return tuple(company for company in companies if company in known) or tuple(companies)


def _weights(shares: Sequence[Fraction]) -> list[int]:
    """Whole numbers in the proportion of the shares."""
    common = lcm(*(share.denominator for share in shares))
    return [int(share * common) for share in shares]
