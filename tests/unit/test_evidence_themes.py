"""What a header means by what the others of its table say."""

import pytest

from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import decide
from amends.evidence.model import Role

_DAYS = tuple(f"2024-03-{day:02}" for day in range(1, 29))


def fields(*headers: str, values: tuple[str, ...] = _DAYS) -> list[str]:
    """The fields of columns with these headers, all over the same values."""
    samples = [
        Sample(position=at, header=header, values=values) for at, header in enumerate(headers)
    ]
    return [one.field for one in decide(samples, {}, {}, Role.EVIDENCE)]


@pytest.mark.parametrize(
    ("others", "header", "field"),
    [
        (("guest_name", "check_in"), "departure", "lodge_2"),
        (("passenger_name", "flight_no"), "departure", "track"),
        (("card_number", "cardholder"), "expiration_date", "valid_until"),
        (("乘车人", "车次"), "乘车日期", "track"),
        (("party_branch", "full_name"), "joined_party", "politic_2"),
        (("姓名", "会费"), "入会时间", "union_2"),
        (("缴费人", "金额"), "入会时间", None),
        (("caller", "callee"), "duration", "calllog_2"),
        (("film_name", "price"), "duration", None),
        (("consignee", "waybill"), "scan_time", "logistics_2"),
        (("loan_amount", "borrower"), "maturity", "loan_2"),
        (("train_no", "price"), "start_time", None),
    ],
)
def test_a_table_says_what_a_vague_header_means(
    others: tuple[str, ...], header: str, field: str | None
) -> None:
    """The same header is a stay's, a journey's or nobody's; one of no people is nobody's."""
    assert fields(*others, header)[-1] == (field or header)


def test_what_a_header_says_of_a_person_stays() -> None:
    """A name in a table of calls is a name, and a weight beside a parcel nobody's."""
    assert fields("call_start", "callee", "full_name")[-1] == "name"
    weights = tuple(str(50 + at) for at in range(30))
    assert fields("full_name", "gender", "weight", values=weights)[-1] == "weight"
    assert fields("consignee", "waybill", "weight", values=weights)[-1] == "measure"
