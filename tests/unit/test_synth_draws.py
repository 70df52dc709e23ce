"""The draws without state, and what is done to single values."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.synth import damage
from amends.synth.draws import Draws
from amends.synth.model import DAMAGE_FACTOR, LIFE, Rates, SynthError, World, rates_of
from amends.synth.people import Population
from amends.synth.service import population_of
from amends.synth.tables import tables

DRAWS = Draws(7)


@given(size=st.integers(min_value=1, max_value=5000), seed=st.integers(0, 2**64))
def test_a_permutation_reaches_every_place_once_and_can_be_undone(size: int, seed: int) -> None:
    """Places are exchanged, none is lost, and the way back holds, whatever size and seed."""
    places = np.arange(size, dtype=np.int64)
    draws = Draws(seed)
    moved = draws.permute("order", places, size)
    assert sorted(moved.tolist()) == places.tolist()
    assert draws.unpermute("order", moved, size).tolist() == places.tolist()


def test_neighbours_in_a_permutation_are_strangers() -> None:
    """The order of a file says nothing about the numbers of people: no correlation is left."""
    places = np.arange(100_000, dtype=np.int64)
    moved = DRAWS.permute("order", places, len(places))
    assert abs(float(np.corrcoef(places, moved)[0, 1])) < 0.02
    assert abs(float(np.corrcoef(moved[:-1], moved[1:])[0, 1])) < 0.02


def test_a_draw_depends_on_seed_purpose_and_key_only() -> None:
    """The same question has the same answer alone and in company, and another one has another."""
    keys = np.arange(1000, dtype=np.int64)
    together = DRAWS.bits("a", keys)
    assert together[500] == Draws(7).bits("a", keys[500:501])[0]
    assert (together != DRAWS.bits("b", keys)).all()
    assert (together != Draws(8).bits("a", keys)).all()


def test_a_chance_comes_true_as_often_as_its_rate() -> None:
    """Of 200,000 draws at 3 %, about 3 % are true; at 0 none and at 1 all."""
    keys = np.arange(200_000, dtype=np.int64)
    assert DRAWS.chance("x", keys, 0.03).mean() == pytest.approx(0.03, abs=0.002)
    assert not DRAWS.chance("x", keys, 0.0).any()
    assert DRAWS.chance("x", keys, 1.0).all()


@given(st.integers(min_value=1, max_value=3_000_000), st.integers(0, 2**32))
def test_no_two_people_share_an_identifier(people: int, seed: int) -> None:
    """National numbers, mobiles, addresses and user names of different people differ."""
    population = population_of(people=people, seed=seed, rates=Rates(recycled_number=0.0))
    numbers = np.unique(DRAWS.below(f"pick/{seed}", np.arange(300), population.total))
    persons = population.persons(numbers)
    first, other = np.zeros(len(numbers), dtype=np.bool_), np.ones(len(numbers), dtype=np.bool_)
    assert persons.idno().n_unique() == len(numbers)
    for read in (persons.mobile, persons.email, persons.username):
        assert pl.concat([read(first), read(other)]).n_unique() == 2 * len(numbers)


def test_people_of_one_region_and_sequence_are_born_on_different_days() -> None:
    """Where regions and sequence numbers run out, the date keeps national numbers apart."""
    population = population_of(people=2_000_000, seed=3, rates=Rates())
    numbers = np.arange(1_500_000, 2_500_000, dtype=np.int64)
    assert population.persons(numbers).idno().n_unique() == len(numbers)


def test_national_numbers_are_right_but_of_no_region() -> None:
    """They begin with 99, carry birth and gender, and their check digit is right."""
    persons = _population().persons(np.arange(500, dtype=np.int64))
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for number, birth, male in zip(persons.idno(), persons.birth(), persons.male, strict=True):
        total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
        assert number.startswith("99")
        assert number[6:14] == birth.replace("-", "")
        assert int(number[16]) % 2 == int(male)
        assert number[17] == "10X98765432"[total % 11]


def test_nobody_can_be_reached_by_what_is_made_up() -> None:
    """Mobiles are of unassigned prefixes, hosts of reserved domains, streets are called made-up."""
    persons = _population().persons(np.arange(2000, dtype=np.int64))
    none = np.zeros(2000, dtype=np.bool_)
    assert persons.mobile(none).str.contains(r"^16[013489]\d{8}$").all()
    assert persons.email(none).str.contains(r"^[a-z]+\d+@[a-z.]+\.(invalid|test)$").all()
    assert persons.username(none).str.starts_with("syn_").all()
    assert persons.device(none).str.contains(r"^SYN\d{15}$").all()
    assert persons.address().str.contains("虚构路|示例街|样例大道|杜撰巷|假想路|虚拟街").all()


def test_names_follow_the_statistics() -> None:
    """王 is as frequent as the facts say, and given names differ by generation and gender."""
    persons = _population().persons(np.arange(50_000, dtype=np.int64))
    assert persons.name.str.starts_with("王").mean() == pytest.approx(0.0749, abs=0.005)
    assert persons.name.str.contains("·").mean() == pytest.approx(0.01, abs=0.002)
    women = persons.name.filter(pl.Series(~persons.male))
    men = persons.name.filter(pl.Series(persons.male))
    assert women.str.contains("丽").sum() > 10 * men.str.contains("丽").sum()


def test_as_many_die_and_are_minors_as_the_rates_say() -> None:
    """0.85 % are dead and 4 % are minors, no minor among the dead; 6 % have no mobile."""
    persons = _population().persons(np.arange(300_000, dtype=np.int64))
    assert persons.deceased.mean() == pytest.approx(0.0085, abs=0.0006)
    assert persons.minor.mean() == pytest.approx(0.04, abs=0.002)
    assert persons.no_mobile.mean() == pytest.approx(0.06, abs=0.002)
    assert not (persons.minor & persons.deceased).any()


def test_guardians_are_of_age_and_alive() -> None:
    """Nobody's guardian is a minor, is dead, or is the ward; most guardians are customers."""
    population = _population()
    wards = np.arange(20_000, dtype=np.int64)
    found = population.persons(wards).guardian
    guardians = population.persons(found)
    customers = found < population.registered
    assert not guardians.minor.any()
    assert not guardians.deceased[customers].any()
    assert not (found == wards).any()
    assert customers.mean() == pytest.approx(0.6, abs=0.02)


