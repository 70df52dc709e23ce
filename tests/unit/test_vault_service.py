"""The vault, on real files."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.case import Case
from amends.kernel.casefile import read_case
from amends.kernel.errors import AmendsError, InputFileError
from amends.vault.model import EvidenceDestroyedError, SealError
from amends.vault.service import Vault, open_vault
from made_cases import write_case
from planted import PEOPLE, PLANTED, assert_no_planted, planted_in


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A minimal case."""
    write_case(tmp_path)
    return read_case(tmp_path)


@pytest.fixture
def vault(case: Case) -> Vault:
    """Its vault."""
    return open_vault(case)


PLANTED_TABLE = pa.table(
    {
        "name": [person.name for person in PEOPLE],
        "phone": [person.phone for person in PEOPLE],
        "idno": [person.idno for person in PEOPLE],
        "address": pa.array([person.address for person in PEOPLE], pa.large_string()),
    }
)


def test_a_sealed_field_opens_where_it_was_sealed(case: Case, vault: Vault) -> None:
    """What was sealed opens again, also for a vault opened later, and never looks the same."""
    sealed = vault.seal(b"value", "payee", "row1")
    assert open_vault(case).unseal(sealed, "payee", "row1") == b"value"
    assert vault.seal(b"value", "payee", "row1") != sealed


def test_fields_sealed_together_open_each_where_it_was_sealed(vault: Vault) -> None:
    """Each under a nonce of its own, and nowhere but in its own row."""
    plain = [b"value", b"value", b""]
    sealed = list(vault.seal_each(plain, "payee", ("row1", "row2", "row3")))
    rows = [vault.unseal(one, "payee", f"row{at}") for at, one in enumerate(sealed, 1)]
    assert rows == plain
    assert len({one[:13] for one in sealed}) == len(plain)
    with pytest.raises(SealError):
        vault.unseal(sealed[0], "payee", "row2")


@pytest.mark.parametrize(
    ("purpose", "row"), [("payee", "row2"), ("notice", "row1"), ("payee|row1", ""), ("", "row1")]
)
def test_a_sealed_field_opens_nowhere_else(vault: Vault, purpose: str, row: str) -> None:
    """Another purpose or row is refused."""
    sealed = vault.seal(b"value", "payee", "row1")
    with pytest.raises(SealError):
        vault.unseal(sealed, purpose, row)


def test_a_sealed_field_opens_in_its_case_only(tmp_path: Path) -> None:
    """The same key under another case's id opens nothing."""
    vaults = []
    for case_id in ("test", "other"):
        root = tmp_path / case_id
        root.mkdir()
        write_case(root)
        toml = (root / "case.toml").read_text().replace('id = "test"', f'id = "{case_id}"')
        (root / "case.toml").write_text(toml)
        case = read_case(root)
        case.workspace.mkdir()
        case.keys.mkdir()
        (case.keys / "case.key").write_bytes(bytes(32))
        vaults.append(open_vault(case))
    with pytest.raises(SealError):
        vaults[1].unseal(vaults[0].seal(b"value", "payee", "row1"), "payee", "row1")
    assert vaults[0].derive("person-id") != vaults[1].derive("person-id")


@given(position=st.integers(min_value=0), plain=st.binary(max_size=64))
def test_a_changed_byte_of_a_sealed_field_is_found(
    tmp_path_factory: pytest.TempPathFactory, position: int, plain: bytes
) -> None:
    """Whichever byte changes, version and nonce included, the field does not open."""
    root = tmp_path_factory.getbasetemp() / "changed-byte"
    root.mkdir(exist_ok=True)
    write_case(root)
    vault = open_vault(read_case(root))
    sealed = bytearray(vault.seal(plain, "payee", "row"))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(SealError):
        vault.unseal(bytes(sealed), "payee", "row")


def test_derived_keys_differ_by_purpose_and_last(case: Case, vault: Vault) -> None:
    """A purpose always gives the same 32 bytes, and no other purpose gives them."""
    assert vault.derive("person-id") == open_vault(case).derive("person-id")
    assert len({vault.derive(purpose) for purpose in ("person-id", "number", "")}) == 3
    assert len(vault.derive("person-id")) == 32


def test_keys_are_for_their_owner_only(case: Case, vault: Vault) -> None:
    """Folders of 0700, files of 0600, and nothing else left in the folder."""
    path = case.evidence_room / "leaked" / "000.parquet"
    vault.write_parquet(PLANTED_TABLE, path)
    vault.secret_file("log.key", lambda: b"secret")
    for folder in (case.workspace, case.keys, case.evidence_room, path.parent):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in case.keys.iterdir()) == [
        "case.key",
        "evidence.key",
        "log.key",
    ]
    for file in (*case.keys.iterdir(), path):
        assert file.stat().st_mode & 0o777 == 0o600


