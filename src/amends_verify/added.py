"""Check what was added to a log, for its publisher, who kept what the check before found.

    python added.py DIRECTORY --policy POLICY --keep FILE [--claims]
    python added.py DIRECTORY --policy POLICY --keep FILE --before FILE

The first checks a whole log, as ``verify.py all`` does, and keeps what it found: classes, states,
sums, the hashes of the leaves' tiles. The second goes on from there: DIRECTORY holds the new files,
those alone. What was kept is believed, so it has to lie where nobody else writes. A stranger, who
keeps nothing and believes nobody, checks whole logs with ``verify.py``.
"""

import argparse
import ast
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

if __name__ == "__main__":  # the files beside this one are the package, wherever they lie
    package = sys.modules["amends_verify"] = ModuleType("amends_verify")
    package.__path__, sys.dont_write_bytecode = [str(Path(__file__).parent)], True

from amends_verify.audit import Audit
from amends_verify.report import sentence
from amends_verify.tiles import top
from amends_verify.verify import MALFORMED, Policy, RosterError, need

ITS_OWN = {"log", "policy", "commitments", "known"}
"""What an audit begins anew. Commitments are not kept: new awards take the whole log."""
PACKED = ("classes", "states")


def kept(audit: Audit) -> bytes:
    """What an audit found, as a Python literal."""
    found: dict[str, Any] = {n: value for n, value in vars(audit).items() if n not in ITS_OWN}
    found |= {name: zlib.compress(found[name], 1) for name in PACKED}
    found["roots"] = b"".join(audit.log.roots)
    return repr(found).encode()


def added(audit: Audit, literal: str) -> str:
    """Go on with an audit from what was kept; say what was found.

    The log's hashes have to lead to the root of before, and on to the signed one.
    """
    found = ast.literal_eval(literal)
    found |= {name: zlib.decompress(found[name]) for name in PACKED}
    found["classes"] = bytearray(found["classes"])
    log, size, root, said = (
        audit.log,
        audit.size,
        audit.root,
        (found.pop("size"), found.pop("root")),
    )
    need(found["origin"] == audit.origin and size > said[0], "nothing was added to this log")
    roots = found.pop("roots")
    whole, rest = divmod(said[0], 256)
    log.roots = [roots[32 * at :][:32] for at in range(whole)]
    vars(audit).update(found)
    audit.known, claims = len(audit.classes), audit.claims
    for number in range(whole, -(-size // 256)):
        entries, old = log.bundle(number, size), rest if number == whole else 0
        hashes = log.leaves(number, entries)
        if number == whole:
            before = log.roots + ([top(hashes[:old])] if old else [])
            need(top(before) == said[1], "this is not the log that was checked before")
        for entry in entries[old:]:
            audit.other(entry)
        log.roots.append(top(hashes))
    need(top(log.roots) == root, "the entries do not lead to the signed root")
    need(not audit.commitments and audit.claims == claims, "awards or claims: read the whole log")
    log.above(size, said[0])
    audit.scope_is_met()
    log.all_read()
    return sentence(audit)


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check what was added to a roster of Amends.")
    parser.add_argument("path", type=Path, help="a published log, or what is new of it")
    parser.add_argument("--policy", type=Path, required=True, help="the log's key")
    parser.add_argument("--keep", type=Path, required=True, help="where what was found goes")
    parser.add_argument("--before", type=Path, help="what the check before found")
    parser.add_argument("--claims", action="store_true", help="read claim buckets, too")
    given = parser.parse_args(arguments)
    try:
        audit = Audit(given.path, Policy(given.policy.read_bytes()))
        if given.before:
            print(added(audit, given.before.read_text(encoding="utf-8")))
        else:
            print(audit.run(claims=given.claims))
    except (RosterError, OSError, SyntaxError, zlib.error, *MALFORMED) as reason:
        print(f"NOT VERIFIED: {reason}", file=sys.stderr)
        return 1
    given.keep.write_bytes(kept(audit))
    return 0


if __name__ == "__main__":
    sys.exit(main())