def test_most_children_have_their_guardians_surname() -> None:
    """The first character agrees in more than half of the families."""
    population = _population()
    everybody = population.persons(np.arange(50_000, dtype=np.int64))
    wards = population.persons(everybody.numbers[everybody.minor])
    guardians = population.persons(wards.guardian)
    same = wards.name.str.slice(0, 1) == guardians.name.str.slice(0, 1)
    assert same.mean() == pytest.approx(0.62, abs=0.05)


@given(st.from_regex(r"16[013489]\d{8}", fullmatch=True), st.integers(0, 2**64 - 1))
def test_a_slip_in_a_mobile_still_rings_nowhere(mobile: str, draw: int) -> None:
    """The prefix stays unassigned, the length stays, and the number has changed."""
    wrong = damage.slip_mobile(mobile, draw)
    assert wrong != mobile
    assert wrong[:3] == mobile[:3]
    assert len(wrong) == len(mobile)
    assert wrong.isdigit()


@given(st.sampled_from(sorted(damage.SLIP)), st.integers(0, 2**64 - 1), st.integers(0, 30_000))
def test_a_slip_leaves_something(word: str, draw: int, number: int) -> None:
    """No slip of any field fails or empties a value."""
    persons = _population().persons(np.array([number]))
    one = np.zeros(1, dtype=np.bool_)
    value = {
        "name": lambda: persons.name[0],
        "phone": lambda: persons.mobile(one)[0],
        "email": lambda: persons.email(one)[0],
        "idno": lambda: persons.idno()[0],
        "birth": lambda: persons.birth()[0],
    }[word]()
    assert damage.SLIP[word](value, draw)
    if word in damage.REFORMAT:
        assert damage.REFORMAT[word](value, draw)


@given(st.sampled_from(sorted(damage.KEYS)), st.integers(0, 2**64 - 1), st.integers(0, 30_000))
def test_a_damaged_key_is_another_and_still_nobodys(word: str, draw: int, number: int) -> None:
    """It has changed, begins as before, and a mail address keeps its host or has none."""
    persons = _population().persons(np.array([number]))
    one = np.zeros(1, dtype=np.bool_)
    key = {
        "phone": persons.mobile(one),
        "email": persons.email(one),
        "idno": persons.idno(),
        "device": persons.device(one),
    }[word][0]
    damaged = damage.damage_key(key, draw)
    assert damaged != key
    assert damaged[:1] == key[:1]
    if word == "email":
        assert "@" not in damaged or damaged.partition("@")[2] == key.partition("@")[2]
    else:
        assert damaged[:3] == key[:3]


