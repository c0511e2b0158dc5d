"""Tests attendance: late, absent, left the post, over a break; against a slow recount, and on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.attendance.model import AttendanceRules, Sighting, findings
from callcenter.roster.attendance.service import Attendance, AttendanceDelta
from callcenter.roster.model import Shift
from callcenter.roster.rows import LeaveRow
from callcenter.storage.database import Database
from callcenter.web.ports import Audience, DeltaKind, Shape
from tests.support.rooms import BOSS, NOON, Rooms, person

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RULES = AttendanceRules()
START = datetime(2026, 11, 24, tzinfo=UTC)


class Watch:
    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.published: list[AttendanceDelta] = []
        self.attendance = Attendance(
            rooms.database, rooms.clock, rooms.presence, rooms.roster, RULES, "2026-11", self._publish
        )

    def _publish(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> None:
        assert (kind, agents) == ("attendance", frozenset({data["agent"]}))
        self.published.append(data)  # type: ignore[arg-type]

    async def after(self, minutes: float) -> list[tuple[str, int]]:
        """The findings of 1001 after this time, oldest first: kind and minutes."""
        self.rooms.clock.move(minutes=minutes)
        await self.attendance.once()
        rows = await self.attendance.findings(BOSS, 100, agent="1001")
        return [(row.kind, row.minutes) for row in reversed(rows)]


@pytest.fixture
async def watch(database: Database) -> Watch:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    return Watch(rooms)


async def test_D3_D4_who_does_not_come_is_late_then_absent_and_each_is_published_once(watch: Watch) -> None:
    await watch.rooms.on_duty("1001", 2)
    assert await watch.after(5) == []
    assert await watch.after(1) == [("late", 6)]
    assert await watch.after(23) == [("late", 29)]
    assert await watch.after(1) == [("absent", 30)]
    assert await watch.after(200) == [("absent", 120)]
    assert [delta["kind"] for delta in watch.published] == ["late", "absent"]
    (row,) = await watch.attendance.findings(BOSS, 10)
    assert (row.at, row.until, row.policy_version) == (NOON, None, "2026-11")
    assert await watch.attendance.findings(person("1002"), 10) == []


async def test_D3_who_comes_late_stays_late_with_the_time_of_their_arrival(watch: Watch) -> None:
    await watch.rooms.on_duty("1001", 8)
    await watch.after(10)
    await watch.rooms.presence.sign_in("1001", person("1001"))
    assert await watch.after(60) == [("late", 10)]
    assert [delta["until"] for delta in watch.published] == [None, NOON + 10 * MINUTE]


async def test_D3_leaving_the_post_is_seen_and_a_short_absence_is_not(watch: Watch) -> None:
    # A colleague stays at the desk.
    for number in ("1001", "1002"):
        await watch.rooms.presence.sign_in(number, person(number))
        await watch.rooms.on_duty(number, 8)
    watch.rooms.clock.move(minutes=60)
    await watch.rooms.presence.pause("1001", "meal", person("1001"))
    assert await watch.after(30) == []
    await watch.rooms.presence.sign_out("1001", person("1001"))
    assert await watch.after(4) == []
    await watch.rooms.presence.sign_in("1001", person("1001"))
    assert await watch.after(60) == []
    await watch.rooms.presence.sign_out("1001", person("1001"))
    assert await watch.after(6) == [("left_post", 6)]
    await watch.rooms.presence.sign_in("1001", person("1001"))
    assert await watch.after(5 * 60) == [("left_post", 6)]
    await watch.rooms.presence.sign_out("1001", person("1001"))
    assert await watch.after(600) == [("left_post", 6), ("left_post", 20)]


async def test_D4_an_agent_on_leave_or_after_the_shift_is_not_missed(watch: Watch) -> None:
    shift = await watch.rooms.on_duty("1001", 4)
    async with watch.rooms.database.write() as session:
        session.add(
            LeaveRow(
                id="a",
                agent="1001",
                kind="sick",
                starts_at=NOON,
                ends_at=NOON + 2 * HOUR,
                reason="",
                state="approved",
                asked_at=NOON,
                asked_by="p1",
            )
        )
    assert await watch.after(110) == []
    await watch.rooms.presence.sign_in("1001", person("1001"))
    assert await watch.after(60) == []
    watch.rooms.clock.at = shift.ends_at
    await watch.rooms.presence.sign_out("1001", person("1001"))
    assert await watch.after(100) == []


@given(
    st.lists(st.tuples(st.integers(-60, 600), st.booleans()), max_size=12),
    st.integers(1, 480),
    st.integers(0, 700),
)
def test_findings_are_what_a_recount_minute_by_minute_shows(
    steps: list[tuple[int, bool]], length: int, elapsed: int
) -> None:
    sightings = [Sighting(START + minute * MINUTE, here) for minute, here in sorted(steps)]
    shift, now = Shift(AgentNumber("1"), LineCode("orders"), START, START + length * MINUTE), START + elapsed * MINUTE

    def signed_in(at: datetime) -> bool:
        return next((seen.signed_in for seen in reversed(sightings) if seen.at <= at), False)

    runs: list[list[int]] = []
    for minute in range(min(length, elapsed)):
        if signed_in(START + minute * MINUTE):
            continue
        if runs and runs[-1][1] == minute:
            runs[-1][1] = minute + 1
        else:
            runs.append([minute, minute + 1])
    expected = [(start, end - start) for start, end in runs if end - start > 5]
    result = findings("1", [shift], sightings, now, RULES)
    assert [((finding.at - START) // MINUTE, finding.minutes) for finding in result] == expected
    for finding in result:
        first, open_end = finding.at == START, finding.minutes + (finding.at - START) // MINUTE == min(length, elapsed)
        absent = first and open_end and (finding.minutes >= 30 or elapsed >= length)
        assert finding.kind == ("absent" if absent else "late" if first else "left_post")
        assert (finding.until is None) is open_end


async def test_D4_a_sick_leave_that_is_approved_afterwards_takes_the_absence_back(watch: Watch) -> None:
    shift = await watch.rooms.on_duty("1001", 8)
    await watch.rooms.on_duty("1002", 8)
    assert await watch.after(40) == [("absent", 40)]
    leave = LeaveRow(
        id="a",
        agent="1001",
        kind="sick",
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        reason="发烧",
        state="requested",
        asked_at=NOON,
        asked_by="p1",
    )
    async with watch.rooms.database.write() as session:
        session.add(leave)
    assert await watch.after(60) == [("absent", 100)]
    (finding,) = await watch.attendance.findings(BOSS, 10, agent="1001")
    assert await watch.attendance.standing([finding.id, "x"]) == {finding.id}
    async with watch.rooms.database.write() as session:
        await session.execute(update(LeaveRow).values(state="approved"))
    assert await watch.after(3 * 24 * 60) == []
    assert watch.published[-1] == {**watch.published[-1], "id": finding.id, "until": finding.at, "minutes": 0}
    assert await watch.attendance.standing([finding.id]) == set()
    assert [row.kind for row in await watch.attendance.findings(BOSS, 10, agent="1002")] == ["absent"]


async def test_D5_D7_a_line_with_nobody_at_the_desk_at_mealtime_is_found(watch: Watch) -> None:
    rooms = watch.rooms
    for agent in ("1001", "1002"):
        await rooms.on_duty(agent, 8)
        await rooms.presence.sign_in(agent, person(agent))
    assert await watch.after(10) == []
    await rooms.presence.pause("1001", "meal", person("1001"))
    assert await watch.after(10) == []
    # A colleague at other work is at the desk; one on a break is not.
    await rooms.presence.pause("1002", "training", person("1002"))
    assert await watch.after(10) == []
    await rooms.presence.resume("1002", person("1002"))
    await rooms.presence.pause("1002", "break", person("1002"))
    assert await watch.after(1) == []
    assert await watch.after(3) == [("mealtime", 4)]
    await rooms.presence.resume("1002", person("1002"))
    assert await watch.after(10) == [("mealtime", 4)]
    rows = await watch.attendance.findings(BOSS, 10)
    assert {(row.agent, row.kind, row.until is None, tuple(row.lines)) for row in rows} == {
        ("1001", "mealtime", False, ("orders",)),
        ("1002", "mealtime", False, ("orders",)),
    }
    assert [delta["agent"] for delta in watch.published] == ["1001", "1002", "1001", "1002"]


async def test_D5_a_line_without_anyone_at_a_meal_is_no_empty_mealtime(watch: Watch) -> None:
    await watch.rooms.on_duty("1001", 8)
    await watch.rooms.presence.sign_in("1001", person("1001"))
    await watch.rooms.presence.pause("1001", "break", person("1001"))
    assert await watch.after(10) == []
