"""Tests that last week's roster is copied by the wall clock over both changes of the clocks, shift by shift (D1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.model import Shift
from callcenter.roster.patterns.model import Pattern, instant_near
from callcenter.roster.plans.copies.model import Adjusted, CopyFault, copy_of
from callcenter.roster.plans.model import Days
from callcenter.roster.plans.service import DraftSource
from callcenter.storage.database import Database
from tests.roster.test_changes import Team
from tests.support.rooms import BOSS, Rooms

BERLIN = ZoneInfo("Europe/Berlin")
ORDERS = LineCode("orders")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""At 01:00 UTC the clocks go from 2 to 3, and from 3 back to 2."""
WEEK = timedelta(days=7)


def local(day: date, text: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{text}").replace(tzinfo=BERLIN).astimezone(UTC)


def a_week_before(day: date, start: str, end: str, agent: str = "1001", nights: int = 0) -> Shift:
    return Shift(AgentNumber(agent), ORDERS, local(day - WEEK, start), local(day - WEEK + timedelta(days=nights), end))


async def drafted(
    database: Database, change: date, *shifts: Shift
) -> tuple[Team, list[tuple[str, str, str]], list[tuple[str, str]]]:
    """The entries of a draft of the week of the change by agent and UTC times, and what was adjusted."""
    rooms = Rooms(database)
    rooms.clock.at = local(change - WEEK - timedelta(days=7), "12:00")
    team = Team(rooms, zone="Europe/Berlin")
    await rooms.furnish("1001", "1002", "1003")
    await team.room.patterns.put(Pattern("N", "night", 22 * 60, 24 * 60 + 150), BOSS)
    for shift in shifts:
        await rooms.roster.add(shift, BOSS)
    days = Days(change - timedelta(days=6), change)
    result = await team.room.plans.draft(ORDERS, days, DraftSource.PREVIOUS, "", BOSS)
    _, entries = await team.room.plans.plan(result.row.id, BOSS)
    times = [(str(entry.agent), f"{entry.starts_at:%d %H:%M}", f"{entry.ends_at:%d %H:%M}") for entry in entries]
    seen = (await team.room.reviews.of(result.row.id)).fingerprint
    await team.room.plans.publish(result.row.id, seen, BOSS)
    return team, times, [(str(each.agent), each.fault.value) for each in result.adjusted]


async def test_D1_the_week_of_summer_time_is_copied_though_a_shift_begins_in_the_skipped_hour(
    database: Database,
) -> None:
    eve = SPRING - timedelta(days=1)
    _, times, adjusted = await drafted(
        database,
        SPRING,
        a_week_before(eve, "22:00", "02:30", "1001", nights=1),
        a_week_before(SPRING, "02:30", "08:00", "1002"),
        a_week_before(SPRING, "09:00", "17:00", "1003"),
    )
    assert times == [
        ("1001", "28 21:00", "29 01:00"),
        ("1002", "29 01:00", "29 06:00"),
        ("1003", "29 07:00", "29 15:00"),
    ]
    assert adjusted == [("1001", "clock_change"), ("1002", "clock_change")]


async def test_D1_the_week_of_winter_time_is_copied_though_a_shift_ends_in_the_repeated_hour(
    database: Database,
) -> None:
    eve = AUTUMN - timedelta(days=1)
    team, times, adjusted = await drafted(
        database,
        AUTUMN,
        a_week_before(eve, "22:00", "02:30", "1001", nights=1),
        a_week_before(AUTUMN, "02:30", "08:00", "1002"),
        a_week_before(eve, "22:00", "06:00", "1003", nights=1),
    )
    assert times == [
        ("1001", "24 20:00", "25 00:30"),
        ("1002", "25 00:30", "25 07:00"),
        ("1003", "24 20:00", "25 05:00"),
    ]
    assert adjusted == [("1001", "clock_change"), ("1002", "clock_change")]
    patterns = {
        entry.agent: entry.pattern
        for entry in (await team.room.plans.plan((await team.room.plans.plans(BOSS, 1))[0].id, BOSS))[1]
    }
    assert patterns[AgentNumber("1001")] == "", "the times are not those of the pattern"


async def test_D1_the_week_after_a_change_has_the_times_of_the_week_before_it(database: Database) -> None:
    _, times, adjusted = await drafted(database, SPRING + WEEK, a_week_before(SPRING + WEEK, "03:00", "09:00"))
    assert (times, adjusted) == ([("1001", "05 01:00", "05 07:00")], [])


async def test_D2_the_shift_of_an_agent_who_left_is_reported_and_not_copied(database: Database) -> None:
    rooms = Rooms(database)
    rooms.clock.at = local(SPRING - 2 * WEEK, "12:00")
    team = Team(rooms, zone="Europe/Berlin")
    await rooms.furnish("1001", "1002")
    for agent in ("1001", "1002"):
        await rooms.roster.add(a_week_before(SPRING, "09:00", "17:00", agent), BOSS)
    await rooms.agents.change(replace(await rooms.agents.agent("1002"), active=False), BOSS)
    drafted = await team.room.plans.draft(ORDERS, Days(SPRING, SPRING), DraftSource.PREVIOUS, "", BOSS)
    assert [(each.agent, each.fault, each.entry) for each in drafted.adjusted] == [("1002", CopyFault.AGENT, None)]
    _, entries = await team.room.plans.plan(drafted.row.id, BOSS)
    assert [entry.agent for entry in entries] == ["1001"]


@pytest.mark.parametrize(
    ("change", "start", "end"),
    [(SPRING, "02:10", "02:50"), (AUTUMN, "00:30", "24:30")],
)
def test_D1_nothing_left_or_too_long_is_left_out_and_reported(change: date, start: str, end: str) -> None:
    nights, end = (1, f"00:{end[3:]}") if end.startswith("24") else (0, end)
    shift = a_week_before(change, start, end, nights=nights)
    copied = copy_of(shift, WEEK, {}, BERLIN)
    assert isinstance(copied, Adjusted)
    assert (copied.fault, copied.entry) == (CopyFault.LENGTH, None)


@given(
    st.sampled_from([SPRING, AUTUMN, date(2026, 6, 1)]),
    st.lists(st.integers(0, 2 * 24 * 60), min_size=2, max_size=6, unique=True),
)
def test_D1_later_times_are_never_copied_to_earlier_ones(day: date, minutes: list[int]) -> None:
    day -= timedelta(days=1)
    instants = [instant_near(day, minute, BERLIN) for minute in sorted(minutes)]
    assert [at for at, _ in instants] == sorted(at for at, _ in instants)
    for minute, (at, exact) in zip(sorted(minutes), instants, strict=True):
        wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
        changed = wall.date() in (SPRING, AUTUMN) and wall.hour == 2
        assert exact is not changed
        assert exact is False or at.astimezone(BERLIN).replace(tzinfo=None) == wall
