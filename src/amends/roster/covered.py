"""Which files the entries of a log cover, with which digest: what a copy of it needs besides."""

from collections.abc import Iterable, Iterator
from struct import Struct

from amends.kernel.saying import said
from amends.roster import entries
from amends.roster.entries import EntryType
from amends.roster.mirror_source import MirrorSourceError

_FORMS: dict[int, Struct] = {
    EntryType.CASE: entries.CASE,
    EntryType.BATCH: entries.BATCH,
    EntryType.STATE: entries.STATE,
    EntryType.CORRECTION: entries.CORRECTION,
}


def covered_files(bundles: Iterable[bytes]) -> dict[str, bytes]:
    """Path → SHA-256 of every file that entries name, from the bundles in order.

    Raises:
        MirrorSourceError: a bundle is not made of entries, or an entry has not its length.
    """
    files: dict[str, bytes] = {}
    decisions, decision = 0, b""
    for entry in _entries(bundles):
        form = _FORMS.get(entry[0])
        if form is None:
            continue
        if len(entry) != form.size:
            raise MirrorSourceError(said("an entry of the log has not its length"))
        kind, *fields = form.unpack(entry)
        match kind:
            case EntryType.CASE:
                files["case.json"] = fields[0]
            case EntryType.BATCH:
                files[f"batches/{fields[0]}.json"] = fields[-1]
            case EntryType.STATE:
                files[f"state/{fields[0]}.bin.gz"] = fields[1]
                files[f"stats/{fields[0]}.json"] = fields[2]
            case _ if fields[-1] != decision:  # the corrections of one decision share its file
                decisions, decision = decisions + 1, fields[-1]
                files[f"corrections/{decisions}.json"] = decision
    return files


def _entries(bundles: Iterable[bytes]) -> Iterator[bytes]:
    for data in bundles:
        at = 0
        while at < len(data):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            if at > len(data) or at == start:
                raise MirrorSourceError(said("an entry bundle is not whole"))
            yield data[start:at]
