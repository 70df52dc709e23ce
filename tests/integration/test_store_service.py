"""The store as rooms use it."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from amends.kernel.errors import CaseFileError
from amends.store.service import DatabaseUnreachableError, StageBusyError, case_clock, stage_lock
from amends.vault.opened import open_case
from made_cases import MINIMAL_CASE, CaseDirectory, OpenedCase

ANNOUNCED = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_an_opened_case_has_a_migrated_database(opened_case: OpenedCase) -> None:
    """Opening a case gives a database on which ordinary work can read its migrations."""
    with opened_case().database.reading() as connection:
        rows = connection.execute("SELECT name FROM store.migration WHERE number = 1").fetchall()
    assert rows == [("store",)]


def test_a_unit_of_work_lasts_only_if_it_ends_well(opened_case: OpenedCase) -> None:
    """What raises leaves nothing behind."""
    database = opened_case().database
    later = datetime(2030, 1, 1, tzinfo=UTC)

    def fail() -> None:
        """Do something, then fail."""
        with database.unit_of_work() as connection:
            connection.execute("UPDATE store.clock SET simulated_now = %(now)s", {"now": later})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as connection:
        assert connection.execute("SELECT simulated_now FROM store.clock").fetchone() == (
            ANNOUNCED,
        )


def test_reading_changes_nothing(opened_case: OpenedCase) -> None:
    """A reading connection refuses to write."""
    database = opened_case().database
    with (
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        database.reading() as connection,
    ):
        connection.execute("UPDATE store.clock SET simulated_now = now()")


def test_simulated_time_goes_on_where_the_last_command_left_it(
    case_directory: CaseDirectory,
) -> None:
    """It begins at the announcement, survives the command, and never goes back."""
    root = case_directory()
    with open_case(root) as opened:
        assert opened.clock.simulated
        assert opened.clock.now() == ANNOUNCED
        behind = case_clock(opened.database, opened.case)
        opened.clock.sleep(timedelta(days=3))
        behind.sleep(timedelta(days=1))
    with open_case(root) as opened:
        assert opened.clock.now() == ANNOUNCED + timedelta(days=3)


def test_a_real_clock_is_the_machines(opened_case: OpenedCase) -> None:
    """A case on the real clock runs now."""
    opened = opened_case(MINIMAL_CASE.replace('clock = "simulated"', 'clock = "real"'))
    assert not opened.clock.simulated
    assert abs(opened.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_simulated_clock_is_refused_where_money_could_move(case_directory: CaseDirectory) -> None:
    """A rail that is no simulator needs the real clock."""
    root = case_directory(MINIMAL_CASE.replace('kind = "simulator"', 'kind = "alipay"'))
    with pytest.raises(CaseFileError, match="simulated clock"), open_case(root):
        pass


def test_a_server_that_does_not_answer_is_a_refusal(
    case_directory: CaseDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal says which setting to look at, and does not repeat the password in it."""
    root = case_directory()
    monkeypatch.setenv("AMENDS_DATABASE_URL", "postgresql://me:hidden@127.0.0.1:1/none")
    with (
        pytest.raises(DatabaseUnreachableError, match="AMENDS_DATABASE_URL") as refused,
        open_case(root),
    ):
        pass
    assert "hidden" not in str(refused.value)


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
