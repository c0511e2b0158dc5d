"""R7: receivers of alarms that hang, trickle, redirect or answer nonsense cost neither the service nor others."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pydantic import SecretStr

from callcenter.alarms.channels import NotNotified, Robot
from callcenter.alarms.mail import MAIL_FAULTS, deliver
from callcenter.alarms.model import Alarm, AlarmKind, CallsNow, Trouble
from callcenter.demo.ports import free_port
from callcenter.settings import AlarmSettings
from callcenter.settings.alarms import RobotSettings
from callcenter.storage.database import Database
from tests.alarms.test_alarms import AT, FULL, ZONE, Inbox, Room
from tests.support.waiting import until

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TRICKLE = 0.05


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and never says anything."""
    await reader.read()


async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A greeting that never ends: no single read reaches its time limit."""
    with contextlib.suppress(OSError):
        while not reader.at_eof():
            writer.write(b"220-wait\r\n")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TRICKLE):
                    await reader.read(1)


@contextlib.asynccontextmanager
async def mail_server(peer: Peer) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await peer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mail_to(port: int, addresses: int = 1, user: str = "", password: str = "") -> AlarmSettings:
    return AlarmSettings(
        mail_to=[f"boss{place}@example.org" for place in range(addresses)],
        mail_from="alarm@example.org",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        smtp_user=user,
        smtp_password=SecretStr(password),
    )


def message() -> EmailMessage:
    result = EmailMessage()
    result["From"], result["To"], result["Subject"] = "a@example.org", "b@example.org", "alarm"
    result.set_content("text")
    return result


def mail_threads() -> int:
    return sum(thread.name.startswith("mail") for thread in threading.enumerate())


async def test_R7_a_mail_server_that_hangs_holds_no_thread_of_the_service(sqlite_database: Database) -> None:
    async with mail_server(silent) as port:
        room = Room(sqlite_database, mail_to(port, addresses=5))
        troubles = [Trouble(AlarmKind.PHONE, f"10{place:02}", "phone", CallsNow.UNKNOWN) for place in range(20)]
        for trouble in troubles:
            room.alarms.raise_alarm(trouble, AT)
        # The mails are under way: files are read and forms are printed all the same.
        for _ in range(20):
            await asyncio.sleep(0)
            began = time.monotonic()
            async with asyncio.timeout(3):
                await asyncio.to_thread(lambda: None)
            assert time.monotonic() - began < 1
        assert mail_threads() <= 8
        for task in list(room.alarms._sending):
            task.cancel()
        await asyncio.gather(*room.alarms._sending, return_exceptions=True)


@pytest.mark.parametrize("peer", [silent, trickling])
async def test_R7_a_delivery_ends_within_its_limit_whatever_the_mail_server_does(peer: Peer) -> None:
    async with mail_server(peer) as port:
        before, began = mail_threads(), time.monotonic()
        with pytest.raises(MAIL_FAULTS):
            await deliver(mail_to(port), message(), seconds=0.5)
        assert time.monotonic() - began < 3
        await until(lambda: mail_threads() <= before, 3)


async def test_R7_a_password_that_smtp_cannot_carry_is_a_failed_attempt_on_record(sqlite_database: Database) -> None:
    port = free_port()
    controller = Controller(
        Inbox(),
        hostname="127.0.0.1",
        port=port,
        auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=True),
    )
    controller.start()
    try:
        settings = mail_to(port, user="alarm", password="密码")
        room = Room(sqlite_database, settings)
        await room.look(FULL)
        await room.alarms.save()
        (alarm,) = await room.alarms.alarms(10)
        await until(lambda: len(room.alarms._kept[alarm.id].notices) == 2, 20)
        await room.alarms.save()
        _, notices = await room.alarms.alarm(alarm.id)
        assert [notice["error"] for notice in notices][:2] == ["UnicodeEncodeError"] * 2, "tried again"
    finally:
        for task in list(room.alarms._sending):
            task.cancel()
        controller.stop()


async def refusal_of(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
    """Why an alarm counts as not delivered by a robot that answers so; empty when it counts as delivered."""
    reached: list[str] = []

    async def inside(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.json_response({"errcode": 0})

    app = web.Application()
    app.router.add_post("/robot", answer)
    app.router.add_route("*", "/inside", inside)
    alarm = Alarm("a1", AlarmKind.DISK, "database", "disk_almost_full", CallsNow.GOING_ON, AT, AT, None)
    async with TestServer(app) as server:
        settings = RobotSettings(kind="wecom", url=SecretStr(str(server.make_url("/robot"))))
        try:
            await Robot(settings, ZONE, lambda: AT).send(alarm)
        except NotNotified as refusal:
            assert reached == []
            return refusal.detail
    return ""


async def redirecting(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/inside")


async def failing(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def nested(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b"[" * 60_000 + b"]" * 60_000)


async def garbage(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b"\xff\xfe\x00", content_type="application/json")


async def accepting(_: web.Request) -> web.StreamResponse:
    return web.json_response({"errcode": 0})


async def endless(request: web.Request) -> web.StreamResponse:
    """Sends until the other side has enough; one that read it all would never end."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    with contextlib.suppress(OSError):
        while True:
            await answer.write(b" " * 2**16)
    return answer


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (accepting, ""),
        (redirecting, "HTTP 302, code None"),
        (failing, "HTTP 500, code None"),
        (nested, "RecursionError"),
        (garbage, "UnicodeDecodeError"),
        (endless, "JSONDecodeError"),
    ],
)
async def test_R7_a_robot_that_answers_nonsense_has_not_taken_the_alarm(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], why: str
) -> None:
    began = time.monotonic()
    assert await refusal_of(answer) == why
    assert time.monotonic() - began < 4, "nothing is waited for"
