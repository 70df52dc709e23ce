"""Key files of a simulated merchant and its provider."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


def make_pair(directory: Path, name: str, form: PrivateFormat) -> None:
    """Make ``NAME_private_key.pem`` (0600) and ``NAME_public_key.pem``, unless one is there."""
    private, public = directory / f"{name}_private_key.pem", directory / f"{name}_public_key.pem"
    if private.exists() or public.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_own(public, pem)
    write_own(private, key.private_bytes(Encoding.PEM, form, NoEncryption()))


def public_key(path: Path) -> rsa.RSAPublicKey:
    """The RSA key in a file; ``TypeError`` for another kind."""
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError(f"{path}: is no RSA key")
    return key


def private_key(path: Path) -> rsa.RSAPrivateKey:
    """The RSA key in a file; ``TypeError`` for another kind."""
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path}: is no RSA key")
    return key


def write_own(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; a half-written one is never seen."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.replace(path)
