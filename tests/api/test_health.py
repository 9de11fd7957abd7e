from collections.abc import Mapping

import pytest

from cti_bridge.api.health import PartState, readiness
from tests.api.rig import Api


async def test_a_running_bridge_is_healthy_whatever_is_away(api: Api) -> None:
    for part in api.parts:
        api.parts[part] = "down"
    assert await api.ask("GET", "/healthz") == (200, {"status": "ok"})
    assert await api.ask("HEAD", "/healthz") == (200, None)


async def test_readiness_lists_every_part(api: Api) -> None:
    api.parts["redis"] = "down"
    api.parts["pbx.cloud"] = "down"
    assert await api.ask("GET", "/readyz") == (
        200,
        {
            "status": "ready",
            "parts": {"pbx.cloud": "down", "pbx.main": "up", "postgres": "up", "redis": "down"},
            "degraded": ["pbx.cloud", "redis"],
        },
    )
    api.parts["pbx.main"] = "down"
    status, body = await api.ask("GET", "/readyz")
    assert (status, body["status"]) == (503, "not_ready")


@pytest.mark.parametrize(
    ("parts", "is_ready"),
    [
        ({}, False),
        ({"postgres": "up", "redis": "up"}, False),
        ({"postgres": "down", "redis": "down", "pbx.main": "up"}, True),
        ({"pbx.main": "down", "pbx.cloud": "up"}, True),
        ({"postgres": "up", "redis": "up", "pbx.main": "down"}, False),
    ],
)
def test_ready_is_who_can_ring_pops_at_all(parts: Mapping[str, PartState], is_ready: bool) -> None:
    assert (readiness(parts).status == "ready") is is_ready


async def test_metrics_are_exposed(api: Api) -> None:
    await api.sign_in()
    async with api.browser.get(f"{api.origin}/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        text = await response.text()
    assert 'cti_sign_ins_total{result="ok"} 1.0' in text.splitlines()
