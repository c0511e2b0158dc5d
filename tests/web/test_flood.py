"""Tests that one unknown client cannot hold up the others: small bodies, few parts, time limits."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from pydantic import BaseModel, model_validator

from callcenter.errors import TooMany
from callcenter.storage.database import Database
from callcenter.web import serving
from callcenter.web.flood import Flood
from callcenter.web.patience import patient
from callcenter.web.routes import ANYONE, PUBLIC_BODY, Ask, Routes
from tests.support.web_centre import open_web_centre

KEYS = json.dumps({f"key{number}": number for number in range(80_000)}).encode()
JSON = {"Content-Type": "application/json"}


CHECKED_IN: list[threading.Thread] = []
"""The threads in which bodies were checked."""


class Things(BaseModel):
    things: list[int]

    @model_validator(mode="before")
    @classmethod
    def _noted(cls, data: object) -> object:
        CHECKED_IN.append(threading.current_thread())
        return data


@pytest.fixture(autouse=True)
def _nothing_checked() -> None:
    CHECKED_IN.clear()


def things() -> Routes:
    routes = Routes("things")

    @routes.post("/things", roles=ANYONE)
    async def count_things(ask: Ask, body: Things) -> Things:
        """Take a list of things."""
        return Things(things=[len(body.things)])

    return routes


async def test_a_large_anonymous_body_is_refused_before_it_is_read(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database) as centre:
        answer = await centre.client.post("/api/v1/session", data=io.BytesIO(KEYS), headers=JSON)
        assert (answer.status, (await answer.json())["code"]) == (413, "body_too_large")
        assert (await answer.json())["facts"]["limit"] == PUBLIC_BODY
        assert answer.headers["Connection"] == "close", "what is still to come is not read"


async def test_thousands_of_faults_in_one_body_delay_no_other_request(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database, things()) as centre:
        await centre.sign_in("boss")
        many = b'{"things": [' + b",".join([b'"x"'] * 15_000) + b"]}"
        answer = await centre.client.post("/api/v1/things", data=many, headers={**JSON, **centre.proof})
        problem = await answer.json()
        assert (answer.status, problem["code"]) == (422, "invalid")
        assert "15000" in problem["detail"]
        assert problem.get("errors", []) == [], "not one of so many is described"
        assert [thread is threading.main_thread() for thread in CHECKED_IN] == [False], "the loop was free meanwhile"


async def test_a_body_with_more_parts_than_any_form_is_refused_unparsed(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database, things()) as centre:
        await centre.sign_in("boss")
        fewer = json.dumps({f"key{number}": number for number in range(30_000)}).encode()
        answer = await centre.client.post("/api/v1/things", data=io.BytesIO(fewer), headers={**JSON, **centre.proof})
        assert (answer.status, (await answer.json())["code"]) == (422, "body_too_complex")
        assert CHECKED_IN == []


async def test_a_large_body_that_is_right_is_taken(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database, things()) as centre:
        await centre.sign_in("boss")
        answer = await centre.client.post("/api/v1/things", json={"things": [7] * 15_000}, headers=centre.proof)
        assert (answer.status, await answer.json()) == (200, {"things": [15_000]})
        assert CHECKED_IN[0] is not threading.main_thread(), "the loop was free meanwhile"
        small = await centre.client.post("/api/v1/things", json={"things": [7]}, headers=centre.proof)
        assert await small.json() == {"things": [1]}


async def test_a_flood_of_sign_ins_is_refused_before_the_bodies_are_read(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database) as centre:
        answers = [await centre.client.post("/api/v1/session", data=b"x", headers=JSON) for _ in range(220)]
        assert answers[0].status == 400
        assert answers[-1].status == 429
        assert answers[-1].headers["Retry-After"] == "1"


def test_an_address_may_ask_again_as_its_bucket_fills_and_others_are_not_touched() -> None:
    now = [0.0]
    flood = Flood(per_second=2, at_once=3, now=lambda: now[0])
    for _ in range(3):
        flood.check("a")
    with pytest.raises(TooMany):
        flood.check("a")
    flood.check("b")
    now[0] += 0.6
    flood.check("a")
    with pytest.raises(TooMany):
        flood.check("a")


@asynccontextmanager
async def patient_site(
    head_seconds: float = 0.2, most: int = 1000, ready: asyncio.Event | None = None
) -> AsyncIterator[int]:
    """A site that answers once `ready` is set."""
    inner = web.Application()

    async def slow(request: web.Request) -> web.Response:
        if ready is not None:
            await ready.wait()
        return web.Response(text=str(len(await request.read())))

    inner.router.add_route("*", "/", slow)
    runner = web.AppRunner(inner)
    await runner.setup()
    patient(runner, head_seconds, most)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HT"])
async def test_a_head_that_does_not_come_closes_its_connection(sent: bytes) -> None:
    async with patient_site() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await _closed(reader)
        writer.close()


async def test_a_request_that_takes_long_and_the_next_on_its_connection_are_answered() -> None:
    """A head that began after the request has used up its time before the request is answered."""
    ready = asyncio.Event()
    async with patient_site(ready=ready) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
            await _given_up(port)
            ready.set()
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(1) == b"2"
            ready.clear()
        writer.write(b"POST / HTTP/1.1\r\n")
        await _closed(reader)
        writer.close()


async def _given_up(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HT")
    await _closed(reader)
    writer.close()


async def _closed(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(30):
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass


async def test_more_connections_than_there_may_be_are_closed() -> None:
    async with patient_site(head_seconds=30, most=3) as port:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        await _closed(opened[-1][0])
        for _, writer in opened:
            writer.close()


async def test_a_body_that_does_not_come_is_given_up(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.2)
    async with open_web_centre(sqlite_database) as centre:
        reader, writer = await asyncio.open_connection(centre.client.host, centre.client.port)
        writer.write(
            b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
        )
        async with asyncio.timeout(30):
            head = await reader.readuntil(b"\r\n")
        assert head.split()[1] == b"408"
        writer.close()


async def test_one_person_has_ten_live_sockets_at_most(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database, each=10) as centre:
        await centre.sign_in("lilei")
        origin = {"Origin": str(centre.client.make_url("/")).rstrip("/")}
        sockets = [await centre.client.ws_connect("/api/v1/live", headers=origin) for _ in range(10)]
        refused = await centre.client.get("/api/v1/live", headers={**origin, "Upgrade": "websocket"})
        assert (refused.status, (await refused.json())["code"]) == (429, "too_many_live_sockets")
        await sockets.pop().close()

        async def joins() -> bool:
            answer = await centre.client.ws_connect("/api/v1/live", headers=origin)
            return bool(await answer.close())

        assert await joins()
        for socket in sockets:
            await socket.close()
