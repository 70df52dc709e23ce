"""The body of ``add-checkpoint``: the old size, a proof, and a checkpoint (C2SP tlog-witness)."""

from dataclasses import dataclass

from amends_witness.notes import Checkpoint, MalformedError, a_hash, checkpoint, number

MOST_PROOF_LINES = 63
MOST_BYTES = 1 << 17
"""A proof, and 16 signatures of 5 kB (C2SP signed-note), with room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a log asks to be cosigned. ``text``: the checkpoint as it came."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    text: str


def submission(body: bytes) -> Submission:
    """Read the body of a request.

    Raises:
        MalformedError: it is not in the form of the protocol.
    """
    if len(body) > MOST_BYTES:
        raise MalformedError("the request is too long")
    try:
        head, blank, text = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise MalformedError("the request is not UTF-8") from error
    first, *steps = head.split("\n")
    if not blank or not first.startswith("old "):
        raise MalformedError("the request does not begin with an old size")
    if len(steps) > MOST_PROOF_LINES:
        raise MalformedError("the proof is too long")
    return Submission(
        old=number(first.removeprefix("old ")),
        proof=tuple(map(a_hash, steps)),
        checkpoint=checkpoint(text),
        text=text,
    )
