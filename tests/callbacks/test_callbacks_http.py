"""Tests return calls over HTTP: who sees what, idempotency keys, and refusals with their sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from callcenter.agents.model import Agent, Phone
from callcenter.callbacks.dashboard.http import routes as board_routes
from callcenter.callbacks.dashboard.service import Board
from callcenter.callbacks.exports import CallbacksExport, callbacks_list
from callcenter.callbacks.http import routes
from callcenter.callbacks.incoming import Serving
from callcenter.callbacks.messages import NoMessages
from callcenter.callbacks.outreach.apologies import Apologies
from callcenter.callbacks.outreach.do_not_call import DoNotCallList
from callcenter.callbacks.outreach.http import routes as list_routes
from callcenter.callbacks.outreach.importing import Importing
from callcenter.callbacks.outreach.surveys import Surveys
from callcenter.callbacks.queries import Reading
from callcenter.catalogue import Language
from callcenter.exports.files import write_list
from callcenter.exports.model import FileFormat
from callcenter.facts import AgentNumber
from callcenter.kit.table_reader import read_table
from callcenter.kit.table_writer import Cell, write_xlsx
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.callbacks.centre import DiallingCentre
from tests.callbacks.test_jobs import Calls
from tests.support.rooms import BOSS, CHIEF
from tests.support.web_centre import WebCentre, open_web_centre

NUMBER = "13974800001"
BODY = {"number": NUMBER, "reason": "问价格", "line": "orders"}


@dataclass
class Open:
    rooms: DiallingCentre
    web: WebCentre
    leader: dict[str, str]

    async def ask(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> tuple[int, Any]:
        answer = await self.web.client.request(method, f"/api/v1{path}", headers=headers, json=body)
        return answer.status, (await answer.json() if answer.status != 204 else None)

    def customer_answers(self) -> None:
        (dial,) = self.rooms.pbx.living()
        dial.agent_answered = dial.customer_answered = True

    async def agent(self, login: str) -> dict[str, str]:
        """The header that proves an agent's own session."""
        await self.web.sign_in(login)
        return self.web.proof


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Open]:
    rooms = DiallingCentre(database)
    for number in ("1001", "1002"):
        await rooms.rooms.agents.add(Agent(AgentNumber(number), f"坐席{number}", phones=(Phone(number),)), CHIEF)
    agents, presence = rooms.rooms.agents, rooms.rooms.presence
    audit, customers = rooms.rooms.audit, rooms.rooms.customers
    do_not_call = DoNotCallList(database, rooms.clock, audit, customers, rooms.rules.region)
    surveys = Surveys(database, rooms.clock, audit, rooms.requests, Calls(), customers)
    apologies = Apologies(audit, rooms.requests, Calls(), customers)
    board = Board(database, rooms.clock, rooms.rules, agents, presence)
    serving = Serving(
        database, rooms.rules, rooms.steps, rooms.endings, Calls(), rooms.rooms.customers, agents, rooms.dialling
    )
    parts = (
        routes(
            rooms.requests, rooms.service, serving, rooms.dialling, Reading(database, rooms.clock), agents, NoMessages()
        ),
        list_routes(do_not_call, surveys, apologies, Importing(rooms.requests, rooms.clock, customers, audit)),
        board_routes(board, rooms.clock),
    )
    async with open_web_centre(database, *parts) as centre:
        yield Open(rooms, centre, await centre.token(Role.SUPERVISOR, Role.MANAGER))


@pytest_asyncio.fixture
async def open_(database: Database) -> AsyncIterator[Open]:
    async with opened(database) as result:
        yield result


async def test_the_same_idempotency_key_makes_one_return_call(open_: Open) -> None:
    headers = open_.leader | {"Idempotency-Key": "k1"}
    first = await open_.ask("POST", "/callbacks", headers, BODY)
    again = await open_.ask("POST", "/callbacks", headers, BODY)
    assert first[0] == 201
    assert first == again
    assert len(await open_.rooms.rows()) == 1


