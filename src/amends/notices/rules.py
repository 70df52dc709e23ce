"""Lint for notices: the rules for every text to the public, with nothing allowed. Pure."""

from amends.kernel.wording import Violation
from amends.kernel.wording import lint as lint_wording


def lint(text: str) -> list[Violation]:
    """Every rule that *text* breaks: a notice has no address and no number of its own."""
    return lint_wording(text)
