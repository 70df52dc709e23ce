"""The model case from leaked files to reconciled payments, and a summary whose lines are checks.

``make demo`` calls it. A line of the summary fails when what it says is not so: the truth files,
the provider's own books and the stand-alone verifier are asked, not the program that is shown.
"""

import argparse
import json
import random
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

import desks
import escrow
import surprises
from accuracy import Accuracy, measure
from amends.access import service as access
from amends.access.model import Role
from amends.awards import promised
from amends.funding import service as funding
from amends.governance import service as governance
from amends.kernel.ids import Operator
from amends.payouts.reconciling import explaining
from amends.vault.opened import open_case

APPROVERS = ("li.na", "wang.wei")
CONSOLE = {
    "chair": [],  # signs the announcement, and does not sign in
    "sun.li": [Role.ADMINISTRATOR],
    "zhao.min": [Role.CASEWORKER],
    "li.na": [Role.APPROVER, Role.READER],
    "wang.wei": [Role.APPROVER],
    "qian.fang": [Role.AUDITOR],
}
"""Who may sign in at the console, in development."""
# What exact keys alone reach in the project's matching study, §6.2: the demo has to be better.
PERSON_PRECISION, PERSON_RECALL, COUNT_ERROR = 0.951, 0.979, 0.030
LETTERS = 3
_WAITS = 3
"""How a command ends where people have to decide."""
SAMPLE = 50  # rows of each registry: each value is looked for in everything published


@dataclass
class Summary:
    """The lines that are printed at the end; a line that is not so makes the demo fail."""

    failed: list[str] = field(default_factory=list)

    def check(self, title: str, text: str, *, holds: bool) -> None:
        """Print one line, with whether it holds."""
        print(f"  {'✓' if holds else '✗'} {title:<13} {text}")
        if not holds:
            self.failed.append(title)


