"""The categories that a number can hold, a bit each. Pure."""

from collections.abc import Sequence

from amends.kernel.categories import code_of, is_category

MASK_BITS = 63
"""Categories that one mask (a signed 64-bit number) can hold."""
OTHER = "OTHER"
"""The last bit of a mask when there are more categories than bits."""


def codes_of(fields: Sequence[str]) -> tuple[str, ...]:
    """The categories of these fields, each once, in the order of the bits of a mask."""
    return within_mask(sorted({code_of(field) for field in fields if is_category(field)}))


def within_mask(codes: Sequence[str]) -> tuple[str, ...]:
    """*codes*, the last ones joined as OTHER where there are more than bits."""
    if len(codes) <= MASK_BITS:
        return tuple(codes)
    known = [code for code in codes if code != OTHER]
    return (*known[: MASK_BITS - 1], OTHER)
