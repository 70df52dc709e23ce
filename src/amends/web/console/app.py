"""The console as an ASGI application: who asks, may they, what page, how it is answered.

Refusals become pages here, with a status; what was typed stays. Nothing is logged of a request.
"""

import json
import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import quote

import psycopg
from litestar import Litestar, Request, Response, Router, get, post
from litestar.datastructures import Cookie, ResponseHeader, State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from amends.access import service as access
from amends.access.model import SignedOutError, Site
from amends.kernel.errors import AmendsError, WaitingForApprovalError
from amends.kernel.saying import said
from amends.store.asking import Lines
from amends.vault.opened import OpenCase
from amends.web import rendering, saying
from amends.web.ahead import Ahead, Coming, Way
from amends.web.api.calls import Calls
from amends.web.api.operations import ways
from amends.web.api.routes import OPENAPI, OPERATIONS, api
from amends.web.assets import FOLDER, asset, content
from amends.web.console import answers, framing, menus
from amends.web.console.clocks import Clocks
from amends.web.console.desk import Desk, Kept
from amends.web.console.framing import Around
from amends.web.console.halts import Halts
from amends.web.console.pages import ACTIONS, PAGES
from amends.web.console.pages.registry import Action, Page, Quick
from amends.web.console.parts import Answer, Elsewhere, Note, View
from amends.web.console.sessions import Asked, Sessions, check_form, check_origin
from amends.web.console.signing import sign_in_handlers
from amends.web.headers import CONSOLE
from amends.web.leaving import Sent
from amends.web.saying import PageLanguage, page_language
from amends.web.threads import in_thread

Call = Request[Any, Any, Any]

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_STATIC: Final = (*("style.css", "console.css", "uplot.css", "console.js", "uplot.js", "icon.svg"),)
_FOR_EVER: Final = {**answers.HEADERS, "cache-control": "public, max-age=31536000, immutable"}


