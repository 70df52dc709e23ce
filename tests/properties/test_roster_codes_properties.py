from hypothesis import given
from hypothesis import strategies as st

from amends.roster import claims, codes
from amends.roster.codes import ClaimCodeError
from amends.roster.commitment import Opening
from amends_verify import claim
from amends_verify.verify import RosterError
from roster_logs import KEY

ORIGIN = KEY.origin
CODES = st.integers(0, (1 << 100) - 1).filter(lambda code: code % 37 < 32)
SEPARATORS = st.text(st.sampled_from(" -—–－\u3000\u200b_.,·一"), max_size=3)


def theirs(text: str) -> int | None:
    """What the reader that shares no code with us makes of a text."""
    try:
        return int.from_bytes(claim.code_of(text, ORIGIN), "big")
    except RosterError:
        return None


def ours(text: str) -> int | None:
    """What we make of it."""
    try:
        return codes.given(ORIGIN, text)
    except ClaimCodeError:
        return None


@given(CODES, st.lists(SEPARATORS, min_size=21, max_size=21))
def test_every_code_is_read_however_it_is_written(code: int, between: list[str]) -> None:
    """Any separators anywhere, any case, look-alikes for 0 and 1: both readers find the code."""
    symbols = codes.written(code).replace("-", "")
    text = "".join(gap + symbol for gap, symbol in zip(between, symbols, strict=True))
    for spelled in (text, text.lower(), text.replace("0", "o").replace("1", "l")):
        assert ours(spelled) == theirs(spelled) == code
    scan = codes.scan_text(ORIGIN, code)
    assert ours(scan) == theirs(scan) == code


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(st.sampled_from(codes.SYMBOLS + "ULIO-amc1"), max_size=34),
        st.integers(0, (1 << 130) - 1).map(lambda value: codes._symbols(value, 26)),
        st.integers(0, (1 << 105) - 1).map(lambda value: codes._symbols(value, 21)),
    )
)
def test_both_readers_take_and_refuse_the_same(text: str) -> None:
    """Whatever is typed or scanned, the program and the outsider's reader agree."""
    assert ours(text) == theirs(text)


@given(
    CODES,
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 32) - 1),
    st.binary(min_size=128, max_size=128),
    st.text(max_size=400),
    st.integers(1, (1 << 32) - 1),
)
def test_every_claim_comes_back(
    code: int, award: int, entry: int, fixed: bytes, categories: str, publication: int
) -> None:
    """Any award, opening, text of categories and publication: the code opens exactly that."""
    opening = Opening.unpacked(fixed + categories.encode())
    root = codes.derived(ORIGIN, code).root
    slots = claims.sealed_slots(award, entry, opening.packed(), root, publication)
    bucket = claims.bucket_file(b"".join(slots), fixed[:32], publication=publication, bucket=0)
    found = claims.found(bucket, root, publication)
    assert found == claims.Claim(award_index=award, entry_index=entry, opening=opening)
