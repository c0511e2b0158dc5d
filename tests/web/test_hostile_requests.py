"""Tests that input which no schema foresees is refused, never a fault (500)."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import AwareDatetime, BaseModel

from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.ranges import OutOfRange, check_ranges
from callcenter.web.roles import Role
from callcenter.web.streaming import send
from tests.centre.test_every_room import token
from tests.support.web_centre import Client, open_web_centre

Open = tuple[Client, dict[str, str]]
LARGE = (2**63, -(2**63) - 1, 10**30, 2**64)
ENDS = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00")


@pytest_asyncio.fixture
async def open_(database: Database, tmp_path: Path) -> AsyncIterator[Open]:
    centre = join(Settings(data_dir=tmp_path), database, asyncio.Event())
    async with TestClient(TestServer(application(centre))) as client:
        yield client, await token(centre, Role.ADMINISTRATOR)


async def raw(client: Client, *lines: bytes, body: bytes = b"") -> bytes:
    """The first line of the answer to a request as it is written here."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"\r\n".join(lines) + b"\r\nHost: x\r\nConnection: close\r\n\r\n" + body)
    await writer.drain()
    try:
        return (await reader.read()).split(b"\r\n")[0]
    finally:
        writer.close()


HEADERS = (
    b"Authorization: Bearer \xff\xfe",
    b"Cookie: cc_session=\xff",
    b"Idempotency-Key: \xe4\xf6",
    b"If-Match: \xff",
    b"Accept-Language: \xff\xff;q=1",
    b"User-Agent: \xff",
    b"X-CSRF-Token: \xff",
    b"X-Forwarded-For: \xff",
    b"Origin: http://\xff",
    b"Sec-WebSocket-Protocol: cc.live, cc.bearer.\xff",
)
ADDRESSES = (
    b"/api/v1/agents/%ff",
    b"/api/v1/agents?limit=%ff",
    b"/api/v1/agents/\xff",
    b"/%ff",
    b"/api/v1/cases?q=%ed%a0%80",
)


async def test_a_header_that_is_no_utf_8_is_refused(open_: Open) -> None:
    client, _ = open_
    for header in HEADERS:
        for request in (b"GET /api/v1/session", b"POST /api/v1/session", b"GET /api/v1/live", b"GET /livez", b"GET /"):
            status = int((await raw(client, request + b" HTTP/1.1", header)).split()[1])
            assert status in {400, 422}, (request, header, status)


async def test_an_address_that_is_no_utf_8_is_refused(open_: Open) -> None:
    client, headers = open_
    authorization = f"Authorization: {headers['Authorization']}".encode()
    for path in ADDRESSES:
        assert int((await raw(client, b"GET " + path + b" HTTP/1.1", authorization)).split()[1]) < 500, path


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "http://", "://", "http://[]:x", "\u2028"])
async def test_an_origin_that_is_no_address_is_none_of_ours(sqlite_database: Database, origin: str) -> None:
    async with open_web_centre(sqlite_database) as centre:
        await centre.sign_in("boss")
        headers = {"Origin": origin}
        if origin.isascii():
            answer = await centre.client.delete("/api/v1/session", headers=headers)
            assert (answer.status, (await answer.json())["code"]) == (403, "wrong_origin")


async def test_numbers_beyond_63_bits_are_refused(open_: Open) -> None:
    client, headers = open_
    for number in LARGE:
        for path in ("shifts/{}", "calls?limit={}", "scripts/x/versions/{}", "flags?limit={}"):
            answer = await client.get(f"/api/v1/{path.format(number)}", headers=headers)
            assert answer.status in {404, 405, 422}, (path, await answer.text())
        body = {"code": "q", "strategy": "rrmemory", "ring_limit": number, "max_wait_seconds": number}
        assert (await client.post("/api/v1/queues", json=body, headers=headers)).status == 422


async def test_instants_at_the_ends_of_time_are_refused_with_their_place(open_: Open) -> None:
    client, headers = open_
    for at in ENDS:
        for path in ("calls", "offers", "flags", "shifts", "cases", "exports/calls", "callbacks", "service-level"):
            answer = await client.get(f"/api/v1/{path}?since={at}", headers=headers)
            assert answer.status == 422, (path, await answer.text())
        problem = await (await client.get(f"/api/v1/service-level?since={at}", headers=headers)).json()
        assert (problem["code"], problem["facts"]["pointer"]) == ("out_of_range", "/since")


async def test_a_lone_surrogate_in_a_body_is_refused(open_: Open) -> None:
    client, headers = open_
    data = b'{"title": "\\ud800", "body": "x"}'
    headers = {**headers, "Content-Type": "application/json"}
    answer = await client.post("/api/v1/announcements", data=data, headers=headers)
    assert answer.status in {400, 422}


@pytest.mark.parametrize("customer", ["", "nobody", "\u00ab"])
async def test_cases_of_a_customer_are_exported_also_where_there_are_none(open_: Open, customer: str) -> None:
    client, headers = open_
    await client.post("/api/v1/cases", json={"what_happened": "螃蟹坏了"}, headers=headers)
    answer = await client.get("/api/v1/exports/cases", params={"customer": customer, "format": "csv"}, headers=headers)
    assert answer.status == 200
    assert len(list(csv.reader(io.StringIO(await answer.text())))) == 1


@asynccontextmanager
async def streaming(*pieces: bytes | Exception) -> AsyncIterator[Client]:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def handle(request: web.Request) -> web.StreamResponse:
        return await send(request, web.StreamResponse(), chunks())

    app = web.Application()
    app.router.add_get("/", handle)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_stream_that_fails_at_once_has_the_status_of_its_failure() -> None:
    async with streaming(ValueError("at once")) as client:
        assert (await client.get("/")).status == 500


async def test_a_stream_that_fails_later_is_seen_to_be_broken_off() -> None:
    async with streaming(b"first", ValueError("later")) as client:
        answer = await client.get("/")
        with pytest.raises(ClientPayloadError):
            await answer.read()


async def test_an_empty_stream_is_a_whole_answer() -> None:
    async with streaming() as client:
        answer = await client.get("/")
        assert (answer.status, await answer.read()) == (200, b"")


class Body(BaseModel):
    at: AwareDatetime
    numbers: list[int]


def bodies() -> Iterator[tuple[object, str]]:
    now = datetime.fromisoformat("2026-11-27T00:00:00+00:00")
    yield Body(at=now, numbers=[1, 2**70]), "/numbers/1"
    yield Body(at=now.replace(year=9999), numbers=[]), "/at"
    yield {"a": {"b": [0.0, float("nan")]}}, "/a/b/1"


@pytest.mark.parametrize(("body", "place"), list(bodies()))
def test_the_place_of_what_is_out_of_range_is_named(body: object, place: str) -> None:
    with pytest.raises(OutOfRange) as caught:
        check_ranges(body)
    assert caught.value.facts["pointer"] == place
