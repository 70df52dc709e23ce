"""Lets a signed state of the log out: when enough witnesses have cosigned it, and not before.

Kept true: a checkpoint is committed before a witness sees it, so whatever a witness has cosigned is
the log's own history, also after a kill. A state that waits for its quorum stays in the database;
the next call asks again, and nothing is drawn, hashed or signed a second time.
"""

import os
from dataclasses import dataclass

from amends.kernel.case import CaseFile
from amends.kernel.errors import StageOrderError
from amends.kernel.saying import joined, said
from amends.kernel.summary import StageSummary
from amends.roster import cosigning, looks, publication, site, store
from amends.roster.cosigning import Asked, Cosignature, WitnessesMissingError
from amends.roster.explained import explained, page
from amends.roster.note import LogKey, origin_of
from amends.roster.policy import policy_of, policy_text
from amends.roster.selfcheck import Policy
from amends.roster.tiles import disk_node
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many files were let out, and what is to be said of the witnesses."""

    written: int
    notes: tuple[str, ...] = ()


def log_key(opened: OpenCase) -> LogKey:
    """The key that signs the log of this case; made at first use."""
    seed = opened.vault.secret_file("log.key", lambda: os.urandom(32))
    simulated = opened.clock.simulated or publication.rails_simulated(opened.case.file)
    return LogKey(origin=origin_of(opened.case.file.id, simulated=simulated), seed=seed)


def policy(opened: OpenCase) -> Policy:
    """Whom a reader of this log believes."""
    return policy_of(log_key(opened).verifier_key, opened.case.file.roster)


def under(connection: Connection, opened: OpenCase, size: int) -> dict[str, Cosignature]:
    """The newest cosignature of each witness of the case under the checkpoint of *size*."""
    return _by_size(connection, opened.case.file).get(size, {})


def _by_size(connection: Connection, file: CaseFile) -> dict[int, dict[str, Cosignature]]:
    """The newest cosignature of each witness of the case, by size of the checkpoint."""
    names = {one.key: one.name for one in file.roster.witnesses}
    found: dict[int, dict[str, Cosignature]] = {}
    for one in store.cosignatures(connection):  # by size and time: the newest comes last
        if one.witness in names:
            found.setdefault(one.size, {})[names[one.witness]] = one
    return found


def cosigned_note(connection: Connection, opened: OpenCase, size: int, note: str) -> str:
    """The checkpoint with its cosignatures, in the policy's order."""
    found = under(connection, opened, size)
    order = [one.name for one in opened.case.file.roster.witnesses]
    return note + "".join(found[name].line for name in order if name in found)


def newest_out(connection: Connection, opened: OpenCase) -> tuple[int, bytes, str]:
    """Size, root and note of the newest checkpoint that has its quorum.

    Raises:
        WitnessesMissingError: none has.
    """
    asked = policy(opened)
    checkpoints = store.checkpoints(connection)
    for size, root, note in reversed(checkpoints):
        if asked.met_by(_times(under(connection, opened, size))):
            return size, root, cosigned_note(connection, opened, size, note)
    newest = under(connection, opened, checkpoints[-1][0])
    cosigning.require(asked, _times(newest), ())
    raise AssertionError("a checkpoint that is enough was found above")


def silent_in(connection: Connection, file: CaseFile) -> tuple[str, ...]:
    """Witnesses for whom the awards in the log wait; none where their quorum is met, or none asked.

    The quorum is met by one checkpoint that has every award, whatever came after it.
    """
    end, found = store.awards_end(connection), _by_size(connection, file)
    sizes = [size for size, _, _ in store.checkpoints(connection) if size >= end]
    if not sizes or any(len(found.get(size, {})) >= file.roster.quorum for size in sizes):
        return ()
    there = found.get(sizes[-1], {})
    return tuple(one.name for one in file.roster.witnesses if one.name not in there)


def require_witnessed(opened: OpenCase) -> StageSummary:
    """Go on only if the witnesses that case.toml names stand behind the awards, by their quorum.

    Raises:
        StageOrderError: there are witnesses, and the roster is not published yet.
        WitnessesMissingError: the log is signed and waits for its quorum.
    """
    settings = opened.case.file.roster
    if settings.witnesses:
        with opened.database.reading() as connection:
            if not store.awards_end(connection):
                raise StageOrderError(
                    said("the roster is not out yet; run `amends publish CASE` first")
                )
            silent = silent_in(connection, opened.case.file)
        if silent:
            raise WitnessesMissingError(
                said(
                    "the roster waits for its witnesses ({quorum} of {all} are needed): "
                    "{names} have not cosigned it. `amends publish CASE` asks them again, then "
                    "this command goes on",
                    quorum=settings.quorum,
                    all=len(settings.witnesses),
                    names=joined(silent, ", "),
                )
            )
    return StageSummary(counts={})


def send_out(opened: OpenCase, staged: site.Staged) -> Released:
    """Have the newest checkpoint cosigned, as far as it is not, and let the staged files out.

    Raises:
        WitnessesMissingError: fewer than the quorum did; it says who is missing.
    """
    settings, notes = opened.case.file.roster, []
    if settings.witnesses:
        with opened.database.reading() as connection:
            size, _, note = store.checkpoints(connection)[-1]
            before = store.cosignatures(connection)  # by size and time: the newest comes last
        live = site.log_directory(opened.case)
        asked = Asked(note=note, size=size, node=disk_node(staged.log, size, live))
        found, missing = cosigning.gather(
            asked,
            settings,
            known={one.witness: one.size for one in before},
            have={one.witness: one.signed_s for one in before if one.size == size},
        )
        with opened.database.unit_of_work() as connection:
            store.add_cosignatures(connection, found)
            cosigned = _times(under(connection, opened, size))
            content = cosigned_note(connection, opened, size, note)
        cosigning.require(policy(opened), cosigned, missing)
        notes = cosigning.note_of(policy(opened), cosigned, missing)
        staged = site.sealed(staged, content.encode())
    site.let_out(opened.case, staged)
    site.show(opened.case, site.IN_WORDS, page(explained(site.log_directory(opened.case))))
    site.show_page(opened.case, policy_text(log_key(opened).verifier_key, settings))
    looks.show(opened)
    return Released(written=len(staged.written), notes=tuple(notes))


def _times(found: dict[str, Cosignature]) -> dict[str, int]:
    return {name: one.signed_s for name, one in found.items()}
