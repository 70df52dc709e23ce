"""Reads case.toml. Unknown keys are errors, and every error names file, line and key."""

import tomllib
from datetime import timedelta
from pathlib import Path

from amends.kernel.announcing import check_companies, read_announcement, read_companies
from amends.kernel.case import (
    APPROVALS_NEEDED,
    AssessmentGate,
    Band,
    CallbackSettings,
    Case,
    CaseFile,
    ClockKind,
    Escrow,
    EvidenceSource,
    GovernanceSettings,
    LinkageEngine,
    LinkageSettings,
    PayeeSettings,
    PeopleKind,
    PeopleSource,
    Promise,
    RailSettings,
    RegistrySource,
    Text,
    Undecided,
)
from amends.kernel.errors import CaseFileError
from amends.kernel.saying import said
from amends.kernel.tariff import Tariff
from amends.kernel.tarifffile import tariff_of
from amends.kernel.tomltable import (
    Places,
    Table,
    a_day,
    a_duration,
    a_number_above_zero,
    a_path,
    a_positive_amount,
    a_probability,
    a_public_address,
    a_switch,
    a_text,
    a_time,
    a_whole_number,
    account_names,
    an_address,
    an_amount,
    an_hour,
    both_languages,
    choice,
    columns,
    matching,
    one_of,
    texts,
)
from amends.kernel.witnessing import read_roster

FILE_NAME = "case.toml"
WALLETS, WALLETS_PAY_IN = ("alipay", "wechatpay"), "CNY"
"""What their orders say is an amount without a currency, and means this one."""
RAIL_KINDS = ("alipay", "wechatpay", "iso20022", "counter", "simulator")


