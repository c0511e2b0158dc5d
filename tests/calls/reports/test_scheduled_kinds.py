"""Tests every kind of scheduled report on the joined centre: its file has the figures of the same report of the API."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import openpyxl
import pypdfium2
import pytest
from sqlalchemy import select

from callcenter import clock
from callcenter.agents.rows import PresenceChangeRow
from callcenter.calls.model import CallRecord, Direction, Leg, Outcome
from callcenter.calls.reports.scheduled.access import READING
from callcenter.calls.reports.scheduled.kinds import ReportKind
from callcenter.calls.reports.scheduled.model import ReportEvery, days_of, span_of
from callcenter.calls.reports.scheduled.service import DELIVER_REPORT
from callcenter.centre.report_rooms import owner_of
from callcenter.centre.site import routes_of
from callcenter.facts import AgentNumber, LineCode, Uniqueid, linkedid_of
from callcenter.roster.rows import ShiftRow
from callcenter.storage.rows import JobRow
from callcenter.web.roles import Role
from tests.roster.test_changes_http import Floor, floor

__all__ = ["floor"]
ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
TITLES = {
    ReportKind.CALLS: "话务报表",
    ReportKind.WORK: "客服工作报表",
    ReportKind.ADHERENCE: "排班遵守报表",
    ReportKind.EQUAL_SERVICE: "平等接待报表",
    ReportKind.LEDGER: "违规扣款台账",
}


def nine_yesterday() -> datetime:
    return datetime.combine(clock.now().astimezone(ZONE).date() - timedelta(days=1), time(9), ZONE)


async def yesterday(floor: Floor) -> None:
    """Two calls, one answered by 1001, who was on duty for four hours of five and away for one; one violation."""
    at = nine_yesterday()

    def call(number: int, outcome: Outcome) -> CallRecord:
        began, answered = at + timedelta(minutes=number), outcome is Outcome.ANSWERED
        picked, ended = began + timedelta(seconds=8), began + timedelta(seconds=98)
        leg = Leg(Uniqueid(f"pbx1-{number}.2"), "PJSIP/1001-1", "agent", began, picked, ended, 16, "1001", 90.0)
        return CallRecord(
            "pbx1", linkedid_of(f"pbx1-{number}.1"), Direction.INBOUND, "orders", "general", "13974812001", "", "4001",
            began, queued_at=began, answered_at=picked if answered else None, ended_at=ended, outcome=outcome,
            agent="1001" if answered else None, legs=(leg,) if answered else (), wait_seconds=8.0,
            talk_seconds=90.0 if answered else None,
        )  # fmt: skip

    await floor.centre.calls.keep([call(1, Outcome.ANSWERED), call(2, Outcome.ABANDONED)])
    async with floor.centre.database.write() as session:
        agent, line = AgentNumber("1001"), LineCode("orders")
        session.add(ShiftRow(agent=agent, line=line, starts_at=at, ends_at=at + 5 * HOUR))
        for since, state in ((0, "available"), (4, "signed_out")):
            session.add(PresenceChangeRow(at=at + since * HOUR, agent=agent, state=state, reason="", by="lilei"))
    violation = {"kind": "rude_complaint", "agent": "1001", "at": at.isoformat(), "reason": "投诉属实"}
    entry = await floor.done("boss", "POST", "/ledger", violation)
    await floor.done("boss", "POST", f"/ledger/{entry['id']}/confirm", {"reason": "录音已听", "amount": 300})


async def sent(floor: Floor, **report: Any) -> Path:
    """The file of a report that is sent now."""
    body = {"name": "报表", "every": "day", "to_folder": True} | report
    saved = await floor.done("boss", "POST", "/scheduled-reports", body)
    await floor.done("boss", "POST", f"/scheduled-reports/{saved['id']}/send")
    await worked(floor)
    (delivery,) = (await floor.done("boss", "GET", f"/scheduled-reports/{saved['id']}"))["last"]
    assert (delivery["state"], delivery["error"]) == ("sent", "")
    file: Path = floor.centre.settings.data_dir / "reports" / delivery["file"]
    return file


async def worked(floor: Floor) -> None:
    jobs = floor.centre.contributions.core.jobs
    while (job := await jobs.claim("w", frozenset({DELIVER_REPORT}))) is not None:
        await jobs.do(job, floor.centre.contributions.scheduled_reports.deliver)


def sheet_of(file: Path, name: str = "report") -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))[name]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def row_of(rows: list[list[Any]], key: str) -> Mapping[str, Any]:
    """The row with this first cell, by the titles above it."""
    head = next(row for row in rows if sum(cell is not None for cell in row) > 3)
    return dict(zip(head, next(row for row in rows if row[0] == key), strict=True))


async def test_S1_R11_D7_each_kind_in_a_workbook_has_the_figures_of_the_api(floor: Floor) -> None:
    await yesterday(floor)
    first, last = days_of(ReportEvery.DAY, clock.now(), ZONE)
    since, until = (at.isoformat() for at in span_of(first, last, ZONE))
    query, span = urlencode({"since": since, "until": until}), urlencode({"from": since, "to": until})

    calls = (await floor.done("boss", "GET", f"/reports/calls?{query}&by=agent"))["groups"]
    row = row_of(sheet_of(await sent(floor, by="agent")), "1001 lilei")
    mine = next(group for group in calls if group["key"] == "1001")
    assert (row["来电"], row["接听"]) == (mine["counts"]["offered"], mine["counts"]["answered"]) == (1, 1)
    assert row["平均接听速度（秒）"] == mine["figures"]["asa_seconds"] == 8.0

    (work,) = (await floor.done("boss", "GET", f"/reports/work?first={first}&last={last}&by=agent"))["groups"]
    row = row_of(sheet_of(await sent(floor, kind="work")), "1001 lilei")
    assert row["空闲"].total_seconds() == round(work["counts"]["available"])
    assert row["通话"].total_seconds() == round(work["counts"]["on_call"]) == 90
    assert (row["通话次数"], row["占用率"]) == (work["counts"]["conversations"], work["figures"]["occupancy"])
    assert row["占用率"] is not None

    adherence = await floor.done("boss", "GET", f"/reports/adherence?{span}")
    rows = sheet_of(await sent(floor, kind="adherence", line="orders"))
    row, total = row_of(rows, "1001 lilei"), row_of(rows, "合计")
    assert row["遵守率"] == total["遵守率"] == adherence["total"]["adherence"] == 0.8
    assert total["在岗"].total_seconds() == adherence["total"]["present_seconds"] == 4 * 3600
    assert ["线路", "orders"] in [cells[:2] for cells in rows]

    equal = (await floor.done("boss", "GET", f"/reports/equal-service?{query}"))["groups"]
    row = row_of(sheet_of(await sent(floor, kind="equal_service")), "未建档号码")
    strangers = next(group for group in equal if group["group"] == "unknown")
    assert (row["来电"], row["接听"]) == (strangers["offered"], strangers["answered"]) == (2, 1)
    assert row["平均等待（秒）"] == strangers["mean_wait_seconds"] == 8.0

    (entry,) = (await floor.done("boss", "GET", "/ledger"))["items"]
    file = await sent(floor, kind="ledger")
    cells = next(cells for cells in sheet_of(file) if cells[1] == "1001 lilei")
    assert (cells[6] * 100, cells[8]) == (entry["amount"], "录音已听")
    assert sheet_of(file, "按客服合计")[1:] == [["1001 lilei", 1, 3], ["合计", 1, 3]]


@pytest.mark.parametrize("kind", ReportKind)
async def test_S1_each_kind_is_printed_under_its_own_title_and_as_csv(floor: Floor, kind: ReportKind) -> None:
    await yesterday(floor)
    press = floor.centre.contributions.forms.press
    async with press:
        paper = await sent(floor, kind=kind.value, format="pdf")
    pages = list(pypdfium2.PdfDocument(paper.read_bytes()))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert TITLES[kind] in text
    assert [round(side) for side in pages[0].get_size()] == [595, 842]
    plain = await sent(floor, kind=kind.value, format="csv", language="en")
    head, *rows = csv.reader(io.StringIO(plain.read_bytes().decode("utf-8-sig")))
    assert rows
    assert all(len(row) == len(head) for row in rows)
    known = {
        ReportKind.CALLS: ("Calls", "2"),
        ReportKind.WORK: ("On calls", "0:01:30"),
        ReportKind.ADHERENCE: ("Adherence", "0.8"),
        ReportKind.EQUAL_SERVICE: ("Mean wait (s)", "8.0"),
        ReportKind.LEDGER: ("Deducted (CNY)", "3.0"),
    }
    column, value = known[kind]
    assert value in [row[head.index(column)] for row in rows]


async def test_D7_the_ledger_of_a_month_is_that_of_the_payroll(floor: Floor) -> None:
    """Evidence of a month that is closed belongs to the month in which it came to light, for which it is paid."""
    last = clock.now().astimezone(ZONE).replace(day=1) - timedelta(days=1)
    body = {"kind": "rude_complaint", "agent": "1001", "at": last.isoformat(), "reason": "投诉"}
    entry = await floor.done("boss", "POST", "/ledger", body)
    await floor.done("boss", "POST", f"/ledger/{entry['id']}/confirm", {"reason": "属实"})
    month = await floor.done("boss", "GET", f"/ledger/months/{entry['month']}")
    file = await sent(floor, kind="ledger", every="month", language="en")
    assert month["totals"] == {"1001": 500}
    assert sheet_of(file, "By agent")[-1] == ["Total", 1, 5]
    assert ["Month", f"{entry['month']} open"] in [row[:2] for row in sheet_of(file)]


async def test_S1_who_may_schedule_a_kind_is_who_may_read_that_report(floor: Floor) -> None:
    routes = {route.name: (room.tag, route.roles) for room in routes_of(floor.centre) for route in room.routes}
    for reading in READING.values():
        assert routes[reading.operation] == (reading.tag, reading.roles)
    body = {"name": "台账", "every": "day", "to_folder": True, "kind": "ledger"}
    assert (await floor.ask("lilei", "POST", "/scheduled-reports", body))[0] == 403
    report = await floor.done("boss", "POST", "/scheduled-reports", body)
    assert (report["kind"], report["by"], report["owner"]) == ("ledger", None, "boss")
    for wrong in (body | {"by": "agent"}, body | {"line": "orders"}, body | {"kind": "money"}):
        assert (await floor.ask("boss", "POST", "/scheduled-reports", wrong))[0] == 422
    people = floor.centre.web_services.people
    boss = (await people.living_login("boss")).person
    await people.add("chief", "经理", "another long password 7", frozenset({Role.ADMINISTRATOR}), None)
    await people.change(boss.id, name="x", roles=frozenset({Role.AGENT}), agent=None, active=True)
    chief = (await people.living_login("chief")).person
    reports = floor.centre.contributions.scheduled_reports
    await reports.send_now(report["id"], chief)
    await worked(floor)
    (delivery,) = await reports.deliveries(report["id"])
    assert (delivery.state, delivery.error.partition(":")[0]) == ("refused", "report_not_allowed")
    async with floor.centre.database.read() as session:
        kinds = {DELIVER_REPORT: "done"}
        assert {row.kind: row.state for row in await session.scalars(select(JobRow)) if row.kind in kinds} == kinds
    assert not (floor.centre.settings.data_dir / "reports").exists()


async def test_S1_the_owner_of_a_report_is_a_person_or_a_program_that_still_has_its_token(floor: Floor) -> None:
    services, reports = floor.centre.web_services, floor.centre.contributions.scheduled_reports
    people = services.people
    root = (await people.add("root", "管理", "another long password 7", frozenset({Role.ADMINISTRATOR}), None)).person
    token, text = await services.tokens.add("bi", frozenset({Role.MANAGER}), None, root)
    program = await services.tokens.find(text)
    assert program is not None
    body = {"name": "x", "every": "day", "to_folder": True}
    id = (await floor.done("boss", "POST", "/scheduled-reports", body))["id"]
    row = await reports.report(id)
    owner = await owner_of(services, row)
    assert owner is not None
    assert (owner.login, owner.roles) == ("boss", frozenset({Role.SUPERVISOR}))
    row.owner_id = None
    assert await owner_of(services, row) == owner
    row.owner_id, row.owner = program.id, program.login
    assert await owner_of(services, row) == program
    await services.tokens.revoke(token.id, root)
    assert await owner_of(services, row) is None
    row.owner_id = None
    assert await owner_of(services, row) is None
    row.owner_id = owner.id
    await people.change(owner.id, name="x", roles=owner.roles, agent=None, active=False)
    assert await owner_of(services, row) is None
