"""The numbers of the floor and of the wall equal the records, also over restarts of the PBX and of the service (S1)."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from callcenter.demo.api_client import ApiClient, Json, NotYet, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, silent
from tests.dashboards.conftest import FLAGS
from tests.dashboards.console import accessible, console_page, sign_in, violations
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre

pytestmark = [
    pytest.mark.pbx,
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
IN_TIME = 2
"""Seconds of the service level here, so that some of the answers miss it."""
MANY = 200
EVERY_CARD = ("late", "level", "answered", "abandoned", "asa", "aht")
WALL_CARDS = ("late", "level", "answered", "abandoned")


@dataclass
class Room:
    centre: RunningCentre
    browser: Browser
    password: str
    """Of the supervisor `boss`."""

    @property
    def origin(self) -> str:
        return self.centre.centre.origin

    @property
    def api(self) -> ApiClient:
        return self.centre.api


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no Chromium on this machine: make test installs it; a skipped half would look green")
    expect.set_options(timeout=30_000)
    settings = {"CC_POLICY__ANSWER_WITHIN_SECONDS": str(IN_TIME)}
    async with running_centre(tmp_path_factory.mktemp("floor"), settings) as centre, async_playwright() as playwright:
        password = await centre.centre.account("boss", "王主管", "supervisor")
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield Room(centre, browser, password)
        await browser.close()


async def recounted(api: ApiClient) -> dict[str, str]:
    """The day's figures from the records of the calls and from the flags, as the pages write them."""
    day = await api.get("/figures/now")
    records = await inbound(api, since=day["since"])
    answered = [record for record in records if record["outcome"] == "answered"]
    abandoned = [record for record in records if record["outcome"] == "abandoned"]
    in_time = [record for record in answered if record["wait_seconds"] <= IN_TIME]
    flags = await api.items("/flags", clause="R1", since=day["since"], limit="200")
    late = {flag["call"] for flag in flags if flag["state"] != "annulled"}
    asked = len(answered) + len(abandoned)
    return {
        "late": str(len(late)),
        "level": f"{nearest(100 * len(in_time) / asked)}%" if asked else "–",
        "answered": str(len(answered)),
        "abandoned": str(len(abandoned)),
        "asa": stretch(mean([record["wait_seconds"] for record in answered])),
        "aht": stretch(mean([record["talk_seconds"] for record in answered])),
    }


async def inbound(api: ApiClient, **query: str) -> list[Json]:
    return [call for call in await api.items("/calls", limit="200", **query) if call["direction"] == "inbound"]


def mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def nearest(value: float) -> int:
    return int(value + 0.5)


def stretch(seconds: float | None) -> str:
    return "–" if seconds is None else f"{nearest(seconds) // 60}:{nearest(seconds) % 60:02d}"


async def ended(api: ApiClient, count: int) -> list[Json]:
    """The records of so many inbound calls, all of them over."""
    records: list[Json] = []

    async def all_over() -> bool:
        records[:] = await inbound(api)
        return len(records) == count and all(record["outcome"] is not None for record in records)

    await until(all_over, 120, f"{count} calls are over", every=2)
    return records


async def agree(page: Page, cards: tuple[str, ...], api: ApiClient) -> dict[str, str]:
    """The page shows what the records say."""
    numbers: dict[str, str] = {}
    expected: dict[str, str] = {}

    async def same() -> bool:
        expected.update(await recounted(api))
        numbers.update({card: (await page.locator(f"#{card} .number").inner_text()).split()[0] for card in cards})
        return numbers == {card: expected[card] for card in cards}

    try:
        await until(same, 90, "the page shows the records' figures", every=1)
    except NotYet:
        assert numbers == {card: expected[card] for card in cards}
        raise
    return expected