def read_case(root: Path) -> Case:
    """The case in directory *root*.

    Raises:
        CaseFileError: there is no case.toml, or something in it is not right.
    """
    path = root / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise CaseFileError(
            said(
                "{path}: there is no {file_name}; name a case directory, or make one: `amends init "
                "DIRECTORY FILES` from files, `amends synth DIRECTORY` made up",
                path=path,
                file_name=FILE_NAME,
            )
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CaseFileError(
            said(
                "{path}: cannot be read as UTF-8 text ({error})",
                path=path,
                error=type(error).__name__,
            )
        ) from None
    return Case(root=root.resolve(), file=parse_case_file(text, str(path), root))


def parse_case_file(text: str, name: str = FILE_NAME, root: Path | None = None) -> CaseFile:
    """What the text of a case.toml in directory *root* says.

    Raises:
        CaseFileError: naming *name*, line and key.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseFileError(
            said("{name}: not valid TOML: {error}", name=name, error=error)
        ) from None
    top = Table(content, (), Places(name, text))
    case = top.table("case")
    tariff = tariff_of(top.table("tariff"), root)
    custody = top.table("custody", required=False)
    funding = top.table("funding", required=False)
    pay = top.table("pay", required=False)
    controller = case.required("controller", both_languages)
    companies = read_companies(top, controller)
    file = CaseFile(
        id=case.required(
            "id", matching(r"[a-z0-9-]{1,64}", said("lower-case letters, digits and -"))
        ),
        title=case.optional("title", both_languages, None)
        or Text(zh=case.required("id", a_text), en=case.required("id", a_text)),
        controller=controller,
        jurisdictions=case.optional("jurisdictions", texts, ("CN",)),
        discovered_at=case.optional("discovered_at", a_time, None),
        announced_at=case.optional("announced_at", a_time, None),
        clock=case.optional("clock", choice(ClockKind), ClockKind.REAL),
        promise=_promise(top.table("promise", required=False), tariff),
        registries=tuple(_registry(table) for table in top.tables("registry", at_least=1)),
        evidence=tuple(_evidence(table) for table in top.tables("evidence", at_least=1)),
        people=tuple(_people(table) for table in top.tables("people")),
        linkage=_linkage(top.table("linkage", required=False)),
        tariff=tariff,
        funding=funding.optional("amount", an_amount, None),
        escrow=_escrow(funding),
        rails=tuple(_rail(table) for table in top.tables("rail")),
        payees=_payees(top.table("payees", required=False)),
        first_batch=pay.optional("first", a_whole_number, None),
        callbacks=_callbacks(pay) if "callbacks" in pay else None,
        sealed_copies=custody.optional("sealed_copies", a_switch, default=True),
        taken_by=custody.optional("taken_by", a_text, None),
        governance=_governance(top.table("governance", required=False)),
        companies=companies,
        announcement=read_announcement(top, companies),
        roster=read_roster(top),
    )
    top.refuse_unknown_keys()
    _check_together(file, top)
    return file


def _promise(table: Table, tariff: Tariff) -> Promise:
    return Promise(
        per_person=table.optional("per_person", an_amount, tariff.one_amount),
        pay_within=table.optional("pay_within", a_duration, timedelta(days=3)),
        people=table.optional("people", a_whole_number, None),
        total=table.optional("total", an_amount, None),
    )


def _registry(table: Table) -> RegistrySource:
    return RegistrySource(
        product=table.required(
            "product", matching(r"[a-z0-9_-]{1,32}", said("lower-case letters, digits, - and _"))
        ),
        path=table.required("path", a_path),
        jurisdiction=table.optional("jurisdiction", a_text, None),
        columns=table.optional("columns", columns, {}),
        name=table.optional("name", both_languages, None),
        company=table.optional("company", a_text, None),
    )


def _evidence(table: Table) -> EvidenceSource:
    return EvidenceSource(
        path=table.required("path", a_path),
        columns=table.optional("columns", columns, {}),
        product=table.optional("product", a_text, None),
        received_at=table.optional("received_at", a_time, None),
        source=table.optional("source", a_text, None),
        tranche=table.optional("tranche", a_whole_number, 1),
    )


def _people(table: Table) -> PeopleSource:
    return PeopleSource(
        kind=table.required("kind", choice(PeopleKind)),
        path=table.required("path", a_path),
        columns=table.optional("columns", columns, {}),
    )


def _linkage(table: Table) -> LinkageSettings:
    default = LinkageSettings()
    settings = LinkageSettings(
        threshold=table.optional("threshold", a_probability, default.threshold),
        review=table.optional("review", a_probability, default.review),
        undecided=table.optional("undecided", choice(Undecided), default.undecided),
        engine=table.optional("engine", choice(LinkageEngine), default.engine),
        undecided_budget=table.optional("undecided_budget", an_amount, None),
        planted=table.optional("planted", a_path, None),
    )
    if settings.undecided_budget is not None and settings.undecided is not Undecided.PAY:
        raise table.error("undecided_budget", said('goes with undecided = "pay" only'))
    if settings.review > settings.threshold:
        raise table.error("review", said("is not above threshold"))
    return settings


def _governance(table: Table) -> GovernanceSettings:
    default = GovernanceSettings()
    return GovernanceSettings(
        assessment=table.optional("assessment", choice(AssessmentGate), default.assessment),
        export_quota=table.optional("export_quota", a_number_above_zero, None),
        accounts=table.optional("accounts", account_names, {}),
        bands=tuple(_band(band) for band in table.tables("band")),
    )


def _band(table: Table) -> Band:
    people = table.required("people", a_whole_number)
    if people < APPROVALS_NEEDED:
        raise table.error("people", said("is 2 at least: nobody decides alone"))
    return Band(
        least=table.required("from", a_positive_amount),
        people=people,
        one_of=table.optional("one_of", texts, ()),
    )


def _escrow(table: Table) -> Escrow:
    return Escrow(
        account=table.optional("account", a_text, None),
        evidenced=table.optional("evidenced", a_switch, None),
        alarm=table.optional("alarm", a_probability, Escrow().alarm),
    )


def _payees(table: Table) -> PayeeSettings:
    default = PayeeSettings()
    return PayeeSettings(
        leaked_on=table.optional("leaked_on", a_day, None),
        people_per_wallet=table.optional(
            "people_per_wallet", a_whole_number, default.people_per_wallet
        ),
        wards_per_guardian=table.optional(
            "wards_per_guardian", a_whole_number, default.wards_per_guardian
        ),
        small_estate=table.optional("small_estate", a_positive_amount, default.small_estate),
    )


def _rail(table: Table) -> RailSettings:
    kind = table.required("kind", one_of(RAIL_KINDS))
    protocol = table.optional("protocol", one_of(RAIL_KINDS[:-1]), None)
    if kind == "simulator" and protocol is None:
        raise table.error("protocol", said('is missing: a simulator has one, like "alipay"'))
    called, by_files = kind in {"alipay", "wechatpay"}, kind in {"iso20022", "counter"}
    return RailSettings(
        kind=kind,
        protocol=protocol or kind,
        faults=table.optional("faults", a_path, None),
        holds=table.optional("holds", a_positive_amount, None),
        keys=table.optional("keys", a_path, None) if called else None,
        gateway=table.optional("gateway", a_text, None) if called else None,
        drop=table.optional("drop", a_path, None) if by_files else None,
        calls_per_second=table.optional("calls_per_second", a_number_above_zero, None),
        day_most=table.optional("day_most", an_amount, None),
        month_most=table.optional("month_most", an_amount, None),
        opens=table.optional("opens", an_hour, None),
        closes=table.optional("closes", an_hour, None),
        weekends=table.optional("weekends", a_switch, default=True),
        arrives_within=table.optional("arrives_within", a_duration, None),
        bank_cards=table.optional("bank_cards", a_switch, default=False)
        if "alipay" in {kind, protocol}
        else False,
    )


def _callbacks(pay: Table) -> CallbackSettings:
    table = pay.table("callbacks")
    return CallbackSettings(
        url=table.required("url", a_public_address),
        listen=table.optional("listen", an_address, None),
    )


def _check_rails(file: CaseFile, top: Table) -> None:
    """Each way to pay is named once, pays in the case's currency, and its amounts are of it."""
    protocols = [rail.protocol for rail in file.rails]
    if len(set(protocols)) < len(protocols):
        raise top.error("rail", said("names one way to pay twice"))
    for rail, table in zip(file.rails, top.tables("rail"), strict=True):
        if rail.protocol in WALLETS and file.currency != WALLETS_PAY_IN:
            raise table.error(
                "protocol" if rail.kind == "simulator" else "kind",
                said(
                    '"{rail}" pays in {only} and in nothing else, and the tariff is in {currency}: '
                    'take it out; a bank ("iso20022") or a counter pays in {currency}',
                    rail=rail.protocol,
                    only=WALLETS_PAY_IN,
                    currency=file.currency,
                ),
            )
    quotas = [
        amount
        for rail in file.rails
        for amount in (rail.day_most, rail.month_most, rail.holds)
        if amount
    ]
    if any(most.currency != file.currency for most in quotas):
        raise top.error(
            "rail",
            said("a quota is not in {currency}, as the tariff is", currency=file.currency),
        )


def _check_together(file: CaseFile, top: Table) -> None:
    """What no key can be judged by alone."""
    for kind, sources in (("registry", file.registries), ("evidence", file.evidence)):
        paths = [source.path for source in sources]
        if len(set(paths)) < len(paths):
            raise top.error(kind, said("names one file twice"))
    products = [registry.product for registry in file.registries]
    if len(set(products)) < len(products):
        raise top.error("registry", said("has two tables of one product"))
    check_companies(top, file)
    _check_rails(file, top)
    budget = file.linkage.undecided_budget
    if budget is not None and budget.currency != file.currency:
        raise top.error(
            "linkage",
            said("undecided_budget is not in {currency}, as the tariff is", currency=file.currency),
        )
    if any(band.least.currency != file.currency for band in file.governance.bands):
        raise top.error(
            "governance",
            said("a band is not in {currency}, as the tariff is", currency=file.currency),
        )
    if file.escrow.evidenced is False and not file.all_rails_simulated:
        raise top.error("funding", said("evidenced = false goes with simulated rails only"))
    if file.clock is ClockKind.SIMULATED and not file.all_rails_simulated:
        raise top.error("rail", said("a simulated clock goes with simulated rails only"))
    if file.clock is ClockKind.SIMULATED and file.announced_at is None:
        raise top.error("case", said("announced_at is missing: a simulated clock starts there"))
