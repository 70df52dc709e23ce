import bz2
import gzip
import io
import lzma
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from amends.evidence.limits import LIMITS, Limits
from amends.evidence.readers.archives import Budget, leaves
from amends.evidence.readers.content import Content, on_disk
from amends.kernel.errors import InputFileError
from amends.vault.sealed import Spool
from made_files import seven_zipped, tarred, zipped

TABLE = "姓名,手机号\n张三,13800009999\n".encode()


def zstd(content: bytes) -> bytes:
    """A zstd frame."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}
ARCHIVERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    ".zip": zipped,
    ".tar": tarred,
    ".7z": seven_zipped,
}


def found(
    tmp_path: Path, name: str, content: bytes, limits: Limits = LIMITS
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file in an archive."""
    path = tmp_path / name
    path.write_bytes(content)
    budget = Budget(
        limits=limits,
        outer_bytes=len(content),
        new_spool=lambda: Spool(tmp_path, memory_bytes=1000),
    )
    for leaf in leaves(on_disk(path, f"evidence/{name}"), budget):
        with leaf.open() as file:
            yield leaf.name, file.read()


@pytest.mark.parametrize("ending", PACKERS)
def test_compressed_file_is_one_member(tmp_path: Path, ending: str) -> None:
    """A compressed file is a member named as it without its ending, byte for byte."""
    content = TABLE * 5000
    packed = PACKERS[ending](content)
    assert list(found(tmp_path, f"a.csv{ending}", packed)) == [
        (f"evidence/a.csv{ending}!a.csv", content)
    ]


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_joined_streams_are_read_to_the_end(tmp_path: Path, ending: str) -> None:
    """Streams one behind the other, and zeros behind the last, unfold into all of their bytes."""
    packed = PACKERS[ending](TABLE) + PACKERS[ending](TABLE * 2) + bytes(512)
    assert list(found(tmp_path, f"a.csv{ending}", packed)) == [
        (f"evidence/a.csv{ending}!a.csv", TABLE * 3)
    ]


@pytest.mark.parametrize("ending", ARCHIVERS)
def test_every_member_of_an_archive_is_found(tmp_path: Path, ending: str) -> None:
    """Members come in order, with their paths in the archive, small ones and spooled ones."""
    members = {"a.csv": TABLE, "deep/er/b.csv": TABLE * 1000, "姓名.csv": b"x"}
    packed = ARCHIVERS[ending](members)
    names = {f"evidence/a{ending}!{name}": content for name, content in members.items()}
    assert dict(found(tmp_path, f"a{ending}", packed)) == names


def test_archives_in_archives_are_opened(tmp_path: Path) -> None:
    """A csv in a tar.gz in a 7z in a zip has the name of the whole way to it."""
    inner = gzip.compress(tarred({"b.csv": TABLE}))
    packed = zipped({"in.7z": seven_zipped({"x/b.tgz": inner}), "c.csv": b"c"})
    assert list(found(tmp_path, "a.zip", packed)) == [
        ("evidence/a.zip!in.7z!x/b.tgz!b.tar!b.csv", TABLE),
        ("evidence/a.zip!c.csv", b"c"),
    ]


