"""Asks witnesses to cosign a checkpoint (C2SP tlog-witness), and says who did not and why.

A witness answers in its own time and by its own clock, so what waits here waits in real time, also
where a case's clock is simulated. What a witness says is believed as far as its signature goes.
"""

import http.client
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from amends.kernel.errors import AmendsError
from amends.kernel.saying import joined, said
from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster.merkle import Node, consistency_proof
from amends.roster.policy import cosignature_in
from amends.roster.selfcheck import Policy, signer_key

TIMEOUT_S = 10.0
PAUSE_S = 1.0
FRESH_S = 20 * 3_600
"""A cosignature older than this is asked for again at the next call: a day, and some hours less."""
_MOST_BYTES = 1 << 16
_OK, _CONFLICT, _UNPROVED = 200, 409, 422
_AGAIN = {429, 500, 502, 503, 504}
_STEPS = 3
_MOST_DIGITS = 19


class WitnessesMissingError(AmendsError):
    """The roster waits: fewer witnesses than the quorum have cosigned it."""

    code: ClassVar[str] = "witnesses_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """A witness's line under a checkpoint of *size* entries. ``witness``: its verifier key."""

    size: int
    witness: str
    signed_s: int
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A witness that did not cosign: why, and whether asking again may help."""

    name: str
    reason: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be cosigned: the log's note, its size, and the hashes of the tree."""

    note: str
    size: int
    node: Node

    @property
    def body(self) -> str:
        """The text that is signed."""
        return self.note.rpartition("\n\n")[0] + "\n"


def gather(
    asked: Asked,
    settings: RosterSettings,
    *,
    known: Mapping[str, int],
    have: Mapping[str, int],
) -> tuple[list[Cosignature], list[Missing]]:
    """Ask every witness whose cosignature is missing or old, until enough have answered.

    *known*: verifier key → largest size that the witness cosigned, as far as we know. *have*:
    verifier key → newest time of its cosignature under this checkpoint.
    """
    now_s, end = time.time(), time.monotonic() + settings.wait.total_seconds()
    waiting = [one for one in settings.witnesses if have.get(one.key, 0) < now_s - FRESH_S]
    found: list[Cosignature] = []
    missing: dict[str, Missing] = {}
    while True:
        for witness, answer in zip(waiting, _all_asked(waiting, asked, known), strict=True):
            missing.pop(witness.name, None)
            if isinstance(answer, Missing):
                missing[witness.name] = answer
            else:
                found.append(answer)
        enough = len({*have, *(one.witness for one in found)}) >= settings.quorum
        again = {one.name for one in missing.values() if one.again}
        if enough or not again or time.monotonic() + PAUSE_S > end:
            return found, list(missing.values())
        time.sleep(PAUSE_S)
        waiting = [one for one in waiting if one.name in again]


def _all_asked(
    witnesses: Sequence[WitnessSource], asked: Asked, known: Mapping[str, int]
) -> list[Cosignature | Missing]:
    if not witnesses:
        return []
    with ThreadPoolExecutor(len(witnesses)) as pool:
        return list(pool.map(lambda one: ask(one, asked, known.get(one.key, 0)), witnesses))


def ask(witness: WitnessSource, asked: Asked, known: int) -> Cosignature | Missing:
    """Ask one witness, from the size that it says it knows."""
    old = min(known, asked.size)
    for _ in range(_STEPS):
        answer = _posted(witness.url, _request(asked, old))
        if isinstance(answer, str):
            return Missing(name=witness.name, reason=answer, again=True)
        status, content = answer
        if status == _OK:
            return _believed(witness, asked, content)
        if status != _CONFLICT:
            break
        size = _size(content)
        if size is None or size == old or size > asked.size:
            return Missing(name=witness.name, reason=_another(size, asked), again=False)
        old = size
    if status == _UNPROVED:
        return Missing(name=witness.name, reason=_another(old, asked), again=False)
    reason = said("answers with status {status}", status=status)
    return Missing(name=witness.name, reason=reason, again=status in _AGAIN)


def _request(asked: Asked, old: int) -> bytes:
    """The body of ``add-checkpoint``."""
    proof = consistency_proof(asked.node, old, asked.size) if old else []
    lines = [f"old {old}", *(b64encode(step).decode() for step in proof)]
    return ("\n".join(lines) + "\n\n" + asked.note).encode()


def _posted(url: str, body: bytes) -> tuple[int, str] | str:
    """Status and text of the answer, or why there is none."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("POST", f"{parts.path}/add-checkpoint", body)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return said("cannot be reached ({error})", error=type(error).__name__)
    finally:
        connection.close()


def _size(content: str) -> int | None:
    text = content.removesuffix("\n")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None


def _another(size: int | None, asked: Asked) -> str:
    """It knows a head that ours does not follow from: the gravest answer there is."""
    if size is not None and size > asked.size:
        return said(
            "has cosigned {size:,} entries, more than this log has ({ours:,}): was a backup "
            "restored?",
            size=size,
            ours=asked.size,
        )
    return said("has cosigned another history of this log")


def _believed(witness: WitnessSource, asked: Asked, content: str) -> Cosignature | Missing:
    """The witness's own line, if it is right."""
    found = cosignature_in(content, signer_key(witness.key), asked.body)
    if found is None:
        reason = said("answers with a signature that is not its key's")
        return Missing(name=witness.name, reason=reason, again=False)
    line, signed_s = found
    return Cosignature(size=asked.size, witness=witness.key, signed_s=signed_s, line=line)


def require(policy: Policy, cosigned: Mapping[str, int], missing: Sequence[Missing]) -> None:
    """Go on only if enough witnesses have cosigned.

    Raises:
        WitnessesMissingError: naming who is missing, and why.
    """
    if policy.met_by(cosigned):
        return
    reasons = {one.name: one.reason for one in missing}
    silent = [name for name in policy.witnesses if name not in cosigned]
    unknown = said("has not cosigned this checkpoint")
    parts = [
        said("{name}: {reason}", name=name, reason=reasons.get(name, unknown)) for name in silent
    ]
    raise WitnessesMissingError(
        said(
            "the roster is signed and waits for its witnesses: {have} of {all} have cosigned. "
            "{missing}. Nothing is lost; the same command goes on",
            have=len(cosigned),
            all=len(policy.witnesses),
            missing=joined(parts, "; "),
        )
    )


def note_of(policy: Policy, cosigned: Mapping[str, int], missing: Sequence[Missing]) -> list[str]:
    """What the summary says of the witnesses, if there are any."""
    if not policy.witnesses:
        return []
    have = said(
        "cosigned by {have} of {all} witnesses", have=len(cosigned), all=len(policy.witnesses)
    )
    late = [said("{name}: {reason}", name=one.name, reason=one.reason) for one in missing]
    return [joined([have, *late], "; ")]
