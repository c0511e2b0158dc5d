"""A room without telephones: a real service and its live picture, to which a test reports what a PBX would."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from callcenter import facts
from callcenter.agents.model import Agent, Phone
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.clock import now
from callcenter.facts import AgentNumber, LineCode, Linkedid, QueueCode, Uniqueid, linkedid_of
from callcenter.routing.model import Line, Queue
from callcenter.settings import PolicySettings, Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.dashboards.conftest import FLAGS
from tests.dashboards.console import SMALL_DESK, faultless_page, sign_in
from tests.support.databases import put_migrated_database
from tests.support.waiting import until
from tests.support.web_centre import PASSWORD

LINE, QUEUE = "orders", "general"
PEOPLE: Final[Mapping[str, tuple[Role, str | None]]] = {
    "lilei": (Role.AGENT, "1001"),
    "hanmei": (Role.AGENT, "1002"),
    "boss": (Role.SUPERVISOR, None),
    "zhuli": (Role.ASSISTANT, None),
    "admin": (Role.ADMINISTRATOR, None),
}
HOMES: Final = {"lilei": "/desk", "hanmei": "/desk", "boss": "/floor", "zhuli": "/roster", "admin": "/floor"}


@dataclass
class FactCall:
    """A caller; `leg` is the channel of the agent's phone."""

    id: Linkedid
    leg: Uniqueid
    number: str


@dataclass
class FactRoom:
    centre: Centre
    browser: Browser
    origin: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    async def happens(self, *some: facts.Fact) -> None:
        """Report facts and wait until the live picture has them."""
        for fact in some:
            await self.centre.live.submit(fact)
        await until(self.centre.live.facts.empty, 5)

    async def signed_in(self, agent: str, name: str, state: str = "available", reason: str = "") -> None:
        """An agent whose phone can be reached."""
        await self.happens(
            facts.DeviceChanged(now(), f"PJSIP/{agent}", "NOT_INUSE"),
            facts.PresenceChanged(now(), agent, name, agent, state, reason),
        )

    async def waits(self, number: str = "13800138000", name: str = "") -> FactCall:
        """A caller in the queue of the line."""
        place = next(self.numbers)
        call = FactCall(linkedid_of(f"pbx1-{place}.1"), Uniqueid(f"pbx1-{place}.2"), number)
        id, at = call.id, now()
        await self.happens(
            facts.ChannelOpened(at, id, id, f"PJSIP/trunk-{place}", "cc-inbound", "4001", number, name),
            facts.LineEntered(at, id, id, LINE),
            facts.CallerQueued(at, id, id, QUEUE, 1, LINE, number, name),
        )
        return call

    async def rings(self, agent: str, number: str = "13800138000", name: str = "") -> FactCall:
        """A caller for whom this agent's phone rings."""
        call = await self.waits(number, name)
        at, phone = now(), f"PJSIP/{agent}"
        await self.happens(
            facts.ChannelOpened(at, call.id, call.leg, f"{phone}-{call.leg}", "cc-phones", "", agent, ""),
            facts.PhoneCalled(at, call.id, call.id, call.leg, QUEUE, agent, phone),
            facts.PhoneRang(at, call.id, call.leg),
        )
        return call

    async def talks(self, agent: str, number: str = "13800138000", name: str = "") -> FactCall:
        """A caller whom this agent has answered."""
        call = await self.rings(agent, number, name)
        at = now()
        await self.happens(
            facts.DialEnded(at, call.id, call.leg, "ANSWER"),
            facts.ChannelAnswered(at, call.id, call.leg),
            facts.CallerLeftQueue(at, call.id, call.id, QUEUE),
            facts.AgentConnected(at, call.id, call.id, call.leg, QUEUE, agent),
        )
        return call

    async def ends(self, call: FactCall, agent: str = "1001") -> None:
        """The caller hangs up."""
        at = now()
        await self.happens(
            facts.HangupRequested(at, call.id, call.id),
            facts.AgentFinished(at, call.id, call.leg, QUEUE, agent, "caller"),
            facts.ChannelClosed(at, call.id, call.leg, 16),
            facts.ChannelClosed(at, call.id, call.id, 16),
        )

    async def gives_up(self, call: FactCall) -> None:
        """A caller leaves the queue before an answer."""
        at = now()
        await self.happens(
            facts.CallerAbandoned(at, call.id, call.id, QUEUE),
            facts.ChannelClosed(at, call.id, call.leg, 0),
            facts.ChannelClosed(at, call.id, call.id, 16),
        )

    @asynccontextmanager
    async def talk(self, agent: str, number: str = "13800138000", name: str = "") -> AsyncIterator[FactCall]:
        """A call that is over, with its wrap-up, when the block ends."""
        call = await self.talks(agent, number, name)
        try:
            yield call
        finally:
            await self.ends(call, agent)
            await self.no_wrap_up(agent)

    async def no_wrap_up(self, agent: str = "1001") -> None:
        await self.happens(facts.WrapUpChanged(now(), agent, None))

    @asynccontextmanager
    async def page(self, login: str, path: str | None = None, **more: object) -> AsyncIterator[Page]:
        """A faultless page in this person's session; a session is begun once."""
        fresh = await self.context()
        if login not in self.contexts:
            own = await self.context()
            first = await own.new_page()
            await sign_in(first, self.origin, login, PASSWORD, HOMES[login])
            await first.close()
            self.contexts[login] = own
        await fresh.add_cookies([{**cookie} for cookie in await self.contexts[login].cookies()])  # type: ignore[typeddict-item]
        async with faultless_page(fresh) as page:
            await page.goto(f"{self.origin}{path or HOMES[login]}")
            await expect(page.locator("#live .good")).to_be_visible()
            yield page

    async def context(self) -> BrowserContext:
        context = await self.browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=SMALL_DESK)
        context.set_default_timeout(15_000)
        context.set_default_navigation_timeout(60_000)
        await context.add_init_script("localStorage['callcenter.language'] ??= 'zh-CN'")
        return context


