"""What waits on the desks of the demonstration, so that each page of the console has something.

Four people wrote by the public site's forms, three of them of one caller; one was answered. Three
claim losses, and two of these are to be granted; one award is to be raised, and one was, of which
its person was not told yet, and whose details the caseworker opened for it. What needs two people
waits for them: sign in as li.na or wang.wei.
"""

from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import polars as pl

from amends.access import service as access
from amends.access.model import Ground, Site
from amends.inbox import answering, opening
from amends.inbox.model import AnswerState, Kind
from amends.inbox.service import Inbox, new_submission, receive
from amends.roster import looks
from amends.stages import service as stages
from amends.stages.model import AskState
from amends.store import embedded
from amends.store.connection import PUBLIC_ROLE, Database
from amends.vault.opened import OpenCase, open_case
from amends.web import people

CASEWORKER = "zhao.min"
LATER = """
[[tariff.later]]
kind = "loss"
title = { zh = "因这次泄露被骗走的钱", en = "Money lost to fraud because of this leak" }
most = "CNY 50000.00"
proof = "document"
"""
"""What the demonstration's tariff gives beside the amount for everybody."""
MESSAGES = (
    (
        Kind.LOSS,
        {
            "what": "（虚构）有人自称客服，说出了我的姓名和订单，让我转账解冻账户。",
            "when": "2026-11-21",
            "lost": "3200",
            "how": "knew",
            "contact": "writer@example.com",
        },
    ),
    *(
        (
            Kind.SCAM,
            {"number": "000-0000-0000", "when": "2026-11-22", "said": f"（虚构）{said}"},
        )
        for said in ("说要先交手续费才能领赔偿。", "要我念短信验证码。", "让我下载一个软件。")
    ),
)
RAISED, RAISE_MINOR = 1, 60_000
"""The award that two people have raised, and by how much; `make demo` again pays that."""
_LOSSES = (("3200.00", "accepted"), ("860.50", "accepted"), ("12000.00", "rejected"))
"""What three people claim, and what came of looking at their documents."""


def fill(directory: Path, amends: Callable[..., str], approvals: list[str]) -> None:
    """Put it there, once; *amends* runs a command, *approvals* have two people sign at once."""
    with open_case(directory, by=CASEWORKER) as opened:
        if any(opening.counts(opened).values()):
            return
        _write(opened)
    affected = pl.read_parquet(directory / "exports" / "affected.parquet")["person_id"].to_list()
    table = directory / "claims.csv"
    rows = ["person,kind,amount,date,evidence,evidence_sha256"]
    for person, (amount, looked) in zip(
        sorted(set(affected))[: len(_LOSSES)], _LOSSES, strict=True
    ):
        document = sha256(f"a document of {person}, made up".encode()).hexdigest()
        rows.append(f"{person},loss,{amount},2026-11-21,{looked},{document}")
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    by = ("--by", CASEWORKER)
    amends("claims", "import", str(directory), str(table), *by)
    why = ("--because", "银行流水和报警回执已核对（虚构）")
    amends("claims", "decide", str(directory), "--grant", *why, *by, waits=True)
    raised = ("--amount", "CNY 5600.00", "--reason", "amount_wrong")
    why = ("--because", "漏计了一项服务（虚构）")
    amends("correct", str(directory), "--award", "0", *raised, *why, *by, waits=True)
    amends("correct", str(directory), "--award", str(RAISED), *raised, *why, *approvals)
    amends("promise", str(directory), "--restate", *approvals)
    with open_case(directory, by=CASEWORKER) as opened:
        _look_at(opened, RAISED)
        looks.show(opened)
    amends("site", str(directory))


def _look_at(opened: OpenCase, award: int) -> None:
    """Open the values of the person of an award, as the caseworker does before it is raised."""
    with opened.database.reading() as connection:
        [(person,)] = connection.execute(
            "SELECT person_id FROM awards.award WHERE award_index = %(award)s", {"award": award}
        ).fetchall()
    people.revealed(opened, str(person), ground=Ground.CORRECTION, reason="漏计的服务（虚构）")


def have_reconciled(directory: Path, amends: Callable[..., str]) -> None:
    """Ask for reconciliation at the console, as the caseworker does, and have it run."""
    with open_case(directory) as opened:
        standing = access.token_for(opened, CASEWORKER).session
        site = Site(origin="http://localhost", development=True)
        stages.ask(opened, site, standing, "reconcile", "")
    amends("runner", str(directory), "--once")
    with open_case(directory) as opened:
        ended = stages.asks(opened, stage="reconcile", most=1)[0]
    if ended.state is not AskState.DONE:
        raise SystemExit(f"reconciliation ended as {ended.state}: {ended.outcome}")


def _write(opened: OpenCase) -> None:
    """Messages as the public forms put them in; the first one is being looked at."""
    with closing(Database(embedded.public_conninfo(opened.case), PUBLIC_ROLE)) as public:
        inbox = Inbox(
            database=public,
            recipient=opening.recipient(opened),
            numbers_key=opening.numbers_key(opened),
        )
        for kind, words in MESSAGES:
            receive(inbox, kind, new_submission(), words)
    answering.answer(opened, 1, AnswerState.READING, by=CASEWORKER)
