"""Every readable record of a case with its true person, for the oracle; shares no code with ours.

A registry's account and a leaked row become one kind of record: normalised texts, one column a
field, in Parquet parts of bounded size. What our own readers and detectors do not understand, this
one does (it knows the headers of the made-up and the practice case), so the oracle also sees what
we lose by reading.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from amends.kernel.casefile import read_case

FIELDS: Final = (
    "name",
    "phone",
    "idno",
    "email",
    "device",
    "username",
    "birth",
    "address",
    "postcode",
    "birth_place",
    "occupation",
    "gender",
)
"""Columns of a record, as text; null where there is nothing."""

_WORDS: Final = {
    "name": "name real_name 姓名 member visitor",
    "phone": "phone mobile 手机号",
    "idno": "idno 身份证号 id_card",
    "email": "email",
    "device": "device_id 设备号 device",
    "username": "username nickname 用户名",
    "birth": "birth birthday 生日 born dob",
    "address": "address 收货地址",
    "postcode": "postcode zip post_code",
    "birth_place": "birth_place place from",
    "occupation": "occupation profession job",
    "gender": "gender 性别 sex",
    "account_id": "account_id 账号",
}
_FIELD_OF: Final = {word: field for field, words in _WORDS.items() for word in words.split()}
_PART: Final = 400_000
_TUPLE: Final = re.compile(r"\((?:[^()']|'(?:[^'\\]|\\.)*')*\)")
_VALUE: Final = re.compile(r"'((?:[^'\\]|\\.)*)'|([^,()]+)")
_COLUMN: Final = re.compile(r"^\s+`(\w+)`", re.MULTILINE)
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def write_records(case: Path, folder: Path) -> None:
    """Write all records of *case* to ``folder/*.parquet``.

    Columns: ``node`` (from 0), ``account`` (or leaked row), ``source`` (product or evidence),
    ``key`` (account_id or row), ``person`` (hash of the true one), :data:`FIELDS`. Rows that nobody
    can read, having no truth, are not among them.
    """
    file = read_case(case).file
    node = 0
    owners = _truth(case / "truth-accounts.csv", "product")
    for registry in file.registries:
        whose = owners.filter(pl.col("source") == registry.product).drop("source")
        for frame in _registry(case / registry.path, dict(registry.columns)):
            known = frame.join(whose, left_on="account_id", right_on="key", maintain_order="left")
            found = known.rename({"account_id": "key"}).with_columns(
                pl.lit(value=True).alias("account"), pl.lit(registry.product).alias("source")
            )
            node = _write(folder, found, node)
    rows = _truth(case / "truth-rows.csv", "evidence")
    for evidence in file.evidence:
        source = pl.col("source").cast(pl.String)
        mine = (source == evidence.path) | source.str.starts_with(f"{evidence.path}!")
        whose = rows.filter(mine).select(pl.col("key").cast(pl.Int64).alias("row"), "person")
        for frame in _leaked(case / evidence.path, dict(evidence.columns)):
            known = frame.join(whose, on="row", maintain_order="left")
            found = known.rename({"row": "key"}).with_columns(
                pl.lit(value=False).alias("account"), pl.lit(evidence.path).alias("source")
            )
            node = _write(folder, found.cast({"key": pl.String}), node)


def _truth(path: Path, source: str) -> pl.DataFrame:
    """``source`` (a category), ``key`` within it, and the hash of ``person``."""
    return (
        pl.scan_csv(path, infer_schema=False)
        .select(
            pl.col(source).cast(pl.Categorical).alias("source"),
            pl.nth(1).alias("key"),
            pl.col("person").hash(seed=1),
        )
        .collect(engine="streaming")
    )


def _write(folder: Path, frame: pl.DataFrame, node: int) -> int:
    """Normalise a part and write it; the next free number."""
    frame = _normalised(_exchanged(frame))
    numbered = frame.select(
        (node + pl.int_range(pl.len(), dtype=pl.UInt32)).alias("node"),
        *("account", "source", "key", "person"),
        *FIELDS,
    )
    numbered.write_parquet(folder / f"{node:010d}.parquet", compression="lz4", statistics=False)
    return node + frame.height


def _registry(path: Path, named: dict[str, str]) -> Iterator[pl.DataFrame]:
    """The parts of an account table under field words."""
    if path.suffix == ".parquet":
        for part in pl.scan_parquet(path).collect_batches(chunk_size=_PART):
            yield _renamed(part, named)
        return
    for frame in _delimited(path, named):
        yield frame.drop("row")


def _leaked(path: Path, named: dict[str, str]) -> Iterator[pl.DataFrame]:
    """The parts of a leaked file under field words, with the ``row`` that the truth counts."""
    match path.suffix:
        case ".jsonl":
            yield from _frames(_json_lines(path), None, named)
        case ".txt":
            width = max(int(column) for column in named)
            lines = (line.rstrip("\r\n").split("----") for line in _lines(path))
            yield from _frames(lines, [str(at + 1) for at in range(width)], named)
        case ".sql":
            yield from _frames(_tuples(path), _COLUMN.findall(_head(path)), named)
        case _:
            yield from _delimited(path, named)


def _delimited(path: Path, named: dict[str, str]) -> Iterator[pl.DataFrame]:
    """A csv file with a header, whose damaged rows shall not stop it."""
    lines = _lines(path)
    header = next(csv.reader([next(lines)]))
    yield from _frames(csv.reader(lines), header, named)


def _frames(
    rows: Iterable[Sequence[str] | dict[str, str]], header: list[str] | None, named: dict[str, str]
) -> Iterator[pl.DataFrame]:
    """Rows in parts, numbered from 1; a row of too many fields is counted and left out."""
    every = enumerate(rows, start=1)
    while numbered := list(islice(every, _PART)):
        if header is None:
            keys = sorted({key for _, row in numbered for key in row})
            good = [(at, [row.get(key) for key in keys]) for at, row in numbered if row]  # type: ignore[union-attr]
        else:
            keys = header
            good = [(at, list(row)) for at, row in numbered if len(row) == len(keys)]
        schema = dict.fromkeys(keys, pl.String)
        frame = pl.DataFrame([row for _, row in good], schema=schema, orient="row")
        yield _renamed(frame, named).with_columns(
            pl.Series("row", [at for at, _ in good], dtype=pl.Int64)
        )


def _encoding(path: Path) -> str:
    """UTF-8, or GB18030 where the first mebibyte is not UTF-8."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    undecodable = head.decode("utf-8", errors="replace").count("\ufffd")
    return "gb18030" if undecodable > len(head) // 1000 + 1 else "utf-8-sig"


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding=_encoding(path), errors="replace", newline="\n") as file:
        yield from file


def _head(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(1 << 14).partition("INSERT")[0]


def _json_lines(path: Path) -> Iterator[dict[str, str]]:
    for line in _lines(path):
        try:
            yield {key: value for key, value in json.loads(line).items() if isinstance(value, str)}
        except ValueError:
            yield {}


def _tuples(path: Path) -> Iterator[list[str]]:
    """The tuples of the INSERT statements of a MySQL dump."""
    for line in _lines(path):
        start = line.find("VALUES ") if line.startswith("INSERT") else -1
        for found in _TUPLE.findall(line[start + 7 :] if start >= 0 else ""):
            values = _VALUE.findall(found)
            yield [
                quoted.replace("\\'", "'") if not bare else "" if bare == "NULL" else bare
                for quoted, bare in values
            ]


def _renamed(frame: pl.DataFrame, named: dict[str, str]) -> pl.DataFrame:
    """Field words for headers; what is no field goes."""
    known = {
        header: field
        for header in frame.columns
        if (field := named.get(header, _FIELD_OF.get(header.lower().replace(" ", "_"))))
        in (*FIELDS, "account_id")
    }
    missing = [pl.lit(None, pl.String).alias(f) for f in FIELDS if f not in known.values()]
    return frame.select(
        pl.col(header).alias(field) for header, field in known.items()
    ).with_columns(missing)


def _exchanged(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose first two fields stand in each other's place, put right."""
    for one, other in (("name", "phone"), ("name", "email"), ("username", "phone")):
        sign = "@" if other == "email" else r"^[+\d\s*-]{8,}$"
        wrong = pl.col(one).str.contains(sign) & ~pl.col(other).str.contains(sign).fill_null(
            value=False
        )
        frame = frame.with_columns(
            pl.when(wrong).then(other).otherwise(one).alias(one),
            pl.when(wrong).then(one).otherwise(other).alias(other),
        )
    return frame


def _normalised(frame: pl.DataFrame) -> pl.DataFrame:
    """One way of writing for each value; masks and slips stay as they are."""
    plain = {
        field: pl.col(field).str.normalize("NFKC").str.to_lowercase().str.strip_chars()
        for field in FIELDS
    }
    tight = {field: text.str.replace_all(r"[\s\-()]", "") for field, text in plain.items()}
    phone = tight["phone"].str.replace(r"^(?:\+|00)?86(1[\d*]{7,})$", "$1")
    idno = tight["idno"]
    old = idno.str.contains(r"^\d{15}$")
    body = idno.str.slice(0, 6) + "19" + idno.str.slice(6, 9)
    frame = frame.with_columns(
        plain["name"]
        .str.replace_all(r"(\p{Han})[\s·•・.]+(\p{Han})", "$1$2")
        .str.replace_all(r"(\p{Han})[\s·•・.]+(\p{Han})", "$1$2")
        .str.replace_all(r"[·•・.,'’\"()]", " ")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars(),
        phone.alias("phone"),
        pl.when(old).then(body + _check(body)).otherwise(idno).alias("idno"),
        tight["birth"].str.replace_all(r"[/.]", ""),
        plain["gender"].replace({"男": "male", "m": "male", "女": "female", "f": "female"}),
        *(tight[field] for field in ("email", "device", "address", "postcode")),
        *(plain[field] for field in ("username", "birth_place", "occupation")),
    )
    frame = frame.with_columns(pl.when(pl.col(f) != "").then(pl.col(f)).alias(f) for f in FIELDS)
    whole = pl.col("idno").str.contains(r"^\d{17}[\dx]$")
    return frame.with_columns(
        pl.coalesce("birth", pl.when(whole).then(pl.col("idno").str.slice(6, 8))).alias("birth")
    )


def _check(body: pl.Expr) -> pl.Expr:
    """The eighteenth sign over 17 digits (GB 11643-1999)."""
    total = sum(
        (body.str.slice(i, 1).cast(pl.Int64, strict=False) * w for i, w in enumerate(_ID_WEIGHTS)),
        start=pl.lit(0, pl.Int64),
    )
    return (total % 11).replace_strict(
        dict(enumerate("10x98765432")), return_dtype=pl.String, default=None
    )
