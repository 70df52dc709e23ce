"""A text in the two languages of Amends."""

from dataclasses import dataclass

from amends.kernel.saying import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text in both languages."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """What it says in one of them."""
        return self.zh if language == "zh" else self.en
