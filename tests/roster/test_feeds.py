"""Tests calendar feeds with a secret address, and reminders of rosters that are due; both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.roster.calendars.model import LINE_OCTETS, calendar_of, escaped, folded
from callcenter.roster.deadlines.model import DeadlineRules, Period, covered, due_missed, due_next, stage
from callcenter.roster.deadlines.service import Deadlines, RosterDueDelta
from callcenter.roster.errors import NotYourRequest, UnknownCalendar
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need
from callcenter.roster.plans.model import Days
from callcenter.routing.model import Line
from callcenter.storage.database import Database
from tests.roster.test_changes import HAN, LI
from tests.roster.test_plans import entry, opened, published
from tests.support.rooms import BOSS, CHIEF

ZONE = "Asia/Shanghai"
FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
"""17:00 in Changsha."""


@given(st.text())
def test_a_line_of_a_feed_is_folded_by_octets_and_unfolds_again(text: str) -> None:
    line = escaped(text)
    parts = list(folded(line))
    assert all(len(part.encode(errors="surrogatepass")) <= LINE_OCTETS for part in parts)
    assert "".join([parts[0], *(part[1:] for part in parts[1:])]) == line
    assert not {"\r", "\n"} & set(line)


def test_a_feed_has_each_shift_in_utc_with_the_name_of_its_line() -> None:
    start = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    shift = Shift(AgentNumber("1001"), LineCode("orders"), start, start + timedelta(hours=9), 7)
    feed = calendar_of([shift], "李雷", {"orders": "订购, 售后"}, start).decode()
    assert "DTSTART:20261201T000000Z\r\nDTEND:20261201T090000Z\r\nSUMMARY:订购\\, 售后\r\n" in feed
    assert feed.count("BEGIN:VEVENT") == 1
    assert feed.endswith("END:VCALENDAR\r\n")


async def test_a_secret_address_shows_the_own_shifts_until_it_is_revoked(database: Database) -> None:
    team = await opened(database)
    calendars = team.room.calendars
    await team.rooms.on_duty("1001")
    await team.rooms.on_duty("1002")
    first = await calendars.renew(LI)
    assert (await calendars.read(first)).count(b"BEGIN:VEVENT") == 1
    second = await calendars.renew(LI)
    for secret in (first, "", "x" * 5000, "\ud800"):
        with pytest.raises(UnknownCalendar):
            await calendars.read(secret)
    now = team.rooms.clock()
    leave = await team.room.leaves.request("1001", LeaveKind.SICK, now, now + timedelta(hours=20), "发烧", LI)
    await team.room.leaves.decide(leave.id, LeaveEvent.APPROVE, BOSS)
    assert b"VEVENT" not in await calendars.read(second)
    with pytest.raises(NotYourRequest):
        await calendars.revoke("1001", HAN)
    with pytest.raises(NotYourRequest):
        await calendars.renew(BOSS)
    await calendars.revoke("1001", BOSS)
    with pytest.raises(UnknownCalendar):
        await calendars.read(second)


def test_D1_next_week_is_due_on_friday_and_next_month_on_the_25th() -> None:
    week, month = due_next(date(2026, 12, 31), DeadlineRules(), ZONE)
    assert (week.period, week.days) == (Period.WEEK, Days(date(2027, 1, 4), date(2027, 1, 10)))
    assert week.due_at == datetime(2027, 1, 1, 9, 0, tzinfo=UTC)
    assert month.days == Days(date(2027, 1, 1), date(2027, 1, 31))
    rules = DeadlineRules()
    stages = [stage(week, week.due_at - timedelta(hours=hours), rules) for hours in (25, 24, 3, 2, 0, -1)]
    assert stages == [None, 24, 24, 2, 0, 0]
    assert due_next(date(2026, 12, 31), DeadlineRules(0, 0), ZONE) == []
    halves = [Days(date(2027, 1, 4), date(2027, 1, 6)), Days(date(2027, 1, 7), date(2027, 1, 10))]
    assert covered(week.days, halves)
    assert not covered(week.days, halves[:1])


async def test_D1_each_reminder_is_sent_once_until_the_roster_is_published(database: Database) -> None:
    team = await opened(database)
    deadlines = team.room.deadlines
    team.rooms.clock.at = FRIDAY - timedelta(days=2)
    assert await deadlines.remind() == 0
    await team.room.needs.replace("orders", [Need(0, 0, 60, 0)], CHIEF)
    # The month has been overdue since the 25th.
    assert [await deadlines.remind(), await deadlines.remind()] == [1, 0]
    team.rooms.clock.at = FRIDAY - timedelta(hours=24)
    assert [await deadlines.remind(), await deadlines.remind()] == [1, 0]
    next_week = Days(date(2026, 11, 30), date(2026, 12, 6))
    await published(team, entry("1001", next_week.first), days=next_week)
    team.rooms.clock.at = FRIDAY
    assert await deadlines.remind() == 0
    states = {row.due.period: (row.published, row.reminded_at is not None) for row in await deadlines.deadlines()}
    assert states == {Period.WEEK: (True, True), Period.MONTH: (False, True)}


async def test_D1_what_became_overdue_while_the_service_was_down_is_reminded_of_once(database: Database) -> None:
    team = await opened(database)
    for line in ("orders", "vip"):
        if line == "vip":
            await team.rooms.lines.add(Line(LineCode("vip"), QueueCode("general"), dids=("4008005678",)), CHIEF)
        await team.room.needs.replace(line, [Need(0, 0, 60, 0)], CHIEF)
    next_week = Days(date(2026, 11, 30), date(2026, 12, 6))
    await published(team, entry("1001", next_week.first), days=next_week)
    heard: list[tuple[str, date, bool]] = []

    async def hear(session: AsyncSession, name: str, delta: RosterDueDelta) -> None:
        heard.append((delta["line"], delta["first_day"], delta["overdue"]))

    def started() -> Deadlines:
        zone, rules = ZoneInfo(ZONE), DeadlineRules(month_day=0)
        deadlines = Deadlines(database, team.rooms.clock, team.room.needs, zone, rules)
        deadlines.others.append(hear)
        return deadlines

    team.rooms.clock.at = FRIDAY - timedelta(hours=1)
    assert await started().remind() == 1
    heard.clear()
    team.rooms.clock.at = FRIDAY + timedelta(days=2, hours=16)
    assert [await started().remind(), await started().remind(), await started().remind()] == [1, 0, 0]
    assert heard == [("vip", next_week.first, True)]
    team.rooms.clock.at += timedelta(days=1)
    assert await started().remind() == 0


async def test_D1_the_overdue_reminder_of_friday_is_not_repeated_on_monday(database: Database) -> None:
    team = await opened(database)
    await team.room.needs.replace("orders", [Need(0, 0, 60, 0)], CHIEF)
    team.rooms.clock.at = FRIDAY + timedelta(minutes=1)
    # The month has been overdue since the 25th.
    assert await team.room.deadlines.remind() == 2
    for days in (3, 4, 5):
        team.rooms.clock.at = FRIDAY + timedelta(days=days)
        assert await team.room.deadlines.remind() == 0


@pytest.mark.parametrize(
    ("text", "missed"),
    [
        ("2026-11-30T09:00+08:00", [(Period.WEEK, date(2026, 11, 30))]),
        ("2026-12-01T18:00+08:00", []),
        ("2026-08-28T18:00+08:00", []),
        ("2026-03-01T09:00+08:00", [(Period.MONTH, date(2026, 3, 1))]),
        ("2026-03-02T09:00+08:00", [(Period.WEEK, date(2026, 3, 2))]),
    ],
)
def test_D1_what_was_missed_is_caught_up_for_four_days(text: str, missed: list[tuple[Period, date]]) -> None:
    dues = due_missed(datetime.fromisoformat(text), DeadlineRules(), ZoneInfo(ZONE))
    assert [(due.period, due.days.first) for due in dues] == missed


async def test_D1_a_restart_and_a_clock_that_goes_back_repeat_no_reminder(database: Database) -> None:
    """After the one of two hours before, the one of a day before would be wrong."""
    team = await opened(database)
    await team.room.needs.replace("orders", [Need(0, 0, 60, 0)], CHIEF)
    rules = DeadlineRules(month_day=0)

    def started() -> Deadlines:
        return Deadlines(database, team.rooms.clock, team.room.needs, ZoneInfo(ZONE), rules)

    sent = []
    for hours in (25, 2, 2, 3, 20, 1, 0, 1, -1):
        team.rooms.clock.at = FRIDAY - timedelta(hours=hours)
        sent.append(await started().remind())
    assert sent == [0, 1, 0, 0, 0, 0, 1, 0, 0]
    (due,) = await started().deadlines()
    assert due.reminded_at == FRIDAY
