"""Builds the API's description (OpenAPI 3.1) from the mounted routes alone. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from callcenter.web.merging import MERGE_PATCH
from callcenter.web.ports import DeltaKind
from callcenter.web.routes import ANYONE, PUBLIC, Role, Route

TEMPLATE = "#/components/schemas/{model}"
Key = tuple[str, str]
ANY: Final = "*"
"""Where the codes that every operation can answer with are listed among those of single operations."""
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "stable; for programs"},
        "facts": {"type": "object"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
REFUSED = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

REFUSAL = {"description": "refused", "content": REFUSED}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "the ETag of the version that was read; a different one is 412, none is 428; not needed to create",
}


def describe(
    mounted: Sequence[tuple[str, Route]], version: str, kinds: Sequence[DeltaKind[Any]] = ()
) -> dict[str, Any]:
    """The OpenAPI document of these routes; handlers' docstrings are the summaries, `kinds` are the live feed's."""
    adapters = _adapters(mounted) + [(f"delta {kind}", "serialization", TypeAdapter(kind.shape)) for kind in kinds]
    schemas, definitions = TypeAdapter.json_schemas(adapters, ref_template=TEMPLATE)
    by_name = {key[0]: schema for key, schema in schemas.items()}
    named = definitions.get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for prefix, route in mounted:
        operation = _operation(prefix, route, by_name, named)
        paths.setdefault(prefix + _plain_path(route.path), {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Service centre", "version": version},
        "x-problems": problem_codes().get(ANY, []),
        "paths": paths,
        "components": {
            "schemas": {**_closed(named), "Problem": PROBLEM},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "cc_session"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        # OpenAPI has no place for a WebSocket's messages; docs/live.md describes the feed.
        "x-live-deltas": {
            str(kind): {"description": kind.readers, "schema": by_name[f"delta {kind}"]} for kind in kinds
        },
    }


@cache
def problem_codes() -> Mapping[str, list[str]]:
    """The problem codes of each operation, as `python -m tests.docs.test_problem_codes` derives them from the code."""
    return json.loads(files("callcenter.web").joinpath("problem_codes.json").read_text("utf-8"))  # type: ignore[no-any-return]


def _closed(definitions: dict[str, Any]) -> dict[str, Any]:
    """Declare what the server does: unknown fields are refused, and never sent. Enumerations are named for texts."""
    return {
        name: {"additionalProperties": False, **schema}
        if "properties" in schema
        else {**schema, "x-enum": name.rpartition("__")[2]}
        if "enum" in schema
        else schema
        for name, schema in definitions.items()
    }


def _adapters(mounted: Sequence[tuple[str, Route]]) -> list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]]:
    adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
    for prefix, route in mounted:
        name, signature = _name(prefix, route), route.signature
        if signature.body is not None and not signature.raw:
            adapters.append((f"{name} body", "validation", signature.body))
        if signature.answer is not None:
            adapters.append((f"{name} answer", "serialization", signature.answer))
        if signature.query is not None:
            adapters.append((f"{name} query", "validation", TypeAdapter(signature.query)))
        adapters.extend((f"{name} path {parameter}", "validation", kind) for parameter, kind in signature.path.items())
    return adapters


def _name(prefix: str, route: Route) -> str:
    return f"{route.method} {prefix}{route.path}"


def _plain_path(path: str) -> str:
    return re.sub(r"{(\w+):[^{}]*}", r"{\1}", path)


def _operation(prefix: str, route: Route, schemas: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    name, signature = _name(prefix, route), route.signature
    lines = route.doc.strip().split("\n", 1)
    operation: dict[str, Any] = {
        "operationId": f"{route.tag}.{route.name}",
        "tags": [route.tag],
        "summary": lines[0],
        "parameters": [
            {"name": parameter, "in": "path", "required": True, "schema": schemas[f"{name} path {parameter}"]}
            for parameter in signature.path
        ],
        "responses": _responses(route, schemas.get(f"{name} answer")),
        "security": [] if route.roles is PUBLIC else [{"session": []}, {"bearer": []}],
        "x-roles": _roles(route),
        "x-problems": problem_codes().get(f"{route.tag}.{route.name}", []),
    }
    if len(lines) > 1:
        operation["description"] = lines[1].strip()
    if signature.query is not None:
        # Resolved among all schemas: two packages may each have a `State`, and only there is each name unique.
        query = schemas[f"{name} query"]
        operation["parameters"] += _query(named[query["$ref"].rpartition("/")[2]] if "$ref" in query else query)
    if route.edits:
        operation["parameters"].append(IF_MATCH | {"required": route.method == "PUT"})
        operation["responses"] |= {str(status): REFUSAL for status in (412, 428)[: 2 if route.method == "PUT" else 1]}
    if signature.raw:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    elif signature.body is not None:
        kind = MERGE_PATCH if route.edits and route.method == "PATCH" else "application/json"
        content = {kind: {"schema": schemas[f"{name} body"]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _query(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": parameter}
        for name, parameter in schema.get("properties", {}).items()
    ]


def _responses(route: Route, answer: Any) -> dict[str, Any]:
    status = 204 if answer is None and not route.signature.streams and route.status == 200 else route.status
    good: dict[str, Any] = {"description": "done"}
    if answer is not None:
        good["content"] = {"application/json": {"schema": answer}}
    return {str(status): good, "default": REFUSAL}


def _roles(route: Route) -> list[str]:
    if route.roles is PUBLIC:
        return ["public"]
    if route.roles is ANYONE:
        return sorted(set(Role) - {Role.WALLBOARD})
    assert isinstance(route.roles, frozenset)
    return sorted(route.roles)


def document(app: web.Application, version: str, kinds: Sequence[DeltaKind[Any]] = ()) -> dict[str, Any]:
    """The description of everything that is mounted on the application."""
    from callcenter.web.serving import MOUNTED

    return describe(app[MOUNTED].routes if MOUNTED in app else [], version, kinds)
