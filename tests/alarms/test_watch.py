"""`callcenter alarms watch`: notices from outside that the service does not answer, and that it is back (R7)."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from callcenter.demo.ports import free_port
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(120)


class Robot:
    """A chat robot that refuses its first message."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.refused = 0

    async def take(self, request: web.Request) -> web.Response:
        if not self.refused:
            self.refused += 1
            return web.json_response({"errcode": 45009})
        self.texts.append((await request.json())["text"]["content"])
        return web.json_response({"errcode": 0})


class Service:
    """What answers at /livez; it can stop listening, or accept and say nothing."""

    def __init__(self) -> None:
        self.port = free_port()
        self.thawed = asyncio.Event()
        self.thawed.set()
        self._runner: web.AppRunner | None = None

    async def _live(self, request: web.Request) -> web.Response:
        await self.thawed.wait()
        return web.json_response({})

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/livez", self._live)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


@pytest_asyncio.fixture
async def robot() -> AsyncIterator[tuple[Robot, str]]:
    robot, app, port = Robot(), web.Application(), free_port()
    app.router.add_post("/robot", robot.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield robot, f"http://127.0.0.1:{port}/robot"
    await runner.cleanup()


async def test_R7_an_absent_and_a_frozen_service_are_noticed_and_so_is_its_return(
    tmp_path: Path, robot: tuple[Robot, str]
) -> None:
    heard, url = robot
    service = Service()
    await service.start()
    settings = {
        "CC_DATA_DIR": str(tmp_path),
        "CC_ALARMS__ROBOTS": f'[{{"kind": "wecom", "url": "{url}"}}]',
    }
    watch = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callcenter",
        "alarms",
        "watch",
        f"http://127.0.0.1:{service.port}/livez",
        "--every",
        "0.3",
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await service.stop()
        await until(lambda: len(heard.texts) == 1, 60)
        assert heard.refused == 1, "a message that was refused is sent again"
        assert "the service does not respond" in heard.texts[0]
        assert "It is not known whether calls in progress go on." in heard.texts[0]
        await service.start()
        await until(lambda: len(heard.texts) == 2, 60)
        assert "[OVER]" in heard.texts[1]
        service.thawed.clear()
        await until(lambda: len(heard.texts) == 3, 60)
        assert "[ALARM]" in heard.texts[2]
        service.thawed.set()
        await until(lambda: len(heard.texts) == 4, 60)
    finally:
        watch.terminate()
        await watch.wait()
        service.thawed.set()
        await service.stop()
    assert len(heard.texts) == 4, "one message for each change"
