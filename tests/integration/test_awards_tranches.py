"""Random lives of a case: finds, people found to be one or two, payments, awards, corrections."""

import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import pytest

from amends.awards import corrections, service
from amends.ledger.service import balances, check_trial
from amends.payouts.showing.held import held
from amends.vault.opened import OpenCase
from made_cases import OpenedCase
from made_corrections import moved, paid
from made_determination import determine_made_up, person

TWO = ("anna", "ben")
EACH = 500_000
STEPS = 14


@dataclass
class World:
    """What is true of people, kept by plain means: who is affected, and who is one with whom.

    ``one_with``: an id that is gone → whom it was found to be. ``paid``: awards money was sent of.
    """

    affected: set[int]
    one_with: dict[int, int] = field(default_factory=dict)
    paid: set[int] = field(default_factory=set)
    run_no: int = 1
    next_person: int = 100
    told: list[str] = field(default_factory=list)

    def now(self, who: int) -> int:
        """Who a person is by now."""
        while who in self.one_with:
            who = self.one_with[who]
        return who


def determined(opened: OpenCase, world: World, *changes: tuple[str, int, int]) -> None:
    """The next determination, with what it finds of people: change, earlier id, id now."""
    world.run_no += 1
    people = {person(number): "NAME;PHONE" for number in sorted(world.affected)}
    determine_made_up(opened, people, tranche=world.run_no, run_no=world.run_no)
    for change, earlier, now in changes:
        moved(opened, world.run_no, change, earlier=earlier, now=now)
    world.told.append(f"run {world.run_no}: {changes}, {len(world.affected)} people")


def later_find(opened: OpenCase, world: World, chance: random.Random) -> None:
    """More people; of those that were there one may be missing."""
    new = range(world.next_person, world.next_person + chance.randint(0, 3))
    world.next_person += len(new)
    world.affected |= set(new)
    if chance.random() < 0.3 and len(world.affected) > 4:
        world.affected.discard(chance.choice(sorted(world.affected)))
    determined(opened, world)


def merge(opened: OpenCase, world: World, chance: random.Random) -> None:
    """Two people are found to be one."""
    gone, stays = chance.sample(sorted(world.affected), 2)
    world.affected.discard(gone)
    world.one_with[gone] = stays
    determined(opened, world, ("merged", gone, stays))


def split(opened: OpenCase, world: World, chance: random.Random) -> None:
    """Somebody is found to be two: who was one with another before, or somebody never seen."""
    back = [gone for gone, whole in sorted(world.one_with.items()) if whole in world.affected]
    if back and chance.random() < 0.7:
        apart = chance.choice(back)
        whole = world.one_with.pop(apart)
    else:
        apart, whole = world.next_person, chance.choice(sorted(world.affected))
        world.next_person += 1
    world.affected.add(apart)
    determined(opened, world, ("split", whole, apart))


def pay(opened: OpenCase, world: World, chance: random.Random) -> None:
    """Money of some awards is sent."""
    standing = sorted(owed(opened).keys() - world.paid)
    chosen = chance.sample(standing, min(2, len(standing)))
    paid(opened, dict.fromkeys(chosen, "settled"))
    world.paid |= set(chosen)
    world.told.append(f"paid {chosen}")


def holders(opened: OpenCase) -> dict[int, int]:
    """Every award that was ever made: whose it was then, by index."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT award_index, person_id FROM awards.award").fetchall()
    return {int(str(index)): int(str(who)) for index, who in rows}


def owed(opened: OpenCase) -> dict[int, int]:
    """What is owed of each award that stands."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT award_index, amount_minor FROM awards.owed").fetchall()
    return {int(str(index)): int(str(amount)) for index, amount in rows}


def settle(opened: OpenCase, world: World) -> None:
    """Award whoever is new, and correct what follows of people found to be one, or two."""
    before = holders(opened)
    known = {world.now(who) for who in before.values()}
    service.award(opened)
    new = {index: who for index, who in holders(opened).items() if index not in before}
    world.told.append(f"awarded {sorted(new.values())}")
    assert sorted(new.values()) == sorted(world.affected - known), world.told
    wanted = corrections.proposed(opened, partial(held, opened)).wanted
    world.told.append(f"corrected {[(one.award_index, str(one.reason)) for one in wanted]}")
    corrections.correct(opened, wanted, partial(held, opened))
    assert corrections.proposed(opened, partial(held, opened)).wanted == (), world.told


def check(opened: OpenCase, world: World) -> None:
    """Nobody is owed twice, but where money of both was sent; nobody who was found is forgotten."""
    made, standing = holders(opened), owed(opened)
    awards_of = Counter(world.now(made[index]) for index in standing)
    assert awards_of.keys() >= world.affected, world.told
    assert awards_of.keys() == {world.now(who) for who in made.values()}, world.told
    for who, number in awards_of.items():
        sent = [index for index in world.paid if world.now(made[index]) == who]
        assert number == max(1, len(sent)), (who, world.told)
    assert world.paid <= standing.keys(), world.told
    assert set(standing.values()) == {EACH}
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT DISTINCT award_index FROM awards.correction").fetchall()
        annulled = made.keys() - standing.keys()
        assert annulled <= {int(str(index)) for (index,) in rows}, "gone without a correction"
        check_trial(connection)
        assert balances(connection)["owed"] == EACH * len(standing)


@pytest.mark.parametrize("seed", range(4))
def test_no_sequence_of_finds_awards_twice_or_loses_anybody(
    opened_case: OpenedCase, seed: int
) -> None:
    """After each step, awarded and corrected: one standing award for each person that there is."""
    chance = random.Random(seed)  # noqa: S311 -- a life, no secret
    opened, world = opened_case(approve_as=TWO), World(affected=set(range(8)))
    world.run_no = 0
    determined(opened, world)
    settle(opened, world)
    for _ in range(STEPS):
        step = chance.choice((later_find, merge, merge, split, split, pay))
        step(opened, world, chance)
        if chance.random() < 0.6:  # else several things come together before anybody awards
            settle(opened, world)
            check(opened, world)
    settle(opened, world)
    check(opened, world)
