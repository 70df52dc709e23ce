"""The interface ``/api/v1/`` as a part of the console's application, and its description."""

from typing import Final

import psycopg
from litestar import Router
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from amends.kernel.errors import AmendsError
from amends.web.api import (
    acting,
    described,
    determined,
    inbox,
    leaving,
    listed,
    noticing,
    paying,
    people,
    reading,
    records,
    reports,
    reviewing,
)
from amends.web.api.calls import Ended, ended, problem, refused_by_framework, unreachable
from amends.web.api.operations import BASE, operations

OPERATIONS: Final = operations(
    *(reading, records, determined, reviewing, paying, noticing),
    *(people, inbox, leaving, listed, reports, acting),
)
OPENAPI: Final = OpenAPIConfig(
    title="Amends",
    version="1",
    path=BASE,
    render_plugins=[described.Described(path="/openapi.json")],
    security=[{"token": []}],
    components=Components(
        security_schemes={
            "token": SecurityScheme(
                type="http",
                scheme="bearer",
                description="`amends operator token CASE NAME` prints one.",
            )
        }
    ),
)
"""OpenAPI 3.1 as JSON, without a viewer."""


def api() -> Router:
    """The interface. The application's state holds the ``Calls`` over its case."""
    return Router(
        path=BASE,
        route_handlers=OPERATIONS,
        before_request=described.only_its_parameters,
        exception_handlers={
            HTTPException: refused_by_framework,
            AmendsError: problem,
            Ended: ended,
            psycopg.OperationalError: unreachable,
        },
    )
