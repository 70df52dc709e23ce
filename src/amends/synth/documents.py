"""The small files of a made-up case: case.toml, the simulator's faults, a word to the reader."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from amends.kernel.money import Money
from amends.synth.files import MARK
from amends.synth.leakfiles import Leak
from amends.synth.model import World
from amends.synth.registries import PRODUCTS

PER_PERSON: Final = Money(amount_minor=500_000, currency="CNY")
_MARGIN_PERCENT: Final = 110

_NAMES: Final = {
    "im": '{ zh = "智政输入法", en = "Zhizheng Input" }',
    "browser": '{ zh = "智政浏览器", en = "Zhizheng Browser" }',
    "search": '{ zh = "智政搜索", en = "Zhizheng Search" }',
    "antivirus": '{ zh = "智政安全卫士", en = "Zhizheng Antivirus" }',
    "chat": '{ zh = "智政聊天", en = "Zhizheng Chat" }',
    "games": '{ zh = "智政游戏", en = "Zhizheng Games" }',
    "video": '{ zh = "智政视频", en = "Zhizheng Video" }',
    "music": '{ zh = "智政音乐", en = "Zhizheng Music" }',
}
"""What the public calls each product."""

_HEAD = """{mark}
# {people} affected people, seed {seed}, world {world}{rates}. See README.txt.

[case]
id = "model"
title = {{ zh = "智政集团个人信息泄露案（虚构）", en = "The Zhizheng Group leak (made up)" }}
controller = {{ zh = "智政集团", en = "Zhizheng Group" }}
jurisdictions = ["CN"]
discovered_at = 2026-11-20T08:00:00+08:00
announced_at = 2026-11-21T20:00:00+08:00
clock = "simulated"

[promise]
# people and total are left out: how many are affected is determined from the files, with an error,
# and a promised number has to equal the determined one.
per_person = "{per_person}"
pay_within = "P3D"
"""

_TAIL = """
[[people]]
kind = "death"
path = "people/deaths.csv"

[[people]]
kind = "guardianship"
path = "people/guardianships.csv"

[linkage]
undecided = "wait"

[tariff]
preset = "flat"
amount = "{per_person}"

[funding]
amount = "{funding}"  # 10 % more than the truly affected are owed

[[rail]]
kind = "simulator"
protocol = "alipay"
faults = "faults.toml"

[announcement]
what_happened.zh = "有人复制了客户资料和账号资料，并在网上出售。"
what_happened.en = "Somebody copied customer and account data and offered them for sale online."
cause.zh = "备份服务器的访问权限设得太宽，这是我们的错。"
cause.en = "Too many accounts could read the backup server. That was our mistake."
site = "www.example.com"
app = {{ zh = "智政输入法", en = "Zhizheng Input" }}
hotline = "400-000-0000"
hours = {{ zh = "每天 9:00 至 21:00", en = "daily from 9:00 to 21:00" }}
basis.zh = "《个人信息保护法》第六十九条、《民法典》第一千一百六十五条"
basis.en = "PIPL art. 69, Civil Code art. 1165"

[[announcement.measures]]
zh = "我们关闭了那台备份服务器，换掉了全部访问密钥。"
en = "We closed that backup server and replaced all access keys."

[[announcement.measures]]
zh = "我们向公安机关报了案，向网信部门报告了此事。"
en = "We reported this to the police and to the cyberspace administration."

[[announcement.signatories]]
name = {{ zh = "甲某（虚构）", en = "Jia Mou (made up)" }}
role = {{ zh = "董事长", en = "chair" }}
operator = "chair"  # `amends operator add CASE chair`
"""

_FAULTS = """{mark}
# What goes wrong at the simulated provider; docs/reference/simulator-alipay.md explains the words.
seed = {seed}

[lost_answer]
rate = 0.005

[lost_request]
rate = 0.002

[dealing]
rate = 0.01
after = "PT10M"

[payee_unknown]
rate = 0.015

[name_mismatch]
rate = 0.007

[not_real_name]
rate = 0.005

[returned]
rate = 0.003
after = "PT20H"

[callback_duplicate]
rate = 0.02
repeats = 2
"""

_README = """{mark}

Everybody and everything in this directory is invented by a program from the statistics of Chinese
names: no value was taken from a real person, a real company or a real leak. The marks of it:

- national numbers begin with 99, which is no region;
- mobiles begin with 160, 161, 163, 164, 168 or 169, which are assigned to no carrier;
- mail addresses end in .invalid or .test, which cannot exist (RFC 2606);
- account ids, devices, orders, user names and passwords begin with SYN or syn;
- streets are called 虚构路, 示例街, 样例大道, 杜撰巷, 假想路, 虚拟街: made-up, example,
  sample, fictitious, imagined and virtual.

truth-accounts.csv says which person holds which account (product,account_id,person), truth-rows.csv
whom each leaked row is about (evidence,row,person; rows of a file are counted from 1, after its
header; a stranger's row names a person who holds no account). Rows that nobody can read count as
rows, and are not in the truth. No program that determines who is affected reads either file.

{people} people are truly affected. Made with seed {seed}, world {world}{rates};
the same settings make the same files again, byte for byte.
"""


def write_documents(
    root: Path,
    leaks: tuple[Leak, ...],
    *,
    people: int,
    seed: int,
    world: World,
    rates: Mapping[str, float],
) -> None:
    """case.toml, faults.toml and README.txt."""
    said = {
        "mark": MARK,
        "people": people,
        "seed": seed,
        "world": world.value,
        "rates": "".join(f", {name} {value:g}" for name, value in sorted(rates.items())),
        "per_person": str(PER_PERSON),
        "funding": str(funding(people)),
    }
    case = _HEAD.format_map(said) + _sources(leaks) + _TAIL.format_map(said)
    _write(root / "case.toml", case)
    _write(root / "faults.toml", _FAULTS.format_map(said))
    _write(root / "README.txt", _README.format_map(said))


def funding(people: int) -> Money:
    """What is set aside: 10 % more than the truly affected are owed."""
    owed = PER_PERSON * people
    return Money(amount_minor=owed.amount_minor * _MARGIN_PERCENT // 100, currency=owed.currency)


def _sources(leaks: tuple[Leak, ...]) -> str:
    """The registries and leaked files."""
    registries = (
        f'\n[[registry]]\nproduct = "{product.name}"\npath = "registries/{product.file}"\n'
        f"name = {_NAMES[product.name]}\n"
        + _columns({header: product.columns[header] for header in product.given})
        for product in PRODUCTS
    )
    evidence = (
        f'\n[[evidence]]\npath = "evidence/{leak.file}"\n'
        + _columns(leak.given)
        + f"received_at = {leak.received_at}\n"
        for leak in leaks
    )
    return "".join((*registries, *evidence))


def _columns(given: Mapping[str, str]) -> str:
    """The ``columns`` line, or nothing when all are to be detected."""
    if not given:
        return ""
    pairs = ", ".join(
        f'{header if header.isascii() else _quoted(header)} = "{word}"'
        for header, word in given.items()
    )
    return f"columns = {{ {pairs} }}\n"


def _quoted(key: str) -> str:
    return f'"{key}"'


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
