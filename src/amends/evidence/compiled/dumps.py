"""Values of SQL dumps, found in a block of UTF-8 and copied into columns as Arrow holds them.

A dump is scanned byte by byte, because only so is a quotation mark known from the one inside a
text. Nothing is copied while it is scanned: each value is a place (``starts``, ``stops``) and a
kind, which says how it is written. A scan that comes to the end of the block in the middle of
something says ``MORE`` and where to go on with more of the file.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.evidence.compiled.memory import (
    HIGH_BITS,
    LOW_BITS,
    WORD,
    Octets,
    Places,
    load_word,
    lowest_byte,
)
from amends.kernel.compiling import borrowing

Kinds = npt.NDArray[np.uint8]

MORE: Final = 0
END: Final = 1
FULL: Final = 2
BROKEN: Final = 3
INSERT: Final = 4
COPY: Final = 5
CREATE: Final = 6
SAME: Final = 7
NOTE: Final = 8

NULL: Final = 0
PLAIN: Final = 1
DOUBLED: Final = 2  # quotation marks inside stand twice
BACKSLASHED: Final = 3  # likewise, and a backslash escapes
COPIED: Final = 4  # a backslash escapes as in PostgreSQL's COPY
_DOUBLE_QUOTED: Final = 8  # added where the quotation mark is "

EXPECT: Final = 0
AFTER: Final = 1
MOST_VALUES: Final = 4096
"""Values of one row; a table has no more columns in any of these databases."""

_TAB: Final = 0x09
_NEWLINE: Final = 0x0A
_RETURN: Final = 0x0D
_SPACE: Final = 0x20
_DOUBLE: Final = 0x22
_HASH: Final = 0x23
_DOLLAR: Final = 0x24
_SINGLE: Final = 0x27
_OPEN: Final = 0x28
_CLOSE: Final = 0x29
_STAR: Final = 0x2A
_COMMA: Final = 0x2C
_MINUS: Final = 0x2D
_DOT: Final = 0x2E
_SLASH: Final = 0x2F
_SEMICOLON: Final = 0x3B
_BACKSLASH: Final = 0x5C
_UNDERSCORE: Final = 0x5F
_BACKTICK: Final = 0x60
_CASE: Final = 0x20
_NOWHERE: Final = -1
_WRONG: Final = -2


@borrowing
def _is_word(sign: int) -> bool:
    """Whether a byte is a letter, digit, underscore, or part of a character beyond ASCII."""
    letter = sign | _CASE
    return 0x61 <= letter <= 0x7A or 0x30 <= sign <= 0x39 or sign == _UNDERSCORE or sign >= 0x80


@borrowing
def _spaced(data: Octets, at: int, end: int) -> int:
    """The next byte that is no white space and in no comment; *end* where a comment is open."""
    while at < end:
        sign = data[at]
        if sign <= _SPACE:
            at += 1
        elif sign == _SLASH and at + 1 < end and data[at + 1] == _STAR:
            close = at + 2
            while close + 1 < end and not (data[close] == _STAR and data[close + 1] == _SLASH):
                close += 1
            if close + 1 >= end:
                return end
            at = close + 2
        else:
            return at
    return end


@borrowing
def _quoted(data: Octets, at: int, end: int, quote: int, backslash: bool) -> tuple[int, int]:  # noqa: FBT001  # flags travel as all else does
    """Where the text that begins at *at* ends (-1: not here), and its kind."""
    kind = PLAIN
    quotes = np.uint64(quote) * LOW_BITS
    slashes = np.uint64(_BACKSLASH if backslash else quote) * LOW_BITS
    while at < end:
        while at + WORD <= end:  # eight bytes at a time to the next that matters
            word = load_word(data, at)
            ends, escapes = word ^ quotes, word ^ slashes
            found = ((ends - LOW_BITS) & ~ends | (escapes - LOW_BITS) & ~escapes) & HIGH_BITS
            if found != 0:
                at += lowest_byte(found)
                break
            at += WORD
        if at >= end:
            break
        sign = data[at]
        if sign == quote:
            if at + 1 >= end:
                return _NOWHERE, kind
            if data[at + 1] != quote:
                return at, kind
            if kind == PLAIN:
                kind = DOUBLED
            at += 2
        elif sign == _BACKSLASH and backslash:
            kind = BACKSLASHED
            at += 2
        else:
            at += 1
    return _NOWHERE, kind


@borrowing
def _bare_end(data: Octets, at: int, end: int, backslash: bool) -> int:  # noqa: FBT001  # flags travel as all else does
    """Where an expression ends: before a comma or bracket that is not its own."""
    depth = 0
    while at < end:
        sign = data[at]
        if sign == _SINGLE or sign == _DOUBLE:
            at, _ = _quoted(data, at + 1, end, sign, backslash)
            if at < 0:
                return _NOWHERE
        elif sign == _OPEN:
            depth += 1
        elif sign == _CLOSE:
            if depth == 0:
                return at
            depth -= 1
        elif sign == _COMMA and depth == 0:
            return at
        elif sign == _SEMICOLON:
            return _WRONG
        at += 1
    return _NOWHERE


@borrowing
def _value(data: Octets, at: int, end: int, backslash: bool) -> tuple[int, int, int, int]:  # noqa: FBT001, PLR0911  # flags travel as all else does
    """The value at *at*: what follows it (-1: it does not end here, -2: none), start, stop, kind.

    ``N'…'``, ``E'…'`` and ``_utf8'…'`` are texts; of ``CAST(N'…' AS datetime)`` the text counts.
    """
    first = at
    wraps = (data[at] | _CASE) == 0x63  # CAST, CONVERT
    while at < end and _is_word(data[at]):
        at += 1
    word = at - first
    if word > 0 and data[first] == _UNDERSCORE:
        while at < end and data[at] == _SPACE:
            at += 1
    if at >= end:
        return _NOWHERE, 0, 0, 0
    sign = data[at]
    is_prefix = word == 0 or word == 1 or data[first] == _UNDERSCORE
    if (sign == _SINGLE or sign == _DOUBLE) and is_prefix:
        escapes = backslash or (word == 1 and (data[first] | _CASE) == 0x65)
        stop, kind = _quoted(data, at + 1, end, sign, escapes)
        if stop < 0:
            return _NOWHERE, 0, 0, 0
        after = _bare_end(data, stop + 1, end, backslash)
        if sign == _DOUBLE:
            kind += _DOUBLE_QUOTED
        return after, at + 1, stop, kind
    after = _bare_end(data, first, end, backslash)
    if after < 0:
        return after, 0, 0, 0
    if (
        word == 4
        and (data[first] | _CASE) == 0x6E
        and (data[first + 1] | _CASE) == 0x75
        and (data[first + 2] | _CASE) == 0x6C
        and (data[first + 3] | _CASE) == 0x6C
    ):
        return after, first, first, NULL
    if wraps and sign == _OPEN:
        for place in range(at, after):
            if data[place] == _SINGLE:
                stop, kind = _quoted(data, place + 1, after, _SINGLE, backslash)
                if stop >= 0:
                    return after, place + 1, stop, kind
    return after, first, after, PLAIN


@borrowing
def _next_list(data: Octets, at: int, here: int, end: int, head: Octets) -> tuple[int, int]:
    """Whether the next statement has the same head as the one that ends *here*, and where to go on.

    ``SAME``: it has; ``END``: another one has to be looked for; ``MORE``: more is needed.
    """
    after = here + 1 if data[here] == _SEMICOLON else here
    again = _spaced(data, after, end)
    if (
        again + 2 < end
        and (data[again] | _CASE) == 0x67  # GO
        and (data[again + 1] | _CASE) == 0x6F
        and data[again + 2] <= _SPACE
    ):
        again = _spaced(data, again + 2, end)
    if again + len(head) > end:
        return MORE, at
    for place in range(len(head)):
        if data[again + place] != head[place]:
            return END, after
    return SAME, again + len(head)


@borrowing
def insert_rows(  # noqa: PLR0911  # an inner loop is left where it ends
    data: Octets,
    at: int,
    state: int,
    head: Octets,
    backslash: bool,  # noqa: FBT001  # flags travel as all else does
    starts: Places,
    stops: Places,
    kinds: Kinds,
    row_at: Places,
    row_first: Places,
) -> tuple[int, int, int, int]:
    """Rows of ``VALUES (…), (…)`` and of the statements behind it that begin with the same *head*.

    *state*: ``EXPECT`` a row at *at*, or ``AFTER`` one. Returns what ended it (``MORE`` ``END``
    ``FULL`` ``BROKEN``), where to go on, in which state, and how many rows were found: row *r*
    begins at ``row_at[r]`` and has the values from ``row_first[r]`` to ``row_first[r + 1]``.
    """
    end = len(data)
    rows = 0
    count = 0
    row_first[0] = 0
    while True:
        here = _spaced(data, at, end)
        if here >= end:
            return MORE, at, state, rows
        if state == AFTER:
            if data[here] == _COMMA:
                at = here + 1
                state = EXPECT
                continue
            what, at = _next_list(data, at, here, end, head)
            if what != SAME:
                return what, at, state, rows
            state = EXPECT
            continue
        if data[here] != _OPEN:
            return BROKEN, here, state, rows
        if rows + 1 >= len(row_first) or count + MOST_VALUES >= len(starts):
            return FULL, here, state, rows
        place = here + 1
        values = count
        while True:
            place = _spaced(data, place, end)
            if place >= end:
                return MORE, here, state, rows
            after, start, stop, kind = _value(data, place, end, backslash)
            if after == _NOWHERE:
                return MORE, here, state, rows
            if after == _WRONG or values - count >= MOST_VALUES:
                return BROKEN, here, state, rows
            starts[values] = start
            stops[values] = stop
            kinds[values] = kind
            values += 1
            place = _spaced(data, after, end)
            if place >= end:
                return MORE, here, state, rows
            place += 1
            if data[place - 1] == _CLOSE:
                break
        row_at[rows] = here
        rows += 1
        count = values
        row_first[rows] = count
        at = place
        state = AFTER


@borrowing
def copy_rows(
    data: Octets,
    at: int,
    starts: Places,
    stops: Places,
    kinds: Kinds,
    row_at: Places,
    row_first: Places,
) -> tuple[int, int, int]:
    r"""Rows of PostgreSQL's COPY: a line each, values between tabs, until a line ``\.``.

    Returns what ended it, where to go on, and how many rows were found.
    """
    end = len(data)
    rows = 0
    count = 0
    row_first[0] = 0
    while True:
        stop = at
        while stop < end and data[stop] != _NEWLINE:
            stop += 1
        if stop >= end:
            return MORE, at, rows
        line_stop = stop - 1 if stop > at and data[stop - 1] == _RETURN else stop
        if line_stop - at == 2 and data[at] == _BACKSLASH and data[at + 1] == _DOT:
            return END, stop + 1, rows
        if rows + 1 >= len(row_first) or count + MOST_VALUES >= len(starts):
            return FULL, at, rows
        row_at[rows] = at
        start = at
        kind = PLAIN
        values = count
        for place in range(at, line_stop + 1):
            if place == line_stop or data[place] == _TAB:
                if place - start == 2 and data[start] == _BACKSLASH and data[start + 1] == 0x4E:
                    kind = NULL
                if values - count >= MOST_VALUES:
                    return BROKEN, at, rows
                starts[values] = start
                stops[values] = place
                kinds[values] = kind
                values += 1
                start = place + 1
                kind = PLAIN
            elif data[place] == _BACKSLASH:
                kind = COPIED
        rows += 1
        count = values
        row_first[rows] = count
        at = stop + 1


@borrowing
def _word_is(data: Octets, at: int, stop: int, word: Octets) -> bool:
    """Whether the word there is *word* (lower case)."""
    if stop - at != len(word):
        return False
    for place in range(len(word)):
        if (data[at + place] | _CASE) != word[place]:
            return False
    return True


@borrowing
def _statement(data: Octets, start: int, stop: int, words: Octets) -> int:
    """What a statement is that begins with a word; ``MORE``: none of interest."""
    if _word_is(data, start, stop, words[:6]) or _word_is(data, start, stop, words[7:14]):
        return INSERT
    if _word_is(data, start, stop, words[15:19]):
        return COPY
    if _word_is(data, start, stop, words[20:26]):
        return CREATE
    if _word_is(data, start, stop, words[30:37]) or _word_is(data, start, stop, words[38:42]):
        return NOTE
    return NOTE if _word_is(data, start, stop, words[43:50]) else MORE


@borrowing
def next_statement(  # noqa: PLR0911  # an inner loop is left where it ends
    data: Octets,
    at: int,
    fresh: bool,  # noqa: FBT001
    backslash: bool,  # noqa: FBT001
    hashes: bool,  # noqa: FBT001
    words: Octets,
) -> tuple[int, int, bool]:
    """The next INSERT, COPY, CREATE, COMMENT or EXEC that begins a statement or a line.

    *fresh*: a statement begins at *at*. *words*: ``insert replace copy create go comment exec
    execute``, each followed by a zero. Returns what was found (or ``MORE``), where it stands or
    where to go on, and *fresh*.
    """
    go = words[27:29]
    end = len(data)
    line = fresh
    while at < end:
        sign = data[at]
        if sign <= _SPACE:
            line = line or sign == _NEWLINE
            at += 1
            continue
        start = at
        if (sign == _MINUS and at + 1 < end and data[at + 1] == _MINUS) or (
            hashes and sign == _HASH
        ):
            while at < end and data[at] != _NEWLINE:
                at += 1
            if at >= end:
                return MORE, start, fresh
            continue
        if sign == _SLASH and at + 1 < end and data[at + 1] == _STAR:
            at = _spaced(data, at, end)
            if at >= end:
                return MORE, start, fresh
            continue
        if sign == _SINGLE or sign == _DOUBLE or sign == _BACKTICK:
            at, _ = _quoted(data, at + 1, end, sign, backslash and sign != _BACKTICK)
            if at < 0:
                return MORE, start, fresh
            at += 1
            fresh = line = False
            continue
        if sign == _DOLLAR:
            at = _after_dollars(data, at, end)
            if at < 0:
                return MORE, start, fresh
            fresh = line = False
            continue
        if not _is_word(sign):
            fresh = sign == _SEMICOLON
            line = False
            at += 1
            continue
        while at < end and _is_word(data[at]):
            at += 1
        if at >= end:
            return MORE, start, fresh
        if fresh or (line and (start == 0 or data[start - 1] == _NEWLINE)):
            what = _statement(data, start, at, words)
            if what != MORE:
                return what, start, fresh
        fresh = line and _word_is(data, start, at, go)
        line = False
    return MORE, end, fresh


@borrowing
def _after_dollars(data: Octets, at: int, end: int) -> int:
    """What follows ``$tag$…$tag$`` (PostgreSQL §4.1.2.4); the next byte where there is none."""
    tag = at + 1
    while tag < end and _is_word(data[tag]):
        tag += 1
    if tag >= end:
        return _NOWHERE
    if data[tag] != _DOLLAR:
        return at + 1
    size = tag + 1 - at
    place = tag + 1
    while place + size <= end:
        same = True
        for inner in range(size):
            if data[place + inner] != data[at + inner]:
                same = False
                break
        if same:
            return place + size
        place += 1
    return _NOWHERE


@borrowing
def _escaped(sign: int, copied: bool) -> int:  # noqa: FBT001, PLR0911  # flags travel as all else does
    """What a letter behind a backslash stands for."""
    if sign == 0x6E:
        return _NEWLINE
    if sign == 0x74:
        return _TAB
    if sign == 0x72:
        return _RETURN
    if sign == 0x62:
        return 0x08
    if sign == 0x30 and not copied:
        return 0
    if sign == 0x5A and not copied:
        return 0x1A
    if sign == 0x66 and copied:
        return 0x0C
    if sign == 0x76 and copied:
        return 0x0B
    return sign


@borrowing
def _may_be_space(sign: int) -> bool:
    """Whether a character beyond ASCII that begins with this byte can be white space."""
    return sign == 0xC2 or 0xE1 <= sign <= 0xE3


@borrowing
def fill_column(
    data: Octets,
    starts: Places,
    stops: Places,
    kinds: Kinds,
    index: Places,
    offsets: Places,
    valid: npt.NDArray[np.bool_],
    out: Octets,
) -> tuple[int, bool]:
    """Copy the values *index* (-1: none) behind one another into *out*.

    A value never grows when it is unescaped, so *out* needs the sum of their places. ``offsets``
    has one more than *index*; ``valid`` says which are neither null nor empty. Returns the bytes of
    all, and whether white space may be left around one of them: ASCII's is trimmed here.
    """
    used = 0
    offsets[0] = 0
    to_trim = False
    for row in range(len(index)):
        value = index[row]
        kind = kinds[value] if value >= 0 else NULL
        begin = used
        if kind != NULL:
            place, stop = starts[value], stops[value]
            quote = _DOUBLE if kind >= _DOUBLE_QUOTED else _SINGLE
            kind &= _DOUBLE_QUOTED - 1
            if kind == PLAIN:
                while place < stop and data[place] <= _SPACE:
                    place += 1
                while place < stop and data[stop - 1] <= _SPACE:
                    stop -= 1
                for at in range(stop - place):
                    out[used + at] = data[place + at]
                used += stop - place
            else:
                while place < stop:
                    sign = data[place]
                    if kind != DOUBLED and sign == _BACKSLASH and place + 1 < stop:
                        place += 1
                        sign = _escaped(data[place], kind == COPIED)
                    elif kind != COPIED and sign == quote:
                        place += 1
                    out[used] = sign
                    used += 1
                    place += 1
                to_trim = True
            if used > begin:
                to_trim |= _may_be_space(out[begin]) or _may_be_space(out[max(begin, used - 3)])
                to_trim |= out[max(begin, used - 2)] == 0xC2
        valid[row] = used > begin
        offsets[row + 1] = used
    return used, to_trim