async def test_F3_an_agent_reads_dials_and_records_the_result(open_: Open) -> None:
    callback = (await open_.ask("POST", "/callbacks", open_.leader, BODY))[1]["id"]
    proof = await open_.agent("lilei")
    listed = (await open_.ask("GET", "/callbacks", proof))[1]["items"]
    assert NUMBER not in str(listed)
    status, taken = await open_.ask("POST", "/callbacks/next", proof, {})
    assert (status, taken["id"], taken["number"], taken["state"]) == (200, callback, f"+86{NUMBER}", "claimed")
    whole = (await open_.ask("GET", f"/callbacks/{callback}", proof))[1]
    assert [entry["text"] for entry in whole["causes"]] == ["问价格"]
    assert (await open_.ask("POST", f"/callbacks/{callback}/dial", proof))[1]["state"] == "dialling"
    assert (await open_.ask("POST", f"/callbacks/{callback}/dial", proof))[0] == 409
    result = {"result": "answered", "satisfaction": 4}
    early = await open_.ask("POST", f"/callbacks/{callback}/result", proof, result)
    assert (early[0], early[1]["code"], early[1]["facts"]["reach"]) == (409, "customer_not_reached", "agent")
    open_.customer_answers()
    done = await open_.ask("POST", f"/callbacks/{callback}/result", proof, result)
    assert (done[1]["state"], done[1]["agent"]) == ("done", "1001")
    assert "****" in (await open_.ask("GET", f"/callbacks/{callback}", proof))[1]["number"]


async def test_agents_do_not_act_for_others_and_do_not_search_by_number(open_: Open) -> None:
    callback = (await open_.ask("POST", "/callbacks", open_.leader, BODY))[1]["id"]
    proof = await open_.agent("lilei")
    assert (await open_.ask("POST", f"/callbacks/{callback}/claim", proof, {"agent": "1002"}))[0] == 403
    assert (await open_.ask("POST", f"/callbacks/{callback}/withdraw", proof, {"reason": "no"}))[0] == 403
    at = {"at": "2026-11-25T02:00:00Z"}
    assert (await open_.ask("POST", f"/callbacks/{callback}/schedule", proof, at))[0] == 403
    refused = await open_.ask("GET", f"/callbacks?number=%2B86{NUMBER}", proof)
    assert (refused[0], refused[1]["code"]) == (403, "number_search_refused")
    assert len((await open_.ask("GET", f"/callbacks?number=%2B86{NUMBER}", open_.leader))[1]["items"]) == 1
    assigned = await open_.ask("POST", f"/callbacks/{callback}/claim", open_.leader, {"agent": "1002"})
    assert assigned[1]["agent"] == "1002"


async def test_a_promise_at_midnight_is_refused_with_the_next_fitting_time(open_: Open) -> None:
    body = BODY | {"due_at": "2026-11-24T16:00:00Z", "promised": True, "source": "agent_promise"}
    status, problem = await open_.ask("POST", "/callbacks", open_.leader, body)
    assert (status, problem["code"]) == (422, "promise_in_quiet_hours")
    assert problem["facts"]["next"] == "2026-11-25T01:00:00+00:00"


async def test_without_an_agent_on_duty_it_waits_visibly(open_: Open) -> None:
    await open_.ask("POST", "/callbacks", open_.leader, BODY | {"source": "dialect", "language": "xiang-changsha"})
    open_.rooms.clock.move(hours=5)
    board = (await open_.ask("GET", "/callback-board", open_.leader))[1]
    assert (board["due"], board["overdue"], board["sources"]) == (1, 1, {"dialect": 1})
    assert board["waits_for_nobody"] == {"xiang-changsha": 1}


async def test_the_do_not_call_list_names_who_and_why(open_: Open) -> None:
    added = await open_.ask("POST", "/do-not-call", open_.leader, {"number": NUMBER, "reason": "客户要求"})
    assert added[0] == 201
    listed = (await open_.ask("GET", "/do-not-call", open_.leader))[1]["items"]
    assert [(entry["number"], entry["reason"]) for entry in listed] == [(f"+86{NUMBER}", "客户要求")]
    assert (await open_.ask("DELETE", f"/do-not-call/all/{NUMBER}", open_.leader))[0] == 204
    assert (await open_.ask("DELETE", f"/do-not-call/all/{NUMBER}", open_.leader))[0] == 404


async def test_F4_S2_figures_and_spot_checks_for_the_manager(open_: Open) -> None:
    callback = (await open_.ask("POST", "/callbacks", open_.leader, BODY))[1]["id"]
    proof = await open_.agent("lilei")
    await open_.ask("POST", "/callbacks/next", proof, {})
    await open_.ask("POST", f"/callbacks/{callback}/dial", proof)
    open_.customer_answers()
    await open_.ask("POST", f"/callbacks/{callback}/result", proof, {"result": "confirmed", "satisfaction": 5})
    open_.rooms.clock.move(minutes=1)
    result = (await open_.ask("GET", "/callback-figures?by=agent", open_.leader))[1]["items"]
    assert [(entry["group"], entry["confirmed"]["share"], entry["satisfaction"]) for entry in result] == [
        ("1001", 1.0, 5.0)
    ]
    checks = (await open_.ask("GET", "/callback-spot-checks?per_agent=2", open_.leader))[1]["items"]
    assert [(check["item"], check["agent"], check["satisfaction"]) for check in checks] == [(callback, "1001", 5)]
    assert checks[0]["call"].startswith("pbx1-")


