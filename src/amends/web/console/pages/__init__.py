"""All pages and actions of the console, in the order of the menu."""

from amends.web.console.pages import (
    approvals,
    audit,
    case,
    claims,
    determination,
    finding,
    health,
    inbox,
    letters,
    money,
    payment,
    payouts,
    people,
    reconciliation,
    reports,
    review,
    users,
    work,
)

_MODULES = (
    *(work, finding, case, determination, review, money, approvals, payouts, payment),
    *(reconciliation, letters, claims, inbox, people, audit, reports, users, health),
)
PAGES = tuple(page for module in _MODULES for page in module.PAGES)
ACTIONS = tuple(action for module in _MODULES for action in getattr(module, "ACTIONS", ()))
