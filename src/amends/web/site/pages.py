"""Which pages there are, and what each is given. Pure: a site's facts in, pages as text out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from minijinja import Markup

from amends.access.model import Ground
from amends.awards.correcting import Reason
from amends.kernel.categories import CATEGORIES, label
from amends.kernel.saying import said
from amends.printing.model import Document
from amends.roster.looks import GROUNDS, Kind
from amends.web import assets, headers
from amends.web.rendering import rendered
from amends.web.saying import PAGE_LANGUAGES, PageLanguage, sentence, text_of
from amends.web.site import chart, checker, report
from amends.web.site.data import REPORTS, events
from amends.web.site.gathering import apology_in_draft
from amends.web.site.model import Log, MenuEntry, Site, Standing

_ROOT: Final = "../"
_HOME: Final = "index.html"
_CHECKERS: Final = {language: f"check-{language}.js" for language in PAGE_LANGUAGES}
"""The script of the checker on the pages of each language."""

STANDINGS: Final[Mapping[Standing, tuple[str, str, str, str]]] = {
    Standing.SETTLED: (
        said("Arrived"),
        "s2",
        said("The payment firm says that the money has arrived."),
        said("Look at your own account. If nothing is there, tell a counter or our line."),
    ),
    Standing.SENT: (
        said("On its way"),
        "s1",
        said("The payment firm has taken it and has not yet said that it arrived."),
        said("Nothing. It is on its way to your account."),
    ),
    Standing.PROMISED: (
        said("Not sent yet"),
        "s6",
        said("It is owed and set aside, and waits for its batch."),
        said("Nothing. It is sent by itself."),
    ),
    Standing.RETURNED: (
        said("Came back"),
        "s3",
        said("The account did not take it. It is sent again another way."),
        said(
            "Nothing. It is sent again. Only if we ask in the product that you use, answer there."
        ),
    ),
    Standing.NEEDS_PERSON: (
        said("A person finds out where it can go"),
        "s4",
        said(
            "There is no account yet, or the owner is a child, or has died, or a payment failed. "
            "Somebody looks at each."
        ),
        said("Look among the messages in the product that you use, or come to a counter."),
    ),
    Standing.DISPUTED: (
        said("Disputed"),
        "s5",
        said("Somebody objected, and it is being decided."),
        said("Wait for the decision, which is sent to you with its reasons."),
    ),
    Standing.WAIVED: (
        said("Not wanted"),
        "s6",
        said("The person did not want the money."),
        said("Nothing. You can still ask for it."),
    ),
    Standing.OPEN: (
        said("Not shown by itself"),
        "s6",
        said("Too few people are in the same state to be shown, or nothing is owed any more."),
        said("Nothing. Ask a counter if the day has passed and nothing has come."),
    ),
}
"""Of each state: its name, its colour, what it means, and what its person can do."""

REASONS: Final = {
    Reason.AMOUNT_WRONG: said("the first amount was wrong"),
    Reason.TWO_WERE_ONE: said("two awards were of one and the same person"),
    Reason.ONE_WAS_TWO: said("one award was of two people"),
    Reason.TARIFF_ERROR: said("there was an error in the tariff"),
    Reason.COURT_DECISION: said("a court decided so"),
    Reason.AGREED: said("it was agreed with you"),
    Reason.NOT_AFFECTED: said("nothing of yours was found in what leaked"),
}
"""Why an award is corrected, as its person is told."""

LOOKED_AT: Final = {
    Kind.NAME: said("name"),
    Kind.ACCOUNT: said("account to pay to"),
    Kind.MESSAGE: said("message about your payment"),
    Kind.RECEIPT: said("receipt"),
    Kind.OTHER: said("other details"),
}
"""What of a person somebody opened."""

LOOKED_BECAUSE: Final = {
    Ground.PERSON_ASKED: said("you asked us"),
    Ground.PAYMENT_FAILED: said("a payment to you did not go through"),
    Ground.CLAIM: said("your claim was worked on"),
    Ground.CORRECTION: said("it was about a correction"),
    Ground.AUDIT: said("our work was audited"),
}
"""Why, as the person is told."""

RAILS: Final = {
    "alipay": said("Alipay"),
    "wechatpay": said("WeChat Pay"),
    "iso20022": said("bank transfer"),
    "counter": said("counter"),
    "other": said("another way"),
}

QUESTIONS: Final = (
    (
        said("Do I have to apply for it?"),
        said("No. The money is sent by itself. There is no form, and no date to miss."),
    ),
    (
        said("Somebody called me about the compensation. Is it real?"),
        said("No. We call nobody. Hang up, and tell 96110."),
    ),
    (
        said("Why is nothing there yet?"),
        said(
            "Look at the page on progress. Some accounts do not take the money at once; then it is "
            "sent again. It is not lost."
        ),
    ),
    (
        said("I have changed my number or my card."),
        said(
            "Change it in the product that you use, the way you always do, or at a counter. We "
            "never ask for it on a page or by telephone."
        ),
    ),
    (
        said("My mother has no smartphone."),
        said(
            "She is paid all the same. If she has no account with us, she is written to. A counter "
            "helps her with her identity card."
        ),
    ),
    (
        said("If I take the money, can I still go to court?"),
        said("Yes. Taking it gives up no right at all."),
    ),
    (
        said("Can other people see that I am on the list?"),
        said("No. The public roster names nobody, and nobody can look up somebody else in it."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page. ``path``: below the language; ``given``: what only its template needs.

    ``called``: its name in the list of pages, where that is not its title.
    """

    path: str
    template: str
    title: str
    menu: bool = True
    called: str = ""
    given: Callable[[Site, PageLanguage], Mapping[str, Any]] = lambda _site, _language: {}


