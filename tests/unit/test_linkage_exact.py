from collections.abc import Mapping

from amends.linkage import settings
from amends.linkage.exact import Exact
from made_linkage import decided

LI = "110105198001010016"
WANG = "11010519491231002X"


def accounts(*rows: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Accounts, or leaked rows."""
    return list(rows)


leaked = accounts


def matched(rows: list[Mapping[str, str]], registry: list[Mapping[str, str]]) -> dict[int, int]:
    """Record → component of what exact keys match."""
    found = decided(registry, rows).matched()
    return dict(found.select("record", "component").iter_rows())


def together(exact: Exact) -> list[int]:
    """The component of every account."""
    return [int(c) for c in exact.component]


def test_a_number_joins_accounts_in_both_forms() -> None:
    """15 and 18 digits of one national number are one person."""
    registry = accounts({"idno": "110105491231002"}, {"idno": WANG}, {"idno": LI})
    assert together(decided(registry)) == [0, 0, 2]


def test_mobile_and_address_decided() -> None:
    """What is joined by a mobile and what is joined by an address is one component."""
    registry = accounts(
        {"phone": "13800001234"},
        {"phone": "+86 13800001234", "email": "a@b.cn"},
        {"email": "A@B.CN"},
    )
    assert together(decided(registry)) == [0, 0, 0]


def test_a_recycled_number_joins_nobody() -> None:
    """A mobile with two national numbers joins neither them nor the account that has only it."""
    registry = accounts(
        {"phone": "13800001234", "idno": WANG},
        {"phone": "13800001234", "idno": LI},
        {"phone": "13800001234"},
    )
    joined = decided(registry)
    assert together(joined) == [0, 1, 2]
    assert joined.refused == {"phone_with_several_numbers": 1}


def test_a_family_phone_joins_each_ones_accounts_only() -> None:
    """Under a mobile with unlike names, the accounts of one name are one person, and no others."""
    registry = accounts(
        {"phone": "13800001234", "name": "王小明"},
        {"phone": "13800001234", "name": "王大红"},
        {"phone": "13800001234", "name": "王小明"},
        {"phone": "13800001234"},
    )
    joined = decided(registry)
    assert together(joined) == [0, 1, 0, 3]
    assert joined.refused == {"phone_with_unlike_names": 1}


def test_a_key_on_too_many_accounts_joins_nobody() -> None:
    """A call centre's number is nobody's."""
    many = settings.KEY_MAX_ACCOUNTS + 1
    joined = decided(accounts(*[{"phone": "13800001234"}] * many))
    assert together(joined) == list(range(many))
    assert joined.refused == {"phone_on_too_many_accounts": 1}


def test_a_chain_over_two_people_is_cut() -> None:
    """Keys that are good alone may not lead from one name to another; no account is guessed."""
    registry = accounts(
        {"phone": "13800001234", "name": "王小明"},
        {"phone": "13800001234", "email": "a@b.cn"},
        {"email": "a@b.cn", "name": "李大红"},
    )
    joined = decided(registry)
    assert together(joined) == [0, 1, 2]
    assert joined.refused == {"component_contradicts": 1}


def test_names_of_one_number_may_differ() -> None:
    """Under one national number a misheard name is a slip and not another person."""
    registry = accounts({"idno": WANG, "name": "王小明"}, {"idno": WANG, "name": "王晓敏"})
    assert together(decided(registry)) == [0, 0]


def test_a_row_goes_to_whoever_has_its_key() -> None:
    """A leaked row with a mobile on record, and nothing that contradicts, is that person's."""
    registry = accounts({"phone": "13800001234", "name": "王小明"}, {"phone": "13900001234"})
    rows = leaked({"phone": "13900001234"}, {"phone": "13800001234", "name": "王小明"}, {})
    assert matched(rows, registry) == {0: 1, 1: 0}


def test_a_row_of_another_name_is_not_matched_by_its_mobile() -> None:
    """The number's earlier owner is not its owner of today."""
    registry = accounts({"phone": "13800001234", "name": "王小明"})
    assert matched(leaked({"phone": "13800001234", "name": "李大红"}), registry) == {}


def test_a_row_of_another_number_is_not_matched_by_its_mobile() -> None:
    """A right national number that is not the person's speaks against the mobile."""
    registry = accounts({"phone": "13800001234", "idno": WANG})
    assert matched(leaked({"phone": "13800001234", "idno": LI}), registry) == {}


def test_a_family_phone_gives_a_row_to_its_name() -> None:
    """Under a shared mobile the name decides, and without a name nobody does."""
    registry = accounts(
        {"phone": "13800001234", "name": "王小明"}, {"phone": "13800001234", "name": "王大红"}
    )
    rows = leaked({"phone": "13800001234", "name": "王大红"}, {"phone": "13800001234"})
    assert matched(rows, registry) == {0: 1}


def test_the_national_number_is_stronger_than_the_mobile() -> None:
    """A row with one's number and another's mobile belongs to the number."""
    registry = accounts({"idno": WANG, "name": "王小明"}, {"phone": "13800001234"})
    rows = leaked({"idno": WANG, "phone": "13800001234", "name": "王小明"})
    assert matched(rows, registry) == {0: 0}


def test_keys_of_two_people_match_neither() -> None:
    """A row with one's mobile and another's address is left to the weighing."""
    registry = accounts(
        {"phone": "13800001234", "name": "王小明"}, {"email": "a@b.cn", "name": "李大红"}
    )
    assert matched(leaked({"phone": "13800001234", "email": "a@b.cn"}), registry) == {}


def test_nothing_is_joined_where_there_is_nothing() -> None:
    """Empty registries and keyless accounts are no error."""
    assert together(decided(accounts())) == []
    assert together(decided(accounts({}, {}))) == [0, 1]


def test_a_row_with_keys_of_two_accounts_joins_them() -> None:
    """A leaked row with a person's mobile and a nameless account's device tells whose it is."""
    registry = accounts({"phone": "13800001234", "name": "王小明"}, {"device": "abcd1234"})
    rows = leaked({"phone": "13800001234", "device": "ABCD-1234"})
    assert together(decided(registry, rows)) == [0, 0]


def test_a_row_does_not_join_two_people() -> None:
    """Names that are unlike, directly or at the ends of several rows, are not bridged."""
    registry = accounts(
        {"phone": "13800001234", "name": "王小明"},
        {"device": "abcd1234"},
        {"email": "a@b.cn", "name": "李大红"},
    )
    rows = leaked(
        {"phone": "13800001234", "device": "abcd1234"}, {"device": "abcd1234", "email": "a@b.cn"}
    )
    bridged = decided(registry, rows)
    assert together(bridged) == [0, 1, 2]
    assert bridged.refused == {"bridge_contradicts": 2}


def shown(apart: int = 0) -> list[Mapping[str, str]]:
    """Forty user names that two named accounts share, *apart* of them between unlike names."""
    twins = [("王小明", "李大红" if at < apart else "王小明") for at in range(40)]
    return [
        {"name": name, "username": f"user{at:03d}"} for at, two in enumerate(twins) for name in two
    ]


def test_a_user_name_joins_where_the_case_shows_that_it_may() -> None:
    """A nameless account and a leaked row with a mobile's owner's user name are the owner's."""
    registry = accounts(
        {"name": "王伟", "phone": "13800001234", "idno": WANG},
        {"username": "Wang_1990", "device": "abcdef123456"},
        *shown(),
    )
    rows = leaked({"username": "wang_1990", "phone": "13800001234"}, {"username": "wang_1990"})
    exact = decided(registry, rows)
    assert together(exact)[:2] == [0, 0]
    assert exact.owner.tolist() == [0, 0]


def test_user_names_of_a_case_that_contradicts_them_join_nobody() -> None:
    """Where 3 of 40 user names are two people's, none is a key; nor where none can be seen."""
    own = accounts({"name": "王伟", "username": "wang_1990"}, {"username": "wang_1990"})
    assert together(decided([*own, *shown()]))[:2] == [0, 0]
    assert together(decided([*own, *shown(apart=3)]))[:2] == [0, 1]
    assert together(decided(own)) == [0, 1]


def test_a_short_or_masked_user_name_is_none() -> None:
    """Three signs, or a mask, join nobody even where user names do."""
    for name in ("li1", "wa***90"):
        registry = accounts({"name": "王伟", "username": name}, {"username": name}, *shown())
        assert together(decided(registry))[:2] == [0, 1]


def test_a_bridge_says_whose_another_rows_key_is() -> None:
    """A row by a shared mobile is nobody's, until another row gives its nameless account a name."""
    registry = accounts(
        {"phone": "13800001234", "device": "A1B2C3D4E5F60718"},
        {"phone": "13800001234", "name": "李四"},
        {"phone": "13800001234", "name": "王五"},
        {"email": "z@b.cn", "name": "张三"},
    )
    row = {"phone": "13800001234", "name": "张三"}
    bridge = {"device": "A1B2C3D4E5F60718", "email": "z@b.cn"}
    assert matched(leaked(row), registry) == {}
    assert matched(leaked(row, bridge), registry) == {0: 0, 1: 0}
