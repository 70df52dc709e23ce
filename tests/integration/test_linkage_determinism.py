import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from amends.synth.service import write_case
from called import called
from made_cases import CaseDirectory

PEOPLE = 150
EXPORTS = ("matches", "accounts", "affected")
TIE = "review = 0.6000000001"  # no probability lies between it and 0.6: the run is made again
COMMANDS = """
import sys
from pathlib import Path
from amends.cli import cli
from amends.linkage import accounts, determine, exact, linking, naming, rules, shelf
from amends.linkage.weighing import engine_amends
root, to, held = sys.argv[1:]
shelf.HELD_BYTES = determine.HELD_BYTES = int(held)
engine_amends.MET_AT_ONCE = max(int(held), 50)
for module in (accounts, determine, linking):
    module.MANY_ACCOUNTS = int(held)
exact._ROWS_AT_ONCE, naming._NAMED = max(int(held), 70), max(int(held), 30)
rules._SLICE, accounts._ONWARDS = max(int(held), 90), max(int(held), 40)
cli.main(["run", root, "--until", "determine"], standalone_mode=False)
for what in ("matches", "accounts", "affected"):
    cli.main(["export", what, root, "--to", str(Path(to) / f"{what}.csv")], standalone_mode=False)
"""


def _made(case_directory: CaseDirectory, name: str) -> Path:
    """The model case in little, on a database of its own."""
    root = case_directory() / name
    write_case(root, people=PEOPLE, seed=7)
    return root


def test_threads_and_memory_do_not_change_a_byte(
    case_directory: CaseDirectory, tmp_path: Path
) -> None:
    """The same case exports the same bytes, on one thread or two, with columns sealed or held.

    So it does whatever is done side by side, and however many rows at a time.
    """
    root, found = _made(case_directory, "threads"), []
    for threads, held in (("1", "0"), ("2", "1000000000")):
        few = dict.fromkeys(("NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), threads)
        subprocess.run(
            [sys.executable, "-c", COMMANDS, str(root), str(tmp_path), held],
            env=os.environ | few,
            check=True,
            capture_output=True,
        )
        found.append({what: (tmp_path / f"{what}.csv").read_bytes() for what in EXPORTS})
        case = root / "case.toml"
        text = case.read_text(encoding="utf-8")
        case.write_text(text.replace("[linkage]\n", f"[linkage]\n{TIE}\n"), encoding="utf-8")
    assert found[0] == found[1]
    assert all(content.count(b"\n") > PEOPLE / 2 for content in found[0].values())


def test_the_order_of_rows_and_files_changes_nobody(
    case_directory: CaseDirectory, tmp_path: Path
) -> None:
    """With rows, registries and leaked files in another order, the same people have the same."""
    frames, rows = [], pl.DataFrame()
    for name in ("one", "other"):
        root = _made(case_directory, name)
        if name == "other":
            rows = _shuffled(root)
        called("run", root, "--until", "determine")
        for what in EXPORTS:
            called("export", what, root, "--to", tmp_path / f"{what}.parquet")
        frames.append([pl.read_parquet(tmp_path / f"{what}.parquet") for what in EXPORTS])
    (matches, accounts, affected), (moved, others, affected_2) = frames
    assert not moved.equals(matches), "the order was another one"
    assert _named(accounts, accounts).equals(_named(others, others))
    back = moved.join(rows, on=["evidence", "row"]).drop("row").rename({"was": "row"})
    assert back.height == moved.height
    assert _named(matches, accounts).equals(_named(back.select(matches.columns), others))
    assert _named(affected, accounts).equals(_named(affected_2, others))


def _named(frame: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """*frame* with people named by their first account, in an order of its own."""
    first = accounts.group_by("person_id").agg(
        pl.concat_str("product", "account_id", separator="/").min().alias("person")
    )
    named = frame.join(first, on="person_id", how="left").drop("person_id")
    return named.sort(named.columns)


def _shuffled(root: Path) -> pl.DataFrame:
    """Shuffle all rows of a case, and its files; ``evidence``, ``row`` and what row it ``was``."""
    dice = np.random.default_rng(5)
    rows: list[tuple[str, int, int]] = []
    for path in sorted([*(root / "registries").iterdir(), *(root / "evidence").iterdir()]):
        if path.suffix == ".parquet":
            pl.read_parquet(path).sample(fraction=1.0, shuffle=True, seed=5).write_parquet(path)
            continue
        lines = path.read_bytes().splitlines(keepends=True)
        header = int(path.suffix == ".csv")
        order = dice.permutation(np.arange(header, len(lines))).tolist()
        path.write_bytes(b"".join([*lines[:header], *(lines[at] for at in order)]))
        rows += [
            (path.relative_to(root).as_posix(), new, old + 1 - header)
            for new, old in enumerate(order, start=1)
        ]
    head, *blocks = (root / "case.toml").read_text(encoding="utf-8").split("\n[[")
    files = [block for block in blocks if block.startswith(("registry]]", "evidence]]"))]
    rest = [block for block in blocks if block not in files]
    text = "\n[[".join([head, *reversed(files), *rest])
    (root / "case.toml").write_text(text, encoding="utf-8")
    schema = {"evidence": pl.String, "row": pl.Int64, "was": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")
