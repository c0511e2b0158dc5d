"""Takes the README's screenshots from a demo centre at work, in Chromium: `make screenshots`."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from callcenter.demo.centre import SOURCE
from callcenter.demo.town import REGULARS
from tests.support.demo import DemoAccess, demo, end_all, output_has, printed_access

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
PATIENCE = 300_000.0
"""Milliseconds until the awaited calls are on the screen: callers come at random."""
DOCS = SOURCE / "docs"


async def _page(browser: Browser, height: int = 900) -> Page:
    context = await browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport=ViewportSize(width=1440, height=height)
    )
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


async def wallboard(browser: Browser, address: str, target: Path) -> None:
    """Two calls at once, people on duty, the day's figures."""
    page = await _page(browser)
    await page.goto(address)
    await page.locator("#level .number", has_text="%").wait_for()
    await page.locator("#calls tbody tr").nth(1).wait_for()
    await page.locator("#agents .person").nth(2).wait_for()
    await page.screenshot(path=target)
    await page.context.close()


async def agent(browser: Browser, origin: str, password: str, target: Path) -> None:
    """The agent's page while a customer with a file is on the line."""
    page = await _page(browser, height=640)
    await page.goto(f"{origin}/login")
    await page.locator("input[name=login]").fill("agent")
    await page.locator("input[type=password]").fill(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    names = re.compile("|".join(regular.name for regular in REGULARS))
    await page.locator("#call.talking .facts", has_text=names).wait_for()
    await page.locator("#call .since", has_text=re.compile("0:0[4-9]")).wait_for()
    await page.screenshot(path=target)
    await page.context.close()


async def take(centre: DemoAccess, folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("Chromium is missing: make test installs it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            await wallboard(browser, centre.screen, folder / "wallboard.png")
            await agent(browser, centre.origin, centre.passwords["agent"], folder / "agent.png")
        finally:
            await browser.close()


async def main(folder: Path) -> None:
    data = Path(tempfile.mkdtemp(prefix="cc-screenshots-"))
    try:
        async with demo(data) as process:
            centre = await printed_access(process)
            await output_has(process, "return calls are in place", within=300)
            await take(centre, folder)
    finally:
        await end_all(data)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS))
