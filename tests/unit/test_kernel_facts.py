from amends.kernel import facts


def test_divisions_are_by_code() -> None:
    """Provinces, cities and counties are known by the codes of GB/T 2260, each inside its own."""
    divisions = facts.divisions()
    assert divisions["11"] == "北京市"
    assert divisions["110101"] == "东城区"
    assert all(len(code) == 2 or code[: len(code) - 2] in divisions for code in divisions)


def test_names_are_known_by_frequency() -> None:
    """The most frequent surname is 王; every character of given names is one character."""
    surnames = facts.surnames()
    assert max(surnames, key=surnames.__getitem__) == "王"
    assert all(len(character) == 1 for character in facts.given_name_characters())
