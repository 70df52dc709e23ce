import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from amends.journey import STAGES, run_stage
from amends.kernel.casefile import parse_case_file, read_case
from amends.kernel.errors import CaseFileError, StageOrderError
from amends.preparing import gates
from amends.preparing.known import known
from amends.preparing.model import GateState
from amends.roster import proving, service, site
from amends.roster.cosigning import WitnessesMissingError
from amends.roster.releasing import log_key
from amends.vault.opened import OpenCase, open_case
from amends_verify import verify
from amends_verify.audit import Audit
from amends_verify.verify import Policy, RosterError
from amends_witness.notes import ED25519, verifier_key
from made_cases import MINIMAL_CASE, OpenedCase
from made_roster import TWO, pay_made_up, thirty_awarded
from made_witness import Serving, a_witness, serving

NAMES = ("press", "school", "notary")


def witness_toml(name: str, key: str, url: str) -> str:
    """A witness in case.toml."""
    return f'\n[[witness]]\nname = "{name}"\nkey = "{key}"\nurl = "{url}"\n'


def with_witnesses(root: Path, served: dict[str, Serving], quorum: int, **urls: str) -> None:
    """Write them into case.toml; *urls*: where one is said to be instead."""
    file = root / "case.toml"
    text = file.read_text(encoding="utf-8") + f'\n[roster]\nquorum = {quorum}\nwait = "PT0S"\n'
    for name, one in served.items():
        text += witness_toml(name, one.witness.key.verifier.text, urls.get(name, one.url))
    file.write_text(text, encoding="utf-8")


def trusted(opened: OpenCase, tmp_path: Path) -> Policy:
    """The policy that the case gives to verifiers."""
    service.write_policy(opened, tmp_path / "policy")
    return Policy((tmp_path / "policy").read_bytes())


def cosigners(opened: OpenCase, policy: Policy) -> set[str]:
    """Which witnesses stand under the checkpoint that is out."""
    note = (site.log_directory(opened.case) / site.CHECKPOINT).read_bytes()
    return set(policy.opened(note)[3])


@contextmanager
def three(tmp_path: Path, opened: OpenCase) -> Iterator[dict[str, Serving]]:
    """Three witnesses of the case's log, each with a state of its own."""
    with ExitStack() as stack:
        key = log_key(opened)
        yield {
            name: stack.enter_context(
                serving(
                    a_witness(
                        tmp_path / name, key, name=f"{name}.example/w", now_s=int(time.time())
                    )
                )
            )
            for name in NAMES
        }


