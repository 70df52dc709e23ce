"""Traditional characters of names as simplified ones: a candidate, never a change of the name.

Both writings of one name occur beside each other (張偉 in Taiwan and Hong Kong, 张伟 on the
mainland), and some people's registered name has a character of the older set.
"""

from functools import cache

import polars as pl

from amends.kernel import facts


@cache
def table() -> tuple[list[str], list[str]]:
    """Traditional characters, and for each its simplified one."""
    rows = facts.rows("simplified-characters")
    return [row["character"] for row in rows], [row["simplified"] for row in rows]


def simplified(name: pl.Expr) -> pl.Expr:
    """The name in simplified characters; one without any traditional character is itself."""
    traditional, simple = table()
    return name.str.replace_many(traditional, simple)
