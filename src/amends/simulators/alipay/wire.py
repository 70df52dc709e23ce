"""Keys, signatures and the envelope, from the provider's side."""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

APP_ID = "9021000000000001"
"""The simulated merchant. Made-up: no application of Alipay's has a number like it."""

Fields = dict[str, object]
"""The content of an answer's node."""

COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""How the gateway writes JSON."""

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
        _write(directory / "app_id.txt", f"{APP_ID}\n".encode("ascii"))
    for name in ("app", "alipay"):
        private, public = (
            directory / f"{name}_private_key.pem",
            directory / f"{name}_public_key.pem",
        )
        if not private.exists() and not public.exists():
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            _write(public, pem)
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
            _write(private, pem)
    merchant = load_pem_public_key((directory / "app_public_key.pem").read_bytes())
    own = load_pem_private_key((directory / "alipay_private_key.pem").read_bytes(), None)
    if not isinstance(merchant, rsa.RSAPublicKey) or not isinstance(own, rsa.RSAPrivateKey):
        raise TypeError(f"{directory}: RSA2 needs RSA keys")
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


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; a half-written one is never seen."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.replace(path)
