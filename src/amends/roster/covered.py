"""Which files the entries of a log cover, with which digest: what a copy of it needs besides."""

import json
from collections.abc import Iterable, Iterator
from struct import Struct

from amends.kernel.saying import said
from amends.roster import claims, entries
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
            case _ if kind in _ONCE:  # of claims the newest counts
                files[_ONCE[kind]] = fields[-1]
            case EntryType.BATCH:
                files[f"batches/{fields[0]}.json"] = fields[-1]
            case EntryType.STATE:
                files[f"state/{fields[0]}.bin.gz"] = fields[1]
                files[f"stats/{fields[0]}.json"] = fields[2]
            case _ if fields[-1] != decision:  # the corrections of one decision share its file
                decisions, decision = decisions + 1, fields[-1]
                files[f"corrections/{decisions}.json"] = decision
    return files


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
            if at > len(data) or at == start:
                raise MirrorSourceError(said("an entry bundle is not whole"))
            yield data[start:at]
