"""What keys leave: damaged keys, numbers that part, witnesses, and more records than can meet."""

from amends.linkage import settings
from amends.linkage.linking import Linked
from amends.linkage.weighing.blocking import blocks_of
from amends.linkage.weighing.records import Records
from made_linkage import linked
from made_records import dice, numbered, right_number

Row = dict[str, str]

SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超"


def registered(count: int, seed: int = 1) -> list[Row]:
    """People as a registry knows them."""
    throw = dice(seed)
    return [
        {
            "name": throw.choice(SURNAMES) + throw.choice(GIVEN) + throw.choice(GIVEN),
            "idno": right_number(f"110105{throw.randrange(1950, 2000)}0{throw.randrange(1, 9)}1"
                                 f"{throw.randrange(9)}{throw.randrange(1, 999):03d}"),
            "phone": f"13{throw.randrange(10**9):09d}",
            "device": f"{throw.randrange(16**16):016x}",
        }
        for _ in range(count)
    ]  # fmt: skip


def given(found: Linked) -> dict[int, tuple[int, float]]:
    """Per leaked row its likeliest person, and how likely."""
    rows = found.rows.select("record", "person", "probability").rows()
    return {record: (person, probability) for record, person, probability in rows}


def without(text: str, at: int) -> str:
    """*text* without the sign at a place."""
    return text[:at] + text[at + 1 :]


def test_two_damaged_keys_find_their_person() -> None:
    """A mobile and a number or device of which each is masked, cut or mistyped are enough."""
    people = registered(200)
    damages = (
        lambda p: {"phone": p["phone"][:3] + "****" + p["phone"][-4:],
                   "idno": p["idno"][:6] + "********" + p["idno"][-4:]},
        lambda p: {"phone": p["phone"][:8], "idno": p["idno"][:13]},
        lambda p: {"phone": without(p["phone"], 5), "idno": without(p["idno"], 9)},
        lambda p: {"phone": without(p["phone"], 9), "device": p["device"][:12]},
        lambda p: {"phone": p["phone"][:3] + "****" + p["phone"][-4:],
                   "device": without(p["device"], 3)},
    )  # fmt: skip
    rows = [damages[i % 5](people[i]) for i in range(100)]
    found = given(linked(people, range(200), rows))
    right = [i for i in range(100) if i in found and found[i][0] == i and found[i][1] >= 0.95]
    assert len(right) >= 97


def test_two_right_national_numbers_are_two_people() -> None:
    """No name, day or mobile outweighs another right number; a mistyped one forbids nothing."""
    people = registered(100)
    other = right_number("330106197001010014"[:17])
    wrong = people[7]["idno"][:16] + ("1" if people[7]["idno"][16] != "1" else "2") + "Z"
    rows = [
        {**people[7], "idno": other, "device": people[7]["device"][1:]},
        {**people[7], "idno": wrong, "device": people[7]["device"][1:]},
    ]
    found = given(linked(people, range(100), rows))
    assert 0 not in found or found[0][1] < 0.01
    assert found[1] == (7, found[1][1])
    assert found[1][1] > 0.95


def _with_witnesses(*names: str) -> Linked:
    """People; an account that says an address only; leaked rows that say the names with it."""
    people = registered(150)
    silent = {"email": "silent@example.test"}
    day = people[3]["idno"][6:14]
    rows = [
        {"email": "silent@example.test", "name": name, "birth": day, "username": f"user{i}"}
        for i, name in enumerate(names)
    ]
    return linked([*people, silent], range(151), rows)


def test_a_leaked_row_speaks_for_an_account_without_a_name() -> None:
    """Its name and day of birth join the account with the person's others."""
    people = registered(150)
    names = [person["name"] for person in people]
    assert names.count(names[3]) == 1
    found = _with_witnesses(names[3])
    assert found.person[150] == found.person[3]
    assert _with_witnesses().person[150] == 150


def test_witnesses_of_several_names_are_not_heard() -> None:
    """A key that two people use says nothing of whose the account is."""
    names = [person["name"] for person in registered(150)]
    found = _with_witnesses(names[3], names[5])
    assert found.person[150] == 150


def test_mistyped_foreign_numbers_do_not_keep_a_person_apart() -> None:
    """Of numbers without a check digit nobody knows which are right: several accounts may join.

    So are files in which one person comes up to six times (FEBRL 3).
    """
    throw = dice(3)
    rows: list[Row] = []
    owner: list[int] = []
    for person in range(60):
        true = {
            "given_name": "".join(throw.choice("abdeiklmnorst") for _ in range(6)),
            "surname": "".join(throw.choice("abdeiklmnorst") for _ in range(7)),
            "birth": f"19{throw.randrange(10, 99)}0{throw.randrange(1, 9)}1{throw.randrange(9)}",
            "idno": f"{throw.randrange(10**6, 10**7)}",
            "postcode": f"{throw.randrange(1000, 9999)}",
        }
        for copy in range(1 + person % 5):
            at = throw.randrange(7)
            slip = str((int(true["idno"][at]) + 1 + throw.randrange(8)) % 10)
            mistyped = true["idno"][:at] + slip + true["idno"][at + 1 :]
            rows.append({**true, "idno": mistyped if copy else true["idno"]})
            owner.append(person)
    found = linked(rows, range(len(rows)), ()).person.tolist()
    assert len({(a, b) for a, b in zip(owner, found, strict=True)}) == 60
    assert len(set(found)) == 60


def test_a_mobile_on_ten_thousand_accounts_joins_nobody_and_costs_little() -> None:
    """Its block makes no pairs, and none of the other rules exceeds its budget."""
    throw = dice(4)
    people = [
        {
            "name": f"{throw.randrange(16**9):x} {throw.randrange(16**9):x}",
            "phone": "13800000000",
        }
        for _ in range(10_000)
    ]
    blocks = blocks_of(Records.of(numbered(people, leaked=0)))
    assert not {"phone", "phone_head", "phone_tail", "phone_ends"} & set(blocks.rules)
    assert blocks.pairs_made <= len(blocks.rules) * settings.PAIRS_PER_RECORD * 10_000
    found = linked(people, range(10_000), [{"phone": "13800000000"}], 50_000)
    assert found.counts["persons"] == 10_000
    assert found.counts["pairs_weighed"] < 10_000
    assert found.rows.filter(found.rows["probability"] > 0.01).is_empty()


def test_a_hundred_thousand_equal_rows_are_compared_once() -> None:
    """Copies of a leaked row all have its answer, and of accounts all their person."""
    people = registered(100)
    row = {"name": people[9]["name"], "phone": people[9]["phone"][:3] + "****"
           + people[9]["phone"][-4:]}  # fmt: skip
    found = linked(people, range(100), [row] * 100_000, 50_000)
    assert found.counts["records_compared"] == 101
    assert found.rows["record"].n_unique() == 100_000
    assert found.rows["person"].unique().to_list() == [9]
    assert found.rows["probability"].n_unique() == 1


def test_ten_thousand_equal_accounts_end() -> None:
    """Accounts that say one thing are one record each and meet nobody they may not."""
    same = {"name": "王小明", "address": "虚构路1号"}
    found = linked([same] * 10_000, range(10_000), [same], 50_000)
    assert found.counts["persons"] >= 1
    assert found.counts["pairs_weighed"] <= settings.PAIRS_PER_RECORD * 10_001
