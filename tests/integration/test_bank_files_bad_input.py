"""What must never be believed: junk, bombs and forgeries in the inbox, settings that cannot be."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyiso20022.camt.camt_053_001_08 import Document as Statement053
from pyiso20022.camt.camt_054_001_08 import Document as Notification054
from pyiso20022.pain.pain_002_001_10 import Document as Report002
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

from amends.kernel.errors import AmendsError, CaseFileError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.counter import settings_from_keys as counter_settings
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.iso20022_settings import settings_from_keys
from amends.payouts.rails.model import Accepted, Advice, QueryAnswer, Settled, Unknown
from amends.simulators.bank.faults import read_faults
from amends.simulators.bank.service import BankSimulatorSettings, open_bank
from made_bank import BankSetting, bank, bank_order

NOT_KNOWN = Unknown(advice=Advice.ASK, code="no_answer")
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:%s"><x>&b;</x></Document>"""


def after(setting: BankSetting, data: bytes, name: str = "f.xml") -> tuple[QueryAnswer, str]:
    """What N1 is once these bytes lie in the inbox, and why they were not read."""
    (setting.drop / "inbox" / name).write_bytes(data)

    async def work(rail: FilesRail) -> tuple[QueryAnswer, Mapping[str, str]]:
        return await rail.query(InstructionId("N1")), rail.unread

    answer, unread = setting.run(work)
    return answer, unread.get(name, "")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_answers_decide_nothing_wrong(data: st.DataObject) -> None:
    """Bytes of the bank's file changed or cut out: never an exception, never a payment lost."""
    with tempfile.TemporaryDirectory() as folder, bank(Path(folder) / "drop") as setting:
        setting.pay([bank_order("N1")])
        setting.let_pass()
        setting.let_pass(days=2)
        path = data.draw(st.sampled_from(setting.inbox()))
        for other in setting.inbox():
            if other != path:
                other.unlink()
        whole = path.read_bytes()
        at = data.draw(st.integers(0, len(whole) - 1))
        new = data.draw(st.binary(max_size=3))
        path.write_bytes(whole[:at] + new + whole[at + data.draw(st.integers(0, 40)) :])
        [answer] = setting.ask("N1")
        assert isinstance(answer, Unknown | Accepted | Settled)


@pytest.mark.parametrize("kind", [b"pain.002.001.10", b"camt.053.001.08", b"camt.054.001.08"])
def test_entities_are_not_read(tmp_path: Path, kind: bytes) -> None:
    """No answer of a bank declares entities: such a file is told and not expanded."""
    with bank(tmp_path / "drop") as setting:
        setting.pay([bank_order("N1")])
        answer, why = after(setting, BOMB % kind)
        assert answer == NOT_KNOWN
        assert why


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"PK\x03\x04",
        b"<Document/>",
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"/>',
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><x/></Document>x',
        "对账单".encode("utf-16"),
    ],
)
def test_what_is_none_of_the_banks_files_is_told(tmp_path: Path, data: bytes) -> None:
    """Junk in the inbox is named, and everything else goes on."""
    with bank(tmp_path / "drop") as setting:
        setting.pay([bank_order("N1")])
        answer, why = after(setting, data)
        assert answer == NOT_KNOWN
        assert "f.xml" in why
        setting.let_pass()
        setting.let_pass(minutes=20)
        assert isinstance(setting.ask("N1")[0], Settled)


def test_files_of_another_account_say_nothing(tmp_path: Path) -> None:
    """A bank may send everything into one folder: what is not of our account is passed over."""
    with bank(tmp_path / "drop") as setting:
        setting.pay([bank_order("N1")])
        setting.let_pass()
        setting.let_pass(minutes=20)
        [path] = setting.inbox("camt054")
        other = path.read_bytes().replace(b"6222020200112233445", b"6222020200112233446")
        path.unlink()
        answer, why = after(setting, other)
        assert isinstance(answer, Accepted)
        assert why == ""
        answer, why = after(setting, other.replace(b"233446", b"233445").replace(b"CNY", b"USD"))
        assert isinstance(answer, Accepted)
        assert "not in CNY" in why


