import io
import os
from pathlib import Path

import pytest

from amends.store.files import steadily_written, written_whole


def test_what_is_written_steadily_is_all_there(tmp_path: Path) -> None:
    """Pieces of any size come one behind the other, and the descriptor is closed behind them."""
    path = tmp_path / "a"
    pieces = [bytes([size % 251]) * size for size in (0, 1, 1 << 20, 9 << 20, 3, (8 << 20) - 7)]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    with steadily_written(descriptor) as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    assert path.read_bytes() == b"".join(pieces)
    assert isinstance(file, io.BufferedWriter)
    assert file.closed


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    """What breaks on the way leaves the old file, and nothing beside it."""
    to = tmp_path / "chart.svg"

    def write(content: str, *, breaks: bool) -> None:
        with written_whole(to) as part:
            part.write_text(content)
            if breaks:
                raise OSError("full")

    write("first", breaks=False)
    with pytest.raises(OSError, match="full"):
        write("half", breaks=True)
    assert [to] == list(tmp_path.iterdir())
    assert to.read_text() == "first"
