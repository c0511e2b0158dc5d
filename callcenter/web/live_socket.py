"""Serves the WebSocket at /api/v1/live: one sender task per client, so a slow client delays only itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

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
    sending, guarding = _send(socket, feed, client), _guard(request, socket, feed, client)
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


async def _or_close(socket: web.WebSocketResponse, work: Coroutine[None, None, None]) -> None:
    """A fault in one client's task closes that client's socket, so that it reconnects instead of stalling."""
    try:
        await work
    except Exception:
        log.exception("live_client_failed")
        await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=b"fault")


async def _send(socket: web.WebSocketResponse, feed: Feed, client: Subscription) -> None:
    with suppress(ConnectionError):
        while True:
            for text in await feed.following(client):
                await socket.send_str(text)


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
            await socket.send_str(feed.heartbeat())


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
