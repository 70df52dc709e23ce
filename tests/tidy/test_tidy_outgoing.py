"""Whatever leaves a case is known: every command that shows or writes, and every line that writes.

A new command, a new option that names a file to write, or a new place in the code that writes a
file makes a test here fail until somebody has said here how it passes the register of exports, or
why it need not.
"""

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import click

import amends
from amends.cli import cli
from amends.cli.stages import award as stage

SOURCE = Path(amends.__file__).parent


class Way(Enum):
    """How a command goes out."""

    REGISTER = "enters what it writes or shows in the register of exports"
    LOOK = "shows one person, by a pseudonym or sealed in a key's name"
    LIST = "lists pseudonyms or numbers of awards on the screen, no file"
    FIGURES = "counts, sums, digests and texts of the case, of no person"
    INSIDE = "writes into the case alone, and prints counts"
    OPERATOR = "lets one operator in: a link or token shown once, and entered in the trail"
    SERVE = "starts processes that let out what their own rooms let out"
    PUBLIC = "copies what is public already, and knows no case"
    MADE_UP = "is of nobody: made up, or before there is a case"


WAYS = {
    Way.REGISTER: "assessment, export, outgoing, report, policy, receipt, query, run, publish, "
    "notify, pay, work, reconcile, recover letter, deposit order, deposit letters, "
    "evidence report, runs diff, codes publish, codes give, codes letter, "
    "log seal, log rows",
    Way.LOOK: "explain, notices show, payee show, payee move, payee paid, recover why, "
    "payee evidence, payee statement, payee account, "
    "review show, review next, review decide, review missed",
    Way.LIST: "correct, payee list, payee doubts, held, recover list, review list, "
    "notices untold, claims import, "
    "claims list, claims decide",
    Way.FIGURES: "codes show, check, announce, decisions, tax, promise, approve, award simulate, "
    "review report, runs list, funding show, funding statements, funding explain, operator list, "
    "evidence columns, evidence verify, verify, retry, halt, resume, resend, adopt, reject, "
    "revoke, deposit list, suspense, inbox list",
    Way.INSIDE: "intake, determine, award, remove, review sample, funding import, "
    "funding release, close day, close case, operator add, "
    "evidence destroy, codes issue, codes forget, codes revoke, "
    "codes told, claims award, log erase, payee refusals, recover ask, recover repaid, "
    "recover waive, deposit seen, deposit made, operator roles, operator lock-out, "
    "inbox answer",
    Way.OPERATOR: "operator invite, operator token",
    Way.SERVE: "serve, runner",
    Way.PUBLIC: "mirror, log explain, log open, site",
    Way.MADE_UP: "init, synth, simulate alipay, simulate bank, simulate wechatpay, log key",
}

FILES_TO_WRITE = {
    "announce --to": "draft pages of a text that names nobody",
    "assessment --template": Way.REGISTER,
    "award simulate --chart": "sums by tariff",
    "evidence report --to": Way.REGISTER,
    "export --to": Way.REGISTER,
    "outgoing --to": Way.REGISTER,
    "policy --to": Way.REGISTER,
    "receipt --to": Way.REGISTER,
    "report --out": Way.REGISTER,
    "receipt --page": Way.REGISTER,
    "codes give --to": Way.REGISTER,
    "codes letter --to": Way.REGISTER,
    "log rows --to": Way.REGISTER,
    "recover letter --to": Way.REGISTER,
    "deposit order --to": Way.REGISTER,
    "deposit letters --to": Way.REGISTER,
    "log key --to": "an auditor's own key",
    "log open --to": "the auditor's copy of a log, of files that they have",
    "operator add --key": "the operator's own key",
    "simulate alipay --keys": Way.MADE_UP,
    "simulate alipay --state": Way.MADE_UP,
    "simulate wechatpay --keys": Way.MADE_UP,
    "simulate wechatpay --state": Way.MADE_UP,
}
"""Options of a path that need not be there yet: what they write."""

READ = {"announce --key", "assessment --record", "init --evidence", "init --registry"}
"""Paths that are read, though nothing says that they have to be there."""

