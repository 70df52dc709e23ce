"""All pages and actions of the console, in the order of the menu."""

from amends.web.console.pages import (
    approvals,
    audit,
    case,
    claims,
    determination,
    evidence,
    finding,
    health,
    inbox,
    letters,
    money,
    payment,
    payments,
    payouts,
    people,
    reconciliation,
    reports,
    review,
    scams,
    stages,
    users,
    views,
    work,
)

_MODULES = (
    *(work, views, finding, case, stages, determination, evidence, review, money, approvals),
    *(payouts, payments, payment, reconciliation, letters, claims, inbox, scams, people, audit),
    *(reports, users, health),
)
PAGES = tuple(page for module in _MODULES for page in module.PAGES)
ACTIONS = tuple(action for module in _MODULES for action in getattr(module, "ACTIONS", ()))