def _home(site: Site, language: PageLanguage) -> dict[str, Any]:
    paragraphs = site.announced.apology if site.announced else apology_in_draft()
    codes = site.announced.categories if site.announced else ()
    names = [_named(code, language) for code in codes]
    return {
        "apology": [_in_page(paragraph.en, paragraph.zh, language) for paragraph in paragraphs],
        "categories": _list(list(dict.fromkeys(names)), language),
        "products": _list([text_of(name, language) for name in site.products], language),
    }


def _in_page(english: str, chinese: str, language: PageLanguage) -> str:
    """Our own words that a file holds in two languages, in the page's."""
    if language == "zh-hant":
        found = sentence(english, language)
        return chinese if found == english else found
    return english if language == "en" else chinese


def _named(code: str, language: PageLanguage) -> str:
    """The name of a category of data."""
    if code not in CATEGORIES:
        return sentence(said("other information"), language)
    return _in_page(label(code, "en"), label(code, "zh"), language)


def _list(names: list[str], language: PageLanguage) -> str:
    return (", " if language == "en" else "、").join(names)


def _code(_site: Site, language: PageLanguage) -> dict[str, Any]:
    return {
        "code_script": Markup(script_name("code.js")),
        "reasons": [(reason.code, sentence(name, language)) for reason, name in REASONS.items()],
        "looked_at": [(int(kind), sentence(name, language)) for kind, name in LOOKED_AT.items()],
        "looked_because": [
            (number, sentence(LOOKED_BECAUSE[ground], language))
            for ground, number in GROUNDS.items()
        ],
        "category_names": [(code, _named(code, language)) for code in CATEGORIES],
        "standings": [
            (standing.value, sentence(name, language), sentence(do, language))
            for standing, (name, _, _, do) in STANDINGS.items()
        ],
    }


def _signed_by(log: Log | None) -> str:
    return ", ".join(log.signatures) if log else ""


