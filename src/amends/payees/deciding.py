"""What the files of people and the evidence tell of everybody who is affected: who is paid.

It needs the compiler, which whoever only reads what was decided does not.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from amends.evidence.service import read_people
from amends.kernel.accounts import taken_by
from amends.kernel.case import PeopleKind
from amends.kernel.memory import give_back
from amends.kernel.money import exponent
from amends.linkage.service import affected_in_parts
from amends.payees import ages, matching, rules
from amends.vault.opened import OpenCase


def decided(opened: OpenCase) -> rules.Settled:
    """The decisions as the files stand now."""
    mainland = "CN" in opened.case.file.jurisdictions
    kinds = taken_by(rail.account_kinds for rail in opened.case.file.rails)
    files = matching.read(_circumstances(opened), mainland=mainland, kinds=kinds)
    limits = _limits(opened)
    prepare = partial(rules.prepared, files=files, limits=limits, mainland=mainland)
    with ThreadPoolExecutor(1) as reader:
        affected = affected_in_parts(opened, ("account_id", *rules.FIELDS), prepare)
        ids = reader.submit(affected.ids)
        found = rules.decide_in_parts(affected.people, affected.accounts, files, limits)
    del files, prepare
    give_back()
    return found.named(ids.result())


def _circumstances(opened: OpenCase) -> matching.Circumstances:
    """What the files of people tell, as it was taken in."""
    return matching.Circumstances(
        deaths=read_people(opened, PeopleKind.DEATH.value),
        guardianships=read_people(opened, PeopleKind.GUARDIANSHIP.value),
        payout_accounts=read_people(opened, PeopleKind.PAYOUT_ACCOUNT.value),
        contacts=read_people(opened, PeopleKind.CONTACT.value),
    )


def _limits(opened: OpenCase) -> rules.Limits:
    """The days and thresholds of the case. Ages count on the day of the act: the announcement."""
    case = opened.case.file
    day = (case.announced_at or opened.clock.now()).date()
    return rules.Limits(
        day=day,
        leaked_on=ages.leak_day(case, day),
        people_per_wallet=case.payees.people_per_wallet,
        wards_per_guardian=case.payees.wards_per_guardian,
        least=-(-case.tariff.amounts[0].amount_minor // 10 ** exponent(case.currency)),
    )
