"""Keys of age (C2SP age): X25519 keys written in Bech32 (BIP 173). Pure."""

from collections.abc import Iterable

RECIPIENT, IDENTITY = "age", "age-secret-key-"
"""The human-readable parts of a public and of a private key."""
_SYMBOLS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_KEY_BYTES = 32
_CHECK = 6


def recipient_key(text: str) -> bytes:
    """The public key in ``age1…``, 32 bytes.

    Raises:
        ValueError: it is none.
    """
    return _key(text, RECIPIENT)


def identity_key(text: str) -> bytes:
    """The private key in ``AGE-SECRET-KEY-1…``, 32 bytes.

    Raises:
        ValueError: it is none.
    """
    if text != text.upper():
        raise ValueError("a private key is written in capitals")
    return _key(text.lower(), IDENTITY)


def written(part: str, key: bytes) -> str:
    """A key in Bech32, in small letters."""
    values = _regrouped(key, 8, 5)
    check = _checksum([*_expanded(part), *values, *[0] * _CHECK]) ^ 1
    values += [check >> 5 * (_CHECK - 1 - at) & 31 for at in range(_CHECK)]
    return f"{part}1" + "".join(_SYMBOLS[value] for value in values)


def _key(text: str, part: str) -> bytes:
    head, one, tail = text.rpartition("1")
    values = [_SYMBOLS.find(symbol) for symbol in tail]
    if not one or head != part or -1 in values:
        raise ValueError("this is no key of age of that kind")
    if _checksum([*_expanded(part), *values]) != 1:
        raise ValueError("a symbol of the key is wrong")
    key = bytes(_regrouped(values[:-_CHECK], 5, 8))[:_KEY_BYTES]
    if written(part, key) != text:
        raise ValueError("the key has not its length")
    return key


def _expanded(part: str) -> list[int]:
    return [*(ord(sign) >> 5 for sign in part), 0, *(ord(sign) & 31 for sign in part)]


def _checksum(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for at, term in enumerate(_GENERATOR):
            check ^= term if top >> at & 1 else 0
    return check


def _regrouped(values: Iterable[int], bits: int, into: int) -> list[int]:
    """Numbers of so many bits as numbers of so many others; the last is filled up with zeroes."""
    bit_text = "".join(f"{value:0{bits}b}" for value in values)
    bit_text += "0" * (-len(bit_text) % into)
    return [int(bit_text[at : at + into], 2) for at in range(0, len(bit_text), into)]
