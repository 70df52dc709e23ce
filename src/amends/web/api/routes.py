"""Routes."""

from litestar.handlers import HTTPRouteHandler

from amends.access.model import Site
from amends.vault.opened import OpenCase


def api_handlers(opened: OpenCase, site: Site) -> list[HTTPRouteHandler]:
    """Handlers."""
    del opened, site
    return []
