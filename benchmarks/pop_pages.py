"""Runs the desks of `pop` in a separate process: pages of a real Chromium, live clients, and one bare AMI reader.

Reads the secrets from stdin, prints `ready`, and prints all measurements when stdin ends.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import ClientSession
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.live_clients import all_ready, watch

WARM: Final = 300
FLAGS: Final = ["--no-sandbox", "--disable-background-networking", "--no-first-run", "--enable-precise-memory-info"]
# The frame in which the number stands is drawn before the second animation frame begins.
SEE = """
window.pops = [];
let last = '';
new MutationObserver(() => {
  const number = document.querySelector('#call.incoming .number')?.textContent ?? '';
  if (number === last) return;
  last = number;
  if (number === '') return;
  requestAnimationFrame(() => requestAnimationFrame(() => window.pops.push([number, Date.now()])));
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""


@dataclass
class Rings:
    """The phones' rings as Asterisk dates them, by caller and agent, and how late a bare reader sees them."""

    at: dict[tuple[str, str], float] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)
    warm: asyncio.Event = field(default_factory=asyncio.Event)

    def event(self, message: dict[str, str], seen: float) -> None:
        if message.get("Event") != "Newstate" or message.get("ChannelStateDesc") != "Ringing":
            return
        key = message["ConnectedLineNum"], message["Channel"].removeprefix("PJSIP/").rpartition("-")[0]
        self.at[key] = at = float(message["Timestamp"])
        self.late.append((seen - at) * 1000)
        if len(self.late) == WARM:
            self.warm.set()


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def listen(port: int, user: str, secret: str, rings: Rings, ready: asyncio.Semaphore) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n".encode())
    ready.release()
    message: dict[str, str] = {}
    try:
        while line := await reader.readline():
            key, colon, value = line.decode().rstrip("\r\n").partition(": ")
            if colon:
                message[key] = value
            else:
                rings.event(message, time.time())
                message = {}
    finally:
        writer.close()


async def seat(browser: Browser, origin: str, login: str, password: str) -> Page:
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(120_000)
    page = await context.new_page()
    await page.add_init_script(SEE)
    await page.goto(f"{origin}/login")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    await page.locator("#live .good").wait_for()
    return page


async def heap(page: Page) -> float:
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used: dict[str, Any] = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return float(used["usedSize"])


async def main(origin: str, clients: int, port: int, user: str) -> None:
    secrets = json.loads(await asyncio.to_thread(sys.stdin.readline))
    rings = Rings()
    feed: list[float] = []
    ready = asyncio.Semaphore(0)
    headers = {"Authorization": f"Bearer {secrets['token']}"}
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    async with ClientSession(headers=headers) as session, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        pages = {login: await seat(browser, origin, login, word) for login, word in secrets["people"].items()}
        tasks = [asyncio.create_task(watch(session, f"{origin}/api/v1/live", feed, ready)) for _ in range(clients)]
        tasks.append(asyncio.create_task(listen(port, user, secrets["ami"], rings, ready)))
        await all_ready(ready, tasks)
        write("ready")
        # The first calls fill the caches.
        await rings.warm.wait()
        before = [await heap(page) for page in pages.values()]
        await asyncio.to_thread(sys.stdin.read)
        after = [await heap(page) for page in pages.values()]
        pops = {login.removeprefix("desk"): await page.evaluate("window.pops") for login, page in pages.items()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await browser.close()
    pixels = [
        at - rings.at[number, agent] * 1000
        for agent, seen in pops.items()
        for number, at in seen
        if (number, agent) in rings.at
    ]
    count = sum(agent in pops for _, agent in rings.at)
    report = {"pixels": pixels, "feed": feed, "ami": rings.late, "rings": count, "heaps": [before, after]}
    write(json.dumps(report))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