@contextmanager
def nobody() -> Iterator[str]:
    """An address that nobody answers at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def losing_answers(to: Serving) -> Iterator[str]:
    """An address behind which the witness is asked, and from which no answer comes back."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def once() -> None:
            caller, _ = listening.accept()
            with caller, socket.create_connection(("127.0.0.1", to.port)) as witness:
                request = b""
                while not request.endswith(b"=\n"):
                    request += caller.recv(1 << 16)
                witness.sendall(request)
                witness.recv(10)

        thread = threading.Thread(target=once)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_a_roster_goes_out_with_its_quorum_and_says_who_is_missing(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Two of three cosign: the audit and receipts of a policy with that quorum hold."""
    root = opened_case(like=thirty_awarded).case.root
    with open_case(root, approve_as=TWO) as opened, three(tmp_path, opened) as served:
        with nobody() as silent:
            with_witnesses(root, served, 2, notary=silent)
            with open_case(root, approve_as=TWO) as witnessed:
                summary = service.publish(witnessed)
        assert any("cosigned by 2 of 3" in note and "notary" in note for note in summary.notes)
        with open_case(root, approve_as=TWO) as witnessed:
            policy = trusted(witnessed, tmp_path)
            assert cosigners(witnessed, policy) == {"press", "school"}
            log = site.log_directory(witnessed.case)
            assert Audit(log, policy).run().startswith("Verified: case test, 30 awards")
            proving.write_receipt(witnessed, 3, tmp_path / "receipt")
            receipt = (tmp_path / "receipt").read_bytes()
            assert verify.receipt(receipt, policy).startswith("Verified: award 3")
            assert len(receipt) <= 4_000
            one_less = receipt.replace(b"\n\xe2\x80\x94 press", b"\n\xe2\x80\x94 other")
            with pytest.raises(RosterError, match="missing: press, notary"):
                verify.receipt(one_less, policy)


def test_what_waits_for_its_quorum_stays_inside_and_goes_on_where_it_was(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Nothing is out before; afterwards the same entries are, drawn and signed once."""
    root = opened_case(like=thirty_awarded).case.root
    with open_case(root, approve_as=TWO) as opened, three(tmp_path, opened) as served:
        original = (root / "case.toml").read_text(encoding="utf-8")
        with nobody() as silent, losing_answers(served["press"]) as lost:
            with_witnesses(root, served, 3, school=silent, notary=silent, press=lost)
            with (
                open_case(root, approve_as=TWO) as witnessed,
                pytest.raises(WitnessesMissingError, match="0 of 3") as waits,
            ):
                service.publish(witnessed)
        assert all(name in str(waits.value) for name in NAMES)
        assert not site.log_directory(opened.case).exists()
        [(origin, size)] = served["press"].witness.state.heads()
        with (
            open_case(root, approve_as=TWO) as witnessed,
            pytest.raises(WitnessesMissingError),
        ):
            proving.write_receipt(witnessed, 3, tmp_path / "receipt")
        (root / "case.toml").write_text(original, encoding="utf-8")
        with_witnesses(root, served, 3)
        with open_case(root, approve_as=TWO) as witnessed:
            service.publish(witnessed)
            policy = trusted(witnessed, tmp_path)
            assert cosigners(witnessed, policy) == set(NAMES)
            note = (site.log_directory(witnessed.case) / site.CHECKPOINT).read_bytes()
            assert policy.checkpoint(note)[:2] == (origin, size)
            lines = len(served["press"].lines)
            assert service.publish(witnessed).counts["roster_files_written"] == 0
            assert len(served["press"].lines) == lines  # fresh cosignatures are not asked for again


def test_nobody_is_told_or_paid_before_the_quorum_stands(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Called alone, notify and pay refuse as long as witnesses are missing; a check tells so."""
    root = opened_case(like=thirty_awarded).case.root
    original = (root / "case.toml").read_text(encoding="utf-8")
    later = [stage for stage in STAGES if stage.name in {"notify", "pay"}]
    assert [gate_of(root, stage.name) for stage in later] == [None, None], "without witnesses none"
    with open_case(root, approve_as=TWO) as opened, three(tmp_path, opened) as served:
        with nobody() as silent:
            with_witnesses(root, served, 3, notary=silent)
            with open_case(root, approve_as=TWO) as witnessed:
                for stage in later:
                    with pytest.raises(StageOrderError, match="not out yet"):
                        run_stage(witnessed, stage)
                    assert gate_of(root, stage.name) is GateState.WAITS
                with pytest.raises(WitnessesMissingError):
                    service.publish(witnessed)
                for stage in later:
                    with pytest.raises(WitnessesMissingError, match="notary have not cosigned it"):
                        run_stage(witnessed, stage)
                    assert gate_of(root, stage.name) is GateState.WAITS
        (root / "case.toml").write_text(original, encoding="utf-8")
        with_witnesses(root, served, 3)
        with open_case(root, approve_as=TWO) as witnessed:
            service.publish(witnessed)
            for stage in later:
                assert gate_of(root, stage.name) is GateState.PASSED
                assert run_stage(witnessed, stage).counts


def gate_of(root: Path, stage: str) -> GateState | None:
    """What a check says of the witnesses before a stage."""
    case = read_case(root)
    found = gates.gates(stage, case.file, known(case, start=True), "CASE")
    return next((gate.state for gate in found if gate.name == "witnesses"), None)


def test_an_epoch_waits_too_and_receipts_stand_on_what_is_out(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """While the epoch lacks its quorum, the roster of before is out, whole, with its receipts."""
    root = opened_case(like=thirty_awarded).case.root
    with open_case(root, approve_as=TWO) as opened, three(tmp_path, opened) as served:
        original = (root / "case.toml").read_text(encoding="utf-8")
        with_witnesses(root, served, 2)
        with open_case(root, approve_as=TWO) as witnessed:
            service.publish(witnessed)
            pay_made_up(witnessed, {"settled": range(30)})
            policy = trusted(witnessed, tmp_path)
        (root / "case.toml").write_text(original, encoding="utf-8")
        with nobody() as silent:
            with_witnesses(root, served, 2, press=silent, notary=silent)
            with open_case(root, approve_as=TWO) as witnessed:
                with pytest.raises(WitnessesMissingError, match="1 of 3"):
                    service.publish_epoch(witnessed)
                log = site.log_directory(witnessed.case)
                assert "no states yet" in Audit(log, policy).run()
                proving.write_receipt(witnessed, 3, tmp_path / "receipt")
                verify.receipt((tmp_path / "receipt").read_bytes(), policy)
        (root / "case.toml").write_text(original, encoding="utf-8")
        with_witnesses(root, served, 2)
        with open_case(root, approve_as=TWO) as witnessed:
            service.publish_epoch(witnessed)
            assert "settled 30" in Audit(log, policy).run()
            assert served["press"].witness.state.heads() == served["notary"].witness.state.heads()


def test_a_second_history_finds_no_quorum(opened_case: OpenedCase, tmp_path: Path) -> None:
    """A copy of the case with its key draws anew: every honest witness refuses, and says so."""
    first = opened_case(like=thirty_awarded).case.root
    with open_case(first, approve_as=TWO) as opened, three(tmp_path, opened) as served:
        with_witnesses(first, served, 2)
        with open_case(first, approve_as=TWO) as witnessed:
            service.publish(witnessed)
            key = witnessed.case.root / "amends" / "keys" / "log.key"
            kept = tmp_path / "log.key"
            shutil.copy(key, kept)
        second = opened_case(like=thirty_awarded).case.root
        with open_case(second, approve_as=TWO) as opened_again:
            log_key(opened_again)
        shutil.copy(kept, second / "amends" / "keys" / "log.key")
        with_witnesses(second, served, 2)
        with (
            open_case(second, approve_as=TWO) as witnessed,
            pytest.raises(WitnessesMissingError, match="another history"),
        ):
            service.publish(witnessed)
        refused = served["press"].witness.state.refused()
        assert [size for _, size, _ in refused] == [32]  # kept: the log's own signature on it
        assert not site.log_directory(witnessed.case).exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[witness]]\nname = "none"\nkey = "K"\nurl = "http://a"', "witness.1.name"),
        ('[[witness]]\nname = "a"\nkey = "x+00000000+AA=="\nurl = "http://a"', "witness.1.key"),
        ('[[witness]]\nname = "a"\nkey = "K"\nurl = "ftp://a"', "witness.1.url"),
        ('[[witness]]\nname = "a"\nkey = "K"\nurl = "http://u:p@a"', "witness.1.url"),
        ("[roster]\nquorum = 1", "roster.quorum"),
        ('[[witness]]\nname = "a"\nkey = "K"\nurl = "http://a"\n' * 2, "twice"),
    ],
)
def test_case_toml_says_what_is_wrong_with_its_witnesses(
    text: str, says: str, tmp_path: Path
) -> None:
    """Line and key are named."""
    key = a_witness(tmp_path).key.verifier.text
    with pytest.raises(CaseFileError, match=says):
        parse_case_file(MINIMAL_CASE + "\n" + text.replace('"K"', f'"{key}"'))


def test_the_case_and_the_witness_read_one_key_alike(tmp_path: Path) -> None:
    """What `make` prints is what case.toml takes, and no key of a log."""
    key = a_witness(tmp_path).key.verifier.text
    file = parse_case_file(MINIMAL_CASE + witness_toml("press", key, "https://a.example/w/"))
    assert file.roster.quorum == 1
    assert file.roster.witnesses[0].url == "https://a.example/w"
    with pytest.raises(ValueError, match="kind"):
        verifier_key(key, ED25519)
