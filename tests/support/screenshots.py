"""Takes pictures of every page in both languages and themes from a demo centre at work: `make screenshots`.

All of them go to var/screenshots, to be looked at; docs/screens keeps a few, small.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from callcenter.demo.centre import SOURCE
from tests.support.demo import DemoAccess, demo, end_all, output_has, printed_access

FLAGS: Final = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
PATIENCE: Final = 300_000.0
"""Milliseconds until the awaited calls are on the screen: callers come at random."""
LANGUAGES: Final = ("zh-CN", "en")
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
DESK_VIEW: Final = ViewportSize(width=1366, height=768)
WALL: Final = ViewportSize(width=1920, height=1080)
IN_DOCS: Final = frozenset({("zh-CN", "light"), ("en", "dark")})
DOCUMENTED: Final = frozenset({"login", "desk", "day", "floor", "roster", "wall"})
QUALITY: Final = 45
"""Of the WebP pictures in docs/screens: text stays sharp, a page takes 20 to 40 kB."""

SUPERVISOR: Final = (
    ("floor", "/floor", "#agents-on li"),
    ("agent", "/floor/agent/1001", "#agent-calls"),
    ("boards", "/floor/boards", "#new-board"),
    ("roster", "/roster", "#week tbody tr"),
    ("handover", "/handover", "#logs-title"),
    ("me", "/me", "#keys tr"),
)
AGENT: Final = (
    ("desk", "/desk", "#call"),
    ("day", "/day", "#submit-log"),
    ("start", "/start", "#check"),
    ("my-roster", "/roster", "#week tbody tr"),
    ("my-handover", "/handover", "#logs-title"),
)


async def _take(page: Page, name: str, folders: tuple[Path, Path]) -> None:
    """The page as it is now, in each language and theme."""
    every, docs = folders
    for language in LANGUAGES:
        await page.locator(f'[data-language="{language}"]').click()
        await page.locator(f'html[lang="{language}"]').wait_for(state="attached")
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            await page.screenshot(path=every / f"{name}.{language}.{theme}.png")
            if name in DOCUMENTED and (language, theme) in IN_DOCS:
                (docs / f"{name}.{language}.webp").write_bytes(await _webp(page))


async def _webp(page: Page) -> bytes:
    session = await page.context.new_cdp_session(page)
    picture = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    await session.detach()
    return base64.b64decode(picture["data"])


async def _page(browser: Browser, size: ViewportSize = DESK_VIEW) -> Page:
    context = await browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=size)
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


async def _signed_in(
    browser: Browser,
    centre: DemoAccess,
    login: str,
    pages: Sequence[tuple[str, str, str]],
    folders: tuple[Path, Path],
) -> None:
    page = await _page(browser)
    await page.goto(f"{centre.origin}/login")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(centre.passwords[login])
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda address: "/login" not in address)
    for name, path, there in pages:
        await page.goto(f"{centre.origin}{path}")
        await page.locator(there).first.wait_for()
        if name == "desk":
            await page.locator("#call.talking").wait_for()
        if name == "floor":
            await page.locator("#calls tbody tr").nth(1).wait_for()
        if name == "boards":
            await page.locator("#new-board").click()
        await _take(page, name, folders)
    await page.context.close()


async def take(centre: DemoAccess, folders: tuple[Path, Path]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("Chromium is missing: make test installs it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            page = await _page(browser)
            await page.goto(f"{centre.origin}/login")
            await page.locator("#login").wait_for()
            await _take(page, "login", folders)
            await page.context.close()
            wall = await _page(browser, WALL)
            await wall.goto(centre.screen)
            await wall.locator("#level .number", has_text="%").wait_for()
            await wall.locator("#agents li").nth(2).wait_for()
            await _take(wall, "wall", folders)
            await wall.context.close()
            await _signed_in(browser, centre, "supervisor", SUPERVISOR, folders)
            await _signed_in(browser, centre, "agent", AGENT, folders)
        finally:
            await browser.close()


async def main(every: Path, docs: Path) -> None:
    data = Path(tempfile.mkdtemp(prefix="cc-screenshots-"))
    for folder in (every, docs):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        async with demo(data) as process:
            centre = await printed_access(process)
            await output_has(process, "return calls are in place", within=300)
            await take(centre, (every, docs))
    finally:
        await end_all(data)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    places = [Path(argument) for argument in sys.argv[1:3]]
    asyncio.run(main(*(places or [SOURCE / "var" / "screenshots", SOURCE / "docs" / "screens"])))
