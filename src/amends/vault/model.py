"""What the vault refuses."""

from amends.kernel.errors import AmendsError


class EvidenceDestroyedError(AmendsError):
    """The evidence key is gone, and with it everything in the evidence room."""

    code = "evidence_destroyed"


class CaseErasedError(AmendsError):
    """The case's keys were destroyed, and with them everything that was sealed under them."""

    code = "case_erased"


class SealError(AmendsError):
    """A sealed field or an encrypted file does not open: changed, misplaced, or another case's."""

    code = "seal"
