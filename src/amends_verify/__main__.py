"""``python -m amends_verify``: the same as ``python verify.py``."""

import sys

from amends_verify.verify import main

if __name__ == "__main__":
    sys.exit(main())
