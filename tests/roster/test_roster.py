"""Tests who is on duty, when that changes, and where staff is short; on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.agents.errors import UnknownAgent
from callcenter.errors import CallCentreError, NotFound
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.roster.errors import (
    BadLocalTime,
    BadRange,
    ShiftEndsBeforeStart,
    ShiftOverlaps,
    ShiftTooLong,
    UnknownShift,
)
from callcenter.roster.model import Gap, Shift, duty_at, gaps, instant_of, next_change
from callcenter.routing.errors import InUse
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, CHIEF, NOON, Rooms

HOUR = timedelta(hours=1)
CHANGSHA = ZoneInfo("Asia/Shanghai")


def shift(agent: str = "1001", start: float = 0, end: float = 8, line: str = "orders") -> Shift:
    """Hours from noon."""
    return Shift(AgentNumber(agent), LineCode(line), NOON + start * HOUR, NOON + end * HOUR)


@pytest.fixture
async def rooms(database: Database) -> Rooms:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    return rooms


async def test_duty_begins_with_the_shift_and_ends_just_before_its_end(rooms: Rooms) -> None:
    await rooms.roster.add(shift(), BOSS)
    last = timedelta(microseconds=1)
    assert await rooms.roster.duty(NOON - last) == {}
    assert await rooms.roster.duty(NOON) == {"orders": {"1001"}}
    assert await rooms.roster.duty(NOON + 8 * HOUR - last) == {"orders": {"1001"}}
    assert await rooms.roster.duty(NOON + 8 * HOUR) == {}


async def test_a_night_shift_goes_across_midnight(rooms: Rooms) -> None:
    start = datetime(2026, 11, 24, 22, 0, tzinfo=CHANGSHA)
    await rooms.roster.add(Shift(AgentNumber("1001"), LineCode("orders"), start, start + 8 * HOUR), BOSS)
    assert await rooms.roster.duty(datetime(2026, 11, 25, 3, 0, tzinfo=CHANGSHA)) == {"orders": {"1001"}}
    assert await rooms.roster.next_change(start) == start + 8 * HOUR


async def test_the_next_change_is_the_nearest_begin_or_end(rooms: Rooms) -> None:
    await rooms.roster.add(shift(start=0, end=8), BOSS)
    await rooms.roster.add(shift("1002", start=4, end=12), BOSS)
    seen, at = [], NOON - HOUR
    while (change := await rooms.roster.next_change(at)) is not None:
        seen.append((change - NOON) / HOUR)
        at = change
    assert seen == [0, 4, 8, 12]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        (shift(start=8, end=0), ShiftEndsBeforeStart),
        (shift(start=8, end=8), ShiftEndsBeforeStart),
        (shift(end=24.01), ShiftTooLong),
        (shift("1009"), UnknownAgent),
        (shift(line="nowhere"), NotFound),
        (shift(start=-4, end=1), ShiftOverlaps),
        (shift(start=2, end=3), ShiftOverlaps),
        (Shift(AgentNumber("1001"), LineCode("orders"), NOON.replace(tzinfo=None), NOON), BadLocalTime),
    ],
)
async def test_a_shift_that_cannot_be_is_refused_by_name(
    rooms: Rooms, wrong: Shift, refusal: type[CallCentreError]
) -> None:
    shift_row = await rooms.roster.add(shift(), BOSS)
    with pytest.raises(refusal):
        await rooms.roster.add(wrong, BOSS)
    assert await rooms.roster.shifts() == [shift_row]


async def test_shifts_may_touch_and_an_agent_may_serve_two_lines(rooms: Rooms) -> None:
    await rooms.roster.add(shift(), BOSS)
    await rooms.roster.add(shift(start=8, end=10), BOSS)
    line = await rooms.lines.line("orders")
    await rooms.lines.add(type(line)(LineCode("vip"), QueueCode("general")), CHIEF)
    await rooms.roster.add(shift(line="vip"), BOSS)
    assert await rooms.roster.duty(NOON) == {"orders": {"1001"}, "vip": {"1001"}}


async def test_of_two_overlapping_shifts_added_at_once_one_is_refused(rooms: Rooms) -> None:
    conditions = [rooms.roster.add(shift(start=hour, end=hour + 4), BOSS) for hour in (0, 1, 2)]
    done = await asyncio.gather(*conditions, return_exceptions=True)
    assert sorted(type(entry).__name__ for entry in done) == ["Shift", "ShiftOverlaps", "ShiftOverlaps"]


async def test_a_shift_may_be_moved_over_itself_and_taken_away(rooms: Rooms) -> None:
    shift_row = await rooms.roster.add(shift(), BOSS)
    moved = Shift(shift_row.agent, shift_row.line, NOON + HOUR, NOON + 9 * HOUR, shift_row.id)
    assert await rooms.roster.change(moved, BOSS) == moved
    await rooms.roster.remove(shift_row.id, BOSS)
    with pytest.raises(UnknownShift):
        await rooms.roster.shift(shift_row.id)
    with pytest.raises(UnknownShift):
        await rooms.roster.remove(2**63, BOSS)


async def test_a_line_with_shifts_is_not_removed(rooms: Rooms) -> None:
    await rooms.roster.add(shift(), BOSS)
    with pytest.raises(InUse):
        await rooms.lines.remove("orders", CHIEF)


async def test_a_list_by_range_holds_what_touches_it(rooms: Rooms) -> None:
    for start in (0, 8, 16):
        await rooms.roster.add(shift(start=start, end=start + 8), BOSS)
    shifts = await rooms.roster.shifts(NOON + 8 * HOUR, NOON + 9 * HOUR)
    assert [entry.starts_at for entry in shifts] == [NOON + 8 * HOUR]


async def test_D2_a_shortage_shows_before_it_happens(rooms: Rooms) -> None:
    await rooms.roster.add(shift(start=0, end=4), BOSS)
    await rooms.roster.add(shift("1002", start=3, end=6), BOSS)
    result = await rooms.roster.gaps(LineCode("orders"), NOON, NOON + 8 * HOUR, 2)
    assert result == [
        Gap(NOON, NOON + 3 * HOUR, 1, 1),
        Gap(NOON + 4 * HOUR, NOON + 6 * HOUR, 1, 1),
        Gap(NOON + 6 * HOUR, NOON + 8 * HOUR, 0, 2),
    ]
    with pytest.raises(BadRange):
        await rooms.roster.gaps(LineCode("orders"), NOON, NOON, 1)


def test_D2_a_change_of_people_with_the_same_number_is_one_gap() -> None:
    there = [shift(start=0, end=4), shift("1002", start=4, end=8)]
    assert gaps(there, LineCode("orders"), NOON, NOON + 8 * HOUR, 2) == [Gap(NOON, NOON + 8 * HOUR, 1, 1)]
    assert gaps(there, LineCode("orders"), NOON, NOON + 8 * HOUR, 1) == []


@pytest.mark.parametrize(
    ("local", "zone", "hour"),
    [
        ("2026-11-24T09:00", "Asia/Shanghai", 1),
        ("2026-11-24T09:00+08:00", None, 1),
        ("2026-03-29T01:59", "Europe/Berlin", 0),
        ("2026-03-29T03:00", "Europe/Berlin", 1),
        ("2026-10-25T03:00", "Europe/Berlin", 2),
    ],
)
def test_wall_clock_times_are_read_in_their_zone(local: str, zone: str | None, hour: int) -> None:
    assert instant_of(datetime.fromisoformat(local), zone).hour == hour


@pytest.mark.parametrize(
    ("local", "zone"),
    [
        ("2026-03-29T02:30", "Europe/Berlin"),
        ("2026-10-25T02:30", "Europe/Berlin"),
        ("2026-11-24T09:00", None),
        ("2026-11-24T09:00", "Asia/Changsha"),
        ("2026-11-24T09:00", "../../etc/passwd"),
        ("0001-01-01T00:00", "Asia/Shanghai"),
    ],
)
def test_a_time_that_does_not_exist_or_comes_twice_or_has_no_zone_is_not_guessed(local: str, zone: str | None) -> None:
    with pytest.raises(BadLocalTime):
        instant_of(datetime.fromisoformat(local), zone)


def test_a_shift_across_the_change_of_clocks_is_as_long_as_it_really_is() -> None:
    start = instant_of(datetime.fromisoformat("2026-10-24T22:00"), "Europe/Berlin")
    end = instant_of(datetime.fromisoformat("2026-10-25T06:00"), "Europe/Berlin")
    assert end - start == 9 * HOUR


spans = st.tuples(st.integers(0, 48), st.integers(1, 24), st.sampled_from(["1001", "1002", "1003"]))


@given(st.lists(spans, max_size=8))
def test_between_two_changes_the_duty_stays_as_it_is(result: list[tuple[int, int, str]]) -> None:
    there = [shift(agent, start, start + length) for start, length, agent in result]
    at = NOON - HOUR
    while (change := next_change(there, at)) is not None:
        assert duty_at(there, at) == duty_at(there, change - timedelta(microseconds=1))
        at = change
    assert duty_at(there, at) == {}


@given(st.lists(spans, max_size=8), st.integers(1, 3))
def test_D2_every_instant_is_either_in_a_gap_or_has_enough_people(
    result: list[tuple[int, int, str]], minimum: int
) -> None:
    there = [shift(agent, start, start + length) for start, length, agent in result]
    listed = gaps(there, LineCode("orders"), NOON, NOON + 72 * HOUR, minimum)
    for half in range(144):
        at = NOON + half * HOUR / 2
        people = len(duty_at(there, at).get(LineCode("orders"), ()))
        here = [gap for gap in listed if gap.starts_at <= at < gap.ends_at]
        assert [(gap.on_duty, gap.short) for gap in here] == ([(people, minimum - people)] if people < minimum else [])
    assert NOON.tzinfo is UTC
