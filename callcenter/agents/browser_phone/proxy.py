"""Relays the phone in a page to Asterisk's WebSocket (RFC 7118): one origin and one certificate for the page.

Asterisk's HTTP server listens on the loopback only. A frame is relayed when it is SIP of the person's own phone; the
socket ends when the session does.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from callcenter.agents.browser_phone.errors import PhoneServerAway, TooManyPhones
from callcenter.agents.browser_phone.http import BrowserPhones
from callcenter.agents.browser_phone.model import LARGEST, is_own
from callcenter.errors import CallCentreError, Forbidden, NotSignedIn
from callcenter.web.problems import problem_of
from callcenter.web.roles import Person

PROTOCOL: Final = "sip"
EACH: Final = 4
"""Sockets of one person at a time: two windows, and their predecessors that are just ending."""
LOOK_SECONDS: Final = 15.0
SIGNED_OUT: Final = 4401
Authenticate = Callable[[web.Request], Awaitable[Person | None]]
log = structlog.get_logger(__name__)


class PhoneProxy:
    def __init__(self, phones: BrowserPhones, authenticate: Authenticate, address: str) -> None:
        """`address` is Asterisk's WebSocket, such as http://127.0.0.1:8088/ws."""
        self._phones = phones
        self._authenticate = authenticate
        self._address = address
        self._open: Counter[str] = Counter()
        self.on_end: list[Callable[[str], object]] = []
        """Called with the phone whose socket has ended; must never block."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            person = await self._person(request)
            _, phone = await self._phones.of(person)
            if self._open[person.id] >= EACH:
                raise TooManyPhones("too many phones are open in your pages", limit=EACH)
            self._open[person.id] += 1
            try:
                return await self._serve(request, phone.name)
            finally:
                self._open[person.id] -= 1
                for listener in self.on_end:
                    listener(phone.name)
        except CallCentreError as error:
            refusal = problem_of(error)
            assert refusal is not None
            return refusal

    async def _person(self, request: web.Request) -> Person:
        person = await self._authenticate(request)
        if person is None:
            raise NotSignedIn("sign in first")
        return person

    async def _serve(self, request: web.Request, phone: str) -> web.WebSocketResponse:
        page = web.WebSocketResponse(
            heartbeat=LOOK_SECONDS, protocols=(PROTOCOL,), max_msg_size=LARGEST, compress=False, timeout=2.0
        )
        if not page.can_prepare(request).ok:
            raise web.HTTPUpgradeRequired
        async with aiohttp.ClientSession() as session:
            try:
                pbx = await session.ws_connect(self._address, protocols=(PROTOCOL,), max_msg_size=LARGEST)
            except (aiohttp.ClientError, OSError, TimeoutError):
                raise PhoneServerAway("Asterisk's WebSocket does not answer") from None
            async with pbx:
                await page.prepare(request)
                await self._relay(request, page, pbx, phone)
        return page

    async def _relay(
        self,
        request: web.Request,
        page: web.WebSocketResponse,
        pbx: aiohttp.ClientWebSocketResponse,
        phone: str,
    ) -> None:
        """Until one side ends, or the session does; then both are closed."""
        tasks = [
            asyncio.create_task(self._to_pbx(page, pbx, phone), name=f"phone-to-pbx-{phone}"),
            asyncio.create_task(_to_page(pbx, page), name=f"phone-to-page-{phone}"),
            asyncio.create_task(self._guard(request, page), name=f"phone-guard-{phone}"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await page.close(code=WSCloseCode.GOING_AWAY)

    async def _to_pbx(self, page: web.WebSocketResponse, pbx: aiohttp.ClientWebSocketResponse, phone: str) -> None:
        async for message in page:
            if message.type is not WSMsgType.TEXT:
                return
            if not is_own(message.data, phone):
                log.warning("phone_frame_refused", phone=phone)
                await page.close(code=WSCloseCode.POLICY_VIOLATION, message=b"not your phone")
                return
            await pbx.send_str(message.data)

    async def _guard(self, request: web.Request, page: web.WebSocketResponse) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._person(request)
            except (NotSignedIn, Forbidden):
                await page.close(code=SIGNED_OUT, message=b"signed out")
                return


async def _to_page(pbx: aiohttp.ClientWebSocketResponse, page: web.WebSocketResponse) -> None:
    async for message in pbx:
        if message.type is WSMsgType.TEXT:
            await page.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await page.send_bytes(message.data)
