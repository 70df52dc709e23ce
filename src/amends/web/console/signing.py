"""Signing in and out, and enrolling: the only pages that need no session."""

import io
from typing import TYPE_CHECKING, Any

import segno
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from amends.access import service as access
from amends.access.model import DevelopmentProof, Enrolment, SignedIn
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.web import saying
from amends.web.console import answers
from amends.web.console.sessions import check_form, check_origin
from amends.web.threads import in_thread

if TYPE_CHECKING:
    from amends.web.console.app import Counter

Call = Request[Any, Any, Any]


def sign_in_handlers(counter: "Counter") -> list[HTTPRouteHandler]:
    """Handlers of the pages before a session, over one console."""
    return [*_entering(counter), *_enrolling(counter)]


def _entering(counter: "Counter") -> list[HTTPRouteHandler]:
    @get("/sign-in", include_in_schema=False)
    async def show(request: Call) -> Response[Any]:
        return await in_thread(
            lambda: _guarded(counter, request, lambda: _sign_in_page(counter, request))
        )

    @post("/sign-in", include_in_schema=False, status_code=200)
    async def enter(request: Call) -> Response[Any]:
        form = await answers.form_of(request)
        return await in_thread(lambda: _enter(counter, request, form))

    @post("/sign-in/development", include_in_schema=False, status_code=200)
    async def enter_freely(request: Call) -> Response[Any]:
        form = await answers.form_of(request)
        return await in_thread(lambda: _enter_freely(counter, request, form))

    @post("/sign-in/options", include_in_schema=False, status_code=200)
    async def options(request: Call) -> Response[Any]:
        def made() -> Response[Any]:
            text = access.passkey_options(counter.opened, counter.site)
            return Response(text.encode(), media_type="application/json", headers=_headers())

        return await in_thread(lambda: _guarded(counter, request, made))

    @post("/sign-out", include_in_schema=False, status_code=200)
    async def leave(request: Call) -> Response[Any]:
        form = await answers.form_of(request)
        return await in_thread(lambda: _leave(counter, request, form))

    return [show, enter, enter_freely, options, leave]


def _enrolling(counter: "Counter") -> list[HTTPRouteHandler]:
    @get("/enrol", include_in_schema=False)
    async def show(request: Call) -> Response[Any]:
        def made() -> Response[Any]:
            return _page(counter, request, said("Enrol"), asks_invitation=True)

        return await in_thread(lambda: _guarded(counter, request, made))

    @post("/enrol/begin", include_in_schema=False, status_code=200)
    async def begin(request: Call) -> Response[Any]:
        form = await answers.form_of(request)
        token = form.get("invitation", "").strip()
        return await in_thread(lambda: _begin_enrolling(counter, request, token))

    @post("/enrol", include_in_schema=False, status_code=200)
    async def end(request: Call) -> Response[Any]:
        form = await answers.form_of(request)
        return await in_thread(lambda: _enrol(counter, request, form))

    return [show, begin, end]


def _guarded(counter: "Counter", request: Call, make: Any) -> Response[Any]:  # noqa: ANN401
    """The answer, or the page that says why not. Posts come from our own pages."""
    try:
        answers.check_host(counter.site, request)
        if request.method == "POST":
            check_origin(
                counter.site, request.headers.get("origin"), request.headers.get("sec-fetch-site")
            )
        made: Response[Any] = make()
    except AmendsError as refusal:
        return counter.refused(request, refusal)
    return made


def _enter(counter: "Counter", request: Call, form: dict[str, str]) -> Response[Any]:
    def made() -> Response[Any]:
        proof = access.proof_of(form.get("proof", ""))
        name = form.get("name", "").strip()
        try:
            signed_in = access.sign_in(counter.opened, counter.site, name, proof)
        except AmendsError as refusal:
            return _sign_in_page(counter, request, refusal=refusal, name=name)
        return _entered(signed_in, form.get("then", "/"))

    return _guarded(counter, request, made)


def _enter_freely(counter: "Counter", request: Call, form: dict[str, str]) -> Response[Any]:
    def made() -> Response[Any]:
        name = form.get("name", "")
        signed_in = access.sign_in(counter.opened, counter.site, name, DevelopmentProof())
        return _entered(signed_in, form.get("then", "/"))

    return _guarded(counter, request, made)


def _leave(counter: "Counter", request: Call, form: dict[str, str]) -> Response[Any]:
    def made() -> Response[Any]:
        asked = counter.sessions.asked(request.cookies, "")
        check_form(asked, form.get("form_token", ""))
        access.sign_out(counter.opened, asked.session)
        counter.sessions.forget()
        answer = answers.to("/sign-in")
        answer.cookies.append(answers.session_cookie(""))
        return answer

    return _guarded(counter, request, made)


def _begin_enrolling(counter: "Counter", request: Call, token: str) -> Response[Any]:
    def made() -> Response[Any]:
        enrolment = access.begin_enrolment(counter.opened, counter.site, token)
        return _enrolment_page(counter, request, enrolment, token)

    return _guarded(counter, request, made)


def _enrol(counter: "Counter", request: Call, form: dict[str, str]) -> Response[Any]:
    token = form.get("invitation", "").strip()

    def made() -> Response[Any]:
        proof = access.proof_of(form.get("proof", ""))
        try:
            signed_in = access.enrol(counter.opened, counter.site, token, proof)
        except AmendsError as refusal:
            enrolment = access.begin_enrolment(counter.opened, counter.site, token)
            return _enrolment_page(counter, request, enrolment, token, refusal)
        return _entered(signed_in, "/")

    return _guarded(counter, request, made)


def _entered(signed_in: SignedIn, then: str) -> Response[Any]:
    answer = answers.to(answers.own_path(then or "/"))
    answer.cookies.append(answers.session_cookie(signed_in.token))
    return answer


def _sign_in_page(
    counter: "Counter", request: Call, *, refusal: AmendsError | None = None, name: str = ""
) -> Response[Any]:
    then = answers.own_path(str(request.query_params.get("then", "/") or "/"))
    operators = access.accounts(counter.opened) if counter.site.development else []
    return _page(
        counter,
        request,
        said("Sign in"),
        refusal=refusal,
        then=then,
        name=name,
        operators=operators,
    )


def _enrolment_page(
    counter: "Counter",
    request: Call,
    enrolment: Enrolment,
    token: str,
    refusal: AmendsError | None = None,
) -> Response[Any]:
    code = io.BytesIO()
    segno.make(enrolment.totp_uri, error="m").save(
        code, kind="svg", xmldecl=False, svgclass="qr", lineclass=None, omitsize=True
    )
    return _page(
        counter,
        request,
        said("Enrol as {operator}", operator=enrolment.operator),
        refusal=refusal,
        enrolment=enrolment,
        invitation=token,
        qr=code.getvalue().decode(),
    )


def _page(
    counter: "Counter",
    request: Call,
    title: str,
    *,
    refusal: AmendsError | None = None,
    **values: object,
) -> Response[Any]:
    language = answers.language_of(request)
    given: dict[str, object] = {
        "enrolment": None,
        "asks_invitation": False,
        "then": "/",
        "name": "",
        "operators": [],
        "refused": "" if refusal is None else saying.sentence(refusal.message, language),
        **values,
    }
    status = 200 if refusal is None else answers.status_of(refusal)
    shown = saying.sentence(title, language)
    return counter.shell("console/sign_in.html", request, shown, status=status, **given)


def _headers() -> dict[str, str]:
    return dict(answers.HEADERS)
