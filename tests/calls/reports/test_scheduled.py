"""Tests scheduled reports: due times, files, each due report sent once, failures visible and repeated."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pypdfium2
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as MailSession
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from callcenter.alarms.mail import deliver
from callcenter.calls.reports.model import Counts, ReportBy
from callcenter.calls.reports.queries import CallReports
from callcenter.calls.reports.scheduled.contents import Chart, Contents, csv_of, form_of, workbook_of
from callcenter.calls.reports.scheduled.delivering import Delivering
from callcenter.calls.reports.scheduled.errors import (
    BadScheduledReport,
    DeliveryFault,
    ReportNotSent,
)
from callcenter.calls.reports.scheduled.http import routes
from callcenter.calls.reports.scheduled.kinds import ReportKind
from callcenter.calls.reports.scheduled.model import (
    ReportEvery,
    ReportFormat,
    Schedule,
    days_of,
    file_name,
    next_due,
)
from callcenter.calls.reports.scheduled.rows import ReportDeliveryRow, ScheduledReportRow
from callcenter.calls.reports.scheduled.service import DELIVER_REPORT, ScheduledReports
from callcenter.calls.reports.scheduled.sources import calls_source, calls_table, work_table
from callcenter.calls.reports.work.model import WorkCounts
from callcenter.centre.report_rooms import message_of
from callcenter.demo.ports import free_port
from callcenter.paper.head import Head
from callcenter.paper.pages import page_of
from callcenter.paper.printer import pdf_of
from callcenter.settings import AlarmSettings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.storage.rows import JobRow
from callcenter.web.audit import Audit
from callcenter.web.roles import Person, Role
from callcenter.web.rows import AuditRow
from tests.support.rooms import BOSS, CHIEF
from tests.support.web_centre import open_web_centre

ZONE = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
DAILY = Schedule("日报 <每天>", ReportEvery.DAY, 7 * 60, ReportBy.HOUR, ReportFormat.XLSX, "zh-CN", to_folder=True)


@given(
    st.sampled_from(ReportEvery),
    st.integers(0, 1439),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - a time of the zone follows.
    st.sampled_from([ZONE, BERLIN]),
)
def test_a_report_is_due_once_in_each_period_and_covers_the_period_that_is_over(
    every: ReportEvery, minute: int, at: datetime, zone: ZoneInfo
) -> None:
    schedule = Schedule("x", every, minute, ReportBy.DAY, ReportFormat.XLSX, "en", to_folder=True)
    due = next_due(schedule, at.replace(tzinfo=UTC), zone)
    following = next_due(schedule, due, zone)
    assert at.replace(tzinfo=UTC) < due < following
    (_, last), (first, _) = days_of(every, due, zone), days_of(every, following, zone)
    assert first == last + timedelta(days=1)
    assert last < due.astimezone(zone).date()


def test_a_file_name_is_safe_and_that_of_its_period() -> None:
    name = file_name(DAILY, "a1b2c3d4e5", date(2026, 11, 29), date(2026, 11, 29))
    assert name == "日报-每天-a1b2c3d4-2026-11-29.xlsx"


@given(st.text(min_size=1, max_size=80) | st.text("./\\\0\n 湘𠀀:*?-", min_size=1, max_size=80))
def test_a_hostile_report_name_stays_in_its_folder(name: str) -> None:
    schedule = replace(DAILY, name=name)
    file = file_name(schedule, "a1b2c3d4e5", date(2026, 11, 1), date(2026, 11, 30))
    folder = Path("/srv/reports")
    assert (folder / file).resolve().parent == folder
    assert re.fullmatch(r"[\w-]+[.]xlsx", file)
    assert len(f".{file}.part".encode()) <= 255


GROUPS = [("1001 =cmd()", Counts(3, 2, 2, 1)), ("1002 王小明", Counts(5, 5))]
FACTS = [("期间", "2026-11-29"), ("线路", "全部线路"), ("服务水平门限（秒）", "15")]
CONTENTS = Contents("日报", FACTS, [calls_table("日报", "zh-CN", ReportBy.AGENT, GROUPS)], Chart((1, 3)), ZONE)


def test_S1_the_workbook_has_the_figures_and_a_chart() -> None:
    data = workbook_of(CONTENTS)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert rows[5][:4] == ["客服", "来电", "接听", "放弃"]
    assert rows[6][:5] == ["1001 =cmd()", 3, 2, 1, 0.6667]
    assert rows[8][:4] == ["合计", 8, 7, 1]
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert "xl/charts/chart1.xml" in file.namelist()


def test_S1_the_report_is_printed_on_a4_with_its_chart() -> None:
    form = form_of(CONTENTS, Head("BB20261129-a1b2c3", "湘味到家", zone=ZONE))
    (page,) = list(pypdfium2.PdfDocument(pdf_of(page_of(form))))
    text = page.get_textpage().get_text_range()
    assert [round(side) for side in page.get_size()] == [595, 842]
    assert "话务报表" in text
    assert text.count("1002") == 2


class Inbox:
    """A mail server that may refuse."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuses = False

    async def handle_DATA(self, server: SMTP, session: MailSession, envelope: Envelope) -> str:
        if self.refuses:
            return "451 later"
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"


