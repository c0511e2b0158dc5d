"""A leader makes a board; its screen opens with the address that is shown once, and ends with a key (S1)."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.dashboards.console import accessible, console_page, sign_in, violations
from tests.roster.test_changes_http import Floor, floor
from tests.support.web_centre import PASSWORD

__all__ = ["floor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240), pytest.mark.usefixtures("built")]


async def test_S1_a_leader_makes_a_board_and_the_address_of_its_screen_and_revokes_it(
    browser: Browser, floor: Floor
) -> None:
    client, _ = floor.clients["boss"]
    origin = str(client.make_url("/")).rstrip("/")
    async with console_page(browser) as boss, console_page(browser) as screen:
        await sign_in(boss, origin, "boss", PASSWORD, "/floor")
        await boss.locator("a[href='/floor/boards']").press("Enter")
        await boss.locator("#new-board").press("Enter")
        await boss.locator("#board-name").fill("大厅")
        await boss.locator("#board-code").fill("hall")
        await boss.get_by_label("在班坐席").uncheck()
        await boss.get_by_role("button", name="保存").press("Enter")
        await expect(boss.locator("#boards")).to_contain_text("大厅")
        await boss.locator("#token-name").fill("大厅电视")
        await boss.locator("#token-name").press("Enter")
        address = await boss.get_by_label("屏幕地址").input_value()
        assert address.startswith(f"{origin}/wall#token=cc_wall_")
        assert await accessible(boss) == []

        asked: list[str] = []
        screen.on("request", lambda request: asked.append(f"{request.url} {request.headers.get('referer', '')}"))
        await screen.goto(address)
        await expect(screen.locator("h1")).to_contain_text("大厅")
        await expect(screen.locator("#calls-title")).to_be_visible()
        await expect(screen.locator("#agents")).to_have_count(0)
        await expect(screen.locator("#answered .number")).to_have_text("0")
        assert screen.url == f"{origin}/wall"
        token = address.partition("token=")[2]
        assert [request for request in asked if token in request and "#token=" not in request] == []
        assert await accessible(screen) == []
        # Loaded again, as after a power cut of the screen's page, it is the same board.
        await screen.reload()
        await expect(screen.locator("h1")).to_contain_text("大厅")
        # No other page opens for it.
        await screen.goto(f"{origin}/floor")
        await expect(screen.locator("#urgent-title")).to_have_count(0)
        await screen.goto(f"{origin}/wall")
        await expect(screen.locator("#answered .number")).to_have_text("0")

        # The address is not shown again; what was made stays listed, and a key ends it.
        await boss.reload()
        await boss.locator("#boards button").press("Enter")
        await expect(boss.locator("#tokens li")).to_contain_text("大厅电视")
        await expect(boss.locator("#made")).to_have_count(0)
        await boss.get_by_role("button", name="停用").press("Enter")
        await expect(boss.locator("#tokens li")).to_contain_text("已停用")
        await expect(screen.locator("#ended")).to_contain_text("访问权限已失效", timeout=60_000)
        assert await violations(screen) == []