LIST = "电话,原因,回访时间\n13974800001,抽查,2026-11-24 15:00\n13974800002,抽查,\n".encode()


async def test_a_list_is_checked_whole_and_imported_whole_once(open_: Open) -> None:
    async def send(data: bytes, query: str = "") -> tuple[int, Any]:
        path = f"/api/v1/callback-import{query}"
        kind = {"Content-Type": "text/csv"}
        answer = await open_.web.client.post(path, headers=open_.leader | kind, data=data)
        return answer.status, await answer.json()

    bad = LIST + "110,不行,\n13974800003,夜里,2026-11-24 23:00\n=1+1,x,\n".encode()
    refused = (await send(bad))[1]
    assert [(entry["line"], entry["column"]) for entry in refused["refused"]] == [
        (4, "number"),
        (5, "due_at"),
        (6, "number"),
    ]
    assert (await send(LIST, "?dry_run=true"))[1]["accepted"] == 2
    assert await open_.rooms.rows() == []
    assert (await send(LIST))[1]["made"] == 2
    assert (await send(LIST))[1]["made"] == 0
    rows = sorted(await open_.rooms.rows(), key=lambda row: row.number)
    assert [(row.state, row.promised) for row in rows] == [("scheduled", True), ("queued", False)]
    assert (await send(b"name\nx\n"))[1]["code"] == "bad_table"


async def test_the_refused_rows_come_back_as_a_file_with_the_reason_beside_each(open_: Open) -> None:
    bad = LIST + "110,=SUM(A1),\n13974800003,夜里,2026-11-24 23:00\n".encode()
    path = "/api/v1/callback-import/errors"
    answer = await open_.web.client.post(path, headers=open_.leader, data=bad)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="refused.xlsx"'
    rows = [row.cells for row in read_table(await answer.read(), {"number": "number", "code": "code"}, "number")]
    assert rows == [
        {"number": "110", "code": "number_not_callable"},
        {"number": "13974800003", "code": "bad_row"},
    ]
    text = await (await open_.web.client.post(f"{path}?format=csv", headers=open_.leader, data=bad)).text()
    assert "'=SUM(A1)" in text
    assert await open_.rooms.rows() == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_list_that_is_exported_is_read_back(open_: Open, tmp_path: Path, language: Language) -> None:
    at = "2026-11-24T15:00:00+08:00"
    body = BODY | {"reason": "=1+1 号订单", "due_at": at, "promised": True, "agent": "1002"}
    await open_.ask("POST", "/callbacks", open_.leader, body)
    query = CallbacksExport(format=FileFormat.CSV, language=language)
    exported = callbacks_list(Reading(open_.rooms.database, open_.rooms.clock))
    await write_list(exported, query, ZoneInfo("Asia/Shanghai"), tmp_path / "list.csv")
    [before] = await open_.rooms.rows()
    await open_.rooms.service.withdraw(before.id, BOSS, "moved")
    importing = Importing(open_.rooms.requests, open_.rooms.clock, open_.rooms.rooms.customers, open_.rooms.rooms.audit)
    assert (await importing.run((tmp_path / "list.csv").read_bytes(), BOSS, dry_run=False)).made == 1
    after = next(row for row in await open_.rooms.rows() if row.id != before.id)
    unchanged = ("number", "due_at", "line", "reason", "promised")
    assert [getattr(after, name) for name in unchanged] == [getattr(before, name) for name in unchanged]


async def test_a_list_may_be_a_sheet_of_excel(open_: Open) -> None:
    here = ZoneInfo("Asia/Shanghai")
    cells: list[list[Cell]] = [
        [13974800001, "抽查", datetime(2026, 11, 24, 15, 0, tzinfo=here)],
        [13974800002, "抽查", None],
    ]
    data = write_xlsx(["电话", "原因", "回访时间"], cells, here)
    answer = await open_.web.client.post("/api/v1/callback-import", headers=open_.leader, data=data)
    assert (await answer.json())["made"] == 2
    rows = sorted(await open_.rooms.rows(), key=lambda row: row.number)
    assert [(row.number, row.state) for row in rows] == [("+8613974800001", "scheduled"), ("+8613974800002", "queued")]
