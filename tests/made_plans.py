"""Plans and chunks that stand as if they had been sent, made behind the program's back."""

from collections.abc import Mapping
from datetime import datetime

import psycopg

from amends.vault.opened import OpenCase


def make_plan(
    opened: OpenCase, plan_no: int, rail: str, chunks: Mapping[int, str], planned_at: datetime
) -> None:
    """A plan with chunks in these states, by number: the owner of the tables alone begins so."""
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute("ALTER TABLE payouts.chunk DISABLE TRIGGER chunk_begins_planned")
        owner.execute(
            "INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, "
            "numbers_sha256, planned_at) VALUES (%s, %s, 1, 1, 'CNY', repeat('0', 64), %s)",
            [plan_no, rail, planned_at],
        )
        for chunk_no, state in chunks.items():
            owner.execute(
                "INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state) "
                "VALUES (%s, %s, 1, %s)",
                [chunk_no, plan_no, state],
            )
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE payouts.chunk ENABLE TRIGGER chunk_begins_planned")
