"""Made-up tables, and what their columns are told to be."""

from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import decide
from amends.evidence.model import Role

Columns = dict[str, tuple[str, ...]]


def fields(table: str, columns: Columns, role: Role = Role.EVIDENCE) -> list[str]:
    """The fields of the columns of a table that is called so."""
    samples = [
        Sample(position=at, header=header, values=values)
        for at, (header, values) in enumerate(columns.items())
    ]
    return [one.field for one in decide(samples, {}, {}, role, table=table)]
