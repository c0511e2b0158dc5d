"""Serves the WebSocket at /api/v1/live: one sender task per client, so a slow client delays only itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from struct import Struct

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from callcenter.errors import CallCentreError, Forbidden, Invalid, NotSignedIn
from callcenter.web.live import Feed, Subscription
from callcenter.web.problems import problem_of
from callcenter.web.roles import Person
from callcenter.web.serving import AUTHENTICATE, check_scope

FEED: web.AppKey[Feed] = web.AppKey("feed", Feed)


class Sockets:
    """The open sockets, so that a shutdown can close them."""

    def __init__(self) -> None:
        self.open: set[web.WebSocketResponse] = set()


SOCKETS = web.AppKey("sockets", Sockets)
PROTOCOL = "cc.live"
HEARTBEAT_SECONDS = 15.0
log = structlog.get_logger("callcenter.web")
TEXT_FRAME, SHORT, LONG = 0x81, 126, 1 << 16
"""The first byte of a text in one frame; below SHORT its length is the second byte, below LONG it follows in two."""
MEDIUM_HEADER, LONG_HEADER = Struct("!BBH"), Struct("!BBQ")
SIGNED_OUT = 4401
"""Close code: the session ended; sign in again before reconnecting."""


async def live(request: web.Request) -> web.StreamResponse:
    """Snapshot, then numbered deltas; `?resume=SEQ&epoch=E` resumes where a client left off."""
    try:
        person = await _person(request)
        resume = _resume(request)
        feed = request.app[FEED]
        client = feed.join(person, resume, request.query.get("epoch"))
    except CallCentreError as error:
        refusal = problem_of(error)
        assert refusal is not None
        return refusal
    try:
        return await _serve(request, feed, client)
    finally:
        feed.leave(client)


async def _person(request: web.Request) -> Person:
    authenticate = request.app.get(AUTHENTICATE)
    person = await authenticate(request) if authenticate is not None else None
    if person is None:
        raise NotSignedIn("sign in first")
    check_scope(person, "live", reads=True)
    return person


def _resume(request: web.Request) -> int | None:
    text = request.query.get("resume")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("resume is a number", rule="resume")
    return int(text)


async def _serve(request: web.Request, feed: Feed, client: Subscription) -> web.WebSocketResponse:
    # Compression would cost more CPU time per client than the few bytes on a local network are worth.
    socket = web.WebSocketResponse(
        heartbeat=HEARTBEAT_SECONDS, protocols=(PROTOCOL,), max_msg_size=4096, compress=False, timeout=2.0
    )
    if not socket.can_prepare(request).ok:
        raise web.HTTPUpgradeRequired
    await socket.prepare(request)
    request.app[SOCKETS].open.add(socket)
    login = client.person.login
    sending, guarding = _send(socket, Outlet(request, socket), feed, client), _guard(request, socket, feed, client)
    sender = asyncio.create_task(_or_close(socket, sending), name=f"live-send-{login}")
    guard = asyncio.create_task(_or_close(socket, guarding), name=f"live-guard-{login}")
    try:
        async for message in socket:
            # Clients send no messages yet; what they send is read and dropped.
            if message.type is WSMsgType.ERROR:
                break
    finally:
        request.app[SOCKETS].open.discard(socket)
        for task in (sender, guard):
            task.cancel()
        await asyncio.gather(sender, guard, return_exceptions=True)
    return socket


class Outlet:
    """Writes to a socket without a task switch, all frames in one piece, as long as it takes them at once.

    A frame that a server sends without compression is a short header and its text (RFC 6455, 5.2), so the text is the
    same for all clients.
    """

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket
        self.idle = False
        """Whether the client's task has sent all it took; what it still sends must go first."""

    def write(self, texts: Sequence[bytes]) -> bool:
        """Whether all texts were written; otherwise none was."""
        transport = self._request.transport
        if not self.idle or self._socket.closed or transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > 0:
            return False
        try:
            transport.write(b"".join(part for text in texts for part in (frame_header(len(text)), text)))
        except (OSError, RuntimeError):
            # What a broken transport raises. The client's own task meets it too and closes this socket, and the clients
            # that are written to in the same turn get what is theirs.
            log.exception("live_client_failed")
            return False
        return True


def frame_header(length: int) -> bytes:
    """The header of a whole text frame without a mask."""
    if length < SHORT:
        return bytes((TEXT_FRAME, length))
    if length < LONG:
        return MEDIUM_HEADER.pack(TEXT_FRAME, SHORT, length)
    return LONG_HEADER.pack(TEXT_FRAME, SHORT + 1, length)


async def _or_close(socket: web.WebSocketResponse, work: Coroutine[None, None, None]) -> None:
    """A fault in one client's task closes that client's socket, so that it reconnects instead of stalling."""
    try:
        await work
    except Exception:
        log.exception("live_client_failed")
        await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=b"fault")


async def _send(socket: web.WebSocketResponse, outlet: Outlet, feed: Feed, client: Subscription) -> None:
    client.write = outlet.write
    try:
        with suppress(ConnectionError):
            while True:
                outlet.idle = not client.waiting
                texts = await feed.following(client)
                outlet.idle = False
                for text in texts:
                    await socket.send_frame(text, WSMsgType.TEXT)
    finally:
        client.write = None


async def _guard(request: web.Request, socket: web.WebSocketResponse, feed: Feed, client: Subscription) -> None:
    """At each heartbeat check that the session is still valid; a person who was signed out sees nothing more."""
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            person = await _person(request)
        except (NotSignedIn, Forbidden):
            await socket.close(code=SIGNED_OUT, message=b"signed out")
            return
        client.person = person
        with suppress(ConnectionError):
            await socket.send_frame(feed.heartbeat(), WSMsgType.TEXT)


async def close_sockets(app: web.Application) -> None:
    """At shutdown: ask every client to reconnect later, instead of waiting for each to leave."""
    sockets = list(app[SOCKETS].open)
    closing = (socket.close(code=WSCloseCode.GOING_AWAY, message=b"restarting") for socket in sockets)
    await asyncio.gather(*closing, return_exceptions=True)


def add_live(app: web.Application, path: str, feed: Feed) -> None:
    """Serve the feed as a WebSocket at `path`."""
    app[FEED] = feed
    app[SOCKETS] = Sockets()
    app.router.add_get(path, live)
    app.on_shutdown.append(close_sockets)
