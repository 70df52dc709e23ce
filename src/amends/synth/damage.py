"""How records get damaged: slips of keyboard and ear, formats, losses.

The functions on single values are applied to the few records that the rates choose; everything
else stays in columns.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from amends.synth.draws import Bits, Mask
from amends.synth.tables import tables

Slip = Callable[[str, int], str]


def strike(series: pl.Series, where: Mask, slip: Slip, bits: Bits) -> pl.Series:
    """*series* with *slip* done to the values (not to nothing) where *where* is true."""
    places = np.flatnonzero(where & series.is_not_null().to_numpy())
    if not len(places):
        return series
    values = series.gather(places).to_list()
    slipped = [slip(value, draw) for value, draw in zip(values, bits[places].tolist(), strict=True)]
    index = np.arange(len(series), dtype=np.int64)
    index[places] = len(series) + np.arange(len(places))
    return pl.concat([series, pl.Series(slipped, dtype=pl.String)]).gather(index)


def blank(series: pl.Series, where: Mask) -> pl.Series:
    """*series* with nothing where *where* is true."""
    if not where.any():
        return series
    return pl.select(pl.when(pl.Series(~where)).then(series).alias("x")).to_series()


def slip_digit(value: str, draw: int) -> str:
    """One digit wrong, or two neighbours exchanged."""
    places = [i for i, character in enumerate(value) if character.isdigit()]
    if len(places) < 2:  # noqa: PLR2004 - two neighbours
        return value
    at = places[(draw >> 8) % (len(places) - 1)]
    if draw % 3 == 0 and value[at + 1].isdigit() and value[at] != value[at + 1]:
        return value[:at] + value[at + 1] + value[at] + value[at + 2 :]
    wrong = (int(value[at]) + 1 + (draw >> 24) % 9) % 10
    return f"{value[:at]}{wrong}{value[at + 1 :]}"


def slip_mobile(value: str, draw: int) -> str:
    """A digit of a mobile after the prefix: the wrong number, too, rings nowhere."""
    return value[:3] + slip_digit(value[3:], draw)


def slip_name(value: str, draw: int) -> str:
    """A name misheard, cut, turned round, or with another middle dot."""
    at = len(value) - 1 - (draw >> 8) % max(1, len(value) - 1)
    if value.isascii():
        return value[: at - 1] + value[at] + value[at - 1] + value[at + 1 :]
    if "·" in value:
        return value.replace("·", ("", "•", "・", ".", " ")[(draw >> 16) % 5])
    kind = (draw >> 16) % 10
    if kind < 6:  # noqa: PLR2004 - six of ten slips are misheard
        return value[:at] + tables().homophones.get(value[at], "某") + value[at + 1 :]
    if len(value) > 2:  # noqa: PLR2004 - what is cut or turned is the given name's second part
        return value[:-1] if kind < 8 else value[0] + value[:0:-1]  # noqa: PLR2004 - two of ten
    return value[0] + "某"


def slip_email(value: str, draw: int) -> str:
    """Two letters before the @ exchanged, or one left out."""
    local, _, host = value.partition("@")
    at = 1 + (draw >> 8) % max(1, len(local) - 1)
    if draw % 2 and at < len(local) and local[at] != local[at - 1]:
        local = local[: at - 1] + local[at] + local[at - 1] + local[at + 1 :]
    else:
        local = local[: at - 1] + local[at:]
    return f"{local}@{host}"


def damage_key(value: str, draw: int) -> str:
    """A key damaged in one of five ways: a sign wrong, two exchanged, one lost, masked, or cut.

    What it begins with stays, so that a mobile rings nowhere and a national number is of no region;
    of a mail address the host stays, or goes altogether.
    """
    local, at, host = value.partition("@")
    kept = 1 if at else 3
    place = kept + (draw >> 8) % max(1, len(local) - kept - 1)
    head, tail = local[:place], local[place:]
    match draw % 5:
        case 1 if len(tail) > 1 and tail[0] != tail[1]:
            damaged = head + tail[1] + tail[0] + tail[2:]
        case 2:
            damaged = head + tail[1:]
        case 3:
            shown = 0 if at else 4
            hidden = "*" * max(3, len(local) - len(local) // 3 - shown)
            damaged = (
                local[: kept if at else len(local) // 3] + hidden + local[len(local) - shown :]
            )
        case 4:
            return local if at else local[: len(local) * 3 // 4]
        case _:
            damaged = head + _another(tail[:1], draw >> 24) + tail[1:]
    return damaged + at + host


def _another(sign: str, draw: int) -> str:
    """A digit for a digit, a letter for anything else; never the same."""
    signs = "0123456789" if sign.isdigit() else "abcdefghijklmnopqrstuvwxyz"
    return signs[(signs.find(sign.lower()) + 1 + draw % (len(signs) - 1)) % len(signs)]


def reformat_mobile(value: str, draw: int) -> str:
    """A mobile as people and programs write it."""
    return (
        f"+86{value}",
        f"+86 {value}",
        f"0086{value}",
        f"86{value}",
        f"{value[:3]}-{value[3:7]}-{value[7:]}",
        f"{value[:3]} {value[3:7]} {value[7:]}",
        f"+86-{value}",
        f"{value} ",
    )[draw % 8]


def reformat_name(value: str, draw: int) -> str:
    """A name with a space too many, before, inside or after it."""
    if value.isascii():
        return (value.upper(), f"{value} ", value.replace(" ", "  "))[draw % 3]
    return (f"{value} ", f"{value[0]} {value[1:]}", f" {value}", f"{value}\u3000")[draw % 4]


def reformat_text(value: str, draw: int) -> str:
    """Lower for upper case (or the other way round), or a trailing space."""
    if draw % 2:
        return f"{value} "
    return value.lower() if value != value.lower() else value.upper()


def short_idno(value: str, _draw: int) -> str:
    """The 15 digits of before October 1999: no century, no check digit."""
    return value[:6] + value[8:17]


KEYS: Final = frozenset(("phone", "idno", "email", "device"))
"""Fields that :func:`damage_key` strikes, all of a row at once and in the same way."""

REFORMAT: Final[dict[str, Slip]] = {
    "phone": reformat_mobile,
    "name": reformat_name,
    "email": reformat_text,
    "idno": reformat_text,
}
SLIP: Final[dict[str, Slip]] = {
    "phone": slip_mobile,
    "name": slip_name,
    "email": slip_email,
    "idno": slip_digit,
    "birth": slip_digit,
}
