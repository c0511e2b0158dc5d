"""The desk at 1366x768 never scrolls, whatever stands over it: banners, messages, a call, the record after it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, WebSocketRoute, expect

from callcenter.clock import now
from tests.dashboards.console import fits
from tests.dashboards.fact_room import FactRoom, fact_room

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FactRoom]:
    async with fact_room(tmp_path_factory.mktemp("layout")) as room:
        yield room


@dataclass
class Wire:
    """The live connection of a page: cut, refused, or with another first message."""

    sockets: list[WebSocketRoute] = field(default_factory=list)
    refuses: bool = False
    hello: dict[str, Any] = field(default_factory=dict)

    async def put_between(self, page: Page) -> None:
        await page.route_web_socket("**/api/v1/live*", self._open)

    async def _open(self, socket: WebSocketRoute) -> None:
        if self.refuses:
            await socket.close()
            return
        self.sockets.append(socket)
        server = socket.connect_to_server()

        def from_server(text: str | bytes) -> None:
            message = json.loads(text)
            if message["type"] == "hello":
                message |= self.hello
            socket.send(json.dumps(message))

        server.on_message(from_server)

    async def cut(self) -> None:
        for socket in self.sockets:
            await socket.close()
        self.sockets.clear()


@asynccontextmanager
async def idle(room: FactRoom) -> AsyncIterator[str]:
    yield ".idle"


@asynccontextmanager
async def ringing(room: FactRoom) -> AsyncIterator[str]:
    call = await room.rings("1001", name="张老板")
    yield ".incoming"
    await room.gives_up(call)


@asynccontextmanager
async def talking(room: FactRoom) -> AsyncIterator[str]:
    call = await room.talks("1001", name="张老板")
    yield "#record"
    await room.ends(call)
    await room.no_wrap_up()


MOMENTS: Final = {"idle": idle, "ringing": ringing, "talking": talking}
Banner = Callable[[FactRoom, Page, Wire], Awaitable[object]]


async def none(room: FactRoom, page: Page, wire: Wire) -> None:
    await expect(page.locator("#banner")).to_be_hidden()


async def offline(room: FactRoom, page: Page, wire: Wire) -> None:
    await page.context.set_offline(True)
    await wire.cut()
    await expect(page.locator("#banner")).to_contain_text("此电脑已断网")


async def stale(room: FactRoom, page: Page, wire: Wire) -> None:
    wire.refuses = True
    await wire.cut()
    await expect(page.locator("#banner")).to_be_visible()


async def new_version(room: FactRoom, page: Page, wire: Wire) -> None:
    wire.hello["build"] = "another"
    await wire.cut()
    await expect(page.get_by_role("status").filter(has_text="服务已更新")).to_be_visible()


async def away(room: FactRoom, page: Page, wire: Wire) -> None:
    wire.hello["time"] = (now() + timedelta(seconds=90)).isoformat()
    await wire.cut()
    await expect(page.locator("#away")).to_be_visible()


async def failures(room: FactRoom, page: Page, wire: Wire) -> None:
    kinds = ("database", "disk", "trunk", "phone")
    failing = [
        {"id": kind, "kind": kind, "subject": "1001", "cause": "", "calls": "unknown", "since": now().isoformat()}
        for kind in kinds
    ]

    async def answer(route: Route) -> None:
        await route.fulfill(json=[{**each, "ended_at": None} for each in failing])

    await page.route("**/api/v1/alarms/now", answer)
    await page.reload()
    await expect(page.locator("#banner")).to_be_visible()


async def message(room: FactRoom, page: Page, wire: Wire) -> None:
    async with room.page("boss") as boss:
        session = await (await boss.request.get(f"{room.origin}/api/v1/session")).json()
        body = {"agent": "1001", "text": "请尽快结束通话，三楼会议室开会。" * 4}
        proof = {"X-CSRF-Token": session["csrf_token"]}
        sent = await boss.request.post(f"{room.origin}/api/v1/messages", data=body, headers=proof)
        assert sent.ok, await sent.text()
    await page.locator("#team .message").first.wait_for()


BANNERS: Final[dict[str, Banner]] = {
    "none": none,
    "offline": offline,
    "stale": stale,
    "new_version": new_version,
    "away": away,
    "failures": failures,
    "message": message,
}


@asynccontextmanager
async def open_page(room: FactRoom) -> AsyncIterator[tuple[Page, Wire]]:
    wire = Wire()
    async with room.page("lilei") as page:
        await wire.put_between(page)
        await page.reload()
        await expect(page.locator("#live .good")).to_be_visible()
        yield page, wire
        await page.context.set_offline(False)


async def stands_still(page: Page) -> bool:
    """Whether the page shows everything without scrolling, also for a key that scrolls."""
    await page.keyboard.press("End")
    return await fits(page) and await page.evaluate("scrollY") == 0


@pytest.mark.parametrize("banner", BANNERS)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_desk_does_not_scroll_under_a_banner(room: FactRoom, moment: str, banner: str) -> None:
    async with MOMENTS[moment](room) as there, open_page(room) as (page, wire):
        await page.locator(there).first.wait_for()
        await BANNERS[banner](room, page, wire)
        await page.locator(there).first.wait_for()
        assert await stands_still(page)


@pytest.mark.parametrize("banner", ["none", "failures", "message"])
async def test_the_wrap_up_with_its_record_does_not_scroll(room: FactRoom, banner: str) -> None:
    call = await room.talks("1001", name="张老板")
    async with open_page(room) as (page, wire):
        await BANNERS[banner](room, page, wire)
        await page.locator("#record").wait_for()
        await room.ends(call)
        await page.locator(".idle #record").wait_for()
        assert await stands_still(page)
        # What the window has no place for is reached by the keyboard, inside of its part.
        await page.locator("#finish-wrap").focus()
        await expect(page.locator("#finish-wrap")).to_be_in_viewport()
    await room.no_wrap_up()


async def test_the_desk_at_twice_the_size_scrolls_and_hides_nothing(room: FactRoom) -> None:
    """WCAG 1.4.10: at 200 % of 1366x768 everything is reached, without scrolling in two directions."""
    async with MOMENTS["talking"](room), open_page(room) as (page, _):
        await page.set_viewport_size({"width": 683, "height": 384})
        await page.locator("#record").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for place in ("#state .pill", "#end", "#kept", "#log-out"):
            await page.locator(place).scroll_into_view_if_needed()
            await expect(page.locator(place)).to_be_in_viewport()


async def late(page: Page, pattern: str) -> Callable[[bool], Awaitable[None]]:
    """Answers to these requests wait until the returned function is called; False: they never come."""
    held: list[Route] = []

    async def hold(route: Route) -> None:
        if route.request.method == "GET":
            held.append(route)
        else:
            await route.continue_()

    await page.route(pattern, hold)

    async def let_go(answered: bool) -> None:
        for route in held:
            await (route.continue_() if answered else route.abort())
        held.clear()
        await page.unroute(pattern)

    return let_go


async def test_a_finish_that_is_pressed_while_the_record_loads_is_kept(room: FactRoom) -> None:
    call = await room.talks("1001")
    async with open_page(room) as (page, _):
        await page.get_by_label("原因说明").fill("询问送货时间")
        await page.get_by_label("处理进度").fill("已答复")
        await expect(page.locator("#kept")).to_have_text("已保存")
        let_go = await late(page, "**/api/v1/calls/*/record")
        await room.ends(call)
        await page.locator("#finish-wrap").wait_for()
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#finish-wished")).to_be_visible()
        # The button waits for the record as well, and ends no wrap-up without it.
        await page.locator("#finish-wrap").click()
        assert room.centre.live.agents_now()["1001"].state == "wrap_up"
        await let_go(True)
        await expect(page.locator("#state")).to_contain_text("空闲")
        record = await (await page.request.get(f"{room.origin}/api/v1/calls/{call.id}/record")).json()
    assert (record["state"], record["progress"]) == ("done", "已答复"), record


async def test_a_finish_of_a_record_that_cannot_be_read_says_so(room: FactRoom) -> None:
    call = await room.talks("1001")
    async with open_page(room) as (page, _):
        await page.locator("#record").wait_for()
        let_go = await late(page, "**/api/v1/calls/*/record")
        await room.ends(call)
        await page.locator("#finish-wrap").wait_for()
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#finish-wished")).to_be_visible()
        await let_go(False)
        await expect(page.locator(".record .error")).to_contain_text("还没有完成")
        assert room.centre.live.agents_now()["1001"].state == "wrap_up"
        # The next try reads it, and what it lacks is named.
        await page.keyboard.press("Alt+Enter")
        await expect(page.get_by_label("原因说明")).to_be_focused()
    await room.no_wrap_up()
