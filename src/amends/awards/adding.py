"""A round of awards before it is written: who, by which tariff, what is approved, which bytes."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import polars as pl

from amends.awards import assessing, granting, grants_store, rules, store
from amends.awards.grouping import grouped
from amends.awards.model import Adding
from amends.awards.rows import binary_rows
from amends.governance.model import JSON
from amends.kernel.money import Money
from amends.ledger.model import BANK, FUNDS, Transfer
from amends.vault.opened import OpenCase


class Digest:
    """SHA-256 of rows as they go out."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, block: bytes) -> None:
        """Take in a block of rows."""
        self._digest.update(block)

    @property
    def sha256(self) -> str:
        """The digest of all blocks so far, in hexadecimal."""
        return self._digest.hexdigest()


def everybody_new(opened: OpenCase) -> Adding:
    """Everybody who is determined and has no award, and how much each gets.

    Raises:
        TariffError: the tariff does not say what somebody is owed.
    """
    tariff = opened.case.file.tariff
    people, groups = grouped(opened, tariff)
    with opened.database.reading() as connection:
        known = store.classes(connection)
        grants = tuple(one for one in grants_store.waiting(connection) if one.with_first_award)
    groups = assessing.assess_groups(tariff, groups)
    if grants:
        people, groups = granting.on_top(people, groups, grants)
    numbers = rules.class_numbers(known, tariff)
    return Adding(
        people=people,
        groups=rules.with_classes(groups, numbers),
        classes=numbers,
        digest=rules.people_digest(people["person_id"]),
        grants=grants,
    )


def proposed(opened: OpenCase, adding: Adding, funding: Money) -> dict[str, JSON]:
    """What two people approve: who, by which text of the tariff, and how much it comes to."""
    tariff = opened.case.file.tariff
    with opened.database.reading() as connection:
        round_no, next_index, _ = store.newest_round(connection)
    body: dict[str, JSON] = {
        "case": opened.case.file.id,
        "round": round_no + 1,
        "first_index": next_index,
        "people": adding.people.height,
        "people_sha256": adding.digest,
        "tariff": f"{tariff.id} {tariff.version}",
        "tariff_sha256": tariff.sha256,
        "total_minor": adding.total_minor,
        "currency": tariff.currency,
        "funding_minor": funding.amount_minor,
    }
    if adding.grants:
        body |= {
            "claims": len(adding.grants),
            "claims_minor": sum(one.amount_minor for one in adding.grants),
            "claims_sha256": granting.digest(adding.grants),
        }
    elif tariff.one_amount is not None:
        return body | {"per_person_minor": tariff.one_amount.amount_minor}
    return body | {"people_by_amount_minor": adding.people_by_amount()}


def rows(opened: OpenCase, awards: pl.DataFrame, digest: Digest) -> Iterator[bytes]:
    """The rows of awards in blocks, each taken into the digest."""
    for part in awards.iter_slices(rules.SLICE):
        block = binary_rows(part)
        digest.update(block)
        yield block
        opened.progress.advance(part.height)


def fund_transfer(round_no: int, fund: Money, now: datetime) -> Transfer:
    """The company's money for the case, or what was added to it since the last round."""
    return Transfer(
        transfer_id=f"fund:{round_no}",
        debit=BANK,
        credit=FUNDS,
        amount_minor=fund.amount_minor,
        currency=fund.currency,
        reason="fund",
        subject=f"round:{round_no}",
        occurred_at=now,
    )
