"""How long work tells that it goes on. The command line draws bars; everything else is silent."""

from typing import Protocol


class Progress(Protocol):
    """Receives what a stage has done so far."""

    def start(self, label: str, total: int | None = None) -> None:
        """Begin a piece of work of *total* units (unknown: None) under a short label."""

    def advance(self, units: int = 1) -> None:
        """Say that *units* more of the current piece are done."""

    def tell(self, message: str) -> None:
        """Say at once what people have to know while the piece goes on."""


class Silence:
    """Progress that nobody looks at."""

    def start(self, label: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, units: int = 1) -> None:
        """Say nothing."""

    def tell(self, message: str) -> None:
        """Say nothing."""


SILENCE = Silence()
