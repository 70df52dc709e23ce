"""What the vault refuses."""

from amends.kernel.errors import AmendsError


class EvidenceDestroyedError(AmendsError):
    """The evidence key is gone, and with it everything in the evidence room."""

    code = "evidence_destroyed"


class SealError(AmendsError):
    """A sealed field or an encrypted file does not open: changed, misplaced, or another case's."""

    code = "seal"
