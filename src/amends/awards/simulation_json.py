"""Simulations as JSON: all figures, amounts in minor units. Pure; never a person's data."""

from amends.awards.simulating import Simulated
from amends.awards.simulation import FEW, PaidGroup, Simulation
from amends.kernel.tariff import LaterClaim, Precedent


def as_json(simulated: Simulated) -> dict[str, object]:
    """All figures; amounts in minor units."""
    return {
        "simulation": True,
        "run": simulated.run_no,
        "people": simulated.people,
        "awarded": simulated.awarded,
        "funding_proved": simulated.proved,
        "tariffs": [_one_as_json(one) for one in simulated.simulations],
    }


def _one_as_json(one: Simulation) -> dict[str, object]:
    against = one.funding
    return {
        "name": one.name,
        "tariff": one.tariff.id,
        "version": one.tariff.version,
        "sha256": one.tariff.sha256,
        "currency": one.total.currency,
        "people": one.people,
        "total_minor": one.total.amount_minor,
        "mean_minor": one.mean.amount_minor,
        "quantiles_minor": {str(at): money.amount_minor for at, money in one.quantiles.items()},
        "amounts": [
            {
                "class": share.award_class,
                "amount_minor": share.amount.amount_minor,
                "people": share.people,
                "cost_minor": share.cost.amount_minor,
            }
            for share in one.amounts
        ],
        "scenarios": [
            {
                "scenario": share.scenario.id,
                "amount_minor": share.scenario.amount.amount_minor,
                "people": share.people,
                "cost_minor": share.cost.amount_minor,
                "precedents": [known.id for known in one.tariff.precedents_of(share.scenario)],
            }
            for share in one.scenarios
        ],
        "most_paid": [_group_as_json(paid) for paid in one.most],
        "least_paid": [_group_as_json(paid) for paid in one.least],
        "errors": [
            {
                "error": cost.error.value,
                "basis": cost.basis,
                "people": [cost.people.estimate, cost.people.low, cost.people.high],
                "money_minor": [cost.money.estimate, cost.money.low, cost.money.high],
            }
            for cost in one.errors
        ],
        "later": [
            {
                "percent": find.percent,
                "people": find.people,
                "cost_minor": find.cost.amount_minor,
                "least_minor": find.least.amount_minor,
                "most_minor": find.most.amount_minor,
                "covered": find.covered,
            }
            for find in one.later
        ],
        "funding": None
        if against is None
        else {
            "funding_minor": against.funding.amount_minor,
            "covered": against.covered,
            "left_minor": against.left.amount_minor,
            "short_minor": against.short.amount_minor,
            "pro_rata_minor": {
                str(number): money.amount_minor for number, money in against.pro_rata.items()
            },
            "more_people": against.more_people,
        },
        "granted_minor": one.granted.amount_minor,
        "claimed_later": [_claim_as_json(claim) for claim in one.tariff.later],
        "precedents": [_precedent_as_json(known) for known in one.precedents],
    }


def _group_as_json(paid: PaidGroup) -> dict[str, object]:
    """A group; its number only where it is large enough."""
    return {
        "categories": sorted(paid.group.categories),
        "jurisdictions": sorted(paid.group.jurisdictions),
        "age": paid.group.age,
        "tranche": paid.group.tranche,
        "people": paid.people if paid.people >= FEW else None,
        "scenario": paid.scenario.id,
        "amount_minor": paid.scenario.amount.amount_minor,
    }


def _claim_as_json(claim: LaterClaim) -> dict[str, object]:
    """What can be claimed later; no figure of the simulation holds it before it is granted."""
    return {
        "kind": claim.kind.value,
        "title": {"zh": claim.title.zh, "en": claim.title.en},
        "most_minor": None if claim.most is None else claim.most.amount_minor,
        "share_percent": claim.share_percent,
        "most_hours": claim.most_hours,
        "rate_minor": None if claim.rate is None else claim.rate.amount_minor,
        "proof": claim.proof.value,
    }


def _precedent_as_json(known: Precedent) -> dict[str, object]:
    return {
        "id": known.id,
        "per_person": {"zh": known.per_person.zh, "en": known.per_person.en},
        "rough_minor": None if known.rough is None else known.rough.amount_minor,
        "source": known.source,
        "certainty": known.certainty.value,
    }
