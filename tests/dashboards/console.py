"""A browser at the console of a real centre: signs in, looks for violations of the policy and of WCAG."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from deploy.web import TOOLS

AXE = TOOLS / "node_modules" / "axe-core" / "axe.min.js"
LANGUAGES = ("zh-CN", "en")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SMALL_DESK = ViewportSize(width=1366, height=768)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@asynccontextmanager
async def console_page(browser: Browser, language: str = "zh-CN") -> AsyncIterator[Page]:
    """A page in this language on which a script error or a violation of the policy fails the test."""
    context = await browser.new_context(locale=language, timezone_id="Asia/Shanghai", viewport=SMALL_DESK)
    context.set_default_timeout(15_000)
    # A page loads slowly while others compute; nothing is proved by its speed.
    context.set_default_navigation_timeout(60_000)
    await context.add_init_script(f"localStorage['callcenter.language'] ??= '{language}'")
    async with faultless_page(context) as page:
        yield page


@asynccontextmanager
async def faultless_page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page on which a script error or a violation of the policy fails the test; the context closes with it."""
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield page
    await context.close()
    assert wrong == [], wrong


async def sign_in(page: Page, origin: str, login: str, password: str, to: str) -> None:
    """By keyboard alone, as the form is meant."""
    await page.goto(f"{origin}/login")
    await expect(page.locator("#login")).to_be_focused()
    await page.keyboard.type(login)
    await page.keyboard.press("Tab")
    await page.keyboard.type(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{to}")
    await expect(page.locator("#live .good")).to_be_visible()


async def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is; the tool comes by DevTools, so the page's own policy stays in force."""
    script = AXE.read_text("utf-8")
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": f"{script};0"})
    result = await session.send(
        "Runtime.evaluate",
        {
            "expression": f"axe.run({{runOnly: {WCAG!r}}}).then(r => r.violations.map(v => "
            "v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join('; ')))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    await session.detach()
    answer: dict[str, Any] = result["result"]
    assert "value" in answer, result
    return list(answer["value"])


async def accessible(page: Page, languages: Sequence[str] = LANGUAGES) -> list[str]:
    """Violations of the page in each language and theme; the page is left as it was."""
    wrong = []
    before = await page.evaluate("document.documentElement.lang")
    for language in languages:
        await choose_language(page, language)
        wrong += [f"{language} {entry}" for entry in await violations_by_theme(page)]
    await choose_language(page, before)
    return wrong


async def violations_by_theme(page: Page) -> list[str]:
    """Violations of the page as it is, light and dark."""
    wrong = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        wrong += [f"{theme} {entry}" for entry in await violations(page)]
    await page.emulate_media(color_scheme="light")
    return wrong


async def choose_language(page: Page, language: str) -> None:
    # By the element itself: a dialog may lie over the rest of the page.
    await page.locator(f'[data-language="{language}"]').evaluate("button => button.click()")
    await expect(page.locator("html")).to_have_attribute("lang", language)


async def fits(page: Page) -> bool:
    """Whether the page is shown without scrolling in either direction."""
    return bool(
        await page.evaluate(
            "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
        )
    )


async def compose(page: Page, typed: str, chosen: str) -> None:
    """Types through an input method: letters under composition, `?`, Alt+P and Enter of its window, then the word."""
    session = await page.context.new_cdp_session(page)
    for end in range(1, len(typed) + 1):
        text = typed[:end]
        await session.send("Input.imeSetComposition", {"text": text, "selectionStart": end, "selectionEnd": end})
    composing = {"windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
    for key, code, modifiers in (("Process", "Slash", 8), ("Process", "KeyP", 1), ("Process", "Enter", 0)):
        for kind in ("rawKeyDown", "keyUp"):
            await session.send(
                "Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, "modifiers": modifiers, **composing}
            )
    await session.send("Input.insertText", {"text": chosen})
    await session.detach()
