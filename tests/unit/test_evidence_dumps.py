from pathlib import Path

import polars as pl
import pytest

from amends.evidence.model import Encoding, Reason
from amends.evidence.readers.content import on_disk
from amends.evidence.readers.dumps import Dump, looks_like_dump
from amends.evidence.readers.table import QUARANTINE

MYSQL = r"""-- MySQL dump 10.13  Distrib 8.0.36
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `users`;
CREATE TABLE `users` (
  `id` int(11) NOT NULL DEFAULT '0' COMMENT 'it''s (a, b)',
  `na``me` varchar(20),
  PRIMARY KEY (`id`),
  KEY `k` (`na``me`)
) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'张三\'s\n\\'),(2,'O''Neil; DROP (,),'),(3,NULL),( 4 , '' );
INSERT INTO `users` VALUES (5,"say \"hi\" ""q"" 'x'"),(6,-1.50);
# INSERT INTO `users` VALUES (0,'comment');
/* INSERT INTO `users` VALUES (0,'comment'); */
INSERT INTO `orders` (`no`,`user`) VALUES (_binary 'x',0x41),(7,NOW());
INSERT IGNORE INTO db.`users` VALUES (8,'  last　');
CREATE TABLE `empty` (`x` int);
"""
POSTGRES = (
    "--\n-- PostgreSQL database dump\n--\n"
    "CREATE TABLE public.users (id integer, name text, CONSTRAINT x CHECK ((id > 0)));\n"
    "CREATE FUNCTION f() RETURNS trigger AS $f$ BEGIN\n"
    "INSERT INTO log VALUES ('no'); END $f$;\n"
    "COPY public.users (id, name, note) FROM stdin;\n"
    "1\t张三\t\\N\n"
    "2\ta\\tb\\\\c\\nd\tINSERT INTO x\n"
    "3\t\t;'\n"
    "\\.\n\n"
    "INSERT INTO public.t2 VALUES (1, 'a\\b', E'c\\'d', '2020-01-01'::date);\n"
)
SERVER = (
    "USE [db]\nGO\nSET IDENTITY_INSERT [dbo].[Users] ON \nGO\n"
    "INSERT [dbo].[Users] ([Id], [Na]]me], [D]) VALUES "
    "(1, N'张三', CAST(N'2015-01-01T00:00:00.000' AS DateTime))\nGO\n"
    "INSERT [dbo].[Users] ([Id], [Na]]me], [D]) VALUES (2, N'it''s \\', NULL)\n"
    "INSERT [dbo].[Users] ([Id], [Na]]me], [D]) VALUES (3, N'x', 0x00)\nGO\n"
)
Values = list[tuple[str | None, ...]]


def dump(tmp_path: Path, content: bytes | str) -> Dump:
    """A dump on the disk."""
    path = tmp_path / "a.sql"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Dump(on_disk(path, "a.sql"), Encoding.UTF8, offsets_hold=True)


