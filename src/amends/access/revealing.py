"""A person's values before an operator's eyes: masked, and open only with a reason on record.

Whoever looks says on which ground; the look is in the audit trail and in a table. What the person
may see of it is published for them with the roster (`amends.roster.looks`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from amends.access import rules, store
from amends.access.model import Ground, Look, RevealError
from amends.governance import service as governance
from amends.kernel.clock import RealClock
from amends.kernel.ids import Operator
from amends.kernel.saying import said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_LEAST, _MOST = 3, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Values of a person by field, open or masked; never printed."""

    values: dict[str, str] = field(repr=False)

    def masked(self) -> dict[str, str]:
        """The same with their middles hidden."""
        return {name: rules.masked(value) for name, value in self.values.items()}


def reveal_in(
    connection: Connection,
    opened: OpenCase,
    person_id: str,
    *,
    fields: tuple[str, ...],
    ground: Ground,
    reason: str,
) -> None:
    """Write down that these fields are shown, before they are; in the caller's transaction.

    Raises:
        RevealError: the reason says nothing, or carries a person's number.
    """
    words = reason.strip()
    if not _LEAST <= len(words) <= _MOST:
        raise RevealError(said("say in a few words why you have to see it"))
    governance.refuse_numbers(words)
    look = Look(
        person_id=person_id,
        fields=fields,
        ground=ground,
        reason=words,
        operator=Operator(opened.by),
        occurred_at=RealClock().now(),
    )
    store.add_look(connection, look)
    governance.audit_in(
        connection,
        opened,
        opened.by,
        "person revealed",
        {"person": person_id, "fields": list(fields), "ground": ground},
    )


def looks(opened: OpenCase, person_id: str) -> list[Look]:
    """Who looked at a person, newest first."""
    with opened.database.reading() as connection:
        return store.looks(connection, person_id)


def looked_at(connection: Connection) -> Iterator[Look]:
    """Every look at anybody as its person may see it, in the order they were written down."""
    return store.looked_at(connection)