@pytest.mark.parametrize(
    ("begins", "document"),
    [
        ("pain002", Report002),
        ("camt054", Notification054),
        ("statement", Statement053),
    ],
)
def test_what_the_simulated_bank_writes_is_iso_20022(
    tmp_path: Path, begins: str, document: type[object]
) -> None:
    """Each of its files is read, with no unknown element, by classes of the standard."""
    faults = '[returned]\nrate = 0.5\n[payment_rejected]\nrate = 0.3\ncode = "AC01"\n'
    parser = XmlParser(
        config=ParserConfig(fail_on_unknown_properties=True, fail_on_converter_warnings=True)
    )
    with bank(tmp_path / "drop", faults=faults) as setting:
        setting.pay([bank_order(f"N{n}", amount="CNY 10.00") for n in range(12)])
        setting.let_pass()
        setting.let_pass(days=4)
        files = setting.inbox(begins)
        assert files
        for path in files:
            assert isinstance(parser.from_bytes(path.read_bytes(), document), document)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "name"),
        ('name = "x"\naccount = "6222 0202"\nbank = "102100099996"\n', "account"),
        ('name = "x"\naccount = "62220202"\nbank = "1021"\n', "bank"),
        ('name = "x"\naccount = "6"\nbank = "BKCHCNBJ"\norders_per_file = 0\n', "orders_per_file"),
        ('name = "x"\naccount = "6"\nbank = "BKCHCNBJ"\ntransfer_max = 5\n', "transfer_max"),
        ('name = "x"\naccount = "6"\nbank = "BKCHCNBJ"\nzone = "Mars"\n', "zone"),
        ('name = "x"\naccount = "6"\nbank = "BKCHCNBJ"\nstatement_due = 9\n', "statement_due"),
        ('name = "x"\naccount = "6"\nbank = "BKCHCNBJ"\nport = 9\n', "port"),
        ("name = ", "TOML"),
    ],
)
def test_settings_that_cannot_be_are_told(tmp_path: Path, text: str, why: str) -> None:
    """By file and key."""
    (tmp_path / "bank.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CaseFileError, match=why) as caught:
        settings_from_keys(tmp_path)
    assert "bank.toml" in str(caught.value)
    with pytest.raises(CaseFileError, match=r"counter\.toml"):
        counter_settings(tmp_path, secret=bytes(32))


@pytest.mark.parametrize(
    "text",
    ["[returned]\nrate = 2\n", "[nonsense]\n", "seed = 1.5\n", '[returned]\ncode = "x"\n', "["],
)
def test_faults_that_cannot_be_are_told(tmp_path: Path, text: str) -> None:
    """By file and key."""
    path = tmp_path / "faults.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaseFileError, match=r"faults\.toml"):
        read_faults(path)


def test_two_simulated_banks_do_not_share_a_drop(tmp_path: Path) -> None:
    """The second one is refused."""
    with bank(tmp_path / "drop") as setting:
        second = BankSimulatorSettings(drop=setting.drop, balance=Money.parse("CNY 1.00"))
        with pytest.raises(AmendsError, match="another simulated bank"), open_bank(second):
            pass


@pytest.mark.whole
def test_the_bank_is_a_command(tmp_path: Path) -> None:
    """Once for a time, or by the machine's clock until whoever started it is gone."""
    drop = tmp_path / "drop"
    command = [sys.executable, "-m", "amends", "simulate", "bank", str(drop), "--balance", "50.00"]
    done = subprocess.run(
        [*command, "--at", "2026-11-23T01:00:00"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert sorted(path.name for path in (drop / "inbox").iterdir()) == ["statement-2026-11-22.xml"]
    assert settings_from_keys(drop).payer.bank == "102100099996"
    done = subprocess.run(
        [*command, "--parent-pipe"], input="", capture_output=True, text=True, check=True
    )
    assert '"event": "ready"' in done.stdout
    assert done.stderr == ""
