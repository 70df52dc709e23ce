import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from numba.core.dispatcher import Dispatcher

from amends.evidence.compiled import cells, decoding, objects, seen, values
from amends.evidence.readers.opening import open_table
from amends.evidence.ready import make_ready
from amends.evidence.seen import Seen


def compiled() -> Iterator[tuple[str, object]]:
    """Each kernel and each kind of arguments that it is compiled for."""
    for module in (cells, decoding, objects, seen, values):
        for name, kernel in vars(module).items():
            if isinstance(kernel, Dispatcher):
                yield from ((name, signature) for signature in kernel.signatures)


def test_reading_compiles_nothing_that_set_up_did_not(tmp_path: Path) -> None:
    """After set-up's compiling, files of every kind are read without compiling anything."""
    make_ready()
    before = set(compiled())
    table = [("name", "phone"), ("甲", " 1"), ('say "乙"', ""), ("a\nb", "3")]
    text = io.StringIO()
    csv.writer(text).writerows(table)
    lines = "".join(json.dumps(dict(zip(table[0], row, strict=True))) + "\n" for row in table)
    files = {
        "a.csv": text.getvalue().encode(),
        "b.csv": text.getvalue().encode("gb18030"),
        "c.csv": text.getvalue().encode("utf-16"),
        "d.csv": text.getvalue().encode() + b"\xff,1\n",
        "e.txt": "甲----1\n乙----2\n".encode(),
        "f.jsonl": lines.encode() + b"not json\n\xff\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    columns = {"account_id": ["1", " 2"], "n": [1, None], "raw": [b"\xff", b"ok"]}
    pq.write_table(pa.table(columns), tmp_path / "g.parquet")
    for path in sorted(tmp_path.iterdir()):
        with open_table(path, path.name, [], lambda _: None) as opened:
            assert sum(batch.records for batch in opened.table.batches()) >= 2
    Seen().again(pa.array(["x", None], pa.large_string()))
    assert set(compiled()) == before
