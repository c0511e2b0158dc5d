"""Tests how SQLite finds the calls of a period: by their time, never by the PBX that all have (decision 0515)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.dialects import postgresql, sqlite

from callcenter.calls.rows import CallRow
from callcenter.clock import now
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly
from tests.roster.test_changes_http import Floor, floor
from tests.support.past_calls import busy_hour, save

__all__ = ["floor"]
PERIOD = "since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z"
QUESTIONS = (
    *(f"/reports/calls?{PERIOD}&by={by}" for by in ("total", "hour", "line", "team")),
    f"/reports/calls?{PERIOD}&line=orders",
    f"/reports/first-contact?{PERIOD}&by=total",
    f"/reports/equal-service?{PERIOD}",
    f"/service-level?{PERIOD}",
    f"/service-level?{PERIOD}&line=orders",
    "/service-level?today=true",
    "/figures/now",
    "/figures/now?line=orders",
    "/staffing/forecast?day=2026-12-01&line=orders",
    f"/call-surveys?{PERIOD}",
    f"/calls?{PERIOD}",
    f"/exports/calls?format=csv&{PERIOD}",
)


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """The statements on call records that are executed in the block."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, _x: object, _many: object) -> None:
        if "FROM call_record" in statement:
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def plan(database: Database, statement: str, parameters: Any) -> str:
    async with database.read() as session:
        rows = await (await session.connection()).exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return " | ".join(str(tuple(row)[3]) for row in rows)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_calls_of_a_period_are_found_by_their_time(floor: Floor, question: str) -> None:
    database = floor.centre.database
    await save(database, busy_hour("orders", now() - timedelta(hours=1)))
    with statements() as seen:
        await floor.done("boss", "GET", question) if "export" not in question else await floor_text(floor, question)
    assert seen, "it reads call records"
    for statement, parameters in seen:
        if "arrived_at" in statement.partition(" WHERE ")[2]:
            used = await plan(database, statement, parameters)
            assert "(pbx=?" not in used, (statement, used)
            assert "arrived_at" in used, (statement, used)


async def floor_text(floor: Floor, question: str) -> None:
    client, _ = floor.clients["boss"]
    answer = await client.get(f"/api/v1{question}")
    assert answer.status == 200, await answer.text()
    await answer.read()


async def test_rollups_are_counted_under_the_writer_from_the_calls_of_their_day_alone(floor: Floor) -> None:
    database = floor.centre.database
    await save(database, busy_hour("orders", now() - timedelta(days=1)))
    with statements() as seen:
        await floor.centre.contributions.rollups.rebuild()
    counted = [each for each in seen if each[0].startswith("INSERT INTO call_rollup")]
    assert counted
    for statement, parameters in counted:
        assert "ix_call_record_arrived_at_id" in await plan(database, statement, parameters)


def test_a_hint_is_for_sqlite_alone() -> None:
    query = select(CallRow.id).where(mostly(CallRow.pbx == "pbx1"), CallRow.late.is_(True))
    hinted = str(query.compile(dialect=sqlite.dialect()))
    assert "WHERE likely(call_record.pbx = ?) AND" in hinted
    assert "likely" not in str(query.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
