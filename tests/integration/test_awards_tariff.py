"""Awards by a tariff with different amounts: bound to text, group and approval, and booked."""

import hashlib
from dataclasses import replace

import pytest

from amends.awards import promised, service
from amends.awards.model import FindingKind, PromiseError, TariffError
from amends.awards.rows import COLUMNS
from amends.evidence.intake import intake
from amends.kernel.money import Money
from amends.kernel.tarifffile import preset
from amends.ledger.service import balances
from amends.linkage.determine import determine
from amends.roster.service import publish
from amends.store.binary import copied_out
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, MINIMAL_FILES, OpenedCase
from made_determination import determine_made_up, person

TWO = ("anna", "ben")
FLAT = 'preset = "flat"\namount = "CNY 5000.00"'
FACTORS = MINIMAL_CASE.replace(FLAT, 'preset = "scenario-factors"').replace(
    'per_person = "CNY 5000.00"\n', ""
)
LEAKED = {
    person(1): "NAME;PHONE",
    person(2): "IDNO;NAME",
    person(3): "NAME;PHONE",
    person(4): "ORDER;PHONE;PWDHASH",
}
OWED_MINOR = 2 * 82_000 + 164_000 + 246_000


def amounts(opened: OpenCase) -> dict[str, tuple[object, ...]]:
    """Class and amount by person."""
    with opened.database.reading() as connection:
        return {
            str(who): tuple(rest)
            for who, *rest in connection.execute(
                "SELECT person_id, class, amount_minor FROM awards.award"
            )
        }


def with_tariff(opened: OpenCase, name: str) -> OpenCase:
    """The case, had it another tariff."""
    file = replace(opened.case.file, tariff=preset(name))
    return replace(opened, case=replace(opened.case, file=file))


def test_each_is_awarded_by_what_leaked_and_it_can_be_said_why(opened_case: OpenedCase) -> None:
    """Amount, class and group of each; tariff, hash and approval of the round; one digest of all.

    The books hold a transfer for each group, and the digest of the rows in its subject.
    """
    opened = opened_case(FACTORS, MINIMAL_FILES, approve_as=TWO)
    determine_made_up(opened, LEAKED)
    assert service.award(opened).counts["owed_minor"] == OWED_MINOR
    assert amounts(opened) == {
        person(1): (0, 82_000),
        person(2): (2, 164_000),
        person(3): (0, 82_000),
        person(4): (3, 246_000),
    }
    why = service.award_reason(opened, person(4))
    assert why is not None
    assert why.tariff.sha256 == preset("scenario-factors").sha256
    assert (why.scenario, why.amount) == ("takeover", Money.parse("CNY 2460.00"))
    assert why.group.categories == {"ORDER", "PHONE", "PWDHASH"}
    assert why.group.jurisdictions == {"CN"}
    assert service.award_reason(opened, person(9)) is None
    assert service.classes(opened)[1] == Money.parse("CNY 1230.00")
    with opened.database.reading() as connection:
        held = balances(connection)
        assert held["owed"] == held["compensation"] == OWED_MINOR
        bound = connection.execute(
            "SELECT content_sha256, body, awards_sha256 FROM awards.round "
            "JOIN awards.tariff USING (tariff_no) "
            "JOIN governance.proposal ON digest = proposal_sha256"
        ).fetchone()
        transfers = connection.execute(
            "SELECT transfer_id, amount_minor, subject FROM ledger.transfer "
            "WHERE reason = 'award' ORDER BY transfer_id"
        ).fetchall()
        query = f"SELECT {', '.join(COLUMNS)} FROM awards.award ORDER BY award_index"  # noqa: S608 -- our own columns
        written = b"".join(copied_out(connection, query))
    assert bound is not None
    assert bound[0] == preset("scenario-factors").sha256
    assert str(bound[0]) in str(bound[1])
    assert bound[2] == hashlib.sha256(written).hexdigest()
    assert [(name, amount) for name, amount, _ in transfers] == [
        ("awards:1:1", 164_000),
        ("awards:1:2", 164_000),
        ("awards:1:3", 246_000),
    ]
    assert {subject for *_, subject in transfers} == {f"round:1 sha256:{bound[2]}"}