class Room:
    def __init__(self, database: Database, folder: Path, alarms: AlarmSettings | None = None) -> None:
        self.database, self.now, self.folder, self.alarms = database, MONDAY, folder, alarms
        audit = Audit(database, self.clock)
        self.jobs = Jobs(database, self.clock)
        reports = CallReports(database, "pbx1", 15, 5, ZONE)
        self.owner: Person | None = BOSS
        sources = {ReportKind.CALLS: calls_source(reports, self.names)}
        forms: Any = None
        mail = self.mail if alarms else None
        delivering = Delivering(database, self.clock, sources, forms, ZONE, folder, mail, self.owner_of)
        self.scheduled = ScheduledReports(database, self.clock, audit, self.jobs, delivering, ZONE, self.line)

    def clock(self) -> datetime:
        return self.now

    async def line(self, code: str) -> object:
        return code

    async def owner_of(self, report: ScheduledReportRow) -> Person | None:
        assert report.owner_id is not None
        return self.owner

    async def names(self, by: ReportBy) -> Mapping[str, str]:
        return {}

    async def mail(self, address: str, subject: str, id_: str, name: str, data: bytes) -> None:
        assert self.alarms is not None
        try:
            await deliver(self.alarms, message_of(self.alarms, address, subject, id_, name, data))
        except OSError as error:
            raise ReportNotSent(type(error).__name__, DeliveryFault.MAIL) from error

    async def work(self) -> int:
        """Do the jobs that are due, as a worker does."""
        done = 0
        while (job := await self.jobs.claim("w", frozenset({DELIVER_REPORT}))) is not None:
            await self.jobs.do(job, self.scheduled.deliver)
            done += 1
        return done

    async def states(self) -> list[tuple[str, int]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(ReportDeliveryRow).order_by(ReportDeliveryRow.due_at))
            return [(row.state, row.tries) for row in rows]


def files(folder: Path) -> list[Path]:
    return list((folder / "reports").iterdir())


async def test_S1_each_due_report_is_queued_and_written_once(database: Database, tmp_path: Path) -> None:
    room = Room(database, tmp_path / "reports")
    row = await room.scheduled.add(DAILY, BOSS)
    assert row.next_due == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    await room.scheduled.put_due()
    assert await room.work() == 0
    room.now += timedelta(days=3)
    for _ in range(3):
        await room.scheduled.put_due()
    assert await room.work() == 3
    assert await room.states() == [("sent", 1)] * 3
    names = sorted(path.name for path in files(tmp_path))
    assert [name[-15:-5] for name in names] == ["2026-11-30", "2026-12-01", "2026-12-02"]
    await room.scheduled.put_due()
    assert await room.work() == 0


