"""Writes headers/pinyin.txt of the evidence room from the Chinese ones of fields.txt: `make docs`.

Headers in full pinyin, and in initials of four letters or more, where they mean one field and are
no word already.
"""

from pathlib import Path

from pypinyin import Style, lazy_pinyin

from amends.evidence.categories.words import SOMEONE_ELSE, read_table

TABLE = (
    Path(__file__).parents[2]
    / "src"
    / "amends"
    / "evidence"
    / "categories"
    / "headers"
    / "pinyin.txt"
)
HEAD = "# field: its Chinese headers in pinyin and in initials; written by `make docs`.\n"
_SHORTEST_INITIALS, _SHORTEST_FULL = 4, 6
_WIDTH = 98


def table() -> str:
    """The text of the file."""
    fields = read_table("fields")
    taken = {word.replace("_", "") for words in fields.values() for word in words}
    taken |= set(read_table("several")) | set(read_table("nobodys")["nobodys"])
    meanings: dict[str, set[str]] = {}
    for field, words in fields.items():
        for spelled in map(_spellings, words):
            for one in spelled:
                meanings.setdefault(one, set()).add(field)
    for word in read_table("nobodys")["nobodys"]:
        for one in _spellings(word):
            meanings.setdefault(one, set()).add("")
    lines: list[str] = []
    for field, words in fields.items():
        mine = dict.fromkeys(
            one
            for word in words
            for one in _spellings(word)
            if meanings[one] == {field} and one not in taken and not SOMEONE_ELSE.search(one)
        )
        if mine:
            lines += _wrapped(field, mine)
    return HEAD + "\n".join(lines) + "\n"


def _spellings(word: str) -> list[str]:
    if not all("\u4e00" <= character <= "\u9fff" for character in word):
        return []
    syllables = [one.replace("ü", "v") for one in lazy_pinyin(word, style=Style.NORMAL)]
    full, initials = "".join(syllables), "".join(syllable[0] for syllable in syllables)
    long = [full] if len(full) >= _SHORTEST_FULL else []
    return long + ([initials] if len(initials) >= _SHORTEST_INITIALS else [])


def _wrapped(field: str, words: dict[str, None]) -> list[str]:
    lines = [f"{field}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append("   ")
        lines[-1] += f" {word}"
    return lines


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
