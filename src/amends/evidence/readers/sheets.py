"""Reads workbooks: xlsx, xlsb, xls and ods, a sheet at a time.

Values become the text that a person typed: a telephone number that the workbook keeps as a number
is written with all its digits, a day as ISO 8601, a day with its time only where it has one.
"""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from amends.evidence.limits import Limits
from amends.evidence.model import FileFormat, Unread, UnreadError
from amends.evidence.readers.content import READ_BYTES, Content
from amends.evidence.readers.grid import Grid, Row
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin")
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


def is_workbook(content: Content) -> bool:
    """Whether the bytes are an office document that may hold sheets."""
    beginning = content.beginning(len(OLE_MAGIC))
    if beginning == OLE_MAGIC:
        return True
    if not beginning.startswith(b"PK\x03\x04"):
        return False
    try:
        with content.open() as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if any(part in names for part in _WORKBOOK_PARTS):
                return True
            return "mimetype" in names and archive.read("mimetype").strip() == _ODS
    except Exception:  # noqa: BLE001  # hostile bytes raise anything; they are no workbook then
        return False


def sheets_with_rows(content: Content, limits: Limits) -> list[str]:
    """The names of a workbook's sheets that hold anything.

    Raises:
        InputFileError: it is encrypted, damaged, or unfolds into too much.
    """
    with _workbook(content, limits) as workbook:
        return [
            name
            for name in workbook.sheet_names
            if workbook.get_sheet_by_name(name).total_height > 0
        ]


class SheetTable(Grid):
    """One sheet of a workbook."""

    def __init__(self, content: Content, sheet: str, names: Sequence[str], limits: Limits) -> None:
        with _workbook(content, limits) as workbook:
            rows = _rows(workbook.get_sheet_by_name(sheet))
            super().__init__(rows, FileFormat.WORKBOOK, names=names)


@contextmanager
def _workbook(content: Content, limits: Limits) -> Iterator[CalamineWorkbook]:
    """The workbook, held in memory by its library; hence bounded first.

    Raises:
        InputFileError: see :func:`sheets_with_rows`.
    """
    name = content.name
    _refuse_bomb(content, limits)
    try:
        with content.open() as file, CalamineWorkbook.from_filelike(file) as workbook:
            yield workbook
    except PasswordError:
        raise InputFileError(
            said(
                "{name}: is encrypted: open it with its password, save it without one, and "
                "name that file in case.toml",
                name=name,
            )
        ) from None
    except CalamineError as error:
        if content.beginning(len(OLE_MAGIC)) == OLE_MAGIC and "Workbook" in str(error):
            raise UnreadError(
                said(
                    "{name}: is an office document without sheets: export its tables as csv",
                    name=name,
                ),
                Unread.NOT_A_TABLE,
            ) from None
        raise _damaged(name, error) from None
    except (InputFileError, OSError):
        raise
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # what the library does over some bytes
            raise _damaged(name, error) from None
        raise


def _damaged(name: str, error: BaseException) -> InputFileError:
    return InputFileError(
        said(
            "{name}: the workbook is damaged or cut short ({error}): get it again, or "
            "export its tables as csv",
            name=name,
            error=type(error).__name__,
        )
    )


def _refuse_bomb(content: Content, limits: Limits) -> None:
    """Unfold the parts of a workbook into nothing, to see how much there is."""
    if content.size_bytes > limits.held_bytes:
        raise _too_large(content.name, limits)
    if not content.beginning(2).startswith(b"PK"):
        return
    size_bytes = 0
    allowed = max(limits.free_bytes, min(limits.held_bytes, limits.ratio * content.size_bytes))
    try:
        with content.open() as file, zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as part:
                    while size_bytes <= allowed and (data := part.read(READ_BYTES)):
                        size_bytes += len(data)
    except Exception as error:  # noqa: BLE001  # libraries raise anything over hostile bytes
        raise _damaged(content.name, error) from None
    if size_bytes > allowed:
        raise _too_large(content.name, limits)


def _too_large(name: str, limits: Limits) -> InputFileError:
    return InputFileError(
        said(
            "{name}: the workbook unfolds into more than is held in memory ({held_mib} "
            "MiB, and {ratio} times its size): export its tables as csv",
            name=name,
            held_mib=limits.held_bytes >> 20,
            ratio=limits.ratio,
        )
    )


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    for row in sheet.iter_rows():
        yield [_text(value) for value in row]


def _text(value: float | str | bool | time | date | datetime | timedelta) -> str | None:  # noqa: FBT001  # a cell
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        at_midnight = value.time() == time()
        return str(value.date()) if at_midnight else value.isoformat(" ", "seconds")
    return str(value)  # days and times as ISO 8601
