import hashlib
import hmac

import numpy as np
import polars as pl

from amends.kernel.case import LinkageSettings, Undecided
from amends.linkage.linking import Linked
from amends.linkage.links import Links
from amends.linkage.model import Determination
from amends.linkage.person_ids import canonical_accounts, person_ids
from amends.linkage.registered import Registered
from amends.linkage.rules import Terms, determination, in_order
from amends.linkage.shelf import Shelf

ACCOUNTS = Registered.of(
    pl.DataFrame({"product": ["im", "im", "chat", "im"], "account_id": list("abcd")})
)
ORDER = np.array([2, 0, 1, 3], dtype=np.int64)
PERSON = np.array([0, 1, 0, 3], dtype=np.int64)


def linked(*rows: tuple[int, int, float, str]) -> Linked:
    """Links of leaked rows: record, account, probability, method."""
    schema = {
        "record": pl.Int64,
        "person": pl.Int64,
        "probability": pl.Float64,
        "method": pl.String,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("person").alias("best"), pl.lit("key:phone").alias("reason")
    )
    return Linked(person=PERSON, rows=frame, refused={}, model={}, counts={"persons": 3})


def decide(links: Linked, undecided: Undecided = Undecided.WAIT) -> Determination:
    """The answers for four leaked rows, one of them of a later find, and a lost one."""
    rows = {"record": [0, 1, 2, 3], "evidence": ["x"] * 4, "row": [1, 2, 4, 5]}
    lost = pl.DataFrame({"evidence": ["x"], "row": [3], "reason": ["fields"]})
    taken = pl.DataFrame({**rows, "tranche": [2, 1, 1, 1]})
    mask = np.array([1, 3, 2, 1], dtype=np.int32)
    leaked = in_order([taken], lost, ["PHONE", "NAME"], mask)
    first = canonical_accounts(PERSON, ORDER)
    ids = person_ids(first, ACCOUNTS, b"k" * 32).sort("person_id")
    terms = Terms(settings=LinkageSettings(undecided=undecided))
    on_shelf = Links(links.rows, Shelf())
    return determination(ACCOUNTS, leaked, links, on_shelf, terms, ids)


LINKS = linked(
    (0, 0, 0.999, "exact"),
    (1, 0, 0.96, "probabilistic"),
    (2, 1, 0.7, "probabilistic"),
    (3, 3, 0.3, "probabilistic"),
)


def test_a_person_is_named_by_a_keyed_function_of_the_first_account() -> None:
    """The id is 128 bits of HMAC-SHA-256 in Crockford's base32; chat comes before im."""
    first = canonical_accounts(PERSON, ORDER)
    account = first.filter(pl.col("person") == 0)["account"]
    assert ACCOUNTS.named(account).row(0) == ("chat", "c")
    found = dict(person_ids(first, ACCOUNTS, b"k" * 32).iter_rows())
    octets = hmac.digest(b"k" * 32, b"chat\0c", hashlib.sha256)[:16]
    value, signs = int.from_bytes(octets), "0123456789abcdefghjkmnpqrstvwxyz"
    expected = "".join(signs[value >> 5 * (25 - i) & 31] for i in range(26))
    assert found[0] == expected
    assert len(set(found.values())) == 3


def test_every_row_has_one_of_four_outcomes() -> None:
    """Matched, under review, unmatched, quarantined: in the order of file and row."""
    found = decide(LINKS)
    assert found.matches["row"].to_list() == [1, 2, 3, 4, 5]
    assert found.matches["outcome"].to_list() == [
        "matched",
        "matched",
        "quarantined",
        "review",
        "unmatched",
    ]
    assert found.matches["reason"].to_list()[2] == "fields"
    told = found.matches_in_full(found.matches)
    assert told["person_id"].is_null().to_list() == [False, False, True, False, True]


def test_a_person_is_affected_once() -> None:
    """What leaked is put together over all matched rows, with the surest method and first find."""
    found = decide(LINKS)
    assert found.affected.height == 1
    person = found.affected.row(0, named=True)
    assert person["categories"] == "NAME;PHONE"
    assert person["products"] == "chat;im"
    assert (person["leaked_rows"], person["tranche"]) == (2, 1)
    assert (person["method"], person["probability"]) == ("exact", 0.999)
    assert found.counts["waiting"] == 1
    assert found.counts["affected"] == 1


def test_undecided_people_are_paid_where_the_case_says_so() -> None:
    """With ``undecided = "pay"`` a row under review counts as matched, and says why."""
    found = decide(LINKS, Undecided.PAY)
    assert found.affected.height == 2
    assert found.counts["waiting"] == 0
    paid = found.matches.filter(pl.col("row") == 4).row(0, named=True)
    assert (paid["outcome"], paid["reason"]) == ("matched", "undecided_are_paid")
