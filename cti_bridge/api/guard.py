"""The guard before every handler: keeps other sites' pages out, turns faults into answers."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from cti_bridge.api.answers import ProblemCode, problem
from cti_bridge.api.bodies import MAX_INTAKE_BYTES
from cti_bridge.errors import Unavailable
from cti_bridge.telemetry import Telemetry

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
# Source: HTML Standard, form submission, enctype.
_FORM_TYPES = frozenset({"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
_CODES: dict[int, ProblemCode] = {403: "forbidden", 404: "not_found", 500: "unavailable", 503: "unavailable"}

_log = structlog.get_logger(__name__)


def guard(origins: frozenset[str], telemetry: Telemetry) -> Middleware:
    """A middleware for the whole application. ``origins``: whose pages may change something."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in _SAFE_METHODS:
            refusal = _refuse_foreign(request, origins) or _refuse_form(request)
            if refusal is not None:
                return refusal
        try:
            return await handler(request)
        except web.HTTPException as refused:
            return _explain(request, refused)
        except Unavailable as fault:
            _log.warning("http_unavailable", method=request.method, path=_path(request), cause=str(fault))
            return problem(503, "unavailable", f"{fault.setting}: cannot be reached now")
        except Exception:  # noqa: BLE001 - a task's border: one request's fault is not the others'
            _log.exception("http_request_failed", method=request.method, path=_path(request))
            telemetry.task_failures.labels("http_request").inc()
            return problem(500, "unavailable", "an error of the server; its log says more")

    return middleware


def _refuse_foreign(request: web.Request, origins: frozenset[str]) -> web.Response | None:
    """Every browser names the page's origin; what names none is no browser, with no cookie by accident.

    A browser that left the origin out would still say how far the page is from us. Source: W3C Fetch
    Metadata Request Headers, 2.3.
    """
    named = request.headers.getall("Origin", [])
    site = request.headers.get("Sec-Fetch-Site", "none")
    if (len(named) == 1 and named[0] in origins) or (not named and site in _OWN_SITES):
        return None
    origin = _readable(named[0] if named else site)
    _log.warning("http_origin_refused", origin=origin, allowed=sorted(origins))
    return problem(403, "forbidden", f"{origin} is not this server's page")


def _refuse_form(request: web.Request) -> web.Response | None:
    """What a form can send is no request of our pages, not even where no body is read."""
    if request.content_type not in _FORM_TYPES:
        return None
    _log.warning("http_form_refused", method=request.method, path=_path(request))
    return problem(415, "bad_request", "the body must be sent as application/json")


def _readable(sent: str) -> str:
    """A header's value, with whatever is no plain text in it made visible."""
    return sent.encode("ascii", "backslashreplace").decode()


def _path(request: web.Request) -> str:
    """As it was sent: decoded it could bring control characters into the log."""
    return request.rel_url.raw_path


def _explain(request: web.Request, refused: web.HTTPException) -> web.StreamResponse:
    """What aiohttp refuses, as a Problem under ``/api`` and as it is elsewhere."""
    if not (request.path == "/api" or request.path.startswith("/api/")) or refused.status < 400:
        raise refused
    detail = HTTPStatus(refused.status).phrase
    if isinstance(refused, web.HTTPRequestEntityTooLarge):
        detail = f"the body may have {MAX_INTAKE_BYTES} bytes at most"
    response = problem(refused.status, _CODES.get(refused.status, "bad_request"), detail)
    if "Allow" in refused.headers:
        response.headers["Allow"] = refused.headers["Allow"]
    return response
