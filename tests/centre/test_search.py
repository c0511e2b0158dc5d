"""Tests that a search finds every kind that has a page, and for no one what they may not open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from callcenter import clock, facts
from callcenter.agents.model import Agent
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change, save
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from tests.centre.test_what_people_see import CALL, NUMBER, WHOLE, the_call
from tests.support.whole_centre import WholeCentre, open_whole_centre

LOGINS = ("supervisor", "lilei", "hanmei")
NAME = "欧阳修"


@pytest_asyncio.fixture
async def whole(database: Database, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with open_whole_centre(database, tmp_path, logins=LOGINS) as opened:
        await opened.centre.agents.add(Agent(AgentNumber("1003"), "曾国藩", active=False), None)
        await opened.send(
            "supervisor",
            "POST",
            "/customers",
            {"name": NAME, "company": "长沙食品", "notes": "秘密", "numbers": [WHOLE]},
        )
        await opened.send("supervisor", "POST", "/announcements", {"title": "螃蟹涨价", "body": "From Monday on 螃蟹"})
        await opened.send(
            "supervisor", "POST", "/announcements", {"title": "螃蟹会议", "body": "主管", "roles": ["supervisor"]}
        )
        await opened.send("supervisor", "POST", "/cases", {"what_happened": "螃蟹坏了", "severity": "minor"})
        async with database.write() as session:
            at = clock.now()
            records = [the_call(), replace(the_call(), linkedid=facts.linkedid_of("1795448174.48"))]
            rules = RingRules(3, cadence_of("cn"))
            await save(session, [Change(None, record, rules, "1", "files", final=True) for record in records])
            assert at - timedelta(days=1) < records[0].arrived_at
        yield opened


async def hits(whole: WholeCentre, login: str, q: str, **query: Any) -> list[tuple[str, str]]:
    rest = "".join(f"&{name}={value}" for name, value in query.items())
    page = await whole.read(login, f"/search?q={q}{rest}")
    return [(hit["kind"], hit["title"]) for hit in page["items"]]


async def test_each_kind_is_found_as_the_person_may_open_it(whole: WholeCentre) -> None:
    for words in (NAME, "oyx", "ouyang", "OYX"):
        assert await hits(whole, "supervisor", words) == [("customer", NAME)]
        assert await hits(whole, "lilei", words) == [("customer", NAME)]
    # What a masked file hides finds it for leaders only.
    assert await hits(whole, "supervisor", "秘密") == [("customer", NAME)]
    assert await hits(whole, "lilei", "秘密") == []
    assert await hits(whole, "lilei", "长沙") == [("customer", NAME)]
    assert ("agent", "lilei") in await hits(whole, "lilei", "1001")
    assert await hits(whole, "supervisor", "zgf") == [("agent", "曾国藩")]
    assert await hits(whole, "lilei", "zgf") == []
    assert ("script", "follow_up") in await hits(whole, "lilei", "follow_up")


async def test_announcements_and_cases_come_together_and_only_those_for_the_person(whole: WholeCentre) -> None:
    agents = [("announcement", "螃蟹涨价")]
    assert (await hits(whole, "lilei", "螃蟹"))[:1] == agents
    assert {kind for kind, _ in await hits(whole, "lilei", "螃蟹")} == {"announcement", "case"}
    leaders = {("announcement", "螃蟹涨价"), ("announcement", "螃蟹会议")}
    assert set(await hits(whole, "supervisor", "螃蟹", kind="announcement")) == leaders
    assert await hits(whole, "lilei", "monday", kind="announcement") == agents
    assert await hits(whole, "lilei", "100%25") == []


async def test_a_number_finds_nothing_for_an_agent_on_whose_call_it_is_not(whole: WholeCentre) -> None:
    all_of_it = await hits(whole, "supervisor", NUMBER)
    assert all_of_it == [("customer", NAME), ("call", NUMBER), ("call", NUMBER)]
    assert await hits(whole, "supervisor", "138-1234-5678") == all_of_it
    assert await hits(whole, "lilei", NUMBER) == []
    for kind in ("customer", "call"):
        status, problem = await whole.ask("lilei", "GET", f"/search?q={NUMBER}&kind={kind}")
        assert (status, problem["code"]) == (403, "number_search_refused")


async def test_a_call_is_found_by_its_id_with_its_number_masked(whole: WholeCentre) -> None:
    page = await whole.read("hanmei", f"/search?q={CALL}")
    assert [(hit["kind"], hit["call"], hit["title"]) for hit in page["items"]] == [("call", CALL, "138****5678")]
    assert await hits(whole, "supervisor", CALL) == [("call", NUMBER)]


async def test_pages_of_one_kind_follow_each_other_without_gap(whole: WholeCentre) -> None:
    for kind, q in (("agent", "100"), ("announcement", "螃蟹"), ("call", NUMBER)):
        seen, cursor = [], ""
        while True:
            page = await whole.read("supervisor", f"/search?q={q}&kind={kind}&limit=1{cursor}")
            seen += [hit["ref"] for hit in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert len(seen) == len(set(seen)) >= 2
    page = await whole.read("supervisor", "/search?q=螃蟹&limit=2")
    assert [hit["kind"] for hit in page["items"]] == ["announcement", "announcement"]
    rest = await whole.read("supervisor", f"/search?q=螃蟹&limit=2&cursor={page['next']}")
    assert [hit["kind"] for hit in rest["items"]] == ["case"]


@pytest.mark.parametrize(
    "q", ["%20", "!!!", "%25%25", "__%25", "'; DROP TABLE customer; --", "1" * 200, "٣٣٣٣٣٣٣", "%F0%9F%98%80"]
)
async def test_hostile_words_find_nothing_and_break_nothing(whole: WholeCentre, q: str) -> None:
    for login in ("supervisor", "lilei"):
        status, answer = await whole.ask(login, "GET", f"/search?q={q}")
        assert (status, answer.get("items", [])) in [(200, []), (422, [])]
        for kind in ("customer", "call", "agent", "announcement", "script"):
            for cursor in ("", "&cursor=Wy0xXQ", "&cursor=WzFlOTld", "&cursor=x"):
                status, _ = await whole.ask(login, "GET", f"/search?q={q}&kind={kind}{cursor}")
                assert status in (200, 403, 422)
