"""Chromium and the stand-in service; without a browser the tests fail."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from deploy.web import is_fresh
from tests.dashboards.console import faultless_page
from tests.dashboards.standin import Standin, standing_in

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no Chromium on this machine: make test installs it; a skipped half would look green")
    # Two cores may be busy with an Asterisk and its telephones while the browser begins.
    expect.set_options(timeout=15_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def built() -> None:
    """The console as its sources are now; a test without it would try an old page, or none."""
    if not is_fresh():
        pytest.fail("the pages are not built from these sources: run make web")


@pytest.fixture
async def service() -> AsyncIterator[Standin]:
    async with standing_in(Standin()) as standin:
        yield standin


@pytest.fixture
async def page(browser: Browser, service: Standin) -> AsyncIterator[Page]:
    """A page on which any script error or policy violation fails the test; it closes before the service does."""
    assert service.url
    context = await browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(10_000)
    async with faultless_page(context) as page:
        yield page
