"""Tests the live feed as a browser sees it: hello, snapshot, numbered deltas, resume; hidden numbers; slow clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiohttp import ClientConnectionResetError, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from callcenter.calls.deltas import AGENT, CALL, FLAG, LINK, AgentDelta, CallDelta, FlagDelta, LinkDelta, instant
from callcenter.facts import AgentNumber, CallId, CustomerId
from callcenter.storage.database import Database
from callcenter.web import live_socket
from callcenter.web.live import Feed
from callcenter.web.ports import DeltaKind
from callcenter.web.roles import Person, Role
from tests.support.web_centre import Time, WebCentre, open_web_centre

CALLER = "13800138000"
SUPERVISOR = Person("1", "boss", "主管", frozenset({Role.SUPERVISOR}))
LILEI = Person("2", "lilei", "李雷", frozenset({Role.AGENT}), AgentNumber("1001"))
HANMEI = Person("4", "hanmei", "韩梅梅", frozenset({Role.AGENT}), AgentNumber("1002"))
SCREEN = Person("3", "token:screen", "screen", frozenset({Role.WALLBOARD}))


AVAILABLE: AgentDelta = {
    "number": "1001",
    "name": "李雷",
    "phone": "1001",
    "state": "available",
    "reason": "",
    "since": None,
    "call": None,
    "reachable": True,
    "wrap_up_until": None,
    "page": "none",
    "set_by": "",
    "after_call": "",
    "after_reason": "",
    "calls": [],
}
RING: FlagDelta = {
    "id": "R1:c:caller",
    "clause": "R1",
    "policy_version": "1",
    "raised_at": None,
    "call": CallId("c"),
    "agent": "1001",
    "state": "confirmed",
    "by": "boss",
    "reason": "听过",
    "facts": {"side": "both", "phone": "1001", "leg": "c.2"},
}


def ring(**changes: Any) -> FlagDelta:
    return cast(FlagDelta, {**RING, **changes})


CASE = DeltaKind("case", dict[str, str], "people, not screens")


def call(number: int, **changes: Any) -> CallDelta:
    call: CallDelta = {
        "id": f"pbx1-{number}.1",
        "linkedid": f"{number}.1",
        "direction": "inbound",
        "line": None,
        "queue": None,
        "caller_number": CALLER,
        "caller_name": "王先生",
        "called_number": "4001",
        "customer_id": CustomerId("c-7"),
        "arrived_at": None,
        "queued_at": None,
        "answered_at": None,
        "ended_at": None,
        "outcome": None,
        "agent": None,
        "hung_up_by": None,
        "late": None,
        "held_since": None,
        "muted": False,
        "kept_since": None,
        "offers": [],
        "path": [],
    }
    return cast(CallDelta, {**call, **changes})


@asynccontextmanager
async def watching(centre: WebCentre, query: str = "", **headers: str) -> AsyncIterator[ClientWebSocketResponse]:
    origin = {"Origin": f"http://{centre.client.host}:{centre.client.port}"}
    async with centre.client.ws_connect(f"/api/v1/live{query}", headers={**origin, **headers}) as socket:
        yield socket


async def message_of(socket: ClientWebSocketResponse, kind: str) -> Any:
    async with asyncio.timeout(5):
        while True:
            message = await socket.receive_json()
            if message["type"] == kind:
                return message


async def refused(centre: WebCentre, **headers: str) -> int:
    with pytest.raises(WSServerHandshakeError) as error:
        await centre.client.ws_connect("/api/v1/live", headers=headers)
    return error.value.status


async def test_a_client_is_shown_the_floor_and_then_every_change_in_order(centre: WebCentre) -> None:
    centre.feed.publish(CALL, call(1))
    centre.feed.publish(AGENT, AVAILABLE)
    link: LinkDelta = {"connected": True, "state": "live", "rings_watched": True, "since": instant(centre.time())}
    centre.feed.publish(LINK, link)
    await centre.sign_in("supervisor")
    async with watching(centre) as socket:
        hello = await message_of(socket, "hello")
        assert (hello["seq"], hello["epoch"]) == (3, centre.feed.epoch)
        snapshot = await message_of(socket, "snapshot")
        assert snapshot["seq"] == 3
        assert sorted(snapshot["data"]) == ["agents", "calls", "duty", "flags", "link", "queues"]
        assert snapshot["data"]["calls"][0]["caller_number"] == CALLER
        assert snapshot["data"]["link"]["since"] == "2026-11-23T08:00:00Z"
        for number in range(2, 5):
            centre.feed.publish(CALL, call(number))
        deltas = [await message_of(socket, "delta") for _ in range(3)]
        assert [delta["seq"] for delta in deltas] == [4, 5, 6]
        assert deltas[0]["kind"] == "call"


async def test_a_call_that_has_ended_leaves_the_snapshot() -> None:
    feed = Feed(Time())
    feed.publish(CALL, call(1))
    feed.publish(CALL, call(2))
    feed.publish(CALL, call(1, ended_at="2026-11-23T08:00:00Z", outcome="answered"))
    snapshot = feed.snapshot(SUPERVISOR).decode()
    assert "pbx1-2.1" in snapshot
    assert "pbx1-1.1" not in snapshot


async def test_a_client_that_comes_back_gets_only_what_it_missed(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    for number in range(1, 6):
        centre.feed.publish(CALL, call(number))
    async with watching(centre, f"?resume=3&epoch={centre.feed.epoch}") as socket:
        assert (await message_of(socket, "hello"))["resumed"] is True
        assert [(await message_of(socket, "delta"))["seq"] for _ in range(2)] == [4, 5]


@pytest.mark.parametrize("query", ["?resume=3&epoch=other", "?resume=99&epoch={}", "?resume=1&epoch={}", "?resume=3"])
async def test_what_cannot_be_resumed_begins_with_a_snapshot(sqlite_database: Database, query: str) -> None:
    async with open_web_centre(sqlite_database, history=3) as centre:
        for number in range(1, 6):
            centre.feed.publish(CALL, call(number))
        await centre.sign_in("supervisor")
        async with watching(centre, query.format(centre.feed.epoch)) as socket:
            assert (await message_of(socket, "hello"))["resumed"] is False
            assert (await message_of(socket, "snapshot"))["seq"] == 5


async def test_after_a_gap_all_clients_get_a_new_snapshot(sqlite_centre: WebCentre) -> None:
    centre = sqlite_centre
    centre.feed.publish(CALL, call(1))
    await centre.sign_in("supervisor")
    async with watching(centre) as socket:
        await message_of(socket, "snapshot")
        centre.feed.replace({"calls": [call(2)], "agents": [], "queues": [], "flags": []})
        snapshot = await message_of(socket, "snapshot")
        assert snapshot["reason"] == "replaced"
        assert [entry["id"] for entry in snapshot["data"]["calls"]] == ["pbx1-2.1"]
        centre.feed.publish(CALL, call(3))
        assert (await message_of(socket, "delta"))["seq"] == 3


async def test_a_slow_client_gets_a_snapshot_and_delays_no_other() -> None:
    feed = Feed(Time(), queue=5)
    slow, quick = feed.join(SUPERVISOR), feed.join(SUPERVISOR)
    await feed.following(quick)
    for number in range(20):
        assert feed.publish(CALL, call(number)) == number + 1
        assert len(await feed.following(quick)) == 1
    assert len(slow.waiting) <= 5
    (text,) = await feed.following(slow)
    assert b'"reason":"lagged"' in text
    assert b'"seq":20' in text
    feed.publish(CALL, call(30))
    (text,) = await feed.following(slow)
    assert b'"seq":21' in text


async def test_a_client_that_stops_reading_gets_all_or_a_snapshot_and_never_out_of_order(
    sqlite_centre: WebCentre,
) -> None:
    centre = sqlite_centre
    await centre.sign_in("supervisor")
    async with watching(centre) as socket:
        await message_of(socket, "snapshot")
        sent = 0
        # Bursts of many sizes, with frames of every length of header; the client reads nothing meanwhile.
        for burst in range(60):
            for number in range(burst % 7):
                sent += 1
                centre.feed.publish(CALL, call(number, caller_name="名" * (1, 40, 30_000)[sent % 3]))
            await asyncio.sleep(0)
        seen: list[int] = []
        while not seen or seen[-1] < sent:
            async with asyncio.timeout(5):
                message = await socket.receive_json()
            if message["type"] in ("delta", "snapshot"):
                seen.append(message["seq"])
        assert seen == sorted(set(seen))
        assert len(seen) == sent


async def test_what_is_published_together_is_written_together() -> None:
    feed, written = Feed(Time()), list[list[bytes]]()

    def write(texts: Sequence[bytes]) -> bool:
        written.append(list(texts))
        return len(written) != 2

    client = feed.join(SUPERVISOR)
    await feed.following(client)
    client.write = write
    for _ in range(2):
        feed.publish(CALL, call(1))
        feed.publish(CALL, call(2))
        await asyncio.sleep(0)
    assert [[json.loads(text)["seq"] for text in texts] for texts in written] == [[1, 2], [3, 4]]
    # What the connection did not take is left to the client's task.
    assert [json.loads(text)["seq"] for text in await feed.following(client)] == [3, 4]


async def test_only_leaders_and_the_agents_on_the_call_see_who_is_calling() -> None:
    feed = Feed(Time())
    clients = {person.login: feed.join(person) for person in (SUPERVISOR, LILEI, SCREEN)}
    for client in clients.values():
        await feed.following(client)

    async def sees_call(login: str) -> bool:
        (text,) = (sent.decode() for sent in await feed.following(clients[login]))
        assert (CALLER in text) == ("王先生" in text)
        return CALLER in text

    feed.publish(CALL, call(1))
    assert [await sees_call(login) for login in clients] == [True, False, False]
    feed.publish(CALL, call(1, offers=[{"agent": "1001"}]))
    assert [await sees_call(login) for login in clients] == [True, True, False]
    feed.publish(CALL, call(1, agent="1002"))
    assert [await sees_call(login) for login in clients] == [True, False, False]
    assert CALLER in feed.snapshot(SUPERVISOR).decode()
    assert CALLER not in feed.snapshot(LILEI).decode()
    assert "138****8000" in feed.snapshot(SCREEN).decode()


async def test_what_is_meant_for_one_agent_reaches_that_agent_and_leaders_only() -> None:
    feed = Feed(Time())
    other = Person("4", "hanmei", "韩梅梅", frozenset({Role.AGENT}), AgentNumber("1002"))
    clients = [feed.join(person) for person in (SUPERVISOR, LILEI, other)]
    for client in clients:
        await feed.following(client)
    feed.publish(FLAG, RING, frozenset({"1001"}))
    assert [len(client.waiting) for client in clients] == [1, 1, 0]
    assert '"R1"' in feed.snapshot(LILEI).decode()
    assert '"R1"' not in feed.snapshot(other).decode()


async def test_a_wallboard_counts_late_rings_and_names_no_one() -> None:
    feed = Feed(Time())
    screen, agent = feed.join(SCREEN), feed.join(LILEI)
    for client in (screen, agent):
        await feed.following(client)
    feed.publish(FLAG, RING, frozenset({"1001"}))
    feed.publish(FLAG, ring(id="C2:c", clause="C2"), frozenset({"1001"}))
    feed.publish(CASE, {"number": "2026-0001"})
    feed.publish(FLAG, ring(id="R1:d:caller", agent=None), frozenset())
    on_the_wall = [json.loads(text)["data"] for text in screen.waiting]
    assert [entry["id"] for entry in on_the_wall] == ["R1:c:caller", "R1:d:caller"]
    assert on_the_wall[0] == {
        **RING,
        "agent": None,
        "by": None,
        "reason": None,
        "facts": {"side": "both", "phone": None, "leg": None},
    }
    assert "1001" not in json.dumps(json.loads(feed.snapshot(SCREEN))["data"]["flags"])
    seen = [json.loads(text) for text in agent.waiting]
    assert [entry["data"].get("id", entry["kind"]) for entry in seen] == ["R1:c:caller", "C2:c", "case"]


async def test_a_file_names_its_number_so_it_is_hidden_with_it() -> None:
    feed = Feed(Time())
    feed.publish(CALL, call(1, offers=[{"agent": "1002"}]))
    assert '"customer_id":null' in feed.snapshot(LILEI).decode()
    assert '"customer_id":"c-7"' in feed.snapshot(SUPERVISOR).decode()


async def test_a_new_snapshot_of_the_floor_keeps_the_flags_and_what_was_decided_on_them() -> None:
    feed = Feed(Time())
    feed.begin_with(FLAG, [(ring(id="R5:old", clause="R5"), frozenset({"1001"}))])
    feed.publish(FLAG, RING, frozenset({"1001"}))
    feed.replace({"calls": [], "agents": [], "queues": [], "duty": {}, "link": {}})
    for person, ids in ((SUPERVISOR, ["R5:old", "R1:c:caller"]), (LILEI, ["R5:old", "R1:c:caller"]), (HANMEI, [])):
        flags = json.loads(feed.snapshot(person))["data"]["flags"]
        assert [entry["id"] for entry in flags] == ids
        assert all(entry["state"] == "confirmed" for entry in flags)


async def test_a_foreign_page_a_stranger_and_a_bad_number_are_refused(centre: WebCentre) -> None:
    assert await refused(centre) == 401
    await centre.sign_in("lilei")
    assert await refused(centre, Origin="https://evil.example") == 403
    assert await refused(centre) == 403
    answer = await centre.client.get("/api/v1/live?resume=x", headers=await centre.token(Role.SUPERVISOR))
    assert (answer.status, (await answer.json())["code"]) == (422, "invalid")


async def test_a_wallboard_looks_with_its_token_and_can_do_nothing_else(centre: WebCentre) -> None:
    bearer = (await centre.token(Role.WALLBOARD))["Authorization"].removeprefix("Bearer ")
    protocols = ("cc.live", f"cc.bearer.{bearer}")
    async with centre.client.ws_connect("/api/v1/live", protocols=protocols) as socket:
        assert socket.protocol == "cc.live"
        await message_of(socket, "snapshot")
    assert (await centre.client.get("/api/v1/session", headers={"Authorization": f"Bearer {bearer}"})).status == 403


async def test_who_was_signed_out_sees_nothing_more(centre: WebCentre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_socket, "HEARTBEAT_SECONDS", 0.3)
    await centre.sign_in("lilei")
    async with watching(centre) as socket:
        assert (await message_of(socket, "heartbeat"))["seq"] == 0
        await centre.web_services.people.sign_out_everywhere(centre.ids["lilei"])
        # The client answers the close; the server may have gone by then.
        with contextlib.suppress(ClientConnectionResetError):
            async with asyncio.timeout(5):
                while (await socket.receive()).type is WSMsgType.TEXT:
                    pass
        assert socket.close_code == live_socket.SIGNED_OUT
    async with asyncio.timeout(5):
        while centre.feed.clients:  # noqa: ASYNC110 - a bounded wait.
            await asyncio.sleep(0.01)


async def test_hostile_names_travel_as_data(sqlite_centre: WebCentre) -> None:
    await sqlite_centre.sign_in("supervisor")
    async with watching(sqlite_centre) as socket:
        await message_of(socket, "snapshot")
        for name in ("a\r\nb", "<script>alert(1)</script>", "😀" * 1000, '"}', "x" * 4096):
            sqlite_centre.feed.publish(CALL, call(1, caller_name=name))
            assert (await message_of(socket, "delta"))["data"]["caller_name"] == name


async def test_shutting_down_asks_clients_to_reconnect(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database) as centre:
        await centre.sign_in("supervisor")
        async with watching(centre) as socket:
            await message_of(socket, "snapshot")
            closing = asyncio.create_task(centre.client.server.close(), name="close")
            async with asyncio.timeout(5):
                assert (await socket.receive()).type is WSMsgType.CLOSE
            assert socket.close_code == 1001
            await closing
