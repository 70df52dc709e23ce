"""``python -m amends_verify``: as ``python verify.py``; and the tools beside it.

Three judge, each in one file that is read in a sitting: ``receipt`` is verify.py, ``tree`` is
tiles.py (is this the log that was signed?), ``all`` is audit.py, which runs after the tree.

In Chinese with ``--lang zh``, or where the locale is Chinese.
"""

import os
import sys

from amends_verify import announcement, claim, compare, tiles, verify, zh

LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts, as of POSIX


def checked(arguments: list[str]) -> int:
    """Check a receipt or a log, in the language that *arguments* or the locale name."""
    language = next((os.environ[name] for name in LOCALE if os.environ.get(name)), "")
    if "--lang" in arguments[:-1]:
        at = arguments.index("--lang")
        language, arguments = arguments[at + 1], arguments[:at] + arguments[at + 2 :]
    judge = verify.main
    if arguments[:1] == ["tree"]:
        judge, arguments = tiles.main, arguments[1:]
    return zh.main(arguments, judge) if language.startswith("zh") else judge(arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["announcement"] and len(sys.argv) == 3:
        sys.exit(announcement.main(sys.argv[2]))
    if sys.argv[1:2] == ["compare"]:
        sys.exit(compare.main(sys.argv[2:]))
    if sys.argv[1:2] in (["claim"], ["paper"]):
        sys.exit(claim.main(sys.argv[1:]))
    sys.exit(checked(sys.argv[1:]))
