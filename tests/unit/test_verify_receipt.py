import base64
import functools
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amends.kernel.money import Money
from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster.policy import policy_text
from amends_verify import verify
from amends_verify.verify import MALFORMED, Policy, RosterError
from amends_witness.notes import WitnessKey
from roster_logs import KEY, MadeLog, twenty

POLICY = Policy(twenty().policy.encode())
RECEIPT = twenty().receipt(3).encode()


@pytest.fixture(autouse=True)
def _remembered_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signature is computed once: the same question has the same answer."""
    monkeypatch.setattr(verify, "signed", functools.cache(verify.signed))


def accepted(receipt: bytes) -> bool:
    """Whether the verifier takes a receipt."""
    try:
        return bool(verify.receipt(receipt, POLICY))
    except (RosterError, *MALFORMED):
        return False


def test_an_honest_receipt_is_accepted_and_says_what_it_does_not_prove() -> None:
    """The sentence names award, amount and what leaked, and says that payment is not proved."""
    sentence = verify.receipt(RECEIPT, POLICY)
    assert "award 3 of case golden" in sentence
    assert "NAME;PHONE" in sentence
    assert "THE CASE IS SIMULATED" in sentence
    assert "Not checked: that the money arrived" in sentence


@pytest.mark.parametrize("people", [1, 2, 20, 21, 254, 300])
def test_receipts_of_logs_of_every_shape_are_accepted(people: int) -> None:
    """First, middle and last award of small and odd logs have receipts that verify."""
    log = MadeLog(people=people).begin()
    for award in {0, people // 2, people - 1}:
        assert accepted(log.receipt(award).encode())


def test_every_changed_byte_of_cosignatures_is_found() -> None:
    """A receipt with just its quorum: another byte anywhere in the lines below is refused."""
    keys = [WitnessKey(name=f"w{n}.example", seed=bytes([60 + n]) * 32) for n in range(2)]
    settings = RosterSettings(
        witnesses=tuple(
            WitnessSource(name=f"w{n}", key=key.verifier.text, url="https://w.example")
            for n, key in enumerate(keys)
        ),
        quorum=2,
    )
    policy = Policy(policy_text(KEY.verifier_key, settings).encode())
    body = RECEIPT.decode().partition("\n\n")[2].partition("\n\n")[0] + "\n"
    lines = "".join(key.cosign(body, 1_795_000_000) for key in keys)
    whole = RECEIPT + lines.encode()
    assert verify.receipt(whole, policy)
    taken = []
    for at in range(len(RECEIPT), len(whole)):
        for other in {whole[at] ^ 1, whole[at] ^ 0x20, ord("A"), ord("\n")} - {whole[at]}:
            changed = whole[:at] + bytes([other]) + whole[at + 1 :]
            try:
                taken.append((at, verify.receipt(changed, policy)))
            except (RosterError, *MALFORMED):
                continue
    assert taken == []
    for end in range(len(RECEIPT), len(whole)):
        with pytest.raises((RosterError, *MALFORMED)):
            verify.receipt(whole[:end], policy)


def test_every_changed_byte_is_found() -> None:
    """At every position of a receipt every one of several other bytes is refused."""
    others: tuple[Callable[[int], int], ...] = (
        lambda byte: byte ^ 1,
        lambda byte: byte ^ 0x20,
        lambda byte: byte ^ 0x80,
        lambda byte: ord("A") if byte != ord("A") else ord("B"),
        lambda byte: ord("\n") if byte != ord("\n") else ord("0"),
        lambda byte: ord("=") if byte != ord("=") else ord("."),
    )
    taken = [
        (at, other(byte))
        for at, byte in enumerate(RECEIPT)
        for other in others
        if other(byte) != byte and accepted(RECEIPT[:at] + bytes([other(byte)]) + RECEIPT[at + 1 :])
    ]
    assert taken == []


def test_every_cut_and_every_insertion_is_found() -> None:
    """No beginning of a receipt is one; nor is one with a letter or line break more or less."""
    taken = [at for at in range(len(RECEIPT)) if accepted(RECEIPT[:at])]
    taken += [at for at in range(len(RECEIPT)) if accepted(RECEIPT[:at] + RECEIPT[at + 1 :])]
    for more in (b"\n", b"0", b" ", b"\r", b"="):
        taken += [
            at for at in range(len(RECEIPT) + 1) if accepted(RECEIPT[:at] + more + RECEIPT[at:])
        ]
    assert taken == []


def test_signatures_of_unknown_keys_say_nothing() -> None:
    """A cosignature that the policy does not name neither helps nor harms (C2SP signed-note)."""
    line = base64.b64encode(bytes(72)).decode()
    assert accepted(RECEIPT + f"\u2014 witness.example {line}\n".encode())
    assert not accepted(RECEIPT + b"\xe2\x80\x94 witness.example !\n")


def test_the_same_signature_twice_is_refused() -> None:
    """A key signs once."""
    assert not accepted(RECEIPT + RECEIPT.splitlines(keepends=True)[-1])


def resigned(change: Callable[[dict[str, Any]], None]) -> bytes:
    """A receipt whose opening was changed and written in its one form again."""
    lines = RECEIPT.decode().split("\n")
    opening = json.loads(base64.b64decode(lines[1].removeprefix("extra ")))
    change(opening)
    lines[1] = "extra " + base64.b64encode(verify.canonical(opening)).decode()
    return "\n".join(lines).encode()


def test_a_rewritten_opening_is_found() -> None:
    """Another amount, class, award, case, currency or category is not what was committed to."""
    forgeries: list[Callable[[dict[str, Any]], None]] = [
        lambda o: o.update(amount_minor=500_001),
        lambda o: o.update(amount_minor=5e5),
        lambda o: o.update({"class": 1}),
        lambda o: o.update({"class": False}),
        lambda o: o.update(award_index=4),
        lambda o: o.update(case="other"),
        lambda o: o.update(currency="USD"),
        lambda o: o.update(v=True),
        lambda o: o.update(note="more"),
        lambda o: o["opened"].update(categories=[o["opened"]["categories"][0], "NAME"]),
        lambda o: o["opened"].pop("award"),
        lambda o: o["opened"].update(name=["00" * 16, "nobody"]),
        lambda o: o["digests"].pop(),
        lambda o: o["digests"].append(o["digests"][-1]),
        lambda o: o["digests"].reverse(),
        lambda o: o.update(nonce=o["nonce"].upper()),
        lambda o: o.update(digests=dict.fromkeys(o["digests"], 1)),
        lambda o: o.update(corrections=None),
        lambda o: o.update(corrections=[]),
        lambda o: o["opened"].update(case=dict.fromkeys(o["opened"]["case"], 1)),
    ]
    assert accepted(resigned(lambda _: None))
    assert [number for number, forge in enumerate(forgeries) if accepted(resigned(forge))] == []


def test_a_deep_opening_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """However many lists stand in each other."""
    lines = RECEIPT.decode().split("\n")
    lines[1] = "extra " + base64.b64encode(b"[" * 30_000 + b"]" * 10_000).decode()
    (tmp_path / "receipt").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "policy").write_text(twenty().policy, encoding="utf-8")
    arguments = ["receipt", str(tmp_path / "receipt"), "--policy", str(tmp_path / "policy")]
    assert verify.main(arguments) == 1
    assert capsys.readouterr().err.startswith("NOT VERIFIED: ")


def test_sums_are_said_as_the_publisher_says_them() -> None:
    """CNY 150,830,000.00, JPY 15,083: of every currency by its own minor unit (ISO 4217)."""
    for code in map("".join, product(ascii_uppercase, repeat=3)):
        for minor in (7, 15_083_000_000):
            assert verify.money(code, minor) == Money(amount_minor=minor, currency=code).display()


def test_a_receipt_of_another_log_key_is_refused() -> None:
    """A checkpoint under the same name, signed by another key, is not the log's."""
    note = RECEIPT.decode().split("\n\n", 1)[1]
    body = note.rpartition("\n\n")[0] + "\n"
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).sign(body.encode())
    line = base64.b64encode(KEY.key_id + other).decode()
    forged = RECEIPT.decode().rpartition("\n\n")[0] + f"\n\n\u2014 {KEY.origin} {line}\n"
    assert not accepted(forged.encode())


def test_the_command_says_yes_and_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0 and a sentence, or exit 1 and the reason."""
    (tmp_path / "policy").write_text(twenty().policy, encoding="utf-8")
    (tmp_path / "receipt").write_bytes(RECEIPT)
    arguments = ["receipt", str(tmp_path / "receipt"), "--policy", str(tmp_path / "policy")]
    assert verify.main(arguments) == 0
    assert "Verified" in capsys.readouterr().out
    (tmp_path / "receipt").write_bytes(RECEIPT[:-1])
    assert verify.main(arguments) == 1
    assert capsys.readouterr().err.startswith("NOT VERIFIED: ")
    assert verify.main(["receipt", str(tmp_path / "none"), "--policy", arguments[-1]]) == 1
