"""What an epoch adds to a log that is out: made from its edge, read and written by itself.

Kept true: what stands is what was let out and checked (:mod:`amends.roster.record`), its partial
tiles lead to the root of a checkpoint that was signed, and the rows behind that checkpoint begin
with the leaves of those tiles. Where anything of that is not so, nothing is made here, and
everything is made and checked from the rows.
"""

from dataclasses import replace

from amends.roster import record, rows, site, store, tiles
from amends.roster.merkle import HASH_BYTES, subtree
from amends.roster.note import LogKey
from amends.roster.policy import policy_text
from amends.roster.record import Record
from amends.roster.releasing import cosigned_note
from amends.roster.tiles import WIDTH, TileTree
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_CLAIMS = "claims/"


def grown(opened: OpenCase, connection: Connection, key: LogKey) -> site.Staged | None:
    """What was added to the log that is out, written aside; nothing where it is not as it was.

    Records the checkpoint of a size that has none.
    """
    live = site.log_directory(opened.case)
    before = record.remembered(opened.case.workspace, live)
    checkpoints = store.checkpoints(connection)
    roots = {size: root for size, root, _ in checkpoints}
    size = store.size(connection)
    if before is None or roots.get(before.size) != before.root or size <= before.size:
        return None
    first = before.size // WIDTH
    bundles = list(store.bundles(connection, first))
    tree = _grown(tiles.edge(live, before.size), before, bundles)
    if tree is None or any(
        subtree(tree.node, 0, earlier) != root
        for earlier, root in roots.items()
        if earlier >= before.size
    ):
        return None
    kept = {tiles.tile_path(*tile): tile for tile in tiles.kept_tiles([*roots, size])}
    hides = rows.hides(store.file(connection, "case.json"))
    covered = [path for path in store.file_paths(connection) if not (hides and rows.is_row(path))]
    claims = [path for path in before.there if path.startswith(_CLAIMS)]
    new_tiles = [tile for path, tile in kept.items() if path not in before.there]
    new_files = [path for path in covered if path not in before.there]
    files = dict(tiles.added_files(tree, first, bundles, new_tiles))
    files |= {path: store.file(connection, path) or b"" for path in new_files}
    if hides:
        files = dict(rows.for_public(files.items()))
    root = subtree(tree.node, 0, size)
    note = key.checkpoint(size, root)
    if size not in roots:
        store.add_checkpoint(connection, size, root, note)
    files[site.CHECKPOINT] = cosigned_note(connection, opened, size, note).encode()
    staged = site.stage(opened.case, files.items(), policy_text(key.verifier_key))
    expected = frozenset([*kept, *covered, *claims, site.CHECKPOINT])
    return replace(staged, expected=expected, before=before)


def _grown(tree: TileTree, before: Record, bundles: list[bytes]) -> TileTree | None:
    """The tree with what was added, if both it and the rows go on from what is out."""
    if subtree(tree.node, 0, before.size) != before.root:
        return None
    known = before.size % WIDTH * HASH_BYTES
    hashes = tiles.bundle_hashes(bundles)
    if hashes[:known] != bytes(tree.levels[0]):
        return None
    tree.append_hashes(hashes[known:])
    return tree
