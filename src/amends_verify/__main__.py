"""``python -m amends_verify``: as ``python verify.py``, and ``announcement FILE``."""

import sys

from amends_verify import announcement
from amends_verify.verify import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["announcement"] and len(sys.argv) == 3:
        sys.exit(announcement.main(sys.argv[2]))
    sys.exit(main())
