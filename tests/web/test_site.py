"""Tests the web application as a whole: declared roles, valid description, headers, health, metrics, problems."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate

from callcenter.storage.database import Database
from callcenter.web.health import add_health
from callcenter.web.roles import Access, Role
from callcenter.web.serving import MOUNTED
from tests.support.web_centre import WebCentre

ROLES = [Role.AGENT, Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR, Role.WALLBOARD]


async def test_every_route_lets_in_exactly_the_roles_that_it_names(sqlite_centre: WebCentre) -> None:
    centre = sqlite_centre
    headers = {role: await centre.token(role, name=role.value) for role in ROLES}
    routes = centre.client.app[MOUNTED].routes
    assert len(routes) > 10
    for prefix, route in routes:
        if route.roles is Access.PUBLIC:
            continue
        address = prefix + re.sub(r"{\w+}", "1", route.path)
        assert (await centre.client.request(route.method, address)).status == 401
        for role in ROLES:
            answer = await centre.client.request(route.method, address, headers=headers[role])
            allowed = role in route.roles if isinstance(route.roles, frozenset) else role is not Role.WALLBOARD
            # A program has the role and still has no drafts or settings of its own.
            refused = answer.status == 403 and (await answer.json())["code"] != "not_a_person"
            assert refused != allowed, (route.method, route.path, role)


async def test_the_description_is_valid_and_names_every_route(sqlite_centre: WebCentre) -> None:
    document = await (await sqlite_centre.client.get("/openapi.json")).json()
    validate(document)
    person = document["paths"]["/api/v1/people/{person_id}"]["put"]
    assert person["x-roles"] == ["administrator"]
    assert person["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/AccountChange"
    }
    assert document["paths"]["/api/v1/session"]["post"]["security"] == []
    assert document["components"]["schemas"]["AccountChange"]["additionalProperties"] is False


async def test_the_documentation_works_without_a_network(sqlite_centre: WebCentre) -> None:
    page = await (await sqlite_centre.client.get("/docs")).text()
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(files) == 4
    for file in files:
        assert file.startswith("/docs/")
        assert (await sqlite_centre.client.get(file)).status == 200


async def test_every_answer_carries_the_security_headers_and_a_name(sqlite_centre: WebCentre) -> None:
    for address in ("/livez", "/docs", "/api/v1/session", "/api/v1/nothing", "/nothing"):
        answer = await sqlite_centre.client.get(address)
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert len(answer.headers["X-Request-ID"]) == 16


async def test_an_unknown_address_and_method_are_problems(sqlite_centre: WebCentre) -> None:
    missing = await sqlite_centre.client.get("/api/v1/nothing")
    assert (missing.status, (await missing.json())["code"]) == (404, "not_found")
    method = await sqlite_centre.client.request("PATCH", "/api/v1/session")
    assert (method.status, (await method.json())["code"]) == (405, "method_not_allowed")
    assert "POST" in method.headers["Allow"]


async def test_the_service_is_alive_and_ready(centre: WebCentre) -> None:
    assert (await centre.client.get("/livez")).status == 200
    for address in ("/readyz", "/healthz"):
        ready = await centre.client.get(address)
        assert await ready.json() == {"status": "ok", "checks": {"database": {"status": "ok"}}}


async def test_a_part_that_fails_makes_it_alive_but_not_ready(sqlite_database: Database) -> None:
    from aiohttp import web
    from aiohttp.test_utils import TestClient, TestServer

    async def pbx() -> str | None:
        return "no AMI connection since 12:00"

    async def broken() -> str | None:
        raise OSError("secret path")

    app = web.Application()
    add_health(app, {"pbx": pbx, "disk": broken})
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/livez")).status == 200
        ready = await client.get("/readyz")
        assert ready.status == 503
        assert await ready.json() == {
            "status": "failed",
            "checks": {
                "pbx": {"status": "failed", "detail": "no AMI connection since 12:00"},
                "disk": {"status": "failed", "detail": "OSError"},
            },
        }


async def test_metrics_have_route_templates_and_no_names_or_numbers(sqlite_centre: WebCentre) -> None:
    await sqlite_centre.client.get("/api/v1/people/13800138000")
    await sqlite_centre.client.get("/13800138000")
    text = await (await sqlite_centre.client.get("/metrics")).text()
    assert 'route="/api/v1",status="401"' in text
    assert 'route="(unknown)",status="404"' in text
    assert "13800138000" not in text
    assert "cc_ws_clients 0.0" in text


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x=1", "<script>", "😀", "x" * 4000, "\0", "'; DROP TABLE person; --"]
)
async def test_hostile_logins_are_refused_quietly(centre: WebCentre, name: str) -> None:
    answer = await centre.sign_in(name)
    assert answer.status in (400, 401, 422)
    assert "Set-Cookie" not in answer.headers
    assert (await centre.sign_in("lilei")).status == 200
