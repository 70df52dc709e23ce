"""Posts of the API that are done once under their key, however often they arrive.

The answer is kept and given again; a key that comes back with something else is refused.
"""

from amends.access import store
from amends.access.model import ReplayError
from amends.kernel.clock import RealClock
from amends.kernel.saying import said
from amends.vault.opened import OpenCase


def begin(opened: OpenCase, key: str, request: bytes) -> tuple[int, bytes] | None:
    """Take a key for what is asked (*request*: its SHA-256); what was answered, if it was done.

    Raises:
        ReplayError: it was used for something else, or the first post is still under way.
    """
    with opened.database.unit_of_work() as connection:
        if store.begin_once(connection, opened.by, key, request, RealClock().now()):
            return None
        asked, status, answer = store.done_once(connection, opened.by, key)
    if asked != request:
        raise ReplayError(said("this idempotency key was used for something else: take a new one"))
    if status is None or answer is None:
        raise ReplayError(
            said("the first post with this idempotency key has no answer yet: ask again later")
        )
    return status, answer


def end(opened: OpenCase, key: str, status: int, answer: bytes) -> None:
    """Keep the answer."""
    with opened.database.unit_of_work() as connection:
        store.end_once(connection, opened.by, key, status, answer)
