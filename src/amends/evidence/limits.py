"""How much one file of a case may unfold into. Every bound of the evidence room, in one place."""

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for archives and for what has to be held whole.

    The defaults let every archive through that people make of tables, and stop what is made to
    fill a disk. What is stopped can be unpacked by hand and named in case.toml.
    """

    ratio: int = 250
    """Bytes out per byte of the outer file. Tables shrink 4 to 30 times; deflate's end is 1,032."""
    free_bytes: int = 256 * MIB
    """Below this many bytes out, no ratio is asked: small things may shrink as they like."""
    total_bytes: int = 256 * GIB
    """Bytes out of one outer file, at every depth together: more than any leak so far."""
    depth: int = 5
    """Archives within archives: ``.zip`` of ``.tar.gz`` is three."""
    members: int = 20_000
    """Members of one outer file, at every depth together: a mailbox saved message by message."""
    dictionary_bytes: int = 512 * MIB
    """Memory that an archive may ask for to be unpacked; the strongest usual setting takes 256."""
    held_bytes: int = 2 * GIB
    """A workbook unfolded, or a database inside an archive: their libraries hold them whole."""
    message_bytes: int = 64 * MIB
    """One e-mail with what is attached; mail servers end at 25 to 50."""


LIMITS = Limits()
