"""Papers and statements that show who may receive for whom. Images are never kept."""

import hashlib
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from amends.governance.service import audit_in, present, sign_statement
from amends.kernel.saying import said
from amends.payees import moves_store, store
from amends.payees.model import PayeeError
from amends.payees.recording import stand_apart
from amends.payees.states import EvidenceKind, StatementKind
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

STATEMENT = "payee-statement"
"""What the words of a statement are sealed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper that was seen, and what came of it.

    ``image``: a copy that was needed to see it. Its digest is kept, the file is destroyed.
    """

    kind: EvidenceKind
    accepted: bool = True
    expires_on: date | None = None
    image: Path | None = None


def see(
    opened: OpenCase, person_id: str, paper: Paper, by: str, *, key_file: Path | None = None
) -> int:
    """Record that an operator has seen a paper; its number for the person, from 1.

    Raises:
        PayeeError: nobody of that id; the paper has expired; the image cannot be destroyed.
        GovernanceError: no such operator, or a wrong key.
    """
    operator = present(opened, by, key_file=key_file, role="caseworker")
    kind, image, expires_on = paper.kind, paper.image, paper.expires_on
    today = opened.clock.now().date()
    if expires_on is not None and expires_on < today:
        raise PayeeError(
            said("the paper expired on {day}: ask for one that is valid", day=expires_on)
        )
    digest = _digest(image) if image else None
    values: dict[str, object] = {
        "person_id": person_id,
        "kind": kind.value,
        "result": "accepted" if paper.accepted else "rejected",
        "seen_by": str(operator),
        "seen_on": today,
        "expires_on": expires_on,
        "image_sha256": digest,
        "image_destroyed_on": today if image else None,
    }
    signature = _signed(opened, by, "payee-evidence", values, key_file)
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        stand_apart(opened, connection, person_id)
        must_exist(connection, person_id)
        moves_store.add(
            connection,
            "evidence",
            {**values, "signature": signature, "occurred_at": opened.clock.now()},
        )
        audit_in(
            connection,
            opened,
            str(operator),
            "payee evidence seen",
            {"person": person_id, "kind": kind.value, "result": str(values["result"])},
        )
        number = len(moves_store.evidence(connection, person_id))
        if image:
            _destroy(image)  # last: where it fails nothing is recorded
    return number


def state(
    opened: OpenCase,
    person_id: str,
    kind: StatementKind,
    words: str,
    by: str,
    *,
    key_file: Path | None = None,
) -> int:
    """Keep what somebody states, in their words, sealed; its number for the person, from 1.

    Raises:
        PayeeError: nobody of that id, or no words.
        GovernanceError: no such operator, or a wrong key.
    """
    if not words.strip():
        raise PayeeError(said("the statement is empty: enter who states what, in their words"))
    operator = present(opened, by, key_file=key_file, role="caseworker")
    digest = hashlib.sha256(words.encode()).hexdigest()
    values: dict[str, object] = {
        "person_id": person_id,
        "kind": kind.value,
        "stated_on": opened.clock.now().date(),
        "taken_by": str(operator),
    }
    signature = _signed(opened, by, "payee-statement", {**values, "words": digest}, key_file)
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        stand_apart(opened, connection, person_id)
        must_exist(connection, person_id)
        sealed = opened.vault.seal(words.encode(), STATEMENT, person_id)
        more = {"sealed": sealed, "signature": signature, "occurred_at": opened.clock.now()}
        moves_store.add(connection, "statement", {**values, **more})
        audit_in(
            connection,
            opened,
            str(operator),
            "payee statement taken",
            {"person": person_id, "kind": kind.value},
        )
        return len(moves_store.statements(connection, person_id))


def must_exist(connection: Connection, person_id: str) -> moves_store.Row:
    """The present state of a person.

    Raises:
        PayeeError: nobody of that id is settled.
    """
    found = moves_store.present(connection, person_id)
    if found is None:
        raise PayeeError(
            said("no payee has the id {person}: `amends payee list` shows ids", person=person_id)
        )
    return found


def _signed(
    opened: OpenCase, by: str, kind: str, values: dict[str, object], key_file: Path | None
) -> bytes:
    """The operator's signature under what is recorded."""
    body = {name: None if value is None else str(value) for name, value in values.items()}
    return sign_statement(opened, by, kind, body, key_file=key_file)


def _digest(image: Path) -> str:
    """The SHA-256 of a file that can be destroyed afterwards."""
    if image.is_symlink() or not image.is_file():
        raise PayeeError(said("{path} is no file: name the image itself", path=image.name))
    return hashlib.sha256(image.read_bytes()).hexdigest()


def _destroy(image: Path) -> None:
    """Overwrite and remove; a disk that keeps copies needs its own encryption."""
    try:
        size = image.stat().st_size
        with image.open("r+b") as file:
            file.write(bytes(size))
            file.flush()
            os.fsync(file.fileno())
        image.unlink()
    except OSError as error:
        raise PayeeError(
            said(
                "{path} cannot be destroyed ({why}): nothing is recorded",
                path=image.name,
                why=type(error).__name__,
            )
        ) from None
