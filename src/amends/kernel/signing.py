"""The fastest of OpenSSL's own ways to make an RSA signature on this machine, measured once.

Half of paying is RSA signatures. OpenSSL has several ways to make one and chooses by the features
of the processor; its choice is not everywhere the fastest (on AMD Zen 3 the code that it takes
there is a sixth slower than its vector code). Set-up measures, and a command that starts tells
OpenSSL what was found by ``OPENSSL_ia32cap``, OpenSSL's documented switch for this. Signatures are
the same, byte for byte, and all of these ways take constant time.
"""

import json
import os
import platform
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Final

from amends.kernel.keeping import kept_in

SWITCH: Final = "OPENSSL_ia32cap"
OWN_CHOICE: Final = ""
WITHOUT_ADX: Final = ":~0x80000"
"""Leave the ADX instructions out (leaf 7, EBX, bit 19): what is left is the vector code."""

_WORTH: Final = 0.95  # of the time that OpenSSL's own choice takes
_ROUNDS: Final = 3
_BATCHES, _BATCH = 5, 40
_TRIAL: Final = "from amends.kernel.signing import trial; print(trial())"


def choose() -> None:
    """Tell OpenSSL what was measured here, before it is loaded; a switch that is set stays."""
    place = _place()
    if SWITCH in os.environ or place is None:
        return
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return
    if found.get("processor") == _processor() and found["switch"] == WITHOUT_ADX:
        os.environ[SWITCH] = WITHOUT_ADX


def measure() -> None:
    """Measure the ways, and keep which is the fastest."""
    place = _place()
    if place is None or platform.machine() not in {"x86_64", "AMD64"}:
        return
    took = dict.fromkeys((OWN_CHOICE, WITHOUT_ADX), float("inf"))
    for _ in range(_ROUNDS):
        took = {way: min(before, _tried(way)) for way, before in took.items()}
    best = WITHOUT_ADX if took[WITHOUT_ADX] < _WORTH * took[OWN_CHOICE] else OWN_CHOICE
    found = {"processor": _processor(), "switch": best, "microseconds": took}
    place.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _tried(way: str) -> float:
    """The time of a signature in a process of its own: OpenSSL looks at its switch once."""
    environment = {name: value for name, value in os.environ.items() if name != SWITCH}
    if way != OWN_CHOICE:
        environment[SWITCH] = way
    command = [sys.executable, "-c", _TRIAL]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def trial() -> float:
    """CPU microseconds of one RSA-2048 signature, the best of some batches."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415 - see choose
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see choose

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pad, hashed = padding.PKCS1v15(), SHA256()
    best = float("inf")
    for _ in range(_BATCHES):
        begun = time.process_time()
        for _ in range(_BATCH):
            key.sign(b"amends", pad, hashed)
        best = min(best, (time.process_time() - begun) / _BATCH * 1e6)
    return best


def _place() -> Path | None:
    """Where the finding is kept, if anything can be kept."""
    folder = kept_in("signing")
    return None if folder is None else folder / "rsa2048.json"


def _processor() -> str:
    """Which processor this is, as far as the system says."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as about:
            first = list(islice(about, 6))
    except OSError:
        return platform.processor()
    return " ".join(line.partition(":")[2].strip() for line in first[1:])
