"""The interface takes what its description names, nothing further: a misspelt word is refused."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import ParameterKwarg
from msgspec.json import schema_components

from amends.web.api import model


class Described(JsonRenderPlugin):
    """The description, in which bodies that refuse unknown fields are as msgspec checks them.

    The framework's own says neither that they are closed nor what holds of a list's items.
    """

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """As the framework has it, but for those bodies."""
        schemas = openapi_schema["components"]["schemas"]
        bodies = [
            body
            for body in (getattr(model, name) for name in schemas)
            if body.__struct_config__.forbid_unknown_fields
        ]
        _, checked = schema_components(bodies, ref_template="#/components/schemas/{name}")
        schemas.update(checked)
        return super().render(request, openapi_schema)


def only_its_parameters(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Let a question pass whose address names parameters of its route alone.

    Raises:
        ValidationException: it names another.
    """
    named = set()
    for name, field in handler.parsed_fn_signature.parameters.items():
        kwarg = field.kwarg_definition
        named.add((isinstance(kwarg, ParameterKwarg) and kwarg.query) or name)
    for unknown in connection.query_params.keys() - named:
        raise ValidationException(f"query: unknown parameter `{unknown[:64]}`")
