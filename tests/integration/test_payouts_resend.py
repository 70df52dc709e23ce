"""`amends resend`: a file that the bank never got goes out again, when two people have signed."""

import json

from click.testing import CliRunner, Result

from amends.cli import cli
from amends.governance.service import add_operator, pending, trail
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.rails.model import RailUnavailableError
from made_bank import bank, bank_order
from made_cases import MINIMAL_CASE, MINIMAL_FILES, OpenedCase

CASE = MINIMAL_CASE.replace(
    'kind = "simulator"\nprotocol = "alipay"', 'kind = "iso20022"\ndrop = "drop"'
).replace('clock = "simulated"', 'clock = "real"')


def test_a_lost_file_is_sent_again_by_command_and_two_people(opened_case: OpenedCase) -> None:
    """Looked at first, signed by two, the same bytes; what lies in the outbox is not lost."""
    opened = opened_case(CASE, MINIMAL_FILES)
    for name in ("anna", "ben"):
        add_operator(opened, name)
    orders = [bank_order(f"N{at}") for at in range(2)]
    with bank(opened.case.root / "drop", faults="[file_lost]\nrate = 1.0\n") as setting:
        setting.pay(orders)
        [file] = setting.outbox()
        content = file.read_bytes()

        def resend(*options: str) -> Result:
            args = ["resend", str(opened.case.root), file.stem, "--reason", "says Li of the bank"]
            return CliRunner().invoke(cli, [*args, *options])

        still_there = resend()
        assert isinstance(still_there.exception, RailUnavailableError)
        assert "outbox" in str(still_there.exception)
        setting.let_pass()
        setting.let_pass(minutes=30)
        assert setting.outbox() == []
        assert resend("--dry-run").output == "it may go out again; nothing was changed\n"
        assert not pending(opened)
        assert isinstance(resend().exception, WaitingForApprovalError)
        (waiting,) = pending(opened)
        assert json.loads(waiting.proposal.body) == {
            "file": file.stem,
            "rail": "iso20022",
            "reason": "says Li of the bank",
        }
        signed = resend("--approve-as", "anna", "--approve-as", "ben")
        assert signed.output == (
            f"{file.stem} goes out again by iso20022 at `amends reconcile CASE`\n"
        )
        setting.pay(orders)
        assert [one.read_bytes() for one in setting.outbox()] == [content]
    assert [one.action for one in trail(opened, ["file sent again"])] == ["file sent again"]