WRITES = {
    "announcement/service.py": "pages of the announcement, which names nobody",
    "awards/chart.py": "the chart of a simulation, for cli/award.py",
    "cli/award.py": "the chart of a simulation: sums by tariff",
    "cli/exports.py": Way.REGISTER,
    "cli/evidence.py": Way.REGISTER,
    "cli/records.py": Way.REGISTER,
    "cli/report.py": Way.REGISTER,
    "governance/exports.py": Way.REGISTER,
    "roster/service.py": "the policy, for cli/exports.py; else into the case",
    "roster/proving.py": "a receipt, for cli/exports.py",
    "roster/mirror.py": Way.PUBLIC,
    "roster/auditing.py": Way.REGISTER,
    "cli/log.py": "an auditor's own key",
    "roster/claiming.py": Way.REGISTER,
    "roster/site.py": "the public log, entered by roster/service.py in the transaction before",
    "roster/record.py": "what of it is out, by name, size and time, into the case",
    "kernel/signing.py": Way.INSIDE,
    "preparing/service.py": Way.MADE_UP,
    "payees/papers.py": "an image of a paper, to destroy it",
    "vault/service.py": "keys, into the case",
    "vault/parquet.py": "sealed",
    "linkage/determine.py": "sealed, by the vault",
    "evidence/taking.py": "sealed, by the vault",
    "store": Way.INSIDE,
    "synth": Way.MADE_UP,
    "simulators": Way.MADE_UP,
    "payouts/rails/file_drop.py": "files for bank and counter, entered when their plan is approved",
    "web/site/service.py": "pages made of what is public already",
    "payouts/after_payment/recovery.py": Way.REGISTER,
    "payouts/after_payment/depositing.py": Way.REGISTER,
    "payouts/reconciling/kept_bills.py": "bills as they came in, sealed, into the case",
    "payouts/simulated.py": "what a simulator complains of",
}
"""Modules, or whole rooms, with a call that writes a file: why it is no way around the register."""

_WRITERS = {
    *("write_text", "write_bytes", "write_parquet", "write_ipc", "write_table", "ParquetWriter"),
    *("written_whole", "copy2", "copyfile", "copyfileobj", "savefig", "sink_csv", "sink_parquet"),
    "NamedTemporaryFile",
}
_WRITERS_TO = {"write_csv", "write_ndjson", "write_json"}
"""Of a frame: a text where no place is named."""


def named(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            if name == "award":
                yield name, stage
            yield from named(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_command_says_how_it_goes_out() -> None:
    """Each command stands in one line of the table above, and the table names no other."""
    said = [name for names in WAYS.values() for name in names.split(", ")]
    assert sorted(said) == sorted(name for name, _ in named(cli))


def test_every_option_that_names_a_file_to_write_is_known() -> None:
    """A new ``--to`` cannot be forgotten."""
    found = {
        f"{name} {option.opts[0]}"
        for name, command in named(cli)
        for option in command.params
        if isinstance(option, click.Option)
        and isinstance(option.type, click.Path | click.File)
        and not (isinstance(option.type, click.File) and "r" in option.type.mode)
        and not (isinstance(option.type, click.Path) and option.type.exists)
    }
    assert found == FILES_TO_WRITE.keys() | READ


def writes(tree: ast.AST) -> bool:
    """Whether a call in it writes a file."""
    return any(
        isinstance(node, ast.Call)
        and (
            _name(node) in _WRITERS
            or (_name(node) in _WRITERS_TO and bool(node.args))
            or _opens_to_write(node)
        )
        for node in ast.walk(tree)
    )


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _opens_to_write(call: ast.Call) -> bool:
    """``open(…, "w")``, ``path.open("wb")`` and ``fdopen``, and with a, x or +."""
    modes = [*call.args, *(one.value for one in call.keywords if one.arg == "mode")]
    texts = [str(one.value) for one in modes if isinstance(one, ast.Constant)]
    return _name(call) in {"open", "fdopen"} and any(
        text and set(text) <= set("wbtax+r") and set(text) & set("wax+") for text in texts
    )


def test_every_module_that_writes_files_is_known() -> None:
    """A new writer cannot be forgotten; and no line of the table is left over."""
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if writes(ast.parse(path.read_text(encoding="utf-8")))
    }
    rooms = {name for name in WRITES if not name.endswith(".py")}
    places = {name.partition("/")[0] if name.partition("/")[0] in rooms else name for name in found}
    assert places == WRITES.keys()


def test_a_writer_is_seen() -> None:
    """What the search has to find, it finds; what reads, it leaves."""
    for text in ("a.write_bytes(b)", "a.write_csv(p)", "open(p, 'w')", "open(p, mode='ab')"):
        assert writes(ast.parse(text)), text
    for text in ("a.read_bytes()", "a.write_csv()", "open(p)", "p.open('rb')", "path.open()"):
        assert not writes(ast.parse(text)), text
