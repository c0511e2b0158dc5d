"""Tests leave, swaps, needs and shortages as agents and supervisors see them over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from callcenter import clock
from callcenter.agents.model import Agent, Phone
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.model import Line, Queue
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.web_centre import PASSWORD, Client, seen

PEOPLE = {
    "lilei": ("1001", Role.AGENT),
    "hanmei": ("1002", Role.AGENT),
    "zhuli": (None, Role.ASSISTANT),
    "boss": (None, Role.SUPERVISOR),
}
HOUR = timedelta(hours=1)


@dataclass
class Floor:
    centre: Centre
    clients: dict[str, tuple[Client, str]]

    async def ask(self, login: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        client, csrf = self.clients[login]
        given = {"X-CSRF-Token": csrf}
        if method == "PUT":
            given |= await seen(client, f"/api/v1{path}")
        answer = await client.request(method, f"/api/v1{path}", headers=given, json=body)
        return answer.status, await answer.json() if answer.status != 204 else None

    async def done(self, login: str, method: str, path: str, body: object = None) -> Any:
        status, answer = await self.ask(login, method, path, body)
        assert status < 300, answer
        return answer

    async def shift(self, agent: str, start: timedelta, end: timedelta) -> int:
        now = clock.now()
        span = {"starts_at": (now + start).isoformat(), "ends_at": (now + end).isoformat()}
        shift: int = (await self.done("boss", "POST", "/shifts", {"agent": agent, "line": "orders", **span}))["id"]
        return shift


@pytest_asyncio.fixture
async def floor(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Floor]:
    centre = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    await centre.queues.add(Queue(QueueCode("general"), skill="en", min_level=3), None)
    await centre.lines.add(Line(LineCode("orders"), QueueCode("general")), None)
    async with AsyncExitStack() as stack:
        server = TestServer(application(centre))
        await server.start_server()
        stack.push_async_callback(server.close)
        clients = {}
        for login, (agent, role) in PEOPLE.items():
            if agent is not None:
                await centre.agents.add(Agent(AgentNumber(agent), login, {"en": 4}, phones=(Phone(agent),)), None)
            await centre.web_services.people.add(login, login, PASSWORD, frozenset({role}), agent)
            client: Client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
            stack.push_async_callback(client.session.close)
            answer = await client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
            clients[login] = (client, (await answer.json())["csrf_token"])
        await centre.agents.add(Agent(AgentNumber("1003"), "不会英语", phones=(Phone("1003"),)), None)
        yield Floor(centre, clients)


async def test_D3_D4_sickness_finds_a_substitute_and_a_swap_moves_the_duty_over_http(floor: Floor) -> None:
    shift = await floor.shift("1001", -HOUR, 6 * HOUR)
    span = {"starts_at": (clock.now() - HOUR).isoformat(), "ends_at": (clock.now() + 12 * HOUR).isoformat()}
    status, problem = await floor.ask("lilei", "POST", "/leaves", {"kind": "personal", "reason": "头疼", **span})
    assert (status, problem["code"]) == (422, "bad_leave")
    sick = await floor.done("lilei", "POST", "/leaves", {"kind": "sick", "reason": "发烧", **span})
    effect = await floor.done("boss", "GET", f"/leaves/{sick['id']}/effect")
    assert [(short["line"], short["required"], short["on_duty"]) for short in effect["shortages"]] == [("orders", 1, 0)]
    status, problem = await floor.ask("boss", "POST", f"/leaves/{sick['id']}/approve", {})
    assert (status, problem["code"]) == (409, "coverage_would_fall")
    free = await floor.done("boss", "GET", f"/shifts/{shift}/substitutes")
    assert [(person["agent"], person["level"]) for person in free["items"]] == [("1002", 4)]
    decision = {"reason": "已通知同事", "despite_shortage": True}
    approved = await floor.done("boss", "POST", f"/leaves/{sick['id']}/approve", decision)
    assert [step["event"] for step in approved["steps"]] == ["request", "approve"]
    assert (await floor.done("boss", "GET", "/duty"))["duty"] == {}
    await floor.shift("1002", -HOUR, 6 * HOUR)
    assert (await floor.done("lilei", "GET", "/duty"))["duty"] == {"orders": ["1002"]}
    assert (await floor.ask("hanmei", "GET", f"/leaves/{sick['id']}"))[0] == 404
    tomorrow = await floor.shift("1001", 26 * HOUR, 30 * HOUR)
    swap = await floor.done("lilei", "POST", "/swaps", {"shift": tomorrow, "colleague": "1002"})
    assert [item["id"] for item in (await floor.done("hanmei", "GET", "/swaps?state=asked"))["items"]] == [swap["id"]]
    await floor.done("hanmei", "POST", f"/swaps/{swap['id']}/agree", {})
    await floor.done("boss", "POST", f"/swaps/{swap['id']}/approve", {})
    assert (await floor.done("hanmei", "GET", f"/shifts/{tomorrow}"))["agent"] == "1002"


async def test_D2_needs_are_replaced_whole_and_shortages_follow(floor: Floor) -> None:
    speaker = {"skill": "xiang-changsha", "level": 3, "agents": 1}
    whole = {"start": "00:00", "end": "24:00", "agents": 2, "skills": [speaker]}
    needs = [{"weekday": day} | whole for day in range(1, 8)]
    week = await floor.done("boss", "PUT", "/lines/orders/needs", {"needs": needs})
    assert week["needs"] == needs
    await floor.shift("1001", -HOUR, 6 * HOUR)
    now = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (clock.now() + HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    short = (await floor.done("lilei", "GET", f"/shifts/shortages?from={now}&to={until}"))["items"]
    assert [(gap["required"], gap["on_duty"], gap["skill"]) for gap in short] == [
        (2, 1, None),
        (1, 0, "xiang-changsha"),
    ]
    for wrong in (
        {"weekday": 1, "start": "08:10", "end": "09:00", "agents": 1},
        needs[0] | {"weekday": 8},
        needs[0] | {"skills": [speaker | {"agents": 3}]},
        needs[0] | {"skills": [speaker | {"skill": "长沙话"}]},
    ):
        assert (await floor.ask("boss", "PUT", "/lines/orders/needs", {"needs": [wrong]}))[0] == 422
    assert (await floor.ask("lilei", "PUT", "/lines/orders/needs", {"needs": []}))[0] == 403
    assert (await floor.ask("boss", "GET", "/lines/nowhere/needs"))[0] == 404


async def test_D1_a_roster_is_planned_printed_and_read_as_a_calendar_over_http(floor: Floor) -> None:
    await floor.done("boss", "PUT", "/roster/patterns/早", {"name": "早班", "start": "08:00", "end": "17:00"})
    first = clock.now().date() + timedelta(days=10)
    day, last = (first + timedelta(days=1)).isoformat(), (first + timedelta(days=6)).isoformat()
    week = {"line": "orders", "first_day": first.isoformat(), "last_day": last, "source": "empty"}
    assert (await floor.ask("lilei", "POST", "/roster/plans", week))[0] == 403
    plan = (await floor.done("boss", "POST", "/roster/plans", week))["id"]
    entries = [{"agent": "1001", "day": day, "pattern": "早"}]
    await floor.done("boss", "PUT", f"/roster/plans/{plan}", {"entries": entries})
    assert (await floor.ask("lilei", "GET", f"/roster/plans/{plan}"))[0] == 404
    for wrong in ({"agent": "1001", "day": day, "pattern": "x"}, {"agent": "1001"}):
        assert (await floor.ask("boss", "PUT", f"/roster/plans/{plan}", {"entries": [wrong]}))[0] == 422
    review = await floor.done("boss", "GET", f"/roster/plans/{plan}/review")
    assert [change["kind"] for change in review["differences"]] == ["added"]
    body = {"fingerprint": review["fingerprint"], "handed_to": "行政部"}
    assert (await floor.ask("lilei", "POST", f"/roster/plans/{plan}/publish", body))[0] == 403
    assert (await floor.done("boss", "POST", f"/roster/plans/{plan}/publish", body))["number"] == 1
    (notice,) = (await floor.done("lilei", "GET", "/roster/notices?unseen=true"))["items"]
    assert (await floor.ask("hanmei", "POST", f"/roster/notices/{notice['id']}/seen"))[0] == 404
    assert (await floor.done("lilei", "POST", f"/roster/notices/{notice['id']}/seen"))["seen_at"] is not None
    client, _ = floor.clients["lilei"]
    sheet = await client.get(f"/api/v1/roster/plans/{plan}/form.html")
    assert (sheet.status, "1001 lilei" in await sheet.text()) == (200, True)
    table = await client.get(f"/api/v1/roster/plans/{plan}/table?format=csv&language=en")
    assert (await table.text()).splitlines()[1] == "1001,lilei,,早,,,,,,9.0"
    # The address is open to programs without a sign-in, and to no one once it is revoked.
    path = (await floor.done("lilei", "POST", "/roster/calendar"))["path"]
    client.session.cookie_jar.clear()
    feed = await client.get(path)
    assert (feed.status, feed.content_type) == (200, "text/calendar")
    assert f"DTSTART:{day.replace('-', '')}T000000Z" in await feed.text()
    await floor.done("boss", "DELETE", "/agents/1001/roster-calendar")
    assert (await client.get(path)).status == 404


async def test_D4_H3_the_forms_of_leave_and_handover_are_printed_over_http(floor: Floor) -> None:
    await floor.shift("1001", -HOUR, 6 * HOUR)
    span = {"starts_at": (clock.now() + HOUR).isoformat(), "ends_at": (clock.now() + 12 * HOUR).isoformat()}
    leave = (await floor.done("lilei", "POST", "/leaves", {"kind": "sick", "reason": "<b>发烧</b>", **span}))["id"]
    handover = (await floor.done("lilei", "POST", "/handovers"))["id"]
    client, _ = floor.clients["lilei"]
    form = await (await client.get(f"/api/v1/leaves/{leave}/form.html")).text()
    assert ("请假单" in form, "病假" in form, "<b>发烧" in form) == (True, True, False)
    log = await (await client.get(f"/api/v1/handovers/{handover}/form.html?language=en")).text()
    assert ("Handover log" in log, "1001 lilei" in log) == (True, True)
    other, _ = floor.clients["hanmei"]
    assert (await other.get(f"/api/v1/leaves/{leave}/form.pdf")).status == 404


async def test_D4_K4_the_cases_of_an_agent_who_goes_on_leave_are_shown_to_leaders(floor: Floor) -> None:
    facts = {"what_happened": "漏气", "product": "酱板鸭", "wanted": "退款", "severity": "normal"}
    case = (await floor.done("lilei", "POST", "/cases", facts))["number"]
    span = {"starts_at": (clock.now() + HOUR).isoformat(), "ends_at": (clock.now() + 400 * HOUR).isoformat()}
    leave = (await floor.done("lilei", "POST", "/leaves", {"kind": "annual", "reason": "探亲", **span}))["id"]
    listed = await floor.done("boss", "GET", f"/leaves/{leave}/cases")
    assert [owned["number"] for owned in listed["items"]] == [case]
    assert (await floor.ask("lilei", "GET", f"/leaves/{leave}/cases"))[0] == 403
