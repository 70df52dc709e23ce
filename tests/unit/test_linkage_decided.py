from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage.linking import Linked
from amends.linkage.model import CANDIDATES, DOUBTS
from amends.linkage.review.decided import KEYS, PAIRS, ROWS, Applied, Settled, apply

Row = tuple[int, int, float, str]


def linked(
    person: Sequence[int], rows: Sequence[Row], candidates: Sequence[tuple[int, int, float]] = ()
) -> Linked:
    """Persons of accounts; rows (record, best account, probability, method); candidates."""
    owner = np.array(person, dtype=np.int64)
    return Linked(
        person=owner,
        rows=pl.DataFrame(
            [(r, int(owner[best]), best, p, method, "why") for r, best, p, method in rows],
            schema={
                **CANDIDATES,
                "method": pl.String,
                "reason": pl.String,
            },
            orient="row",
        ).select("record", "person", "best", "probability", "method", "reason"),
        refused={},
        model={},
        counts={"persons": len(set(person))},
        candidates=pl.DataFrame(
            [(r, int(owner[best]), best, p) for r, best, p in candidates],
            schema=CANDIDATES,
            orient="row",
        ),
        doubts=pl.DataFrame(schema=DOUBTS),
    )


def followed(
    found: Linked,
    rows: Sequence[tuple[int, int, bool]] = (),
    pairs: Sequence[tuple[int, int, bool]] = (),
    account_keys: Sequence[tuple[int, int, int]] = (),
    row_keys: Sequence[tuple[int, int, int]] = (),
) -> Applied:
    """*found* with what readers have settled."""
    return apply(
        found,
        Settled(
            rows=pl.DataFrame(rows, schema=ROWS, orient="row"),
            pairs=pl.DataFrame(pairs, schema=PAIRS, orient="row"),
            account_keys=pl.DataFrame(account_keys, schema=KEYS, orient="row"),
            row_keys=pl.DataFrame(row_keys, schema=KEYS, orient="row"),
        ),
    )


def row(applied: Applied, record: int) -> tuple[int, float, str]:
    """Person, probability and method of a row."""
    found = applied.linked.rows.filter(pl.col("record") == record)
    return found.select("person", "probability", "method").row(0)


def test_a_row_goes_where_readers_say() -> None:
    """`same` gives a row to the person who holds the account, for sure, whoever was likelier."""
    found = linked([0, 1, 2], [(7, 0, 0.7, "probabilistic")], [(7, 0, 0.7), (7, 1, 0.2)])
    applied = followed(found, rows=[(7, 1, True)])
    assert row(applied, 7) == (1, 1.0, "clerical")
    assert applied.linked.candidates.is_empty()


def test_what_is_excluded_is_shared_out_among_the_others() -> None:
    """`different` takes a person away; the others keep their ratio, and so does nobody."""
    found = linked([0, 1, 2], [(7, 0, 0.6, "probabilistic")], [(7, 0, 0.6), (7, 1, 0.3)])
    applied = followed(found, rows=[(7, 0, False)])
    assert row(applied, 7) == (1, 0.75, "probabilistic")
    alone = followed(found, rows=[(7, 0, False), (7, 1, False)])
    assert row(alone, 7)[1:] == (0.0, "clerical")


def test_an_exact_match_that_readers_deny_is_nobodys() -> None:
    """A key does not stand against two readers."""
    applied = followed(linked([0, 1], [(7, 0, 0.999, "exact")]), rows=[(7, 0, False)])
    assert row(applied, 7)[1:] == (0.0, "clerical")


def test_accounts_of_one_person_are_put_together_with_their_rows() -> None:
    """After a `same` of two accounts a row that was shared between them is one person's."""
    found = linked(
        [0, 1, 2], [(7, 0, 0.48, "probabilistic")], [(7, 0, 0.48), (7, 1, 0.47), (7, 2, 0.05)]
    )
    applied = followed(found, pairs=[(0, 1, True)])
    person = applied.linked.person
    assert person[0] == person[1] != person[2]
    assert row(applied, 7) == (int(person[0]), 0.95, "probabilistic")
    assert applied.linked.counts["persons"] == 2


def test_accounts_follow_the_part_with_which_they_share_the_strongest_key() -> None:
    """A person is parted at what readers said; others follow their keys, and so do exact rows."""
    found = linked(
        [0, 0, 0, 0],
        [(7, 0, 0.999, "exact"), (8, 0, 0.999, "exact"), (9, 0, 0.999, "exact")],
    )
    applied = followed(
        found,
        pairs=[(0, 1, False)],
        account_keys=[(0, 1, 50), (1, 0, 40), (2, 1, 50), (2, 0, 40), (3, 2, 60)],
        row_keys=[(7, 0, 40), (8, 1, 50), (9, 3, 99)],
    )
    person = applied.linked.person.tolist()
    assert person[0] != person[1]
    assert person[2] == person[1], "a national number is stronger than a mobile"
    assert person[3] == person[0], "what shares no key stays with the first"
    assert row(applied, 7) == (person[1], 0.999, "exact")
    assert row(applied, 8)[:1] == (person[0],), "account 0 alone has that key by itself"
    assert row(applied, 9)[1] == 0.5, "no key tells whose the row is: a doubt"


def test_contradictions_are_counted_and_change_nothing() -> None:
    """One and two at the same time is no answer: accounts stay together, the row as it was."""
    found = linked([0, 1, 2], [(7, 0, 0.7, "probabilistic")], [(7, 0, 0.7)])
    applied = followed(
        found,
        rows=[(7, 0, True), (7, 1, True)],
        pairs=[(1, 2, True), (0, 1, True), (0, 2, False)],
    )
    assert len(set(applied.linked.person.tolist())) == 1
    assert applied.contradictions == 1
    torn = followed(found, rows=[(7, 0, True), (7, 0, False)])
    assert (row(torn, 7), torn.contradictions) == ((0, 0.7, "probabilistic"), 1)


@given(st.data())
@settings(max_examples=40)
def test_answers_about_accounts_are_kept(data: st.DataObject) -> None:
    """Pairs of one are together and pairs of two apart, unless answers contradict each other."""
    size = data.draw(st.integers(2, 9))
    person = [data.draw(st.integers(0, at)) for at in range(size)]
    person = [person[p] if p < at else p for at, p in enumerate(person)]
    labels = {p: min(i for i, q in enumerate(person) if q == p) for p in person}
    account = st.integers(0, size - 1)
    pairs = data.draw(
        st.lists(
            st.tuples(account, account, st.booleans()).filter(lambda p: p[0] != p[1]), max_size=6
        )
    )
    keys = data.draw(st.lists(st.tuples(account, st.integers(0, 3), st.integers(0, 3)), max_size=8))
    applied = followed(
        linked([labels[p] for p in person], []), pairs=pairs, account_keys=list(set(keys))
    )
    found = applied.linked.person
    group = list(range(size))
    for left, right, same in pairs:
        if same:
            old, new = group[right], group[left]
            group = [new if g == old else g for g in group]
            assert found[left] == found[right]
    for left, right, same in pairs:
        if not same and group[left] != group[right]:
            assert found[left] != found[right]