def read(found: Dump, table: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and quarantine of a table."""
    batches = list(found.table(table).batches())
    rows = pl.concat([pl.DataFrame(batch.rows) for batch in batches])
    waiting = [batch.quarantined for batch in batches]
    return rows, pl.concat([pl.DataFrame(schema=QUARANTINE), *waiting])


def values(found: Dump, table: str) -> Values:
    """The values of a table's rows."""
    return [row[2:] for row in read(found, table)[0].iter_rows()]


def test_mysql_dump_is_its_tables(tmp_path: Path) -> None:
    """Extended inserts, escapes, comments and quoted names give the rows that MySQL would have."""
    found = dump(tmp_path, MYSQL)
    assert found.tables() == ["users", "orders"]
    assert found.table("users").headers == ("id", "na`me")
    assert values(found, "users") == [
        ("1", "张三's\n\\"),
        ("2", "O'Neil; DROP (,),"),
        ("3", None),
        ("4", None),
        ("5", 'say "hi" "q" \'x\''),
        ("6", "-1.50"),
        ("8", "last"),
    ]
    assert found.table("orders").headers == ("no", "user")
    assert values(found, "orders") == [("x", "0x41"), ("7", "NOW()")]


def test_postgres_dump_is_its_tables(tmp_path: Path) -> None:
    """COPY blocks and inserts give their rows; what stands in a function is no row."""
    found = dump(tmp_path, POSTGRES)
    assert found.tables() == ["users", "t2"]
    assert values(found, "users") == [
        ("1", "张三", None),
        ("2", "a\tb\\c\nd", "INSERT INTO x"),
        ("3", None, ";'"),
    ]
    assert values(found, "t2") == [("1", "a\\b", "c'd", "2020-01-01")]


def test_sql_server_script_is_its_tables(tmp_path: Path) -> None:
    """Inserts row by row, with N'' and brackets and GO, ended or not, give their rows."""
    found = dump(tmp_path, SERVER)
    assert found.table("Users").headers == ("Id", "Na]me", "D")
    assert values(found, "Users") == [
        ("1", "张三", "2015-01-01T00:00:00.000"),
        ("2", "it's \\", None),
        ("3", "x", "0x00"),
    ]


def test_rows_know_their_place(tmp_path: Path) -> None:
    """Each row has its number in the table and the byte at which it begins in the dump."""
    found = dump(tmp_path, MYSQL)
    rows, _ = read(found, "users")
    content = MYSQL.encode()
    assert rows["row"].to_list() == list(range(1, 8))
    starts = [content[place : place + 3] for place in rows["byte_offset"]]
    assert starts == [b"(1,", b"(2,", b"(3,", b"( 4", b"(5,", b"(6,", b"(8,"]


def test_broken_row_costs_itself_alone(tmp_path: Path) -> None:
    """A row that is no SQL waits with its place; the rows around it and statements behind stay."""
    text = (
        "INSERT INTO t VALUES (1,'a'),(2,'b' 'c),(3,'d'),(4,'e'),broken,(5,'f');\n"
        "INSERT INTO t VALUES (6,'x'),(7,'cut of"
    )
    rows, quarantined = read(dump(tmp_path, text), "t")
    assert [row[2] for row in rows.iter_rows()] == ["1", "3", "4", "6"]
    assert set(quarantined["reason"]) == {Reason.NOT_SQL}
    numbers = sorted([*rows["row"], *quarantined["row"]])
    assert numbers == list(range(1, len(numbers) + 1))


def test_wide_short_and_undecodable_rows(tmp_path: Path) -> None:
    """A row with more values than columns waits, a shorter one is padded, bad bytes are counted."""
    content = (
        b"INSERT INTO t (a,b) VALUES (1,'x'),(2),(3,'y','z'),(4,'\xff\xfe'),(5,'\xe5\xbc\xa0');"
    )
    found = dump(tmp_path, content)
    batches = list(found.table("t").batches())
    assert sum(batch.short_rows for batch in batches) == 1
    rows, quarantined = read(found, "t")
    assert [row[2:] for row in rows.iter_rows()] == [("1", "x"), ("2", None), ("5", "张")]
    assert quarantined.select("row", "reason", "undecodable_bytes").rows() == [
        (3, Reason.TOO_MANY_FIELDS, 0),
        (4, Reason.UNDECODABLE_BYTES, 2),
    ]


def test_statements_of_one_table_may_list_other_columns(tmp_path: Path) -> None:
    """Values go to the columns that their statement names, in any order."""
    text = "INSERT INTO t (a,b) VALUES (1,2);INSERT INTO t (c,a) VALUES (3,4);"
    found = dump(tmp_path, text)
    assert found.table("t").headers == ("a", "b", "c")
    assert values(found, "t") == [("1", "2", None), ("4", None, "3")]


def test_rows_over_many_blocks_are_all_read(tmp_path: Path) -> None:
    """Rows of interleaved tables over several blocks of the file come whole and in their order."""
    line = "INSERT INTO `{}` VALUES ({},'{}');\n"
    text = "".join(line.format("ab"[n % 2], n, "张" * (n * 7 % 7_000)) for n in range(2_000))
    found = dump(tmp_path, "-- MySQL\n" + text)
    for at, table in enumerate("ab"):
        expected: Values = [(str(n), "张" * (n * 7 % 7_000) or None) for n in range(at, 2_000, 2)]
        assert values(found, table) == expected


@pytest.mark.parametrize(
    ("text", "is_dump"),
    [
        (MYSQL, True),
        (POSTGRES, True),
        (SERVER, True),
        ("name,phone\nx,1\n", False),
        ("INSERT your name here\n", False),
        ("create table tennis club\n", False),
    ],
)
def test_dump_is_told_from_other_text(text: str, *, is_dump: bool) -> None:
    """Statements at the beginnings of lines make a dump; words that look like some do not."""
    assert looks_like_dump(text) is is_dump


def test_comments_of_columns_are_read_where_each_database_writes_them(tmp_path: Path) -> None:
    """Behind the column, in a statement of their own, or as an extended property."""
    more = (
        "CREATE TABLE t (`sj` char(11) COMMENT '手机\\'号', b int);\nINSERT INTO t VALUES (1,2);\n"
    )
    mysql = dump(tmp_path, MYSQL + more)
    assert mysql.table("users").comments == ("it's (a, b)", "")
    assert mysql.table("orders").comments == ("", "")
    assert mysql.table("t").comments == ("手机'号", "")
    postgres = dump(
        tmp_path,
        "-- PostgreSQL database dump\n"
        "CREATE TABLE public.users (id integer, name text);\n"
        "COMMENT ON TABLE public.users IS 'nobody';\n"
        "COMMENT ON COLUMN public.users.name IS '姓名; it''s \\';\n"
        "COMMENT ON COLUMN public.users.id IS NULL;\n"
        "COPY public.users (id, name) FROM stdin;\n1\tCOMMENT ON COLUMN a.b IS 'c'\n\\.\n",
    )
    assert postgres.table("users").comments == ("", "姓名; it's \\")
    said = (
        "EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'证件号' , "
        "@level0type=N'SCHEMA',@level0name=N'dbo', @level1type=N'TABLE',@level1name=N'Users', "
        "@level2type=N'COLUMN',@level2name=N'Na]me'\nGO\n"
        "EXECUTE sp_addextendedproperty N'MS_Description', N'of the table', N'SCHEMA', N'dbo', "
        "N'TABLE', N'Users'\nGO\n"
        "EXEC sp_addextendedproperty 'Other', 'x', "
        "'SCHEMA', 'dbo', 'TABLE', 'Users', 'COLUMN', 'Id'\nGO\n"
    )
    server = dump(tmp_path, SERVER + said)
    assert server.table("Users").comments == ("", "证件号", "")
    assert values(server, "Users") == values(dump(tmp_path, SERVER), "Users")
