"""RSA-2048 with SHA-256 and PKCS#1 v1.5: the signature that both wallets use, in base64."""

import binascii
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

_PADDING = PKCS1v15()
_HASH = SHA256()
_KEY_BITS = 2048


class BadSignatureError(ValueError):
    """A message that the provider did not sign."""


def load_private_key(pem: bytes) -> RSAPrivateKey:
    """The merchant's private key (PKCS#1 or PKCS#8).

    Raises:
        ValueError: not an RSA key, or one of fewer than 2,048 bits.
    """
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey) or key.key_size < _KEY_BITS:
        raise ValueError("the wallet needs an RSA private key of at least 2,048 bits")
    return key


def load_public_key(pem: bytes) -> RSAPublicKey:
    """The provider's public key.

    Raises:
        ValueError: not an RSA key, or one of fewer than 2,048 bits.
    """
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey) or key.key_size < _KEY_BITS:
        raise ValueError("the wallet needs an RSA public key of at least 2,048 bits")
    return key


def sign(key: RSAPrivateKey, text: bytes) -> str:
    """The signature of *text*, in base64."""
    signature = key.sign(text, _PADDING, _HASH)
    return binascii.b2a_base64(signature, newline=False).decode("ascii")


def verify(key: RSAPublicKey, text: bytes, signature: str) -> Literal[True]:
    """Check a signature.

    Raises:
        BadSignatureError: *signature* is not the key's signature of *text*.
    """
    try:
        key.verify(binascii.a2b_base64(signature, strict_mode=True), text, _PADDING, _HASH)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise BadSignatureError from error
    return True
