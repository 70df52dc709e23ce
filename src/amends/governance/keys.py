"""Operators' private keys: Ed25519 in PEM files of 0600, each its operator's own."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from amends.governance.model import GovernanceError
from amends.kernel.case import Case
from amends.kernel.ids import Operator
from amends.kernel.saying import said
from amends.store.files import make_once, private_directory


def default_key_file(case: Case, name: Operator) -> Path:
    """Where an operator's key lies unless the operator keeps it elsewhere."""
    return private_directory(case.keys / "operators") / f"{name}.pem"


def made_key(path: Path) -> Ed25519PrivateKey:
    """The key in the file, made if there is none; a half-made operator keeps the first key."""
    return _loaded(path, make_once(path, _new_pem))


def existing_key(path: Path) -> Ed25519PrivateKey:
    """The key in the file.

    Raises:
        GovernanceError: there is no such file, or no such key in it.
    """
    try:
        return _loaded(path, path.read_bytes())
    except FileNotFoundError as error:
        raise GovernanceError(
            said(
                "the key {path} is not there: name the file where the operator's key is", path=path
            )
        ) from error


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes that verify what the key signed."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _loaded(path: Path, pem: bytes) -> Ed25519PrivateKey:
    """The key of a PEM text."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise GovernanceError(
            said("{path} holds no private key that can be read", path=path)
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise GovernanceError(
            said("{path} holds a key of another kind: an Ed25519 key is needed", path=path)
        )
    return key


def _new_pem() -> bytes:
    """A new key."""
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
