"""Why the oracle misses what it misses, in words that a user understands, with counts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from oracle import FACTS, KEYS, Files, Oracle, nearly


class Cause(StrEnum):
    """What a record has in common with the rest of its person, where nothing joins them."""

    NOTHING = "nothing"
    OTHERS_TOO = "others too"
    BIRTH = "birth"
    DAMAGED = "damaged"


WORDS: Final = {
    Cause.NOTHING: (
        "与本人的其他记录没有任何相同或相近的姓名、证件号、手机号、邮箱、用户名、设备或地址",
        "have no name, number, mail, device or address that the person's other records nearly have",
    ),
    Cause.OTHERS_TOO: (
        "与本人其他记录相同的内容，别人也有（家人的或被回收的手机号、同名同日生）",
        "share with the person's other records only what somebody else has too (a family's mobile)",
    ),
    Cause.BIRTH: (
        "与本人的其他记录只有出生日期或地区相同",
        "have only a date of birth or a place in common with the person's other records",
    ),
    Cause.DAMAGED: (
        "与本人的其他记录只有一项写错、遮盖或截断的内容相近",
        "have only one misspelt, masked or cut value in common with the person's other records",
    ),
}
_WEAK: Final = ("birth", "birth_place", "occupation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """How many of ``what`` (accounts or leaked rows) the oracle leaves apart for a cause."""

    what: str
    cause: Cause
    count: int
    share: float

    def words(self) -> str:
        """One line, Chinese and English."""
        zh, en = WORDS[self.cause]
        noun = {"accounts": "账号", "leaked rows": "泄露记录"}[self.what]
        return (
            f"{self.share:.2%}（{self.count:,} 条{noun}）{zh}。\n"
            f"{self.share:.2%} of the {self.what} ({self.count:,}) {en}."
        )


def reasons(oracle: Oracle) -> list[Reason]:
    """The accounts and rows of account holders that the oracle leaves apart, by cause."""
    files = oracle.files
    nodes = pl.DataFrame(
        {"person": files.person, "group": oracle.group, "account": files.account}
    ).with_row_index("node")
    sizes = nodes.group_by("person", "group").agg(
        pl.col("account").sum().alias("accounts"), pl.len()
    )
    main = (
        sizes.filter(pl.col("accounts") > 0)
        .sort("accounts", "len", "group", descending=[True, True, False])
        .unique("person", keep="first")
    )
    holders = nodes.join(main.select("person"), on="person", how="semi")
    apart = holders.join(main.select("group"), on="group", how="anti")
    lone = apart.with_columns(pl.col("account").any().over("group").alias("with_account"))
    missed = lone.filter(pl.col("account") | ~pl.col("with_account"))
    groups = missed.select("group", "person").unique().with_columns(pl.col("group").alias("pair"))
    own = groups.select("pair", "group").join(nodes.select("group", "node"), on="group")
    rest = groups.join(nodes.select("person", "node", pl.col("group").alias("other")), on="person")
    causes = _causes(agreement(files, own, rest.filter(pl.col("group") != pl.col("other"))))
    counted = (
        missed.join(causes, left_on="group", right_on="pair", how="left")
        .with_columns(pl.col("cause").fill_null(Cause.NOTHING.value))
        .group_by("account", "cause")
        .len("n")
        .sort("account", "n", "cause", descending=[True, True, False])
    )
    totals = dict(holders.group_by("account").len().iter_rows())
    return [
        Reason(
            what="accounts" if account else "leaked rows",
            cause=Cause(cause),
            count=count,
            share=count / totals[account],
        )
        for account, cause, count in counted.iter_rows()
    ]


def _causes(agreeing: pl.DataFrame) -> pl.DataFrame:
    """``pair`` and ``cause``, of what agrees."""
    telling = ~pl.col("field").is_in(_WEAK)
    return agreeing.group_by("pair").agg(
        pl.when((telling & ~pl.col("near")).any())
        .then(pl.lit(Cause.OTHERS_TOO.value))
        .when((~pl.col("near")).any())
        .then(pl.lit(Cause.BIRTH.value))
        .otherwise(pl.lit(Cause.DAMAGED.value))
        .alias("cause")
    )


def agreement(files: Files, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """What agrees between two sides: ``pair``, ``field``, ``near`` (not equal, but nearly).

    *left* and *right*: ``pair`` and ``node``, any number of nodes a pair and side.
    """
    found = []
    for field in (*KEYS, *FACTS):
        texts = files.texts(field).drop_nulls()
        one, other = (
            texts.join(side.lazy().select("pair", pl.col("node").cast(pl.UInt32)), on="node")
            .select("pair", pl.col(field).alias(name))
            .unique()
            .collect(engine="streaming")
            for side, name in ((left, "l"), (right, "r"))
        )
        met = nearly(one.join(other, on="pair"), field).group_by("pair").agg(pl.col("near").all())
        found.append(met.with_columns(pl.lit(field).alias("field")))
    return pl.concat(found)
