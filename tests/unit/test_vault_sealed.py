import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.kernel.casefile import read_case
from amends.kernel.errors import InputFileError
from amends.vault.model import EvidenceDestroyedError, SealError
from amends.vault.sealed import CHUNK_BYTES, HEAD_BYTES, TAG_BYTES, Spool
from amends.vault.service import Vault, open_vault
from made_cases import write_case

QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2_500_000)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault of the smallest case."""
    write_case(tmp_path)
    return open_vault(read_case(tmp_path))


def sealed(vault: Vault, tmp_path: Path, content: bytes, name: str = "a.sealed") -> Path:
    """A sealed copy in the evidence room."""
    path = tmp_path / "amends" / "evidence" / "sealed" / name
    with vault.write_sealed(path) as writer:
        for start in range(0, len(content), 700_000):
            writer.write(content[start : start + 700_000])
    return path


def read_whole(vault: Vault, path: Path) -> bytes:
    """Everything in a sealed copy."""
    with vault.read_sealed(path) as file:
        return file.read()


def write_half(vault: Vault, path: Path) -> None:
    """End in the middle of a sealed copy."""
    with vault.write_sealed(path) as writer:
        writer.write(b"half")
        raise RuntimeError("stop")


@pytest.mark.parametrize("size_bytes", SIZES)
def test_sealed_copy_is_byte_for_byte(vault: Vault, tmp_path: Path, size_bytes: int) -> None:
    """What is sealed is read back as it was, at and around the ends of chunks; no byte is clear."""
    content = os.urandom(size_bytes)
    path = sealed(vault, tmp_path, content)
    with vault.read_sealed(path) as file:
        assert file.read() == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert size_bytes < 100 or content[:100] not in path.read_bytes()


@QUIET
@given(places=st.lists(st.tuples(st.integers(0, 2_600_000), st.integers(0, 1_200_000)), max_size=8))
def test_any_place_can_be_read(tmp_path: Path, places: list[tuple[int, int]]) -> None:
    """A spool reads as a file in memory does, from any place, also past its end."""
    content = bytes(range(256)) * 9766
    plain, spool = io.BytesIO(content), Spool(tmp_path, memory_bytes=1000)
    spool.write(content)
    spool.finish()
    with spool.open() as file:
        for place, size_bytes in places:
            assert file.seek(place) == plain.seek(place)
            assert file.read(size_bytes) == plain.read(size_bytes)
    spool.close()


@pytest.mark.parametrize("damage", ["flip", "cut", "cut chunk", "swap", "add", "head", "nothing"])
def test_changed_copy_does_not_open(vault: Vault, tmp_path: Path, damage: str) -> None:
    """A copy with a byte changed, a chunk cut, moved or added is refused, never read wrongly."""
    path = sealed(vault, tmp_path, os.urandom(2 * CHUNK_BYTES))
    content = path.read_bytes()
    chunk = CHUNK_BYTES + TAG_BYTES
    head, one, two = content[:HEAD_BYTES], content[HEAD_BYTES:][:chunk], content[-chunk:]
    path.write_bytes(
        {
            "flip": content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
            "cut": content[:-1],
            "cut chunk": head + one,
            "swap": head + two + one,
            "add": content + two,
            "head": content[1:],
            "nothing": b"",
        }[damage]
    )
    with pytest.raises(SealError, match="does not open"):
        read_whole(vault, path)


def test_copy_is_bound_to_its_name(vault: Vault, tmp_path: Path) -> None:
    """A sealed copy under the name of another does not open."""
    path = sealed(vault, tmp_path, b"one")
    other = sealed(vault, tmp_path, b"two", "b.sealed")
    other.write_bytes(path.read_bytes())
    with pytest.raises(SealError, match="belongs elsewhere"):
        vault.read_sealed(other)


def test_copy_that_was_not_finished_is_not_there(vault: Vault, tmp_path: Path) -> None:
    """What ends before all bytes came leaves no copy and no half of one."""
    path = tmp_path / "amends" / "evidence" / "a.sealed"
    with pytest.raises(RuntimeError, match="stop"):
        write_half(vault, path)
    assert list(path.parent.iterdir()) == []
    with pytest.raises(InputFileError, match="missing"):
        vault.read_sealed(path)


def test_destroyed_evidence_takes_the_copies_with_it(vault: Vault, tmp_path: Path) -> None:
    """Without the evidence key no copy opens."""
    path = sealed(vault, tmp_path, b"one")
    vault.destroy_evidence()
    with pytest.raises(EvidenceDestroyedError):
        vault.read_sealed(path)
