"""Where a person's money goes: masked, or open for whoever has written down why."""

from amends.access.revealing import Values
from amends.kernel.ids import PersonId
from amends.payees import service as payees
from amends.vault.opened import OpenCase


def values_of(opened: OpenCase, person_id: str) -> Values:
    """Name and account; nothing where no rail pays the person."""
    known = PersonId(person_id)
    with opened.database.reading() as connection:
        details = payees.payment_details(opened, connection, [known]).get(known)
    if details is None:
        return Values(values={})
    return Values(values={"name": details.name, "account": details.account})


def masked_of(opened: OpenCase, person_id: str) -> dict[str, str]:
    """The same with their middles hidden."""
    return values_of(opened, person_id).masked()
