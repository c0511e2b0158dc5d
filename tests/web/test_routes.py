"""Tests routes as a client sees them: shapes checked, refusals as problems with stable codes, roles required."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel, Field

from callcenter.errors import Conflict, NotFound
from callcenter.web.mounting import mount
from callcenter.web.routes import ANYONE, LEADERS, PUBLIC, Ask, Page, PageQuery, Person, Role, Routes, etag_of
from callcenter.web.serving import AUTHENTICATE

Client = TestClient[web.Request, web.Application]


class Cup(BaseModel):
    name: str = Field(max_length=4000)
    size: int = Field(1, ge=1, le=9)


class Filter(PageQuery):
    name: list[str] = Field(default_factory=list)
    hot: bool = False


class CupBroken(Conflict):
    code = "cup_broken"


def cups() -> Routes:
    routes = Routes("cups")
    cups: dict[str, Cup] = {}

    @routes.get("/cups", roles=PUBLIC)
    async def list_cups(ask: Ask, query: Filter) -> Page[Cup]:
        """All cups."""
        result = [cup for cup in cups.values() if not query.name or cup.name in query.name]
        return Page(items=result[: query.limit], next=None)

    @routes.post("/cups", roles=PUBLIC, status=201, max_body=1024 * 1024)
    async def add_cup(ask: Ask, body: Cup) -> Cup:
        cups[body.name] = body
        return body

    @routes.get("/cups/{number}", roles=PUBLIC)
    async def read_cup(ask: Ask, number: int) -> Cup:
        raise NotFound("no such cup", number=number)

    @routes.put("/cups/by-name/{name}", roles=PUBLIC, max_body=1024 * 1024)
    async def change_cup(ask: Ask, name: str, body: Cup) -> Cup:
        ask.must_match(cups[name])
        cups[name] = body
        return body

    @routes.delete("/cups/by-name/{name}", roles=LEADERS)
    async def remove_cup(ask: Ask, name: str) -> None:
        raise CupBroken("the cup is broken", name=name)

    @routes.get("/me", roles=ANYONE)
    async def read_me(ask: Ask) -> dict[str, str]:
        return {"login": ask.require().login}

    @routes.post("/import", roles=PUBLIC, max_body=20)
    async def import_cups(ask: Ask, body: bytes) -> dict[str, int]:
        return {"bytes": len(body)}

    @routes.get("/fault", roles=PUBLIC)
    async def fault(ask: Ask) -> None:
        raise RuntimeError("a secret detail")

    return routes


async def by_header(request: web.Request) -> Person | None:
    role = request.headers.get("X-Test-Role")
    return Person("1", "lilei", "李雷", frozenset({Role(role)})) if role else None


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    app[AUTHENTICATE] = by_header
    mount(app, "/api/v1", cups())
    async with TestClient(TestServer(app)) as client:
        yield client


async def code_of(response: Any, status: int) -> str:
    assert response.status == status, await response.text()
    assert response.content_type == "application/problem+json"
    document = await response.json()
    assert document["status"] == status
    return str(document["code"])


async def test_a_thing_is_made_and_listed(client: Client) -> None:
    cup = await client.post("/api/v1/cups", json={"name": "茶", "size": 2})
    assert (cup.status, await cup.json()) == (201, {"name": "茶", "size": 2})
    listed = await client.get("/api/v1/cups", params=[("name", "茶"), ("name", "x"), ("hot", "true")])
    assert await listed.json() == {"items": [{"name": "茶", "size": 2}], "next": None}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b"", 400, "bad_json"),
        (b'{"name": "a\\u0000b"}', 400, "bad_json"),
        (b'{"name": "\\ud800"}', 400, "bad_json"),
        (b'{"name": "\xff"}', 400, "bad_json"),
        (b"[]", 422, "invalid"),
        (b'{"name": 5}', 422, "invalid"),
        (b'{"name": "a", "size": "2"}', 422, "invalid"),
        (b'{"name": "a", "size": 10}', 422, "invalid"),
        (b'{"name": "a", "colour": "red"}', 422, "invalid"),
        (b'{"name": "' + b"x" * 4001 + b'"}', 422, "invalid"),
        (b"[" * 100_000, 400, "bad_json"),
    ],
)
async def test_a_bad_body_is_refused_with_a_code(client: Client, body: bytes, status: int, code: str) -> None:
    response = await client.post("/api/v1/cups", data=body, headers={"Content-Type": "application/json"})
    assert await code_of(response, status) == code


async def test_a_refusal_names_the_place_but_does_not_repeat_the_value(client: Client) -> None:
    response = await client.post("/api/v1/cups", json={"name": "a", "size": "hunter2"})
    document = await response.json()
    assert document["errors"][0]["pointer"] == "/size"
    assert "hunter2" not in await response.text()


async def test_hostile_names_come_back_as_they_were(client: Client) -> None:
    for name in ("a\r\nX-Evil: 1", '<script>alert("x")</script>', "😀" * 1000, "'; DROP TABLE cups; --", "x" * 4000):
        response = await client.post("/api/v1/cups", json={"name": name})
        assert (await response.json())["name"] == name
        assert "X-Evil" not in response.headers


async def test_ten_megabytes_are_refused_before_they_are_read(client: Client) -> None:
    data = b'{"name": "' + b"x" * 10_000_000 + b'"}'
    response = await client.post("/api/v1/cups", data=BytesIO(data), headers={"Content-Type": "application/json"})
    assert await code_of(response, 413) == "body_too_large"


async def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"0123456789"

    response = await client.post("/api/v1/import", data=chunks())
    assert await code_of(response, 413) == "body_too_large"


async def test_a_raw_body_arrives_as_bytes(client: Client) -> None:
    response = await client.post("/api/v1/import", data=b"a,b\n1,2")
    assert await response.json() == {"bytes": 7}


async def test_a_form_is_not_json(client: Client) -> None:
    assert await code_of(await client.post("/api/v1/cups", data={"name": "a"}), 415) == "wrong_media_type"


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "colour=red", "limit=1e3", "hot=perhaps", "cursor=%00"])
async def test_a_bad_query_is_refused(client: Client, query: str) -> None:
    assert await code_of(await client.get(f"/api/v1/cups?{query}"), 422) == "invalid"


async def test_a_refusal_has_its_facts(client: Client) -> None:
    response = await client.get("/api/v1/cups/7")
    assert await code_of(response, 404) == "not_found"
    assert (await response.json())["facts"] == {"number": 7}
    assert await code_of(await client.get("/api/v1/cups/seven"), 422) == "invalid"


async def test_an_internal_error_reveals_nothing(client: Client) -> None:
    response = await client.get("/api/v1/fault")
    assert await code_of(response, 500) == "internal"
    assert "secret" not in await response.text()


async def test_roles_are_asked_for(client: Client) -> None:
    address = "/api/v1/cups/by-name/a"
    assert await code_of(await client.delete(address), 401) == "not_signed_in"
    assert await code_of(await client.delete(address, headers={"X-Test-Role": "agent"}), 403) == "forbidden"
    assert await code_of(await client.delete(address, headers={"X-Test-Role": "manager"}), 409) == "cup_broken"
    assert (await client.get("/api/v1/me", headers={"X-Test-Role": "agent"})).status == 200
    assert (await client.get("/api/v1/me", headers={"X-Test-Role": "wallboard"})).status == 403


async def test_an_edit_of_what_has_changed_meanwhile_is_refused(client: Client) -> None:
    await client.post("/api/v1/cups", json={"name": "a", "size": 1})
    seen = etag_of(Cup(name="a", size=1))
    address = "/api/v1/cups/by-name/a"
    changed = await client.put(address, json={"name": "a", "size": 2}, headers={"If-Match": seen})
    assert changed.status == 200
    assert changed.headers["ETag"] == etag_of(Cup(name="a", size=2))
    again = await client.put(address, json={"name": "a", "size": 3}, headers={"If-Match": seen})
    assert await code_of(again, 412) == "changed_meanwhile"


async def test_what_has_not_changed_is_not_sent_again(client: Client) -> None:
    tag = (await client.get("/api/v1/cups")).headers["ETag"]
    assert (await client.get("/api/v1/cups", headers={"If-None-Match": tag})).status == 304


def test_a_route_whose_path_and_handler_disagree_is_noticed_when_it_is_made() -> None:
    routes = Routes("cups")

    async def read_cup(ask: Ask, number: int) -> None: ...

    with pytest.raises(TypeError, match="handler takes"):
        routes.get("/cups/{name}", roles=PUBLIC)(read_cup)
