"""Open a claim without Amends: from a claim code and the published files, make the receipt.

    python -m amends_verify claim DIRECTORY --to RECEIPT [--open FIELD ...] [--close-categories]
    python -m amends_verify paper FILE --to RECEIPT

Standard library only, offline. The code is asked for, never an argument: arguments stand in
histories and lists of processes. So are the values of fields that are to be opened; a value that is
not the one that was committed to is refused. *paper* makes a receipt of what a scanner read from
its printed page. Check receipts with ``verify.py``. Formats: docs/formats/claims.md, roster.md.
"""

import argparse
import base64
import getpass
import hmac
import json
import struct
import sys
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from amends_verify.tiles import top
from amends_verify.verify import MALFORMED, RosterError, canonical, field, need

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHOWN = ("award", "case", "categories", "currency")
HIDDEN = ("idno", "name", "phone")
RFC_9285 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

# Codes.


def code_of(text: str, origin: str) -> bytes:
    """The 13 bytes of a code that was typed or scanned."""
    folded = unicodedata.normalize("NFKC", text).upper().translate(str.maketrans("OIL", "011"))
    between = [s for s in set(folded) if s.isspace() or unicodedata.category(s) in {"Pd", "Cf"}]
    symbols = folded.translate(dict.fromkeys(map(ord, [*between, *"_.,·•、。−ー一"])))
    symbols = symbols[4:] if len(symbols) == 30 and symbols.startswith("AMC1") else symbols
    need(set(symbols) <= set(SYMBOLS), "a code has digits and letters without U")
    value = 0
    for symbol in symbols:
        value = value << 5 | SYMBOLS.index(symbol)
    if len(symbols) == 26:
        code, bound = divmod(value, 1 << 28)
        data = (code % (1 << 104)).to_bytes(13, "big")
        digest = sha256(b"amends/claim/scan/v1\0" + origin.encode() + b"\0" + data).digest()
        good = code < 1 << 100 and int.from_bytes(digest[:4], "big") >> 4 == bound
        need(good, "this is no code of this case, or was not read whole")
        return data
    need(len(symbols) == 21, "a code has 21 symbols")
    need((value >> 5) % 37 == value & 31, "a symbol is wrong, or two are exchanged")
    return (value >> 5).to_bytes(13, "big")


