"""What a file is, and what it is called in the case. Pure."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from amends.evidence.model import FileFormat
from amends.evidence.sampling import Sampled
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.preparing.model import FOLDER_OF, FoundFile, Kind, Placed, PreparingError

_LEAKED = re.compile(r"leak|dump|breach|evidence|posted|forum|泄|证据|流出", re.IGNORECASE)
_TABLES = frozenset((FileFormat.DELIMITED, FileFormat.PARQUET, FileFormat.WORKBOOK))
_PRODUCT_LONGEST = 32


def told_kind(sampled: Sampled, *, leaked_by_name: bool) -> Kind:
    """What a file is, by its columns; in doubt where an account table would look alike."""
    fields = frozenset[str]().union(*(table.fields for table in sampled.tables))
    if "died_on" in fields:
        return Kind.DEATH
    if any(field.startswith("guardian_") for field in fields):
        return Kind.GUARDIANSHIP
    if "account_id" not in fields:
        return Kind.EVIDENCE
    plain = all(table.headed and table.format in _TABLES for table in sampled.tables)
    if not plain or leaked_by_name or fields & {"pwd", "pwdhash"}:
        return Kind.DOUBT
    return Kind.REGISTRY


def leaked_by_name(file: Path) -> bool:
    """Whether its name or its folder's says that a file was leaked."""
    return bool(_LEAKED.search(file.name) or _LEAKED.search(file.parent.name))


def word_of(name: str, otherwise: str, longest: int = _PRODUCT_LONGEST) -> str:
    """*name* in lower-case letters, digits and ``-``; *otherwise* where nothing is left."""
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:longest].strip("-")
    return word or otherwise


def placed(files: Sequence[FoundFile]) -> list[Placed]:
    """Every file with its place in the case, no two alike; account tables with their product."""
    paths: set[str] = set()
    products: set[str] = set()
    result = []
    for found in files:
        name = found.file.name
        path = _free(f"{FOLDER_OF[found.kind]}/{name}", paths)
        product = None
        if found.kind is Kind.REGISTRY:
            product = _free(word_of(found.file.name.split(".")[0], "product"), products)
        result.append(Placed(found=found, path=path, product=product))
    return result


def _free(name: str, taken: set[str]) -> str:
    """*name*, with a number where somebody has it; remembered as taken."""
    folder, slash, last = name.rpartition("/")
    stem, dot, ending = last.partition(".")
    number, free = 1, name
    while free.lower() in taken:
        number += 1
        free = f"{folder}{slash}{stem[: _PRODUCT_LONGEST - 4]}-{number}{dot}{ending}"
    taken.add(free.lower())
    return free


def require_whole(files: Iterable[FoundFile]) -> None:
    """Refuse to make a case without an account table or without anything leaked.

    Raises:
        PreparingError: as said.
    """
    kinds = {found.kind for found in files}
    if Kind.REGISTRY not in kinds:
        raise PreparingError(
            said(
                "no account table is among the files: one of your own tables is needed, with a "
                "column of account ids; name it with --registry PATH"
            )
        )
    if Kind.EVIDENCE not in kinds:
        raise PreparingError(
            said(
                "no leaked file is among the files: what was found outside is needed, too; name it "
                "with --evidence PATH"
            )
        )


def check_id(case_id: str) -> str:
    """*case_id*, if case.toml can have it.

    Raises:
        PreparingError: it cannot.
    """
    if not re.fullmatch(r"[a-z0-9-]{1,64}", case_id):
        raise PreparingError(
            said(
                "--id {case_id}: an id has up to 64 lower-case letters, digits and -, like "
                "leak-2026",
                case_id=case_id,
            )
        )
    return case_id


def right_total(people: int | None, per_person: Money) -> Money | None:
    """People × per person, where the number is known."""
    return None if people is None else per_person * people


def check_total(people: int | None, per_person: Money, total: Money | None) -> None:
    """Refuse an announced total that is not people × per person.

    Raises:
        PreparingError: as said, with the figure that would be right.
    """
    right = right_total(people, per_person)
    if total is None or right is None or total == right:
        return
    raise PreparingError(
        said(
            "people × per person: {people:,} × {each} = {right}, and the total says {total}: "
            "correct one of them before anybody announces it",
            people=people,
            each=per_person.display(),
            right=right.display(),
            total=total.display(),
        )
    )
