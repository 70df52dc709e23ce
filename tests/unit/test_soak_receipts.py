"""The long run over changed receipts (bench/soak_receipts.py), for a few of them."""

import functools

import pytest

import soak_receipts
from amends_verify import verify
from changed_receipts import witnessed_policy


def test_every_byte_and_every_cut_of_a_few_receipts_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A corrected award's and another's, by the stand-alone verifier and the publisher's check."""
    monkeypatch.setattr(verify, "signed", functools.cache(verify.signed))
    takes = soak_receipts.takers(witnessed_policy())
    for award in (0, 32):
        size = len(soak_receipts.receipt(award))
        assert soak_receipts.read_in_every_way(award, takes) == 2 * size


def test_a_reader_that_takes_a_change_or_refuses_the_whole_is_found() -> None:
    """The run ends at who does not look at the last byte, and at who takes nothing."""
    whole = soak_receipts.receipt(1)
    for careless in (lambda data: data[:-1] == whole[:-1], lambda _: False):
        with pytest.raises(soak_receipts.WrongError):
            soak_receipts.read_in_every_way(1, [careless])
