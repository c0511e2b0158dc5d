"""Tests that any body at any route gets an answer below 500 and does not disturb the centre."""

from __future__ import annotations

import asyncio
import json
import random
import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from callcenter.web.serving import MOUNTED
from tests.centre.test_every_room import token
from tests.fuzz.mutation import WORDS, seeds
from tests.support.profiles import PROFILE, examples


@pytest.mark.timeout(900)
async def test_no_body_ends_in_a_fault(sqlite_database: Database, tmp_path: Path) -> None:
    chance = random.Random(None if PROFILE == "fuzz" else 10)
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    async with TestClient(TestServer(application(joined))) as client:
        headers = await token(joined, Role.ADMINISTRATOR)
        app = client.app
        assert isinstance(app, web.Application)
        routes = [(prefix, route) for prefix, route in app[MOUNTED].routes if route.method in ("POST", "PUT", "PATCH")]
        for _ in range(examples(150)):
            prefix, route = chance.choice(routes)
            address = prefix + re.sub(r"{\w+[^{}]*}", chance.choice(["1", "1001", "x" * 40]), route.path)
            body = _body(chance)
            answer = await client.request(
                route.method, address, headers={**headers, "Content-Type": "application/json"}, data=body
            )
            assert answer.status < 500 or answer.status == 503, (route.method, route.path, body)
        assert (await client.get("/livez")).status == 200


def _body(chance: random.Random) -> bytes:
    data = chance.choice(seeds("http"))
    if chance.random() < 0.5:
        names = ["number", "name", "code", "line", "agent", "starts_at", "text", "reason", "state", "result", "login"]
        values: list[object] = ["", "1001", "x" * 5000, "\ud800", 10**25, -1, 1e308, None, [], {}, True, "2026-13-01"]
        picked = {chance.choice(names): chance.choice(values) for _ in range(chance.randrange(6))}
        return json.dumps(picked).encode("utf-8", "replace")
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(data) + 1)
        data = data[:place] + chance.choice(WORDS) + data[place + chance.randrange(4) :]
    return data
