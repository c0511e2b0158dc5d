"""Tests `callcenter roster`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.agents.model import Agent, Phone
from callcenter.centre.build import join
from callcenter.cli.calls import app as calls_app
from callcenter.cli.holidays import app as holidays_app
from callcenter.cli.ledger import app as ledger_app
from callcenter.cli.plans import app as plans_app
from callcenter.cli.reports import app as reports_app
from callcenter.cli.roster import app
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.model import Line, Queue
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.shell import folder_with, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = folder_with(
        tmp_path,
        monkeypatch,
        {"boss": ("主管", Role.MANAGER), "lilei": ("李雷", Role.AGENT), "root": ("管理员", Role.ADMINISTRATOR)},
    )

    async def furnish() -> None:
        database = Database.open(f"sqlite+aiosqlite:///{folder}/callcenter.db")
        centre = join(Settings(data_dir=folder), database, asyncio.Event())
        await centre.queues.add(Queue(QueueCode("general")), None)
        await centre.lines.add(Line(LineCode("orders"), QueueCode("general")), None)
        await centre.agents.add(Agent(AgentNumber("1001"), "李雷", phones=(Phone("1001"),)), None)
        await database.close()

    asyncio.run(furnish())
    return folder


def test_D4_leave_is_entered_approved_and_listed_on_the_command_line(folder: Path) -> None:
    span = ("2099-12-01", "2099-12-02 12:00")
    leave = run(app, "add-leave", "1001", *span, "--reason", "回老家", "--by", "boss")
    assert "not_your_request" in run(
        app, "add-leave", "1001", "2099-12-05", "2099-12-06", "--reason", "x", "--by", "lilei", fails=True
    )
    assert run(app, "approve-leave", leave, "--by", "boss") == "1001 approved"
    assert "2099-12-01 00:00 - 2099-12-02 12:00" in run(app, "leaves", "--state", "approved")
    assert "illegal_transition" in run(app, "approve-leave", leave, "--by", "boss", fails=True)
    assert "bad_local_time" in run(app, "shortages", "soon", "2099-12-02", fails=True)
    assert run(app, "shortages", "2099-12-01", "2099-12-02") == ""
    assert run(app, "swaps") == ""
    assert run(app, "adherence", "2026-01-01", "2026-01-02") == ""
    assert run(app, "overtime-hours", "2026-01") == ""
    assert "bad_range" in run(app, "adherence", "2026-01-02", "2026-01-01", fails=True)
    assert run(app, "forecast", "2026-12-01") == "no comparable day in the last weeks"
    assert run(app, "needed", "100", "180", "--within", "20", "--agents", "10").splitlines() == [
        "14 agents: 88.8% within 20 s, mean wait 7.8 s, give up 0.0%, occupancy 71.4%",
        "10 agents: 0.0% within 20 s, mean wait -, give up 0.0%, occupancy 100.0%",
    ]
    assert "unknown_shift" in run(app, "substitutes", "1", fails=True)


def test_a_published_year_is_entered_and_removed_on_the_command_line(folder: Path) -> None:
    days = ("--holiday", "2031-01-01", "--off", "2031-01-02", "--worked", "2031-01-04")
    assert "forbidden" in run(holidays_app, "enter", "2031", *days, "--by", "boss", fails=True)
    assert run(holidays_app, "enter", "2031", *days, "--by", "root") == "2031 is entered"
    assert run(holidays_app, "list") == "2031  holidays 01-01  off 01-02  worked 01-04"
    assert "bad_holiday_year" in run(
        holidays_app, "enter", "2031", "--holiday", "2030-01-01", "--by", "root", fails=True
    )
    assert run(holidays_app, "remove", "2031", "--by", "root") == "2031 is removed"
    assert run(holidays_app, "list") == ""


def test_S1_reports_are_saved_sent_and_removed_on_the_command_line(folder: Path) -> None:
    report = run(reports_app, "add", "日报", "day", "--group", "hour", "--folder", "--by", "boss")
    assert f"{report}  calls         day   hour      xlsx" in run(reports_app, "list")
    ledger = run(reports_app, "add", "台账", "month", "--kind", "ledger", "--format", "csv", "--folder", "--by", "boss")
    assert f"{ledger}  ledger        month           csv" in run(reports_app, "list")
    assert "bad_scheduled_report" in run(
        reports_app, "add", "x", "day", "--kind", "ledger", "--line", "orders", "--folder", "--by", "boss", fails=True
    )
    assert "forbidden" in run(reports_app, "pause", ledger, "--by", "lilei", fails=True)
    run(reports_app, "pause", ledger, "--by", "boss")
    assert "paused" in run(reports_app, "list")
    run(reports_app, "resume", ledger, "--by", "boss")
    assert "paused" not in run(reports_app, "list")
    assert run(reports_app, "remove", ledger, "--by", "boss")
    assert "forbidden" in run(reports_app, "add", "x", "day", "--folder", "--by", "lilei", fails=True)
    assert "bad_scheduled_report" in run(reports_app, "add", "x", "day", "--by", "boss", fails=True)
    assert run(reports_app, "send", report, "--by", "boss") == "queued"
    assert "folder  waiting  0" in run(reports_app, "deliveries", report)
    assert run(reports_app, "remove", report, "--by", "boss") == f"{report} is removed"
    assert "unknown_scheduled_report" in run(reports_app, "deliveries", report, fails=True)


def test_D7_the_ledger_is_read_and_a_month_closed_on_the_command_line(folder: Path) -> None:
    assert run(ledger_app, "list", "--state", "proposed") == ""
    assert run(ledger_app, "month", "2026-01") == "open"
    assert "forbidden" in run(ledger_app, "close", "2026-01", "--by", "lilei", fails=True)
    assert run(ledger_app, "close", "2026-01", "--by", "boss").startswith("2026-01 is closed: 0 entries, sha256 ")
    assert "closed by 主管" in run(ledger_app, "month", "2026-01")
    assert "ledger_month_closed" in run(ledger_app, "close", "2026-01", "--by", "boss", fails=True)
    assert "unknown_ledger_entry" in run(ledger_app, "confirm", "x", "--by", "boss", "--reason", "x", fails=True)


def test_S1_the_figures_of_a_period_are_shown_on_the_command_line(folder: Path) -> None:
    assert run(calls_app, "report", "2026-11-01", "2026-12-01") == ""
    assert run(calls_app, "report", "2026-11-01", "2026-12-01", "--by", "total").split()[:3] == [
        "total",
        "offered",
        "0",
    ]
    assert "a time looks like" in run(calls_app, "report", "soon", "2026-12-01", fails=True)


def test_D1_a_roster_is_drafted_filled_from_a_table_and_published_on_the_command_line(folder: Path) -> None:
    run(plans_app, "pattern", "早", "08:00", "17:00", "--by", "boss")
    assert "bad_roster_plan" in run(plans_app, "pattern", "中", "soon", "x", "--by", "boss", fails=True)
    plan = run(plans_app, "draft", "orders", "2099-12-01", "2099-12-07", "--by", "boss")
    table = folder / "week.csv"
    run(plans_app, "export", plan, str(table))
    lines = table.read_text("utf-8-sig").splitlines()
    assert lines[1].startswith("1001,李雷,")
    table.write_text("\n".join([lines[0], "1001,李雷,早,休,22:00-06:00,,,,"]), "utf-8")
    assert run(plans_app, "import", plan, str(table), "--by", "boss") == "2 shifts"
    fingerprint = run(plans_app, "review", plan).split()[-1]
    assert "roster_plan_outdated" in run(plans_app, "publish", plan, "--by", "boss", "--fingerprint", "x", fails=True)
    assert "forbidden" in run(plans_app, "publish", plan, "--by", "lilei", "--fingerprint", fingerprint, fails=True)
    published = run(plans_app, "publish", plan, "--by", "boss", "--fingerprint", fingerprint, "--handed-to", "行政部")
    assert published == "orders 2099-12-01 - 2099-12-07 published as no. 1"
    assert "no. 1 by 主管" in run(plans_app, "list", "--line", "orders")
    assert "illegal_transition" in run(plans_app, "discard", plan, "--by", "boss", fails=True)
