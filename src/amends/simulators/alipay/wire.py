"""Keys, signatures and the envelope, from the provider's side."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat

from amends.simulators.keys import make_pair, private_key, public_key, write_own
from amends.simulators.written import COMPACT, Fields

APP_ID = "9021000000000001"
"""The simulated merchant. Made-up: no application of Alipay's has a number like it."""

_PADDING = padding.PKCS1v15()
_HASH = SHA256()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Both sides' names and keys, as far as the provider needs them."""

    app_id: str
    merchant: rsa.RSAPublicKey
    own: rsa.RSAPrivateKey


def open_keys(directory: Path) -> Keys:
    """Reads the key files in *directory*; makes what is missing (private ones 0600)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (directory / "app_id.txt").exists():
        write_own(directory / "app_id.txt", f"{APP_ID}\n".encode("ascii"))
    for name in ("app", "alipay"):
        make_pair(directory, name, PrivateFormat.TraditionalOpenSSL)
    merchant = public_key(directory / "app_public_key.pem")
    own = private_key(directory / "alipay_private_key.pem")
    app_id = (directory / "app_id.txt").read_text(encoding="ascii").strip()
    return Keys(app_id=app_id, merchant=merchant, own=own)


def signed_text(parameters: Mapping[str, str]) -> bytes:
    """What a merchant signs: everything but ``sign`` and what is empty, sorted by name."""
    pairs = sorted(parameters.items())
    return "&".join(f"{k}={v}" for k, v in pairs if k != "sign" and v).encode()


def is_signed(keys: Keys, parameters: Mapping[str, str]) -> bool:
    """Whether the merchant signed *parameters*."""
    try:
        signature = base64.b64decode(parameters["sign"], validate=True)
        keys.merchant.verify(signature, signed_text(parameters), _PADDING, _HASH)
    except (InvalidSignature, binascii.Error, ValueError, KeyError):
        return False
    return True


def signature(keys: Keys, text: bytes) -> str:
    """The provider's signature of *text*."""
    return base64.b64encode(keys.own.sign(text, _PADDING, _HASH)).decode("ascii")


def envelope(keys: Keys, name: str, fields: Fields, *, spoil: bool = False) -> bytes:
    """An answer: the node under *name*, and its signature (of something else, if *spoil*)."""
    node = COMPACT.encode(fields).encode()
    sign = signature(keys, node + b" " if spoil else node)
    return b'{"%s":%s,"sign":"%s"}' % (name.encode("ascii"), node, sign.encode("ascii"))


def notification(keys: Keys, parameters: dict[str, str], *, spoil: bool = False) -> dict[str, str]:
    """*parameters* with the provider's signature (of something else, if *spoil*)."""
    text = signed_text(parameters)
    return {**parameters, "sign": signature(keys, text + b" " if spoil else text)}