def keyed(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104)."""
    return hmac.digest(key, message, "sha256")


# The published files.


class Directory:
    """A published log, read for one person; the only file that depends on the code is a bucket."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.note = (root / "checkpoint").read_bytes()
        self.origin, size, *_ = self.note.decode().split("\n")
        self.size = int(size)

    def tile(self, kind: str, number: int, width: int) -> bytes:
        """A tile or an entry bundle (C2SP tlog-tiles)."""
        parts = [f"{number % 1000:03d}"]
        while number >= 1000:
            number //= 1000
            parts.insert(0, f"x{number % 1000:03d}")
        partial = "" if width == 256 else f".p/{width}"
        return (self.root / f"tile/{kind}/{'/'.join(parts)}{partial}").read_bytes()

    def bundle(self, number: int) -> list[bytes]:
        """The entries of a bundle."""
        data, found = self.tile("entries", number, min(256, self.size - 256 * number)), []
        while data:
            end = 2 + int.from_bytes(data[:2], "big")
            found.append(data[2:end])
            data = data[end:]
        return found

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """All entries with their places."""
        for number in range(-(-self.size // 256)):
            for at, entry in enumerate(self.bundle(number)):
                yield 256 * number + at, entry

    def root_of(self, first: int, end: int) -> bytes:
        """The root over the entries from *first* to before *end* (RFC 6962 §2.1)."""
        count = end - first
        if count & (count - 1) == 0 and first % count == 0:  # it is in one tile
            level = (count.bit_length() - 1) // 8
            index, width = first >> 8 * level, count >> 8 * level
            there = min(256, (self.size >> 8 * level) - index // 256 * 256)
            data = self.tile(str(level), index // 256, there)[32 * (index % 256) :][: 32 * width]
            return top([data[at : at + 32] for at in range(0, len(data), 32)])
        split = 1 << (count - 1).bit_length() - 1
        both = self.root_of(first, first + split) + self.root_of(first + split, end)
        return sha256(b"\1" + both).digest()

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of an entry (RFC 6962 §2.1.1)."""
        first, end, steps = 0, self.size, list[bytes]()
        while end - first > 1:
            middle = first + (1 << (end - first - 1).bit_length() - 1)
            if index < middle:
                steps.append(self.root_of(middle, end))
                end = middle
            else:
                steps.append(self.root_of(first, middle))
                first = middle
        return steps[::-1]

    def proved(self, index: int) -> tuple[bytes, dict[str, Any], bool, list[bytes]]:
        """An entry, the case, whether any award was ever corrected, and the entry's path."""
        entry = self.bundle(index // 256)[index % 256]
        case = json.loads((self.root / "case.json").read_bytes())
        return entry, case, (self.root / "corrections/1.json").exists(), self.path(index)

    def opened(self, code: bytes) -> tuple[int, int, bytes, str]:
        """Award, entry, seed and hidden digests, categories: what a code opens.

        For one that opens nothing the files of some award are read, too: whoever serves them sees
        the same of every code.
        """
        about = json.loads((self.root / "claims/claims.json").read_bytes())
        made = hmac.digest(b"amends/claim/v1\0" + self.origin.encode(), code, "sha512")
        spread = int.from_bytes(made[32:40], "big")
        number = spread % about["buckets"]
        data = (self.root / f"claims/{number // 1000:03d}/{number % 1000:03d}").read_bytes()
        here = b"amends claims v1" + struct.pack(">IIQ", about["publication"], number, 0)
        need(len(data) == 32768, "a bucket has another size than every bucket has")
        need(data[:32] == here, "this bucket is of another publication, or another bucket")
        slots = [data[at : at + 176] for at in range(32, len(data), 176)][:186]

        def part(which: int) -> bytes:
            label = b"amends/slot/v1" + struct.pack(">IB", about["publication"], which)
            named = [x for x in slots if keyed(made[:32], label + b"\5" + x[16:])[:16] == x[:16]]
            if len(named) != 1 and not which:
                self.proved(2 + spread // about["buckets"] % (126 * about["buckets"] - 125))
            need(len(named) == 1, "this code opens nothing here: it may have been replaced")
            pad = b"".join(keyed(made[:32], label + bytes([n])) for n in range(5))
            return bytes(a ^ b for a, b in zip(named[0][16:], pad, strict=True))

        head = part(0)
        mask, rest = int.from_bytes(head[136:159], "big"), b""
        for which in range(1, head[159] + 1):
            more = part(which)
            rest += more[1 : 1 + more[0]]
        named = [c for bit, c in enumerate(about["categories"]) if mask >> bit & 1]
        others = [c for c in rest.decode().split(";") if c]
        categories = ";".join(sorted(named + others)) if mask else rest.decode()
        award, entry = struct.unpack_from(">II", head)
        return award, entry, head[8:136], categories


def receipt(log: Directory, code: bytes, values: dict[str, str], *, categories: bool) -> bytes:
    """The receipt of a code's award; *values*: of hidden fields that it shall open."""
    award, index, fixed, leaked = log.opened(code)
    seed, digests = fixed[:32], [fixed[at : at + 32] for at in range(32, 128, 32)]
    entry, case, some_corrected, path = log.proved(index)
    shown = {"award": str(award), "case": case["case"], "categories": leaked}
    shown |= {"currency": case["currency"]}
    opened = {}
    for names in (SHOWN, HIDDEN):
        salts = hmac.digest(seed, b"amends/salts/v1\0" + ";".join(names).encode(), "sha512")
        for at, name in enumerate(names):
            salt = salts[16 * at : 16 * at + 16]
            if names is SHOWN:
                digests.append(field(name, salt, shown[name]))
                if categories or name != "categories":
                    opened[name] = [salt.hex(), shown[name]]
            elif name in values:
                value = normal(name, values[name])
                need(field(name, salt, value) in digests, f"this is not the {name} of the award")
                opened[name] = [salt.hex(), value]
    digests.sort()
    person = sha256(b"amends/person/v1\0" + struct.pack(">H", 7) + b"".join(digests)).digest()
    nonce = hmac.digest(seed, b"amends/nonce/v1", "sha256")
    right = sha256(b"amends/award/v1\0" + nonce + person).digest()
    if not entry:  # this case hides its rows, and its leaf is one of the tariff's
        made = [pack(row["class"], row["amount_minor"], right) for row in case["tariff"]]
        leaf = log.root_of(index, index + 1)
        fitting = [one for one in made if sha256(b"\0" + one).digest() == leaf]
        need(fitting, "this case hides its rows, and the award is not by its tariff: ask for it")
        entry = fitting[0]
    _, kind, _, amount, hidden = struct.unpack(">BBIQ32s", entry)
    need(right == hidden, "the claim does not open the award that it names")
    extra: dict[str, Any] = {"amount_minor": amount, "award_index": award, "class": kind, "v": 1}
    extra |= {"case": case["case"], "currency": case["currency"], "opened": opened}
    extra |= {"digests": [one.hex() for one in digests], "nonce": nonce.hex()}
    extra |= {"person_root": person.hex()}
    every = log.entries() if some_corrected else ()
    if changes := [correction(log, at, e) for at, e in every if of(e, award)]:
        extra["corrections"] = changes
    steps = [base64.b64encode(step).decode() for step in path]
    head = ["c2sp.org/tlog-proof@v1", "extra " + base64.b64encode(canonical(extra)).decode()]
    return "\n".join([*head, f"index {index}", *steps, "", ""]).encode() + log.note


def pack(kind: int, amount: int, commitment: bytes) -> bytes:
    """An AWARD."""
    return struct.pack(">BBIQ32s", 1, kind, 0, amount, commitment)


def of(entry: bytes, award: int) -> bool:
    """Whether an entry is a CORRECTION of this award."""
    return entry[:1] == b"\5" and int.from_bytes(entry[1:5], "big") == award


def correction(log: Directory, index: int, entry: bytes) -> dict[str, Any]:
    """A CORRECTION as receipts have it."""
    _, _, kind, reason, amount, decision = struct.unpack(">BIBBQ32s", entry)
    path = [step.hex() for step in log.path(index)]
    named = {"amount_minor": amount, "class": kind, "decision": decision.hex(), "index": index}
    return named | {"path": path, "reason": reason}


def normal(name: str, value: str) -> str:
    """A value in the one form that is committed to."""
    text = unicodedata.normalize("NFKC", value).strip()
    if name == "phone":
        text = text.removeprefix("+86")
        return "".join(filter(str.isdigit, text)) or text
    return text.upper() if name == "idno" else text


def unpapered(text: str) -> bytes:
    """The receipt in what a scanner read from its printed page: base45 of zlib, extra in plain."""
    need(text.startswith("AMR1-"), "this is not the square of a receipt")
    digits, data = [RFC_9285.index(symbol) for symbol in text[5:].strip("\r\n")], b""
    for at in range(0, len(digits), 3):
        group = digits[at : at + 3]
        value = sum(digit * 45**power for power, digit in enumerate(group))
        need(len(group) > 1 and value >> 8 * (len(group) - 1) == 0, "the square was not read whole")
        data += value.to_bytes(len(group) - 1, "big")
    unzip, plain = zlib.decompressobj(), b""
    with suppress(zlib.error):
        plain = unzip.decompress(data, 1 << 16)
    need(unzip.eof and not unzip.unused_data, "the square was not read whole")
    lines = plain.decode().split("\n")
    lines[1] = "extra " + base64.b64encode(lines[1].encode()).decode()
    at = lines.index("")
    lines[3:at] = [base64.b64encode(bytes.fromhex(step)).decode() for step in lines[3:at]]
    return "\n".join(lines).encode()


def asked(what: str) -> str:
    """Something secret, from the terminal without showing it, or from standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{what}: ")
    return sys.stdin.readline().strip("\n")


def main(arguments: list[str]) -> int:
    """The command line of *claim* and *paper*."""
    parser = argparse.ArgumentParser(prog="amends_verify", description="Make a receipt of a code.")
    parser.add_argument("what", choices=("claim", "paper"))
    parser.add_argument("path", type=Path, help="the published directory; what a scanner read")
    parser.add_argument("--to", type=Path, required=True, help="the receipt to write")
    parser.add_argument("--open", action="append", choices=HIDDEN, default=[], dest="fields")
    parser.add_argument("--close-categories", action="store_true", help="do not say what leaked")
    given = parser.parse_args(arguments)
    try:
        if given.what == "paper":
            made = unpapered(given.path.read_text(encoding="utf-8"))
        else:
            log = Directory(given.path)
            code = code_of(asked("code"), log.origin)
            values = {name: asked(name) for name in given.fields}
            made = receipt(log, code, values, categories=not given.close_categories)
            if b'"rows":"counts"' in (log.root / "case.json").read_bytes():
                print("This case hides its rows: ask whether the award was corrected since.")
        given.to.write_bytes(made)
    except (RosterError, OSError) as reason:
        print(f"NO RECEIPT: {reason}", file=sys.stderr)
        return 1
    except MALFORMED as reason:
        print(f"NO RECEIPT: malformed, {type(reason).__name__}", file=sys.stderr)
        return 1
    print(f"{given.to}: check it with verify.py receipt, with the policy from elsewhere")
    return 0
