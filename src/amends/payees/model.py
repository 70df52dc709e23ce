"""Who is paid for an affected person, or why nobody can be paid yet."""

from enum import StrEnum
from typing import NamedTuple

from amends.kernel.accounts import AccountKind
from amends.kernel.errors import AmendsError

ADULT_YEARS = 18
"""The age of majority (Civil Code 17)."""

LIMITED_YEARS = 8
"""From here on a child may accept what is a pure benefit (Civil Code 19, 145)."""


class PayeeState(StrEnum):
    """Whether an award can be sent."""

    PAYABLE = "payable"
    NEEDS_PERSON = "needs_person"


class PayeeKind(StrEnum):
    """Who receives the money."""

    SELF = "self"
    MINOR = "minor"
    GUARDIAN = "guardian"
    ADMINISTRATOR = "administrator"
    RELATIVE = "relative"
    HEIR = "heir"
    CUSTODIAN = "custodian"


class Reason(StrEnum):
    """Why a person has to look at it first. Nobody loses the award by one of these."""

    DECEASED = "deceased"
    MINOR_WITHOUT_GUARDIAN_ACCOUNT = "minor_without_guardian_account"
    NO_ACCOUNT = "no_account"
    NO_NAME = "no_name"
    MANY_ON_ONE_ACCOUNT = "many_on_one_account"
    IN_REVIEW = "in_review"
    NO_CAPACITY = "no_capacity"
    WALLET_TOO_LOW = "wallet_too_low"
    HELD = "held"
    MISSING = "missing"
    REFUSED = "refused"
    DONATED = "donated"
    DEPOSIT = "deposit"


class Situation(StrEnum):
    """The state of a payee (docs/reference/payee-states.md)."""

    IN_REVIEW = "in_review"
    ADULT = "adult"
    AGED_8_TO_17 = "aged_8_to_17"
    AGED_8_TO_17_GUARDED = "aged_8_to_17_guarded"
    UNDER_8 = "under_8"
    UNDER_8_GUARDED = "under_8_guarded"
    INCAPABLE = "incapable"
    INCAPABLE_GUARDED = "incapable_guarded"
    NO_ACCOUNT = "no_account"
    WALLET_TOO_LOW = "wallet_too_low"
    HELD = "held"
    MISSING = "missing"
    CUSTODIAN = "custodian"
    REFUSED = "refused"
    DONATED = "donated"
    DONEE_PAID = "donee_paid"
    DIED_AFTER = "died_after"
    DIED_BEFORE = "died_before"
    ADMINISTRATOR = "administrator"
    HEIRS = "heirs"
    HEIRS_PAID = "heirs_paid"
    RELATIVE = "relative"
    NO_HEIR = "no_heir"
    DEPOSIT_PENDING = "deposit_pending"
    DEPOSITED = "deposited"
    COLLECTED = "collected"
    ESCHEATED = "escheated"


class Doubt(StrEnum):
    """What is wrong with what the files tell, so that a person has to look."""

    DEATH_IN_FUTURE = "death_in_future"
    DEATH_DATES_DIFFER = "death_dates_differ"
    DEATH_WITHOUT_DATE = "death_without_date"
    NAME_DIFFERS = "name_differs"
    CHECK_DIGIT = "check_digit"
    TWO_PEOPLE = "two_people"
    GUARDIAN_IS_MINOR = "guardian_is_minor"
    GUARDIAN_IS_DEAD = "guardian_is_dead"
    GUARDIAN_IN_CIRCLE = "guardian_in_circle"
    ACCOUNT_OF_TWO = "account_of_two"
    ACCOUNTS_DIFFER = "accounts_differ"
    ACCOUNT_UNREADABLE = "account_unreadable"
    LIMIT_UNREADABLE = "limit_unreadable"
    MANY_WARDS = "many_wards"
    HEIR_IS_AFFECTED = "heir_is_affected"


class PaymentDetails(NamedTuple):
    """Where the money of one person goes. Lives in memory only; at rest it is sealed.

    ``kind``: as whose it is received; it stands in no sealed text.
    """

    account: str
    account_kind: AccountKind
    name: str
    kind: PayeeKind = PayeeKind.SELF

    def __repr__(self) -> str:
        """Without the values: a traceback or log must not carry them."""
        return f"PaymentDetails(account_kind={self.account_kind.value!r})"


class PayeeError(AmendsError):
    """Who is paid cannot be changed like this."""

    code = "payee"
