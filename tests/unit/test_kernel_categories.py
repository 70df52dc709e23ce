import pytest

from amends.kernel.categories import (
    CATEGORIES,
    Sensitive,
    Special,
    code_of,
    field_word,
    is_category,
    label,
)

# §4.2 of the law report: code, sensitive under GB/T 45574-2025, GDPR, records, weight
REPORT = """
NAME no no 5000 1|BIRTH no no 5000 2|GENDER no no 5000 1|PHONE no no 5000 2|EMAIL no no 5000 1
ADDR no no 5000 2|IDNO no no 5000 4|IDPHOTO yes no 5000 5|PASSPORT no no 5000 4|FACE yes art9 5000 5
FINGER yes art9 5000 5|VOICE yes art9 5000 4|GENE yes art9 500 4|RELIGION yes art9 5000 3
DISABILITY yes art9 5000 3|SECRETJOB yes no 5000 4|HEALTH yes art9 500 4|BANKACC judge no 50 4
BALANCE judge no 50 4|CVV yes no 50 5|PWD judge no 5000 5|PWDHASH judge no 5000 3
SECQA judge no 5000 4|TOKEN judge no 5000 4|CREDIT yes no 50 4|LOAN judge no 50 4|TRACK yes no 50 4
LODGE judge no 500 4|COMMS judge no 50 4|CALLLOG judge no 500 3|ORDER no no 500 4
LOGISTICS no no 500 4|CONTACTS judge no 5000 3|CRIME yes art10 5000 4|SEX yes art9 5000 5
UNION no art9 5000 2|POLITIC judge art9 5000 3|DEVICE no no 5000 1|CHILD yes no 0 2
"""


def test_the_list_of_the_report_is_complete() -> None:
    """Every code of the law report is there with its marks, and no other claims to be listed."""
    listed = {one.listed_as: one for one in CATEGORIES.values() if one.listed_as}
    rows = [row.split() for row in REPORT.strip().replace("\n", "|").split("|")]
    assert set(listed) == {row[0] for row in rows}
    for code, cn, eu, records, weight in rows:
        one = listed[code]
        assert (one.cn, one.eu) == (Sensitive(cn), Special(eu)), code
        assert (one.crime_records, one.weight) == (int(records), int(weight)), code


def test_every_category_has_both_languages() -> None:
    """Each category has a Chinese and an English name of its own."""
    for column in ("zh", "en"):
        names = [label(code, column) for code in CATEGORIES]
        assert len(set(names)) == len(names)
        assert "" not in names


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("phone", "PHONE"),
        ("phone_2", "PHONE"),
        ("surname", "NAME"),
        ("given_name_3", "NAME"),
        ("addr", "ADDRESS"),
        ("bankacc", "BANKCARD"),
        ("blood_type", "HEALTH"),
        ("location", "TRACK"),
        ("loyalty_points", "LOYALTY_POINTS"),
        ("column_4", "COLUMN_4"),
    ],
)
def test_field_words_stand_for_codes(field: str, code: str) -> None:
    """Parts count as their whole, a second column as its kind, the report's codes as ours."""
    assert code_of(field) == code


def test_numbers_of_records_are_no_category() -> None:
    """Account ids and row numbers say nothing of a person, a second one neither."""
    fields = ("account_id", "account_id_2", "serial", "phone_2")
    assert [is_category(field) for field in fields] == [False, False, False, True]
    assert field_word("addr") == "address"
