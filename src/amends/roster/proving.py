"""A person's receipt: the proof that the award is in the log, and its opening."""

from pathlib import Path

from amends.kernel.saying import said
from amends.roster import corrections_store, publication, site, store
from amends.roster.commitment import Opening
from amends.roster.merkle import ProofError, inclusion_proof, leaf_hash, root_from_inclusion
from amends.roster.model import Proved, RosterDamagedError, UnknownAwardError
from amends.roster.releasing import newest_out, policy
from amends.roster.selfcheck import read_receipt
from amends.roster.service import bound
from amends.roster.tiles import disk_node
from amends.vault.opened import OpenCase


def write_receipt(
    opened: OpenCase, award_index: int, to: Path, chosen: publication.Chosen = publication.USUAL
) -> None:
    """Write a person's receipt, as of :func:`receipt_of`."""
    to.write_text(receipt_of(opened, award_index, chosen), encoding="utf-8", newline="\n")


def receipt_of(
    opened: OpenCase, award_index: int, chosen: publication.Chosen = publication.USUAL
) -> str:
    """A person's receipt: the proof that the award is in the log, and its opening.

    Raises:
        UnknownAwardError: no such award is in the log.
        WitnessesMissingError: no checkpoint has its quorum yet.
        RosterDamagedError: the published files do not lead to the checkpoint.
        UnknownValueError: a value that it should open is not the one that was committed to.
        ReceiptError: it would not hold; nobody is given it.
    """
    with opened.database.reading() as connection:
        page = next(store.openings(connection, award_index, award_index + 1), None)
        entry_index = page.first_entry + award_index - page.first_award if page else 0
        entry = store.entry(connection, entry_index) if page else b""
        corrections = corrections_store.correction_entries(connection, award_index)
        size, root, note = newest_out(connection, opened) if page else (0, b"", "")
    if page is None or entry_index >= size:
        raise UnknownAwardError(
            said(
                "award {award_index} is not in the log: `amends export awards CASE` lists "
                "those that are owed, `amends publish CASE` publishes them",
                award_index=award_index,
            )
        )
    try:
        node = disk_node(site.log_directory(opened.case), size)
        proved = [
            Proved(index=index, entry=body, path=tuple(inclusion_proof(node, index, size)))
            for index, body in [(entry_index, entry), *corrections]
            if index < size
        ]
        sound = all(
            root_from_inclusion(leaf_hash(one.entry), one.index, size, one.path) == root
            for one in proved
        )
    except (OSError, ProofError):
        sound = False
    if not sound:
        raise RosterDamagedError(
            said(
                "the published files do not lead to the checkpoint; `amends publish CASE` "
                "restores them"
            )
        )
    opening = Opening.unpacked(page.opened(opened.vault)[award_index - page.first_award])
    text = publication.receipt_text(
        bound(opened),
        award_index,
        opening,
        proved[0],
        proved[1:],
        checkpoint=note,
        chosen=chosen,
    )
    read_receipt(text.encode(), policy(opened))
    return text
