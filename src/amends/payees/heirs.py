"""The heirs of somebody who died after the leak: who they are, whether they can be paid. Pure.

Kept true: shares are whole numbers of the smallest unit and add up to what is owed; nobody is paid
without the consent of all (Civil Code 1130, 1132), or, for a small estate, without an undertaking
towards the others (CN-SMALL).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from amends.kernel.money import Money, allocate
from amends.kernel.saying import Said, said
from amends.payees.model import ADULT_YEARS

_KEYS = {
    "name",
    "account",
    "relation",
    "share",
    "consents",
    "idno",
    "born",
    "product",
    "account_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """One heir. ``share``: a weight, equal as a rule (Civil Code 1130). Lives in memory only."""

    name: str
    account: str
    relation: str
    share: int = 1
    consents: bool = False
    idno: str | None = None
    born: date | None = None
    product: str | None = None
    account_id: str | None = None

    def __repr__(self) -> str:
        """Without the values: a traceback or log must not carry them."""
        return f"Heir(relation={self.relation!r}, share={self.share})"


def read(rows: Sequence[Mapping[str, object]]) -> list[Heir] | Said:
    """Heirs as the tables ``[[heir]]`` of a TOML file give them; or what is wrong there."""
    found = []
    for number, row in enumerate(rows, 1):
        unknown = sorted(set(row) - _KEYS)
        if unknown:
            return said(
                "heir {number} has unknown keys: {keys}", number=number, keys=", ".join(unknown)
            )
        for key in ("name", "account", "relation"):
            if not isinstance(row.get(key), str) or not row[key]:
                return said("heir {number} has no {key}", number=number, key=key)
        share, born = row.get("share", 1), row.get("born")
        if not isinstance(share, int) or isinstance(share, bool) or share < 1:
            return said("the share of heir {number} is not a whole number from 1", number=number)
        if born is not None and not isinstance(born, date):
            return said("the birth of heir {number} is not a day like 1990-01-31", number=number)
        texts = {key: str(row[key]) for key in ("idno", "product", "account_id") if row.get(key)}
        found.append(
            Heir(
                name=str(row["name"]),
                account=str(row["account"]),
                relation=str(row["relation"]),
                share=share,
                consents=row.get("consents") is True,
                born=born,
                **texts,
            )
        )
    return found


def wrong(heirs: Sequence[Heir], day: date, *, small_estate: bool) -> Said | None:
    """Why these heirs cannot be paid on that day; None where they can.

    Raises nothing: what is wrong is said, with the number of the heir in the file.
    """
    if not heirs:
        return said("no heir is named: a file with a table [[heir]] for each")
    if small_estate and len(heirs) > 1:
        return said("a small estate is paid to one heir, who answers for the others (CN-SMALL)")
    accounts = [heir.account.strip().lower() for heir in heirs]
    for number, heir in enumerate(heirs, 1):
        if not (heir.consents or small_estate):
            return said(
                "heir {number} has not consented: all heirs do (Civil Code 1130)", number=number
            )
        if heir.born and _age(heir.born, day) < ADULT_YEARS:
            return said(
                "heir {number} is a minor: name the guardian's account as the account, the "
                "guardian as its holder, and leave out the birth",
                number=number,
            )
        first = accounts.index(accounts[number - 1]) + 1
        if first != number:
            return said(
                "heirs {first} and {second} claim one account: each is paid into their own",
                first=first,
                second=number,
            )
    return None


def split(owed: Money, heirs: Sequence[Heir]) -> list[Money]:
    """What each heir receives: by shares, largest remainder; the parts add up to what is owed."""
    return allocate(owed, [heir.share for heir in heirs])


def _age(born: date, day: date) -> int:
    """Whole years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
