"""The thirteenth set of layouts: published tables under the names they have in reality.

Gathered from public repositories, many by a search for their rarer columns, and labelled by the
settled rules alone, by somebody who had seen neither the detector nor more of the other sets than
the beginning of the tenth; then read a second time by header, name of the table, neighbours and
values. Unlike in the sets before it, the name of a layout is the real one of the table or file,
uninformative where reality is. Headers are real and stand in their order, not all of a table's; a
column for which two codes could be defended was left out.
"""

from collections.abc import Sequence

from corpora.columns import Column
from corpora.tenth_held_out import layouts

THIRTEENTH: dict[str, Sequence[Column]] = layouts("thirteenth_layouts.txt")
