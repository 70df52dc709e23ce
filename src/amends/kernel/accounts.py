"""What the account of somebody who receives money may be written as."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class AccountKind(StrEnum):
    """What names where the money goes."""

    PHONE = "phone"
    """A mobile number, by which a wallet is known."""
    EMAIL = "email"
    WALLET = "wallet"
    """A provider's own number of a wallet."""
    OPENID = "openid"
    """Of a payee under the company's own app (WeChat Pay)."""
    BANK = "bank"
    """A number of an account or card at a bank, or an IBAN."""
    IDENTITY = "identity"
    """No account: the number of the document by which the person identifies at a counter."""


ACCOUNT_KINDS: Final = {
    "alipay": frozenset((AccountKind.PHONE, AccountKind.EMAIL, AccountKind.WALLET)),
    "wechatpay": frozenset((AccountKind.OPENID,)),
    "iso20022": frozenset((AccountKind.BANK,)),
    "counter": frozenset((AccountKind.IDENTITY,)),
}
"""By rail: what the account of a payee may be written as. A contract may allow more."""


def taken_by(rails: Iterable[frozenset[AccountKind]]) -> frozenset[AccountKind]:
    """What accounts may be written as where *rails* take these; anything where there is none."""
    kinds = list(rails)
    return frozenset().union(*kinds) if kinds else frozenset(AccountKind)