class Counter:
    """Answers requests for pages and actions of one console."""

    def __init__(self, opened: OpenCase, site: Site) -> None:
        self.opened, self.site = opened, site
        self.sessions = Sessions(opened, site)
        self.lines = Lines(opened.database)
        self.clocks, self.halts = Clocks(opened), Halts(opened)
        self.kept = Kept()

    def page(self, page: Page, request: Call) -> Response[str] | Response[bytes]:
        """Answer a request for a page."""
        try:
            desk = self._at(page, request)
            return self._answered(desk, page.show(desk), 200)
        except (AmendsError, psycopg.OperationalError) as error:
            return self._no_page(request, error)

    async def quick_page(
        self, page: Page, quick: Quick, request: Call
    ) -> Response[str] | Response[bytes]:
        """The same without a thread."""
        try:
            desk = self._at(page, request)
            return self._answered(desk, await quick.show(desk, self.lines), 200)
        except (AmendsError, psycopg.OperationalError) as error:
            return self._no_page(request, error)

    def _at(self, page: Page, request: Call) -> Desk:
        """Who asks for a page that they may see."""
        asked = self._asked(request)
        desk = self.desk(asked, request)
        access.require(asked.session, page.right)
        return desk

    def _no_page(
        self, request: Call, error: AmendsError | psycopg.OperationalError
    ) -> Response[Any]:
        """To the sign-in, or a page that says why not."""
        if isinstance(error, SignedOutError):
            return answers.to_sign_in(request)
        refusal = error if isinstance(error, AmendsError) else _unreachable()
        return self.refused(request, refusal)

    def action(
        self, action: Action, request: Call, form: Mapping[str, str]
    ) -> Response[str] | Response[bytes]:
        """Do what a form asks for, or show it again with what was typed and why it was refused."""
        try:
            check_origin(
                self.site, request.headers.get("origin"), request.headers.get("sec-fetch-site")
            )
            asked = self._asked(request)
            check_form(asked, form.get("form_token", ""))
            access.require(asked.session, action.right)
        except SignedOutError:
            return answers.to_sign_in(request)
        except AmendsError as refusal:
            return self.refused(request, refusal)
        desk = self.desk(asked, request, form)
        try:
            answer = action.act(desk)
        except WaitingForApprovalError as waiting:
            answer = Elsewhere(to="/approvals", told=desk.say(waiting.message), tone="warn")
        except AmendsError as refusal:
            status = answers.status_of(refusal)
            if action.show is None:
                return self.refused(request, refusal)
            view = action.show(desk)
            told = Note(text=desk.say(refusal.message), tone="bad")
            return self._answered(desk, replace(view, parts=(told, *view.parts)), status)
        except psycopg.OperationalError:
            return self.refused(request, _unreachable())
        self.sessions.forget()
        self.halts.forget()
        return self._answered(desk, answer, 200)

    def desk(self, asked: Asked, request: Call, form: Mapping[str, str] | None = None) -> Desk:
        """What pages are made from."""
        return Desk(
            opened=self.clocks.opened_by(asked.session.operator, anew=form is not None),
            site=self.site,
            session=asked.session,
            language=answers.language_of(request),
            path=request.scope["path"],
            named={
                name: str(value).replace("\0", "") for name, value in request.path_params.items()
            },
            query=dict(request.query_params.items()),
            form=form or {},
            form_token=asked.form_token,
            keeping=self.kept,
        )

    def refused(self, request: Call, refusal: AmendsError, status: int = 0) -> Response[str]:
        """A page that says why not, for whoever asks."""
        language = answers.language_of(request)
        view = View(
            title=saying.sentence(said("Not possible"), language),
            parts=[
                Note(
                    text=saying.sentence(refusal.message, language),
                    tone="bad",
                    href="/",
                    href_text=saying.sentence(said("To my work"), language),
                )
            ],
        )
        path = request.url.path
        body = framing.page(self._around(self.opened, language), view, here=path, path=path)
        return answers.html(body, status or answers.status_of(refusal))

    def shell(
        self, template: str, request: Call, title: str, *, status: int = 200, **values: object
    ) -> Response[str]:
        """A page without a session, of a template of its own."""
        language = answers.language_of(request)
        body = rendering.rendered(
            template,
            language,
            **framing.shell(self._around(self.opened, language)),
            title=title,
            here=request.url.path,
            **values,
        )
        return answers.html(body.encode(), status)

    def _asked(self, request: Call) -> Asked:
        answers.check_host(self.site, request)
        return self.sessions.asked(request.cookies, "")

    def _around(self, opened: OpenCase, language: PageLanguage, desk: Desk | None = None) -> Around:
        """What every page has around it; at a desk, also who is signed in."""
        file = opened.case.file
        simulated = opened.clock.simulated
        halt = None if desk is None else self.halts.now()
        return Around(
            language=language,
            case_title=file.title.en if language == "en" else file.title.zh,
            development=self.site.development,
            simulated=file.made_up,
            time_simulated=simulated,
            case_now=_minute(opened.clock.now(), file.zone) if simulated else "",
            operator="" if desk is None else desk.session.operator,
            roles=() if desk is None else tuple([role.value for role in desk.session.roles]),
            menu="" if desk is None else menus.menu(desk),
            form_token="" if desk is None else desk.form_token,
            halted="" if desk is None or halt is None else desk.say(halt.told()),
        )

    def _answered(self, desk: Desk, answer: Answer, status: int) -> Response[str] | Response[bytes]:
        """An answer with its headers; the session's token is replaced where its time has come."""
        if isinstance(answer, Elsewhere):
            if answer.told:
                self.sessions.tell(desk.session, answer.told, answer.tone)
            return self._with_cookie(desk, answers.to(answer.to))
        if isinstance(answer, Sent):
            headers = {
                **answers.HEADERS,
                "content-disposition": f"attachment; filename*=UTF-8''{quote(answer.name)}",
            }
            return Response(answer.content, media_type=answer.media_type, headers=headers)
        around = self._around(desk.opened, desk.language, desk)
        told = self.sessions.told(desk.session)
        body = framing.page(around, answer, here=desk.here(), path=desk.path, told=told)
        return self._with_cookie(desk, answers.html(body, status))

    def _with_cookie(self, desk: Desk, response: Response[Any]) -> Response[Any]:
        token = access.rotated(desk.opened, desk.session)
        if token is not None:
            self.sessions.forget()
            response.cookies.append(answers.session_cookie(token))
        return response


@lru_cache(64)
def _minute(moment: datetime, zone: tzinfo) -> str:
    """As the clock on the wall shows it; simulated time stands still between two commands."""
    return f"{moment.astimezone(zone):%Y-%m-%d\u00a0%H:%M}"


def console_app(opened: OpenCase, site: Site) -> Ahead:
    """Console and API over an open case: one process, one set of sessions."""
    counter = Counter(opened, site)
    calls = Calls(opened, counter.sessions, counter.lines)
    ahead = ways(OPERATIONS, calls) | {
        page.path: _way(counter, page, page.quick) for page in PAGES if page.quick is not None
    }
    return Ahead(ahead, _litestar(counter, calls), partial(_broken, counter))


def _way(counter: Counter, page: Page, quick: Quick) -> Way:
    def answered(request: Call) -> Coming | None:
        wanted = quick.when(request.query_params)
        return counter.quick_page(page, quick, request) if wanted else None

    return answered


