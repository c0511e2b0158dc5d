"""Tests the marks by line, agent and day; agents read their own and no colleague's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls.model import CallRecord, Direction, HungUpBy, Outcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change, save
from callcenter.calls.surveys.http import routes
from callcenter.calls.surveys.queries import SurveyFigures
from callcenter.facts import Linkedid, Uniqueid
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.calls.test_ingest import NOW
from tests.support.web_centre import open_web_centre

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Line, agent, minutes before NOW, mark; None: asked and not answered.
GIVEN: tuple[tuple[str | None, str, float, int | None], ...] = (
    ("orders", "1001", 10, 5),
    ("orders", "1001", 20, 4),
    ("orders", "1002", 30, 1),
    ("sales", "1002", 40, None),
    (None, "1002", 60 * 30, 3),
)


def call(number: int, line: str | None, agent: str, at: datetime, mark: int | None) -> CallRecord:
    return CallRecord(
        "pbx1",
        Linkedid(Uniqueid(f"pbx1-17000000{number:02}.1")),
        Direction.INBOUND,
        line,
        line,
        "13900139000",
        "",
        "4008001234",
        at,
        answered_at=at,
        ended_at=at + timedelta(seconds=60),
        outcome=Outcome.ANSWERED,
        agent=agent,
        hung_up_by=HungUpBy.AGENT,
        survey_asked_at=at + timedelta(seconds=50),
        survey_mark=mark,
    )


async def store(database: Database) -> None:
    calls = [
        call(number, line, agent, NOW - timedelta(minutes=before), mark)
        for number, (line, agent, before, mark) in enumerate(GIVEN)
    ]
    calls.append(replace(call(99, "orders", "1001", NOW - timedelta(minutes=5), None), survey_asked_at=None))
    rules = RingRules(3, cadence_of("cn"))
    async with database.write() as session:
        await save(session, [Change(None, entry, rules, "2026-11", "files", final=True) for entry in calls])


async def test_marks_are_counted_by_line_agent_and_the_centres_own_day(database: Database) -> None:
    await store(database)
    figures = SurveyFigures(database, "pbx1", SHANGHAI)
    since, until = NOW - timedelta(days=3), NOW
    by_line = await figures.between(since, until, "line")
    assert {group: (marks.asked, marks.given) for group, marks in by_line.items()} == {
        "": (1, 1),
        "orders": (3, 3),
        "sales": (1, 0),
    }
    assert by_line["orders"].counts == (1, 0, 0, 1, 1)
    assert by_line["sales"].average is None
    by_agent = await figures.between(since, until, "agent")
    assert {agent: marks.average for agent, marks in by_agent.items()} == {"1001": 4.5, "1002": 2.0}
    by_day = await figures.between(since, until, "day")
    days = {(NOW - timedelta(minutes=before)).astimezone(SHANGHAI).date().isoformat() for _, _, before, _ in GIVEN}
    assert set(by_day) == days
    only = await figures.between(since, until, "line", line="orders", agent="1002")
    assert only["orders"].counts == (1, 0, 0, 0, 0)
    assert await figures.between(NOW, NOW + timedelta(days=1), "line") == {}


async def test_an_agent_reads_their_own_marks_and_no_colleagues(sqlite_database: Database) -> None:
    await store(sqlite_database)
    figures = SurveyFigures(sqlite_database, "pbx1", SHANGHAI)
    async with open_web_centre(sqlite_database, routes(figures, lambda: NOW)) as centre:
        no_agent = await centre.client.get("/api/v1/call-surveys")
        assert no_agent.status == 401
        await centre.sign_in("lilei")
        own = await (await centre.client.get("/api/v1/call-surveys?by=agent")).json()
        assert [(item["group"], item["average"]) for item in own["items"]] == [("1001", 4.5)]
        refused = await centre.client.get("/api/v1/call-surveys?agent=1002")
        assert (refused.status, (await refused.json())["code"]) == (403, "marks_not_yours")
        leader = await centre.token(Role.SUPERVISOR)
        every = await (await centre.client.get("/api/v1/call-surveys?by=agent", headers=leader)).json()
        assert [item["group"] for item in every["items"]] == ["1001", "1002"]
        assert every["items"][0]["marks"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 1}
        wrong = await centre.client.get("/api/v1/call-surveys?by=mood", headers=leader)
        assert wrong.status == 422


@pytest.mark.parametrize(("mark", "asked"), [(6, True), (0, True), (3, False)])
async def test_the_database_refuses_marks_that_no_caller_can_give(database: Database, mark: int, asked: bool) -> None:
    entry = call(1, "orders", "1001", NOW, mark)
    entry = entry if asked else replace(entry, survey_asked_at=None)
    change = Change(None, entry, RingRules(3, cadence_of("cn")), "2026-11", "files", final=True)
    with pytest.raises(Exception, match="survey"):
        async with database.write() as session:
            await save(session, [change])
