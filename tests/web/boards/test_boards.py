"""Tests boards and the tokens of their screens: each opens one board and the live things of it, and nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import pytest_asyncio
import structlog
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from callcenter import clock
from callcenter.calls.deltas import AGENT, CALL, DUTY, FLAG, LINK, QUEUE
from callcenter.calls.figures.deltas import FIGURES
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.cli.boards import app
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.supervision.messages.deltas import MESSAGE
from callcenter.web.boards.rows import ScreenTokenRow
from callcenter.web.ports import DeltaKind
from callcenter.web.roles import Access, Person, Role
from callcenter.web.serving import MOUNTED
from tests.support.shell import folder_with, run
from tests.support.web_centre import PASSWORD, Client

BOARD = {"name": "大厅", "lines": ["orders"], "parts": ["figures", "calls"], "turn_seconds": 8}


class Room:
    def __init__(self, centre: Centre, client: Client, leader: Person) -> None:
        self.centre, self.client, self.leader = centre, client, leader
        self.headers: dict[str, str] = {}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.client.request(method, f"/api/v1{path}", json=body, headers=given) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def screen(self, code: str, body: dict[str, Any] = BOARD) -> str:
        """A board and the token of a screen for it, as its leader makes them."""
        assert (await self.ask("PUT", f"/boards/{code}", body))[0] == 200
        status, created = await self.ask("POST", f"/boards/{code}/tokens", {"name": "大厅电视"})
        assert status == 201
        return str(created["token"])


@pytest_asyncio.fixture
async def room(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    people = joined.web_services.people
    leader = await people.add("zhang", "张班长", PASSWORD, frozenset({Role.SUPERVISOR}))
    await people.add("boss", "王主任", PASSWORD, frozenset({Role.ADMINISTRATOR}))
    async with TestClient(TestServer(application(joined))) as client:
        opened = Room(joined, client, leader.person)
        await sign_in(opened, "boss")
        for line, queue in (("orders", "general"), ("complaints", "care")):
            names = {"zh-CN": line, "en": line}
            assert (await opened.ask("POST", "/queues", {"code": queue, "names": names}))[0] == 201
            assert (await opened.ask("POST", "/lines", {"code": line, "queue": queue, "names": names}))[0] == 201
        await sign_in(opened, "zhang")
        yield opened


async def sign_in(room: Room, login: str) -> None:
    async with room.client.post("/api/v1/session", json={"login": login, "password": PASSWORD}) as answer:
        room.headers = {"X-CSRF-Token": (await answer.json())["csrf_token"]}


def sample_of(kind: DeltaKind[Any]) -> Any:
    """The data of a kind, empty."""
    return dict.fromkeys(get_type_hints(kind.shape))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def read_wall(room: Room, token: str, query: str = "") -> tuple[int, Any]:
    async with room.client.get(f"/api/v1/wall{query}", headers=bearer(token)) as answer:
        return answer.status, await answer.json()


async def test_S1_the_token_of_a_screen_opens_its_board_and_no_other_route(room: Room) -> None:
    token = await room.screen("hall")
    status, wall = await read_wall(room, token)
    assert (status, wall["board"]) == (200, {"code": "hall", **BOARD})
    assert [line["code"] for line in wall["lines"]] == ["orders"]
    assert [queue["code"] for queue in wall["queues"]] == ["general"]
    assert [figures["line"] for figures in wall["figures"]] == ["orders"]
    # No number of the line and no part of its settings.
    assert set(wall["lines"][0]) == {"code", "queue", "names", "cadence_country"}
    await room.ask("PUT", "/boards/office", {**BOARD, "lines": []})
    assert (await read_wall(room, token, "?board=office"))[1]["code"] == "other_board"
    assert (await read_wall(room, token, "?board=hall"))[0] == 200
    opened = []
    room.client.session.cookie_jar.clear()
    for prefix, route in room.client.app[MOUNTED].routes:
        if route.roles is Access.PUBLIC or route.path == "/wall":
            continue
        address = prefix + re.sub(r"{\w+[^{}]*}", "1", route.path)
        async with room.client.request(route.method, address, headers=bearer(token), data=b"{") as answer:
            if answer.status not in (401, 403):
                opened.append((route.method, route.path, answer.status))
    assert opened == []
    async with room.client.get("/api/v1/house", headers=bearer(token)) as answer:
        assert (await answer.json())["staff"] is None
    async with room.client.get("/api/v1/phone/ws", headers=bearer(token)) as answer:
        assert answer.status in (401, 403, 404)


async def test_S1_a_screen_sees_the_live_things_of_its_board(room: Room) -> None:
    token = await room.screen("hall")
    feed: Any = room.centre.feed
    whole = await room.screen("whole", {**BOARD, "lines": [], "parts": ["figures", "queues", "calls", "agents"]})
    seen = {}
    for name, value in (("hall", token), ("whole", whole)):
        protocols = ("cc.live", f"cc.bearer.{value}")
        seen[name] = await room.client.ws_connect("/api/v1/live", protocols=protocols)
        assert (await seen[name].receive_json())["type"] == "hello"
        assert (await seen[name].receive_json())["type"] == "snapshot"
    call, figures, queue = sample_of(CALL), sample_of(FIGURES), sample_of(QUEUE)
    for line, code in (("orders", "general"), ("complaints", "care")):
        feed.publish(CALL, {**call, "id": line, "line": line, "caller_number": "13974815002"})
        feed.publish(FIGURES, {**figures, "line": line})
        feed.publish(QUEUE, {**queue, "code": code})
    feed.publish(FIGURES, {**figures, "line": None})
    feed.publish(FLAG, {**sample_of(FLAG), "id": "f1", "clause": "R1", "agent": "1001", "facts": {}})
    feed.publish(AGENT, sample_of(AGENT))
    feed.publish(DUTY, {"general": ["1001"]})
    feed.publish(MESSAGE, sample_of(MESSAGE))
    # The last thing that every screen sees: what has come before it is all there is.
    feed.publish(LINK, sample_of(LINK))
    deltas = {name: await until_link(socket) for name, socket in seen.items()}
    assert [kind for kind, _ in deltas["hall"]] == ["call", "figures", "queue", "link"]
    assert deltas["hall"][0][1]["caller_number"] == "139****5002"
    assert deltas["hall"][1][1]["line"] == "orders"
    kinds = ["call", "queue", "call", "queue", "figures", "flag", "agent", "duty", "link"]
    assert [kind for kind, _ in deltas["whole"]] == kinds
    assert deltas["whole"][5][1]["agent"] is None
    for socket in seen.values():
        await socket.close()


async def until_link(socket: Any) -> list[tuple[str, Any]]:
    deltas: list[tuple[str, Any]] = []
    while not deltas or deltas[-1][0] != "link":
        message = await socket.receive(timeout=20)
        assert message.type is WSMsgType.TEXT
        delta = json.loads(message.data)
        if delta["type"] == "delta":
            deltas.append((delta["kind"], delta["data"]))
    return deltas


async def test_a_token_is_shown_once_and_ends_by_any_leader_its_day_its_board_or_its_creator(room: Room) -> None:
    token = await room.screen("hall")
    listed = (await room.ask("GET", "/boards/hall/tokens"))[1]["items"]
    assert [(each["name"], each["created_by"], each["revoked_at"]) for each in listed] == [("大厅电视", "zhang", None)]
    assert token not in json.dumps(listed)
    async with room.centre.database.read() as session:
        rows = list(await session.scalars(select(ScreenTokenRow)))
    assert token not in repr([vars(row) for row in rows])
    # A change of the board is followed, an If-Match required.
    assert (await room.ask("PUT", "/boards/hall", {**BOARD, "lines": []}))[0] == 428
    await sign_in(room, "boss")
    assert (await room.ask("DELETE", f"/boards/hall/tokens/{listed[0]['id']}"))[0] == 204
    assert (await read_wall(room, token))[0] == 401
    assert (await room.ask("DELETE", f"/boards/hall/tokens/{listed[0]['id']}"))[1]["code"] == "unknown_screen"
    past = {"name": "昨天", "expires_at": (clock.now() - timedelta(seconds=1)).isoformat()}
    _, expired = await room.ask("POST", "/boards/hall/tokens", past)
    assert (await read_wall(room, expired["token"]))[0] == 401
    await sign_in(room, "zhang")
    _, second = await room.ask("POST", "/boards/hall/tokens", {"name": "二楼"})
    _, third = await room.ask("POST", "/boards/hall/tokens", {"name": "三楼"})
    people = room.centre.web_services.people
    await people.change(room.leader.id, name="张", roles=frozenset({Role.AGENT}), agent=None, active=True)
    assert (await read_wall(room, second["token"]))[0] == 401
    await people.change(room.leader.id, name="张", roles=frozenset({Role.SUPERVISOR}), agent=None, active=True)
    assert (await read_wall(room, third["token"]))[0] == 200
    await sign_in(room, "boss")
    assert (await room.ask("DELETE", "/boards/hall"))[0] == 204
    assert (await read_wall(room, third["token"]))[0] == 401
    # A new board of that code is another one.
    await room.ask("PUT", "/boards/hall", BOARD)
    assert (await read_wall(room, third["token"]))[0] == 401


async def test_what_a_board_may_not_be_is_refused_in_words(room: Room) -> None:
    refused = [
        ("/boards/hall", {**BOARD, "lines": ["nowhere"]}, "unknown_line"),
        ("/boards/hall", {**BOARD, "lines": ["orders", "orders"]}, "bad_board"),
        ("/boards/hall", {**BOARD, "parts": ["calls", "calls"]}, "bad_board"),
        (f"/boards/{'x' * 32}", BOARD, "bad_board"),
    ]
    for path, body, code in refused:
        assert (await room.ask("PUT", path, body))[1]["code"] == code, (path, body)
    wrongs: list[dict[str, Any]] = [{"parts": []}, {"parts": ["customers"]}, {"turn_seconds": 1}, {"name": " "}]
    for wrong in wrongs:
        assert (await room.ask("PUT", "/boards/hall", {**BOARD, **wrong}))[0] == 422
    assert (await room.ask("POST", "/boards/none/tokens", {"name": "x"}))[1]["code"] == "unknown_board"
    assert (await room.ask("GET", "/boards/none/tokens"))[1]["code"] == "unknown_board"
    assert (await room.ask("GET", "/wall?board=none"))[1]["code"] == "unknown_board"
    assert (await room.ask("GET", "/boards"))[1]["items"] == []


async def test_the_log_of_a_screens_requests_has_no_token(room: Room) -> None:
    token = await room.screen("hall")
    with structlog.testing.capture_logs() as lines:
        assert (await read_wall(room, token))[0] == 200
        # As a browser would send it if it stood in the address after all.
        async with room.client.get(f"/wall?token={token}", headers={"Referer": f"http://x/wall#token={token}"}) as got:
            assert got.status in (200, 503)
    assert token not in json.dumps(lines, default=str)


def test_S1_a_leader_makes_lists_and_revokes_tokens_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = {"zhang": ("张班长", Role.SUPERVISOR), "lilei": ("李雷", Role.AGENT)}
    folder_with(tmp_path, monkeypatch, people)
    run(app, "set", "hall", "--name", "大厅", "--part", "calls", "--by", "zhang")
    assert "forbidden" in run(app, "set", "hall", "--name", "大厅", "--by", "lilei", fails=True)
    assert run(app, "list").split() == ["hall", "-", "calls", "12s", "大厅"]
    id, address = run(app, "token", "hall", "--name", "电视", "--until", "2099-01-01", "--by", "zhang").split()
    assert address.startswith("/wall#token=cc_wall_")
    listed = run(app, "tokens", "hall")
    assert id in listed
    assert "in use" in listed
    assert address.partition("=")[2] not in listed
    run(app, "revoke", "hall", id, "--by", "zhang")
    assert "revoked" in run(app, "tokens", "hall")
    run(app, "delete", "hall", "--by", "zhang")
    assert run(app, "list") == ""
