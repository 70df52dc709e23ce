"""The store as rooms use it."""

import pytest

from amends.store.service import StageBusyError, stage_lock
from made_cases import OpenedCase


def test_an_opened_case_has_a_migrated_database(opened_case: OpenedCase) -> None:
    """Opening a case gives a database on which ordinary work can read its migrations."""
    with opened_case().database.reading() as connection:
        rows = connection.execute("SELECT name FROM store.migration WHERE number = 1").fetchall()
    assert rows == [("store",)]


def test_a_stage_has_one_worker(opened_case: OpenedCase) -> None:
    """A second command at the same stage is refused, at another stage it is not."""
    database = opened_case().database
    with stage_lock(database, "pay"):
        with stage_lock(database, "publish"):
            pass
        with (
            pytest.raises(StageBusyError, match="pay"),
            stage_lock(database, "pay", patience_s=0.2),
        ):
            pass
    with stage_lock(database, "pay"):
        pass
