"""A worker that is a process of its own, by a provider inside it that keeps a share of a quota.

    python paced_worker.py CASE FILE CALLS_PER_SECOND

Writes a line for each call to FILE: when it began (a clock that all processes of a machine share),
the number of the process, the number of the payment.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from amends.payouts.paying import work_through
from amends.payouts.rails.model import Outcome, PreparedRequest, Settled
from amends.payouts.rails.pacing import Pace
from amends.vault.opened import open_case
from fake_provider import FakeProvider, Rates


@dataclass(slots=True, kw_only=True)
class PacedProvider(FakeProvider):
    """Takes calls in their turns."""

    calls: Path
    pace: Pace

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Pay."""
        await self.pace.wait()
        with self.calls.open("a") as file:
            file.write(f"{time.monotonic()} {os.getpid()} {prepared.number}\n")
        return Settled(provider_reference="r", raw=b"paid", settled_at=self.now())


def main() -> None:
    """Work until nothing is left."""
    root, calls, per_second = sys.argv[1:]
    with open_case(Path(root), approve_as=("anna", "bert")) as opened:
        provider = PacedProvider(
            seed=1,
            rates=Rates(),
            now=opened.clock.now,
            funds_minor=100_000_000,
            calls=Path(calls),
            pace=Pace(float(per_second)),
        )
        asyncio.run(work_through(opened, provider))


if __name__ == "__main__":
    main()
