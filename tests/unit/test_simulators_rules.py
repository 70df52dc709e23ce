import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.payouts.rails.alipay_bill import read_bill
from amends.simulators.alipay.bank import COURSE
from amends.simulators.alipay.bill import write_bill
from amends.simulators.alipay.kinds import KINDS
from amends.simulators.callbacks import is_loopback
from amends.simulators.faults import (
    EXTRAS,
    CallFault,
    Fault,
    FaultRule,
    Faults,
    OrderFault,
    read_faults,
)
from amends.simulators.limits import ALIPAY, WECHATPAY, Limits
from amends.simulators.store import OrderRow, Store
from amends.simulators.wechat import kinds as wechat_kinds

ROOT = Path(__file__).parents[2]


def written(directory: Path, text: str) -> Path:
    """A faults file."""
    path = directory / "faults.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_as_described(tmp_path: Path) -> None:
    """Every setting of the file arrives; kinds that are not named do not happen."""
    faults = read_faults(
        written(
            tmp_path,
            'seed = 3\n[slow]\nrate = 0.5\ndelay = "PT4S"\nattempts = 2\non = ["query"]\n'
            '[returned]\nonly = ["N1"]\n',
        ),
        KINDS,
    )
    assert faults.seed == 3
    assert faults.rules[CallFault.SLOW] == FaultRule(
        rate=0.5,
        delay=timedelta(seconds=4),
        attempts=2,
        on=frozenset(("query",)),
        after=timedelta(minutes=5),
    )
    assert faults.rules[OrderFault.RETURNED].after == timedelta(hours=30)
    assert set(faults.rules) == {CallFault.SLOW, OrderFault.RETURNED}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[slwo]\nrate = 1.0\n", "faults.toml:1: slwo: is not a key here"),
        ("seed = 1\n[slow]\nrat = 1.0\n", "faults.toml:3: slow.rat: is not a key here"),
        ("[slow]\nrate = 1.5\n", "faults.toml:2: slow.rate: is a share: from 0 to 1"),
        ("[slow]\ndone = 0.5\n", "faults.toml:2: slow.done: is not a key here"),
        ("[slow]\non = ['bill']\n", "faults.toml:2: slow.on: is a list of"),
        ("[dealing]\nafter = '5m'\n", "faults.toml:2: dealing.after: is an ISO 8601 duration"),
        ("seed = 'x'\n", "faults.toml:1: seed: is a whole number"),
        ("slow = 1\n", "faults.toml:1: slow: is a table"),
        ("[slow\n", "is not TOML"),
    ],
)
def test_mistakes_name_file_line_and_key(tmp_path: Path, text: str, place: str) -> None:
    """An unknown key or a wrong value is refused, and the message says where."""
    with pytest.raises(CaseFileError) as refused:
        read_faults(written(tmp_path, text), KINDS)
    assert place in str(refused.value)


@pytest.mark.parametrize(
    ("name", "kinds", "example"),
    [
        ("alipay", KINDS, CallFault.LOST_ANSWER),
        ("wechatpay", wechat_kinds.KINDS, OrderFault.NEVER_CONFIRMED),
    ],
)
def test_the_pages_about_faults_are_complete(
    tmp_path: Path, name: str, kinds: tuple[Fault, ...], example: Fault
) -> None:
    """A reference names every kind of fault and every word, and its example is read."""
    page = (ROOT / "docs" / "reference" / f"simulator-{name}.md").read_text(encoding="utf-8")
    for fault in kinds:
        assert f"`{fault}`" in page
        for word in EXTRAS.get(fault, ()):
            assert f"`{word}`" in page
    text = page.partition("```toml\n")[2].partition("```")[0]
    assert 0 < read_faults(written(tmp_path, text), kinds).rules[example].rate < 0.1


def test_a_file_names_limits(tmp_path: Path) -> None:
    """Amounts with or without their currency, and numbers; what it does not name is no limit."""
    text = '[limits]\nday_max = "5.00"\nmonth_max = "CNY 6.00"\ncalls_per_second = 0\n'
    limits = read_faults(written(tmp_path, text), KINDS, ALIPAY).limits
    named = Limits(
        day_max=Money.parse("CNY 5.00"), month_max=Money.parse("CNY 6.00"), calls_per_second=0
    )
    assert limits == named
    first = Limits(day_max=Money.parse("CNY 1.00"), payee_day_count=2)
    assert first.over(named) == replace(named, day_max=first.day_max, payee_day_count=2)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[limits]\nday_max = "much"\n', "faults.toml:2: limits.day_max: "),
        ('[limits]\nday_max = "USD 1.00"\n', "limits.day_max: is in USD, not in CNY"),
        ("[limits]\nday_max = 5\n", "faults.toml:2: limits.day_max: is a text"),
        ("[limits]\npayee_day_count = 0\n", "limits.payee_day_count: is a whole number from 1"),
        ("[limits]\ncalls_per_second = -1\n", "calls_per_second: is a whole number from 1"),
        ("[limits]\ncalls_per_second = false\n", "calls_per_second: is a whole number from 1"),
        ('[limits]\npayee_day_max = "1.00"\n', "limits.payee_day_max: is not a key here"),
    ],
)
def test_mistakes_in_limits_name_file_line_and_key(tmp_path: Path, text: str, place: str) -> None:
    """As those in faults do; a limit that the provider does not have is one."""
    with pytest.raises(CaseFileError) as refused:
        read_faults(written(tmp_path, text), KINDS, ALIPAY)
    assert place in str(refused.value)


