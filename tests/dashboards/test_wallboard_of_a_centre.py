"""Tests the wallboard of a real centre: after real calls its figures equal the API's, also after a restart (S1)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from callcenter.demo.api_client import ApiClient, Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, silent
from tests.e2e.centre import FOURTH_RING, ORDERS, SALES, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.browser, pytest.mark.timeout(300)]
CARDS = {"answered": "#answered", "abandoned": "#abandoned", "late_rings": "#late"}


@pytest.fixture
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("wall")) as running:
        yield running


async def place(centre: RunningCentre, caller: Caller, outcome: str) -> None:
    """One call from beginning to end, and its record."""
    async with calls(centre.centre.network, [caller]) as run:
        await run.over(within=90)
    assert (await centre.call(caller.number, within=30))["outcome"] == outcome


async def figures_of(page: Page) -> dict[str, str]:
    figures = {name: await page.locator(f"{card} .number").inner_text() for name, card in CARDS.items()}
    return figures | {"level": await page.locator("#level .number").inner_text()}


async def agree(page: Page, api: ApiClient, expected: dict[str, int]) -> None:
    """The page shows what the service answers, and that is what happened."""
    today: Json = {}

    async def counted() -> bool:
        today.update(await api.get("/service-level", today="true"))
        return {name: today[name] for name in expected} == expected

    await until(counted, 30, f"the service counts {expected}", every=0.5)
    level = "–" if today["level"] is None else f"{round(today['level'] * 100)}%"
    texts = {name: str(today[name]) for name in CARDS} | {"level": level}

    async def same() -> bool:
        return await figures_of(page) == texts

    await until(same, 30, f"the page shows {texts}, not {await figures_of(page)}", every=0.5)


async def test_S1_the_figures_of_the_page_are_those_of_the_service_after_real_calls(
    centre: RunningCentre, page: Page
) -> None:
    screen = await centre.centre.screen_token("admin")
    await page.goto(f"{centre.centre.origin}/wallboard#token={screen}")
    await expect(page.locator("#live")).to_have_text("实时")
    async with ApiClient(centre.centre.origin, screen) as wall:
        await agree(page, wall, {"answered": 0, "abandoned": 0, "late_rings": 0})
        await centre.staff("sales", {"1001": answers(after=0.5)})
        await place(centre, Caller("13974800011", SALES, "王芳", talks=3), "answered")
        await place(centre, Caller("13974800038", SALES, "张敏", talks=3), "answered")
        await agree(page, wall, {"answered": 2, "abandoned": 0, "late_rings": 0})
        await centre.staff("orders", {"1002": silent()})
        await place(centre, Caller("13974800059", ORDERS, "彭先生", talks=4), "abandoned")
        await agree(page, wall, {"answered": 2, "abandoned": 1, "late_rings": 0})
        await centre.staff("orders", {"1003": answers(after=FOURTH_RING + 1)})
        await place(centre, Caller("13974800077", ORDERS, "周老板", talks=14), "answered")
        expected = {"answered": 3, "abandoned": 1, "late_rings": 1}
        await agree(page, wall, expected)
        await expect(page.locator("#flags li")).to_have_count(1)
        await page.reload()
        await agree(page, wall, expected)
        await centre.centre.kill()
        await centre.centre.start()
        await expect(page.locator("#live")).to_have_text("实时", timeout=60_000)
        await agree(page, wall, expected)