def _progress(site: Site, language: PageLanguage) -> dict[str, Any]:
    log, epoch = site.log, site.log.newest if site.log else None
    given: dict[str, Any] = {"epoch": epoch, "history": [], "signed_by": _signed_by(log)}
    if log is None or epoch is None:
        return given
    lines = [line for line in epoch.lines if line.people]
    rows = [
        {
            "name": sentence(STANDINGS[line.standing][0], language),
            "colour": STANDINGS[line.standing][1],
            "told": sentence(STANDINGS[line.standing][2], language),
            "people": line.people,
            "amount": line.amount,
        }
        for line in lines
    ]
    told = "; ".join(f"{row['name']}: {row['people']:,}" for row in rows)
    parts = [
        chart.Part(name=str(row["name"]), people=line.people, colour=str(row["colour"]))
        for row, line in zip(rows, lines, strict=True)
    ]
    title = sentence("How many people have their money", language)
    used = [standing for standing in Standing if any(one.people(standing) for one in log.epochs)]
    total = lines[0].amount
    for line in lines[1:]:
        total += line.amount
    return given | {
        "arrived": epoch.people(Standing.SETTLED),
        "chart": Markup(chart.bar(parts, title=title, told=told)),
        "rows": rows,
        "sum_people": sum(line.people for line in lines),
        "sum_amount": total,
        "history_names": [sentence(STANDINGS[one][0], language) for one in used],
        "history": [
            {"number": one.number, "people": [one.people(standing) for standing in used]}
            for one in log.epochs
        ]
        if len(log.epochs) > 1
        else [],
    }


def _report(site: Site, language: PageLanguage) -> dict[str, Any]:
    home, progress = _home(site, language), _progress(site, language)
    kept = {name: progress.get(name, ()) for name in ("rows", "sum_people", "sum_amount")}
    return {
        **kept,
        "categories": home["categories"],
        "products": home["products"],
        "signed_by": progress["signed_by"],
        "pdf": _pdf(site, language),
    }


def reported(site: Site, language: PageLanguage) -> Document:
    """The report to the authorities as a document to be printed."""
    return report.document(
        site,
        language,
        categories=_home(site, language)["categories"],
        standings={
            standing.value: sentence(name, language) for standing, (name, *_) in STANDINGS.items()
        },
    )


def _pdf(site: Site, language: PageLanguage) -> Markup:
    """Where the report lies as PDF; empty where nothing is published."""
    return Markup(REPORTS[language] if site.log else "")


def _batches(site: Site, language: PageLanguage) -> dict[str, Any]:
    return {
        "batches": site.log.batches[::-1] if site.log else (),
        "rails": {rail: sentence(name, language) for rail, name in RAILS.items()},
    }


def _receipt(site: Site, language: PageLanguage) -> dict[str, Any]:
    return {
        "checker": checker.checker(language) if site.policy else "",
        "check_script": Markup(script_name(_CHECKERS[language])),
    }


def _experts(site: Site, _language: PageLanguage) -> dict[str, Any]:
    scripts = [(script_name(name), sha256(body).hexdigest()) for name, body in scripts_of()]
    return {"signed_by": _signed_by(site.log), "scripts": scripts}


def _questions(_site: Site, language: PageLanguage) -> dict[str, Any]:
    return {
        "questions": [
            (sentence(question, language), sentence(answer, language))
            for question, answer in QUESTIONS
        ]
    }


def _transparency(site: Site, language: PageLanguage) -> dict[str, Any]:
    feed = [{"day": one.day, "title": sentence(one.title, language)} for one in events(site)]
    return {"feed": feed, "pdf": _pdf(site, language)}


PAGES: Final = (
    Page(
        path=_HOME,
        template="home",
        title=said("We are sorry"),
        called=said("First page"),
        given=_home,
    ),
    Page(path="affected.html", template="affected", title=said("Am I affected?")),
    Page(path="code.html", template="code", title=said("Your result"), menu=False, given=_code),
    Page(path="no-code.html", template="no-code", title=said("Without a code"), menu=False),
    Page(path="progress.html", template="progress", title=said("How far is it?"), given=_progress),
    Page(
        path="batches.html", template="batches", title=said("Batches of payments"), given=_batches
    ),
    Page(path="receipt.html", template="receipt", title=said("Check a receipt"), given=_receipt),
    Page(
        path="verification.html", template="verification", title=said("How anybody can check this")
    ),
    Page(
        path="experts.html", template="experts", title=said("Checking, for experts"), given=_experts
    ),
    Page(path="cheated.html", template="cheated", title=said("Somebody cheated me")),
    Page(
        path="questions.html",
        template="questions",
        title=said("Notices and questions"),
        given=_questions,
    ),
    Page(
        path="transparency.html",
        template="transparency",
        title=said("Everything that is published"),
        given=_transparency,
    ),
    Page(
        path="report.html",
        template="report",
        title=said("Report to the authorities"),
        menu=False,
        given=_report,
    ),
    Page(path="privacy.html", template="privacy", title=said("Privacy and accessibility")),
)
MENU: Final = tuple(
    MenuEntry(path=page.path, title=page.called or page.title) for page in PAGES if page.menu
)