def test_racing_commands_get_one_secret(case: Case) -> None:
    """Whoever comes first makes the secret, and everybody gets that one."""
    vault = open_vault(case)
    barrier = threading.Barrier(8)
    found: list[bytes] = []

    def work(number: int) -> None:
        """Ask for the secret at the same moment as the others."""
        barrier.wait()
        found.append(vault.secret_file("raced.key", lambda: bytes([number]) * 32))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_an_encrypted_file_shows_nobody(case: Case, vault: Vault) -> None:
    """The file reads back the same, holds no planted value, and opens for nobody without a key."""
    path = case.evidence_room / "leaked" / "000.parquet"
    plain = case.root / "plain.parquet"
    pq.write_table(PLANTED_TABLE, plain, compression="none")
    assert planted_in(plain)
    vault.write_parquet(PLANTED_TABLE, path)
    assert_no_planted(case.workspace)
    assert b"phone" not in path.read_bytes()
    assert vault.read_parquet(path).equals(PLANTED_TABLE)
    assert vault.read_parquet(path, ["phone", "name"]).column_names == ["phone", "name"]
    with pytest.raises(OSError, match="encrypted"):
        pq.read_table(path)


def test_batches_are_written_and_read_as_a_stream(case: Case, vault: Vault) -> None:
    """Many small batches become one file, and come back in batches of the size asked for."""
    schema = pa.schema([("record", pa.int64())])

    def batches() -> Iterator[pa.RecordBatch]:
        """Two hundred batches of a thousand rows."""
        for start in range(0, 200_000, 1_000):
            yield pa.record_batch([pa.array(range(start, start + 1_000))], schema=schema)

    path = case.evidence_room / "stream.parquet"
    vault.write_parquet(batches(), path, schema)
    read = list(vault.iter_parquet(path, ["record"], batch_size=7_000))
    assert max(batch.num_rows for batch in read) <= 7_000
    values = [value for batch in read for value in batch.column(0).to_pylist()]
    assert values == list(range(200_000))


def test_words_come_back_as_texts(case: Case, vault: Vault) -> None:
    """Words written as dictionaries, also of their own in each batch."""
    words: list[list[str | None]] = [["im", None, "chat"], ["video", "im", "im"]]
    batches = [
        pa.record_batch(
            {
                "product": pa.array(some, pa.large_string()).dictionary_encode(),
                "person_id": pa.array([f"p{word}" for word in some], pa.large_string()),
                "row": pa.array([7, None, -(2**62)]),
            }
        )
        for some in words
    ]
    path = case.evidence_room / "words.parquet"
    vault.write_parquet(iter(batches), path, batches[0].schema)
    read = vault.read_parquet(path)
    assert pa.types.is_string(read.schema.field("product").type)
    assert read.to_pylist() == pa.Table.from_batches(batches).to_pylist()


def test_texts_that_repeat_take_little_room(case: Case, vault: Vault) -> None:
    """Texts are compressed where that saves much; what is random comes back as well."""
    rows = 20_000
    often, never = ["the same street, in the same town"] * rows, list(map(str, range(rows)))
    sizes = []
    for number, texts in enumerate((often, never)):
        path = case.evidence_room / f"texts-{number}.parquet"
        vault.write_parquet(pa.table({"text": pa.array(texts, pa.large_string())}), path)
        assert vault.read_parquet(path).column("text").to_pylist() == texts
        sizes.append(path.stat().st_size)
    assert sizes[0] < sum(map(len, often)) / 10
    assert sizes[1] >= sum(map(len, never))


def test_an_empty_stream_is_a_file_without_rows(case: Case, vault: Vault) -> None:
    """A file of no rows keeps its columns."""
    schema = pa.schema([("record", pa.int64())])
    path = case.evidence_room / "empty.parquet"
    vault.write_parquet(iter(()), path, schema)
    assert vault.read_parquet(path).schema.names == ["record"]
    assert list(vault.iter_parquet(path)) == []


def test_a_failed_write_leaves_what_was_there(case: Case, vault: Vault) -> None:
    """A stream that breaks off leaves the old file, and no half of the new one."""

    def broken() -> Iterator[pa.RecordBatch]:
        """One batch, then the end of the world."""
        yield from PLANTED_TABLE.to_batches()
        raise OSError("disk full")

    path = case.evidence_room / "table.parquet"
    vault.write_parquet(PLANTED_TABLE.slice(0, 1), path)
    with pytest.raises(OSError, match="disk full"):
        vault.write_parquet(broken(), path, PLANTED_TABLE.schema)
    assert vault.read_parquet(path).num_rows == 1
    assert [file.name for file in case.evidence_room.iterdir()] == ["table.parquet"]


