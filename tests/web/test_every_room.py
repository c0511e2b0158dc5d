"""All rooms' routes together, as the centre serves them: described validly, closed to strangers, roles as named."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from callcenter import clock
from callcenter.agents.model import Agent, Phone
from callcenter.agents.service import AgentService
from callcenter.app import Centre, join
from callcenter.customers.announcements import UnreadAnnouncements
from callcenter.settings import PolicySettings, Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Access, Role
from callcenter.web.serving import MOUNTED
from callcenter.web.webhooks import DELIVER
from recordings.rows import RecordingRow
from recordings.transcripts.rows import TranscriptRow
from tests.web.house import Client

Open = tuple[Centre, Client]
CALL = "pbx1-1795448173.47"


@pytest_asyncio.fixture
async def centre(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Open]:
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    async with TestClient(TestServer(joined.web())) as client:
        yield joined, client


async def token(centre: Centre, role: Role) -> dict[str, str]:
    boss = await centre.house.people.by_login("boss")
    if boss is None:
        boss = await centre.house.people.add("boss", "boss", "correct horse", frozenset({Role.ADMINISTRATOR}))
    _, text = await centre.house.tokens.add(role.value, frozenset({role}), None, boss.person)
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
            # A body that no route takes: what is looked at is the door, not what lies behind it.
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
    assert (refused["kept"], [one["where"] for one in refused["problems"]]) == (False, ["agents[2]"])
    tried = await (await client.post(url + "&dry_run=true", headers=headers, data=TWO_AGENTS % "周静")).json()
    assert (tried["kept"], tried["done"]) == (False, {"agents": 2})
    assert await joined.agents.agents() == []
    kept = await (await client.post(url, headers=headers, data=TWO_AGENTS % "周静")).json()
    assert (kept["kept"], [agent.number for agent in await joined.agents.agents()]) == (True, ["1001", "1002"])


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
    task = asyncio.create_task(joined.follow_changes(asyncio.Event(), every=0.05), name="changes")
    try:
        async with asyncio.timeout(5):
            await joined.configuration.changed.wait()
        joined.configuration.changed.clear()
        await elsewhere.add(Agent(number="1009", name="邓超"), None)
        async with asyncio.timeout(5):
            await joined.configuration.changed.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_recording(at: datetime) -> RecordingRow:
    return RecordingRow(
        id="r1", call=CALL, pbx="pbx1", linkedid="1795448173.47", kind="in", line="sales", agent="1001",
        number="+8613800138000", began_at=at, seconds=60.0, format="wav", size=1, sha256="0" * 64, key_id="k1",
        wrapped_key=b"key", peaks=None, problem="", state="kept", kept_at=at, retain_until=at, erased_at=None,
        erased_reason="",
    )  # fmt: skip


async def test_a_program_outside_is_told_of_a_new_case(centre: Open) -> None:
    joined, client = centre
    headers = await token(joined, Role.ADMINISTRATOR)
    hook = {"url": "https://example.com/hook", "types": ["case.*"]}
    assert (await client.post("/api/v1/webhooks", headers=headers, json=hook)).status == 201
    case = {"what_happened": "酱板鸭漏气", "severity": "normal"}
    assert (await client.post("/api/v1/cases", headers=headers, json=case)).status == 201
    assert (await joined.office.core.jobs.counts()).get((DELIVER, "queued")) == 1


async def test_what_was_made_of_a_recording_is_erased_with_it(centre: Open, sqlite_database: Database) -> None:
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


async def test_what_is_due_is_looked_for_while_the_centre_runs(centre: Open) -> None:
    joined, client = centre
    headers = await token(joined, Role.ADMINISTRATOR)
    case = {"what_happened": "酱板鸭漏气", "severity": "critical"}
    made = await (await client.post("/api/v1/cases", headers=headers, json=case)).json()
    assert (made["due_step"], made["due_at"] > made["opened_at"]) == ("acknowledge", True)
    assert {"reminders", "digests"} <= joined.office.tasks.keys()


async def test_H2_a_house_may_want_the_announcements_read_before_the_shift(
    sqlite_database: Database, tmp_path: Path
) -> None:
    strict = Settings(data_dir=tmp_path, policy=PolicySettings(announcements_first=True))
    centre = join(strict, sqlite_database, asyncio.Event())
    await centre.agents.add(Agent("1001", "李雷", phones=(Phone("1001"),)), None)
    agent = await centre.house.people.add("lilei", "李雷", "correct horse", frozenset({Role.AGENT}), "1001")
    headers = await token(centre, Role.SUPERVISOR)
    async with TestClient(TestServer(centre.web())) as client:
        body = {"title": "价格调整", "body": "腊肉每斤涨两元", "must_read": True}
        assert (await client.post("/api/v1/announcements", headers=headers, json=body)).status == 201
    with pytest.raises(UnreadAnnouncements):
        await centre.presence.sign_in("1001", agent.person)
