"""Tests call record forms (policy W1), from real records to the printed page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from callcenter.agents.model import Agent
from callcenter.calls.papers.http import CallForms, routes
from callcenter.calls.papers.model import CallMatter
from callcenter.calls.rows import CallRow
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.customers.model import Customer
from callcenter.facts import AgentNumber
from callcenter.paper.room import open_forms
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from tests.calls.test_ingest import ANSWERED, RULES, reader, write_whole
from tests.support.rooms import CHIEF, Rooms
from tests.support.web_centre import WebCentre, open_web_centre

API = "/api/v1"


@pytest_asyncio.fixture
async def centre(database: Database, tmp_path: Path) -> AsyncIterator[WebCentre]:
    (tmp_path / "cel-custom").mkdir()
    write_whole(tmp_path)
    await reader(database, tmp_path).catch_up()
    rooms = Rooms(database)
    await rooms.customers.add(Customer("刘桂兰", ("13800138000",)), CHIEF)
    await rooms.agents.add(Agent(AgentNumber("1001"), "陈静"), CHIEF)
    settings = Settings(data_dir=tmp_path)
    room = open_forms(settings, database, rooms.clock, rooms.audit, Jobs(database, rooms.clock))

    async def matters(call: str, language: str) -> Sequence[CallMatter]:
        return [CallMatter("TS20261124-0001", "包装破损<b>", "刘女士", "配送部", "周涛", "调查中")]

    service = CallService(database, "pbx1", RuleBook(RULES))
    calls = CallForms(service, rooms.agents, rooms.customers, room.service, [matters], rooms.lines.shown)
    async with room.press, open_web_centre(database, routes(calls, room.service)) as opened:
        yield opened


async def test_W1_a_call_leaves_a_form_with_what_it_was_about(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    page = await (await centre.client.get(f"{API}/calls/{ANSWERED}/form.html")).text()
    for text in (
        "客户来电记录单",
        "刘桂兰",
        "13800138000",
        "1001 陈静",
        "包装破损&lt;b&gt;",
        "配送部",
        "周涛",
        "调查中",
    ):
        assert text in page
    pdf = await centre.client.get(f"{API}/calls/{ANSWERED}/form.pdf?language=en")
    assert (pdf.content_type, (await pdf.read())[:5]) == ("application/pdf", b"%PDF-")


async def test_an_agents_copy_shows_a_part_of_the_number(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    page = await (await centre.client.get(f"{API}/calls/{ANSWERED}/form.html")).text()
    assert "138****8000" in page
    assert "13800138000" not in page


@pytest.mark.parametrize("number", ["", "anonymous", "Restricted"])
@pytest.mark.parametrize("login", ["supervisor", "lilei"])
async def test_a_withheld_number_is_printed_as_such(
    centre: WebCentre, database: Database, number: str, login: str
) -> None:
    async with database.write() as session:
        await session.execute(update(CallRow).values(caller_number=number))
    await centre.sign_in(login)
    for language, expected in (("zh-CN", "未显示号码"), ("en", "number withheld")):
        page = await (await centre.client.get(f"{API}/calls/{ANSWERED}/form.html?language={language}")).text()
        assert expected in page
        assert "anonymous" not in page


async def test_a_form_of_nothing_is_a_problem_with_a_code(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    for path, status, code in (
        ("/calls/none/form.pdf", 404, "call_not_found"),
        (f"/calls/{ANSWERED}/form.exe", 422, "invalid"),
        (f"/calls/{ANSWERED}/form.html?language=fr", 422, "invalid"),
    ):
        answer = await centre.client.get(API + path)
        assert (answer.status, (await answer.json())["code"]) == (status, code)
