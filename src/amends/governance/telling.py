"""What two people sign, in words: the figures as people read them, beside the exact text. Pure.

The exact text has amounts in the smallest unit, where a point is easily read a hundred times off.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said

KINDS: Final = {
    "announcement": said("announcement"),
    "assessment": said("impact assessment"),
    "award": said("award"),
    "claim_buckets": said("claim buckets published"),
    "claim_codes": said("lost claim codes replaced"),
    "claims": said("claims of loss decided"),
    "close": said("close of the case's books"),
    "correction": said("correction of awards"),
    "erase": said("destruction of the case's keys"),
    "explain": said("movement of the bank explained"),
    "export": said("export"),
    "pay": said("pay"),
    "promise": said("promise stated anew"),
    "publish": said("publish"),
    "recovery": said("money paid too much is asked back"),
    "repayment": said("money that came back is matched"),
    "adopt": said("a rail's folder is lost, and another takes its place"),
    "resend": said("a file goes out again"),
    "revoke": said("payments that wait for their payees are taken back"),
    "resume": said("payments go on"),
    "waiver": said("money paid too much is let go"),
    "deposit": said("order to deposit with a notary"),
    "release": said("release of funds"),
    "seal": said("seal of the roster"),
    "suspense": said("money in suspense explained"),
    "tax_position": said("tax position"),
}
"""What two people approve, in words."""

REASONS: Final = {
    "amount_wrong": said("the amount was wrong"),
    "two_were_one": said("two people were one"),
    "one_was_two": said("one person was two"),
    "tariff_error": said("an error of the tariff"),
    "court_decision": said("a decision of a court"),
    "agreed": said("agreed with the person"),
    "not_affected": said("not affected"),
}
"""Why an award is corrected, in words."""

_MOST = 5
_MILLION = 1_000_000


def reason_told(reason: str) -> Said | str:
    """Why an award was corrected, in words; another reason as it stands."""
    return REASONS.get(reason, reason)


def kind_told(kind: str) -> str:
    """The kind of a proposal, in words."""
    return KINDS.get(kind, kind)


def told(body: str, currency: str) -> Said:
    """The figures of a proposal; *currency* for one that names none itself."""
    content = json.loads(body)
    if not isinstance(content, dict):
        return joined([body])
    return joined(_parts(content, str(content.get("currency", currency))), "; ")


def _parts(content: Mapping[str, object], currency: str) -> Iterator[Said]:
    for name, (label, form) in _SHOWN.items():
        value = content.get(name)
        if value not in (None, "", []):
            yield said("{label}: {value}", label=label, value=form(value, currency))


def _plain(value: object, currency: str) -> str:
    del currency
    return f"{value:,}" if isinstance(value, int) else str(value)


def _amount(value: object, currency: str) -> str:
    return Money(amount_minor=int(str(value)), currency=currency).display()


def _yes(value: object, currency: str) -> Said:
    del currency
    return said("yes") if value else said("no")


def _reason(value: object, currency: str) -> str:
    del currency
    return REASONS.get(str(value), str(value))


def _weight(value: object, currency: str) -> str:
    del currency
    return f"{int(str(value)) / _MILLION:.4f}"


def _by_amount(value: object, currency: str) -> Said:
    """How many people get which amount."""
    pairs = value if isinstance(value, dict) else {}
    parts = [
        said("{amount} to {people:,} people", amount=_amount(amount, currency), people=int(people))
        for amount, people in sorted(pairs.items(), key=lambda pair: int(pair[0]))
    ]
    return _few(parts)


def _awards(value: object, currency: str) -> str:
    """How many, which, or what each becomes: the first ones."""
    if not isinstance(value, list):
        return _plain(value, currency)
    return _few([_award(row, currency) for row in value])


def _award(row: object, currency: str) -> Said:
    if not isinstance(row, list):
        return joined([str(row)])
    index, before, after, *_ = row
    return said(
        "award {index}: {before} → {after}",
        index=index,
        before=_amount(before, currency),
        after=_amount(after, currency),
    )


def _few(parts: list[Said]) -> Said:
    """The first ones, and how many more there are."""
    left = len(parts) - _MOST
    more = [said("{number:,} more", number=left)] if left > 0 else []
    return joined([*parts[:_MOST], *more], ", ")


_SHOWN: Final[dict[str, tuple[Said, Callable[[object, str], str]]]] = {
    "people": (said("people"), _plain),
    "count": (said("payments"), _plain),
    "per_person_minor": (said("per person"), _amount),
    "people_by_amount_minor": (said("by amount"), _by_amount),
    "total_minor": (said("total"), _amount),
    "case_total_minor": (said("all payments of the case with these"), _amount),
    "signers": (said("signatures that it needs"), _plain),
    "settled_minor": (said("arrived"), _amount),
    "deposited_minor": (said("deposited with a notary"), _amount),
    "amount_minor": (said("amount"), _amount),
    "awards": (said("awards"), _awards),
    "annulled": (said("annulled"), _plain),
    "change_minor": (said("change of what is owed"), _amount),
    "funding_minor": (said("funding"), _amount),
    "tariff": (said("tariff"), _plain),
    "again": (said("follows payments that ended unpaid"), _yes),
    "on_top": (said("pays raises on top of earlier payments"), _yes),
    "moved": (said("moves payments that had not left to this rail"), _yes),
    "rail": (said("rail"), _plain),
    "round": (said("round"), _plain),
    "release": (said("release"), _plain),
    "corrections": (said("corrections"), _plain),
    "claims": (said("claims"), _plain),
    "granted_minor": (said("granted"), _amount),
    "refused": (said("refused"), _plain),
    "version": (said("version"), _plain),
    "document_sha256": (said("SHA-256 of the text"), _plain),
    "what": (said("what"), _plain),
    "rows": (said("rows"), _plain),
    "weight_millionths": (said("weight"), _weight),
    "notary": (said("notary"), _plain),
    "file": (said("file"), _plain),
    "recipient": (said("recipient"), _plain),
    "purpose": (said("purpose"), _plain),
    "legal_character": (said("legal character"), _plain),
    "reason": (said("reason"), _reason),
    "view_of": (said("view of"), _plain),
    "given_on": (said("given on"), _plain),
}
"""What is told of a proposal, in this order; digests and running numbers are in the exact text."""
