"""The interface takes what its description names, nothing further: a misspelt word is refused."""

from functools import cache
from typing import Any

from litestar import Request
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import ParameterKwarg
from msgspec.json import schema_components

from amends.web.api import letters, model

_STRUCTS = {**vars(model), **vars(letters)}


class Described(JsonRenderPlugin):
    """The description, in which bodies that refuse unknown fields are as msgspec checks them.

    The framework's own says neither that they are closed nor what holds of a list's items.
    """

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """As the framework has it, but for those bodies."""
        schemas = openapi_schema["components"]["schemas"]
        bodies = [
            body
            for body in (_STRUCTS[name] for name in schemas)
            if body.__struct_config__.forbid_unknown_fields
        ]
        _, checked = schema_components(bodies, ref_template="#/components/schemas/{name}")
        schemas.update(checked)
        return super().render(request, openapi_schema)


async def only_its_parameters(request: Request[Any, Any, Any]) -> None:
    """Let a question pass whose address names parameters of its route alone.

    Raises:
        ValidationException: it names another.
    """
    if request.scope["query_string"]:
        for unknown in request.query_params.keys() - _named(request.route_handler):
            raise ValidationException(f"query: unknown parameter `{unknown[:64]}`")


@cache
def _named(handler: BaseRouteHandler) -> frozenset[str]:
    """What a route takes in its address."""
    return frozenset(
        (isinstance(field.kwarg_definition, ParameterKwarg) and field.kwarg_definition.query)
        or name
        for name, field in handler.parsed_fn_signature.parameters.items()
    )
