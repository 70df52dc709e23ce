"""How fast edges become components, beside scipy and Splink on the same edges in the same run.

    python bench/components.py [EDGES ...] [--splink]

Random edges among as many nodes, from Parquet to a label per node and their count. That all find as
many components is checked.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

import apart
from amends.linkage.assign import how_many
from amends.linkage.compiled.components import smallest_of

_TOY = 1000
Sides = tuple[np.typing.NDArray[np.int64], np.typing.NDArray[np.int64]]


def main() -> None:
    """Print a line for each step and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("edges", nargs="*", type=int)
    parser.add_argument("--splink", action="store_true")
    parser.add_argument("--one", nargs=3)
    arguments = parser.parse_args()
    if arguments.one:
        step, *folders = arguments.one
        apart.say(STEPS[step], *map(Path, folders))
        return
    steps = STEPS if arguments.splink else ("union-find", "scipy")
    print(apart.HEADING)
    for edges in arguments.edges or (200_000, 2_000_000, 25_000_000):
        with tempfile.TemporaryDirectory(prefix="amends-edges-") as name:
            _compare(edges, Path(name), tuple(steps))


def _compare(edges: int, folder: Path, steps: tuple[str, ...]) -> None:
    toy = folder / "toy"
    toy.mkdir()
    _edges(_TOY).write_parquet(toy / "edges.parquet")
    _edges(edges).write_parquet(folder / "edges.parquet")
    done: dict[str, apart.Measured] = {}
    for step in steps:
        done[step] = apart.one_of(__file__, step, toy, folder)
        print(apart.line(edges, step, done[step], done["union-find"]), flush=True)
    if len({str(one["answer"]) for one in done.values()}) > 1:
        message = "not all find as many components"
        raise AssertionError(message)
    if "splink" in done:
        ratio = done["splink"]["cpu_s"] / done["union-find"]["cpu_s"]
        wall = done["splink"]["wall_s"] / done["union-find"]["wall_s"]
        print(f"            splink is {ratio:.1f} x (CPU), {wall:.1f} x (wall) ours (goal 30)")


def _edges(count: int) -> pl.DataFrame:
    """Random edges among as many nodes."""
    dice = np.random.default_rng(2)
    return pl.DataFrame({side: dice.integers(0, count, count) for side in ("l", "r")})


def _sides(folder: Path) -> Sides:
    edges = pl.read_parquet(folder / "edges.parquet")
    return edges["l"].to_numpy(), edges["r"].to_numpy()


def _union_find(folder: Path) -> object:
    left, right = _sides(folder)
    return how_many(smallest_of(left, right, len(left)))


def _scipy(folder: Path) -> object:
    left, right = _sides(folder)
    size = len(left)
    graph = coo_matrix((np.ones(size, dtype=np.int8), (left, right)), shape=(size, size))
    return int(connected_components(graph, directed=False)[0])


def _splink(folder: Path) -> object:
    from splink import DuckDBAPI  # noqa: PLC0415 -- heavy, and only asked for
    from splink.clustering import (  # noqa: PLC0415
        cluster_pairwise_predictions_at_threshold as cluster,
    )

    connection = duckdb.connect(config={"threads": 2})
    edges = pl.read_parquet(folder / "edges.parquet").to_arrow()
    nodes = pl.DataFrame({"id": np.arange(len(edges))}).to_arrow()
    found = cluster(
        nodes,
        edges,
        DuckDBAPI(connection=connection),
        node_id_column_name="id",
        edge_id_column_name_left="l",
        edge_id_column_name_right="r",
    )
    table = found.physical_name
    return connection.execute(
        f"SELECT count(DISTINCT cluster_id) FROM {table}"  # noqa: S608 -- Splink's own name
    ).fetchall()[0][0]


STEPS: dict[str, apart.Step] = {"union-find": _union_find, "scipy": _scipy, "splink": _splink}


if __name__ == "__main__":
    main()
