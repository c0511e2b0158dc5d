"""Inserts many rows at once: prepared outside the transaction, written inside it in few statements.

SQLite has one writer, and all others wait while it writes: so the slow work (JSON, times, full-text words) is
done before, in a thread, and the driver gets plain values. Twenty thousand files are written in about a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Column, Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage.base import Base

PART: Final = 500
"""Rows per statement where the driver does not take all of them at once."""


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows of one table. `values` are for SQLAlchemy, `plain` is the same in the form of SQLite's driver."""

    table: Table
    values: Sequence[Mapping[str, Any]]
    plain: Sequence[tuple[Any, ...]] = ()
    sql: str = ""


def ready(kind: type[Base], values: Sequence[Mapping[str, Any]], *, for_sqlite: bool) -> Rows:
    """Prepare rows that all have the same columns; blocking, so call it in a thread."""
    table = cast("Table", kind.__table__)
    if not for_sqlite or not values:
        return Rows(table, values)
    dialect = sqlite.dialect()
    columns = [table.c[name] for name in values[0]]
    makers = [_maker(column, dialect) for column in columns]
    plain = [
        tuple(make(row[column.key]) if make else row[column.key] for column, make in zip(columns, makers, strict=True))
        for row in values
    ]
    return Rows(table, values, plain, _sql(table, columns))


def _maker(column: Column[Any], dialect: Any) -> Any:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _sql(table: Table, columns: Sequence[Column[Any]]) -> str:
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(columns))})'


async def write(session: AsyncSession, rows: Rows) -> None:
    """Insert in the caller's transaction. Raises IntegrityError when a row already exists."""
    if not rows.values:
        return
    if rows.sql:
        await run_many(session, rows.sql, rows.plain)
        return
    for at in range(0, len(rows.values), PART):
        await session.execute(insert(rows.table), rows.values[at : at + PART])


async def run_many(session: AsyncSession, sql: str, values: Sequence[tuple[Any, ...]]) -> None:
    """Run one SQLite statement for many rows, in the driver's own thread, so the event loop is not blocked."""
    if not values:
        return
    connection = await session.connection()
    await connection.run_sync(lambda sync: sync.exec_driver_sql(sql, list(values)))
