"""How the server finds what a statement asks for: its plan, which no machine's load changes."""

from collections.abc import Callable
from typing import cast

from amends.store.connection import Connection


def plan_of(connection: Connection, ask: Callable[[Connection], object]) -> str:
    """How the server finds what *ask* asks for."""
    plans: list[str] = []

    class Explaining:
        """Asks, and has it explained."""

        def execute(
            self, query: str, values: dict[str, object] | None = None, *, binary: bool = False
        ) -> object:
            """As a connection does."""
            if not query.startswith("SET"):
                told = connection.execute(f"EXPLAIN {query}", values)
                plans.extend(str(line) for (line,) in told)
            return connection.execute(query, values, binary=binary)

    ask(cast("Connection", Explaining()))
    return "\n".join(plans)
