import polars as pl

from amends.linkage.linking import Linked
from made_linkage import linked as linked_by


def linked(accounts: list[dict[str, str]], rows: list[dict[str, str]]) -> Linked:
    """Accounts and rows as texts, linked."""
    return linked_by(accounts, range(len(accounts)), rows)


def people(count: int) -> list[dict[str, str]]:
    """Made-up people without keys."""
    return [
        {
            "name": f"person{number} family{number % 17}",
            "birth": f"19{50 + number % 40:02d}-0{1 + number % 9}-1{number % 9}",
            "occupation": f"trade{number % 7}",
        }
        for number in range(count)
    ]


def test_two_namesakes_are_both_named_as_alternatives() -> None:
    """A row that two people resemble alike has both as candidates, the likeliest first."""
    namesake = {"name": "twin familytwin", "occupation": "trade3"}
    twins = [
        {**namesake, "idno": number} for number in ("11010519491231002X", "110105198001010016")
    ]
    found = linked([*people(60), *twins], [namesake, people(40)[31]])
    candidates = found.candidates.filter(pl.col("record") == 0)
    assert candidates.height >= 2
    assert candidates["person"].n_unique() == candidates.height
    assert candidates["probability"].is_sorted(descending=True)
    assert candidates["probability"].sum() <= 1.0 + 1e-6
    best = found.rows.filter(pl.col("record") == 0)
    assert best["person"].item() == candidates["person"][0]
    assert best["probability"].item() == candidates["probability"][0]


def test_doubts_say_what_was_decided() -> None:
    """A doubt is a pair of accounts; it is joined exactly where both are one person now."""
    likely = [
        {**person, "birth": "1971-01-1" + str(number % 9)}
        for number, person in enumerate(people(30))
    ]
    found = linked([*people(60), *likely], [people(9)[5]])
    assert found.doubts.height > 0
    for left, right, probability, joined, _ in found.doubts.iter_rows():
        assert joined == (found.person[left] == found.person[right])
        assert 0 <= probability <= 1
        assert probability < 0.95 if joined else probability > 0.05
