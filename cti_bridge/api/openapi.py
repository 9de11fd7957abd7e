"""The OpenAPI page, made from the endpoints and their Structs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from cti_bridge.agents.sessions import COOKIE
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.json_schema import schemas
from cti_bridge.push.envelope import Problem

PATH = "/api/openapi.json"
_IN_PATH = re.compile(r"{(\w+)}")


def openapi(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """The document as JSON values. Source: OpenAPI Specification 3.1.0."""
    shapes: set[Any] = {Problem}
    for endpoint in endpoints:
        candidates = (endpoint.body, *endpoint.answers.values())
        shapes |= {shape for shape in candidates if shape is not None and shape is not str}
    references, components = schemas(shapes, "#/components/schemas/")
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "CTI Bridge", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def openapi_endpoint(endpoints: Sequence[Endpoint], version: str) -> Endpoint:
    """Serves the page of ``endpoints``."""
    document = msgspec.json.encode(openapi(endpoints, version))

    async def page(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    return Endpoint("GET", PATH, "This page", page, {200: None})


def _operation(endpoint: Endpoint, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": endpoint.summary, "responses": {}}
    names = _IN_PATH.findall(endpoint.path)
    if names:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    for status, shape in endpoint.answers.items():
        response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if shape is str:
            response["content"] = {"text/plain": {"schema": {"type": "string"}}}
        elif shape is not None:
            response["content"] = {"application/json": {"schema": references[shape]}}
        operation["responses"][str(status)] = response
    operation["responses"]["default"] = {
        "description": "Refused or failed",
        "content": {"application/json": {"schema": references[Problem]}},
    }
    if endpoint.body is not None:
        content = {"application/json": {"schema": references[endpoint.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.needs_session:
        operation["security"] = [{"session": []}]
    if endpoint.needs_token:
        operation["security"] = [{"token": []}]
    return operation
