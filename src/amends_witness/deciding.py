"""What a witness answers to ``add-checkpoint``, in the order of C2SP tlog-witness."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from amends_witness.notes import MalformedError, VerifierKey, WitnessKey, signed_by
from amends_witness.proofs import EMPTY_ROOT, consistent
from amends_witness.requests import Submission, submission
from amends_witness.state import Head, State, Turn

PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"

Logs = Mapping[str, tuple[VerifierKey, ...]]
"""Which logs are witnessed: origin, and the keys that may sign its checkpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, body and kind of an answer; of the log of the configuration, and size, if known."""

    status: int
    body: str
    kind: str = PLAIN
    origin: str = "-"
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A witness: key, logs, state, clock. ``now_s``: seconds since the epoch."""

    key: WitnessKey
    logs: Logs
    state: State
    now_s: Callable[[], int]

    def add_checkpoint(self, body: bytes) -> Answer:
        """Cosign what follows from everything that was cosigned of this log; say no to the rest."""
        try:
            asked = submission(body)
        except MalformedError as error:
            return Answer(status=400, body=f"{error}\n")
        found = asked.checkpoint
        keys = self.logs.get(found.origin)
        if keys is None:
            return Answer(status=404, body="this witness does not know the log\n")
        if not signed_by(found, keys):
            return _of(asked, 403, "no key of the log has signed, or a signature is wrong\n")
        if asked.old > found.size:
            return _of(asked, 400, "the old size is above the new one\n")
        with self.state.deciding() as turn:
            refusal = self._decided(turn, asked)
        if refusal is not None:
            return refusal
        # On disk by now: only from here on may the signature exist.
        return _of(asked, 200, self.key.cosign(found.body, self.now_s()))

    def _decided(self, turn: Turn, asked: Submission) -> Answer | None:
        """Keep the head, or say why not; None is yes."""
        found, known = asked.checkpoint, turn.head(asked.checkpoint.origin)
        head = Head(size=found.size, root=found.root)
        signed = turn.root(found.origin, head.size) if head.size else EMPTY_ROOT
        if signed not in {None, head.root}:  # two heads of one size: one of them is a lie
            turn.keep_refused(found.origin, head, asked.text, self.now_s())
            return _of(asked, 409, f"{known.size}\n", SIZE)
        if asked.old != known.size:
            return _of(asked, 409, f"{known.size}\n", SIZE)
        if head.size == known.size:
            if asked.proof:
                return _of(asked, 422, "there is nothing to prove between equal sizes\n")
            return None
        proved = consistent(
            old=known.size,
            old_root=known.root,
            new=head.size,
            new_root=head.root,
            proof=asked.proof,
        )
        if not proved:
            turn.keep_refused(found.origin, head, asked.text, self.now_s())
            return _of(asked, 422, "the proof does not lead from the old root to the new one\n")
        turn.advance(found.origin, head, asked.text, self.now_s())
        return None


def _of(asked: Submission, status: int, body: str, kind: str = PLAIN) -> Answer:
    found = asked.checkpoint
    return Answer(status=status, body=body, kind=kind, origin=found.origin, size=found.size)
