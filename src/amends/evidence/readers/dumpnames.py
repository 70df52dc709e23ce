"""What an SQL dump calls its tables and columns, and what its comments say of these. Pure.

Comments stand behind a column in ``CREATE TABLE`` (MySQL), in ``COMMENT ON COLUMN`` (PostgreSQL),
and in the extended property ``MS_Description`` (SQL Server).
"""

import re
from typing import Final, NamedTuple

NAME: Final = r'(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|\[(?:[^\]]|\]\])+\]|[\w$#@]+)'
_ONE_NAME: Final = re.compile(NAME)
_NO_COLUMN: Final = re.compile(
    r"(?:PRIMARY|KEY|UNIQUE|CONSTRAINT|INDEX|FOREIGN|CHECK|FULLTEXT|SPATIAL|PERIOD|LIKE|EXCLUDE)\b",
    re.IGNORECASE,
)
_BEHIND_COLUMN: Final = re.compile(r"\bCOMMENT\s*=?\s*(?=')", re.IGNORECASE)
_ON_COLUMN: Final = re.compile(
    rf"COMMENT\s+ON\s+COLUMN\s+(?P<column>{NAME}(?:\s*\.\s*{NAME})+)\s+IS\s+E?(?=')", re.IGNORECASE
)
_PROPERTY: Final = re.compile(
    r"EXEC(?:UTE)?\s+(?:sys\.)?\[?sp_addextendedproperty\]?\s+(?P<said>(?:[^';]|'(?:[^']|'')*')*)",
    re.IGNORECASE,
)
_DESCRIPTION: Final = "MS_Description"
_TEXT: Final = re.compile(r"'((?:[^']|'')*)'")
_ESCAPED_TEXT: Final = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)


class Comment(NamedTuple):
    """What is said of a column of a table."""

    table: str
    column: str
    said: str


def names_in(raw: str) -> list[str]:
    """All names in a list or path, without their marks."""
    return [_bare(name) for name in _ONE_NAME.findall(raw)]


def columns_of(text: str, *, backslash: bool) -> dict[str, str]:
    """The columns of a CREATE TABLE and their comments, from what follows its opening bracket."""
    columns: dict[str, str] = {}
    depth, start, quote, escaped = 0, 0, "", False
    for at, sign in enumerate(text):
        if escaped:
            escaped = False
        elif quote:
            escaped = backslash and sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign == "(":
            depth += 1
        elif sign in ",)" and depth == 0:
            said = text[start:at].strip()
            match = _ONE_NAME.match(said)
            if match and not _NO_COLUMN.match(match[0]):
                *_, mark = [None, *_BEHIND_COLUMN.finditer(said)]
                comment = _quoted(said[mark.end() :], backslash=backslash) if mark else ""
                columns[_bare(match[0])] = comment
            start = at + 1
            if sign == ")":
                return columns
        elif sign == ")":
            depth -= 1
    return {}


def comment_of(statement: str, *, backslash: bool) -> Comment | None:
    """What a statement says of a column, if it is one that does."""
    match = _ON_COLUMN.match(statement)
    if match is not None:
        table, column = names_in(match["column"])[-2:]
        said = _quoted(statement[match.end() :], backslash=backslash)
        return Comment(table=table, column=column, said=said) if said else None
    match = _PROPERTY.match(statement)
    if match is None:
        return None
    texts = [text.replace("''", "'") for text in _TEXT.findall(match["said"])]
    of = dict(zip((text.upper() for text in texts[2:8:2]), texts[3:8:2], strict=False))
    if texts[:1] != [_DESCRIPTION] or "TABLE" not in of or "COLUMN" not in of:
        return None
    return Comment(table=of["TABLE"], column=of["COLUMN"], said=texts[1])


def _quoted(text: str, *, backslash: bool) -> str:
    """The text in quotation marks with which *text* begins; empty where there is none."""
    found = (_ESCAPED_TEXT if backslash else _TEXT).match(text)
    if found is None:
        return ""
    said = found[1].replace("''", "'")
    return re.sub(r"\\(.)", r"\1", said, flags=re.DOTALL) if backslash else said


def _bare(name: str) -> str:
    for first, last in ("``", '""', "[]"):
        if name.startswith(first):
            return name[1:-1].replace(last * 2, last)
    return name