async def test_S1_a_paused_report_is_sent_by_hand_alone_and_what_was_due_meanwhile_is_left_out(
    database: Database, tmp_path: Path
) -> None:
    room = Room(database, tmp_path / "reports")
    row = await room.scheduled.add(DAILY, BOSS)
    room.now += timedelta(days=1)
    await room.scheduled.put_due()
    for _ in range(2):
        await room.scheduled.pause(row.id, CHIEF)
    assert await room.work() == 1, "what is queued is still sent"
    room.now += timedelta(days=3)
    await room.scheduled.put_due()
    assert await room.work() == 0
    await room.scheduled.send_now(row.id, BOSS)
    assert await room.work() == 1
    for _ in range(2):
        await room.scheduled.resume(row.id, CHIEF)
    assert (await room.scheduled.report(row.id)).owner == BOSS.login
    await room.scheduled.put_due()
    assert await room.work() == 0
    room.now += timedelta(days=1)
    await room.scheduled.put_due()
    assert await room.work() == 1
    assert await room.states() == [("sent", 1)] * 3
    async with database.read() as session:
        actions = (await session.scalars(select(AuditRow.action).order_by(AuditRow.seq))).all()
    assert actions == [f"scheduled_report.{act}" for act in ("added", "paused", "sent_now", "resumed")]


