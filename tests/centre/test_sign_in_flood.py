"""Tests that a flood of wrong passwords reaches a subscriber's webhook, signed and delivered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from standardwebhooks.webhooks import Webhook as Verifier

from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.settings import Settings, WebSettings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.waiting import until
from tests.support.web_centre import PASSWORD


async def test_a_flood_of_sign_ins_is_delivered_to_the_webhook_once_and_without_the_login(
    database: Database, tmp_path: Path
) -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response()

    receiver = web.Application()
    receiver.router.add_post("/hook", take)
    settings = Settings(data_dir=tmp_path, web=WebSettings(webhooks_inside=True))
    centre = join(settings, database, asyncio.Event())
    boss = await centre.web_services.people.add("boss", "boss", PASSWORD, frozenset({Role.ADMINISTRATOR}), None)
    await centre.web_services.people.add("lilei", "lilei", PASSWORD, frozenset({Role.SUPERVISOR}), None)
    _, token = await centre.web_services.tokens.add("test", boss.person.roles, None, boss.person)
    contributions = centre.contributions
    async with TestServer(receiver) as outside, TestClient(TestServer(application(centre))) as client:
        webhook = await client.post(
            "/api/v1/webhooks",
            json={"url": str(outside.make_url("/hook")), "types": ["sign_in.*"]},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert webhook.status == 201, await webhook.text()
        secret = (await webhook.json())["secret"]
        work = asyncio.create_task(contributions.core.jobs.work("test", contributions.works))

        async def guess(password: str) -> int:
            answer = await client.post("/api/v1/session", json={"login": "lilei", "password": password})
            return answer.status

        try:
            statuses: list[int] = []
            for _ in range(4):
                statuses += await asyncio.gather(*(guess("wrong") for _ in range(5)))
            await until(lambda: len(got) >= 1, 20)
            assert set(statuses) <= {401, 429}
            assert await guess(PASSWORD) in (200, 201), "the colleague is kept waiting, not out"
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    assert len(got) == 1, "one alarm a window and key"
    headers, body = got[0]
    message: dict[str, Any] = Verifier(secret).verify(body, headers)
    assert message["type"] == "sign_in.guessed"
    assert (message["data"]["alarm"], message["data"]["by"], message["data"]["address"]) == (
        "sign_in",
        "pair",
        "127.0.0.1",
    )
    assert "lilei" not in json.dumps(message)
