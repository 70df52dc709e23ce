"""What the console costs for each request, beside nginx, over a filled table of payments.

    python bench/web_console.py [--payments N] [--requests N] [--rounds N]

The unit is that of bench/web.py: CPU time of the server's process over the requests that were
answered, held against nginx serving 10 kB; PostgreSQL's own time is left out. Asked in turns over
32 connections that stay open, by an operator who is signed in: the list of payments (85 rows), and
one payment by its number. Then each list that an address can ask for, one at a time: the longest of
them has to answer within 200 ms. Under 100,000 payments it only shows that it works.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psycopg

sys.path.append(str(Path(__file__).parents[1] / "tests"))
sys.path.append(str(Path(__file__).parent))

from amends.access import service as access
from amends.access.model import Role
from amends.governance import service as governance
from amends.store import embedded
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from amends.web.serving import Ports, serving
from made_cases import write_case
from web import FEWEST, cost_us, nginx_of

LIMITS = {"list": 40.0, "payment": 13.0}
LONGEST_MS = 200.0
FEWEST_PAYMENTS = 100_000
NUMBER = "c4ca4238a0b923820dcc509a6f75849b"
STATES = (
    *("", "settled", "returned", "refused", "unknown", "accepted", "planned", "approved"),
    *("sending", "superseded"),
)
LISTS = (
    *(f"/payments?state={state}&sort={sort}" for state in STATES for sort in ("", "-award")),
    *(f"/payments?state=refused&sort={sort}" for sort in ("since", "-since", "amount", "-amount")),
    *("/payments?after=1500000.0", "/payments?sort=-award&after=1500000.0"),
    *("/payments?rail=alipay", "/payments?rail=none", "/payments?reason=no_account"),
    "/payments?state=refused&reason=no_account&rail=alipay&sort=-since",
    *("/payments?state=refused&reason=none", f"/find?q={NUMBER}", f"/payments/{NUMBER}"),
    *("/reconciliation", "/audit", "/approvals", "/people", "/people?state=no_account", "/stages"),
)
"""The last page of a list is the first one of its other order."""
_FILL = """
ALTER TABLE payouts.payment DISABLE TRIGGER USER;
ALTER TABLE payouts.chunk DISABLE TRIGGER chunk_begins_planned;
ALTER TABLE payouts.plan DISABLE TRIGGER plan_signed_as_it_is;
INSERT INTO awards.award
    (award_index, person_id, class, amount_minor, currency, tranche, awarded_at)
SELECT n, lpad(n::text, 26, '0'), 0, 500000, 'CNY', 1, now() FROM generate_series(0, {last}) AS n;
INSERT INTO payouts.rail (rail, prefunded_minor, currency, bill_zone, opened_at)
VALUES ('alipay', 1, 'CNY', 'Asia/Shanghai', now());
INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, numbers_sha256,
    planned_at)
VALUES (1, 'alipay', {last} + 1, ({last} + 1) * 500000::bigint, 'CNY', repeat('0', 64), now());
INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state, first_award, last_award,
    sent_at, request_sha256s)
SELECT n, 1, 1000, CASE WHEN n < {chunks} THEN 'sent' ELSE 'approved' END, n * 1000, n * 1000 + 999,
    CASE WHEN n < {chunks} THEN now() END,
    CASE WHEN n < {chunks} THEN decode(repeat('00', 32000), 'hex') END
FROM generate_series(0, {chunks}) AS n;
INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, place, rail,
    amount_minor, currency, state, reason, attempts, sent_at, last_sent_at, settled_at,
    returned_at, request_sha256)
SELECT md5(n::text), n, 0, n / 1000, n % 1000, 'alipay', 500000, 'CNY',
    CASE WHEN n >= {chunks} * 1000 THEN 'planned' WHEN n % 1000 = 7 THEN 'returned'
        WHEN n % 1000 = 8 THEN 'refused' WHEN n % 100000 = 9 THEN 'unknown' ELSE 'settled' END,
    CASE WHEN n < {chunks} * 1000 AND n % 1000 = 8 THEN 'no_account' END,
    CASE WHEN n < {chunks} * 1000 THEN 1 ELSE 0 END,
    CASE WHEN n < {chunks} * 1000 THEN now() END, CASE WHEN n < {chunks} * 1000 THEN now() END,
    CASE WHEN n < {chunks} * 1000 AND n % 1000 <> 8 AND n % 100000 <> 9 THEN now() END,
    CASE WHEN n < {chunks} * 1000 AND n % 1000 = 7 THEN now() END,
    CASE WHEN n < {chunks} * 1000 THEN sha256('') END
FROM generate_series(0, {last}) AS n;
INSERT INTO payouts.attention
    (award_index, generation, state, rail, reason, amount_minor, since)