@asynccontextmanager
async def fact_room(folder: Path) -> AsyncIterator[FactRoom]:
    """A centre on SQLite with two agents, a supervisor and a team assistant, and a browser."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no Chromium on this machine: make test installs it; a skipped half would look green")
    expect.set_options(timeout=15_000)
    put_migrated_database(folder)
    settings = Settings(data_dir=folder, policy=PolicySettings(wrap_up_seconds=600))
    database = Database.open(settings.database)
    centre = join(settings, database, asyncio.Event())
    await centre.queues.add(Queue(QueueCode(QUEUE), {"zh-CN": "普通队列", "en": "General"}), None)
    await centre.lines.add(Line(LineCode(LINE), QueueCode(QUEUE), {"zh-CN": "订购热线", "en": "Orders"}), None)
    server = TestServer(application(centre))
    await server.start_server()
    for login, (role, agent) in PEOPLE.items():
        if agent is not None:
            await centre.agents.add(Agent(AgentNumber(agent), login, {"zh-CN": 4}, phones=(Phone(agent),)), None)
        await centre.web_services.people.add(login, login, PASSWORD, frozenset({role}), agent)
    picture = asyncio.create_task(centre.live.run())
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            room = FactRoom(centre, browser, str(server.make_url("/")).rstrip("/"))
            await room.happens(facts.FloorSeen(now(), (), (), (), (), (QUEUE,), restarted=False))
            await room.happens(facts.DutyChanged(now(), ((LINE, ("1001", "1002")),)))
            for login in ("lilei", "hanmei"):
                await room.signed_in(PEOPLE[login][1] or "", login)
            yield room
            await browser.close()
    finally:
        picture.cancel()
        with suppress(asyncio.CancelledError):
            await picture
        await server.close()
        await database.close()
