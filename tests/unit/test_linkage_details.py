import polars as pl
import pytest

from amends.linkage.canonical import dates, identity, mobiles, names, pinyin
from amends.linkage.canonical.changes import Change, Tally, counted
from amends.linkage.canonical.normalise import normalise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张伟", "wei zhang"),
        ("欧阳娜娜", "ouyang nana"),
        ("吕布", "lyu bu"),
        ("吕布", "lü bu"),
        ("张希安", "zhang xian"),
        ("曾国藩", "zeng guofan"),
        ("尉迟恭", "yuchi gong"),
        ("李秀英", "李xiu英"),
        ("張偉", "张伟"),
    ],
)
def test_names_that_sound_alike_are_written_alike(one: str, other: str) -> None:
    """Han and pinyin, either order, joined or not, meet in their sound."""
    sounds = pinyin.of_names(pl.Series([one, other]))
    assert sounds[0] is not None
    assert sounds[0] == sounds[1]


@pytest.mark.parametrize("name", ["john smith", "アンナ", "x", "zhng wei"])
def test_what_is_no_pinyin_has_no_sound(name: str) -> None:
    """Names of other languages are not forced into syllables."""
    assert pinyin.of_names(pl.Series([name]))[0] is None


@pytest.mark.parametrize("rare", ["𠮷", "䶮", "㛃", "\U00030edd", "\U0002ebf0", "\U00031350"])
def test_rare_characters_stay(rare: str) -> None:
    """Characters beyond the Basic Multilingual Plane are part of a name like any other."""
    row = normalise(pl.DataFrame({"name": [f"王{rare}"]})).row(0, named=True)
    assert (row["name"], row["first"], row["last"]) == (f"王{rare}", rare, "王")


def test_centenarians_keep_their_century() -> None:
    """Sequence numbers 996 to 999 of the 15 digits are of people born before 1900."""
    assert identity.texts(pl.Series(["110105191231996"]))[0][0][6:10] == "1819"
    assert identity.texts(pl.Series(["110105191231995"]))[0][0][6:10] == "1919"


def test_a_slip_is_repaired_only_where_one_answer_is_left() -> None:
    """Month 13 can be one other month only; a wrong sequence digit can be many."""
    wrong = pl.Series(["11010519491331002X", "110105194912310121"])
    assert identity.candidates(wrong).to_list() == ["11010519491231002X", None]


@pytest.mark.parametrize("number", ["000000", "123456", "111111111111111111", "XXXXXX"])
def test_a_number_of_nobody_is_no_key(number: str) -> None:
    """Zeros and counted digits are typed where a number was asked for."""
    assert identity.keys(pl.Series([number]))[0] is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("19800305", "19800305"),
        ("1980-03-05T12:00:00Z", "19800305"),
        ("05.03.80", "1980?0503"),
        ("March 5, 1980", "19800305"),
        ("5th Mar 1980", "19800305"),
        ("29285", "19800305"),
        ("-315648000000", "19600101"),
        ("1980年3月", "198003"),
        ("0000-00-00", None),
    ],
)
def test_dates_are_read_in_every_form(text: str, day: str | None) -> None:
    """Sheets, computers and people write the same day in their own ways."""
    assert dates.births(pl.Series([text]))[0][0] == day


def test_several_numbers_in_a_field_are_all_kept() -> None:
    """The first whole mobile is the key, wherever it stands; nothing else is lost."""
    phone, other, _ = mobiles.phones(pl.Series(["010-88886666；138 0000 1234，+86 13900001234"]))
    assert phone[0] == 13800001234
    assert other[0] == "01088886666 13900001234"


def test_changes_are_counted_by_name() -> None:
    """Every change has its count, also where nothing was changed."""
    _, _, changes = names.names(pl.Series(["王先生", "王伟", "Li Na"]))
    found = counted(changes)
    assert set(found) == {change.name.lower() for change in Change if change.name}
    assert (found["title_removed"], found["case_folded"], found["middle_dot"]) == (1, 1, 0)


def test_changes_are_tallied_by_file_over_all_parts() -> None:
    """Parts add up, members count for their archive, and an unchanged file has its records."""
    tally = Tally()
    for rows in (
        [("a.zip!one.csv", "王先生"), ("b.csv", "王伟")],
        [("a.zip!two.csv", "李女士"), ("a.zip!two.csv", "Li Na")],
    ):
        part = pl.DataFrame(rows, schema=["evidence", "name"], orient="row")
        assert "changes" not in tally.take(normalise(part), "evidence").columns
    found = tally.counts()
    assert found["a.zip"] == {"records": 3, "case_folded": 1, "title_removed": 2, "masked": 2}
    assert found["b.csv"] == {"records": 1}
    assert Tally().counts() == {}
