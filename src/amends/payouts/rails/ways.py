"""The way to a provider: private, patient with what may be repeated, sparing with memory."""

import json
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from amends.kernel.saying import said
from amends.payouts.rails.model import RailUnavailableError

READ_TRIES = 5
"""How often a call that may be repeated is tried."""

HTTP_OK = 200
_BILL_MAX_BYTES = 1 << 30


def require_private_way(address: str) -> None:
    """Money is spoken about over https, or on this machine.

    Raises:
        RailUnavailableError: *address* is neither.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if parts.scheme != "http" or not local:
        raise RailUnavailableError(said("a provider's gateway and bills need https (or loopback)"))


def json_bytes(content: Mapping[str, object]) -> bytes:
    """The same content gives the same bytes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def pauses() -> tuple[float, ...]:
    """Seconds to wait after each try of a call that may be repeated."""
    return (*(0.1 * 3**n for n in range(READ_TRIES - 1)), 0.0)


async def download(
    address: str, timeout_s: float, headers: Mapping[str, str] | None = None
) -> bytes | None:
    """The bill at *address*; None when it did not come (whole).

    Raises:
        RailUnavailableError: *address* is neither https nor on this machine.
    """
    require_private_way(address)
    limit = aiohttp.ClientTimeout(total=timeout_s)
    sent = {"User-Agent": "amends", **(headers or {})}
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=sent, auto_decompress=False) as session,
            session.get(URL(address, encoded=True), allow_redirects=False) as response,
        ):
            raw = await _body(response, _BILL_MAX_BYTES)
            return raw if response.status == HTTP_OK else None
    except (TimeoutError, aiohttp.ClientError, OSError):
        return None


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes | None:
    """The body, if it is whole and not longer than *limit* bytes."""
    if response.content_length is not None:
        return await response.read() if response.content_length <= limit else None
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