def test_keys_are_damaged_in_five_ways_equally_often() -> None:
    """Of a mobile: wrong, exchanged, lost, masked, cut; each is a fifth of the damage."""
    bits = DRAWS.bits("damage", np.arange(5_000, dtype=np.int64)).tolist()
    damaged = pl.Series([damage.damage_key("16012345678", draw) for draw in bits])
    wrong = damaged.str.contains(r"^\d{11}$")
    sorted_digits = damaged.filter(wrong).str.split("").list.sort().list.join("")
    exchanged = int((sorted_digits == "01123456678").sum())
    ways = (
        int(wrong.sum()) - exchanged,
        exchanged,
        (damaged.str.len_chars() == 10).sum(),
        (damaged == "160****5678").sum(),
        (damaged == "16012345").sum(),
    )
    assert sum(ways) == len(bits)
    assert all(way == pytest.approx(1000, abs=120) for way in ways)


def test_an_old_number_is_somebody_elses_as_often_as_its_rate() -> None:
    """1.5 % of people have an older mobile that another registered person has now."""
    population = population_of(people=30_000, seed=1, rates=Rates())
    everybody = population.persons(np.arange(population.registered, dtype=np.int64))
    now = everybody.mobile(np.zeros(len(everybody), dtype=np.bool_))
    older = everybody.mobile(np.ones(len(everybody), dtype=np.bool_))
    assert older.is_in(now.implode()).mean() == pytest.approx(0.015, abs=0.002)
    assert now.n_unique() == len(now)


def test_damage_touches_only_what_it_is_told_to() -> None:
    """Struck places change, others and empty ones stay, also when nothing is to be struck."""
    series = pl.Series(["16012345678", None, "16112345678"])
    where = np.array([True, True, False])
    bits = np.array([1, 2, 3], dtype=np.uint64)
    struck = damage.strike(series, where, damage.slip_mobile, bits)
    assert struck[0] != series[0]
    assert struck.to_list()[1:] == series.to_list()[1:]
    assert damage.strike(series, ~where & False, damage.slip_mobile, bits).equals(series)
    assert damage.blank(series, where).to_list() == [None, None, "16112345678"]


def test_a_mild_world_is_milder_in_every_damage_and_lives_the_same() -> None:
    """Worlds scale damage by their factor and leave the rates of life alone."""
    for world, factor in DAMAGE_FACTOR.items():
        rates = rates_of(world)
        for name in Rates.__dataclass_fields__:
            expected = getattr(Rates(), name) * (1.0 if name in LIFE else factor)
            assert getattr(rates, name) == pytest.approx(expected)


def test_a_rate_set_by_name_wins_over_the_world() -> None:
    """What is given is not scaled."""
    assert rates_of(World.HARSH, {"name_typo": 0.5}).name_typo == 0.5


def test_a_rate_that_is_none_is_refused_with_the_names_of_all() -> None:
    """The refusal lists what could have been meant."""
    with pytest.raises(SynthError, match=r"no rate .typos.; .*name_typo"):
        rates_of(World.MIDDLE, {"typos": 0.1})


@pytest.mark.parametrize("rates", [{"name_typo": 1.5}, {"name_typo": -0.1}, {"strangers": 0.9}])
def test_a_share_outside_its_range_is_refused(rates: dict[str, float]) -> None:
    """A rate is from 0 to 1, and strangers are not almost everybody."""
    with pytest.raises(SynthError, match="rate"):
        rates_of(World.MIDDLE, rates)


@pytest.mark.parametrize("people", [0, -1, 50_000_001])
def test_an_impossible_number_of_people_is_refused(people: int) -> None:
    """There is at least one, and no more than there are unassigned mobiles for."""
    with pytest.raises(SynthError, match="people cannot be made up"):
        population_of(people=people, seed=1, rates=Rates())


def test_rare_characters_lie_beyond_the_basic_plane() -> None:
    """Eight of the rare characters need four bytes in UTF-8."""
    characters = tables().characters.to_list()[tables().common_characters : -1]
    assert sum(ord(character) > 0xFFFF for character in characters) == 8


def _population() -> Population:
    return population_of(people=300_000, seed=1, rates=Rates())
