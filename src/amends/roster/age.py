"""Files for one reader, in the format of age, as a stream: `age -d -i KEY FILE` reads them, too."""

from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from tempfile import TemporaryFile
from typing import IO

from pyrage import DecryptError, IdentityError, decrypt_io, encrypt_io, x25519

_AT_ONCE = 1 << 20


class AgeError(Exception):
    """A file is not of this key, or was changed."""


def new_identity() -> tuple[str, str]:
    """A private key and its public key, as age writes them."""
    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def sealed(parts: Iterable[bytes], recipient: str) -> Iterator[bytes]:
    """The file of these bytes for *recipient*, piece by piece."""
    with TemporaryFile() as file:  # of what is sealed already
        encrypt_io(_Parts(parts), file, [x25519.Recipient.from_str(recipient)])
        file.seek(0)
        yield from iter(lambda: file.read(_AT_ONCE), b"")


def opened(file: IO[bytes], identity: str, to: IO[bytes]) -> None:
    """Write the bytes that were sealed for this private key; what a refusal leaves is for nobody.

    Raises:
        AgeError: they were sealed for another, or changed, or cut off.
    """
    try:
        decrypt_io(file, to, [x25519.Identity.from_str(identity)])
    except (DecryptError, IdentityError, OSError):
        raise AgeError from None


class _Parts(BufferedIOBase):
    """Pieces, read as a file is."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._left = b""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, at most *size*; none at the end."""
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left = part
        count = len(self._left) if size is None or size < 0 else size
        some, self._left = self._left[:count], self._left[count:]
        return some