ERRORS: Final = {
    404: (
        said("There is no such page"),
        said("Perhaps the address was not written whole."),
        (said("Everything that there is can be reached from the first page."),),
    ),
    408: (
        said("It took too long to arrive"),
        said("The line was interrupted, or very slow. Nothing of what you sent has been taken."),
        (
            said(
                "Go back in your browser: what you wrote is still there. Then send it once more, "
                "perhaps with fewer pictures."
            ),
        ),
    ),
    413: (
        said("That was too much at once"),
        said("A picture may have 10 MB, all together 30 MB."),
        (
            said(
                "Go back in your browser: what you wrote is still there. Then leave something out."
            ),
        ),
    ),
    500: (
        said("Something went wrong with us"),
        said("It is not your doing. Nothing of yours is lost that was confirmed to you."),
        (said("Go back in your browser, wait a minute, and send it once more."),),
    ),
    503: (
        said("The forms are crowded just now"),
        said("Please come back in ten minutes. Nothing is lost by that: no date runs."),
        (
            said("Go back in your browser: what you wrote is still there."),
            said("All other pages work: whether you are affected, how far it is, and the roster."),
        ),
    ),
    0: (
        said("We are working on the site"),
        said("The forms are closed for a while. Payments go on."),
        (said("All other pages work. Been cheated just now? Ring 110."),),
    ),
}
"""Pages for what goes wrong, by status; 0 is for maintenance."""


def script_name(name: str) -> str:
    """The path of a script that is put together from several files."""
    body = dict(scripts_of())[name]
    stem, _, ending = name.rpartition(".")
    return f"{assets.FOLDER}/{stem}-{sha256(body).hexdigest()[:10]}.{ending}"


def scripts_of() -> tuple[tuple[str, bytes], ...]:
    """The scripts of the site."""
    checkers = [(name, checker.check_script(language)) for language, name in _CHECKERS.items()]
    return (*checkers, ("code.js", checker.code_script()))


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """Every page: path and HTML."""
    for language in PAGE_LANGUAGES:
        for page in PAGES:
            yield (
                f"{language}/{page.path}",
                _rendered(site, language, page, page.given(site, language)),
            )
        for status, (title, told, more) in ERRORS.items():
            name = f"error-{status}" if status else "maintenance"
            error = Page(path=f"{name}.html", template="error", title=title)
            given = {
                "told": sentence(told, language),
                "more": [sentence(one, language) for one in more],
            }
            yield f"{language}/{error.path}", _rendered(site, language, error, given)


def frame(site: Site, language: PageLanguage, path: str) -> str:
    """A page without its title and text, for the forms, which put theirs in the places."""
    return _rendered(
        site,
        language,
        Page(path=path, template="frame", title="<!--title-->"),
        {},
        root=_ROOT * path.count("/") + _ROOT,
    )


def _rendered(
    site: Site,
    language: PageLanguage,
    page: Page,
    given: Mapping[str, Any],
    *,
    root: str = _ROOT,
) -> str:
    """A page of a language with everything that every page has."""
    known = page.path in {one.path for one in PAGES} or "/" in page.path
    return rendered(
        f"public/{page.template}.html",
        language,
        site=site,
        root=Markup(root),
        home=Markup(f"{root}{language}/{_HOME}"),
        path=Markup(page.path if known else _HOME),
        title=sentence(page.title, language),
        meta_policy=Markup(headers.META_POLICY),
        own_lang=Markup(' lang="zh-Hans"') if language == "zh-hant" else "",
        **given,
    )
