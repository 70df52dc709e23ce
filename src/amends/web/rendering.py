"""Templates: MiniJinja with everything escaped, one environment for each language.

A template's name is its file: ``base.html`` lies in ``web/templates``, ``public/home.html`` in
``web/public/templates``. What a template is not given is an error, never an empty place.
"""

from datetime import date, datetime
from functools import cache
from importlib.resources import files

from minijinja import Environment, Markup

from amends.kernel.case import Text
from amends.kernel.money import Money
from amends.web import saying
from amends.web.assets import asset
from amends.web.saying import NAMES, PAGE_LANGUAGES, TAGS, PageLanguage


def rendered(template: str, language: PageLanguage, /, **values: object) -> str:
    """The page *template* in *language*.

    Every template also has ``_(sentence, name=value…)``, ``language``, ``tag`` (of the language),
    ``languages`` (all, with tag and own name), ``gap`` (what stands between two sentences),
    ``gap_list`` (between two of a list),
    ``asset(name)`` (a file's path with its hash), and the filters
    ``calls`` (telephone numbers in a text can be rung), ``money``, ``count``, ``rounded``, ``day``,
    ``time`` and ``text``.
    """
    return environment(language).render_template(template, **values)


@cache
def environment(language: PageLanguage) -> Environment:
    """The environment of a language."""
    made = Environment(
        loader=_source,
        auto_escape_callback=_escaped,
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def say(text: str, **values: object) -> str:
        return saying.sentence(text, language, **values)

    def say_money(amount: Money) -> str:
        return saying.money(amount, language)

    def say_rounded(number: int) -> str:
        return saying.rounded(number, language)

    def say_day(moment: date) -> str:
        return saying.day(moment, language)

    def say_time(moment: datetime) -> str:
        return saying.time(moment, language)

    def say_text(text: Text) -> str:
        return saying.text_of(text, language)

    def say_calls(text: str, *numbers: str | None) -> Markup:
        return Markup(saying.calls(text, *numbers))

    made.add_filter("calls", say_calls)
    made.add_filter("money", say_money)
    made.add_filter("count", saying.count)
    made.add_filter("rounded", say_rounded)
    made.add_filter("day", say_day)
    made.add_filter("time", say_time)
    made.add_filter("text", say_text)
    made.add_global("_", say)

    def say_asset(name: str) -> Markup:
        return Markup(asset(name))

    made.add_global("asset", say_asset)
    made.add_global("language", language)
    made.add_global("gap", " " if language == "en" else "")
    made.add_global("gap_list", ", " if language == "en" else "、")
    made.add_global("tag", TAGS[language])
    languages = [{"id": one, "tag": TAGS[one], "name": NAMES[one]} for one in PAGE_LANGUAGES]
    made.add_global("languages", languages)
    return made


def _source(name: str) -> str | None:
    """The text of a template, or None."""
    folder, _, file = name.rpartition("/")
    path = files("amends.web").joinpath(folder, "templates", file)
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _escaped(_name: str) -> bool:
    """Everything is HTML or a form of XML: everything is escaped."""
    return True
