"""What is kept of awards for receipts and claims: their openings, sealed by the page.

A page has the openings of awards and entries that follow each other, so millions are sealed and
opened in the time of a few. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np

from amends.vault.service import Vault

AT_ONCE = 256
"""Openings in a page: what is opened for one receipt."""
_SEALED = "roster-opening"
_LENGTH = np.dtype(">u4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Openings of awards from ``first_award`` on, whose entries begin at ``first_entry``."""

    first_award: int
    first_entry: int
    openings: int
    sealed: bytes = field(repr=False)

    def opened(self, vault: Vault) -> list[bytes]:
        """The openings, by award, each as :meth:`Opening.packed` has it.

        Raises:
            SealError: the page is not what was sealed for these awards.
        """
        plain = vault.unseal(self.sealed, _SEALED, str(self.first_award))
        lengths = np.frombuffer(plain, _LENGTH, self.openings - 1).tolist()
        begin = _LENGTH.itemsize * len(lengths)
        bounds = accumulate(lengths, initial=begin)
        return [plain[at:end] for at, end in pairwise([*bounds, len(plain)])]


def pages(
    vault: Vault, first_award: int, first_entry: int, packed: Sequence[bytes]
) -> Iterator[Page]:
    """The openings *packed* of awards and entries that follow each other, in sealed pages.

    A page has the lengths of all but its last opening, then the openings. So a page of one is the
    opening itself.
    """
    for begin in range(0, len(packed), AT_ONCE):
        some = packed[begin : begin + AT_ONCE]
        lengths = np.array([len(one) for one in some[:-1]], _LENGTH).tobytes()
        award = first_award + begin
        yield Page(
            first_award=award,
            first_entry=first_entry + begin,
            openings=len(some),
            sealed=vault.seal(lengths + b"".join(some), _SEALED, str(award)),
        )
