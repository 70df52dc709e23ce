import random
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

import reference_exact
from amends.linkage import settings as numbers
from amends.linkage.canonical.normalise import normalise
from made_linkage import SEEDS, decided, found

NAMES = (
    "王小明",
    "王小红",
    "王小明 ",
    "李大伟",
    "李大卫",
    "赵敏",
    "ann lee",
    "lee ann",
    "anna lee",
)
NUMBERS = ("11010519491231002X", "110105198001010016", "110105491231002", "AB123456")
RECORD = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(NAMES),
        "phone": st.integers(0, 4).map(lambda n: f"1380000000{n}"),
        "email": st.integers(0, 4).map(lambda n: f"P{n}@example.test"),
        "device": st.integers(0, 4).map(lambda n: f"device-000{n}"),
        "idno": st.sampled_from(NUMBERS),
    },
)


@pytest.fixture(autouse=True, scope="module")
def few_are_many() -> Iterator[None]:
    """A small world has keys on too many accounts too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "KEY_MAX_ACCOUNTS", 5)
        yield


def agree(accounts: list[dict[str, str]], rows: list[dict[str, str]]) -> None:
    """The kernel says of a world what whole frames say."""
    exact = decided(accounts, rows)
    known, leaked = normalise(found(accounts, "account")), normalise(found(rows, "record"))
    joined = reference_exact.bridge(leaked, known, reference_exact.join_accounts(known))
    assert exact.component.tolist() == joined.component.tolist()
    assert exact.refused == dict(sorted(joined.refused.items()))
    theirs = reference_exact.match_rows(leaked, known, joined)
    assert exact.matched().rows() == theirs.rows()


@given(st.lists(RECORD, max_size=16), st.lists(RECORD, max_size=10))
@budget(max_examples=40)
@example(
    [{"phone": "13800000001", "name": name} for name in (*NAMES[:2], *NAMES[3:8])],
    [{"phone": "13800000001", "name": "李大伟"}, {"phone": "13800000001", "name": "周"}],
)
def test_the_kernel_says_what_whole_frames_say(
    accounts: list[dict[str, str]], rows: list[dict[str, str]]
) -> None:
    """Components, refusals by reason, owners and their reasons are those of the reference."""
    agree(accounts, rows)


@pytest.mark.parametrize("seed", range(3))
def test_larger_worlds_agree_too(seed: int) -> None:
    """Also where keys fill several parts of a table, and rows bridge chains of components."""
    dice = random.Random(seed)  # noqa: S311 -- a made-up world

    def record(people: int) -> dict[str, str]:
        who = dice.randrange(people)
        made = {
            "name": dice.choice("王李张刘") + chr(0x4E00 + who % 499) + chr(0x4E00 + who % 397),
            "phone": f"139{who + dice.randrange(2):08d}",
            "email": f"u{who // 2}@example.test",
            "device": f"dev{dice.randrange(people):09d}",
            "idno": NUMBERS[who % 3],
        }
        chances = {"name": 0.6, "phone": 0.5, "email": 0.3, "device": 0.3, "idno": 0.002}
        return {key: text for key, text in made.items() if dice.random() < chances[key]}

    agree([record(4000) for _ in range(9000)], [record(4000) for _ in range(3000)])


def test_hashes_leave_no_trace() -> None:
    """Other seeds of the hashes give the same answer."""
    dice = random.Random(5)  # noqa: S311 -- a made-up world
    rows = [
        {"email": f"u{dice.randrange(40)}@example.test", "name": dice.choice(NAMES)}
        for _ in range(120)
    ]
    one = decided(rows[:80], rows[80:])
    other = decided(rows[:80], rows[80:], seeds=SEEDS[::-1].copy())
    assert one.component.tolist() == other.component.tolist()
    assert one.owner.tolist() == other.owner.tolist()
    assert one.refusals.equals(other.refusals)
