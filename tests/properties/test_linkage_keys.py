import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from amends.linkage.canonical.normalise import FIELDS, keys
from amends.linkage.compiled import hashing
from amends.linkage.keys import KEYS, Names, Side, read
from made_linkage import SEEDS, batch, keys_of

DIGITS = st.text("0123456789", min_size=1, max_size=12)
BETWEEN = st.sampled_from(
    ["", "-", " ", "+86", "0086 ", "86", "(", ".", "·", "*", "８６", "x", "\t"]
)
NUMBER = st.tuples(BETWEEN, st.sampled_from(["", "1380", "+"]), DIGITS, BETWEEN, DIGITS).map(
    "".join
)
IDENTITY = st.one_of(
    st.tuples(
        st.sampled_from(["110105", "99-03", "0", "１１", "A"]),
        st.sampled_from(["19491231", "491231", "19490230", "00001231", "20000229", "19000229"]),
        st.sampled_from(
            [
                "002X",
                "002x",
                "002",
                "995",
                "996",
                "0021",
                "00 2X",
                "0028",
                "'0020",
                "**2X",
                "12345678901",
            ]
        ),
    ).map("".join),
    st.text("0123456789X/*a", max_size=19),
)
ASCII = st.text(st.characters(max_codepoint=127), max_size=14)
MAIL = st.one_of(st.text("aB@.*_ +-é", max_size=12), st.tuples(ASCII, ASCII).map("@".join), ASCII)
DEVICE = st.one_of(st.text("0fFx1:-_{}* aB", max_size=14), ASCII, st.text("0", max_size=12))
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=5)
NAME = st.one_of(
    HAN,
    st.text("王小明先生女士小姐同志·* ", max_size=6),
    st.text("ann LEE,.-'dr 3rd王", max_size=12),
    st.text(max_size=6),
)
RECORD = st.fixed_dictionaries(
    {},
    optional={
        "name": NAME,
        "surname": NAME,
        "given_name": NAME,
        "phone": NUMBER,
        "email": MAIL,
        "idno": IDENTITY,
        "device": DEVICE,
    },
)


def with_values(record: dict[str, str]) -> dict[str, str]:
    """A record as the evidence room gives it: what is empty is not there."""
    return {field: text for field, text in record.items() if text}


def given_keys(column: pl.Series) -> dict[int, object]:
    """Row → canonical key of rows that have one."""
    return {i: value for i, value in enumerate(column) if value is not None}


def same_groups(side: Side, kind: str, theirs: dict[int, object]) -> None:
    """Rows have a key where the rules say so, and the same one where it is the same."""
    ours = keys_of(side, kind)
    assert ours.keys() == theirs.keys()
    assert len({(ours[i], theirs[i]) for i in ours}) == len(set(ours.values()))
    assert len(set(ours.values())) == len(set(theirs.values()))


@given(st.lists(RECORD.map(with_values), max_size=8))
@budget(max_examples=80)
@example([{"phone": text} for text in ("+8613800001234", "008613800001234", "13800001234\n")])
@example([{"idno": text} for text in ("110105491231002", "11010519491231002x", "1101051949123100")])
@example([{"idno": text} for text in ("110105491231995", "110105491231996", "110105190229002")])
@example([{"phone": text} for text in ("138****1234", "138****1234/13800001234", "l380000I234")])
@example(
    [{"email": text} for text in ("A@b.c", "a@ b.c", "a@b..c", "a@.b.c", "a@b", "@b.c", "a@@b.c")]
)
def test_what_is_read_from_octets_is_what_the_rules_say(rows: list[dict[str, str]]) -> None:
    """However a key or a name is written, the short way and the rules agree."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String))
    names = Names(SEEDS)
    side = read([batch(frame)], names, SEEDS)
    by_rules = keys(frame)
    for kind in KEYS:
        same_groups(side, kind, given_keys(by_rules[kind]))
    numbers = given_keys(by_rules["idno"])
    assert side.number.read().tolist() == [numbers.get(i, 0) for i in range(frame.height)]
    texts = names.texts()
    for i, name in enumerate(by_rules["name"]):
        at = int(side.name.read()[i])
        signs = texts.codepoints[texts.offsets[at] : texts.offsets[at + 1]]
        assert ("".join(map(chr, signs)) if at >= 0 else None) == name


def test_parts_make_no_difference() -> None:
    """Read at once or row by row, the same keys and names come out."""
    rows = [
        {"name": f"王{chr(0x4E00 + i % 7)}", "email": f"u{i % 5}@example.test"} for i in range(40)
    ]
    frame = pl.DataFrame(rows)
    whole = read([batch(frame)], Names(SEEDS), SEEDS)
    parts = read([batch(frame.slice(i, 1)) for i in range(40)], Names(SEEDS), SEEDS)
    assert whole.name.read().tolist() == parts.name.read().tolist()
    assert keys_of(whole, "email") == keys_of(parts, "email")


def test_different_integers_have_different_hashes() -> None:
    """The first hash of a mobile or national number is the key itself, well mixed."""
    values = np.arange(13_000_000_000, 13_000_100_000)
    assert len(np.unique(hashing.mixed_all(values))) == len(values)