def _litestar(counter: Counter, calls: Calls) -> Litestar:
    handlers: list[HTTPRouteHandler | Router] = [
        *(_page_handler(counter, page) for page in PAGES),
        *(_action_handler(counter, action) for action in ACTIONS),
        *sign_in_handlers(counter),
        _assets(),
        _language(),
        _health(),
        api(),
    ]
    return Litestar(
        route_handlers=handlers,
        openapi_config=OPENAPI,
        state=State({"calls": calls}),
        response_headers=[ResponseHeader(name=name, value=value) for name, value in CONSOLE],
        exception_handlers={
            HTTPException: lambda request, error: _missing(counter, request, error),
            Exception: lambda request, error: _broken(counter, request, error),
        },
        logging_config=None,
        request_max_body_size=1_000_000,
    )


def _page_handler(counter: Counter, page: Page) -> HTTPRouteHandler:
    @get(page.path, include_in_schema=False, name=f"page {page.path}")
    async def answer(request: Call) -> Response[Any]:
        return await in_thread(lambda: counter.page(page, request))

    return answer


def _action_handler(counter: Counter, action: Action) -> HTTPRouteHandler:
    @post(action.path, include_in_schema=False, name=f"action {action.path}", status_code=200)
    async def answer(request: Call) -> Response[Any]:
        form = await answers.form_of(request)
        return await in_thread(lambda: counter.action(action, request, form))

    return answer


def _assets() -> HTTPRouteHandler:
    known = {asset(name).removeprefix(f"{FOLDER}/"): name for name in _STATIC}

    @get(f"/{FOLDER}/{{name:str}}", include_in_schema=False)
    async def answer(name: str) -> Response[bytes]:
        if name not in known:
            raise HTTPException(status_code=404)
        ending = name.rpartition(".")[2]
        return Response(
            content(known[name]),
            media_type=f"{_TYPES[ending]}; charset=utf-8",
            headers=_FOR_EVER,
        )

    return answer


def _health() -> HTTPRouteHandler:
    @get("/healthz", include_in_schema=False, media_type="text/plain")
    async def answer() -> Response[bytes]:
        return Response(b"ok\n", media_type="text/plain", headers=answers.HEADERS)

    return answer


def _language() -> HTTPRouteHandler:
    @post("/language", include_in_schema=False, status_code=200)
    async def answer(request: Call) -> Response[Any]:
        form = await answers.form_of(request)
        response = answers.to(answers.own_path(form.get("then", "/")))
        chosen = page_language(form.get("language", ""))
        if chosen is not None:
            response.cookies.append(
                Cookie(
                    key=answers.LANGUAGE_COOKIE,
                    value=chosen,
                    path="/",
                    secure=True,
                    httponly=True,
                    samesite="lax",
                    max_age=365 * 86400,
                )
            )
        return response

    return answer


class BrokenError(AmendsError):
    """A defect of ours."""

    code = "internal"


class UnreachableError(AmendsError):
    """The database does not answer."""

    code = "unreachable"


class UnknownPageError(AmendsError):
    """There is no such page."""

    code = "unknown_page"


def _unreachable() -> UnreachableError:
    return UnreachableError(said("the database does not answer: try again in a moment"))


def _broken(counter: Counter, request: Call, error: Exception) -> Response[Any]:
    """A defect of ours: where it broke goes to standard error, never a message or a value."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = "\n".join(f"  {one.filename}:{one.lineno} in {one.name}" for one in frames)
    sys.stderr.write(f"internal: {type(error).__name__}\n{where}\n")
    if request.url.path.startswith("/api/"):
        return _missing(counter, request, HTTPException(status_code=500))
    told = BrokenError(said("this is a defect of Amends, not of yours; it is written down"))
    return counter.refused(request, told, 500)


def _missing(counter: Counter, request: Call, error: Exception) -> Response[Any]:
    """What Litestar itself refuses."""
    status = getattr(error, "status_code", 500)
    if request.url.path.startswith("/api/"):
        problem = {
            "type": "about:blank",
            "title": "not possible",
            "status": status,
            "code": f"http_{status}",
            "detail": str(getattr(error, "detail", "")) if status < 500 else "",  # noqa: PLR2004
        }
        headers = {**answers.HEADERS, **dict(getattr(error, "headers", None) or {})}
        return Response(
            json.dumps(problem).encode(),
            status_code=status,
            media_type="application/problem+json",
            headers=headers,
        )
    return counter.refused(request, UnknownPageError(said("there is no such page")), status)
