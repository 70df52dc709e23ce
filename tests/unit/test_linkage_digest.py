from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from amends.linkage.digest import result_digest
from amends.linkage.estimate import Side, Stratum
from amends.linkage.model import Determination
from amends.linkage.registered import Registered

REASON = pl.Categorical(pl.Categories("test.reason"))
ORDER = np.array([1, 0])
ACCOUNTS = pl.DataFrame({"product": ["im", "chat"], "account_id": ["A1", "ä2"]})


def found() -> Determination:
    """Two accounts of a person, one of whose two rows is matched."""
    nothing = pl.DataFrame()
    return Determination(
        people=pl.Series(["p1", "p2"]),
        accounts=Registered.of(ACCOUNTS),
        owner=pl.Series([0, 0]),
        matches=pl.DataFrame(
            {
                "evidence": ["x", "x"],
                "row": [1, 2],
                "outcome": ["matched", "unmatched"],
                "person": [0, None],
                "best": [0, None],
                "method": ["exact", None],
                "probability": [0.999, None],
                "reason": pl.Series(["key:phone", "resembles_nobody"], dtype=REASON),
            }
        ),
        affected=pl.DataFrame(
            {
                "person": [0],
                "person_id": ["p1"],
                "categories": ["NAME"],
                "products": ["chat;im"],
                "leaked_rows": [1],
                "method": ["exact"],
                "probability": [0.999],
                "tranche": [1],
            }
        ),
        counts={},
        candidates=nothing,
        doubts=nothing,
        refusals=nothing,
        joined=Stratum(name="", side=Side.JOINED, population=0, expected=0, variance=0),
    )


def test_the_order_of_accounts_leaves_no_trace() -> None:
    """The other way round, and ordered the other way round, the digest is the same."""
    turned = replace(
        found(),
        accounts=Registered.of(ACCOUNTS.reverse()),
        owner=found().owner.reverse(),
        matches=found().matches.with_columns(best=1 - pl.col("best")),
    )
    assert result_digest(turned, ORDER[::-1]) == result_digest(found(), ORDER)
    assert result_digest(turned, ORDER) != result_digest(found(), ORDER)


def test_numbers_of_words_leave_no_trace() -> None:
    """Words that were met in another order, or are an Enum with more words, digest alike."""
    matches = found().matches
    other = pl.Categorical(pl.Categories("test.other"))
    met_before = pl.Series(["resembles_nobody", "key:phone"], dtype=other)
    assert met_before.to_physical().to_list() == [0, 1]
    again = matches.with_columns(pl.col("reason").cast(pl.String).cast(other))
    enum = matches.with_columns(
        pl.col("reason").cast(pl.Enum(["resembles_nobody", "more", "key:phone"]))
    )
    digests = {
        result_digest(replace(found(), matches=one), ORDER) for one in (matches, again, enum)
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("matches", "evidence", "y"),
        ("matches", "row", 3),
        ("matches", "outcome", "review"),
        ("matches", "person", 1),
        ("matches", "person", None),
        ("matches", "best", 1),
        ("matches", "best", None),
        ("matches", "method", ""),
        ("matches", "probability", 0.998999),
        ("matches", "probability", None),
        ("matches", "reason", "key:email"),
        ("affected", "person", 1),
        ("affected", "categories", ""),
        ("affected", "leaked_rows", 2),
        ("affected", "tranche", 2),
    ],
)
def test_any_other_value_has_another_digest(table: str, column: str, value: object) -> None:
    """One value of one column, also one that is missing now, makes another digest."""
    frame = getattr(found(), table)
    first = pl.int_range(pl.len()) == 0
    changed = frame.with_columns(
        pl.when(first).then(pl.lit(value, frame.schema[column])).otherwise(column).alias(column)
    )
    assert result_digest(replace(found(), **{table: changed}), ORDER) != result_digest(
        found(), ORDER
    )


@pytest.mark.parametrize(("column", "value"), [("product", "in"), ("account_id", "A")])
def test_another_account_has_another_digest(column: str, value: str) -> None:
    """Of another product, with another id, or of somebody else."""
    first = pl.int_range(pl.len()) == 0
    other = ACCOUNTS.with_columns(
        pl.when(first).then(pl.lit(value)).otherwise(column).alias(column)
    )
    for changed in (
        replace(found(), accounts=Registered.of(other)),
        replace(found(), owner=pl.Series([1, 0])),
    ):
        assert result_digest(changed, ORDER) != result_digest(found(), ORDER)


def test_another_id_has_another_digest() -> None:
    """People are told by their ids, not by their places alone."""
    renamed = replace(found(), people=pl.Series(["p1", "p3"]))
    assert result_digest(renamed, ORDER) != result_digest(found(), ORDER)


def test_what_is_missing_is_not_what_is_empty() -> None:
    """A missing text and an empty one, a missing number and zero, nobody and an empty id."""
    nameless = replace(found(), people=pl.Series(["p1", ""]))
    for column, empty in (("method", ""), ("probability", 0.0), ("person", 1)):
        filled = nameless.matches.with_columns(pl.col(column).fill_null(pl.lit(empty)))
        changed = replace(nameless, matches=filled)
        assert result_digest(changed, ORDER) != result_digest(nameless, ORDER)
