"""Which categories a row has values of, as the bits of one number. Pure."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from amends.evidence.categories.placeholders import words_of_nothing
from amends.evidence.compiled.memory import Places
from amends.evidence.compiled.values import mark_values
from amends.evidence.model import ColumnDecision
from amends.evidence.readers.cells import octets_and_bounds
from amends.evidence.readers.table import column
from amends.kernel.categories import code_of, is_category


def masks_of(rows: pa.Table, decisions: Sequence[ColumnDecision], codes: Sequence[str]) -> Places:
    """Bit *i* is set where a row has a value of category ``codes[i]``; a placeholder is none."""
    bit_of = {code: bit for bit, code in enumerate(codes)}
    masks = np.zeros(len(rows), np.int64)
    for decision in decisions:
        if is_category(decision.field):
            bit = bit_of.get(code_of(decision.field), len(codes) - 1)
            words, at = words_of_nothing(decision.field), 0
            for cells in rows.column(column(decision.position)).chunks:
                text, bounds = octets_and_bounds(cells)
                mark_values(text, bounds, words, np.int64(1 << bit), masks, at)
                at += len(cells)
    return masks
