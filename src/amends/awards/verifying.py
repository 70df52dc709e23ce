"""Holds awards against the digest that the books carry since they were made."""

from amends.awards import rules, store
from amends.awards.adding import Digest
from amends.awards.model import AwardsChangedError
from amends.kernel.saying import said
from amends.ledger.service import subjects
from amends.vault.opened import OpenCase


def verify_awards(opened: OpenCase) -> int:
    """Check that no award was changed, added or taken out since its round was booked.

    Returns:
        How many awards there are.

    Raises:
        AwardsChangedError: some are not what was booked; the message says of which rounds.
    """
    changed = []
    with opened.database.reading() as connection:
        booked = subjects(connection, rules.AWARD)
        rounds = store.rounds(connection)
        for round_no, first_index, people in rounds:
            digest = Digest()
            for row in store.written_rows(connection, first_index, people):
                digest.update(row)
            if rules.round_subject(round_no, digest.sha256) not in booked:
                changed.append(round_no)
        awards = store.how_many(connection)
    if changed or awards != sum(people for *_, people in rounds):
        raise AwardsChangedError(
            said(
                "{awards:,} awards are there, and {booked:,} were booked; rounds whose rows are "
                "not what was booked: {rounds}. Restore the database from a backup, and compare "
                "its awards.award with this one",
                awards=awards,
                booked=sum(people for *_, people in rounds),
                rounds=", ".join(map(str, changed)) or "-",
            )
        )
    return awards
