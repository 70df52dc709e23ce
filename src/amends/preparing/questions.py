"""What a lawyer has to decide, from questions.toml. The text of both languages stands there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from amends.kernel.saying import Language

_FILE = Path(__file__).with_name("questions.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, the rule behind it, and at which stage it has to be answered."""

    id: str
    rule: str
    when: str
    text: Mapping[str, str]

    def said(self, language: Language, **values: object) -> str:
        """The question in *language*."""
        return self.text[language].format(**values)


@cache
def questions() -> tuple[Question, ...]:
    """All of them, in the order in which they come up."""
    content = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Question(
            id=one["id"],
            rule=one["rule"],
            when=one["when"],
            text={"zh": one["zh"], "en": one["en"]},
        )
        for one in content["question"]
    )
