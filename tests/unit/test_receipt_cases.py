"""The table of receipts, right and wrong, is what its script writes, and two verifiers say it."""

import json

import pytest

from amends.kernel.tariff import MOST_MINOR
from asked_verifiers import by_publisher, in_python
from changed_receipts import MOST
from receipt_cases import POLICIES, RECEIPTS, table
from receipt_vector import PAGE, SENTENCES, Case, published, vector

CASES = published()


def test_the_table_is_what_its_script_writes() -> None:
    """docs/formats/receipts-vector.json follows from fixed keys and seeds: `make docs`."""
    made = vector(RECEIPTS, POLICIES, table())
    assert made == json.loads(PAGE.read_text(encoding="utf-8"))
    assert {one.refused for one in CASES} == {"", *SENTENCES}


def test_the_page_of_formats_has_every_sentence() -> None:
    """docs/formats/receipts.md lists the reasons as the verifiers say them."""
    lines = PAGE.with_name("receipts.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert rows == [f"| `{why}` | {en.strip()} | {zh} |" for why, (zh, en) in SENTENCES.items()]


def test_no_tariff_has_an_amount_that_no_receipt_can_say() -> None:
    """A thousand amounts of one person, each as large as one may be, are below 2^53."""
    assert 1_000 * MOST_MINOR <= MOST


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_python_and_publisher_say_what_the_table_says(case: Case) -> None:
    """Each case is accepted, or refused with its own sentence; the page's test asks it alike."""
    expected = case.refused + case.more
    assert in_python(case.receipt, case.policy) == expected
    assert by_publisher(case.receipt, case.policy) == expected
