"""Records as the probabilistic stage gets them: made-up people, some of them twice, with errors."""

import random

import polars as pl

from amends.linkage.canonical.normalise import FIELDS, normalise

GIVEN = ("liz", "elizabeth", "jon", "john", "maría", "o'neil", "小明", "小红", "a", "anna maria")
FAMILY = ("smith", "smyth", "van dyke", "王", "欧阳", "b", "müller", "lee")
PLACES = ("leeds", "leads", "北京", "hull", "kingston upon hull")


def dice(seed: int) -> random.Random:
    """The same throws each time."""
    return random.Random(seed)  # noqa: S311 -- made-up people


def numbered(rows: list[dict[str, str]], *, leaked: int) -> pl.DataFrame:
    """*rows* as records, each a unit of its own, the last *leaked* of them from a leaked file."""
    frame = normalise(pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String)))
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    return frame.with_columns(
        number.alias("record"),
        number.alias("unit"),
        (number >= len(rows) - leaked).alias("leaked"),
        pl.lit(value=True).alias("open"),
    )


def person(throw: random.Random) -> dict[str, str]:
    """Somebody, with every field that is compared."""
    given, family = throw.choice(GIVEN), throw.choice(FAMILY)
    han = family in ("王", "欧阳")
    return {
        "name": family + throw.choice(("小明", "小红")) if han else f"{given} {family}",
        "birth": f"19{throw.randrange(40, 99)}-{throw.randrange(1, 13):02d}-"
        f"{throw.choice((1, throw.randrange(1, 29))):02d}",
        "gender": throw.choice("mf"),
        "birth_place": throw.choice(PLACES),
        "postcode": f"ls{throw.randrange(1, 9)} {throw.randrange(1, 9)}ab",
        "occupation": throw.choice(("poet", "painter", "welder")),
        "phone": f"138{throw.randrange(10**8):08d}",
        "email": f"{given[0]}{throw.randrange(500)}@example.test",
        "idno": f"{throw.randrange(10**9)}",
        "address": f"{throw.randrange(1, 30)} high street",
        "username": f"u{throw.randrange(200)}",
        "device": f"{throw.randrange(10**10):010d}",
    }


def slipped(throw: random.Random, text: str) -> str:
    """*text* with a sign gone, doubled, changed, or in the place of its neighbour."""
    at = throw.randrange(len(text))
    kind = throw.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + throw.choice("abc123") + text[at + 1 :]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def with_errors(throw: random.Random, row: dict[str, str]) -> dict[str, str]:
    """The same person as another file has it: fields missing and mistyped."""
    kept = {field: value for field, value in row.items() if throw.random() < 0.7}
    return {f: slipped(throw, v) if throw.random() < 0.3 else v for f, v in kept.items()}


def people_with_errors(throw: random.Random, count: int) -> list[dict[str, str]]:
    """*count* people and as many second records of them, in that order."""
    people = [person(throw) for _ in range(count)]
    return people + [with_errors(throw, row) for row in people]


def right_number(body: str) -> str:
    """The national number of 17 digits *body*, with its check digit (GB 11643, ISO 7064 MOD 11-2).

    Written once more here, so that ours is not its own judge.
    """
    rest = 0
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    return body + "0123456789X"[(12 - rest) % 11]