async def test_S1_after_200_calls_the_floor_and_the_wall_equal_the_records_also_over_restarts(room: Room) -> None:
    await room.centre.staff("sales", {number: answers(after=0.5) for number in room.centre.agents})
    screen = await room.centre.centre.screen_token("admin")
    async with console_page(room.browser) as floor, console_page(room.browser) as wall:
        await sign_in(floor, room.origin, "boss", room.password, "/floor")
        await wall.goto(f"{room.origin}/wall#token={screen}")
        await expect(wall.locator("#answered .number")).to_have_text("0")
        # More callers than four phones can serve: some wait too long, some give up.
        callers = [
            Caller(f"139748{index:05d}", SALES, talks=0.8 if index % 10 == 0 else 4, tone=False)
            for index in range(MANY)
        ]
        async with calls(room.centre.centre.network, callers, per_second=2.5) as run:
            await expect(floor.locator("#calls tbody tr").first).to_be_visible()
            await run.over(within=300)
        records = await ended(room.api, MANY)
        counts = await agree(floor, EVERY_CARD, room.api)
        assert int(counts["answered"]) + int(counts["abandoned"]) == len(records)
        assert int(counts["abandoned"]) > 0 < int(counts["answered"])
        await agree(wall, WALL_CARDS, room.api)
        await expect(floor.locator("#waiting .number")).to_contain_text("0")
        # The level names its threshold, and the curve of the day has today's half hours.
        await expect(floor.locator("#level")).to_contain_text(f"{IN_TIME} 秒内")
        for card in ("answered", "abandoned"):
            await expect(floor.locator(f"#{card} svg path.today")).to_have_attribute("d", re.compile("^M"))
            await expect(floor.locator(f"#{card} svg path.before")).to_have_attribute("d", re.compile("^M"))
        # One key arranges the return call of a caller who gave up; the row then says that nobody has it yet.
        given = floor.locator("#given li")
        await expect(given).not_to_have_count(0)
        await expect(given.filter(has_text="待回电")).to_have_count(0)
        await floor.keyboard.press("Alt+b")
        await expect(given.filter(has_text="待回电，尚未分配")).to_have_count(1)
        [due] = await room.api.items("/callbacks", open="true")
        assert (due["source"], due["agent"]) == ("supervisor", None)
        assert await accessible(floor) == []
        assert await violations(wall) == []

        await room.centre.centre.pbx_restart_now()
        for page in (floor, wall):
            await expect(page.locator("#banner")).to_contain_text(
                re.compile("与电话交换机的连接自|与电话系统的连接中断")
            )
        for page in (floor, wall):
            # The link is back; for a while the banner says what became of the calls.
            await expect(page.locator("#banner")).not_to_contain_text(
                re.compile("与电话交换机的连接自|与电话系统的连接中断。|目前不明"), timeout=120_000
            )
        await agree(floor, EVERY_CARD, room.api)

        await room.centre.centre.kill()
        for page in (floor, wall):
            await expect(page.locator("#banner")).to_contain_text("实时连接已中断")
        await room.centre.centre.start()
        for page in (floor, wall):
            await expect(page.locator("#banner")).not_to_contain_text("实时连接已中断", timeout=120_000)
        await agree(floor, EVERY_CARD, room.api)
        await agree(wall, WALL_CARDS, room.api)

        # The next caller after both is counted once more, by both pages.
        await room.centre.staff("orders", {"1003": silent()})
        async with calls(room.centre.centre.network, [Caller("13974899999", ORDERS, "彭先生", talks=12)]) as run:
            await expect(floor.locator("#urgent li", has_text="超过第三声")).to_be_visible()
            await run.over(within=60)
        await ended(room.api, MANY + 1)
        after = await agree(floor, EVERY_CARD, room.api)
        await agree(wall, WALL_CARDS, room.api)
        assert int(after["abandoned"]) == int(counts["abandoned"]) + 1
        assert int(after["late"]) == int(counts["late"]) + 1

        # The late ring waits for a decision, with its clause; the page gives the reason, the service keeps the name.
        await floor.keyboard.press("Alt+f")
        dialog = floor.get_by_role("dialog")
        await expect(dialog).to_contain_text("R1 · 第三声内未接听")
        assert await violations(floor) == []
        await dialog.get_by_label("确认或撤销的理由").fill("话机有故障")
        await dialog.get_by_role("button", name="撤销").click()
        await expect(dialog).to_have_count(0)
        [flag] = [flag for flag in await room.api.items("/flags", clause="R1") if flag["reason"] == "话机有故障"]
        assert (flag["state"], flag["by"]) == ("annulled", "boss")
        await expect(floor.locator("#late .number")).to_contain_text(counts["late"])
