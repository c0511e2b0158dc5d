"""Runs a wired centre on a real port in its own thread, with sample data, for blocking clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.clock import now
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.roles import Role

Json = dict[str, Any]


@dataclass
class Joined:
    """`ids` are existing ids by the name of the path parameter that takes them."""

    url: str
    headers: dict[str, str]
    ids: dict[str, list[str]] = field(default_factory=dict)


@contextmanager
def joined_centre(database: str, folder: Path) -> Iterator[Joined]:
    """Without a PBX: there are no calls, everything else exists."""
    ready, stop = threading.Event(), threading.Event()
    running: list[Joined] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_serve(database, folder, running, ready, stop))
        except BaseException as error:
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=run, name="joined-centre")
    thread.start()
    try:
        ready.wait(60)
        if failed:
            raise failed[0]
        yield running[0]
    finally:
        stop.set()
        thread.join(30)
    if failed:
        raise failed[0]


async def _serve(
    database_url: str, folder: Path, running: list[Joined], ready: threading.Event, stop: threading.Event
) -> None:
    database = Database.open(database_url)
    await bring_up_to_date(database)
    centre = join(Settings(data_dir=folder), database, asyncio.Event())
    boss = await centre.web_services.people.add(
        "boss", "经理", "correct horse battery", frozenset(set(Role) - {Role.WALLBOARD}), None
    )
    _, token = await centre.web_services.tokens.add("fuzz", boss.person.roles, None, boss.person)
    runner = web.AppRunner(application(centre), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    joined = Joined(f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"})
    work = asyncio.create_task(centre.contributions.core.jobs.work("fuzz", centre.contributions.works))
    try:
        await _furnish(joined)
        running.append(joined)
        ready.set()
        await asyncio.to_thread(stop.wait)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await runner.cleanup()
        await database.close()


async def _furnish(joined: Joined) -> None:
    """Create one of each kind of object that a list can hold and that needs no call."""
    async with aiohttp.ClientSession(joined.url, headers=joined.headers) as client:

        async def post(path: str, body: Json) -> Json:
            async with client.post(f"/api/v1{path}", json=body) as answer:
                assert answer.status < 300, (path, answer.status, await answer.text())
                return await answer.json() if answer.status != 204 else {}

        await post("/queues", {"code": "sales", "strategy": "rrmemory"})
        await post("/lines", {"code": "sales", "queue": "sales", "dids": ["073188880001"]})
        await post("/agents", {"number": "1001", "name": "李娜", "skills": {"zh-CN": 5}, "phones": [{"name": "1001"}]})
        start = now() + timedelta(hours=1)
        shift = await post(
            "/shifts",
            {
                "agent": "1001",
                "line": "sales",
                "starts_at": start.isoformat(),
                "ends_at": (start + timedelta(hours=8)).isoformat(),
            },
        )
        customer = await post("/customers", {"name": "王女士", "numbers": ["13900001234"]})
        case = await post("/cases", {"what_happened": "螃蟹坏了", "severity": "minor", "line": "sales"})
        notice = await post("/announcements", {"title": "通知", "body": "请阅读"})
        joined.ids.update(
            {
                "code": ["sales"],
                "number": ["1001", str(case["number"])],
                "shift_id": [shift["id"]],
                "customer_id": [customer["id"]],
                "id": [customer["id"], notice["id"]],
                "agent": ["1001"],
                "line": ["sales"],
                "queue": ["sales"],
                "phone": ["1001"],
            }
        )
