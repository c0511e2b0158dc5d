"""All rooms' routes together, as the centre serves them: described validly, closed to strangers, roles as named."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from callcenter.app import Centre, join
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Access, Role
from callcenter.web.serving import MOUNTED
from tests.web.house import Client

Open = tuple[Centre, Client]


@pytest_asyncio.fixture
async def centre(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Open]:
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    async with TestClient(TestServer(joined.web())) as client:
        yield joined, client


async def token(centre: Centre, role: Role) -> dict[str, str]:
    boss = await centre.house.people.by_login("boss")
    if boss is None:
        boss = await centre.house.people.add("boss", "boss", "correct horse", frozenset({Role.ADMINISTRATOR}))
    _, text = await centre.house.tokens.add(role.value, frozenset({role}), None, boss.person)
    return {"Authorization": f"Bearer {text}"}


async def test_the_whole_description_is_valid(centre: Open) -> None:
    document = await (await centre[1].get("/openapi.json")).json()
    validate(document)
    assert {"/api/v1/session", "/api/v1/agents", "/api/v1/lines", "/api/v1/shifts"} <= set(document["paths"])


async def test_every_route_of_every_room_lets_in_exactly_the_roles_that_it_names(centre: Open) -> None:
    joined, client = centre
    headers = {role: await token(joined, role) for role in Role}
    app = client.app
    assert isinstance(app, web.Application)
    for prefix, route in app[MOUNTED].routes:
        if route.roles is Access.PUBLIC:
            continue
        address = prefix + re.sub(r"{\w+[^{}]*}", "1", route.path)
        assert (await client.request(route.method, address)).status == 401
        for role in Role:
            # A body that no route takes: what is looked at is the door, not what lies behind it.
            answer = await client.request(route.method, address, headers=headers[role], data=b"{")
            allowed = role in route.roles if isinstance(route.roles, frozenset) else role is not Role.WALLBOARD
            refused = answer.status == 403 and (await answer.json())["code"] == "forbidden"
            assert refused != allowed, (route.method, route.path, role)
            assert answer.status < 500 or answer.status == 503, (route.method, route.path, await answer.text())
