"""The interface takes what its description names, nothing further: a misspelt word is refused."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import ParameterKwarg

from amends.web.api import model


class Described(JsonRenderPlugin):
    """The description, in which bodies that refuse unknown fields are closed."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """As the framework has it, with ``additionalProperties`` of the closed ones."""
        for name, schema in openapi_schema["components"]["schemas"].items():
            if getattr(model, name).__struct_config__.forbid_unknown_fields:
                schema["additionalProperties"] = False
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
