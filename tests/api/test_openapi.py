from typing import Any

from cti_bridge import __version__
from tests.api.rig import Api


def references(value: Any) -> set[str]:
    """Every $ref below ``value``."""
    if isinstance(value, dict):
        here = {value["$ref"]} if "$ref" in value else set()
        return here.union(*(references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(references(inner) for inner in value))
    return set()


async def test_the_page_lists_every_route_and_resolves(api: Api) -> None:
    status, page = await api.ask("GET", "/api/openapi.json")
    assert status == 200
    assert page["info"]["version"] == __version__
    operations = {(method, path) for path, methods in page["paths"].items() for method in methods}
    assert operations == {
        ("post", "/api/session"),
        ("delete", "/api/session"),
        ("delete", "/api/sessions"),
        ("get", "/api/session/ways"),
        ("get", "/api/session/oidc"),
        ("get", "/api/session/oidc/callback"),
        ("get", "/api/me"),
        ("patch", "/api/me"),
        ("get", "/healthz"),
        ("get", "/readyz"),
        ("get", "/metrics"),
    }
    named = {reference.removeprefix("#/components/schemas/") for reference in references(page)}
    assert named == set(page["components"]["schemas"])
    assert {"Me", "SignIn", "Preferences", "Problem", "Health", "Readiness"} <= named


async def test_each_route_says_what_it_takes_and_gives(api: Api) -> None:
    _, page = await api.ask("GET", "/api/openapi.json")
    sign_in = page["paths"]["/api/session"]["post"]
    assert sign_in["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/SignIn")
    assert sign_in["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Me")
    assert sign_in["responses"]["default"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Problem"
    )
    assert "security" not in sign_in
    assert page["paths"]["/api/me"]["get"]["security"] == [{"session": []}]
    assert page["paths"]["/metrics"]["get"]["responses"]["200"]["content"].keys() == {"text/plain"}
    assert "content" not in page["paths"]["/api/session"]["delete"]["responses"]["204"]
