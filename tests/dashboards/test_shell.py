"""What is around every page of the console: find and do, a person's own keys, a new version (a real browser)."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.dashboards.console import compose, violations
from tests.dashboards.standin import Standin, call, instant, offer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


async def at_the_desk(page: Page, service: Standin) -> None:
    await page.goto(f"{service.url}/desk")
    await expect(page.locator("#live")).to_contain_text("实时")


async def test_find_and_do_by_keyboard_alone(page: Page, service: Standin) -> None:
    empty = {"snippet": "", "call": None, "recording": None, "second": None, "speaker": None}
    service.hits = [{"kind": "announcement", "ref": "a1", "title": "<b>停机</b>通知", "at": instant(), **empty}]
    await at_the_desk(page, service)
    await page.keyboard.press("Control+k")
    field = page.locator("#palette")
    await expect(field).to_be_focused()
    await expect(page.locator("[role=option]", has_text="工作台")).to_be_visible()
    assert await violations(page) == []
    # Enter of the input method's window chooses a word and opens nothing.
    await compose(page, "tingji", "停机")
    await expect(page.locator("[role=option]")).to_have_count(1)
    await expect(page.locator("[role=option] .title")).to_have_text("<b>停机</b>通知")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("公告")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Control+k")
    await field.fill("/me")
    await expect(page.locator("[role=option]").first).to_contain_text("/me")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/me")


async def test_a_persons_own_keys_and_type_follow_them(page: Page, service: Standin) -> None:
    await page.goto(f"{service.url}/me")
    row = page.locator("#keys tr", has_text="显示快捷键")
    await row.get_by_role("button", name="更改").click()
    await page.keyboard.press("Control+Shift+Y")
    await expect(row.locator("kbd")).to_have_text("Ctrl+Shift+Y")
    other = page.locator("#keys tr", has_text="静音或取消")
    await other.get_by_role("button", name="更改").click()
    await page.keyboard.press("Control+Shift+Y")
    await expect(page.locator(".error")).to_contain_text("显示快捷键")
    await page.locator("#scale").select_option("130")
    await expect(page.locator("html")).to_have_attribute("style", re.compile("19.5px"))
    assert await violations(page) == []
    await at_the_desk(page, service)
    await expect(page.locator("html")).to_have_attribute("style", re.compile("19.5px"))
    await page.keyboard.press("Shift+Slash")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Control+Shift+Y")
    await expect(page.get_by_role("dialog")).to_contain_text("Ctrl+Shift+Y")
    assert service.settings["keys"] == {"keys.help": "Ctrl+Shift+KeyY"}


async def test_a_new_version_is_offered_between_calls_only(page: Page, service: Standin) -> None:
    service.build = "another"
    service.floor["calls"] = [call("c1", offers=[offer()])]
    await at_the_desk(page, service)
    banner = page.get_by_role("status").filter(has_text="服务已更新")
    await expect(banner).to_contain_text("通话结束后")
    await expect(banner.get_by_role("button")).to_have_count(0)
    await service.publish("call", call("c1", outcome="abandoned", ended_at=instant()))
    await expect(banner.get_by_role("button", name="立即刷新")).to_be_visible()
    assert len(service.opened) == 1