def test_a_changed_or_exchanged_file_does_not_open(case: Case, vault: Vault) -> None:
    """A file under another's name, a cut one and a missing one are each refused with their name."""
    one, other = case.evidence_room / "one.parquet", case.evidence_room / "other.parquet"
    vault.write_parquet(PLANTED_TABLE, one)
    other.write_bytes(one.read_bytes())
    with pytest.raises(SealError, match=r"other\.parquet"):
        vault.read_parquet(other)
    other.write_bytes(one.read_bytes()[:-20])
    with pytest.raises(SealError, match=r"other\.parquet"):
        vault.read_parquet(other)
    with pytest.raises(InputFileError, match=r"none\.parquet"):
        vault.read_parquet(case.evidence_room / "none.parquet")


@pytest.mark.parametrize("position", [10, 200, -40])
def test_a_changed_byte_of_an_encrypted_file_is_found(
    case: Case, vault: Vault, position: int
) -> None:
    """A flipped byte in the data or in the footer is refused."""
    path = case.evidence_room / "one.parquet"
    vault.write_parquet(PLANTED_TABLE, path)
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(SealError):
        vault.read_parquet(path)


def test_an_encrypted_file_lies_in_the_workspace_only(tmp_path: Path, vault: Vault) -> None:
    """The vault writes nothing of the evidence outside ``amends/``."""
    with pytest.raises(AmendsError, match=r"x\.parquet"):
        vault.write_parquet(PLANTED_TABLE, tmp_path / "x.parquet")


def test_destroyed_evidence_stays_destroyed(case: Case, vault: Vault) -> None:
    """After destruction nothing is read or written any more, by this vault or a later one."""
    path = case.evidence_room / "one.parquet"
    vault.write_parquet(PLANTED_TABLE, path)
    sealed = vault.seal(b"value", "payee", "row1")
    key = (case.keys / "evidence.key").read_bytes()
    vault.destroy_evidence()
    vault.destroy_evidence()
    for later in (vault, open_vault(case)):
        assert later.evidence_destroyed
        with pytest.raises(EvidenceDestroyedError):
            later.read_parquet(path)
        with pytest.raises(EvidenceDestroyedError):
            later.iter_parquet(path)
        with pytest.raises(EvidenceDestroyedError):
            later.write_parquet(PLANTED_TABLE, path)
        assert later.unseal(sealed, "payee", "row1") == b"value"
    assert not (case.keys / "evidence.key").exists()
    assert all(key not in file.read_bytes() for file in case.keys.iterdir())


def test_a_file_that_was_never_made_is_missing_not_destroyed(case: Case, vault: Vault) -> None:
    """Reading before anything was written names the file, and makes no key."""
    with pytest.raises(InputFileError, match=r"none\.parquet"):
        vault.read_parquet(case.evidence_room / "none.parquet")
    assert not (case.keys / "evidence.key").exists()


def test_a_lost_key_is_not_replaced_by_a_new_one(case: Case, vault: Vault) -> None:
    """Reading without the evidence key says so, and makes no other key."""
    path = case.evidence_room / "one.parquet"
    vault.write_parquet(PLANTED_TABLE, path)
    (case.keys / "evidence.key").unlink()
    with pytest.raises(EvidenceDestroyedError):
        vault.read_parquet(path)
    assert not (case.keys / "evidence.key").exists()


def test_planted_values_are_found_in_every_spelling(tmp_path: Path) -> None:
    """The search finds planted people in UTF-8, GB18030, UTF-16, JSON escapes and file names."""
    value = PEOPLE[2].name
    for number, content in enumerate(
        (
            value.encode(),
            value.encode("gb18030"),
            value.encode("utf-16-le"),
            b'"\\u79cd\\u690d\\u620a\\ud842\\udfb7"',
        )
    ):
        file = tmp_path / f"file-{number}"
        file.write_bytes(b"before " + content + b" after")
        assert len(planted_in(file)) == 1
    (tmp_path / PEOPLE[0].phone).write_bytes(b"")
    assert len(planted_in(tmp_path)) == 5
    with pytest.raises(AssertionError) as refused:
        assert_no_planted(tmp_path / "file-0")
    assert not any(planted in str(refused.value) for planted in PLANTED)
