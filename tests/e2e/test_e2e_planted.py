import json
from pathlib import Path

from commands import place_at
from e2e_commands import APPROVALS, Commands
from planted import PEOPLE, assert_no_planted, planted_in

CASE = """\
[case]
id = "planted"
controller = "Planted Test Group"
announced_at = 2026-11-21T20:00:00+08:00
discovered_at = 2026-11-20T20:00:00+08:00
clock = "simulated"

[[registry]]
product = "im"
path = "registries/im.csv"

[[registry]]
product = "game"
path = "registries/game.csv"

[[evidence]]
path = "evidence/dump.csv"

[[evidence]]
path = "evidence/dump.txt"
columns = { 1 = "name", 2 = "phone", 3 = "idno" }

[[evidence]]
path = "evidence/dump.jsonl"

[tariff]
preset = "flat"
amount = "CNY 5000.00"

[funding]
amount = "CNY 50000.00"

[[rail]]
kind = "simulator"
protocol = "alipay"
"""


def write_planted_case(root: Path) -> None:
    """Planted people in every kind of file, some rows of which cannot be read."""
    for folder in ("registries", "evidence"):
        (root / folder).mkdir(parents=True)
    (root / "case.toml").write_text(CASE, encoding="utf-8")
    im = [f"im-{n},{p.name},{p.phone},{p.idno},{p.email}" for n, p in enumerate(PEOPLE)]
    im.append(f"im-0,{PEOPLE[0].name},{PEOPLE[0].phone},,")  # an account id for the second time
    (root / "registries" / "im.csv").write_text(
        "\n".join(["account_id,name,phone,idno,email", *im]), encoding="utf-8"
    )
    game = [f"game-{n},{p.phone},{p.name}" for n, p in enumerate(PEOPLE)]
    (root / "registries" / "game.csv").write_text(
        "\n".join(["account_id,phone,name", *game]), encoding="utf-8-sig"
    )
    csv = [f"{p.name},{p.phone},{p.address}" for p in PEOPLE]
    csv.append(f"{PEOPLE[1].name},{PEOPLE[1].phone},{PEOPLE[1].address},{PEOPLE[1].email},more")
    (root / "evidence" / "dump.csv").write_text(
        "\n".join(["姓名,手机号,住址", *csv]), encoding="gb18030"
    )
    (root / "evidence" / "dump.txt").write_text(
        "\n".join(f"{p.name}----{p.phone}----{p.idno}" for p in PEOPLE), encoding="utf-8"
    )
    lines = [json.dumps({"name": p.name, "email": p.email}, ensure_ascii=False) for p in PEOPLE]
    lines.append(f'{{"name": "{PEOPLE[2].name}", "phone": "{PEOPLE[2].phone}"')  # broken
    (root / "evidence" / "dump.jsonl").write_text("\n".join(lines), encoding="utf-8")


def test_planted_people_appear_nowhere(amends: Commands, tmp_path: Path) -> None:
    """After a whole journey the planted people stand in no log, message, export or published file.

    Nor do they stand readable anywhere on disk: in the evidence room, in the database's own files,
    in the simulator's.
    """
    case, said = tmp_path / "case", tmp_path / "said.txt"
    write_planted_case(case)
    amends.roots.append(case)
    assert planted_in(case)  # the search finds them where they are
    outputs = []
    for words in (
        ("run", case, *APPROVALS),
        ("run", case, "--json", *APPROVALS),
        ("approve", case),
        ("query", case, "SELECT * FROM payees.payee"),
        ("query", case, "SELECT * FROM payees.page"),
        ("query", case, "SELECT * FROM linkage.affected"),
        ("notices", "show", case, "--award", "0"),
        ("policy", case, "--to", tmp_path / "policy.txt"),
        ("receipt", case, "--award", "1", "--to", tmp_path / "receipt.txt"),
        *(
            ("export", what, case, "--to", tmp_path / f"{what}.csv")
            for what in ("matches", "accounts", "affected", "awards", "payments", "ledger")
        ),
    ):
        done = amends(*words)
        outputs += [done.stdout, done.stderr]
    payments = (tmp_path / "payments.csv").read_text(encoding="utf-8")
    assert payments.count(",settled,") == len(PEOPLE)
    said.write_text("".join(outputs), encoding="utf-8")
    for path in (said, case / "amends", place_at(case).home, *tmp_path.glob("*.csv")):
        assert_no_planted(path)
    for path in tmp_path.glob("*.txt"):
        assert_no_planted(path)


def test_refusals_do_not_repeat_what_they_refuse(amends: Commands, tmp_path: Path) -> None:
    """A message names file, row and key, and never the value that stands there."""
    breakages = {
        "registries/im.csv": f"name,phone\n{PEOPLE[0].name},{PEOPLE[0].phone}\n",
        "evidence/dump.csv": "",
        "evidence/dump.jsonl": f"{PEOPLE[0].name},{PEOPLE[0].phone}\n" * 3,
    }
    for number, (path, content) in enumerate(breakages.items()):
        case = tmp_path / f"case-{number}"
        write_planted_case(case)
        amends.roots.append(case)
        (case / path).write_text(content, encoding="utf-8")
        done = amends("run", case, "--json", code=1)
        assert path in done.stderr
        said = tmp_path / f"said-{number}.txt"
        said.write_text(done.stdout + done.stderr, encoding="utf-8")
        assert_no_planted(said)