def main() -> None:
    """Build the case if it is not there, run it, look at it from outside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--people", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true")
    arguments = parser.parse_args()
    directory = arguments.directory
    if arguments.fresh and directory.exists():
        _amends("remove", str(directory), "--yes")
        shutil.rmtree(directory)
    _build(directory, arguments.people, arguments.seed)
    began = time.monotonic()
    with _witnesses(directory):
        report = _run(directory)
    took_s = time.monotonic() - began
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    outside = _outside(directory, awards=report["award"]["awards"])
    print(
        f"\nThe model case, {arguments.people:,} people, all of them made up; time is simulated.\n"
    )
    summary = Summary()
    _who(summary, directory)
    _money(summary, directory)
    _provider(summary, directory)
    _statements(summary, directory)
    _escrow(summary, directory)
    _told(summary, report)
    _proof(summary, outside)
    _codes(summary, outside, report)
    _second_leak(summary, outside)
    desks.fill(directory, _amends, _approvals())
    took = f"leaked files to reconciled payments: {took_s:.0f} s, largest process {peak_mib:,} MiB"
    print(f"\n  {took}; everything is in {directory}/ (`make demo` again resumes)")
    if summary.failed:
        sys.exit(f"does not hold: {', '.join(summary.failed)}")
    _say_next(directory)


_NEXT = (
    ("docs/tutorials/demo.md", "walk through it, with the queries that check its books"),
    ("{demo}/amends/site/", "what the public gets; its log/verify.py needs nothing of ours"),
    (".venv/bin/amends serve {demo} --development-sign-in", "the public site and the console"),
    (".venv/bin/amends notices show {demo} --award 0", "what one person is told"),
    ("{demo}/letters.html", "three claim codes; somebody looked at the details of the last"),
    (".venv/bin/amends approve {demo}", "what waits for a decision"),
)


def _say_next(directory: Path) -> None:
    """Where to look next."""
    print("\nWhere to look next")
    lines = [(what.format(demo=directory), does) for what, does in _NEXT]
    width = max(len(what) for what, _ in lines)
    for what, does in lines:
        print(f"  {what:<{width}}  {does}")


def _build(directory: Path, people: int, seed: int) -> None:
    """Make the case, or go on with the one that is there."""
    marker = directory / "case.toml"
    if marker.exists() and escrow.ACCOUNT not in marker.read_text(encoding="utf-8"):
        sys.exit(f"an earlier version made {directory}/: FRESH=1 builds it anew")
    if marker.exists():
        truth = pl.read_csv(directory / "truth-accounts.csv", columns=["person"])["person"]
        print(
            f"going on with {directory}/ ({truth.n_unique():,} people registered); "
            "FRESH=1 builds it anew"
        )
        return
    _amends("synth", str(directory), "--people", str(people), "--seed", str(seed))
    surprises.hide_one_file(directory)
    escrow.open_account(directory)
    with marker.open("a", encoding="utf-8") as file:
        file.write(desks.LATER)


WITNESSES = ("press", "school")
"""Two programs of their own that cosign the roster; both are needed."""
_ROSTER = "\n# The demonstration writes this at each run.\n[roster]\ncodes = true\nquorum = 2\n"
_ONE = '\n[[witness]]\nname = "{name}"\nkey = "{key}"\nurl = "http://127.0.0.1:{port}"\n'


@contextmanager
def _witnesses(directory: Path) -> Iterator[None]:
    """Two stand-alone witnesses on this machine, which case.toml names; ended afterwards.

    Each has a folder of its own with key and state; they are told the log's key, and no more.
    """
    folders = [directory / "witnesses" / name for name in WITNESSES]
    policy = directory / "witnesses" / "policy.txt"
    with ThreadPoolExecutor() as beside:
        made = beside.map(_make_witness, folders)
        if not policy.exists():
            policy.parent.mkdir(exist_ok=True)
            _amends("policy", str(directory), "--to", str(policy))
        list(made)
    lines = policy.read_text(encoding="utf-8").splitlines()
    log_key = next(line.split()[1] for line in lines if line.startswith("log "))
    text = (directory / "case.toml").read_text(encoding="utf-8").partition(_ROSTER)[0] + _ROSTER
    for folder, port in zip(folders, _free_ports(len(folders)), strict=True):
        configuration = f'listen = "127.0.0.1:{port}"\n[[log]]\nkey = "{log_key}"\n'
        (folder / "witness.toml").write_text(configuration, encoding="utf-8")
        public = (folder / "public.txt").read_text(encoding="utf-8")
        text += _ONE.format(name=folder.name, key=public, port=port)
    (directory / "case.toml").write_text(text, encoding="utf-8")
    with ExitStack() as running:
        for folder in folders:
            told = running.enter_context((folder / "lines.txt").open("ab"))
            command = [sys.executable, "-m", "amends_witness", "run", str(folder / "witness.toml")]
            one = running.enter_context(subprocess.Popen(command, stderr=told))
            running.callback(one.terminate)
        yield


def _make_witness(folder: Path) -> None:
    """Let a witness make its key, once."""
    if not (folder / "public.txt").exists():
        shutil.rmtree(folder, ignore_errors=True)
        told = _python("amends_witness", "make", str(folder), "--name", f"{folder.name}.example")
        (folder / "public.txt").write_text(told.split()[-1], encoding="utf-8")


def _free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _run(directory: Path) -> dict[str, dict[str, int]]:
    """Run the journey, announce before anybody is paid, bake the site; counts by stage."""
    if surprises.is_hidden(directory):
        _stages(directory, "--until", "determine")
        surprises.find_it(directory, before=_ROSTER)
    _operators(directory)
    escrow.pay_in(directory, _amends)
    before = _stages(directory, "--until", "publish")
    _announce(directory)
    escrow.let_out(directory, _amends, _approvals())
    after = _stages(directory, "--until", "pay")
    surprises.misstate(directory)
    desks.have_reconciled(directory, _amends)
    _amends("site", str(directory))
    return after | before


def _stages(directory: Path, *options: str) -> dict[str, dict[str, int]]:
    """Run stages; their counts."""
    output = _amends("run", str(directory), "--json", *options, *_approvals())
    stages: list[dict[str, object]] = json.loads(output)["stages"]
    return {str(stage["stage"]): dict(stage["counts"]) for stage in stages}  # type: ignore[call-overload]  # JSON


def _announce(directory: Path) -> None:
    """Have the chair sign the announcement, and let it out; once."""
    if (directory / "amends" / "site" / "announcement").exists():
        return
    _amends("announce", str(directory), "--sign", "--as", "chair")
    _amends("announce", str(directory), "--publish", *_approvals())


def _operators(directory: Path) -> None:
    """Somebody of each role at the console; who is there already keeps their key."""
    with open_case(directory) as opened:
        known = {account.operator: account.roles for account in access.accounts(opened)}
        for name, roles in CONSOLE.items():
            if name not in known:
                governance.add_operator(opened, name)
            if roles and not known.get(Operator(name)):
                access.set_roles(opened, name, roles)


def _approvals() -> list[str]:
    """Two people who sign at once, as only a simulation may."""
    return [word for name in APPROVERS for word in ("--approve-as", name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What others find: the stand-alone verifier, and whoever looks for people in the published.

    ``by_code``: whether the code in a printed letter gave the same receipt without Amends.
    ``cosigned``: whose names stand under the checkpoint. ``found``: how many of the ``sampled``
    identifiers stand in the published ``files``.
    """

    award: int
    log: "subprocess.CompletedProcess[str]"
    receipt: "subprocess.CompletedProcess[str]"
    by_code: bool
    cosigned: list[str]
    found: int
    sampled: int
    files: int


