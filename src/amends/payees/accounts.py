"""Accounts of affected people made comparable, and what they tell of each person together. Pure."""

from collections import deque
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from amends.kernel import births
from amends.kernel.ahead import worked_ahead
from amends.payees.columns import flat, identities, mobiles, names
from amends.payees.compiled.choosing import MARKS, NONE, by_person, choose, marks
from amends.payees.reading import person_name, proved_births

_CJK = r"\p{Han}"
_AT_ONCE = 1 << 18
_MATCHED = ("person", "identity", "name")


def comparable(accounts: pa.RecordBatch, day: int, *, mainland: bool) -> pa.RecordBatch:
    """Per account: person, mobile, name, identity; births, proved by a number and typed.

    Of texts what is not usable is null, of numbers 0; so are births after *day*.
    """
    identity = identities(accounts["idno"])
    told = {"proved": proved_births(identity), "typed": births.told(pl.Series(accounts["birth"]))}
    born = {name: column.fill_null(0).to_numpy() for name, column in told.items()}
    columns = {
        "person": accounts["person"],
        "mobile": mobiles(accounts["phone"], mainland=mainland),
        "name": _whole(names(accounts["name"]), accounts),
        "identity": identity.fill_null(0).to_arrow(),
        **{name: pa.array(days * (days <= day)) for name, days in born.items()},
    }
    return pa.record_batch(columns)


def _whole(names: pa.Array, accounts: pa.RecordBatch) -> pa.Array:
    """*names*, put together from surname and given name where there is no whole one."""
    surnames, given_names = accounts["surname"], accounts["given_name"]
    if surnames.null_count == given_names.null_count == len(names):
        return names
    surname, given = (person_name(pl.col(name)) for name in ("surname", "given_name"))
    whole = (
        pl.when((surname + given).str.contains(_CJK))
        .then(surname + given)
        .otherwise(given + pl.lit(" ") + surname)
    )
    parts = pl.DataFrame({"surname": surnames, "given_name": given_names})
    together = parts.select(pl.coalesce(whole, surname, given)).to_series()
    return pc.coalesce(names, together.to_arrow())


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """All comparable accounts, and which are whose of so many ``people`` (``compiled``).

    Accounts that are nobody's are those of one more, who is never asked for.
    """

    columns: dict[str, pa.Array]
    people: int
    first: npt.NDArray[np.int64]
    order: npt.NDArray[np.uint32]
    marks: npt.NDArray[np.int64]

    @classmethod
    def of(cls, parts: list[pa.RecordBatch], people: int) -> Self:
        """The accounts of all *parts*, in any order. They are taken out of the list."""
        table = pa.Table.from_batches(parts)
        parts.clear()
        names = table.column_names
        together = worked_ahead(map(table.column, names), pa.ChunkedArray.combine_chunks)
        columns = dict(zip(names, (made for _, made in together), strict=True))
        del table
        person = columns["person"].fill_null(people)
        first, order = by_person(person.to_numpy(), people + 1)
        made = _marks(columns)
        columns["person"] = person
        return cls(columns=columns, people=people, first=first, order=order, marks=made)

    def whose(self, identities: pl.Series) -> pl.Series:
        """The people who have one of these identities, some more than once."""
        among = pc.is_in(self.columns["identity"], value_set=identities.to_arrow())
        found = pl.Series(self.columns["person"].filter(among))
        return found.filter(found < self.people)

    def of_people(self, people: pl.Series) -> pl.DataFrame:
        """person, identity and name of all accounts of some *people*."""
        wanted = np.zeros(self.people + 1, np.bool_)
        wanted[people.to_numpy()] = True
        at = np.flatnonzero(wanted[self.columns["person"].to_numpy()])
        some = {name: self.columns[name].take(pa.array(at)) for name in _MATCHED}
        return pl.DataFrame(some).with_columns(pl.col("identity").replace(0, None))

    def told(self, begin: int, end: int) -> pl.DataFrame:
        """What the accounts of people from *begin* to before *end* say: mobile, name, born.

        The mobile is that of an account that also has a name, most frequent first; the name that
        most of the person's accounts carry, and among equals the one beside the chosen mobile; the
        birth that the national number says, else the registry's, most frequent first. Remaining
        ties fall to the lowest number, name and birth.
        """
        mobile, name = self.columns["mobile"], self.columns["name"]
        chosen = choose(
            self.first[begin : end + 1],
            self.order,
            self.marks,
            *flat(mobile),
            *flat(name),
        )
        person = np.arange(begin, end, dtype=np.uint32)
        texts = {
            "mobile": _taken(mobile, chosen.mobile),
            "name": _taken(name, chosen.name),
        }
        born = pl.Series(chosen.born).replace(0, None)
        return pl.DataFrame({"person": person, **texts, "born": born})


def _marks(columns: dict[str, pa.Array]) -> npt.NDArray[np.int64]:
    """What is compared of each account; the births are taken out of the columns."""
    proved, typed = (columns.pop(name).to_numpy() for name in ("proved", "typed"))
    mobile, name = columns["mobile"], columns["name"]
    made = np.empty((len(proved), MARKS), np.int64)

    def mark(begin: int) -> None:
        some = slice(begin, begin + _AT_ONCE)
        marks(*flat(mobile[some]), *flat(name[some]), proved[some], typed[some], made[some])

    deque(worked_ahead(range(0, len(made), _AT_ONCE), mark), maxlen=0)
    return made


def _taken(texts: pa.Array, at: npt.NDArray[np.int64]) -> Any:  # noqa: ANN401 - Arrow has no types
    """The *texts* at these places; null where there is none."""
    return texts.take(pa.array(at, mask=at == NONE))
