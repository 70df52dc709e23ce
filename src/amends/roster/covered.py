"""Which files the entries of a log cover, with which digest: what a copy of it needs besides."""

import json
from collections.abc import Iterable, Iterator
from struct import Struct

from amends.kernel.saying import said
from amends.roster import claims, entries, publication
from amends.roster.entries import EntryType
from amends.roster.mirror_source import MirrorSourceError

SEAL_FILE, ERASED_FILE = "seal.json", "erased.json"
_ONCE: dict[int, str] = {
    EntryType.CASE: "case.json",
    EntryType.CLAIMS: claims.ABOUT,
    EntryType.SEAL: SEAL_FILE,
    EntryType.ERASED: ERASED_FILE,
}
_FORMS: dict[int, Struct] = {
    EntryType.CASE: entries.CASE,
    EntryType.BATCH: entries.BATCH,
    EntryType.STATE: entries.STATE,
    EntryType.CORRECTION: entries.CORRECTION,
    EntryType.CLAIMS: entries.CLAIMS,
    EntryType.SEAL: entries.SEAL,
    EntryType.ERASED: entries.ERASED,
    EntryType.COUNTS: entries.COUNTS,
}


def covered_files(bundles: Iterable[bytes]) -> dict[str, bytes]:
    """Path → SHA-256 of every file that entries name, from the bundles in order.

    Raises:
        MirrorSourceError: a bundle is not made of entries, or an entry has not its length.
    """
    files: dict[str, bytes] = {}
    decisions, decision, counted, hidden = 0, b"", 0, False
    for entry in _entries(bundles):
        hidden = hidden or not entry  # what is left out names nothing, and no state is public
        form = _FORMS.get(entry[0]) if entry else None
        if form is None:
            continue
        if len(entry) != form.size:
            raise MirrorSourceError(said("an entry of the log has not its length"))
        kind, *fields = form.unpack(entry)
        match kind:
            case _ if kind in _ONCE:  # of claims the newest counts
                files[_ONCE[kind]] = fields[-1]
            case EntryType.BATCH:
                files[f"batches/{fields[0]}.json"] = fields[-1]
            case EntryType.STATE:
                files |= {} if hidden else {publication.states_path(fields[0]): fields[1]}
                files[f"stats/{fields[0]}.json"] = fields[2]
            case EntryType.COUNTS:
                counted += 1
                files[f"counts/{counted}.json"] = fields[-1]
            case _ if fields[-1] != decision:  # the corrections of one decision share its file
                decisions, decision = decisions + 1, fields[-1]
                files[f"corrections/{decisions}.json"] = decision
    return files


def states(files: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The epochs of which states are among covered files, and where their digests lie."""
    return ((int(path.split("/")[1]), path) for path in files if path.startswith("state/"))


def state_parts(epoch: int, digests: bytes) -> dict[str, bytes]:
    """Path → SHA-256 of every file of an epoch's states, from the list of their digests."""
    each = [digests[at : at + 32] for at in range(0, len(digests), 32)]
    return {publication.state_path(epoch, part): digest for part, digest in enumerate(each)}


def newest_epoch(bundles: Iterable[bytes]) -> int | None:
    """The newest epoch, 0 before the first; None where the log is sealed and none comes any more.

    *bundles*: from the newest on; no more are asked for than it takes.

    Raises:
        MirrorSourceError: a bundle is not made of entries, or an entry has not its length.
    """
    for bundle in bundles:
        for entry in reversed([*_entries([bundle])]):
            if entry[0] == EntryType.SEAL:
                return None
            if entry[0] == EntryType.STATE:
                if len(entry) != entries.STATE.size:
                    raise MirrorSourceError(said("an entry of the log has not its length"))
                return int(entries.STATE.unpack(entry)[1])
    return 0


def manifest_digest(about: bytes) -> bytes:
    """The digest of the list of claim buckets, from ``claims/claims.json``.

    Raises:
        MirrorSourceError: it does not say so.
    """
    try:
        return bytes.fromhex(str(json.loads(about)["manifest_sha256"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        raise MirrorSourceError(said("claims.json does not tell its list of buckets")) from None


def claim_buckets(manifest: bytes) -> dict[str, bytes]:
    """Path → SHA-256 of every claim bucket."""
    digests = [manifest[at : at + 32] for at in range(0, len(manifest), 32)]
    return {claims.bucket_path(bucket): digest for bucket, digest in enumerate(digests)}


def _entries(bundles: Iterable[bytes]) -> Iterator[bytes]:
    for data in bundles:
        at = 0
        while at < len(data):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            if at > len(data):
                raise MirrorSourceError(said("an entry bundle is not whole"))
            yield data[start:at]
