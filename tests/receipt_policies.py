"""Policies, right and wrong, of the log of the tests and its witnesses."""

from amends_witness.notes import COSIGNATURE, VerifierKey
from changed_receipts import WITNESSES
from roster_logs import KEY

_LOG, _NONE = f"log {KEY.verifier_key}", "quorum none"
_THREE = [f"witness w{n} {key.verifier.text} u" for n, key in enumerate(WITNESSES)]


def _lines_of(*lines: str) -> str:
    return "\n".join([*lines, ""])


def right_policies() -> dict[str, str]:
    """Policies that this log, cosigned by w0 and w1, fulfils."""
    rules = {
        "one of two": ["group G any w1 w2", "quorum G"],
        "both of two": ["group G all w0 w1", "quorum G"],
        "two of three": ["group G 2 w0 w1 w2", "quorum G"],
        "groups of groups": ["group X 2 w0 w1", "group Z any X w2", "quorum Z"],
        "one witness": ["quorum w0"],
        "nobody": [_NONE],
    }
    found = {name: _lines_of(_LOG, *_THREE, *rule) for name, rule in rules.items()}
    blank = _lines_of("# a comment", "", f"\t {_LOG} https://log.example/ ", _NONE)
    return found | {"comments and blanks": blank}


def wrong_policies() -> dict[str, str]:
    """Policies that are not whole, or not of one form."""
    name, key_id, key = KEY.verifier_key.split("+", 2)
    kind = VerifierKey(name=KEY.origin, kind=COSIGNATURE, key=KEY.public).text
    again = VerifierKey(name="other", kind=COSIGNATURE, key=WITNESSES[0].verifier.key).text
    rules = {
        "a group that cannot be met": ["group G 3 w0 w1", "quorum G"],
        "a group of nobody": ["group G 0 w0 w1", "quorum G"],
        "a leading zero": ["group G 01 w0 w1", "quorum G"],
        "any of no members": ["group G any", _NONE],
        "all of no members": ["group G all", _NONE],
        "a member twice": ["group G all w0 w0", "quorum G"],
        "none as a member": ["group G all w0 none", "quorum G"],
        "a member that there is not": ["group G all w0 constructor", "quorum G"],
        "a member of two groups": ["group G any w0", "group H any w0 w1", "quorum H"],
        "a group with a witness's name": ["group w0 any w1", "quorum w1"],
        "a group named none": ["group none any w1", _NONE],
        "one key as two witnesses": [f"witness w4 {again} u", "quorum w0"],
        "the log's key as a witness": [f"witness w4 {KEY.verifier_key}", _NONE],
        "a witness without a key": ["witness w4", _NONE],
        "a quorum that there is not": ["quorum w9"],
        "a quorum of JavaScript": ["quorum __proto__"],
        "a quorum of two words": ["quorum w0 w1"],
    }
    lines = {
        "empty": [],
        "no quorum": [_LOG],
        "two quorums": [_LOG, _NONE, _NONE],
        "no log": [_NONE],
        "a log twice": [_LOG, _LOG, _NONE],
        "a log without a key": ["log", _NONE],
        "a strange line": [_LOG, _NONE, "trust me"],
        "line breaks of Windows": [f"{_LOG}\r", f"{_NONE}\r"],
        "a byte order mark": [f"\ufeff{_LOG}", _NONE],
        "a false id": [f"log {name}+00000000+{key}", _NONE],
        "another name with the id": [f"log other+{key_id}+{key}", _NONE],
        "a key cut off": [f"log {name}+{key_id}+{key[:-4]}", _NONE],
        "a key of another kind": [f"log {kind}", _NONE],
    }
    found = {name: _lines_of(_LOG, *_THREE, *rule) for name, rule in rules.items()}
    return found | {name: _lines_of(*some) for name, some in lines.items()}
