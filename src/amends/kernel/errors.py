"""Refusals: what Amends says no to, with a stable code and a sentence that says what to do next.

Wrong code is an assertion; wrong data is a value with a reason, stored and counted; only a refusal
is one of these exceptions. A message carries file names, row numbers, keys and counts, never a
person's name, number or address, and never a row.
"""

from typing import ClassVar


class AmendsError(Exception):
    """A refusal. The command line prints ``code: message`` and exits with 1."""

    code: ClassVar[str] = "refused"

    @property
    def message(self) -> str:
        """What was said, with the parts that another language needs."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class CaseFileError(AmendsError):
    """case.toml is not what it should be; the message names file, line and key."""

    code = "case_file"


class InputFileError(AmendsError):
    """A file of the case is missing, empty, or not what its ending says."""

    code = "input_file"


class StageOrderError(AmendsError):
    """A stage was called before the one that it builds on has finished."""

    code = "stage_order"


class WaitingForApprovalError(AmendsError):
    """Nothing is wrong; people have to decide. The command line exits with 3."""

    code = "waiting_for_approval"