def test_a_promise_of_different_amounts_has_a_total(opened_case: OpenedCase) -> None:
    """The total is the tariff's sum; one amount for everybody, or another currency, is refused."""
    text = FACTORS.replace(
        'pay_within = "P3D"', 'pay_within = "P3D"\nper_person = "CNY 820.00"\ntotal = "USD 1.00"'
    )
    opened = opened_case(text, MINIMAL_FILES, approve_as=TWO)
    determine_made_up(opened, LEAKED)
    with pytest.raises(PromiseError, match="promise a total") as refused:
        service.award(opened)
    assert [finding.kind for finding in refused.value.findings] == [
        FindingKind.CURRENCY,
        FindingKind.PER_PERSON,
        FindingKind.TOTAL,
    ]
    assert amounts(opened) == {}
    restated = promised.restate_promise(opened)
    assert restated.per_person is None
    assert restated.total == Money(amount_minor=OWED_MINOR, currency="CNY")
    assert promised.in_force(opened) == restated
    service.award(opened)
    promised.check_promise(opened)


def test_a_later_round_by_another_tariff_leaves_the_first_as_it_is(
    opened_case: OpenedCase,
) -> None:
    """New people get new amounts, in a class of any; another currency is refused."""
    opened = opened_case(FACTORS, MINIMAL_FILES, approve_as=TWO)
    determine_made_up(opened, {person(2): "IDNO;NAME"})
    service.award(opened)
    determine_made_up(opened, LEAKED, tranche=2, run_no=2)
    later = with_tariff(opened, "mediation")
    service.award(later)
    assert amounts(opened) == {
        person(1): (30, 150_000),
        person(2): (2, 164_000),
        person(3): (30, 150_000),
        person(4): (30, 150_000),
    }
    why = [service.award_reason(opened, person(number)) for number in (2, 1)]
    assert [one and one.tariff.id for one in why] == ["scenario-factors", "mediation"]
    assert promised.right_promise(later).per_person is None
    dollars = replace(preset("flat"), base=Money.parse("USD 1.00"))
    with pytest.raises(TariffError, match="awarded in CNY before"):
        promised.findings_of(
            replace(
                opened,
                case=replace(opened.case, file=replace(opened.case.file, tariff=dollars)),
            )
        )


def test_a_child_is_found_by_the_registry_and_somebody_without_a_birth_has_the_unknown_band(
    opened_case: OpenedCase,
) -> None:
    """Dates of birth come from the registries; the day that counts is the announcement's."""
    case = MINIMAL_CASE.replace(FLAT, 'preset = "tiers"').replace(
        'per_person = "CNY 5000.00"\n', ""
    )
    files = {
        "registries/im.csv": (
            "account_id,name,phone,birth\n"
            "a1,种植甲乙,13800009999,2015-03-04\n"
            "a2,种植丙丁,13800009998,1980-03-04\n"
            "a3,种植戊己,13800009997,\n"
        ).encode(),
        "evidence/dump.csv": (
            "name,phone\n种植甲乙,13800009999\n种植丙丁,13800009998\n种植戊己,13800009997\n"
        ).encode(),
    }
    opened = opened_case(case, files, approve_as=TWO)
    intake(opened)
    determine(opened)
    groups = service.groups(opened, preset("tiers")).select("age", "people").rows()
    assert sorted(groups) == [("child", 1), ("older", 1), ("unknown", 1)]
    service.award(opened)
    assert sorted(amounts(opened).values()) == [(0, 14_400), (0, 14_400), (2, 48_000)]
    assert publish(opened).counts
