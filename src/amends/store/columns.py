"""Values of PostgreSQL columns, with their types: what a room's ``store`` reads a row by."""

from datetime import date, datetime


def whole(value: object) -> int:
    """A whole number, also of ``numeric`` (a sum of bigint)."""
    return value if isinstance(value, int) else int(str(value))


def octets(value: object) -> bytes:
    """A bytea."""
    assert isinstance(value, bytes)  # noqa: S101 - bytea columns are bytes
    return value


def maybe_octets(value: object) -> bytes | None:
    """A bytea, or NULL."""
    return None if value is None else octets(value)


def calendar_day(value: object) -> date:
    """A date."""
    assert isinstance(value, date)  # noqa: S101 - date columns are dates
    return value


def maybe_day(value: object) -> date | None:
    """A date, or NULL."""
    return None if value is None else calendar_day(value)


def moment(value: object) -> datetime:
    """A timestamptz."""
    assert isinstance(value, datetime)  # noqa: S101 - timestamptz columns are times
    return value


def maybe_moment(value: object) -> datetime | None:
    """A ``timestamptz`` column that may be NULL."""
    return None if value is None else moment(value)


def texts(value: object) -> list[str]:
    """A text[]."""
    assert isinstance(value, list)  # noqa: S101 - arrays are lists
    return value


def truths(value: object) -> list[bool]:
    """A boolean[]."""
    assert isinstance(value, list)  # noqa: S101 - arrays are lists
    return value


def wholes(value: object) -> list[int]:
    """An integer[] or bigint[]."""
    assert isinstance(value, list)  # noqa: S101 - arrays are lists
    return value
