"""Health: whether the bridge runs, whether it can ring pops, and its metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec
from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from cti_bridge.api.answers import answer
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.telemetry import Telemetry

PartState: TypeAlias = Literal["up", "down"]
# The parts by name: postgres, redis, and pbx.<name> for each PBX. Must not block.
Parts: TypeAlias = Callable[[], Mapping[str, PartState]]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The bridge's loop runs."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What works. ``degraded``: the parts that are down, in order of their names."""

    status: Literal["ready", "not_ready"]
    parts: dict[str, PartState]
    degraded: list[str]


def readiness(parts: Mapping[str, PartState]) -> Readiness:
    """Ready is a bridge that can ring pops at all: one whose PBX, or one of whose PBXs, is reached.

    Without a store a pop comes late or bare, and still it comes.
    """
    is_ready = any(name.startswith("pbx.") and state == "up" for name, state in parts.items())
    return Readiness(
        status="ready" if is_ready else "not_ready",
        parts=dict(sorted(parts.items())),
        degraded=sorted(name for name, state in parts.items() if state == "down"),
    )


def health_endpoints(parts: Parts, telemetry: Telemetry) -> list[Endpoint]:
    """What a monitor asks. Nobody has to sign in for it, and it names no person and no number."""

    async def healthz(_request: web.Request) -> web.Response:
        return answer(Health())

    async def readyz(_request: web.Request) -> web.Response:
        state = readiness(parts())
        return answer(state, 200 if state.status == "ready" else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(telemetry.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    return [
        Endpoint("GET", "/healthz", "Whether the bridge runs", healthz, {200: Health}),
        Endpoint("GET", "/readyz", "Whether pops can ring", readyz, {200: Readiness, 503: Readiness}),
        Endpoint("GET", "/metrics", "Metrics in the Prometheus text format", metrics, {200: str}),
    ]
