"""Tests work logs and unusual customers as users see them, over HTTP on the joined centre (W4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from callcenter import clock
from callcenter.agents.model import Agent, Phone
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Outcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change, save
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.customers.erasure import CUSTOMER_ERASED
from callcenter.facts import AgentNumber, LineCode, QueueCode, linkedid_of
from callcenter.roster.rows import ShiftRow
from callcenter.routing.model import Line, Queue
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.web_centre import PASSWORD, Client, seen

PEOPLE = {"lilei": ("1001", Role.AGENT), "hanmei": ("1002", Role.AGENT), "boss": (None, Role.SUPERVISOR)}
SECTIONS = {"learned": "新品酱板鸭有小包装", "suggestions": '=HYPERLINK("x")<b>客户想要</b>'}


@dataclass
class Floor:
    centre: Centre
    database: Database
    clients: dict[str, tuple[Client, str]]

    @property
    def today(self) -> str:
        return clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()

    async def ask(self, login: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        client, csrf = self.clients[login]
        given = {"X-CSRF-Token": csrf, **headers}
        if method == "PUT" and "If-Match" not in headers:
            given |= await seen(client, f"/api/v1{path}")
        answer = await client.request(method, f"/api/v1{path}", headers=given, json=body)
        return answer.status, await answer.json() if answer.status != 204 else None

    async def call(self, agent: str, number: str, at: datetime) -> None:
        record = CallRecord(
            "pbx1",
            linkedid_of(f"pbx1-{number}.1"),
            Direction.INBOUND,
            "orders",
            "general",
            number,
            "",
            "4008001234",
            at,
            queued_at=at,
            answered_at=at + timedelta(seconds=5),
            ended_at=at + timedelta(seconds=65),
            outcome=Outcome.ANSWERED,
            agent=agent,
            hung_up_by=HungUpBy.CALLER,
            talk_seconds=60.0,
        )
        async with self.database.write() as session:
            await save(session, [Change(None, record, RingRules(3, cadence_of("cn")), "2026-11", "files", final=True)])


@pytest_asyncio.fixture
async def floor(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Floor]:
    centre = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    await centre.queues.add(Queue(QueueCode("general")), None)
    await centre.lines.add(Line(LineCode("orders"), QueueCode("general")), None)
    async with AsyncExitStack() as stack:
        server = TestServer(application(centre))
        await server.start_server()
        stack.push_async_callback(server.close)
        clients = {}
        for login, (agent, role) in PEOPLE.items():
            if agent is not None:
                await centre.agents.add(Agent(AgentNumber(agent), login, phones=(Phone(agent),)), None)
            await centre.web_services.people.add(login, login, PASSWORD, frozenset({role}), agent)
            client: Client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
            stack.push_async_callback(client.session.close)
            answer = await client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
            clients[login] = (client, (await answer.json())["csrf_token"])
        yield Floor(centre, sqlite_database, clients)


async def test_W4_a_days_log_is_prefilled_from_calls_and_cases_and_frozen_when_it_is_handed_in(floor: Floor) -> None:
    await floor.call("1001", "13800138000", clock.now())
    _, case = await floor.ask("lilei", "POST", "/cases", {"what_happened": "漏气"})
    path = f"/work-logs/1001/{floor.today}"
    status, log = await floor.ask("lilei", "GET", path)
    assert (status, log["state"], log["figures"]["answered"], log["figures"]["talk_seconds"]) == (200, "draft", 1, 60.0)
    assert log["figures"]["cases"] == [case["number"]]
    assert [entry["number"] for entry in log["figures"]["calls"]] == ["138****8000"]
    status, log = await floor.ask("lilei", "PUT", path, {"texts": SECTIONS, "shared": True})
    assert (status, log["texts"]) == (200, SECTIONS)
    await floor.call("1001", "13900139000", clock.now())
    assert (await floor.ask("lilei", "GET", path))[1]["figures"]["answered"] == 2
    status, log = await floor.ask("lilei", "POST", f"{path}/submit")
    assert (status, log["state"], log["figures"]["answered"]) == (200, "submitted", 2)
    await floor.call("1001", "13700137000", clock.now())
    _, seen = await floor.ask("boss", "GET", path)
    assert seen["figures"]["answered"] == 2
    assert {entry["number"] for entry in seen["figures"]["calls"]} == {"13800138000", "13900139000"}
    status, problem = await floor.ask("lilei", "PUT", path, {"texts": {}})
    assert (status, problem["code"]) == (409, "work_log_submitted")
    status, log = await floor.ask("boss", "POST", f"{path}/reopen", {"reason": "少写一个电话"})
    assert (log["state"], log["texts"], log["figures"]["answered"]) == ("draft", SECTIONS, 3)
    _, problem = await floor.ask("boss", "POST", f"{path}/reopen", {"reason": "x"})
    assert problem["code"] == "illegal_transition"


async def test_a_log_is_ones_own_until_it_is_shared_and_handed_in(floor: Floor) -> None:
    path = f"/work-logs/1001/{floor.today}"
    await floor.ask("lilei", "PUT", path, {"texts": SECTIONS, "shared": True})
    for method, place, body in (
        ("GET", path, None),
        ("PUT", path, {"texts": {}}),
        ("POST", f"{path}/submit", None),
    ):
        status, problem = await floor.ask("hanmei", method, place, body)
        assert (status, problem["code"]) == (403, "not_your_work_log")
    assert (await floor.ask("boss", "PUT", path, {"texts": {}}))[0] == 403
    assert (await floor.ask("hanmei", "GET", "/shared-work-logs"))[1]["items"] == []
    assert (await floor.ask("hanmei", "POST", f"{path}/useful"))[1]["code"] == "bad_work_log"
    await floor.ask("lilei", "POST", f"{path}/submit")
    assert (await floor.ask("hanmei", "GET", path))[0] == 200
    for _ in range(2):
        assert (await floor.ask("hanmei", "POST", f"{path}/useful"))[0] == 204
    assert (await floor.ask("lilei", "POST", f"{path}/useful"))[1]["code"] == "bad_work_log"
    assert (await floor.ask("hanmei", "POST", f"{path}/example"))[0] == 403
    assert (await floor.ask("boss", "POST", f"{path}/example"))[0] == 204
    (logs,) = (await floor.ask("hanmei", "GET", "/shared-work-logs"))[1]["items"]
    assert (logs["agent"], logs["useful"], logs["example_by"]) == ("1001", 1, "boss")


async def test_every_shared_log_of_a_day_is_seen_however_small_the_pages_are(floor: Floor) -> None:
    for login, agent in (("lilei", "1001"), ("hanmei", "1002")):
        path = f"/work-logs/{agent}/{floor.today}"
        await floor.ask(login, "PUT", path, {"texts": SECTIONS, "shared": True})
        await floor.ask(login, "POST", f"{path}/submit")
    _, first = await floor.ask("boss", "GET", "/shared-work-logs?limit=1")
    _, rest = await floor.ask("boss", "GET", f"/shared-work-logs?limit=1&cursor={first['next']}")
    assert [log["agent"] for log in [*first["items"], *rest["items"]]] == ["1001", "1002"]
    assert rest["next"] is None


async def test_a_second_window_is_refused_and_new_calls_do_not_disturb_writing(floor: Floor) -> None:
    path = f"/api/v1/work-logs/1001/{floor.today}"
    client, csrf = floor.clients["lilei"]
    tag = (await client.get(path)).headers["ETag"]
    await floor.call("1001", "13800138000", clock.now())
    headers = {"X-CSRF-Token": csrf, "If-Match": tag}
    assert (await client.put(path, json={"texts": SECTIONS}, headers=headers)).status == 200
    second = await client.put(path, json={"texts": {}}, headers=headers)
    assert (second.status, (await client.get(path)).headers["ETag"] == tag) == (412, False)


async def test_W4_S4_the_month_is_summed_up_and_missing_logs_are_shown(floor: Floor) -> None:
    day = clock.now() - timedelta(days=40)
    start = day.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=8, minute=0)
    async with floor.database.write() as session:
        # The roster of last month: a shift that is over cannot be entered.
        for agent in ("1001", "1002"):
            session.add(ShiftRow(agent=agent, line="orders", starts_at=start, ends_at=start + timedelta(hours=8)))
    on, month = start.date().isoformat(), f"{start:%Y-%m}"
    await floor.call("1001", "13800138000", start)
    await floor.ask("lilei", "PUT", f"/work-logs/1001/{on}", {"texts": SECTIONS, "shared": True})
    missing = await floor.ask("boss", "GET", f"/missing-work-logs?day={on}")
    assert [entry["agent"] for entry in missing[1]["items"]] == ["1001", "1002"]
    await floor.ask("lilei", "POST", f"/work-logs/1001/{on}/submit")
    _, page = await floor.ask("boss", "GET", f"/month-summaries/{month}")
    assert (page["content"]["totals"]["answered"], page["submitted"]) == (1, [])
    assert page["content"]["missing"] == [{"agent": "1002", "day": on}]
    assert page["content"]["suggestions"][0]["text"] == SECTIONS["suggestions"]
    status, up = await floor.ask("boss", "POST", f"/month-summaries/{month}", {"text": "平稳"})
    assert (status, len(up["sha256"]), up["content"]) == (201, 64, page["content"])
    await floor.ask("boss", "POST", f"/work-logs/1001/{on}/reopen", {"reason": "x"})
    _, page = await floor.ask("boss", "GET", f"/month-summaries/{month}")
    assert (page["submitted"], page["content"]["totals"]["answered"]) == ([up], 0)
    _, problem = await floor.ask("boss", "POST", f"/month-summaries/{floor.today[:7]}", {"text": "x"})
    assert problem["code"] == "bad_work_log"
    assert (await floor.ask("lilei", "GET", f"/month-summaries/{month}"))[0] == 403


async def test_the_list_of_logs_is_a_file_in_which_nothing_is_a_formula(floor: Floor) -> None:
    await floor.ask("lilei", "PUT", f"/work-logs/1001/{floor.today}", {"texts": SECTIONS})
    client, _ = floor.clients["boss"]
    answer = await client.get(f"/api/v1/exports/work-logs?format=csv&first={floor.today}&behind=2999-01-01")
    text = (await answer.read()).decode("utf-8-sig")
    assert answer.status == 200, text
    assert "1001" in text
    assert ",=HYPERLINK" not in text
    assert ',"=HYPERLINK' not in text


async def test_W4_an_unusual_customer_is_reported_and_the_next_agent_knows(floor: Floor) -> None:
    body = {"kind": "abusive", "text": "骂人<script>", "number": "138 0013 8000"}
    status, report = await floor.ask("lilei", "POST", "/unusual-customers", body)
    assert (status, report["state"], report["number"]) == (201, "reported", "+8613800138000")
    known = (await floor.ask("hanmei", "GET", "/unusual-customers/known?number=013800138000"))[1]["items"]
    assert [(entry["id"], entry["number"]) for entry in known] == [(report["id"], "+86138****8000")]
    assert (await floor.ask("hanmei", "GET", "/unusual-customers"))[1]["items"] == []
    path = f"/unusual-customers/{report['id']}/steps"
    assert (await floor.ask("lilei", "POST", path, {"event": "see"}))[0] == 403
    assert (await floor.ask("boss", "POST", path, {"event": "see"}))[1]["state"] == "seen"
    assert (await floor.ask("boss", "POST", path, {"event": "act"}))[1]["code"] == "bad_unusual_report"
    acted = (await floor.ask("boss", "POST", path, {"event": "act", "text": "主管已回电"}))[1]
    assert [step["event"] for step in acted["steps"]] == ["see", "act"]
    assert (await floor.ask("boss", "POST", path, {"event": "close", "text": "已道歉"}))[1]["state"] == "closed"
    assert (await floor.ask("boss", "POST", path, {"event": "see"}))[1]["code"] == "illegal_transition"
    assert (await floor.ask("hanmei", "GET", "/unusual-customers/known?number=13800138000"))[1]["items"] == []
    unassigned = {"kind": "other", "text": "x"}
    assert (await floor.ask("lilei", "POST", "/unusual-customers", unassigned))[1]["code"] == "bad_unusual_report"


async def test_reports_about_an_erased_customer_are_erased(floor: Floor) -> None:
    body = {"kind": "fraud", "text": "冒充老板", "number": "13800138000"}
    await floor.ask("lilei", "POST", "/unusual-customers", body)
    payload = {"customer": "c1", "numbers": ["+8613800138000"]}
    for _ in range(2):
        await floor.centre.contributions.works[CUSTOMER_ERASED](payload)
    (report,) = (await floor.ask("boss", "GET", "/unusual-customers"))[1]["items"]
    assert (report["kind"], report["number"], report["steps"]) == ("fraud", "", [])
    assert "冒充" not in report["text"]
