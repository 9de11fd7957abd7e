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
_CODES: dict[int, ProblemCode] = {403: "forbidden", 404: "not_found", 500: "unavailable", 503: "unavailable"}

_log = structlog.get_logger(__name__)


def guard(origins: frozenset[str], telemetry: Telemetry) -> Middleware:
    """A middleware for the whole application. ``origins``: whose pages may change something."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in _SAFE_METHODS and not _is_own_page(request, origins):
            _log.warning("http_origin_refused", origin=request.headers["Origin"], allowed=sorted(origins))
            return problem(403, "forbidden", f"{request.headers['Origin']} is not this server's page")
        try:
            return await handler(request)
        except web.HTTPException as refused:
            return _explain(request, refused)
        except Unavailable as fault:
            _log.warning("http_unavailable", method=request.method, path=request.path, cause=str(fault))
            return problem(503, "unavailable", f"{fault.setting}: cannot be reached now")
        except Exception:  # noqa: BLE001 - a task's border: one request's fault is not the others'
            _log.exception("http_request_failed", method=request.method, path=request.path)
            telemetry.task_failures.labels("http_request").inc()
            return problem(500, "unavailable", "an error of the server; its log says more")

    return middleware


def _is_own_page(request: web.Request, origins: frozenset[str]) -> bool:
    """Every browser names the page's origin; what names none is no browser, with no cookie by accident."""
    named = request.headers.getall("Origin", [])
    return not named or (len(named) == 1 and named[0] in origins)


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
