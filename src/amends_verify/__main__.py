"""``python -m amends_verify``: as ``python verify.py``; and what needs a file of its own."""

import sys

from amends_verify import announcement, claim, compare
from amends_verify.verify import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["announcement"] and len(sys.argv) == 3:
        sys.exit(announcement.main(sys.argv[2]))
    if sys.argv[1:2] == ["compare"]:
        sys.exit(compare.main(sys.argv[2:]))
    if sys.argv[1:2] in (["claim"], ["paper"]):
        sys.exit(claim.main(sys.argv[1:]))
    sys.exit(main())
