"""A case of doubts: half of the leaked rows, and a registry, tell names only; who is who is known.

Person *n* holds ``im`` account ``A<n>`` and perhaps ``game`` account ``G<n>``. Rows 1 to 26 are of
people 10 to 35, row 27 is of person 50, row 28 of nobody.
"""

CASE = """
[case]
id = "doubts"
controller = "Doubts"
[promise]
per_person = "CNY 100.00"
pay_within = "P3D"
[tariff]
preset = "flat"
amount = "CNY 100.00"
[funding]
amount = "CNY 100000.00"
[linkage]
threshold = 0.998
review = 0.01
UNDECIDED
[[registry]]
product = "im"
path = "registries/im.csv"
columns = { trade = "occupation" }
[[registry]]
product = "game"
path = "registries/game.csv"
columns = { trade = "occupation" }
[[rail]]
kind = "simulator"
protocol = "alipay"
[[evidence]]
path = "evidence/dump.csv"
columns = { trade = "occupation" }
"""
READERS = ("li.na", "wang.wei", "zhao.min")


def people(count: int) -> list[tuple[str, str, str]]:
    """Name, birth date and trade of made-up people; names come from short lists."""
    given, family = ("anna", "boris", "carla", "doris", "emil"), ("adler", "brandt", "cohn")
    return [
        (
            f"{given[n % 5]} {family[n % 3]}{'aeiou'[n % 4]}",
            f"19{50 + n % 40}-0{1 + n % 9}-1{n % 9}",
            f"trade{n % 7}",
        )
        for n in range(count)
    ]


def files() -> dict[str, bytes]:
    """Two registries and a leak; half of its rows, and the second registry, tell only names."""
    im = "".join(f"A{n:03d},{','.join(one)},1380000{n:04d}\n" for n, one in enumerate(people(60)))
    game = "".join(
        f"G{n:03d},{name},,,1380000{n:04d}\n"
        for n, (name, _, _) in enumerate(people(30))
        if n % 2 and n > 10
    )
    leak = "".join(
        f"{name},{birth if n % 2 else ''},{trade if n % 2 else ''},\n"
        for n, (name, birth, trade) in enumerate(people(36)[10:])
    )
    leak += f"{people(60)[50][0]},,,13800000050\nstranger nobody,,,13999999999\n"
    header = "name,birth,trade,phone\n"
    return {
        "registries/im.csv": ("account_id," + header + im).encode(),
        "registries/game.csv": ("account_id," + header + game).encode(),
        "evidence/dump.csv": (header + leak).encode(),
    }


AFFECTED = frozenset({*range(10, 36), 50})
"""Who is truly affected."""


def is_true(one: str, other: str) -> bool:
    """Whether two records (``evidence/dump.csv, 3`` or ``im, A012``) are one person's."""
    return _person(one) == _person(other)


def _person(where: str) -> int:
    place, number = where.split(", ")
    if place != "evidence/dump.csv":
        return int(number[1:])
    row = int(number)
    return {27: 50, 28: -1}.get(row, row + 9)
