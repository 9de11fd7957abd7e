"""The HTTP server: endpoints, pages and the guard before them, on one port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import cast

from aiohttp import web

from cti_bridge import __version__
from cti_bridge.api.bodies import MAX_INTAKE_BYTES
from cti_bridge.api.endpoint import Endpoint, add_routes
from cti_bridge.api.guard import guard
from cti_bridge.api.headers import add_security_headers
from cti_bridge.api.openapi import openapi_endpoint
from cti_bridge.api.pages import PAGES, add_pages
from cti_bridge.http_log import server_logger
from cti_bridge.listeners import listen_fault
from cti_bridge.origins import page_origins
from cti_bridge.patience import HEAD_S, Patience
from cti_bridge.settings import Settings
from cti_bridge.telemetry import Telemetry
from cti_bridge.tls import tls_context

# A connection that has said nothing for so long is closed; browsers keep theirs about a minute.
KEEPALIVE_S = 75
# What requests that run when the server stops have left.
STOP_S = 5


def application(
    settings: Settings, endpoints: Sequence[Endpoint], telemetry: Telemetry, pages: Path = PAGES
) -> web.Application:
    """Everything the HTTP port serves."""
    app = web.Application(
        middlewares=[guard(page_origins(settings.http), telemetry)], client_max_size=MAX_INTAKE_BYTES
    )
    add_security_headers(app, settings)
    add_routes(app, [*endpoints, openapi_endpoint(endpoints, __version__)])
    add_pages(app, pages)
    return app


@asynccontextmanager
async def http_server(
    settings: Settings, endpoints: Sequence[Endpoint], telemetry: Telemetry, pages: Path = PAGES
) -> AsyncIterator[None]:
    """Serve ``endpoints`` and ``pages`` until the block ends.

    Raises:
        Unavailable: when the port cannot be opened.
    """
    app, loop = application(settings, endpoints, telemetry, pages), asyncio.get_running_loop()
    patience = Patience(loop)
    app.middlewares.insert(0, patience.middleware)
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=server_logger(),
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=STOP_S,
    )
    await runner.setup()
    server = cast(web.Server, runner.server)  # made by setup
    try:
        try:
            tls = tls_context("http", settings.http)
            listener = await loop.create_server(
                partial(patience.accept, server),
                settings.http.host,
                settings.http.port,
                ssl=tls,
                ssl_handshake_timeout=HEAD_S if tls else None,
            )
        except OSError as error:
            raise listen_fault(error, "http", settings.http.host, settings.http.port) from error
        try:
            yield
        finally:
            listener.close()
    finally:
        patience.close()
        await runner.cleanup()
