"""The leaked files, as found: their formats, their fields, and who is in which."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

_TABLE: Final = "shop_users"
_CREATE: Final = (
    "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)",
    "-- Made up by `amends synth`: nobody in it exists.",
    "/*!40101 SET NAMES utf8mb4 */;",
    f"DROP TABLE IF EXISTS `{_TABLE}`;",
    f"CREATE TABLE `{_TABLE}` (",
    "  `id` bigint NOT NULL,",
    "  PRIMARY KEY (`id`)",
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;",
)
_INSERT: Final = "INSERT INTO `shop_users` VALUES "
_ROWS_PER_STATEMENT: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A leaked file. ``home``: share of people who are in it for sure; ``share``: who are in it.

    ``columns``: header → what it holds; ``given``: what case.toml explains of them.
    """

    name: str
    file: str
    home: float
    share: float
    columns: dict[str, str]
    given: dict[str, str]
    encoding: str = "utf-8"
    line_end: str = "\n"
    received_at: str = "2026-11-20T10:15:00+08:00"

    @property
    def evidence(self) -> str:
        """How exports and the truth name the file, of a dump its table."""
        path = f"evidence/{self.file}"
        return f"{path}!{_TABLE}" if self.file.endswith(".sql") else path

    @property
    def separator(self) -> str:
        """What stands between two fields."""
        return "----" if self.file.endswith(".txt") else ","

    @property
    def beginning(self) -> tuple[str, ...]:
        """The lines before the first row."""
        if self.file.endswith(".csv"):
            return (",".join(self.columns),)
        if self.file.endswith(".sql"):
            fields = [f"  `{header}` varchar(255) DEFAULT NULL," for header in self.columns]
            return (*_CREATE[:-2], *fields, *_CREATE[-2:])
        return ()

    def quoted(self, value: str) -> str:
        """A value as it stands in a row."""
        return f"'{value}'" if self.file.endswith(".sql") else value


LEAKS: Final = (
    Leak(
        name="orders",
        file="customers-export.csv",
        home=0.30,
        share=0.84,
        columns={"姓名": "name", "手机号": "phone", "身份证号": "idno", "收货地址": "address"},
        given={"收货地址": "address"},
        encoding="gb18030",
        line_end="\r\n",
    ),
    Leak(
        name="members",
        file="members.csv",
        home=0.25,
        share=0.80,
        columns={"name": "name", "email": "email", "birthday": "birth", "mobile": "phone"},
        given={},
        encoding="utf-8-sig",
        received_at="2026-11-20T10:40:00+08:00",
    ),
    Leak(
        name="downloads",
        file="game-orders.jsonl",
        home=0.20,
        share=0.72,
        columns={
            "username": "username",
            "phone": "phone",
            "device_id": "device",
            "order_no": "order",
        },
        given={"order_no": "order"},
        received_at="2026-11-20T11:05:00+08:00",
    ),
    Leak(
        name="dump",
        file="dump-07.txt",
        home=0.25,
        share=0.84,
        columns={"1": "name", "2": "phone", "3": "idno", "4": "pwd"},
        given={"1": "name", "2": "phone", "3": "idno", "4": "pwd"},
        received_at="2026-11-20T11:30:00+08:00",
    ),
)

_SQL_LEAK: Final = Leak(
    name="shop",
    file="shop-users.sql",
    home=0.3,
    share=1.0,
    columns={
        "real_name": "name",
        "mobile": "phone",
        "email": "email",
        "username": "username",
        "password": "pwd",
    },
    given={"password": "pwd"},
    received_at="2026-11-20T12:10:00+08:00",
)


def leaks_of(sql_dump: float) -> tuple[Leak, ...]:
    """The leaked files: four, or five when a share of people, *sql_dump*, is in an SQL dump.

    The others then hold fewer people, so that all have as many rows together.
    """
    if not sql_dump:
        return LEAKS
    dump = replace(_SQL_LEAK, home=_SQL_LEAK.home * sql_dump, share=sql_dump)
    fewer = 1.0 - sql_dump / sum(leak.share for leak in LEAKS)
    rest = (
        replace(leak, home=leak.home * (1.0 - dump.home), share=leak.share * fewer)
        for leak in LEAKS
    )
    return (*rest, dump)


def lines_of(leak: Leak, frame: pl.DataFrame) -> pl.Series:
    """One line of the file for each row."""
    if leak.file.endswith(".jsonl"):
        members = [
            pl.concat_str(pl.lit(f'"{header}": "'), pl.col(word), pl.lit('"'))
            for header, word in leak.columns.items()
        ]
        inside = pl.concat_str(members, separator=", ", ignore_nulls=True)
        return frame.select(pl.concat_str(pl.lit("{"), inside, pl.lit("}"))).to_series()
    words = [pl.col(word).fill_null("") for word in leak.columns.values()]
    if leak.file.endswith(".sql"):
        words = [
            pl.concat_str(pl.lit("'"), pl.col(word), pl.lit("'")).fill_null("NULL")
            for word in leak.columns.values()
        ]
    return frame.select(pl.concat_str(words, separator=leak.separator)).to_series()


def statements(rows: pl.Series, first: int) -> pl.Series:
    """INSERT statements of a dump; *rows* are numbered from *first*, a thousand to a statement."""
    numbers = first + np.arange(len(rows), dtype=np.int64)
    frame = pl.DataFrame({"number": numbers, "row": rows})
    values = pl.concat_str(pl.lit("("), "number", pl.lit(","), "row", pl.lit(")"))
    joined = (
        frame.select(
            (pl.col("number") // _ROWS_PER_STATEMENT).alias("statement"), values.alias("v")
        )
        .group_by("statement", maintain_order=True)
        .agg(pl.col("v").str.join(","))
    )
    whole = pl.concat_str(pl.lit(_INSERT), "v", pl.lit(";"))
    return joined.select(whole).to_series()
