"""Makes this machine ready: ``python -m amends.kernels``. Set-up does it once.

It compiles every room's kernels ahead of their first use, and measures which of OpenSSL's ways
signs fastest here. Without it, and where nothing can be kept, everything works and takes longer.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from amends.evidence.ready import make_ready as make_evidence_ready
from amends.kernel.signing import measure
from amends.linkage.ready import make_ready as make_linkage_ready
from amends.payees.ready import make_ready as make_payees_ready
from amends.roster.compiled.slots import make_ready as make_slots_ready
from amends.roster.ready import make_ready as make_roster_ready


def main() -> None:
    """Compile what is not compiled yet, and measure; :mod:`amends.kernel.keeping` says where."""
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as side_by_side:
        rooms = (
            make_linkage_ready,
            make_evidence_ready,
            make_payees_ready,
            make_roster_ready,
            make_slots_ready,
        )
        for compiling in map(side_by_side.submit, rooms):
            compiling.result()
    measure()


if __name__ == "__main__":
    main()
