"""Progress that remembers what it was told."""

from dataclasses import dataclass, field, replace

from amends.vault.opened import OpenCase


@dataclass(slots=True)
class Told:
    """Labels of pieces of work, and what was said while they went on."""

    labels: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def start(self, label: str, total: int | None = None) -> None:
        """Another piece of work."""
        del total
        self.labels.append(label)

    def advance(self, units: int = 1) -> None:
        """A step of it."""

    def tell(self, message: str) -> None:
        """Something that people have to know."""
        self.messages.append(message)


def told_to(opened: OpenCase) -> tuple[OpenCase, Told]:
    """An open case that tells what it does, and to whom."""
    told = Told()
    return replace(opened, progress=told), told
