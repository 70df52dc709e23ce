"""Values of PostgreSQL columns, with their types."""

from datetime import datetime


def whole(value: object) -> int:
    """A whole number as PostgreSQL gives it."""
    return int(str(value))


def moment(value: object) -> datetime:
    """A timestamptz."""
    assert isinstance(value, datetime)  # noqa: S101 - timestamptz columns are datetimes
    return value


def maybe_bytes(value: object) -> bytes | None:
    """A bytea, or NULL."""
    assert value is None or isinstance(value, bytes)  # noqa: S101 - bytea columns are bytes
    return value
