"""Writes docs/reference/categories.md from the program's own tables: `make docs`."""

from pathlib import Path

from amends.evidence.categories.identifiers import FIELDS
from amends.evidence.categories.tells import CERTAIN, LIKELY, NOBODYS, Tell
from amends.evidence.categories.texts import RULES
from amends.evidence.model import ASK_BELOW
from amends.kernel.categories import CATEGORIES, NO_CATEGORY, PART_OF, SAME_AS

PAGE = Path(__file__).with_name("categories.md")
BETWEEN = Path(__file__).with_name("category_rules.txt")
HEAD = """# Categories of data · 信息类别

What of a person can leak. A field word in case.toml is a category's code in lower case (`phone`);
any other word is a category of its own. The list is that of the project's law report §4.2,
complete, and what its files need beside it (without a code in the report). How columns are told:
[explanation](../explanations/categories.md). This page is written by `make docs` from the program's
own tables.

信息类别即泄露的内容。case.toml 中的字段词就是类别代码的小写（`phone`）；其他词自成一类。
清单与项目法律报告 §4.2 一致且完整，另加文件中常见的几类。
判断方法见[说明](../explanations/categories.md)。

`cn`: sensitive under GB/T 45574-2025 (`judge`: where its clause 4 is met). `eu`: GDPR article 9 or
10. `records`: from so many records unlawful providing is a serious crime (Criminal Law 253-1; 0:
depends on what comes with it). `weight`: what it adds to a fraud, 1 to 5. Sources stand in
`kernel/categories.py`; a case can be graver than its categories, and counsel decides.
"""
AFTER = f"""
Parts count as their whole, a second column of a kind as its kind (`phone_2` is PHONE). A column
told with less confidence than {ASK_BELOW} is asked by `amends evidence columns CASE`.

部分计入整体；同类的第二列仍计入该类（`phone_2` 即 PHONE）。
把握低于 {ASK_BELOW} 的列，由 `amends evidence columns CASE` 提问。
"""


def page() -> str:
    """The text of the page."""
    lines = [
        HEAD,
        "| code | field | 中文 | English | in the report | cn | eu | records | weight | DPV |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.code} | `{one.code.lower()}` | {one.zh} | {one.en} | {one.listed_as or ''} "
        f"| {one.cn} | {one.eu} | {one.crime_records} | {one.weight} | {one.dpv} |"
        for one in CATEGORIES.values()
    ]
    lines.append(AFTER)
    lines += ["| field | counts as |", "|---|---|"]
    lines += [f"| `{part}` | {whole.upper()} |" for part, whole in PART_OF.items()]
    lines += [f"| `{other}` | {ours.upper()} |" for other, ours in SAME_AS.items()]
    lines += [f"| `{word}` | no category |" for word in sorted(NO_CATEGORY)]
    lines += ["", BETWEEN.read_text(encoding="utf-8").rstrip()]
    for title, tells in (
        ("Formats that hold against any header · 不看表头即可判断", CERTAIN),
        ("Formats that count where no header speaks · 无表头时才判断", LIKELY),
        ("What is nobody's by itself · 本身不属于个人", NOBODYS),
    ):
        lines += ["", f"## {title}", "", "| field | by | 依据 | needs | any header |"]
        lines += ["|---|---|---|---|---|", *map(_row, tells)]
    fields = " ".join(f"`{field}`" for field in FIELDS)
    lines += ["", "## In running text · 正文中", "", f"{fields}", ""]
    return "\n".join(lines)


def _row(tell: Tell) -> str:
    zh, en = RULES[tell.rule]
    always = "yes" if tell in CERTAIN or tell.any_header else ""
    return f"| `{tell.field}` | {en} | {zh} | {tell.least:.0%} of values | {always} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
