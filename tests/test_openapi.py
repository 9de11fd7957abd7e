"""The API's description: valid OpenAPI, of every endpoint a bridge serves."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cti_bridge import openapi
from cti_bridge.api.endpoint import Endpoint


@pytest.fixture
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(openapi.TARGET.read_text(encoding="utf-8"))
    return document


def test_the_committed_file_is_what_the_generator_writes() -> None:
    assert openapi.TARGET.read_text(encoding="utf-8") == openapi.generate(), "run make check"


def test_it_is_valid_openapi(committed: dict[str, Any]) -> None:
    assert [fault.message for fault in OpenAPIV31SpecValidator(committed).iter_errors()] == []
    broken = copy.deepcopy(committed)
    broken["paths"]["/api/calls/{call_id}/why"]["get"].pop("parameters")
    assert list(OpenAPIV31SpecValidator(broken).iter_errors()) != []


def test_every_api_module_is_in_it(committed: dict[str, Any]) -> None:
    """By the paths that stand in the sources, so that an API which the bridge forgets is noticed."""
    folder = openapi.generated.ROOT / "cti_bridge" / "api"
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    written = set(re.findall(r'"(/api/[a-z]+)', sources)) - {"/api/openapi"}
    described = {re.match(r"/api/[a-z]+", path)[0] for path in committed["paths"] if path.startswith("/api/")}  # type: ignore[index]
    assert described == written
    assert {"/healthz", "/readyz", "/metrics"} <= set(committed["paths"])


def test_check_notices_an_endpoint_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert openapi.main(["--check"]) == 0
    real = openapi.endpoints_of

    async def one_more(settings: Any) -> list[Endpoint]:
        found = await real(settings)
        return [*found, Endpoint("GET", "/api/weather", "The weather", found[0].handler, {200: str})]

    monkeypatch.setattr(openapi, "endpoints_of", one_more)
    assert openapi.main(["--check"]) == 1
