"""The interface takes what its description names, nothing further: a misspelt word is refused."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from litestar import Request
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import ParameterKwarg
from msgspec import Struct
from msgspec.json import schema_components

_NO_NUL: Final = r"^[^\x00]*$"


class Described(JsonRenderPlugin):
    """The description, in which bodies that refuse unknown fields are as msgspec checks them.

    The framework's own says neither that they are closed nor what holds of a list's items.
    """

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """As the framework has it, but for those bodies."""
        structs = {one.__name__: one for one in _structs(Struct)}
        schemas = openapi_schema["components"]["schemas"]
        bodies = [
            body
            for body in (structs[name] for name in schemas if name in structs)
            if body.__struct_config__.forbid_unknown_fields
        ]
        _, checked = schema_components(bodies, ref_template="#/components/schemas/{name}")
        schemas.update(_without_nul(checked))
        return super().render(request, openapi_schema)


def _structs(above: type[Struct]) -> Iterator[type[Struct]]:
    """What goes over the wire, wherever it is described in this folder."""
    for one in above.__subclasses__():
        yield from _structs(one)
        if one.__module__.startswith(f"{__package__}."):
            yield one


def _without_nul(schema: object) -> Any:  # noqa: ANN401 -- JSON
    """The same, in which every text says that it holds no NUL: ``calls`` refuses it in any of them.

    Where a pattern is, that is narrow enough.
    """
    if isinstance(schema, list):
        return [_without_nul(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _without_nul(one) for name, one in schema.items()}
    return {"pattern": _NO_NUL, **found} if schema.get("type") == "string" else found


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
        (isinstance(field.kwarg_definition, ParameterKwarg) and field.kwarg_definition.name) or name
        for name, field in handler.parsed_fn_signature.parameters.items()
    )
