"""Tests that each operation lists the problem codes that it can answer with; `python -m tests.docs.test_problem_codes`.

The command derives the lists from the code and writes them to callcenter/web/problem_codes.json, which the OpenAPI
document reads. The test derives them again; another one sends hostile requests and compares the answers.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.faults import StorageUnavailable
from callcenter.web.idempotency import KeptAnswers
from callcenter.web.openapi import ANY, problem_codes
from callcenter.web.ranges import check_headers
from callcenter.web.roles import Role
from callcenter.web.serving import MOUNTED, _answer
from deploy.openapi import without_text
from tests.centre.test_every_room import token
from tests.support.raised import Raised
from tests.support.web_centre import Client

FILE = Path(__file__).parents[2] / "callcenter/web/problem_codes.json"
RENDERED = {"internal", "changed_meanwhile", "conflict", "out_of_range", "body_too_large", "not_found", "invalid"}
"""Codes that problems.py gives to errors of libraries, and to an unknown path."""
BROKEN = (("?cursor=x", "["), ("?limit=0", '{"reason": "x", "name": "\\u0000"}'), ("?q=1", "{}"))
UNKNOWN_METHOD = {"method_not_allowed", "http_error"}


def derived(centre: Centre, app: web.Application) -> dict[str, list[str]]:
    """The codes of all operations, and of each one those that it adds."""
    raised = Raised()
    remembered = KeptAnswers(centre.database, centre.contributions.core.clock)
    common = RENDERED | UNKNOWN_METHOD | {StorageUnavailable.code}
    for function in (_answer, check_headers, centre.web_services.sessions.authenticate, remembered.__call__):
        common |= set(raised.codes_of(function))
    reading = {route.path: route.handler for _, route in app[MOUNTED].routes if route.method == "GET"}
    lists = {}
    for _, route in app[MOUNTED].routes:
        codes = set(raised.codes_of(route.handler))
        if route.method == "PATCH" and route.path in reading:
            # An edit in part begins by reading the whole.
            codes |= set(raised.codes_of(reading[route.path]))
        lists[f"{route.tag}.{route.name}"] = sorted(codes - common)
    return {ANY: sorted(common), **dict(sorted(lists.items()))}


@pytest_asyncio.fixture
async def opened(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[tuple[Centre, web.Application, Client]]:
    centre = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    app = application(centre)
    async with TestClient(TestServer(app)) as client:
        yield centre, app, client


Opened = tuple[Centre, web.Application, Client]


async def test_a_handler_raises_no_code_that_its_operation_does_not_list(opened: Opened) -> None:
    centre, app, _ = opened
    listed = problem_codes()
    missing = {
        name: sorted(set(codes) - set(listed.get(name, ())))
        for name, codes in derived(centre, app).items()
        if not set(codes) <= set(listed.get(name, ()))
    }
    assert missing == {}, "run python -m tests.docs.test_problem_codes and commit the file"


async def test_the_codes_are_found_through_services_their_parts_and_their_states(opened: Opened) -> None:
    listed = problem_codes()
    assert {"case_closed", "case_signatures_open", "never_open"} <= set(listed["cases.take_step"])
    assert {"unknown_alarm", "alarm_acknowledged"} == set(listed["alarms.acknowledge_alarm"])
    assert {"script_changed_meanwhile", "no_such_script", "bad_script"} <= set(listed["scripts.publish_script"])
    assert {"not_signed_in", "forbidden", "bad_json", "wrong_media_type"} <= set(listed[ANY])


async def test_every_code_has_a_text_in_both_languages(opened: Opened) -> None:
    document = await (await opened[2].get("/openapi.json")).json()
    assert without_text(document) == []
    assert document["x-problems"] == problem_codes()[ANY]
    document["paths"]["/api/v1/alarms"]["get"]["x-problems"] = ["no_one_has_written_this"]
    assert without_text(document) == ["no_one_has_written_this"]


async def test_enumerations_of_the_description_have_their_names(opened: Opened) -> None:
    document = await (await opened[2].get("/openapi.json")).json()
    enums = {name: schema for name, schema in document["components"]["schemas"].items() if "enum" in schema}
    assert len(enums) > 30
    assert all(schema["x-enum"] == name.rpartition("__")[2] for name, schema in enums.items())


async def test_no_answer_to_a_hostile_request_has_a_code_that_is_not_listed(opened: Opened) -> None:
    centre, app, client = opened
    listed = problem_codes()
    boss, agent = await token(centre, Role.ADMINISTRATOR), await token(centre, Role.AGENT)
    wrong = set()
    for place, (prefix, route) in enumerate(app[MOUNTED].routes):
        address = prefix + re.sub(r"{\w+[^{}]*}", "1", route.path)
        known = {*listed[ANY], *listed.get(f"{route.tag}.{route.name}", ())}
        # Each route gets a request that passes its schema where it can, and one of the ways to break it.
        for headers, (query, body) in ((boss, ("", "{}")), (agent, BROKEN[place % len(BROKEN)])):
            sent = {**headers, "Content-Type": "application/json"}
            answer = await client.request(route.method, address + query, data=body, headers=sent)
            if answer.content_type == "application/problem+json":
                code = (await answer.json())["code"]
                wrong |= {(route.method, route.path, code)} if code not in known else set()
    assert wrong == set()


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'centre.db'}")
        try:
            centre = join(Settings(data_dir=Path(folder)), database, asyncio.Event())
            lists = derived(centre, application(centre))
        finally:
            await database.close()
    # One line for each operation: two branches that add operations then seldom clash.
    lines = [f"{json.dumps(name)}: {json.dumps(codes)}" for name, codes in lists.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
