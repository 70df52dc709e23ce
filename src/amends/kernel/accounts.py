"""What the account of somebody who receives money may be written as."""

from enum import StrEnum


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
