"""A forecast that fails is said, and takes nothing with it: what else is to be told is told."""

from collections.abc import Callable

from amends.kernel.errors import AmendsError
from amends.kernel.saying import Said, said


def problem_of(error: Exception) -> Said | str:
    """A failure in words: a refusal by its sentence, anything else by its class alone."""
    return error.message if isinstance(error, AmendsError) else type(error).__name__


def foreseen(tell: Callable[[], tuple[Said, ...]]) -> tuple[Said, ...]:
    """What a forecast tells, or that it failed."""
    try:
        return tell()
    except Exception as error:  # noqa: BLE001 -- summaries and digests are told, whatever keeps us from looking
        return (
            said(
                "whether the promise can be kept could not be looked at ({problem}): `amends pay "
                "CASE --dry-run` looks again",
                problem=problem_of(error),
            ),
        )
