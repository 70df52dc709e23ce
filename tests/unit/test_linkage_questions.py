import polars as pl
import pytest

from amends.kernel.case import LinkageSettings
from amends.linkage.review.questions import items_of, open_rows, queue
from amends.linkage.strata import pair_units
from amends.linkage.weighing.weights import rest_bits, weights

SETTINGS = LinkageSettings(threshold=0.95, review=0.6)
DIGESTS = {"d": "0" * 64}
Match = tuple[int, str, str, float]
Doubt = tuple[str, str, float, bool]


def matches(*found: Match, method: str = "probabilistic") -> pl.DataFrame:
    """Rows: number, outcome, person, probability."""
    return pl.DataFrame(
        [("d", row, outcome, p, "im", p, method, chance) for row, outcome, p, chance in found],
        schema={
            "evidence": pl.String,
            "row": pl.Int64,
            "outcome": pl.String,
            "person_id": pl.String,
            "product": pl.String,
            "account_id": pl.String,
            "method": pl.String,
            "probability": pl.Float64,
        },
        orient="row",
    ).with_columns(pl.col("person_id").hash().alias("person"))


def doubts(*found: Doubt) -> pl.DataFrame:
    """Pairs of people: one, other, probability, joined."""
    return pl.DataFrame(
        [("im", a, a, "im", b, b, chance, joined, "model") for a, b, chance, joined in found],
        schema={
            **{f"{c}": pl.String for c in ("product", "account_id", "person_id")},
            **{f"other_{c}": pl.String for c in ("product", "account_id", "person_id")},
            "probability": pl.Float64,
            "joined": pl.Boolean,
            "reason": pl.String,
        },
        orient="row",
    )


def asked(rows: pl.DataFrame, pairs: pl.DataFrame, affected: list[str]) -> pl.DataFrame:
    """The queue."""
    people = pl.DataFrame({"person_id": affected}, schema={"person_id": pl.String})
    return queue(open_rows(rows, SETTINGS), pair_units(pairs, people), DIGESTS, b"k" * 32)


def test_the_queue_is_in_the_order_of_what_an_answer_is_worth() -> None:
    """Who waits is worth the likeliest row, who is paid in doubt what is missing to it.

    A pair is worth its chance; more rows of somebody who is affected anyway come last, for nothing.
    """
    rows = pl.concat(
        [
            matches(
                (1, "review", "waits", 0.8),
                (2, "review", "waits", 0.7),
                (3, "matched", "paid", 0.65),
                (4, "review", "sure", 0.9),
                (6, "unmatched", "far", 0.5),
                (7, "matched", "very", 0.97),
            ),
            matches((5, "matched", "sure", 0.999), method="exact"),
        ]
    )
    pairs = doubts(("sure", "very", 0.6, False), ("sure", "stranger", 0.9, False))
    found = items_of(asked(rows, pairs, ["sure", "very", "paid"]))
    assert found.select("kind", "person_id", "questions", "people").rows() == [
        ("row", "waits", 2, 0.8),
        ("accounts", "sure", 1, 0.6),
        ("row", "paid", 1, 0.35),
        ("row", "sure", 1, 0.0),
    ]


def test_a_question_has_the_same_id_in_every_run_and_an_item_that_of_its_questions() -> None:
    """Ids depend on what is asked and on nothing else; the sides of a pair may be swapped."""
    one = asked(
        matches((1, "review", "a", 0.8), (2, "review", "a", 0.7)), doubts(("x", "y", 0.6, False)),
        ["x", "y"],
    )  # fmt: skip
    other = asked(matches((1, "review", "a", 0.61)), doubts(("y", "x", 0.9, False)), ["x", "y"])
    ids, again = (set(frame["question_id"]) for frame in (one, other))
    assert again < ids
    assert set(one["item_id"]) & set(other["item_id"]) == set(
        one.filter(pl.col("kind") == "accounts")["item_id"]
    )


def test_two_accounts_that_may_be_two_are_worth_what_is_missing() -> None:
    """Of accounts that are joined, an answer is worth the chance that they are two people's."""
    found = asked(matches(), doubts(("x", "x", 0.7, True)), ["x"])
    assert found["people"].to_list() == [pytest.approx(0.3)]


def test_weights_tell_the_level_that_holds_in_bits() -> None:
    """The first level that holds is told, by log2(m / u), strongest first; the rest is what lacks.

    A field that one side does not have weighs nothing.
    """
    model: dict[str, object] = {
        "comparisons": [
            {
                "output_column_name": "gender",
                "comparison_levels": [
                    {
                        "sql_condition": "gender_l IS NULL",
                        "is_null_level": True,
                    },
                    {
                        "sql_condition": "gender_l = gender_r",
                        "label_for_charts": "the same",
                        "m_probability": 0.98,
                        "u_probability": 0.49,
                    },
                    {"sql_condition": "ELSE", "m_probability": 0.02, "u_probability": 0.51},
                ],
            },
            {
                "output_column_name": "birth",
                "comparison_levels": [
                    {"sql_condition": "birth_l IS NULL", "is_null_level": True},
                    {
                        "sql_condition": "birth_l = birth_r",
                        "label_for_charts": "the same day",
                        "m_probability": 0.8,
                        "u_probability": 0.0125,
                    },
                    {"sql_condition": "ELSE", "m_probability": 0.2, "u_probability": 0.9875},
                ],
            },
        ]
    }
    one = pl.DataFrame({"gender": ["m"], "birth": ["19800305"]})
    found = weights(one, one, model)
    told = [(one.comparison, one.level, round(one.bits, 9)) for one in found]
    assert told == [("birth", "the same day", 6.0), ("gender", "the same", 1.0)]
    assert rest_bits(0.5, found) == pytest.approx(-7.0)
    assert rest_bits(1.0, found) > 0
    missing = weights(one.with_columns(pl.lit(None, pl.String).alias("birth")), one, model)
    assert [weight.bits for weight in missing if weight.comparison == "birth"] == [0.0]
    assert weights(one, one, {}) == []
