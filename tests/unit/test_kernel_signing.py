"""Which of OpenSSL's ways signs fastest here: measured, kept for this processor, told in time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from amends.kernel import signing
from amends.kernel.signing import OWN_CHOICE, SWITCH, WITHOUT_ADX, choose, measure

SIGN = """
import sys
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
key = load_pem_private_key(sys.stdin.buffer.read(), None)
print(key.sign(b"amends", PKCS1v15(), SHA256()).hex())
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that is empty, and a switch that is put back afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(SWITCH, "unset below")
    monkeypatch.delenv(SWITCH)


def kept(processor: str, switch: str) -> None:
    """A finding of an earlier set-up."""
    place = signing._place()
    assert place is not None
    place.write_text(json.dumps({"processor": processor, "switch": switch}), encoding="utf-8")


def test_what_was_measured_here_is_told() -> None:
    """A finding of this processor sets the switch, and OpenSSL's own choice sets nothing."""
    kept(signing._processor(), WITHOUT_ADX)
    choose()
    assert os.environ.pop(SWITCH) == WITHOUT_ADX
    kept(signing._processor(), OWN_CHOICE)
    choose()
    assert SWITCH not in os.environ


def test_another_processors_finding_says_nothing() -> None:
    """A cache that came along from another machine, a damaged one, or none changes nothing."""
    choose()
    kept("GenuineAmends 1", WITHOUT_ADX)
    choose()
    place = signing._place()
    assert place is not None
    place.write_bytes(b"{")
    choose()
    assert SWITCH not in os.environ


def test_a_switch_that_is_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the program knows better."""
    kept(signing._processor(), WITHOUT_ADX)
    monkeypatch.setenv(SWITCH, ":~0x100")
    choose()
    assert os.environ[SWITCH] == ":~0x100"


def test_measuring_keeps_the_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways are really tried, and what is kept is the one that its times speak for."""
    monkeypatch.setattr(signing, "_ROUNDS", 1)
    measure()
    place = signing._place()
    assert place is not None
    found = json.loads(place.read_bytes())
    took = found["microseconds"]
    assert min(took.values()) > 10
    faster = took[WITHOUT_ADX] < 0.95 * took[OWN_CHOICE]
    assert found["switch"] == (WITHOUT_ADX if faster else OWN_CHOICE)


def test_every_way_makes_the_same_signature() -> None:
    """What is faster is the same, byte for byte."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = {
        subprocess.run(
            [sys.executable, "-c", SIGN],
            input=pem,
            env={**os.environ, **switch},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for switch in ({}, {SWITCH: WITHOUT_ADX})
    }
    assert len(made) == 1
    assert len(made.pop().strip()) == 512


def test_where_nothing_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that cannot be made is done without."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    measure()
    choose()
    assert SWITCH not in os.environ
