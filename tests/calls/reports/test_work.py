"""Tests working time: kept days equal a count of presence, records and wrap-ups, and what is unknown counts nowhere."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from callcenter.agents.rows import PresenceChangeRow
from callcenter.calls.effects import AgentNow
from callcenter.calls.model import CallRecord, Direction, Leg
from callcenter.calls.reports.queries import CallReports
from callcenter.calls.reports.rollups.model import Calendar
from callcenter.calls.reports.rollups.service import Rollups
from callcenter.calls.reports.work.http import routes
from callcenter.calls.reports.work.model import WorkBy, WorkCounts, by_half_hour, counts_of, work_figures
from callcenter.calls.reports.work.rows import AgentHalfHourRow
from callcenter.calls.reports.work.service import WorkTimes
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.timeline.model import Span, SpanState
from callcenter.calls.timeline.rows import AgentWrapUpRow
from callcenter.calls.timeline.service import Timelines
from callcenter.facts import Uniqueid, linkedid_of
from callcenter.settings.policy import PolicySettings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.rooms import Rooms
from tests.support.web_centre import open_web_centre

ZONE, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
FIRST = date(2026, 11, 1)
DAYS = 3
AGENTS = ("1001", "1002")
S = SpanState


def test_the_counts_of_spans() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)

    def span(start: int, end: int, state: SpanState, call: str | None = None) -> Span:
        return Span(at + timedelta(seconds=start), at + timedelta(seconds=end), state, call=call)

    counts = counts_of(
        [
            span(0, 100, S.UNKNOWN),
            span(100, 200, S.AVAILABLE),
            span(200, 210, S.RINGING),
            span(210, 300, S.ON_CALL, "c1"),
            span(300, 330, S.WRAP_UP),
            span(330, 340, S.ON_CALL, "c1"),
            span(340, 400, S.PAUSED),
            span(400, 450, S.UNKNOWN),
            span(450, 900, S.SIGNED_OUT),
        ]
    )
    assert counts == WorkCounts(100, 10, 100, 30, 60, 50, 1, 1)
    assert work_figures(counts) == {
        "occupancy": round(130 / 240, 4),
        "utilisation": round(130 / 300, 4),
        "mean_wrap_up_seconds": 30.0,
        "aht_seconds": 130.0,
    }
    assert set(work_figures(WorkCounts()).values()) == {None}


@st.composite
def days(draw: st.DrawFn) -> list[Span]:
    """The spans of a day of Berlin, also of one with a clock change; calls may come back to the agent."""
    start = Calendar(BERLIN).midnight(draw(st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), FIRST])))
    spans, at = [], start
    for _ in range(draw(st.integers(0, 12))):
        end = at + timedelta(seconds=draw(st.integers(1, 5000)))
        state = draw(st.sampled_from(SpanState))
        spans.append(Span(at, end, state, call=draw(st.sampled_from("abc")) if state is S.ON_CALL else None))
        at = end
    return spans


@given(days())
def test_S1_working_time_by_half_hour_equals_a_count_of_every_second(spans: list[Span]) -> None:
    known = list(spans)
    while known and known[0].state is S.UNKNOWN:
        known.pop(0)
    plain: dict[str, Counter[str]] = {}
    calls: set[str | None] = set()
    for span in known:
        for second in range(int((span.end - span.start).total_seconds())):
            plain.setdefault(half_hour(span.start + timedelta(seconds=second)), Counter())[span.state] += 1
        if span.state is S.WRAP_UP:
            plain[half_hour(span.start)]["wrap_ups"] += 1
        if span.state is S.ON_CALL and span.call not in calls:
            plain[half_hour(span.start)]["conversations"] += 1
            calls.add(span.call)
    counted = by_half_hour(spans, Calendar(BERLIN))
    assert {half_hour(at): asdict(counts) for at, counts in counted.items()} == {
        key: {name: counts[name] for name in asdict(WorkCounts())} for key, counts in plain.items()
    }
    assert sum(counted.values(), WorkCounts()) == counts_of(spans)


def half_hour(at: datetime) -> str:
    local = at.astimezone(BERLIN)
    return local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0).isoformat()


class Centre:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.rooms = Rooms(database)
        self.now: dict[str, AgentNow] = {}
        self.calls = CallService(database, "pbx1", RuleBook.of(PolicySettings()))
        rooms = self.rooms
        timelines = Timelines(database, self.clock, ZONE, rooms.agents, rooms.presence, self.calls, self)
        self.work = WorkTimes(database, self.clock, ZONE, rooms.agents, rooms.presence, timelines, self.teams)
        reports = CallReports(database, "pbx1", 15, 5, ZONE)
        self.rollups = Rollups(database, self.clock, "pbx1", reports, Calendar(ZONE))
        self.expected: dict[tuple[date, str], dict[str, float]] = {}

    def clock(self) -> datetime:
        return datetime.combine(FIRST + timedelta(days=DAYS + 1), time(12), ZONE).astimezone(UTC)

    def agents_now(self) -> Mapping[str, AgentNow]:
        return self.now

    async def teams(self) -> Mapping[str, str]:
        return {"1001": "early"}

    async def begin(self, seed: int) -> None:
        """Days of two agents: signed in, calls with wrap-ups one after the other, a pause, signed out."""
        await self.rooms.furnish(*AGENTS)
        draw = random.Random(seed)
        changes, wrap_ups, number = [], [], 0
        for day in (FIRST + timedelta(days=each) for each in range(DAYS)):
            for agent in AGENTS:
                began = datetime.combine(day, time(8), ZONE).astimezone(UTC)
                at = began
                sums = dict.fromkeys(("on_call", "wrap_up", "paused", "conversations", "wrap_ups"), 0.0)
                changes.append((at, agent, "available", ""))
                records = []
                for _ in range(draw.randrange(1, 5)):
                    at += timedelta(seconds=draw.randrange(5, 900))
                    talk, wrap = draw.randrange(10, 300), draw.randrange(1, 60)
                    end = at + timedelta(seconds=talk)
                    leg = Leg(Uniqueid(f"u{number}"), "PJSIP/x", "agent", at, at, end, 16, agent, talk)
                    number += 1
                    linkedid = linkedid_of(f"pbx1-{number}.1")
                    records.append(
                        CallRecord(
                            "pbx1", linkedid, Direction.INBOUND, "orders", "general", "", "", "", at, ended_at=end,
                            legs=(leg,), agent=agent,
                        )
                    )  # fmt: skip
                    wrap_ups.append((agent, end, end + timedelta(seconds=wrap)))
                    at = end + timedelta(seconds=wrap)
                    sums = {
                        "on_call": sums["on_call"] + talk,
                        "wrap_up": sums["wrap_up"] + wrap,
                        "paused": 0.0,
                        "conversations": sums["conversations"] + 1,
                        "wrap_ups": sums["wrap_ups"] + 1,
                    }
                await self.calls.keep(records)
                pause = draw.randrange(60, 600)
                changes.append((at, agent, "paused", "meal"))
                at += timedelta(seconds=pause)
                changes.append((at, agent, "signed_out", ""))
                worked = (at - began).total_seconds()
                busy = sums["on_call"] + sums["wrap_up"] + pause
                self.expected[day, agent] = sums | {"paused": float(pause), "available": worked - busy}
        rows = [
            {"at": at, "agent": agent, "state": state, "reason": reason, "by": "x"}
            for at, agent, state, reason in sorted(changes)
        ]
        async with self.database.write() as session:
            await session.execute(insert(PresenceChangeRow), rows)
            await session.execute(
                insert(AgentWrapUpRow),
                [{"agent": agent, "began_at": began, "ended_at": ended} for agent, began, ended in wrap_ups],
            )

    async def counted(self) -> dict[tuple[date, str], dict[str, float]]:
        """The report by agent of each day."""
        result: dict[tuple[date, str], dict[str, float]] = {}
        for day in (FIRST + timedelta(days=each) for each in range(DAYS)):
            report = await self.work.report(day, day, WorkBy.AGENT)
            assert report.pending == []
            for agent, counts in report.groups:
                assert agent is not None
                names = ("on_call", "wrap_up", "paused", "conversations", "wrap_ups", "available")
                result[day, agent] = {name: getattr(counts, name) for name in names}
        return result


@pytest.mark.parametrize("seed", [1, 2])
async def test_S1_working_time_equals_a_plain_count_before_and_after_its_days_are_kept(
    database: Database, seed: int
) -> None:
    centre = Centre(database)
    await centre.begin(seed)
    assert await centre.counted() == centre.expected
    assert await centre.work.count_next()
    assert await centre.counted() == centre.expected
    while await centre.work.count_next():
        pass
    assert await centre.counted() == centre.expected
    last = FIRST + timedelta(days=DAYS - 1)
    ((_, total),) = (await centre.work.report(FIRST, last, WorkBy.TOTAL)).groups
    assert total.on_call == sum(sums["on_call"] for sums in centre.expected.values())
    teams = (await centre.work.report(FIRST, last, WorkBy.TEAM)).groups
    assert [team for team, _ in teams] == ["early", None]
    assert teams[0][1].paused == sum(sums["paused"] for (_, agent), sums in centre.expected.items() if agent == "1001")


CLOCKED = (WorkBy.HALF_HOUR, WorkBy.HOUR, WorkBy.WEEKDAY, WorkBy.DAY)


async def test_S1_working_time_by_the_clock_is_the_same_before_and_after_its_days_are_kept(database: Database) -> None:
    centre = Centre(database)
    await centre.begin(5)
    last = FIRST + timedelta(days=DAYS - 1)

    async def read(agent: str | None) -> dict[WorkBy, list[tuple[str | None, WorkCounts]]]:
        return {by: list((await centre.work.report(FIRST, last, by, agent)).groups) for by in CLOCKED}

    before, own = await read(None), await read("1002")
    while await centre.work.count_next():
        pass
    assert await read(None) == before
    assert await read("1002") == own
    for by in CLOCKED:
        total = sum((counts for _, counts in before[by]), WorkCounts())
        assert total.conversations == sum(sums["conversations"] for sums in centre.expected.values())
        assert total.on_call == sum(sums["on_call"] for sums in centre.expected.values())
    keys = [key or "" for key, _ in before[WorkBy.HALF_HOUR]]
    assert keys == sorted(keys)
    assert keys[0] == f"{FIRST}T08:00+08:00"
    assert {key for key, _ in before[WorkBy.WEEKDAY]} == {"7", "1", "2"}
    # Days that were kept before there were half hours are counted again for these.
    async with database.write() as session:
        await session.execute(delete(AgentHalfHourRow))
    assert await read(None) == before
    assert await centre.work.count_next()
    assert await read(None) == before


async def test_S1_a_day_whose_record_changes_is_counted_again(sqlite_database: Database) -> None:
    centre = Centre(sqlite_database)
    await centre.begin(3)
    while await centre.work.count_next():
        pass
    await centre.rollups.catch_up()
    while await centre.work.count_next():
        pass
    at = datetime.combine(FIRST, time(6), ZONE).astimezone(UTC)
    leg = Leg(Uniqueid("u"), "PJSIP/x", "agent", at, at, at + timedelta(seconds=77), 16, "1002", 77)
    late = CallRecord(
        "pbx1", linkedid_of("pbx1-999.1"), Direction.OUTBOUND, None, None, "", "", "", at, ended_at=leg.ended_at,
        legs=(leg,), agent="1002",
    )  # fmt: skip
    await centre.calls.keep([late])
    await centre.rollups.catch_up()
    while await centre.work.count_next():
        pass
    fine = (await centre.work.report(FIRST, FIRST, WorkBy.HALF_HOUR, "1002")).groups
    assert (fine[0][0], fine[0][1].on_call) == (f"{FIRST}T06:00+08:00", 77.0)
    counted = (await centre.counted())[FIRST, "1002"]
    assert counted["conversations"] == centre.expected[FIRST, "1002"]["conversations"] + 1


async def test_S1_days_that_are_not_counted_yet_are_named(sqlite_database: Database) -> None:
    centre = Centre(sqlite_database)
    await centre.begin(4)
    report = await centre.work.report(FIRST - timedelta(days=1), FIRST + timedelta(days=DAYS), WorkBy.DAY)
    assert report.pending == [FIRST - timedelta(days=1), FIRST]
    async with open_web_centre(sqlite_database, routes(centre.work)) as web:
        boss, agent = await web.token(Role.SUPERVISOR), await web.token(Role.AGENT)
        query = f"/api/v1/reports/work?first={FIRST}&last={FIRST}&by=agent"
        answer = await web.client.get(query, headers=boss)
        body = await answer.json()
        assert (answer.status, [group["key"] for group in body["groups"]]) == (200, [*AGENTS])
        assert (await web.client.get(query, headers=agent)).status == 403
        by_half_hour = f"/api/v1/reports/work?first=2026-10-01&last={FIRST}&by=half_hour"
        assert (await web.client.get(by_half_hour, headers=boss)).status == 422
        reversed_days = f"/api/v1/reports/work?first={FIRST}&last={FIRST - timedelta(days=1)}"
        assert (await web.client.get(reversed_days, headers=boss)).status == 422
