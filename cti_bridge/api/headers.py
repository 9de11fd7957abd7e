"""Security headers: what our pages may load, and who may put them in a frame."""

from __future__ import annotations

from aiohttp import web

from cti_bridge.api.session import push_url
from cti_bridge.origins import origin_of
from cti_bridge.settings import Settings

# Source: OWASP HTTP Headers Cheat Sheet.
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "cti-bridge",
}


def add_security_headers(app: web.Application, settings: Settings) -> None:
    """Put the headers on every answer of ``app``, failures too."""
    shop = settings.proxy_login.shop_url
    shop_origin = origin_of(shop) if shop else ""

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(_FIXED)
        socket_origin = origin_of(push_url(settings.push, request.headers.get("Host", "")))
        response.headers["Content-Security-Policy"] = content_security_policy(socket_origin, shop_origin)

    app.on_response_prepare.append(prepare)


def content_security_policy(socket_origin: str, shop_origin: str = "") -> str:
    """Only our own files, the socket, and what is posted to the shop.

    Source: W3C Content Security Policy Level 3.
    """
    return (
        "default-src 'self'; "
        f"connect-src 'self' {socket_origin}; "
        "img-src 'self' data:; "
        "style-src 'self'; "
        "object-src 'none'; "
        "frame-ancestors 'none'; "
        "base-uri 'none'; "
        f"form-action 'self' {shop_origin}"
    )
