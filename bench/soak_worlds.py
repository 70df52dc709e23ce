"""Ten thousand worlds in which people are paid while everything fails: part of ``make soak``.

    python bench/soak_worlds.py [--seeds 10000] [--first 0] [--sweeps 2] [--processes 2] [--anew]
        [--record FILE]

A world is a seed's (`tests/simulated_world.py`): networks lose, double, delay and break calls,
processes are killed between any two steps, servers restart. In each nobody may be paid twice,
nobody forgotten, and every sum has to be zero. After that some worlds are swept: each is played
once for every step that any of its processes takes, which is killed right before it. What is done
is kept in a file (*record*, usually ``bench/results/soak_worlds.json``) after every fifty worlds; a
run that was stopped goes on there, as long as the program is the same.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from simulated_server import Server
from simulated_world import Kill, World, make_people, write_world

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "bench" / "results" / "soak_worlds.json"
BLOCK = 50
PARTS = 40
"""Of a sweep."""
MEMORY = Path("/dev/shm")  # noqa: S108 -- worlds are forgotten anyway


@dataclass(slots=True, kw_only=True)
class Block:
    """What fifty worlds were. ``wrong``: by seed, what did not hold.

    ``swept``: of a part of a sweep its number, from 1; then ``first`` is the seed of all of them.
    """

    first: int
    worlds: int
    cpu_s: float
    played: dict[str, int]
    died_at: list[int]
    wrong: dict[str, list[str]]
    swept: int = 0


@dataclass(slots=True, kw_only=True)
class Done:
    """What is done of one *program* (a digest of its text)."""

    program: str
    blocks: list[Block] = field(default_factory=list)


@contextmanager
def _case() -> Iterator[OpenCase]:
    """A case with awards, in memory where there is such a folder; removed afterwards."""
    with ExitStack() as stack:
        folder = str(MEMORY) if MEMORY.is_dir() else None
        root = Path(tempfile.mkdtemp(prefix="amends-worlds-", dir=folder))
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        write_world(root)
        with open_case(root, approve_as=("anna", "bert")) as opened:
            stack.callback(remove_database, opened.case)
            make_people(opened)
            yield opened


_opened: list[OpenCase] = []
_stack = ExitStack()


def _begin() -> None:
    """Open a case of its own in a process that plays, until that ends."""
    _opened.append(_stack.enter_context(_case()))
    Finalize(None, _stack.close, exitpriority=100)


def _play(first: int, worlds: int, swept: int = 0) -> Block:
    """Play some worlds, or a part of a sweep; CPU seconds are of this process alone."""
    played: Counter[str] = Counter()
    died: set[int] = set()
    wrong: dict[str, list[str]] = {}
    begun, worlds_played = time.process_time(), 0
    with Server(_opened[0].database) as server:
        for seed, kill in _chosen(server, first, worlds, swept):
            world = World(_opened[0], server, seed)
            world.kill = kill
            if found := world.play():
                wrong[f"{seed} {kill or ''}".strip()] = found
            worlds_played += 1
            played += world.played
            died.update(world.killed)
    return Block(
        first=first,
        worlds=worlds_played,
        cpu_s=round(time.process_time() - begun, 1),
        played=dict(sorted(played.items())),
        died_at=sorted(died),
        wrong=wrong,
        swept=swept,
    )


def _chosen(
    server: Server, first: int, worlds: int, swept: int
) -> Iterator[tuple[int, Kill | None]]:
    """Seeds one after the other; or one seed with each of its kills, those of one part."""
    if not swept:
        yield from ((seed, None) for seed in range(first, first + worlds))
        return
    whole = World(_opened[0], server, first)
    whole.play()
    kills = [
        Kill(process=nth, steps=step)
        for nth, steps in enumerate(whole.steps)
        for step in range(steps)
    ]
    yield from ((first, kill) for kill in kills[swept - 1 :: PARTS])


def _program() -> str:
    """A digest of everything that a world is made of."""
    digest = hashlib.sha256()
    for path in sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.sql")]):
        digest.update(path.read_bytes())
    for path in sorted((ROOT / "tests").glob("simulated_*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read(record: Path, program: str, *, anew: bool) -> Done:
    """What was done before of this program."""
    if anew or not record.exists():
        return Done(program=program)
    kept = json.loads(record.read_text(encoding="utf-8"))
    if kept["program"] != program:
        print("the program changed since: from the beginning")
        return Done(program=program)
    return Done(program=program, blocks=[Block(**block) for block in kept["blocks"]])


def _keep(record: Path, done: Done) -> None:
    """Write down what is done."""
    record.parent.mkdir(parents=True, exist_ok=True)
    aside = record.with_suffix(".new")
    aside.write_text(json.dumps(asdict(done), indent=1), encoding="utf-8")
    aside.replace(record)


def _place(block: Block) -> tuple[int, int, int]:
    """Which of all blocks it is."""
    return block.first, 0 if block.swept else block.worlds, block.swept


def main() -> None:
    """Play what is missing; exit with 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--sweeps", type=int, default=2)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--record", type=Path, default=RECORD)
    arguments = parser.parse_args()
    done = _read(arguments.record, _program(), anew=arguments.anew)
    known = {_place(block) for block in done.blocks}
    end = arguments.first + arguments.seeds
    blocks = [(one, min(BLOCK, end - one), 0) for one in range(arguments.first, end, BLOCK)]
    swept = range(arguments.first, arguments.first + arguments.sweeps)
    blocks += [(seed, 0, part) for seed in swept for part in range(1, PARTS + 1)]
    missing = [block for block in blocks if block not in known]
    with ProcessPoolExecutor(
        arguments.processes, mp_context=get_context("spawn"), initializer=_begin
    ) as pool:
        for future in as_completed([pool.submit(_play, *block) for block in missing]):
            done.blocks.append(future.result())
            _keep(arguments.record, done)
            for seed, wrong in done.blocks[-1].wrong.items():
                print(f"seed {seed}: does not hold: {'; '.join(wrong)}", flush=True)
    chosen = [block for block in done.blocks if _place(block) in set(blocks)]
    played: Counter[str] = Counter()
    for block in chosen:
        played.update(block.played)
    worlds = sum(block.worlds for block in chosen)
    died = {step for block in chosen for step in block.died_at}
    broken = sum(len(block.wrong) for block in chosen)
    print(f"{worlds:,} worlds, {sum(block.cpu_s for block in chosen) / worlds * 1e3:.0f} ms each")
    print(f"processes died at {len(died)} different steps")
    for what, times in played.most_common():
        print(f"{times:>10,} {what}")
    if broken:
        sys.exit(f"{broken} worlds in which something does not hold")
    print("nobody was paid twice, nobody forgotten, every sum is zero")


if __name__ == "__main__":
    main()