SELECT award_index, generation, state, rail, reason, amount_minor, last_sent_at
FROM payouts.payment
WHERE state IN ('returned', 'refused', 'unknown');
ALTER TABLE payouts.payment ENABLE TRIGGER USER;
INSERT INTO payees.page (first_id, members, sealed, mark, settled_at)
SELECT min(lpad(n::text, 26, '0')), array_agg(lpad(n::text, 26, '0') ORDER BY n), '', '', now()
FROM generate_series(0, {last}) AS n WHERE n % 10 <> 3 GROUP BY n / 100;
INSERT INTO payees.payee (person_id, state, reason, kind, situation, settled_at)
SELECT lpad(n::text, 26, '0'), CASE n % 10 WHEN 3 THEN 'needs_person' ELSE 'payable' END,
    CASE n % 10 WHEN 3 THEN 'no_account' END, CASE n % 10 WHEN 4 THEN 'guardian' END,
    CASE n % 10 WHEN 3 THEN 'no_account' ELSE 'under_8_guarded' END, now()
FROM generate_series(0, {last}) AS n WHERE n % 10 IN (3, 4);
UPDATE payouts.plan SET approved_at = now();
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE payouts.chunk ENABLE TRIGGER chunk_begins_planned;
ALTER TABLE payouts.plan ENABLE TRIGGER plan_signed_as_it_is;
"""


def main() -> None:
    """Measure; fail where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=3_000_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, _case(Path(home), arguments.payments) as opened:
        found, longest = _measured(Path(home), opened, arguments)
    print(f"  the longest list: {longest:.0f} ms, limit {LONGEST_MS:.0f}")
    enough = arguments.requests >= FEWEST and arguments.payments >= FEWEST_PAYMENTS
    passed = any(ratio > LIMITS[name] for name, ratio in found.items()) or longest > LONGEST_MS
    if enough and passed:
        raise SystemExit("a limit is passed")


@contextmanager
def _case(home: Path, payments: int) -> Iterator[OpenCase]:
    """A case with so many payments, filled behind the program's back: what counts is reading."""
    root = home / "case"
    root.mkdir()
    write_case(root)
    with open_case(root) as opened:
        began = time.perf_counter()
        with (
            embedded.running(opened.case) as server,
            psycopg.connect(server.owner_conninfo, autocommit=True) as connection,
        ):
            filled = _FILL.format(last=payments - 1, chunks=(payments - 1) // 1000)
            connection.execute(filled.encode())
            connection.execute(
                "VACUUM ANALYZE payouts.payment, payouts.chunk, payouts.attention, "
                "payees.page, payees.payee"
            )
        print(f"{payments:,} payments filled in {time.perf_counter() - began:.0f} s")
        for name in ("root", "carla"):
            governance.add_operator(opened, name)
        access.set_roles(opened, "root", [Role.ADMINISTRATOR])
        access.set_roles(opened, "carla", [Role.CASEWORKER])
        yield opened
    remove_database(opened.case)


def _measured(
    home: Path, opened: OpenCase, arguments: argparse.Namespace
) -> tuple[dict[str, float], float]:
    """Ratios to nginx, and the longest list in milliseconds."""
    found: dict[str, float] = {}
    with ExitStack() as stack:
        served = stack.enter_context(serving(opened.case.root, Ports()))
        token = access.token_for(opened, "carla").token
        port = int(served.console.rpartition(":")[2])
        ours = (served.processes[1].pid, port)
        cookie = f"Cookie: __Host-amends={token}\r\n"
        bearer = f"Authorization: Bearer {token}\r\n"
        paths = {
            "list": ("/payments?state=settled", cookie),
            "payment": (f"/api/v1/payments/{NUMBER}", bearer),
        }
        folder = home / "served"
        folder.mkdir()
        (folder / "bucket").write_bytes(bytes(10_000))
        home.chmod(0o755)
        theirs = stack.enter_context(nginx_of(home, folder))
        for name, (path, header) in paths.items():
            pairs = []
            for _ in range(arguments.rounds):
                mine = cost_us(ours, path, arguments.requests // 4, header, f"localhost:{port}")
                if theirs is not None:
                    pairs.append((mine, cost_us(theirs, "/bucket", arguments.requests * 2)))
                else:
                    print(f"  {name:<8} {mine:6.1f} µs a request; nginx is not on the PATH")
            if pairs:
                ratios = sorted(mine / other for mine, other in pairs)
                found[name] = statistics.median(ratios)
                mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
                print(
                    f"  {name:<8} {mine:6.1f} µs a request, nginx {other:6.1f}: {found[name]:.1f} "
                    f"times ({ratios[0]:.1f} to {ratios[-1]:.1f}), limit {LIMITS[name]:.0f}"
                )
        return found, _longest(port, token)


def _longest(port: int, token: str) -> float:
    """The longest of the lists in milliseconds, each the best of three, one at a time."""
    longest = 0.0
    for path in LISTS:
        best = min(_asked_ms(port, token, path) for _ in range(3))
        print(f"    {path:<60} {best:6.1f} ms")
        longest = max(longest, best)
    return longest


def _asked_ms(port: int, token: str, path: str) -> float:
    connection = HTTPConnection("localhost", port, timeout=60)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"__Host-amends={token}"})
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    if answer.status not in {200, 303}:
        raise SystemExit(f"{path} answers {answer.status}")
    return took


if __name__ == "__main__":
    main()
