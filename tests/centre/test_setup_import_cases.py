"""Tests a centre's own tables as Excel and Notepad write them, and a large roster beside other requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from callcenter.agents.model import Agent
from callcenter.centre.setup_file import read_file
from callcenter.centre.setup_import import Importing, Report
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.kit.written_times import written_time
from callcenter.roster.errors import ShiftOverlapsElsewhere
from callcenter.roster.model import Shift
from callcenter.roster.service import RosterService
from callcenter.routing.model import Line, Queue
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, NOON, Rooms

HEAD = "agent,line,starts_at,ends_at\n"
CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture
async def rooms(database: Database) -> Rooms:
    rooms = Rooms(database)
    await rooms.queues.add(Queue(QueueCode("general")), CHIEF)
    for code in ("orders", "sales"):
        await rooms.lines.add(Line(LineCode(code), QueueCode("general")), CHIEF)
    for number in ("1001", "1002"):
        await rooms.agents.add(Agent(AgentNumber(number), "刘小湘"), CHIEF)
    return rooms


async def bring(rooms: Rooms, name: str, data: bytes, roster: RosterService | None = None) -> Report:
    importing = Importing(
        rooms.database, rooms.agents, rooms.lines, rooms.queues, roster or rooms.roster, "Asia/Shanghai"
    )
    return await importing.run(read_file(name, data), CHIEF)


def at(day: int, hour: int) -> datetime:
    """A time in Changsha, in UTC."""
    return datetime(2026, 12, day, hour, tzinfo=UTC) - timedelta(hours=8)


async def test_shifts_with_dates_as_excel_writes_them_in_china(rooms: Rooms) -> None:
    data = (CASES / "shifts-excel-dates.csv").read_bytes()
    for text in (data, data.decode("utf-8-sig").encode("gb18030"), data.replace(b",", b";")):
        report = await bring(rooms, "shifts.csv", text)
        assert (report.problems, report.kept) == ([], True)
    shifts = [(shift.agent, shift.starts_at, shift.ends_at) for shift in await rooms.roster.shifts()]
    assert shifts == [("1001", at(1, 8), at(1, 16)), ("1002", at(1, 16), at(2, 0))]


async def test_the_mark_that_notepad_writes_is_no_part_of_toml(rooms: Rooms) -> None:
    report = await bring(rooms, "centre.toml", (CASES / "centre-notepad.toml").read_bytes())
    assert (report.problems, report.done) == ([], {"agents": 1})


async def test_the_line_of_a_problem_is_where_its_row_begins(rooms: Rooms) -> None:
    text = (
        'agent,line,starts_at,ends_at\n1001,orders,"2026/12/1 8:00\n","2026/12/1 16:00"\n1003,orders,2026/12/1 8:00,x\n'
    )
    report = await bring(rooms, "shifts.csv", text.encode())
    assert {problem.where for problem in report.problems} == {"line 4"}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026/12/1 8:00", "2026-12-01T08:00:00"),
        ("2026-12-1 08:00:30", "2026-12-01T08:00:30"),
        ("2026/12/2 0:00", "2026-12-02T00:00:00"),
        ("2026/12/1 24:00", "2026-12-02T00:00:00"),
        ("2026年12月1日 8:30", "2026-12-01T08:30:00"),
        ("2026年12月1日8时30分", "2026-12-01T08:30:00"),
        ("2026/12/1 下午3:05", "2026-12-01T15:05:00"),
        ("2026/12/1 12:30 AM", "2026-12-01T00:30:00"),
        ("2026.12.1 8:00", "2026-12-01T08:00:00"),
        ("２０２６/１２/１　８：００", "2026-12-01T08:00:00"),
        ("2026-12-01T08:00", "2026-12-01T08:00:00"),
        ("2026-12-01T08:00:00Z", "2026-12-01T08:00:00+00:00"),
        ("2026-12-01", "2026-12-01T00:00:00"),
        ("12/1/2026 8:00", None),
        ("2026/13/1 8:00", None),
        ("2026/2/30", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_times_are_read_as_people_and_spreadsheets_write_them(text: str, time: str | None) -> None:
    read = written_time(text)
    assert (read and read.isoformat()) == time


async def test_one_agent_on_two_lines_at_the_same_hours_is_refused_unless_the_setting_allows_it(rooms: Rooms) -> None:
    strict = RosterService(rooms.database, rooms.audit, rooms.agents, rooms.lines, several_lines=False)
    await strict.add(Shift(AgentNumber("1001"), LineCode("orders"), at(1, 8), at(1, 16)), CHIEF)
    other = Shift(AgentNumber("1001"), LineCode("sales"), at(1, 15), at(1, 20))
    with pytest.raises(ShiftOverlapsElsewhere):
        await strict.add(other, CHIEF)
    await strict.add(Shift(AgentNumber("1001"), LineCode("sales"), at(1, 16), at(1, 20)), CHIEF)
    await strict.add(Shift(AgentNumber("1002"), LineCode("sales"), at(1, 15), at(1, 20)), CHIEF)
    allowing = RosterService(rooms.database, rooms.audit, rooms.agents, rooms.lines, several_lines=True)
    await allowing.add(Shift(AgentNumber("1001"), LineCode("orders"), at(1, 16), at(1, 18)), CHIEF)


async def test_two_lines_at_the_same_hours_are_refused_within_one_file(rooms: Rooms) -> None:
    strict = RosterService(rooms.database, rooms.audit, rooms.agents, rooms.lines, several_lines=False)
    text = HEAD + "1001,orders,2026/12/1 8:00,2026/12/1 16:00\n1001,sales,2026/12/1 9:00,2026/12/1 10:00\n"
    report = await bring(rooms, "shifts.csv", text.encode(), strict)
    assert [(problem.where, problem.code) for problem in report.problems] == [("line 3", "shift_overlaps_elsewhere")]
    assert await strict.shifts() == []


async def test_a_roster_of_thousands_of_shifts_is_stored_completely_and_audited(rooms: Rooms) -> None:
    hours = [(NOON + timedelta(hours=place)).isoformat() for place in range(1001)]
    rows = [f"{agent},orders,{a},{b}" for agent in ("1001", "1002") for a, b in pairwise(hours)]
    text = HEAD + "\n".join(rows)
    report = await bring(rooms, "shifts.csv", text.encode())
    assert (report.done, report.skipped, report.kept) == ({"shifts": 2000}, 0, True)
    again = await bring(rooms, "shifts.csv", text.encode())
    assert (again.done, again.skipped) == ({"shifts": 0}, 2000)
    verdict = await rooms.audit.verify()
    assert verdict.broken_at is None
    assert len(await rooms.audit.page(5000, action="shift.added")) == 2000
