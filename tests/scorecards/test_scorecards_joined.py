"""Tests the scorecards as the centre joins them: each connection to another room, and the commands."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, update
from typer.testing import CliRunner

from callcenter import clock
from callcenter.agents.model import Agent, Phone
from callcenter.calls.rows import CallRow
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.cli.scorecards import app
from callcenter.facts import AgentNumber
from callcenter.followup.rows import EvaluationRow
from callcenter.scorecards.forms.model import default_source
from callcenter.scorecards.rows import SamplePickRow, SamplePlanRow
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Person, Role
from callcenter.web.webhooks.rows import WebhookDeliveryRow
from recordings.rows import RecordingRow
from recordings.transcripts.rows import TranscriptRow
from tests.scorecards.grading import FULL, a_call
from tests.support.shell import folder_with
from tests.support.web_centre import PASSWORD, Client, seen

pytestmark = pytest.mark.slow

BOSS = Person("x", "boss", "boss", frozenset({Role.ADMINISTRATOR}))


@pytest_asyncio.fixture
async def centre(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[tuple[Centre, Client]]:
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    await joined.agents.add(Agent(AgentNumber("1001"), "李雷", {}, (Phone("1001"),)), BOSS)
    for login, role, agent in (
        ("boss", Role.ADMINISTRATOR, None),
        ("chen", Role.SUPERVISOR, None),
        ("lilei", Role.AGENT, "1001"),
    ):
        await joined.web_services.people.add(login, login, PASSWORD, frozenset({role}), agent)
    async with TestClient(TestServer(application(joined))) as client:
        yield joined, client


async def signed_in(client: Client, login: str) -> dict[str, str]:
    answer = await client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
    return {"X-CSRF-Token": (await answer.json())["csrf_token"]}


async def a_recorded_call(joined: Centre, at: datetime, name: str = "pbx1-1795400000.1") -> str:
    """A final call with a recording and a transcript, as those rooms keep them."""
    await joined.calls.keep([a_call(name, "1001", at, 120)])
    number = name.rpartition(".")[2]
    async with joined.database.write() as session:
        await session.execute(update(CallRow).where(CallRow.id == name).values(final=True))
        session.add(
            RecordingRow(
                id=f"r{number}",
                call=name,
                pbx="pbx1",
                linkedid=name,
                kind="in",
                line="orders",
                agent="1001",
                number="",
                began_at=at,
                seconds=120.0,
                format="flac",
                size=1,
                sha256="0" * 64,
                key_id="k",
                wrapped_key=b"k",
                peaks=[],
                problem="",
                state="kept",
                kept_at=at,
                retain_until=at + timedelta(days=180),
                erased_reason="",
            )
        )
        session.add(
            TranscriptRow(
                id=f"t{number}", recording=f"r{number}", call=name, language="zh-CN", state="done", created_at=at
            )
        )
    return name


async def asked(client: Client, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Any:
    tag = await seen(client, f"/api/v1{path}", **headers) if method == "PUT" else {}
    answer = await client.request(method, f"/api/v1{path}", json=body, headers={**headers, **tag})
    assert answer.status < 300, await answer.text()
    return await answer.json()


async def test_a_call_is_graded_in_the_joined_centre(centre: tuple[Centre, Client]) -> None:
    joined, client = centre
    now = clock.now()
    call = await a_recorded_call(joined, now - timedelta(hours=1))
    boss = await signed_in(client, "boss")
    hook = {"url": "https://example.com/hook", "types": ["score.*"]}
    await asked(client, "POST", "/webhooks", boss, hook)
    async with joined.database.write() as session:
        session.add(
            EvaluationRow(
                id="e1",
                item="i1",
                agent="1001",
                at=now,
                script="follow_up",
                version=1,
                language="zh-CN",
                satisfaction=4,
                complete=True,
                reopens=False,
                answers=[],
            )
        )
    watching = joined.feed.join(BOSS)

    chen = await signed_in(client, "chen")
    begun = await asked(client, "POST", "/scores", chen, {"call": call})
    path = f"/scores/{begun['id']}"
    evidence = await asked(client, "GET", f"{path}/evidence", chen)
    assert (evidence["recordings"], evidence["transcripts"]) == (["/recordings/r1"], ["/transcripts/t1/versions"])
    # The links lead somewhere.
    for link in (evidence["call"], evidence["recordings"][0], evidence["transcripts"][0]):
        await asked(client, "GET", link, chen)
    await asked(client, "PUT", path, chen, {"answers": FULL})
    await asked(client, "POST", f"{path}/submit", chen)
    window = f"since={now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}&until={now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    figures = await asked(client, "GET", f"/scores/figures?by=agent&{window}", chen)
    assert figures["satisfaction"] == {"1001": {"marks": 1, "mean": 4.0}}
    assert figures["groups"]["1001"]["points"]["mean"] == 100
    messages = [json.loads(entry) for entry in await joined.feed.following(watching)]
    assert [message["data"]["state"] for message in messages if message.get("kind") == "score"] == ["submitted"]

    lilei = await signed_in(client, "lilei")
    await asked(client, "POST", f"{path}/dispute", lilei, {"text": "请复听"})
    async with joined.database.read() as session:
        emitted = [json.loads(body) for body in await session.scalars(select(WebhookDeliveryRow.body))]
    assert sorted(entry["type"] for entry in emitted) == ["score.disputed", "score.submitted"]

    # The agent prints their own score; the centre prints many.
    paper = await (await client.get(f"/api/v1{path}/form.html?language=zh-CN")).text()
    for published in ("来电服务评分表", "请复听", "道“再见”", "申诉中"):
        assert published in paper
    assert joined.contributions.forms is not None
    [form] = await joined.contributions.forms.runs.forms_of("score", begun["id"], "en", None)
    assert form.head.status == "disputed"

    boss = await signed_in(client, "boss")
    answer = await client.get("/api/v1/exports/scores?format=xlsx&language=en", headers=boss)
    assert answer.status == 200, await answer.text()
    sheet = openpyxl.load_workbook(io.BytesIO(await answer.read())).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert (rows[0][0], rows[1][1], rows[1][rows[0].index("points")]) == ("score", call, 100)


async def test_the_running_service_draws_by_itself(centre: tuple[Centre, Client]) -> None:
    joined, client = centre
    last_month = clock.now().replace(day=1, hour=4) - timedelta(days=16)
    call = await a_recorded_call(joined, last_month)
    boss = await signed_in(client, "boss")
    plan = {"title": "月度抽查", "per_agent": 4, "graders": ["chen", "lilei"]}
    await asked(client, "PUT", "/sample-plans/quality", boss, plan)
    async with joined.database.write() as session:
        await session.execute(update(SamplePlanRow).values(since=last_month - timedelta(days=10)))
    task = asyncio.ensure_future(joined.contributions.tasks["scorecards"]())
    try:
        async with asyncio.timeout(10):
            while not (picks := await all_picks(joined.database)):
                continue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    # Only who may grade is given calls: lilei is an agent.
    assert [(entry.call, entry.grader) for entry in picks] == [(call, "chen")]


async def all_picks(database: Database) -> list[SamplePickRow]:
    async with database.read() as session:
        return list(await session.scalars(select(SamplePickRow)))


def run(*arguments: str, fails: bool = False) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert (done.exit_code != 0) is fails, done.output
    return done.output.strip()


def test_forms_samples_and_checksums_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, monkeypatch, {"boss": ("经理", Role.MANAGER), "lilei": ("李雷", Role.AGENT)})
    assert run("forms").startswith("service_call            1 published")
    assert run("form", "service_call", "1") == default_source().strip()
    mine = tmp_path / "mine.toml"
    mine.write_text(default_source().replace("weight = 20", "weight = 0"), "utf-8")
    assert "sections.0.weight" in run("draft", str(mine), "--by", "boss", fails=True)
    mine.write_text(default_source().replace("pass_mark = 80", "pass_mark = 85"), "utf-8")
    assert "forbidden" in run("draft", str(mine), "--by", "lilei", fails=True)
    assert run("draft", str(mine), "--publish", "--by", "boss") == "service_call 3: published"
    assert run("verify") == "every submitted score is unchanged"

    plan = tmp_path / "plan.toml"
    plan.write_text('title = "抽查"\nper_agents = 4\n', "utf-8")
    assert "per_agents" in run("plan", "quality", str(plan), "--by", "boss", fails=True)
    plan.write_text('title = "抽查"\nper_agent = 4\n', "utf-8")
    assert run("plan", "quality", str(plan), "--by", "boss").startswith("quality: 4 calls of each agent and month")

    async def drawn() -> None:
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/callcenter.db")
        joined = join(Settings(data_dir=tmp_path), database, asyncio.Event())
        for number in range(1, 4):
            await a_recorded_call(joined, datetime(2026, 10, number, 2, tzinfo=UTC), f"pbx1-1795400000.{number}")
        async with database.write() as session:
            await session.execute(update(SamplePlanRow).values(since=datetime(2026, 10, 1, tzinfo=UTC)))
        await database.close()

    asyncio.run(drawn())
    assert run("draw") == "drawn 3, replaced 0"
    assert run("progress", "quality", "2026-10") == "1001     graded 0, open 3, replaced 0, dropped 0, flagged 0"
    assert len(run("to-grade").splitlines()) == 3
    assert "random" in run("sample", "quality", "2026-10")
    emitted = run("sample", "quality", "2026-10", "--agent", "1001", "--explain").splitlines()
    assert emitted[0] == "agent 1001: rank = HMAC-SHA256(key b'quality\\x002026-10\\x001001', call id), lowest first"
    assert [line.split(",")[0] for line in emitted if line.startswith(" portion")] == [
        f" portion {n}" for n in (1, 2, 3, 4)
    ]
    assert sum("open (random, portion 1)" in line for line in emitted) == 4  # Shown again in each later portion.
    assert json.loads(run("figures"))["all"]["points"]["count"] == 0
