"""Tests that agents and people named in a request exist, and that the description states which id each field takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from callcenter.agents.model import Agent
from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.facts import AgentNumber
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import AGENT_NUMBER, PERSON_LOGIN, Role
from tests.support.web_centre import PASSWORD
from tests.web.test_edits import Centre

TEAM = {"name": "一班", "agents": ["1001"], "leaders": ["lilei"]}
PLAN = {"title": "月度抽查", "per_agent": 4, "agents": ["1001"], "graders": ["lilei"]}


@pytest_asyncio.fixture
async def centre(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Centre]:
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    for number in ("1001", "1002"):
        await joined.agents.add(Agent(AgentNumber(number), "李雷", {"zh": 5}), None)
    people = joined.web_services.people
    every = frozenset({Role.ADMINISTRATOR, Role.MANAGER})
    boss = await people.add("boss", "王主任", PASSWORD, every)
    leader = await people.add("lilei", "李雷", PASSWORD, frozenset({Role.SUPERVISOR}), AgentNumber("1001"))
    left = await people.add("left", "韩梅", PASSWORD, frozenset({Role.SUPERVISOR}))
    await people.change(left.person.id, name="韩梅", roles=left.person.roles, agent=None, active=False)
    async with TestClient(TestServer(application(joined))) as client:
        opened = Centre(client, ids={"boss": boss.person.id, "lilei": leader.person.id})
        opened.csrf = (await opened.send("/session", {"login": "boss", "password": PASSWORD}))["csrf_token"]
        yield opened


async def test_S6_an_entry_of_a_customer_is_an_agents(centre: Centre) -> None:
    customer = await centre.send("/customers", {"name": "王芳", "numbers": ["13800138000"]})
    path = f"/customers/{customer['id']}/entries"
    status, problem, _ = await centre.ask("POST", path, {"text": "送样品", "agent": "9999"})
    assert (status, problem["code"]) == (404, "unknown_agent")
    assert (await centre.send(path, None, "GET"))["items"] == []
    assert (await centre.send(path, {"text": "送样品", "agent": "1002"}))["agent"] == "1002"
    assert (await centre.send(path, {"text": "要发票"}))["agent"] is None


@pytest.mark.parametrize(
    ("path", "body", "wrong", "code"),
    [
        ("/score-teams/a", TEAM, {"agents": ["1001", "9999"]}, "unknown_agent"),
        ("/score-teams/a", TEAM, {"leaders": ["lilei", "nobody"]}, "no_such_person"),
        ("/score-teams/a", TEAM, {"leaders": ["left"]}, "no_such_person"),
        ("/sample-plans/quality", PLAN, {"agents": ["9999"]}, "unknown_agent"),
        ("/sample-plans/quality", PLAN, {"graders": ["lilei", "nobody"]}, "no_such_person"),
        ("/sample-plans/quality", PLAN, {"graders": ["left"]}, "no_such_person"),
    ],
)
async def test_S2_teams_and_plans_name_agents_and_people_that_are_there(
    centre: Centre, path: str, body: dict[str, Any], wrong: dict[str, Any], code: str
) -> None:
    status, problem, _ = await centre.ask("PUT", path, {**body, **wrong})
    assert (status, problem["code"]) == (404, code)
    assert (await centre.ask("GET", path))[0] == 404
    written = await centre.send(path, body, "PUT")
    status, problem, _ = await centre.ask("PATCH", path, wrong)
    assert (status, problem["code"]) == (404, code)
    assert await centre.send(path, None, "GET") == written


@pytest.mark.parametrize(
    ("path", "body", "field"), [("/score-teams/a", TEAM, "leaders"), ("/sample-plans/quality", PLAN, "graders")]
)
async def test_S2_a_login_is_kept_as_its_account_spells_it_and_who_leaves_stays_named(
    centre: Centre, path: str, body: dict[str, Any], field: str
) -> None:
    assert (await centre.send(path, {**body, field: ["LiLei", "lilei"]}, "PUT"))[field] == ["lilei"]
    _, _, tag = await centre.ask("GET", f"/people/{centre.ids['lilei']}")
    status, _, _ = await centre.ask("PATCH", f"/people/{centre.ids['lilei']}", {"active": False}, If_Match=tag)
    assert status == 200
    status, answer, _ = await centre.ask("PATCH", path, {field: ["lilei", "boss"]})
    assert (status, sorted(answer[field])) == (200, ["boss", "lilei"])


async def test_the_document_describes_the_kind_of_id_of_a_field(centre: Centre) -> None:
    shapes = (await (await centre.client.get("/openapi.json")).json())["components"]["schemas"]
    for shape, field, kind in (
        ("TeamBody", "agents", AGENT_NUMBER),
        ("TeamBody", "leaders", PERSON_LOGIN),
        ("PlanBody", "agents", AGENT_NUMBER),
        ("PlanBody", "graders", PERSON_LOGIN),
        ("AssignPickBody", "grader", PERSON_LOGIN),
        ("EntryBody", "agent", AGENT_NUMBER),
        ("BeginScore", "agent", AGENT_NUMBER),
        ("BeginCalibration", "agent", AGENT_NUMBER),
    ):
        assert kind in shapes[shape]["properties"][field]["description"], (shape, field)
    graders = shapes["BeginCalibration"]["properties"]["graders"]
    assert graders["items"]["description"] == PERSON_LOGIN
