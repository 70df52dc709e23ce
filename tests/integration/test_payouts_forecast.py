"""What `pay` says of the promise before anybody signs, and how quotas that were used count."""

from datetime import timedelta

import pytest

from amends.kernel.errors import WaitingForApprovalError
from amends.payouts import forecast_store
from amends.payouts.service import dry_run, pay
from made_awards import make_awards
from made_cases import MINIMAL_CASE, OpenedCase

QUOTA = MINIMAL_CASE.replace(
    'protocol = "alipay"\n', 'protocol = "alipay"\nday_most = "CNY 50000.00"\n'
)


def test_payouts_dry_run_tells_what_to_negotiate_and_pays_nobody(opened_case: OpenedCase) -> None:
    """60 people of 5,000.00 at 50,000.00 a day take six days; three were promised."""
    opened = opened_case(QUOTA)
    make_awards(opened, 60)
    found, sentences = dry_run(opened)
    assert found is not None
    assert (found.people, found.in_time, found.kept) == (60, 40, False)
    (remedy,) = found.remedies
    assert remedy.day_minor == {"alipay": 7_500_000}
    assert any("75,000.00" in sentence for sentence in sentences)
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM payouts.instruction").fetchone() == (0,)


def test_payouts_whoever_signs_reads_the_forecast(opened_case: OpenedCase) -> None:
    """The refusal that asks for signatures says that the promise cannot be kept, for how many."""
    opened = opened_case(QUOTA)
    make_awards(opened, 60)
    with pytest.raises(WaitingForApprovalError, match="cannot be kept: 20 of 60 people"):
        pay(opened)


def test_payouts_what_went_out_counts_against_its_day_and_month(opened_case: OpenedCase) -> None:
    """Twelve people paid today are 60,000.00 of today's quota, and nothing of tomorrow's."""
    opened = opened_case(QUOTA, approve_as=("anna", "bert"))
    make_awards(opened, 12)
    pay(opened)
    assert dry_run(opened)[0] is None
    now = opened.clock.now()
    with opened.database.reading() as connection:
        today = forecast_store.spent(connection, "alipay", now, "Asia/Shanghai")
        later = now + timedelta(days=1)
        tomorrow = forecast_store.spent(connection, "alipay", later, "Asia/Shanghai")
        elsewhere = forecast_store.spent(connection, "wechatpay", now, "Asia/Shanghai")
    assert (today, tomorrow, elsewhere) == ((6_000_000, 6_000_000), (0, 6_000_000), (0, 0))
