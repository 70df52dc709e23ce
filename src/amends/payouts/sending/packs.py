"""Answers of a chunk in one piece: a line for each, and after it the bytes as received. Pure.

The line is number, outcome and the count of bytes, with a space between them.
"""

from collections.abc import Iterable, Iterator

from amends.kernel.ids import InstructionId

Answer = tuple[InstructionId, str, bytes]
"""Number, outcome in a word, and the bytes as received."""


def packed(answers: Iterable[Answer]) -> bytes:
    r"""Answers in one piece.

    >>> packed([(InstructionId("N1"), "settled", b"ok")])
    b'N1 settled 2\nok'
    """
    return b"".join(
        [f"{number} {outcome} {len(raw)}\n".encode() + raw for number, outcome, raw in answers]
    )


def unpacked(pack: bytes) -> Iterator[Answer]:
    """The answers of a pack, in their order."""
    at = 0
    while at < len(pack):
        end = pack.index(b"\n", at)
        number, outcome, size = pack[at:end].decode().split(" ")
        at = end + 1 + int(size)
        yield InstructionId(number), outcome, pack[end + 1 : at]
