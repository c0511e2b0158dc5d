"""Relays the phone in a page to Asterisk's WebSocket (RFC 7118): one origin and one certificate for the page.

Asterisk's HTTP server listens on the loopback only. A frame is relayed when it is SIP of the person's own phone; the
socket ends when the session does, and with the socket Asterisk drops the registration (res_pjsip_registrar.c,
registrar_on_transport_shutdown). The page proves a short-lived secret; the proof is replaced by that of the secret
which Asterisk knows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from callcenter.agents.browser_phone.credentials import BadCredentials, credentials_of, refusal, with_secret
from callcenter.agents.browser_phone.errors import NoBrowserPhone, PhoneServerAway, TooManyPhones
from callcenter.agents.browser_phone.model import LARGEST, is_own
from callcenter.agents.browser_phone.service import BrowserPhones
from callcenter.errors import CallCentreError, Forbidden, NotSignedIn
from callcenter.storage.faults import passes
from callcenter.web.problems import problem_of
from callcenter.web.roles import Person

PROTOCOL: Final = "sip"
EACH: Final = 4
"""Sockets of one person at a time: two windows, and their predecessors that are just ending."""
LOOK_SECONDS: Final = 15.0
SIGNED_OUT: Final = 4401
Authenticate = Callable[[web.Request], Awaitable[Person | None]]
log = structlog.get_logger(__name__)


@dataclass
class Line:
    """A page's socket and the one to Asterisk behind it."""

    request: web.Request
    page: web.WebSocketResponse
    pbx: aiohttp.ClientWebSocketResponse
    phone: str
    person: Person
    secret: str = field(default="", repr=False)
    """The secret that Asterisk knows, as last read: while the database is away, calls are still held and ended."""


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
                return await self._serve(request, person, phone.name)
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

    async def _serve(self, request: web.Request, person: Person, phone: str) -> web.WebSocketResponse:
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
                await self._relay(Line(request, page, pbx, phone, person))
        return page

    async def _relay(self, line: Line) -> None:
        """Until one side ends, or the session does; then both are closed."""
        tasks = [
            asyncio.create_task(self._to_pbx(line), name=f"phone-to-pbx-{line.phone}"),
            asyncio.create_task(_to_page(line.pbx, line.page), name=f"phone-to-page-{line.phone}"),
            asyncio.create_task(self._guard(line), name=f"phone-guard-{line.phone}"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await line.page.close(code=WSCloseCode.GOING_AWAY)

    async def _to_pbx(self, line: Line) -> None:
        async for message in line.page:
            if message.type is not WSMsgType.TEXT:
                return
            if not is_own(message.data, line.phone):
                log.warning("phone_frame_refused", phone=line.phone)
                await line.page.close(code=WSCloseCode.POLICY_VIOLATION, message=b"not your phone")
                return
            try:
                frame = await self._proved(line, message.data)
            except (NotSignedIn, Forbidden, NoBrowserPhone):
                await line.page.close(code=SIGNED_OUT, message=b"signed out")
                return
            if frame is None:
                await line.page.send_str(refusal(message.data))
            else:
                await line.pbx.send_str(frame)

    async def _proved(self, line: Line, frame: str) -> str | None:
        """The frame as Asterisk accepts it; None when it proves no secret that is valid. Raises NotSignedIn."""
        try:
            credentials = credentials_of(frame)
        except BadCredentials:
            return None
        if credentials is None:
            return frame
        await self._look(line)
        if not await self._phones.answers(credentials, line.phone, self._phones.session_of(line.request)):
            log.info("phone_secret_refused", phone=line.phone, method=credentials.method)
            return None
        return with_secret(frame, credentials, line.secret)

    async def _look(self, line: Line) -> None:
        """Read again whose session it is, and the secret that Asterisk knows. Raises NotSignedIn, Forbidden."""
        try:
            line.person = await self._person(line.request)
            line.secret = await self._phones.pbx_secret(line.person, line.phone)
        except Exception as error:
            if not line.secret or not passes(error):
                raise
            log.warning("phone_session_not_read", phone=line.phone, error=type(error).__name__)

    async def _guard(self, line: Line) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look(line)
            except (NotSignedIn, Forbidden, NoBrowserPhone):
                await line.page.close(code=SIGNED_OUT, message=b"signed out")
                return


async def _to_page(pbx: aiohttp.ClientWebSocketResponse, page: web.WebSocketResponse) -> None:
    async for message in pbx:
        if message.type is WSMsgType.TEXT:
            await page.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await page.send_bytes(message.data)
