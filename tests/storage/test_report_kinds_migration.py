"""Tests the migration of scheduled reports: what was saved before is of calls; a downgrade removes what is new."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, select, text

from callcenter.calls.reports.scheduled.delivering import schedule_of
from callcenter.calls.reports.scheduled.kinds import ReportKind
from callcenter.calls.reports.scheduled.rows import ReportDeliveryRow, ScheduledReportRow
from callcenter.storage.database import Database
from callcenter.storage.migrate import HERE, _config, bring_up_to_date
from tests.support.rooms import NOON

OURS = next(path.name for path in HERE.glob("versions/*_kinds_of_scheduled_reports.py"))[:4]
PAUSES = next(path.name for path in HERE.glob("versions/*_paused_reports.py"))[:4]
BEFORE = (
    "INSERT INTO scheduled_report (id, name, owner, every, minute, by, format, language, mail_to, to_folder,"
    " created_at, next_due) VALUES ('old', '日报', 'boss', 'day', 420, 'hour', 'xlsx', 'zh-CN', '[]', :yes, :at, :at)"
)


async def test_S1_reports_that_were_saved_before_are_of_calls(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    try:
        await database.run(_before)
        await bring_up_to_date(database)
        async with database.write() as session:
            row = await session.get_one(ScheduledReportRow, "old")
            schedule = schedule_of(row)
            assert (schedule.kind, schedule.by, row.owner_id) == (ReportKind.CALLS, "hour", None)
            session.add(_ledger("new"))
            await session.flush()
            session.add(ReportDeliveryRow(report="new", due_at=NOON, target="folder", state="sent", at=NOON))
        await database.run(lambda connection: command.downgrade(_config(connection), f"{OURS}-1"))
        async with database.read() as session:
            assert [id for (id,) in await session.execute(text("SELECT id FROM scheduled_report"))] == ["old"]
            assert (await session.scalars(select(ReportDeliveryRow.report))).all() == []
    finally:
        await database.close()


async def test_S1_a_version_without_pauses_does_not_send_what_was_paused(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    try:
        await bring_up_to_date(database)
        async with database.write() as session:
            session.add_all([_ledger("sent"), _ledger("paused")])
            (await session.get_one(ScheduledReportRow, "paused")).paused_at = NOON
            await session.flush()
            session.add(ReportDeliveryRow(report="paused", due_at=NOON, target="folder", state="sent", at=NOON))
        await database.run(lambda connection: command.downgrade(_config(connection), f"{PAUSES}-1"))
        async with database.read() as session:
            assert [id for (id,) in await session.execute(text("SELECT id FROM scheduled_report"))] == ["sent"]
            assert (await session.scalars(select(ReportDeliveryRow.report))).all() == []
    finally:
        await database.close()


def _ledger(id: str) -> ScheduledReportRow:
    return ScheduledReportRow(
        id=id,
        name="台账",
        owner="boss",
        owner_id="p1",
        kind="ledger",
        every="month",
        minute=0,
        by="",
        format="csv",
        language="en",
        line=None,
        mail_to=[],
        to_folder=True,
        created_at=NOON,
        next_due=NOON,
    )


def _before(connection: Connection) -> None:
    command.upgrade(_config(connection), f"{OURS}-1")
    at = "2026-11-24 04:00:00" if connection.dialect.name == "sqlite" else NOON
    connection.execute(text(BEFORE), {"yes": True, "at": at})
