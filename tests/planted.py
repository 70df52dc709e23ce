"""Recognisable fake people, and the search for them where no person may appear.

Tests put these values into leaked files and registries. Afterwards nothing that Amends logs, prints
or publishes may contain any of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One person whom nobody can mistake for a real one."""

    name: str
    phone: str
    email: str
    idno: str
    address: str


PEOPLE = (
    Planted(
        name="种植甲乙",
        phone="13800009999",
        email="zhongzhi.jiayi@planted.example.invalid",
        idno="990101199001019991",
        address="种植省种植市无名路九九九号",
    ),
    Planted(
        name="种植丙丁",
        phone="13800009998",
        email="zhongzhi.bingding@planted.example.invalid",
        idno="990101198502029982",
        address="种植省种植市无名路九九八号",
    ),
    Planted(
        name="种植戊𠮷",
        phone="13800009997",
        email="zhongzhi.wuji@planted.example.invalid",
        idno="99010120100303997X",
        address="种植省种植市无名路九九七号",
    ),
    Planted(
        name="Plantagenet-Testperson",
        phone="13800009996",
        email="plantagenet@planted.example.invalid",
        idno="990101197004049965",
        address="996 Plantagenet-Testperson Road",
    ),
)
"""People for tests; their identity numbers begin with a region code that does not exist."""

PLANTED: tuple[str, ...] = tuple(
    value
    for person in PEOPLE
    for value in (person.name, person.phone, person.email, person.idno, person.address)
)
"""Every value that must not come out."""


def planted_in(path: Path) -> list[str]:
    """Where planted values stand under *path* (a file or a folder): file names and value numbers.

    The values themselves are not repeated, so that the finding is not one more leak.
    """
    spelled = [_spellings(value) for value in PLANTED]
    return [
        f"{file}: planted value {number}"
        for file in sorted(_files(path))
        for content in [file.read_bytes()]
        for number, needles in enumerate(spelled)
        if any(needle in content or needle in file.name.encode() for needle in needles)
    ]


def assert_no_planted(path: Path) -> None:
    """Fail if any file under *path* holds a planted value in UTF-8, GB18030, UTF-16 or as JSON."""
    found = planted_in(path)
    assert not found, "\n".join(found)


def _spellings(value: str) -> set[bytes]:
    """The bytes in which a value may stand in a file."""
    json = "".join(
        letter if letter.isascii() else "".join(f"\\u{unit}" for unit in _units(letter))
        for letter in value
    )
    return {value.encode(code) for code in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")} | {
        json.encode("ascii")
    }


def _units(letter: str) -> Iterator[str]:
    """The UTF-16 units of a letter as four hexadecimal digits each."""
    digits = letter.encode("utf-16-be").hex()
    return (digits[start : start + 4] for start in range(0, len(digits), 4))


def _files(path: Path) -> Iterator[Path]:
    """Every ordinary file at or under *path*; links are not followed."""
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