async def test_S1_a_delivery_that_was_killed_is_repeated_under_the_same_message_id(
    database: Database, tmp_path: Path
) -> None:
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        alarms = AlarmSettings(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", mail_from="cc@example.org")
        room = Room(database, tmp_path, alarms)
        to = ("a@example.org", "b@example.org")
        row = await room.scheduled.add(
            Schedule("周报", ReportEvery.WEEK, 420, ReportBy.DAY, ReportFormat.XLSX, "zh-CN", mail_to=to), BOSS
        )
        room.now = row.next_due + timedelta(minutes=1)
        await room.scheduled.put_due()
        inbox.refuses = True
        assert await room.work() == 2
        assert await room.states() == [("failed", 1)] * 2
        (first, *_) = await room.scheduled.deliveries(row.id)
        assert "SMTPDataError" in first.error
        assert first.fault == DeliveryFault.MAIL
        inbox.refuses = False
        room.now += timedelta(hours=1)
        # A worker that was killed leaves its job leased and the delivery under way.
        job = await room.jobs.claim("killed", frozenset({DELIVER_REPORT}))
        assert job is not None
        room.now += timedelta(minutes=10)
        assert await room.work() == 2
        assert await room.states() == [("sent", 2)] * 2
        assert {each.fault for each in await room.scheduled.deliveries(row.id)} == {""}
        assert sorted(mail["To"] for mail in inbox.mails) == list(to)
        assert len({mail["Message-ID"] for mail in inbox.mails}) == 1
        (attachment,) = [part for part in inbox.mails[0].walk() if part.get_filename()]
        assert openpyxl.load_workbook(io.BytesIO(attachment.get_payload(decode=True))).sheetnames == ["report"]
        await room.scheduled.deliver(job.payload)
        assert len(inbox.mails) == 2
    finally:
        controller.stop()


async def test_S1_leaders_define_reports_over_http(sqlite_database: Database, tmp_path: Path) -> None:
    room = Room(sqlite_database, tmp_path)
    with pytest.raises(BadScheduledReport):
        await room.scheduled.add(Schedule("x", ReportEvery.DAY, 0, ReportBy.DAY, ReportFormat.XLSX, "en"), BOSS)
    hostile = replace(DAILY, mail_to=("a@example.org\nBcc: b@example.org",))
    with pytest.raises(BadScheduledReport):
        await room.scheduled.add(hostile, BOSS)
    async with open_web_centre(sqlite_database, routes(room.scheduled)) as web:
        boss, agent = await web.token(Role.SUPERVISOR), await web.token(Role.AGENT)
        kinds = await (await web.client.get("/api/v1/scheduled-report-kinds", headers=boss)).json()
        assert kinds["mail"] is False
        assert [(each["kind"], each["by"][:1], each["of_line"]) for each in kinds["items"]] == [
            ("calls", ["day"], True),
            ("work", ["agent"], False),
            ("adherence", [], True),
            ("equal_service", [], True),
            ("ledger", [], False),
        ]
        assert (await web.client.get("/api/v1/scheduled-report-kinds", headers=agent)).status == 403
        body = {"name": "日报", "every": "day", "to_folder": True, "by": "line"}
        answer = await web.client.post("/api/v1/scheduled-reports", json=body, headers=boss)
        report = await answer.json()
        assert (answer.status, report["last"], report["time"]) == (201, [], "07:00")
        assert (await web.client.post("/api/v1/scheduled-reports", json=body, headers=agent)).status == 403
        mailed = body | {"mail_to": ["a@example.org"]}
        refused = await web.client.post("/api/v1/scheduled-reports", json=mailed, headers=boss)
        assert (refused.status, (await refused.json())["code"]) == (422, "bad_scheduled_report")
        address = f"/api/v1/scheduled-reports/{report['id']}"
        tag = (await web.client.get(address, headers=boss)).headers["ETag"]
        changed = body | {"name": "周报", "every": "week", "time": "08:30"}
        assert (await web.client.put(address, json=changed, headers=agent | {"If-Match": tag})).status == 403
        answer = await web.client.put(address, json=changed, headers=boss | {"If-Match": tag})
        shape = await answer.json()
        assert (answer.status, shape["name"], shape["next_due"]) == (200, "周报", "2026-12-07T00:30:00Z")
        assert shape["next_due"] != report["next_due"]
        assert (await web.client.put(address, json=changed, headers=boss | {"If-Match": tag})).status == 412
        away = f"{address[:-3]}zzz"
        assert (await web.client.put(away, json=changed, headers=boss | {"If-Match": tag})).status == 404
        assert (await web.client.post(f"{address}/send", headers=boss)).status == 202
        assert await room.work() == 1
        read = await (await web.client.get(address, headers=boss)).json()
        assert [(each["state"], each["target"], each["fault"]) for each in read["last"]] == [("sent", "folder", None)]
        # What was sent meanwhile is no change of the definition.
        answer = await web.client.put(address, json=changed, headers=boss | {"If-Match": answer.headers["ETag"]})
        assert answer.status == 200
        listed = await (await web.client.get(f"{address}/deliveries", headers=boss)).json()
        assert len(listed["items"]) == 1
        assert (await web.client.post(f"{address}/pause", headers=agent)).status == 403
        paused = await (await web.client.post(f"{address}/pause", headers=boss)).json()
        assert (paused["paused"], paused["next_due"]) == (True, None)
        resumed = await (await web.client.post(f"{address}/resume", headers=boss)).json()
        assert (resumed["paused"], resumed["next_due"]) == (False, "2026-12-07T00:30:00Z")
        assert (await web.client.delete(address, headers=boss)).status == 204
        assert (await web.client.post(f"{address}/pause", headers=boss)).status == 404
        assert (await web.client.get(address, headers=boss)).status == 404
    async with sqlite_database.read() as session:
        assert [row.state for row in await session.scalars(select(JobRow))] == ["done"]


def test_S1_csv_has_the_figures_alone_and_no_formula() -> None:
    lines = csv_of(CONTENTS).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("客服,来电,接听,放弃,服务水平")
    assert [line.split(",")[:5] for line in lines[1:]] == [
        ["1001 =cmd()", "3", "2", "1", "0.6667"],
        ["1002 王小明", "5", "5", "0", "0.0"],
        ["合计", "8", "7", "1", "0.25"],
    ]


def test_S1_a_days_work_is_shown_in_hours_and_a_null_figure_is_empty() -> None:
    counts = WorkCounts(available=1800, on_call=90_000, conversations=3)
    table = work_table("工作", "en", ReportBy.AGENT, [("1001", counts), ("1002", WorkCounts())])
    contents = Contents("工作", [], [table], Chart((8,)), ZONE, "figures_work")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_of(contents))).active
    assert sheet is not None
    rows = [list(row) for row in sheet.iter_rows(min_row=3, max_col=12, values_only=True)]
    assert rows[0][:3] == ["Agent", "On calls", "Wrap-up"]
    assert (rows[1][1], rows[1][7], rows[1][8]) == (timedelta(hours=25), 3, 0.9804)
    assert rows[2][8] is None
    form = form_of(contents, Head("BB1", "湘味到家", "en", zone=ZONE))
    assert form.tables[0].rows[0][1] == "25:00:00"
    assert form.tables[0].rows[0][8] == "98.0 %"
    assert "Occupancy (%)" in form.charts[0]
    assert ">98</text>" in re.sub(r"\s+", "", form.charts[0])
    assert "Report of agents" in page_of(form)
