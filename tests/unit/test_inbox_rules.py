"""Files that are taken or not, amounts as people write them, and what a sender is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.inbox.model import Kind
from amends.inbox.rules import (
    content_mark,
    media_type_of,
    name_refused,
    reference_of,
    secret_of,
    submission_key,
)
from amends.inbox.sealing import letter
from amends.kernel.saying import Said
from amends.web.public.steps import CLAIM, FORMS, State, fen, read_state

_STARTS = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-1.", b"PK\x03\x04")


@given(st.sampled_from(_STARTS), st.binary(max_size=300))
def test_any_bytes_are_a_kind_or_a_reason(start: bytes, rest: bytes) -> None:
    """Whatever is sent, there is an answer and no error; noise is never taken for a picture."""
    answer = media_type_of(start + rest)
    assert isinstance(answer, str)
    if not start:
        assert isinstance(answer, Said)


@given(st.text(max_size=200))
def test_a_name_with_a_path_is_never_taken(name: str) -> None:
    """No name that is taken could lead out of a folder."""
    if name_refused(name) is None:
        assert not set(name) & set("/\\:\0\n")
        assert name.strip(". ")


@given(st.integers(1, 10**9 - 1), st.integers(0, 99))
def test_amounts_are_read_as_people_write_them(yuan: int, part: int) -> None:
    """Commas, blanks, 元 and ¥ do not matter; 万 is ten thousand."""
    amount = 100 * yuan + part
    for text in (f"{yuan}.{part:02d}", f"¥{yuan:,}.{part:02d} 元", f"{yuan:,}.{part:02d}"):
        assert fen(text) == amount
    assert fen(f"{yuan}万") == yuan * 1_000_000


@pytest.mark.parametrize("text", ["", "no", "-5", "1e5", "1.234", "０", "5 + 5", "9" * 12])
def test_what_is_no_amount_is_none(text: str) -> None:
    """A text that is no amount counts as none, and never as some other amount."""
    assert fen(text) == 0


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_what_a_sender_is_told_follows_from_the_form_alone(one: bytes, other: bytes) -> None:
    """The same form gives the same reference and secret, another form others; neither tells it."""
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", reference_of(one))
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}", secret_of(one))
    if one != other:
        assert secret_of(one) != secret_of(other)
        assert submission_key(one) != submission_key(other)
        assert content_mark(one, b"x") != content_mark(other, b"x")
    assert not secret_of(one).startswith(reference_of(one))


def test_the_length_of_a_letter_says_little() -> None:
    """Short and longer letters are sealed at one size."""
    assert len(letter({"what": "a"}, (), "zh")) == len(letter({"what": "b" * 900}, (), "en"))


@given(
    st.dictionaries(
        st.sampled_from(["what", "submission", "started", "file", "x"]),
        st.lists(st.text(max_size=60), max_size=3),
    )
)
def test_any_fields_make_a_state(sent: dict[str, list[str]]) -> None:
    """Fields that a page carries may be anything: what is none is left out."""
    fresh = State(submission=bytes(16), started_s=5)
    state = read_state(CLAIM, sent, fresh)
    assert len(state.submission) == 16
    assert set(state.answers) <= {question.id for question in CLAIM.questions}
    assert all(len(one.attachment_id) == 32 for one in state.files)


def test_forms_are_of_every_kind() -> None:
    """Each kind of message has its form, and no two questions of a form share a name."""
    assert {form.kind for form in FORMS} == set(Kind)
    for form in FORMS:
        names = [question.id for question in form.questions]
        assert len(set(names)) == len(names)
