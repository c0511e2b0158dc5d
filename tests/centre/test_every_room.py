"""Tests all rooms' routes together, as the centre serves them: description, sign-in, roles."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from callcenter import clock
from callcenter.agents.model import Agent, Phone
from callcenter.agents.service import AgentService
from callcenter.announcements.model import UnreadAnnouncements
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Outcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change, save
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.facts import AgentNumber, linkedid_of
from callcenter.followup.conversations.service import EVALUATION_GIVEN
from callcenter.followup.rows import EvaluationRow
from callcenter.settings import PolicySettings, Settings
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Access, Role
from callcenter.web.serving import MOUNTED
from callcenter.web.webhooks.service import DELIVER
from recordings.rows import RecordingRow
from recordings.talk.rows import TalkRow
from recordings.transcripts.rows import TranscriptRow, TranscriptVersionRow
from tests.support.web_centre import Client

Open = tuple[Centre, Client]
CALL = "pbx1-1795448173.47"


@pytest_asyncio.fixture
async def centre(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Open]:
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    async with TestClient(TestServer(application(joined))) as client:
        yield joined, client


async def token(centre: Centre, role: Role) -> dict[str, str]:
    boss = await centre.web_services.people.by_login("boss")
    if boss is None:
        boss = await centre.web_services.people.add("boss", "boss", "correct horse", frozenset({Role.ADMINISTRATOR}))
    _, text = await centre.web_services.tokens.add(role.value, frozenset({role}), None, boss.person)
    return {"Authorization": f"Bearer {text}"}


async def test_the_whole_description_is_valid(centre: Open) -> None:
    document = await (await centre[1].get("/openapi.json")).json()
    validate(document)
    assert {"/api/v1/session", "/api/v1/agents", "/api/v1/lines", "/api/v1/shifts"} <= set(document["paths"])


async def test_every_route_of_every_room_lets_in_exactly_the_roles_that_it_names(centre: Open) -> None:
    joined, client = centre
    headers = {role: await token(joined, role) for role in Role}
    app = client.app
    assert isinstance(app, web.Application)
    for prefix, route in app[MOUNTED].routes:
        if route.roles is Access.PUBLIC:
            continue
        address = prefix + re.sub(r"{\w+[^{}]*}", "1", route.path)
        assert (await client.request(route.method, address)).status == 401
        for role in Role:
            # A body that no route accepts: only the authorisation is tested.
            answer = await client.request(route.method, address, headers=headers[role], data=b"{")
            allowed = role in route.roles if isinstance(route.roles, frozenset) else role is not Role.WALLBOARD
            refused = answer.status == 403 and (await answer.json())["code"] == "forbidden"
            assert refused != allowed, (route.method, route.path, role)
            assert answer.status < 500 or answer.status == 503, (route.method, route.path, await answer.text())


TWO_AGENTS = """
[[agents]]
number = "1001"
name = "刘洋"
[[agents]]
number = "1002"
name = "%s"
"""


async def test_a_file_is_imported_over_http_whole_or_not_at_all(centre: Open) -> None:
    joined, client = centre
    headers, url = await token(joined, Role.ADMINISTRATOR), "/api/v1/imports?name=people.toml"
    refused = await (await client.post(url, headers=headers, data=TWO_AGENTS % "")).json()
    assert (refused["kept"], [entry["where"] for entry in refused["problems"]]) == (False, ["agents[2]"])
    tried = await (await client.post(url + "&dry_run=true", headers=headers, data=TWO_AGENTS % "周静")).json()
    assert (tried["kept"], tried["done"]) == (False, {"agents": 2})
    assert await joined.agents.agents() == []
    summary = await (await client.post(url, headers=headers, data=TWO_AGENTS % "周静")).json()
    assert (summary["kept"], [agent.number for agent in await joined.agents.agents()]) == (True, ["1001", "1002"])


async def test_a_file_that_is_none_is_refused_with_a_code(centre: Open) -> None:
    joined, client = centre
    headers = await token(joined, Role.ADMINISTRATOR)
    answer = await client.post("/api/v1/imports?name=people.xls", headers=headers, data=b"\xd0\xcf")
    assert (answer.status, (await answer.json())["code"]) == (422, "bad_import_file")


async def test_what_another_process_changed_is_taken_up_without_a_signal(
    centre: Open, sqlite_database: Database
) -> None:
    joined, _ = centre
    elsewhere = AgentService(sqlite_database, clock.now, Audit(sqlite_database, clock.now))
    task = asyncio.create_task(joined.follow_changes(asyncio.Event(), look=0.05), name="changes")
    try:
        async with asyncio.timeout(5):
            await joined.configuration.changed.wait()
        joined.configuration.changed.clear()
        await elsewhere.add(Agent(number=AgentNumber("1009"), name="邓超"), None)
        async with asyncio.timeout(5):
            await joined.configuration.changed.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_recording(at: datetime) -> RecordingRow:
    return RecordingRow(
        id="r1",
        call=CALL,
        pbx="pbx1",
        linkedid="1795448173.47",
        kind="in",
        line="sales",
        agent="1001",
        number="+8613800138000",
        began_at=at,
        seconds=60.0,
        format="wav",
        size=1,
        sha256="0" * 64,
        key_id="k1",
        wrapped_key=b"key",
        peaks=None,
        problem="",
        state="kept",
        kept_at=at,
        retain_until=at,
        erased_at=None,
        erased_reason="",
    )


async def test_a_webhook_receives_a_new_case(centre: Open) -> None:
    joined, client = centre
    headers = await token(joined, Role.ADMINISTRATOR)
    hook = {"url": "https://example.com/hook", "types": ["case.*"]}
    assert (await client.post("/api/v1/webhooks", headers=headers, json=hook)).status == 201
    case = {"what_happened": "酱板鸭漏气", "severity": "normal"}
    assert (await client.post("/api/v1/cases", headers=headers, json=case)).status == 201
    assert (await joined.contributions.core.jobs.counts()).get((DELIVER, "queued")) == 1


async def test_data_derived_from_a_recording_is_erased_with_it(centre: Open, sqlite_database: Database) -> None:
    joined, client = centre
    at = clock.now()
    async with sqlite_database.write() as session:
        session.add(a_recording(at))
        session.add(TranscriptRow(id="t1", recording="r1", call=CALL, language="zh", state="done", created_at=at))
    headers = await token(joined, Role.ADMINISTRATOR)
    answer = await client.post("/api/v1/recordings/r1/erase", headers=headers, json={"reason": "the customer's wish"})
    assert answer.status < 300, await answer.text()
    async with sqlite_database.read() as session:
        assert await session.get(TranscriptRow, "t1") is None


async def test_the_running_centre_checks_for_due_work(centre: Open) -> None:
    joined, client = centre
    headers = await token(joined, Role.ADMINISTRATOR)
    case = {"what_happened": "酱板鸭漏气", "severity": "critical"}
    answer = await (await client.post("/api/v1/cases", headers=headers, json=case)).json()
    assert (answer["due_step"], answer["due_at"] > answer["opened_at"]) == ("acknowledge", True)
    assert {"reminders", "digests"} <= joined.contributions.tasks.keys()


async def test_H2_a_centre_may_require_reading_before_the_shift(sqlite_database: Database, tmp_path: Path) -> None:
    strict = Settings(data_dir=tmp_path, policy=PolicySettings(announcements_first=True))
    centre = join(strict, sqlite_database, asyncio.Event())
    await centre.agents.add(Agent(AgentNumber("1001"), "李雷", phones=(Phone("1001"),)), None)
    agent = await centre.web_services.people.add(
        "lilei", "李雷", "correct horse", frozenset({Role.AGENT}), AgentNumber("1001")
    )
    headers = await token(centre, Role.SUPERVISOR)
    async with TestClient(TestServer(application(centre))) as client:
        body = {"title": "价格调整", "body": "腊肉每斤涨两元", "must_read": True}
        assert (await client.post("/api/v1/announcements", headers=headers, json=body)).status == 201
    with pytest.raises(UnreadAnnouncements):
        await centre.presence.sign_in("1001", agent.person)


async def test_W5_everything_about_a_customer_is_on_one_page_even_after_merging(
    centre: Open, sqlite_database: Database
) -> None:
    joined, client = centre
    headers = await token(joined, Role.SUPERVISOR)

    async def ask(method: str, path: str, body: object = None) -> Any:
        answer = await client.request(method, f"/api/v1{path}", headers=headers, json=body)
        assert answer.status < 300, await answer.text()
        return await answer.json() if answer.status != 204 else None

    old = await ask("POST", "/customers", {"name": "王女士", "numbers": ["13800138000"]})
    customer = await ask("POST", "/customers", {"name": "王芳", "numbers": ["0731-88886666"]})
    arrived = clock.now()
    calls = [
        CallRecord(
            "pbx1",
            linkedid_of(f"pbx1-{number}.1"),
            Direction.INBOUND,
            "orders",
            "general",
            caller,
            "",
            "4008001234",
            arrived,
        )
        for number, caller in enumerate(("13800138000", "073188886666", "13900139000"))
    ]
    async with sqlite_database.write() as session:
        rules = RingRules(3, cadence_of("cn"))
        await save(session, [Change(None, call, rules, "2026-11", "live", final=False) for call in calls])
    case = await ask("POST", "/cases", {"what_happened": "漏气", "customer": old["id"], "phone": "13800138000"})
    await ask("POST", f"/customers/{old['id']}/entries", {"text": "要发票"})
    await ask("POST", f"/customers/{old['id']}/merge", {"into": customer["id"]})
    page = await ask("GET", f"/customers/{old['id']}/everything")
    assert (page["customer"]["name"], page["also"]) == ("王芳", [old["id"]])
    assert [element["number"] for element in page["open_cases"]] == [case["number"]]
    assert {call["caller_number"] for call in page["calls"]} == {"13800138000", "073188886666"}
    assert {call["customer_id"] for call in page["calls"]} == {customer["id"]}
    assert [entry["text"] for entry in page["entries"]] == ["要发票"]
    first = await ask("GET", f"/customers/{customer['id']}/calls?limit=1")
    rest = await ask("GET", f"/customers/{customer['id']}/calls?cursor={first['next']}")
    assert len({call["id"] for call in [*first["items"], *rest["items"]]}) == 2
    assert [element["number"] for element in (await ask("GET", f"/cases?customer={customer['id']}"))["items"]] == [
        case["number"]
    ]
    assert (await joined.contributions.core.jobs.counts()).get(("customer_merged", "queued")) == 1
    assert {"customer_merged", "customer_erased"} <= joined.contributions.works.keys()


async def test_search_covers_cases_and_for_leaders_transcripts(centre: Open, sqlite_database: Database) -> None:
    joined, client = centre
    leader, agent = await token(joined, Role.SUPERVISOR), await token(joined, Role.AGENT)
    body = {"what_happened": "昨天买的薯片受潮了，要求退款", "customer_name": "王芳"}
    case = await (await client.post("/api/v1/cases", headers=leader, json=body)).json()
    at: datetime = clock.now()
    utterance: dict[str, Any] = {"speaker": "caller", "agent": None, "confidence": 0.9, "words": []}
    lines = [
        {**utterance, "start": 0.5, "end": 2.0, "text": "你好"},
        {**utterance, "start": 7.0, "end": 9.0, "text": "薯片受潮了"},
    ]
    async with sqlite_database.write() as session:
        row = TranscriptRow(id="t1", recording="r1", call=CALL, language="zh", state="done", created_at=at, current=1)
        session.add(row)
        await session.flush()
        version = TranscriptVersionRow(
            transcript="t1", number=1, utterances=lines, text="你好\n薯片受潮了", sha256="0" * 64, at=at, by="engine"
        )
        session.add(version)
        await fulltext.put(session, "transcript", "t1", version.text)
    json = await (await client.get("/api/v1/search?q=薯片受潮", headers=leader)).json()
    assert [(hit["kind"], hit["second"]) for hit in json["items"]] == [("transcript", 7.0), ("case", None)]
    assert json["items"][1] | {"ref": case["number"], "title": "王芳"} == json["items"][1]
    assert all("薯片受潮" in hit["snippet"] for hit in json["items"])
    own = await (await client.get("/api/v1/search?q=薯片受潮", headers=agent)).json()
    assert [hit["kind"] for hit in own["items"]] == ["case"]
    only = await (await client.get("/api/v1/search?q=薯片受潮&kind=transcript", headers=agent)).json()
    assert only == {"items": [], "next": None}
    looked = await joined.web_services.audit.page(10, action="transcript.search")
    assert len(looked) == 1


async def test_K6_the_analysis_is_printed_with_its_charts(centre: Open) -> None:
    joined, client = centre
    headers = await token(joined, Role.MANAGER)
    department = {"code": "delivery", "name": "配送部"}
    assert (await client.put("/api/v1/departments/delivery", headers=headers, json=department)).status == 200
    for product in ("酱板鸭", "酱板鸭", "</svg><script>alert(1)</script>"):
        case = {"what_happened": "漏气", "severity": "normal", "product": product, "department": "delivery"}
        assert (await client.post("/api/v1/cases", headers=headers, json=case)).status == 201
    page = await client.get("/api/v1/analysis/report.html?note=封口机已换", headers=headers)
    text = await page.text()
    assert page.status == 200, text
    assert "封口机已换" in text
    assert text.count("<svg") == 12
    assert "酱板鸭" in text
    assert "<script>" not in text
    assert joined.contributions.forms is not None
    async with joined.contributions.forms.press:
        answer = await client.get("/api/v1/analysis/report.pdf?language=en", headers=headers)
        printed = await answer.read()
    assert (answer.status, printed[:5]) == (200, b"%PDF-")
    agent = await token(joined, Role.AGENT)
    assert (await client.get("/api/v1/analysis/report.html", headers=agent)).status == 403


async def test_R5_a_script_that_was_ended_lets_the_agent_hang_up_and_a_recordings_talk_goes_with_it(
    centre: Open, sqlite_database: Database
) -> None:
    joined, client = centre
    headers, at = await token(joined, Role.ADMINISTRATOR), clock.now()
    call = CallRecord(
        "pbx1",
        linkedid_of(CALL),
        Direction.OUTBOUND,
        "orders",
        None,
        "1001",
        "",
        "13800138000",
        at,
        answered_at=at,
        ended_at=at + timedelta(seconds=30),
        outcome=Outcome.ANSWERED,
        agent="1001",
        hung_up_by=HungUpBy.AGENT,
    )
    async with sqlite_database.write() as session:
        await save(session, [Change(None, call, RingRules(3, cadence_of("cn")), "2026-11", "files", final=True)])
        session.add(a_recording(at))
        session.add(
            TalkRow(
                recording="r1",
                call=CALL,
                agent="1001",
                line="orders",
                state="unknown",
                reason="one voice",
                figures={},
                dead_air_limit=10,
                talk_over_limit=0.5,
                at=at,
            )
        )
        given = EvaluationRow(
            id="e1",
            item="i1",
            case="",
            customer="",
            customer_id="",
            phone="",
            agent="1001",
            call=CALL,
            at=at,
            script="followup",
            version=1,
            language="zh-CN",
            satisfaction=5,
            solved=True,
            problem="",
            notes="",
            opt_out=False,
            reopens=False,
            complete=True,
            answers=[],
            form_sha256=None,
        )
        session.add(given)
    await joined.flags.recompute([call])
    (flag,) = (await (await client.get(f"/api/v1/flags?call={CALL}", headers=headers)).json())["items"]
    assert (flag["clause"], flag["state"]) == ("R5", "raised")
    assert joined.contributions.forms is not None
    async with joined.contributions.forms.press:
        await joined.contributions.works[EVALUATION_GIVEN]({"evaluation": "e1"})
    record = await (await client.get(f"/api/v1/calls/{CALL}/conduct", headers=headers)).json()
    assert [entry["kind"] for entry in record["excuses"]] == ["script_ended"]
    (flag,) = (await (await client.get(f"/api/v1/flags?call={CALL}", headers=headers)).json())["items"]
    assert (flag["state"], flag["by"]) == ("annulled", "system")
    await client.post("/api/v1/recordings/r1/erase", headers=headers, json={"reason": "the customer's wish"})
    talk = await (await client.get(f"/api/v1/calls/{CALL}/talk", headers=headers)).json()
    assert talk["parts"] == []
    assert {"lengths"} <= joined.contributions.tasks.keys()