@pytest.mark.parametrize("ending", [*PACKERS, *ARCHIVERS])
def test_archive_cut_short_is_refused(tmp_path: Path, ending: str) -> None:
    """An archive without its end is refused by name, wherever it is cut."""
    content = os.urandom(9000)
    pack = PACKERS.get(ending)
    packed = pack(content) if pack else ARCHIVERS[ending]({"a.csv": content})
    for cut in (len(packed) * 2 // 5, len(packed) // 5, 600):
        with pytest.raises(InputFileError, match=rf"^evidence/a.csv{ending}.*damaged or cut short"):
            list(found(tmp_path, f"a.csv{ending}", packed[:cut]))


@pytest.mark.parametrize("ending", [*PACKERS, ".zip", ".7z"])
def test_bomb_is_refused_where_it_goes_off(tmp_path: Path, ending: str) -> None:
    """What unfolds into too many times its size is refused, with the member, before it is whole."""
    content = bytes(20 << 20)
    pack = PACKERS.get(ending)
    packed = pack(content) if pack else ARCHIVERS[ending]({"a.csv": content})
    limits = replace(LIMITS, free_bytes=1 << 20, ratio=10)
    with pytest.raises(InputFileError, match=r"^evidence/a.csv.*!a.csv: here .* 10 times its size"):
        list(found(tmp_path, f"a.csv{ending}", packed, limits))


def test_nested_bomb_is_refused(tmp_path: Path) -> None:
    """Zips of zips of zips, each modest, are counted together against the outer file."""
    content = bytes(1 << 20)
    for level in range(4):
        content = zipped({f"{level}-{copy}.zip": content for copy in range(8)})
    limits = replace(LIMITS, free_bytes=1 << 20)
    with pytest.raises(InputFileError, match=r"^evidence/a.zip!3-0.zip!.*250 times its size"):
        list(found(tmp_path, "a.zip", content, limits))


def test_archives_too_deep_are_refused(tmp_path: Path) -> None:
    """An archive that holds archives for ever ends at a depth, with the name of the place."""
    content = TABLE
    for _ in range(7):
        content = gzip.compress(content)
    with pytest.raises(InputFileError, match=r"^evidence/a!a!a!a!a!a: .* more than 5 deep"):
        list(found(tmp_path, "a", content))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    """An archive of more members than the limit is refused."""
    packed = zipped({f"{number}": b"x" for number in range(11)})
    with pytest.raises(InputFileError, match=r"!10: .*more than 10 members"):
        list(found(tmp_path, "a.zip", packed, replace(LIMITS, members=10)))


def test_zip_whose_members_lie_over_each_other_is_refused(tmp_path: Path) -> None:
    """Many entries of one directory that share the same bytes count each (D. Fifield, 2019)."""
    packed = zipped({"a": bytes(100_000)})
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        start = archive.start_dir
    entry = packed[start:-22]
    directory = b"".join(entry[:46] + b"%c" % (97 + number) + entry[47:] for number in range(26))
    end = packed[-22:-14] + struct.pack("<HHLLH", 26, 26, len(directory), start, 0)
    overlapping = packed[:start] + directory + end
    limits = replace(LIMITS, free_bytes=1 << 20, ratio=100)
    with pytest.raises(InputFileError):
        list(found(tmp_path, "a.zip", overlapping, limits))


def test_encrypted_archives_say_what_to_do(tmp_path: Path) -> None:
    """A member or archive with a password is refused, and the refusal says to unpack it."""
    packed = bytearray(zipped({"a.csv": TABLE}))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputFileError, match=r"^evidence/a.zip!a.csv: is encrypted: unpack"):
        list(found(tmp_path, "a.zip", bytes(packed)))
    with pytest.raises(InputFileError, match=r"^evidence/a.7z: is encrypted: unpack"):
        list(found(tmp_path, "a.7z", seven_zipped({"a.csv": TABLE}, password="secret")))  # noqa: S106


@pytest.mark.parametrize("ending", [".zip", ".tar"])
def test_names_that_escape_are_only_names(tmp_path: Path, ending: str) -> None:
    """Absolute paths, steps upward and control characters lead nowhere: nothing is written."""
    names = [
        "../../escaped.csv",
        "/absolute.csv",
        "C:\\b.csv",
        "new\nline.csv",
        "../../escaped.csv",
    ]
    with_twice = dict.fromkeys(names, TABLE)
    before = sorted(path.name for path in tmp_path.parent.rglob("*"))
    seen = [name for name, _ in found(tmp_path, f"a{ending}", ARCHIVERS[ending](with_twice))]
    assert f"evidence/a{ending}!../../escaped.csv" in seen
    assert f"evidence/a{ending}!/absolute.csv" in seen
    assert f"evidence/a{ending}!C:/b.csv" in seen
    assert all(name.isprintable() for name in seen)
    after = sorted(path.name for path in tmp_path.parent.rglob("*"))
    assert after == sorted([*before, f"a{ending}"])
    assert not Path("/absolute.csv").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_two(tmp_path: Path) -> None:
    """Members with one name in an archive get names of their own."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.csv", b"1")
        archive.writestr("a.csv", b"2")
    assert list(found(tmp_path, "a.zip", sink.getvalue())) == [
        ("evidence/a.zip!a.csv", b"1"),
        ("evidence/a.zip!a#2.csv", b"2"),
    ]


def test_chinese_names_without_the_mark_are_read(tmp_path: Path) -> None:
    """Names that a Chinese Windows packed (GBK, no UTF-8 mark) are read as they were."""
    name = "用户表.csv"
    raw = name.encode("gbk")
    packed = zipped({"x" * len(raw): TABLE}).replace(b"x" * len(raw), raw)
    assert [name for name, _ in found(tmp_path, "a.zip", packed)] == ["evidence/a.zip!用户表.csv"]


def test_nothing_of_an_archive_lies_in_clear(tmp_path: Path) -> None:
    """While a large member is looked at, no file on the disk holds its bytes."""
    secret = b"13800009999 is nobody's number "
    packed = zipped({"a.csv": secret * 200_000})
    path = tmp_path / "a.zip"
    path.write_bytes(packed)
    spools: list[Spool] = []

    def new_spool() -> Spool:
        spools.append(Spool(tmp_path, memory_bytes=1000))
        return spools[-1]

    budget = Budget(limits=LIMITS, outer_bytes=len(packed), new_spool=new_spool)
    leaf: Content
    for leaf in leaves(on_disk(path, "a.zip"), budget):
        file = spools[0]._file
        assert file is not None
        raw = os.pread(file.fileno(), 10_000_000, 0)
        assert len(raw) > leaf.size_bytes
        assert secret not in raw
        assert leaf.beginning(31) == secret
