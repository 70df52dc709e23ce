"""``python -m amends_verify``: as ``python verify.py``, ``announcement FILE``, ``compare …``."""

import sys

from amends_verify import announcement, compare
from amends_verify.verify import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["announcement"] and len(sys.argv) == 3:
        sys.exit(announcement.main(sys.argv[2]))
    if sys.argv[1:2] == ["compare"]:
        sys.exit(compare.main(sys.argv[2:]))
    sys.exit(main())
