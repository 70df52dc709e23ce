import psycopg
import pytest

from amends.awards.service import award
from amends.kernel.errors import StageOrderError
from amends.kernel.ids import AwardIndex
from amends.notices import service
from amends.notices.model import NoNoticeError, NoticeTextError
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, MINIMAL_FILES, OpenedCase
from made_determination import determine_made_up, person

TWO = ("anna", "ben")


def give_an_award(opened: OpenCase) -> None:
    """An award as a round of awards leaves it. No approval, no books."""
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, "
            "tranche, awarded_at) VALUES (0, %(person)s, 0, 500000, 'CNY', 1, now())",
            {"person": person(1)},
        )


def settle_made_up(opened: OpenCase, reasons: dict[str, str | None]) -> None:
    """Record who is payable (no reason) and who is not."""
    with opened.database.unit_of_work() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO payees.payee (person_id, state, reason, kind, sealed, details_mark, "
            "settled_at) VALUES (%(person)s, %(state)s, %(reason)s, %(kind)s, %(sealed)s, "
            "%(sealed)s, now())",
            [
                {
                    "person": who,
                    "state": "needs_person" if reason else "payable",
                    "reason": reason,
                    "kind": None if reason else "self",
                    "sealed": None if reason else b"sealed",
                }
                for who, reason in reasons.items()
            ],
        )


def awards(opened: OpenCase) -> dict[str, int]:
    """Award index by person."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT person_id, award_index FROM awards.owed").fetchall()
    return {str(who): int(str(index)) for who, index in rows}


def test_nobody_is_told_before_anybody_is_awarded(opened_case: OpenedCase) -> None:
    """Notify asks for awards first."""
    with pytest.raises(StageOrderError, match="award"):
        service.notify(opened_case())


def test_each_award_has_one_notice_that_fits_it(opened_case: OpenedCase) -> None:
    """People with equal facts share a text; the text names their fields and how they stand."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(
        opened, {person(1): "NAME;PHONE", person(2): "NAME;PHONE", person(3): "EMAIL"}
    )
    settle_made_up(opened, {person(1): None, person(2): None, person(3): "deceased"})
    award(opened)
    summary = service.notify(opened)
    assert summary.counts == {"notices": 3, "notices_new": 3, "notice_texts": 4}
    by_person = awards(opened)
    first, second, third = (
        service.sample(opened, AwardIndex(by_person[person(number)])) for number in (1, 2, 3)
    )
    assert first == second
    assert first[0].startswith("【模拟演练】")
    assert "姓名、手机号" in first[0]
    assert "最晚2026年11月24日" in first[0]
    assert "测试集团负责人" in first[0]
    assert "name, mobile number" in first[1]
    assert "继承人" in third[0]
    assert "邮箱" in third[0]


def test_notifying_again_tells_nobody_twice_and_new_people_once(opened_case: OpenedCase) -> None:
    """A second call queues nothing; a later award gets its own notice, a late one its apology."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, {person(1): "NAME"})
    award(opened)
    service.notify(opened)
    assert service.notify(opened).counts["notices_new"] == 0
    determine_made_up(opened, {person(1): "NAME", person(2): "NAME"}, run_no=2, tranche=2)
    settle_made_up(opened, {person(2): None})
    award(opened)
    opened.clock.sleep(opened.case.file.promise.pay_within * 2)
    assert service.notify(opened).counts == {"notices": 2, "notices_new": 1, "notice_texts": 4}
    assert "约定的日期已过" in service.sample(opened, AwardIndex(1))[0]


def test_an_award_without_notice_is_named_as_such(opened_case: OpenedCase) -> None:
    """Asking for a notice that is not there says what makes it."""
    with pytest.raises(NoNoticeError, match="amends notify"):
        service.sample(opened_case(), AwardIndex(7))


def test_a_case_that_names_no_rail_yet_sends_no_exercise(opened_case: OpenedCase) -> None:
    """It is as real as any, for its notices as for its log; a simulator makes an exercise of it."""
    real = MINIMAL_CASE.replace('clock = "simulated"\n', "")
    for toml, exercise in ((real, True), (real.partition("[[rail]]")[0], False)):
        opened = opened_case(toml, MINIMAL_FILES)
        determine_made_up(opened, {person(1): "NAME"})
        give_an_award(opened)
        service.notify(opened)
        chinese, _ = service.sample(opened, AwardIndex(0))
        assert chinese.startswith("【模拟演练】") is exercise


def test_a_text_that_breaks_a_rule_stops_the_stage(opened_case: OpenedCase) -> None:
    """A web address in the controller's name would get into every text: nothing is queued."""
    toml = MINIMAL_CASE.replace("Test Group", "test-group.com")
    opened = opened_case(toml, MINIMAL_FILES, approve_as=TWO)
    determine_made_up(opened, {person(1): "NAME"})
    award(opened)
    with pytest.raises(NoticeTextError, match="AP-02"):
        service.notify(opened)
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM notices.text").fetchone() == (0,)


def test_what_was_queued_cannot_be_changed(opened_case: OpenedCase) -> None:
    """The program's own role cannot rewrite a text or take a notice back."""
    opened = opened_case()
    for statement in (
        "UPDATE notices.text SET body = 'x'",
        "DELETE FROM notices.text",
        "UPDATE notices.notice SET award_index = 1",
        "DELETE FROM notices.notice",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            opened.database.unit_of_work() as connection,
        ):
            connection.execute(statement.encode())
