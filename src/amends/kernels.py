"""Compiles every room's kernels ahead of their first use: ``python -m amends.kernels``.

Set-up does it once. Without it, and where compiled functions cannot be kept, everything works and
the first run of a stage takes some seconds longer.
"""

from amends.evidence.ready import make_ready as make_evidence_ready
from amends.linkage.ready import make_ready as make_linkage_ready


def main() -> None:
    """Compile what is not compiled yet; see :mod:`amends.kernel.compiling` for where it is kept."""
    make_evidence_ready()
    make_linkage_ready()


if __name__ == "__main__":
    main()
