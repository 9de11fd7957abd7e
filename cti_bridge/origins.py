"""Origins: which pages may talk to the bridge.

A browser names the origin of the page in every request that could change
something and in every WebSocket handshake. Source: RFC 6454, 4 and 6.1.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from cti_bridge.settings import HttpSettings

_LOOPBACK = ("127.0.0.1", "localhost")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def origin_of(url: str) -> str:
    """The origin of ``url`` as a browser writes it: no path, no default port, lower case."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    if port is None or port == _DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def page_origins(http: HttpSettings) -> frozenset[str]:
    """The origins our own pages are served under.

    On loopback there are two: people type either the address or ``localhost``.
    """
    origin = origin_of(http.origin())
    if http.public_url or http.host not in _LOOPBACK:
        return frozenset({origin})
    scheme = urlsplit(origin).scheme
    return frozenset(origin_of(f"{scheme}://{host}:{http.port}") for host in _LOOPBACK)
