"""Writes docs/formats/receipts-vector.json: receipts, right and wrong, and why: `make docs`."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tests"))

from receipt_cases import POLICIES, RECEIPTS, table
from receipt_vector import PAGE, vector

if __name__ == "__main__":
    made = vector(RECEIPTS, POLICIES, table())
    PAGE.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
