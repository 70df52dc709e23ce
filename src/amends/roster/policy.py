"""The policy of a case's own log (C2SP tlog-policy), and a witness's line in an answer.

What policies and checkpoints say is read by selfcheck.py.
"""

from contextlib import suppress

from amends.kernel.witnessing import NO_WITNESSES, RosterSettings
from amends.roster.model import CheckpointError
from amends.roster.selfcheck import Policy, SignerKey, parse_policy, signature_of

NONE = "none"
_GROUP = "WITNESSES"  # no witness of a case.toml has capitals


def policy_of(log_key: str, settings: RosterSettings) -> Policy:
    """The policy of a case's own log."""
    return parse_policy(policy_text(log_key, settings))


def policy_text(log_key: str, settings: RosterSettings = NO_WITNESSES) -> str:
    """The verifier's policy: this log, its witnesses, and how many of them it takes."""
    origin = log_key.partition("+")[0]
    lines = [
        f"# Amends: how to check the roster {origin}",
        "# Compare the key with the one printed in letters and newspapers.",
        *(["# So the keys of the witnesses."] if settings.witnesses else []),
        f"log {log_key}",
        *(f"witness {one.name} {one.key} {one.url}" for one in settings.witnesses),
    ]
    if settings.witnesses:
        names = " ".join(one.name for one in settings.witnesses)
        lines += [f"group {_GROUP} {settings.quorum} {names}", f"quorum {_GROUP}"]
    else:
        lines.append(f"quorum {NONE}")
    return "\n".join(lines) + "\n"


def cosignature_in(answer: str, key: SignerKey, body: str) -> tuple[str, int] | None:
    """The witness's line and its time in what it answered; None if there is no right one."""
    for line in answer.split("\n"):
        with suppress(CheckpointError):
            name, key_id, signature = signature_of(line)
            time_s = key.cosigned(body, signature)
            if (name, key_id) == (key.name, key.key_id) and time_s is not None:
                return line + "\n", time_s
    return None
