"""The one JSON text of a value: what is hashed, signed and compared. Pure."""

import json


def canonical(value: object) -> str:
    """Keys sorted, no blanks, letters as they are; RFC 8785 for texts and whole numbers.

    Raises:
        ValueError: *value* holds a number that is none (NaN) or has no end.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
