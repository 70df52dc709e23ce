"""Packs of payees as they are read: each line is somebody's, and nobody else's."""

import pytest

from amends.kernel.accounts import AccountKind
from amends.payees.model import PaymentDetails
from amends.payouts.sending.gathering import read_pack

ANNA = "N1\t7\t0\t500000\tanna\t13800000001\tphone\t测试甲"
BERT = "N2\t8\t1\t400000\tbert\t\t\t"
NOTHING = "\t0\t0\t0\t\t\t\t"
UNTOLD = "000"


def test_a_line_is_what_is_planned_and_where_its_money_goes() -> None:
    """In their places; who stands in no page has no details."""
    (first, to), (second, nowhere) = read_pack(f"{ANNA}\n{NOTHING}\n{BERT}", UNTOLD, "CNY")
    assert first == ("N1", 7, 0, "anna", 500_000, "CNY", 0, None)
    assert to == PaymentDetails("13800000001", AccountKind.PHONE, "测试甲")
    assert (second.number, second.place, second.generation, nowhere) == ("N2", 2, 1, None)


def test_who_was_told_of_is_left_out() -> None:
    """The places of the others stay theirs."""
    ((one, _),) = read_pack(f"{ANNA}\n{BERT}", "10", "CNY")
    assert (one.number, one.place) == ("N2", 1)


@pytest.mark.parametrize(
    "text",
    [
        f"{ANNA}\t更多\n{BERT.removesuffix(chr(9))}",  # as many fields as two whole lines have
        ANNA.removesuffix("\t测试甲") + "\n" + BERT,
        f"{ANNA}\t更多",
    ],
)
def test_a_field_too_many_is_nobody_elses(text: str) -> None:
    """What stands in the wrong place is no account to pay to."""
    with pytest.raises(ValueError, match=r"zip|unpack"):
        read_pack(text, UNTOLD, "CNY")


def test_an_account_of_no_kind_is_none() -> None:
    """A kind that nobody knows is refused, not sent."""
    with pytest.raises(KeyError):
        read_pack(ANNA.replace("phone", "pigeon"), UNTOLD, "CNY")