def _outside(directory: Path, *, awards: int) -> Outside:
    """Take out of the case what is looked at afterwards: the tables, and beside them the proofs."""
    folder = directory / "exports"
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor() as beside:
        outside = beside.submit(_look_from_outside, directory, folder, awards)
        _amends("export", "all", str(directory), "--to", str(folder))
        return outside.result()


def _look_from_outside(directory: Path, folder: Path, awards: int) -> Outside:
    """Have log and receipt checked by a process that shares no code with ours; look for people."""
    policy, receipt = str(folder / "policy.txt"), str(folder / "receipt.txt")
    others = random.sample(sorted({*range(awards)} - {desks.RAISED}), min(LETTERS, awards) - 1)
    lettered = [*others, desks.RAISED]  # and any others
    award, log = lettered[0], directory / "amends" / "site" / "log"
    _amends("policy", str(directory), "--to", policy)
    _amends("receipt", str(directory), "--award", str(award), "--to", receipt)
    with ThreadPoolExecutor() as beside:
        verified = beside.submit(_verify, "all", str(log), "--policy", policy)
        by_code = _by_code(directory, log, lettered)
    words = _sampled(directory)
    published = [path for path in (directory / "amends" / "site").rglob("*") if path.is_file()]
    content = b"\0".join(path.read_bytes() for path in published)
    return Outside(
        award=award,
        log=verified.result(),
        receipt=_verify("receipt", receipt, "--policy", policy),
        by_code=by_code == Path(receipt).read_bytes(),
        cosigned=[
            name
            for name in WITNESSES
            if f"\n\u2014 {name}.example " in (log / "checkpoint").read_text(encoding="utf-8")
        ],
        found=sum(word in content for word in words),
        sampled=len(words),
        files=len(published),
    )


