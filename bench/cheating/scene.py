"""What a play leaves for strangers to look at: what was shown, who holds what, who witnessed."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster.entries import NOTHING, Total
from amends.roster.merkle import consistency_proof
from amends.roster.policy import policy_text
from amends_witness import state
from amends_witness.deciding import Witness
from amends_witness.notes import ED25519, WitnessKey, verifier_key
from amends_witness.state import State
from cheating.publisher import ANNOUNCED, KEY, Person, Publisher

NAMES = ("press", "school", "notary")
QUORUM = 2
KEYS = {
    name: WitnessKey(name=f"{name}.example/w", seed=sha256(name.encode()).digest())
    for name in NAMES
}
SETTINGS = RosterSettings(
    witnesses=tuple(
        WitnessSource(name=name, key=key.verifier.text, url=f"https://{name}.example")
        for name, key in KEYS.items()
    ),
    quorum=QUORUM,
)
ALONE, WITNESSED = policy_text(KEY.verifier_key), policy_text(KEY.verifier_key, SETTINGS)
"""The policy of a case without witnesses, and of one with three of whom two have to sign."""


PRESS, OTHERS = 1, 2
"""Two parts of the public, to whom a cheat may show different things; 0 is both."""


def at_s(day: float) -> int:
    """Seconds since 1970, so many days after the announcement."""
    return int((ANNOUNCED + timedelta(days=day)).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the site showed on a day; ``to``: 0 both parts of the public, or one."""

    day: float
    files: dict[str, bytes]
    to: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """Somebody who looks after their own award.

    ``received_minor`` reached their account. ``paper``: the receipt that the company handed out
    instead of a code, if so. ``sees``: which part of the public they are of. ``agreed``: they know
    of a correction and find it right.
    """

    of: Person
    cheated: bool
    received_minor: int = 0
    paper: bytes | None = None
    sees: int = PRESS
    agreed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the bank says of the account that pays: debits, and credits of what came back."""

    debits: Total
    credits: Total = NOTHING


class Witnesses:
    """Three witnesses in a directory, each with a state of its own, and what they answered."""

    def __init__(self, root: Path) -> None:
        self.root, self._made = root, dict[str, Witness]()
        self._day = 0.0

    def _witness(self, name: str) -> Witness:
        if name not in self._made:
            key, place = KEYS[name], self.root / name
            place.mkdir(parents=True)
            state.create(place / "witness.db", key.name, key.verifier.text)
            (place / "witness.key").touch(0o600)
            (place / "witness.key").write_text(key.text + "\n", encoding="ascii")
            log = f'[[log]]\nkey = "{KEY.verifier_key}"\n'
            (place / "witness.toml").write_text(log, encoding="utf-8")
            self._made[name] = Witness(
                key=key,
                logs={KEY.origin: (verifier_key(KEY.verifier_key, ED25519),)},
                state=State(place / "witness.db", key.verifier.text),
                now_s=lambda: at_s(self._day),
            )
        return self._made[name]

    @property
    def asked(self) -> list[str]:
        """Who has been asked for anything."""
        return sorted(self._made)

    def cosign(self, log: Publisher, day: float, names: Sequence[str] = NAMES) -> str:
        """The lines of those of *names* that cosign the log; they are asked as the protocol says.

        Whoever knows another history says no, and their line is missing.
        """
        self._day, tree, lines = day, log.tree(), ""
        for name in names:
            witness = self._witness(name)
            old = min(dict(witness.state.heads()).get(KEY.origin, 0), tree.size)
            proof = consistency_proof(tree.node, old, tree.size) if old else []
            steps = "".join(f"{b64encode(step).decode()}\n" for step in proof)
            answer = witness.add_checkpoint(f"old {old}\n{steps}\n{log.note()}".encode())
            lines += answer.body if answer.status == 200 else ""
        return lines

    @staticmethod
    def bribed(log: Publisher, day: float, name: str) -> str:
        """The line of a witness that signs whatever it is given."""
        return KEYS[name].cosign(log.note().rpartition("\n\n")[0] + "\n", at_s(day))


@dataclass(kw_only=True)
class Scene:
    """Everything that people outside the company can get hold of."""

    shown: list[Shown]
    announced: bytes
    statement: Statement | None
    checkers: list[Checker] = field(default_factory=list)
    policy: str = ALONE
    witnesses: Witnesses | None = None
    today: float = 5.0
    """Days after the announcement; payment was promised within three."""
