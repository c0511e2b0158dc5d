"""Tests the login page with an identity provider, in Chromium: to another site and back, on the real web room."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr

from callcenter.facts import AgentNumber
from callcenter.settings import WebSettings
from callcenter.settings.oidc import OidcSettings
from callcenter.storage.database import Database
from callcenter.web.live import Feed
from callcenter.web.roles import Role
from callcenter.web.site import WebServices, open_web_services, web_app
from dashboards.console import console
from dashboards.pages import pages
from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider, providing
from tests.support.web_centre import PASSWORD

pytestmark = pytest.mark.browser


@dataclass
class Centre:
    url: str
    web_services: WebServices
    provider: OidcProvider
    person: str


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def centre(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Centre]:
    async with serving(sqlite_database, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def serving(database: Database, keys: Path) -> AsyncIterator[Centre]:
    listening = socket.create_server(("127.0.0.1", 0))
    # The provider is at 127.0.0.1: another site than localhost, so that cookies are those of a real way back.
    url = f"http://localhost:{listening.getsockname()[1]}"
    async with providing(f"{url}/api/v1/session/oidc/callback") as (provider, _):
        provider.asks = True
        oidc = OidcSettings(issuer=provider.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET))
        settings = WebSettings(public_origin=url, oidc=oidc)
        web_services = open_web_services(database, now, settings, keys=keys)
        account = await web_services.people.add("lilei", "李雷", PASSWORD, frozenset({Role.AGENT}), AgentNumber("1001"))
        app = web_app(database, now, settings, web_services, Feed(now))
        app.add_routes([*pages(), *console()])
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            yield Centre(url, web_services, provider, account.person.id)
        finally:
            await runner.cleanup()


@asynccontextmanager
async def browsing(browser: Browser) -> AsyncIterator[Page]:
    """A page on which a violation of the content security policy fails the test; there is no page after the login."""
    context = await browser.new_context(locale="zh-CN")
    context.set_default_timeout(10_000)
    page = await context.new_page()
    wrong: list[str] = []
    page.on(
        "console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield page
    await context.close()
    assert wrong == []


async def through_the_provider(page: Page) -> None:
    await page.locator("#provider").click()
    await page.locator("#go").click()


async def test_the_login_page_leads_to_the_provider_and_back_to_the_work(centre: Centre, browser: Browser) -> None:
    async with browsing(browser) as page:
        await page.goto(f"{centre.url}/login?next=/desk")
        await expect(page.locator("#provider")).to_have_text("使用统一账号登录")
        await through_the_provider(page)
        await expect(page.locator("#error")).to_have_text("这个统一账号还不能在这里登录，请联系管理员。")
        await page.locator('[data-language="en"]').click()
        await expect(page.locator("#error")).to_have_text(
            "This company account may not log in here yet. Please ask an administrator."
        )
        account = await centre.web_services.people.account(centre.person)
        await centre.web_services.oidc.store.allow(centre.person, account.person, "")
        await through_the_provider(page)
        await page.wait_for_url("**/desk")


async def test_a_password_of_another_persons_choice_is_changed_after_this_way_in_too(
    centre: Centre, browser: Browser
) -> None:
    account = await centre.web_services.people.account(centre.person)
    await centre.web_services.oidc.store.allow(centre.person, account.person, "")
    boss = await centre.web_services.people.add("boss", "boss", PASSWORD, frozenset({Role.ADMINISTRATOR}), None)
    await centre.web_services.people.set_password(centre.person, "a password of the boss", boss.person, "")
    async with browsing(browser) as page:
        await page.goto(f"{centre.url}/login")
        await through_the_provider(page)
        for old in ("not this one", "a password of the boss"):
            await expect(page.locator("#lead")).to_contain_text("请再输入您在这里的密码")
            await page.locator("#password").fill(old)
            await page.locator("#submit").click()
            await expect(page.locator("#lead")).to_contain_text("请先设置自己的密码")
            await page.locator("#password").fill("a password of my own")
            await page.locator("#submit").click()
        await page.wait_for_url("**/desk")


async def test_without_a_provider_or_with_an_unknown_outcome_the_page_shows_no_address(
    centre: Centre, browser: Browser
) -> None:
    async with browsing(browser) as page:
        await page.goto(f"{centre.url}/login?oidc=<b>call 12345</b>")
        await expect(page.locator("#error")).to_contain_text("统一账号登录没有完成")
        await page.route("**/api/v1/session/oidc", lambda route: route.fulfill(json={"enabled": False}))
        async with page.expect_response("**/api/v1/session/oidc") as answered:
            await page.goto(f"{centre.url}/login")
        await (await answered.value).finished()
        await page.locator('[data-language="en"]').click()
        await expect(page.locator("#submit")).to_have_text("Log in")
        await expect(page.locator("#provider")).to_be_hidden()