def _by_code(directory: Path, log: Path, lettered: list[int]) -> bytes:
    """Have letters with codes printed; the receipt that the first one's code gives to anybody."""
    page, receipt = directory / "letters.html", directory / "exports" / "receipt-by-code.txt"
    those = [word for award in lettered for word in ("--award", str(award))]
    why = ["--recipient", "printing room", "--purpose", "sample of the letters"]
    _amends("codes", "letter", str(directory), *those, "--to", str(page), *why, *_approvals())
    groups = re.findall(r"<b>(\w+)</b>", page.read_text(encoding="utf-8"))
    code = "-".join(groups[: len(groups) // len(lettered)])
    _python("amends_verify", "claim", str(log), "--to", str(receipt), say=code)
    return receipt.read_bytes()


def _table(directory: Path, what: str) -> pl.DataFrame:
    return pl.read_parquet(directory / "exports" / f"{what}.parquet")


def _who(summary: Summary, directory: Path) -> None:
    """Who is affected, against the truth that the program never reads."""
    found: Accuracy = measure(
        directory, *(_table(directory, what) for what in ("matches", "accounts", "affected"))
    )
    persons, error = found.affected, found.count_error
    summary.check(
        "affected",
        f"{persons.given:,} people found, {persons.true:,} are ({error:+.2%}); "
        f"precision {persons.precision:.4f}, recall {persons.recall:.4f}",
        holds=persons.precision >= PERSON_PRECISION
        and persons.recall >= PERSON_RECALL
        and abs(error) <= COUNT_ERROR,
    )
    outcomes = dict(_table(directory, "matches")["outcome"].value_counts().iter_rows())
    leaked = pl.read_csv(directory / "truth-rows.csv").height
    summary.check(
        "leaked rows",
        ", ".join(f"{count:,} {name}" for name, count in sorted(outcomes.items())),
        holds=sum(outcomes.values()) - outcomes.get("quarantined", 0) == leaked,
    )


def _money(summary: Summary, directory: Path) -> None:
    """Promised, owed, settled, returned, open: each award in one state, each fen in one account."""
    awards, payments = _table(directory, "awards"), _table(directory, "payments")
    affected = _table(directory, "affected")["person_id"]
    owed = int(awards["amount_minor"].sum())
    raise_minor = owed - awards.height * 500_000
    raised = f" + {_cny(raise_minor)} for one" if raise_minor else ""
    summary.check(
        "promised",
        f"{awards.height:,} people x CNY 5,000.00{raised} = {_cny(owed)}",
        holds=raise_minor in {0, desks.RAISE_MINOR}
        and awards["person_id"].n_unique() == awards.height
        and set(awards["person_id"]) <= set(affected),
    )
    balances = _balances(_table(directory, "ledger"))
    summary.check(
        "owed at first", _cny(balances["compensation"]), holds=balances["compensation"] == owed
    )
    for title, states, account in _STATES:
        those = awards.filter(pl.col("state").is_in(states))
        amount = int(those["amount_minor"].sum())
        summary.check(
            title,
            f"{those.height:,} people, {_cny(amount)}; the ledger says the same",
            holds=-balances.get(account, 0) == amount,
        )
    books = -sum(balances.get(account, 0) for _, _, account in _STATES)
    summary.check(
        "books",
        "settled, returned, open and still owed are what was promised",
        holds=books == owed and sum(balances.values()) == 0,
    )
    paid = payments.filter(pl.col("state").is_in(["settled", "returned"]))
    got = paid.group_by("award_index").agg(got=pl.col("amount_minor").sum())
    got = got.join(awards, on="award_index")
    summary.check(
        "paid once",
        f"{paid.height:,} payments for {got.height:,} people, to nobody more than they are owed",
        holds=(got["got"] <= got["amount_minor"]).all(),
    )


# What a line says, the states of awards that it means, the ledger's account that has to agree.
_STATES = (
    ("settled", ["settled"], "settled"),
    ("returned", ["returned"], "returned"),
    ("open", ["sent"], "in_flight:alipay"),
    ("still owed", ["needs_person", "promised"], "owed"),
)


def _provider(summary: Summary, directory: Path) -> None:
    """The provider's own books say the same."""
    payments = _table(directory, "payments")
    ours = payments.filter(pl.col("state").is_in(["settled", "returned"]))
    with surprises.provider_books(directory) as books:
        theirs = books.execute(MONEY_OUT).fetchall()
        faults = books.execute(_FAULTS).fetchall()
    summary.check(
        "provider",
        f"{len(theirs):,} payments, {_cny(sum(amount for _, amount in theirs))} in its own books",
        holds=sorted(number for number, _ in theirs) == sorted(ours["instruction_id"])
        and sum(amount for _, amount in theirs) == ours["amount_minor"].sum(),
    )
    refusals = payments.filter(pl.col("state") == "refused")["reason"].value_counts().iter_rows()
    went_wrong = [
        f"{count:,} {kind.replace('_', ' ')}"
        for kind, count in sorted({**dict(faults), **dict(refusals)}.items())
    ]
    summary.check("went wrong", ", ".join(went_wrong), holds=len(went_wrong) > 3)


# One row for each time that money went out: a number that was paid twice stands here twice.
MONEY_OUT = """
    SELECT orders.number, -movement.amount_minor FROM movement
    INNER JOIN orders USING (order_no) WHERE movement.amount_minor < 0
"""
_FAULTS = """
    SELECT substr(kind, 1, instr(kind || ':', ':') - 1), sum(times) FROM fired GROUP BY 1
    UNION ALL SELECT 'callbacks', seq FROM sqlite_sequence WHERE name = 'notice'
    UNION ALL SELECT 'sent back', count(*) FROM movement WHERE amount_minor > 0
"""


def _statements(summary: Summary, directory: Path) -> None:
    """What the provider states wrongly is found, and nothing else; the money is where it says."""
    faults = tomllib.loads((directory / "faults.toml").read_text(encoding="utf-8"))
    wrong = {kind: str(faults[planted]["only"][0]) for planted, kind in surprises.MISSTATED.items()}
    with open_case(directory) as opened:
        found = {one.kind: one.number for one in explaining.suspense(opened)}
    gap = found.pop("does_not_add_up", "missing")
    with surprises.provider_books(directory) as books:
        held = books.execute(_HELD).fetchone()[0]
    balances = _balances(_table(directory, "ledger"))
    summary.check(
        "statements",
        "one line says CNY 1.00 too much, one payment is left out, the day does not add up: all "
        f"three wait for a person; {_cny(held)} lie at the provider, as in our books",
        holds=found == wrong and gap is None and balances["rail:alipay"] == held,
    )


_HELD = "SELECT balance_minor FROM movement ORDER BY movement_no DESC LIMIT 1"


def _escrow(summary: Summary, directory: Path) -> None:
    """The bank's statements prove what was put in, and the books say where each fen of it is."""
    with open_case(directory) as opened:
        found, statements = promised.funds(opened), len(funding.statements(opened))
    put_in = escrow.paid_in(directory).amount_minor
    gone = found.fees_minor + found.unexplained_minor
    summary.check(
        "escrow",
        f"{_cny(put_in)} by {statements} statements of the bank; two people let the rail have "
        f"{_cny(found.released_minor)}; in the bank, at the rail, paid out and charged: all of it",
        holds=found.evidenced and found.funds_minor + gone == put_in,
    )


def _told(summary: Summary, report: dict[str, dict[str, int]]) -> None:
    """Everybody has a notice."""
    notices, awards = report["notify"]["notices"], report["award"]["awards"]
    summary.check("notices", f"{notices:,} for {awards:,} people", holds=notices == awards)


def _proof(summary: Summary, outside: Outside) -> None:
    """A process that shares no code with Amends checked the log, and one person's receipt."""
    said = outside.log.stdout.strip().splitlines()[-1]
    summary.check("roster", said, holds=outside.log.returncode == 0)
    summary.check(
        "receipt",
        f"award {outside.award:,}: verified apart",
        holds=outside.receipt.returncode == 0,
    )


def _codes(summary: Summary, outside: Outside, report: dict[str, dict[str, int]]) -> None:
    """Witnesses stand behind the roster, everybody has a code, and a printed one works."""
    asked = len(WITNESSES)
    summary.check(
        "witnesses",
        f"{len(outside.cosigned)} of {asked} cosigned ({', '.join(outside.cosigned)}), programs of "
        f"their own; the quorum of {asked} is met, and the verifier asked for it",
        holds=len(outside.cosigned) == asked and outside.log.returncode == 0,
    )
    published = report["publish"]
    summary.check(
        "claim codes",
        f"{published['codes']:,} for {report['award']['awards']:,} people, in "
        f"{published['claim_buckets']:,} buckets of 32 KiB",
        holds=published["codes"] == report["award"]["awards"] and published["codes_missing"] == 0,
    )
    summary.check(
        "letters",
        f"award {outside.award:,}: the code of its letter gives the same receipt, without Amends",
        holds=outside.by_code,
    )


def _second_leak(summary: Summary, outside: Outside) -> None:
    """No identifier of a sample of registered people stands in anything published."""
    summary.check(
        "no 2nd leak",
        f"{outside.found} of {outside.sampled:,} sampled values in {outside.files:,} "
        "published files",
        holds=outside.found == 0 and outside.sampled > 0,
    )


def _sampled(directory: Path) -> set[bytes]:
    """The identifiers of some people of each registry."""
    words: set[bytes] = set()
    for path in sorted((directory / "registries").iterdir()):
        for column in _registry(path).head(SAMPLE).get_columns():
            if column.dtype == pl.String:
                words.update(str(v).encode() for v in column.drop_nulls() if len(str(v)) >= 9)
    return words


def _registry(path: Path) -> pl.DataFrame:
    """A registry as the company has it."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    try:
        return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.ComputeError:
        return pl.read_csv(path, infer_schema=False, encoding="gb18030")


def _balances(ledger: pl.DataFrame) -> dict[str, int]:
    """Debits minus credits of each account."""
    sides = (
        ledger.select(account=pl.col(side), amount=pl.col("amount_minor") * sign)
        for side, sign in (("debit", 1), ("credit", -1))
    )
    sums = pl.concat(sides).group_by("account").agg(pl.col("amount").sum())
    return dict(sums.iter_rows())


def _cny(amount_minor: int) -> str:
    return f"CNY {amount_minor // 100:,}.{amount_minor % 100:02d}"


def _amends(*arguments: str, waits: bool = False) -> str:
    """Run ``amends``; its standard output. *waits*: it may end with people having to decide.

    Progress goes to our standard error; what waits is not told there.
    """
    done = subprocess.run(
        [sys.executable, "-m", "amends", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if waits else None,
        text=True,
        check=False,
    )
    if done.returncode and not (waits and done.returncode == _WAITS):
        told = done.stdout + (done.stderr or "")
        sys.exit(f"amends {' '.join(arguments[:2])} ended with {done.returncode}\n{told}")
    return done.stdout


def _python(module: str, *arguments: str, say: str | None = None) -> str:
    """Run a module that is not ``amends``; its standard output. *say*: its standard input."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=say,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{module} {arguments[0]} ended with {done.returncode}\n{done.stderr}")
    return done.stdout


def _verify(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "amends_verify", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    main()
