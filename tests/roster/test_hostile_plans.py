"""Tests plans in workbooks as people and Excel write them: numbers, dates, formulas, full-width text, rubbish (D1)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from callcenter.agents.model import Agent, Phone
from callcenter.errors import CallCentreError
from callcenter.facts import AgentNumber
from callcenter.roster.errors import BadPlan
from callcenter.roster.plans.model import Days
from callcenter.roster.plans.service import DraftSource
from callcenter.storage.database import Database
from tests.roster.test_changes import Team
from tests.roster.test_plans import ORDERS, WEEK, ZONE, entry, opened
from tests.support.rooms import BOSS, CHIEF

NAIVE = datetime(2026, 11, 30)  # noqa: DTZ001 - a workbook has no time zones.
HEAD = ["工号", "姓名", *(day.isoformat() for day in WEEK)]


def book(rows: Sequence[Sequence[Any]], head: Sequence[Any] = HEAD, **other: Sequence[Sequence[Any]]) -> bytes:
    """A workbook whose first sheets are the `other` ones, and whose last has the plan."""
    workbook = openpyxl.Workbook()
    del workbook[workbook.sheetnames[0]]
    for name, lines in other.items():
        sheet = workbook.create_sheet(name)
        for line in lines:
            sheet.append(line)
    sheet = workbook.create_sheet("排班")
    for line in (head, *rows):
        sheet.append(line)
    held = io.BytesIO()
    workbook.save(held)
    return held.getvalue()


async def read(team: Team, data: bytes) -> list[tuple[str, str, str]]:
    """The agents and local times of the plan read from a file."""
    row = (await team.room.plans.draft(ORDERS, WEEK, DraftSource.EMPTY, "", BOSS)).row
    _, entries, _ = await team.room.tables.read(row.id, data, BOSS)
    zone = ZoneInfo(ZONE)
    return [
        (str(entry.agent), f"{entry.starts_at.astimezone(zone):%m-%d %H:%M}", f"{entry.ends_at.astimezone(zone):%H:%M}")
        for entry in entries
    ]


EARLY = [("1001", "11-30 08:00", "17:00")]


@pytest.mark.parametrize(
    ("cell", "fits"),
    [
        ("08:00-17:00", True),
        ("０８：００－１７：００", True),
        ("8：00—17：00", True),
        ("08:00～17:00", True),
        ("08:00 〜 17:00", True),
        ("08:00到17:00", True),
        ("早", True),
        ("1e308", False),
        (1e308, False),
        (-1, False),
        (0.5, False),
        (True, False),
        (NAIVE, False),
        (time(8, 0), False),
        ("25:00-26:00", False),
        ("08:60-17:00", False),
        ("٠٨:٠٠-١٧:٠٠", True),
        ("x" * 30_000, False),
    ],
)
async def test_D1_a_cell_is_a_shift_or_is_named(sqlite_database: Database, cell: Any, fits: bool) -> None:
    team = await opened(sqlite_database)
    data = book([[1001, "李雷", cell]])
    if fits:
        assert await read(team, data) == EARLY
        return
    with pytest.raises(BadPlan) as refused:
        await read(team, data)
    assert refused.value.facts["fault"] == "cell"
    assert len(str(refused.value.facts["text"])) <= 40


async def test_D1_a_formula_without_a_value_is_reported_and_no_shift(sqlite_database: Database) -> None:
    team = await opened(sqlite_database)
    row = (await team.room.plans.draft(ORDERS, WEEK, DraftSource.EMPTY, "", BOSS)).row
    _, entries, passed = await team.room.tables.read(row.id, book([["1001", "李雷", "=A1", "早"]]), BOSS)
    assert [entry.day for entry in entries] == [WEEK.first + timedelta(days=1)]
    assert [(part.kind, part.where) for part in passed] == [("cell", "C2")]


@pytest.mark.parametrize("number", [1001, 1001.0, "1001", " 1001 ", "１００１"])
@pytest.mark.parametrize("day", ["2026-11-30", "11/30", "11月30日", "２０２６－１１－３０", NAIVE, date(2026, 11, 30)])
async def test_D1_numbers_and_days_as_excel_has_them(sqlite_database: Database, number: Any, day: Any) -> None:
    team = await opened(sqlite_database)
    assert await read(team, book([[number, "李雷", "早"]], ["工号", "姓名", day])) == EARLY


async def test_D1_the_sheet_with_the_plan_is_found_among_others(sqlite_database: Database) -> None:
    team = await opened(sqlite_database)
    data = book([["1001", "李雷", "早"]], 说明=[["请勿修改"]], 统计=[["线路", "人数"], ["orders", 3]], 空=[])
    assert await read(team, data) == EARLY


@pytest.mark.parametrize(
    ("rows", "head"),
    [
        ([["1001", "李雷", "早"]], ["谁", "姓名", "2026-11-30"]),
        ([["9999", "无此人", "早"]], HEAD),
        ([["1001", "李雷", "早"], ["1001", "李雷", "早"]], HEAD),
        ([["", "李雷", "早"]], HEAD),
        ([["1001", "李雷", "早"]], [*HEAD, "2026-11-30"]),
        ([["1001", "李雷", " ".join(["早"] * 30)]], HEAD),
    ],
)
async def test_D1_a_wrong_table_changes_nothing(
    sqlite_database: Database, rows: Sequence[Sequence[Any]], head: Sequence[Any]
) -> None:
    team = await opened(sqlite_database)
    row = (await team.room.plans.draft(ORDERS, WEEK, DraftSource.EMPTY, "", BOSS)).row
    earlier = entry("1002", WEEK.first)
    await team.room.plans.replace(row.id, None, [earlier], BOSS)
    with pytest.raises(CallCentreError):
        await team.room.tables.read(row.id, book(rows, head), BOSS)
    assert [planned.agent for planned in (await team.room.plans.plan(row.id, BOSS))[1]] == ["1002"]


async def test_D1_a_plan_of_thousands_of_shifts_is_read_and_published_in_seconds(sqlite_database: Database) -> None:
    """120 agents, six weeks: 5,040 shifts, as a workbook, reviewed and published."""
    team = await opened(sqlite_database)
    numbers = [str(2000 + n) for n in range(120)]
    for number in numbers:
        await team.rooms.agents.add(Agent(AgentNumber(number), f"客服{number}", phones=(Phone(number),)), CHIEF)
    days = Days(WEEK.first, WEEK.first + timedelta(days=41))
    head = ["工号", *(day.isoformat() for day in days)]
    row = (await team.room.plans.draft(ORDERS, days, DraftSource.EMPTY, "", BOSS)).row
    began = monotonic()
    _, entries, _ = await team.room.tables.read(
        row.id, book([[number, *["早"] * 42] for number in numbers], head), BOSS
    )
    seen = (await team.room.reviews.of(row.id)).fingerprint
    await team.room.plans.publish(row.id, seen, BOSS)
    spent = monotonic() - began
    assert len(entries) == len(await team.rooms.roster.shifts()) == 5040
    duty = await team.rooms.roster.duty(entries[0].starts_at)
    assert duty == {ORDERS: set(numbers)}
    assert spent < 50
