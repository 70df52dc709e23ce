"""Who is paid for an affected person, or why nobody can be paid yet."""

from dataclasses import dataclass
from enum import StrEnum


class PayeeState(StrEnum):
    """Whether an award can be sent."""

    PAYABLE = "payable"
    NEEDS_PERSON = "needs_person"


class PayeeKind(StrEnum):
    """Who receives the money."""

    SELF = "self"
    GUARDIAN = "guardian"


class Reason(StrEnum):
    """Why a person has to look at it first. Nobody loses the award by one of these."""

    DECEASED = "deceased"
    MINOR_WITHOUT_GUARDIAN_ACCOUNT = "minor_without_guardian_account"
    NO_ACCOUNT = "no_account"
    NO_NAME = "no_name"
    MANY_ON_ONE_ACCOUNT = "many_on_one_account"


class AccountKind(StrEnum):
    """What names the wallet: a mobile number, an e-mail address, or the provider's own number."""

    PHONE = "phone"
    EMAIL = "email"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDetails:
    """Where the money of one person goes. Lives in memory only; at rest it is sealed."""

    account: str
    account_kind: AccountKind
    name: str

    def __repr__(self) -> str:
        """Without the values: a traceback or log must not carry them."""
        return f"PaymentDetails(account_kind={self.account_kind.value!r})"
