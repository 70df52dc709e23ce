"""Opens the rows of a log that hides them to the auditor whom its case.json names."""

import json
from pathlib import Path

from amends.governance.exports import let_out, outgoing
from amends.kernel.errors import StageOrderError
from amends.kernel.saying import Said, said
from amends.roster import rows, store
from amends.roster.releasing import log_key
from amends.roster.rows import RowsError
from amends.roster.service import all_files
from amends.vault.opened import OpenCase


def write_rows(
    opened: OpenCase, to: Path, *, recipient: str, purpose: str
) -> tuple[int, tuple[Said, ...]]:
    """Write the rows of the log for its auditor, sealed to that key; how many awards, what to say.

    Raises:
        StageOrderError: the roster is not published yet.
        RowsError: the log hides nothing.
        WaitingForApprovalError: two people have to sign it.
    """
    with opened.database.reading() as connection:
        case_json = store.file(connection, "case.json")
        awards = store.published_awards(connection)
    if case_json is None:
        raise StageOrderError(said("the roster is not out yet; run `amends publish CASE` first"))
    if not rows.hides(case_json):
        raise RowsError(said("this log shows its rows to everybody: an auditor needs nothing else"))
    auditor = str(json.loads(case_json)["auditor"])

    def write(part: Path) -> None:
        with opened.database.unit_of_work() as connection, part.open("wb") as file:
            whole = all_files(opened, connection, log_key(opened))
            file.writelines(rows.sealed(whole, auditor))

    leaving = outgoing("log_rows", awards, recipient=recipient, purpose=purpose)
    return awards, let_out(opened, leaving, to, write)
