"""What names where money goes: read as it is written, refused where it is ambiguous or wrong."""

from dataclasses import replace

import polars as pl
import pytest

from amends.kernel.accounts import ACCOUNT_KINDS, AccountKind, taken_by
from amends.kernel.case import RailSettings
from amends.payees import reading
from amends.payees.matching import Circumstances, read

CARD = "6222020200112233446"


@pytest.mark.parametrize(
    ("written", "account", "kind"),
    [
        ("13800138000", "13800138000", AccountKind.PHONE),
        ("A@Example.com", "a@example.com", AccountKind.EMAIL),
        ("2088123412341234", "2088123412341234", AccountKind.WALLET),
        ("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", AccountKind.OPENID),
        ("6222 0202 0011 2233 446", CARD, AccountKind.BANK),
        ("4111-1111-1111-1111", "4111111111111111", AccountKind.BANK),
        ("de89 3704 0044 0532 0130 00", "DE89370400440532013000", AccountKind.BANK),
        ("00012345@102100099996", "00012345@102100099996", AccountKind.BANK),
        ("00012345@ABCDCNBJ", "00012345@ABCDCNBJ", AccountKind.BANK),
        ("id:11010119900307123x", "11010119900307123X", AccountKind.IDENTITY),
    ],
)
def test_an_account_is_read_as_it_is_written(written: str, account: str, kind: AccountKind) -> None:
    """Every form that docs/reference/payees.md names."""
    assert _read(written) == (account, kind.value)


@pytest.mark.parametrize(
    "written",
    [
        CARD[:-1] + "7",  # wrong check digit
        "622202199003071234",  # a citizen's number of 62
        "11010119900307123X",  # a document without the word that it is one
        "00012345@10210009999",  # a bank with a digit too few
        "id:",
        "oUpF8uMuAJO_M2pxb1Q9zNjWeS6",  # 26 after the o
        "",
        "-",
    ],
)
def test_what_could_be_something_else_is_no_account(written: str) -> None:
    """Nobody's money goes to a typing error."""
    assert _read(written) == (None, None)


def test_kinds_follow_the_rails_of_the_case() -> None:
    """By one rail what it takes, by several what one of them takes, by none anything."""
    wallets, banks = ACCOUNT_KINDS["alipay"], ACCOUNT_KINDS["iso20022"]
    assert taken_by([wallets]) == wallets
    assert taken_by([wallets, banks]) == wallets | {AccountKind.BANK}
    assert taken_by([]) == frozenset(AccountKind)


def test_a_contract_of_alipay_may_have_bank_cards() -> None:
    """Then a card is an account there, too."""
    alipay = RailSettings(kind="alipay", protocol="alipay")
    assert alipay.account_kinds == ACCOUNT_KINDS["alipay"]
    assert replace(alipay, bank_cards=True).account_kinds - alipay.account_kinds == {
        AccountKind.BANK
    }


def _read(written: str) -> tuple[object, object]:
    rules = reading.wallet(pl.col("x"), mainland=True)
    account, kind = (pl.DataFrame({"x": [written]}).select(rule).item() for rule in rules)
    return account, kind


def test_an_account_that_no_rail_takes_is_none() -> None:
    """A bank card is an account where there is a bank, and a doubt where there is only Alipay."""
    told = pl.DataFrame({"product": ["im", "im"], "account_id": ["a", "b"]}).with_columns(
        payout_account=pl.Series([CARD, "13800138000"])
    )
    files = Circumstances(payout_accounts=told)
    for rail, expected in (("alipay", [None, "phone"]), ("iso20022", ["bank", None])):
        rows = read(files, mainland=True, kinds=ACCOUNT_KINDS[rail]).rows
        assert rows["chosen_kind"].to_list() == expected
        assert rows["chosen_account"].is_null().to_list() == [one is None for one in expected]
