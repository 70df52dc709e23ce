"""Writes docs/sample: a published roster of twenty made-up people, to learn checking on.

Keys, codes and times are fixed and known to all, so the same files come out each time: `make docs`.
"""

import shutil
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from amends.kernel.case import Text
from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster import codes, entries
from amends.roster.note import LogKey, origin_of
from amends.roster.policy import policy_text
from amends.roster.tiles import TileTree
from amends_witness.notes import WitnessKey

sys.path.append(str(Path(__file__).parents[2] / "tests"))

from roster_logs import MadeLog, case_file

HERE = Path(__file__).parent
CASE = replace(
    case_file(),
    id="sample",
    title=Text(zh="样本名册（测试密钥）", en="Sample roster (test keys)"),
    controller=Text(zh="样本公司", en="Sample Company"),
)
KEY = LogKey(origin=origin_of(CASE.id, simulated=True), seed=sha256(b"sample log").digest())
WITNESSES = {
    name: WitnessKey(name=f"{name}.example", seed=sha256(f"sample {name}".encode()).digest())
    for name in ("press", "school", "notary")
}
COSIGNED_S = 1_795_000_000
TWICE = 13
"""The award of somebody who had two accounts and was first taken for two people."""
READER = 7
"""The award whose code and receipt lie beside the log."""
WARNING = """# TEST KEYS. Everybody knows the private keys of this log and of its witnesses.
# 测试密钥：本日志及其见证人的私钥人人皆知。
"""


class Sample(MadeLog):
    """The log, with checkpoints that two of three witnesses have cosigned."""

    def checkpoint(self, tree: TileTree) -> str:
        """The checkpoint with its cosignatures."""
        note = super().checkpoint(tree)
        body = note.partition("\n\n")[0] + "\n"
        lines = [WITNESSES[name].cosign(body, COSIGNED_S) for name in ("press", "notary")]
        return note + "".join(lines)


def values_of(award: int) -> dict[str, str | None]:
    """Whose award it is: a name and a phone number that nobody has."""
    return {"name": f"样本{award:02d}", "phone": f"1000000{award:04d}", "idno": None}


def codes_of(people: int) -> list[int]:
    """A claim code for everybody; not drawn by lot, as real ones are."""
    return codes.drawn(b"".join(sha256(b"sample code %d" % n).digest()[:13] for n in range(people)))


def sample() -> Sample:
    """Promised to 21; two were one; 20 were paid in a batch: sent, then settled."""
    log = Sample(people=21, key=KEY, file=CASE, values=values_of).begin()
    log.correct((TWICE, entries.ANNULLED, 2, 0))
    log.claim(dict(enumerate(codes_of(21))), filler_key=sha256(b"sample filler").digest())
    paid = [award for award in range(21) if award != TWICE]
    log.advance([7 if award == TWICE else 1 for award in range(21)], paid)
    log.advance([7 if award == TWICE else 2 for award in range(21)])
    return log


def policy() -> str:
    """Whom a reader believes: the log's key, and two of three witnesses."""
    witnesses = [
        WitnessSource(name=name, key=key.verifier.text, url=f"https://{key.name}/")
        for name, key in WITNESSES.items()
    ]
    settings = RosterSettings(witnesses=tuple(witnesses), quorum=2)
    return WARNING + policy_text(KEY.verifier_key, settings)


def files() -> dict[str, bytes]:
    """Every file of the sample, by its path under docs/sample."""
    log = sample()
    beside = {
        "code.txt": codes.written(codes_of(21)[READER]) + "\n",
        "policy.txt": policy(),
        "receipt.txt": log.receipt(READER),
    }
    published = {f"log/{path}": content for path, content in log.files().items()}
    return published | {name: text.encode() for name, text in beside.items()}


def main() -> None:
    """Write the sample anew."""
    shutil.rmtree(HERE / "log", ignore_errors=True)
    for name, content in files().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