@pytest.mark.parametrize(("name", "words"), [("alipay", ALIPAY), ("wechatpay", WECHATPAY)])
def test_the_pages_about_limits_are_complete(name: str, words: tuple[str, ...]) -> None:
    """A reference names every option and the word that stands for it in the file."""
    page = (ROOT / "docs" / "reference" / f"simulator-{name}.md").read_text(encoding="utf-8")
    for word in words:
        assert f"`--{word.replace('_', '-')}`" in page
        assert f"`{word}`" in page


@given(
    orders=st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 9), st.sampled_from(("DEALING", "SUCCESS"))),
        max_size=20,
    ),
    failing=st.sets(st.integers(0, 19)),
    starts=st.lists(st.integers(0, 10), min_size=1, max_size=8),
)
def test_what_was_ordered_is_the_sum_of_the_orders(
    orders: list[tuple[int, int, str]], failing: set[int], starts: list[int]
) -> None:
    """However often and for whichever days it is asked, and although some failed meanwhile."""
    store = Store(Path(":memory:"), 1_000, COURSE)
    kept: list[tuple[int, int]] = []
    for number, (at, minor, status) in enumerate(sorted(orders)):
        store.ordered_minor(starts[number % len(starts)])
        order = store.take(OrderRow(0, str(number), b"", minor, status, None, at, at, None))
        if status == "DEALING" and number in failing:
            store.change(order, "FAIL", at)
        else:
            kept.append((at, minor))
    for start in starts:
        assert store.ordered_minor(start) == sum(minor for at, minor in kept if at >= start)
    store.close()


def test_a_simulator_knows_its_own_kinds_only(tmp_path: Path) -> None:
    """What a provider does not do is no fault of its simulator."""
    for text, kinds in (
        ("[never_confirmed]\n", KINDS),
        ("[returned]\n", wechat_kinds.KINDS),
    ):
        with pytest.raises(CaseFileError, match="is not a key here"):
            read_faults(written(tmp_path, text), kinds)
    rules = read_faults(written(tmp_path, "[confirmed_late]\n"), wechat_kinds.KINDS).rules
    assert rules[OrderFault.CONFIRMED_LATE].after == timedelta(hours=20)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is a refusal."""
    with pytest.raises(CaseFileError, match="no such file"):
        read_faults(tmp_path / "none.toml", KINDS)


@given(seed=st.integers(0, 1 << 40), subject=st.text(), rate=st.floats(0, 1))
def test_faults_are_decided_by_seed_kind_and_subject(seed: int, subject: str, rate: float) -> None:
    """The same seed, kind and number give the same fault for ever; a larger rate only adds."""
    faults = Faults(seed=seed, rules={CallFault.SLOW: FaultRule(rate=rate)})
    share = faults.share(CallFault.SLOW, subject)
    assert 0 <= share < 1
    assert faults.share(CallFault.SLOW, subject) == share
    assert (faults.rule(CallFault.SLOW, subject) is not None) == (share < rate)
    assert faults.rule(CallFault.LOST_ANSWER, subject) is None


def test_rates_are_kept() -> None:
    """A rate of a tenth meets about a tenth of the numbers, and another tenth for another seed."""
    met = [
        {
            n
            for n in range(20_000)
            if Faults(seed=seed, rules={CallFault.SLOW: FaultRule(rate=0.1)}).rule(
                CallFault.SLOW, f"N{n}"
            )
        }
        for seed in (1, 2)
    ]
    assert all(1800 < len(numbers) < 2200 for numbers in met)
    assert len(met[0] & met[1]) < 300


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://[::1]/x", True),
        ("http://localhost/x", True),
        ("https://127.0.0.1/x", False),
        ("http://127.0.0.1.example.org/", False),
        ("http://example.org@127.0.0.1/", True),
        ("http://127.0.0.1@example.org/", False),
        ("http://10.0.0.1/", False),
        ("http://0.0.0.0/", False),
        ("nonsense", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, *, local: bool) -> None:
    """Addresses elsewhere are recognised, however they are dressed up."""
    assert is_loopback(url) is local


def test_a_number_of_a_notice_is_never_given_again(tmp_path: Path) -> None:
    """What comes after an emptied queue is numbered higher: who has seen all before sees it too."""
    store = Store(tmp_path / "state.sqlite", 1_000_000, COURSE)
    order = store.take(
        OrderRow(
            order_no=0,
            number="N1",
            digest=bytes(16),
            amount_minor=1,
            status="SUCCESS",
            error_code=None,
            taken_ms=0,
            changed_ms=0,
            notify_url="http://127.0.0.1/",
        )
    )
    seen = 0
    for _ in range(3):
        store.notify(order, 0)
        (notice,) = store.notices(seen)
        seen = notice.notice_no
        store.drop_notice(seen)
    store.close()


def test_names_in_the_zip_of_a_bill_are_in_gbk() -> None:
    """As the provider writes them: a reader of zips that is told nothing reads other signs."""
    store = Store(Path(":memory:"), 1_000, COURSE)
    raw = write_bill(store, Faults(), date(2026, 11, 22), "CNY")
    store.close()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.testzip() is None
        assert [name.encode("cp437").decode("gbk") for name in archive.namelist()] == [
            "2088000000000001_20261122_账务明细.csv",
            "2088000000000001_20261122_账务明细(汇总).csv",
        ]
    bill = read_bill(raw, date(2026, 11, 22), "CNY")
    assert (list(bill.lines), bill.closing.amount_minor) == ([], 1_000)
