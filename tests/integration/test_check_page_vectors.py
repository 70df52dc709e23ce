"""Published vectors, ours and others', in the page that checks receipts, in a real browser."""

import json
from collections.abc import Iterator, Sequence

import pytest

from amends.roster.site import page_of
from chromium import Chromium, chromium
from ed25519_vectors import CCTV, OTHERWISE, RFC_8032, SMALL
from made_vectors import vector
from prototype_vector import ENTRY, NOTE, ORIGIN, PATH, POLICY
from rfc6962 import LEAVES, PATHS, ROOTS


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """The page from disk."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "check.html").write_bytes(page_of(POLICY))
    with chromium(folder / "profile") as running:
        running.open((folder / "check.html").as_uri())
        yield running


def verdicts(page: Chromium, asked: Sequence[tuple[bytes, bytes, bytes]]) -> list[bool]:
    """Whether the page takes each signature: of key, message, signature."""
    told = json.dumps([[part.hex() for part in one] for one in asked])
    return list(
        page.run(f"""Promise.all({told}.map((one) => signed(...one.map((text) =>
            unhex(text, text.length / 2))).catch(() => false)))""")
    )


OUTSIDE = "the checkpoint is older than the entry, or the index is wrong"


def led(page: Chromium, entry: bytes, index: int, size: int, path: Sequence[bytes]) -> str:
    """The root that the page comes to, or why not."""
    steps = json.dumps([step.hex() for step in path])
    return str(
        page.run(f"""climb(unhex("{entry.hex()}", {len(entry)}), {index}, {size},
            {steps}.map((one) => unhex(one, 32))).then(hex).catch(({{ words }}) => words[1])""")
    )


def test_the_signatures_of_the_standard_are_good_and_no_others(page: Chromium) -> None:
    """RFC 8032 §7.1: with another message, a byte more or less, or another bit they are not."""
    good = [
        (bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(made))
        for key, message, made in RFC_8032
    ]
    assert verdicts(page, good) == [True] * len(good)
    bad = [
        other
        for key, text, made in good
        for other in (
            (key, text + b"x", made),
            (key, text, made + b"\0"),
            (key, text, made[:-1]),
            (key, text, bytes([made[0] ^ 1]) + made[1:]),
            (key[:-1] + bytes([key[-1] ^ 1]), text, made),
        )
    ]
    assert verdicts(page, bad) == [False] * len(bad)


def test_signatures_at_the_edges_are_judged_as_by_the_other_verifiers(page: Chromium) -> None:
    """CCTV's vectors: no cofactor, nothing encoded otherwise than in its one way."""
    asked = [
        (bytes.fromhex(key), f"ed25519vectors{message}".encode(), bytes.fromhex(point + scalar))
        for key, point, scalar, message, _ in CCTV.values()
    ]
    assert verdicts(page, asked) == [not flags for *_, flags in CCTV.values()]
    others = [
        parts
        for data in OTHERWISE
        for key in SMALL
        for parts in ((key, b"m", data + bytes(32)), (data, b"m", key + bytes(32)))
    ]
    assert not any(verdicts(page, others))


@pytest.mark.parametrize("place", PATHS, ids=str)
def test_published_paths_lead_to_published_roots(page: Chromium, place: tuple[int, int]) -> None:
    """Certificate Transparency's; with a step less or more, or elsewhere, they do not."""
    index, size = place
    path = [bytes.fromhex(step) for step in PATHS[place].split()]
    root = ROOTS[size - 1]
    assert led(page, LEAVES[index], index, size, path) == root
    assert led(page, LEAVES[index], index, size, [*path, bytes(32)]) == "the proof is too long"
    if path:
        assert led(page, LEAVES[index], index, size, path[:-1]) == "the proof is too short"
    assert led(page, LEAVES[index], size, size, path) == OUTSIDE
    for other in set(range(size)) - {index}:
        assert led(page, LEAVES[index], other, size, path) != root


def test_another_programs_proof_leads_to_its_cosigned_root(page: Chromium) -> None:
    """Entry, path, checkpoint and cosignature of an unrelated program."""
    told = page.run(f"""(async () => {{
        const head = await checkpoint({json.dumps(NOTE)}, await policyOf({json.dumps(POLICY)}));
        return [head.origin, head.size, head.root, head.witnesses.w];
    }})()""")
    root = "f982af0a8da9973e6528386e7fead40c0c7ba69f4e5471defcc9c8a0ea08188e"
    assert told == [ORIGIN, 5, root, 1_795_000_000]
    assert led(page, ENTRY, 2, 5, PATH) == root


def test_an_award_follows_from_its_fields_up_to_the_receipt(page: Chromium) -> None:
    """docs/formats/entries-vector.json: each digest, the leaf's way to the root, the receipt."""
    told = vector()
    award = told["award"]
    assert isinstance(award, dict)
    for field in award["fields"]:
        given = f'{json.dumps(field["name"])}, unhex("{field["salt_hex"]}", 16)'
        made = page.run(f"salted({given}, {json.dumps(field['value'])})")
        assert made == field["digest_hex"]
    path = [bytes.fromhex(step) for step in award["path_hex"]]
    place = award["entry_index"], award["size"]
    assert led(page, bytes.fromhex(award["entry_hex"]), *place, path) == told["root_hex"]
    said = page.run(f"""check(encode({json.dumps(award["receipt"])}), {json.dumps(told["policy"])})
        .then((said) => [said.award_index, said.person_root, said.root])""")
    assert said == [award["award_index"], award["person_root"]["sha256"], told["root_hex"]]
