"""Tests the kept counts: reports are equal to a recount at every instant, whatever is counted, changed or old."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from callcenter.calls.model import Outcome
from callcenter.calls.reports.model import ReportBy, Within
from callcenter.calls.reports.queries import CallReports, ReportFilter
from callcenter.calls.reports.rollups.model import HALF_HOUR, Calendar, Coarsest, Parts, parts_of
from callcenter.calls.reports.rollups.rows import CallRollupMarkRow, CallRollupRow
from callcenter.calls.reports.rollups.service import Rollups
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from tests.calls.reports.test_reports import BERLIN, DAYS, SHORT, SINCE, WITHIN, calls, now, teams

KATHMANDU = ZoneInfo("Asia/Kathmandu")
UNTIL = SINCE + DAYS
PERIODS = (
    (SINCE, UNTIL),
    (SINCE + timedelta(hours=5, minutes=7), UNTIL - timedelta(hours=3, seconds=1)),
    (SINCE + timedelta(hours=30), SINCE + timedelta(hours=30, minutes=20)),
    (SINCE - timedelta(days=30), SINCE + timedelta(days=40)),
)
CODES = ((None, None, None), ("vip", None, None), (None, "general", "1001"))
QUESTIONS = [(*period, codes, by) for period in PERIODS for codes in CODES for by in ReportBy]


class Centre:
    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self.database = database
        self.draw = random.Random(5)
        self.within = Within(WITHIN, {"vip": 3.0})
        self.reports = CallReports(database, "pbx1", WITHIN, SHORT, zone, self.thresholds, teams)
        self.rollups = Rollups(database, now, "pbx1", self.reports, Calendar(zone))
        self.calls = CallService(database, "pbx1", RuleBook.of(Settings().policy))

    async def thresholds(self) -> Within:
        return self.within

    async def equal(self, questions: int = 3) -> None:
        """Reports are the same from the records alone; some of all questions, other ones each time."""
        for since, until, (line, queue, agent), by in self.draw.sample(QUESTIONS, questions):
            conditions = ReportFilter(since, until, line, queue, agent)
            groups = await self.reports.report(conditions, by)
            assert groups == await self.reports.report(conditions, by, recount=True), (conditions, by)

    async def marked(self) -> int:
        async with self.database.read() as session:
            return await session.scalar(select(func.count()).select_from(CallRollupMarkRow)) or 0


@pytest.mark.parametrize("zone", [BERLIN, KATHMANDU])
async def test_S1_reports_equal_a_recount_while_the_counts_are_built_and_changed(
    database: Database, zone: ZoneInfo
) -> None:
    centre = Centre(database, zone)
    records = [
        replace(record, arrived_at=record.arrived_at + timedelta(days=centre.draw.choice([0, 0, -25, -50])))
        for record in calls(5, 60)
    ]
    await centre.calls.keep(records)
    await centre.equal()
    while await centre.rollups.count_changed() or await centre.rollups.extend():
        await centre.equal()
    assert (await centre.rollups.state()).complete
    # Records that end, change and come late are read from the records until they are counted again.
    changed = [
        replace(record, outcome=Outcome.ABANDONED, agent=None, answered_at=None, talk_seconds=None, hold_seconds=None)
        for record in centre.draw.sample(records, 12)
    ]
    await centre.calls.keep(changed)
    await centre.calls.keep([replace(calls(6, 1)[0], linkedid=records[0].linkedid, arrived_at=SINCE)])
    await centre.equal()
    while await centre.rollups.count_changed():
        await centre.equal()
    assert await centre.marked() == 0
    await centre.equal(len(QUESTIONS) // 3)
    assert await centre.rollups.check(SINCE, UNTIL) == []


async def test_S1_an_older_call_than_all_before_is_counted_too(database: Database) -> None:
    centre = Centre(database, BERLIN)
    late, early = calls(7, 2)
    await centre.calls.keep([replace(late, arrived_at=SINCE + timedelta(days=2))])
    await centre.rollups.catch_up()
    await centre.calls.keep([replace(early, arrived_at=SINCE + timedelta(hours=1))])
    await centre.rollups.catch_up()
    state = await centre.rollups.state()
    assert (state.complete, state.counted_since) == (True, SINCE)
    await centre.equal()


async def test_S1_another_threshold_counts_from_the_beginning(database: Database) -> None:
    centre = Centre(database, BERLIN)
    await centre.calls.keep(calls(8, 100))
    await centre.rollups.catch_up()
    centre.within = Within(90.0, {})
    await centre.equal()
    await centre.rollups.catch_up()
    await centre.equal()
    assert await centre.rollups.check(SINCE, UNTIL) == []


async def test_S1_a_check_reports_and_mends_counts_that_differ(database: Database) -> None:
    centre = Centre(database, BERLIN)
    await centre.calls.keep(calls(9, 100))
    await centre.rollups.rebuild()
    async with database.write() as session:
        first = await session.scalar(
            select(func.min(CallRollupRow.start)).where(
                CallRollupRow.grain == "agent_half_hour", CallRollupRow.start >= SINCE.timestamp()
            )
        )
        await session.execute(
            update(CallRollupRow).where(CallRollupRow.start == first).values(answered=CallRollupRow.answered + 1)
        )
    differences = await centre.rollups.check(SINCE, UNTIL)
    assert {(each.at.timestamp(), each.count, each.stored - each.recorded) for each in differences} == {
        (first, "answered", 1.0)
    }
    assert (await centre.rollups.state()).differences == len(differences)
    await centre.equal()
    await centre.rollups.catch_up()
    assert await centre.rollups.check(SINCE, UNTIL) == []
    await centre.equal()


async def test_S1_a_mark_of_a_transaction_under_way_outlives_a_count_that_cannot_see_its_record(
    database: Database,
) -> None:
    centre = Centre(database, BERLIN)
    record = replace(calls(10, 1)[0], arrived_at=SINCE + timedelta(hours=4))
    await centre.rollups.catch_up()
    await centre.calls.keep([record])
    async with database.read() as session:
        before = (await session.scalars(select(CallRollupMarkRow.id))).all()
    await centre.calls.keep([replace(record, linkedid=calls(10, 2)[1].linkedid)])
    async with database.read() as session:
        after = (await session.scalars(select(CallRollupMarkRow.id))).all()
    assert set(before) < set(after)
    await centre.rollups.catch_up()
    await centre.equal()


minutes = st.integers(-3000, 9000) | st.integers(-60_000, 60_000)


@given(
    minutes,
    st.integers(1, 6000) | st.integers(1, 200_000),
    st.none() | st.integers(-60, 30),
    st.lists(minutes, max_size=8),
    st.sampled_from(Coarsest),
    st.sampled_from([BERLIN, KATHMANDU, ZoneInfo("Asia/Shanghai"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_S1_the_parts_cover_a_period_once_and_read_no_count_that_is_old(
    start: int, length: int, day: int | None, marked: Sequence[int], coarsest: Coarsest, zone: ZoneInfo
) -> None:
    calendar = Calendar(zone)
    since = SINCE + timedelta(minutes=start, seconds=11)
    until = since + timedelta(minutes=length)
    counted = None if day is None else calendar.day(SINCE + timedelta(days=day))
    marks = [SINCE + timedelta(minutes=minute) for minute in marked]
    parts = parts_of(since, until, counted, marks, calendar, coarsest)
    ordered = sorted([*parts.months, *parts.days, *parts.half_hours, *parts.records])
    assert ordered[0][0] == since
    assert ordered[-1][1] == until
    assert all(first[1] == second[0] for first, second in pairwise(ordered))
    rolled = [*parts.months, *parts.days, *parts.half_hours]
    assert all(calendar.half_hour(edge) == edge for span in rolled for edge in span)
    assert all(calendar.day(edge) == edge for span in parts.days for edge in span)
    assert not any(span[0] <= mark < span[1] for span in rolled for mark in marks)
    assert counted is None or all(span[0] >= counted for span in rolled)
    assert all(calendar.month(edge) == edge for span in parts.months for edge in span)
    assert coarsest is Coarsest.MONTH or not parts.months
    assert coarsest is not Coarsest.HALF_HOUR or not parts.days


def test_a_year_of_whole_days_reads_no_record() -> None:
    shanghai = Calendar(ZoneInfo("Asia/Shanghai"))
    since = datetime(2025, 12, 31, 16, tzinfo=UTC)
    until = datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert parts_of(since, until, since, [], shanghai, Coarsest.MONTH) == Parts([(since, until)], [], [], [])
    assert shanghai.offsets(since, until) == [(until, 8 * 3600)]
    summer = Calendar(BERLIN).offsets(since, until)
    assert [(at.isoformat(), offset // 3600) for at, offset in summer] == [
        ("2026-03-29T01:00:00+00:00", 1),
        ("2026-10-25T01:00:00+00:00", 2),
        ("2026-12-31T16:00:00+00:00", 1),
    ]
    assert HALF_HOUR == 1800
