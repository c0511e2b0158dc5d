"""Tests the orders of lists on both databases: every row once, stable while others write, by an index of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import Boolean, Float, Integer, Select, String, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks import queries as callbacks
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.callbacks.shapes import ReturnCallQuery
from callcenter.complaints import queries as cases
from callcenter.complaints.finding.shapes import CaseQuery
from callcenter.complaints.model import Channel
from callcenter.complaints.rows import CaseRow
from callcenter.customers import service as customers
from callcenter.customers.rows import CustomerRow
from callcenter.customers.shapes import CustomerQuery
from callcenter.scorecards import queries as scores
from callcenter.scorecards.http import ScoresQuery
from callcenter.scorecards.rows import ScoreFormRow, ScoreRow
from callcenter.storage.base import UtcDateTime
from callcenter.storage.database import Database
from callcenter.storage.sorting import Order, Place, counted, sorted_rows

LISTS: Mapping[str, tuple[type[Any], Mapping[str, Order], type[Any]]] = {
    "cases": (CaseRow, cases.ORDERS, CaseQuery),
    "callbacks": (ReturnCallRow, callbacks.ORDERS, ReturnCallQuery),
    "customers": (CustomerRow, customers.ORDERS, CustomerQuery),
    "scores": (ScoreRow, scores.ORDERS, ScoresQuery),
}
START = datetime(2026, 11, 1, tzinfo=UTC)
ROWS = 3_000


@pytest.mark.parametrize("name", LISTS)
def test_the_orders_of_a_list_are_those_of_its_query(name: str) -> None:
    _, orders, query = LISTS[name]
    assert set(get_args(get_args(query.model_fields["sort"].annotation)[0])) == set(orders)


def filled(table: type[Any], number: int, /, **values: Any) -> dict[str, Any]:
    """A row with something in each column that needs it; many rows share the values that lists are sorted by."""
    row: dict[str, Any] = {}
    for column in table.__table__.columns:
        if column.nullable or (column.autoincrement is True and column.primary_key):
            continue
        match column.type:
            case UtcDateTime():
                row[column.key] = START + timedelta(minutes=number // 5)
            case Boolean():
                row[column.key] = False
            case String():
                row[column.key] = f"{number:06d}"
            case Integer() | Float():
                row[column.key] = 1
            case _:
                row[column.key] = []
    return {**row, **values}


async def fill(session: AsyncSession, name: str, rows: int) -> None:
    givens: dict[str, dict[str, Any]] = {
        "cases": {"kind": "complaint", "channel": Channel.PHONE.value, "state": "received"},
        "callbacks": {"state": "done", "region": "CN"},
        "customers": {"language": "", "standing": "ordinary"},
        "scores": {"state": "submitted", "form": 1, "month": "2026-11"},
    }
    given = givens[name]
    if name == "scores":
        session.add(ScoreFormRow(**filled(ScoreFormRow, 1, id=1, state="published")))
        await session.flush()
    kind = LISTS[name][0]
    some = [
        filled(kind, number, **given)
        | {
            column: START + timedelta(minutes=number // 7) if number % 3 else None
            for column in {"cases": ("due_at", "closed_at"), "scores": ("submitted_at",)}.get(name, ())
        }
        | ({"total": number % 50 / 3 if number % 4 else None} if name == "scores" else {})
        | ({"name": f"客户{number % 90}"} if name == "customers" else {})
        for number in range(rows)
    ]
    for at in range(0, rows, 500):
        await session.execute(insert(kind), some[at : at + 500])


async def pages(database: Database, query: Select[Any], order: Order, limit: int) -> list[Any]:
    rows: list[Any] = []
    place: Place | None = None
    while True:
        async with database.read() as session:
            page = await sorted_rows(session, query, order, limit, place)
        rows += page.rows
        place = page.following
        if place is None:
            return rows


@pytest.mark.parametrize("name", LISTS)
async def test_pages_hold_every_row_once_in_order_and_those_without_the_value_last(
    database: Database, name: str
) -> None:
    kind, orders, _ = LISTS[name]
    async with database.write() as session:
        await fill(session, name, 60)
    for sort, order in orders.items():
        rows = await pages(database, select(kind), order, 7)
        ids = [getattr(row, order.id.key) for row in rows]
        assert len(ids) == len(set(ids)) == 60
        values = [getattr(row, order.column.key) for row in rows]
        there = [value for value in values if value is not None]
        assert values[: len(there)] == there
        # The order of names is that of the database's collation.
        assert sort.lstrip("-") == "name" or there == sorted(there, reverse=order.falls)
        assert order.may_be_empty == (None in values)


@pytest.mark.parametrize("name", LISTS)
async def test_a_page_is_read_by_an_index_and_nothing_is_sorted(database: Database, name: str) -> None:
    kind, orders, _ = LISTS[name]
    async with database.write() as session:
        await fill(session, name, ROWS)
        await session.execute(text("ANALYZE"))
        for order in orders.values():
            index = f"ix_{kind.__tablename__}_{order.column.key}_{order.id.key}"
            middle = (await sorted_rows(session, select(kind), order, 200)).following
            assert middle is not None
            for place in (None, middle):
                query = select(kind.__table__.columns[order.id.key])
                if order.may_be_empty:
                    query = query.where(order.column.is_not(None))
                if place is not None:
                    query = query.where(order.after(place))
                plan = await explained(session, query.order_by(*order.by()).limit(51), sqlite=database.is_sqlite)
                assert index in plan, plan
                assert "TEMP B-TREE" not in plan
                assert "Sort" not in plan


async def explained(session: AsyncSession, query: Select[Any], *, sqlite: bool) -> str:
    bind = session.get_bind()
    statement = query.compile(dialect=bind.dialect, compile_kwargs={"literal_binds": True})
    head = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    rows = await (await session.connection()).exec_driver_sql(head + str(statement).replace("%", "%%"))
    return "\n".join(" ".join(map(str, row)) for row in rows)


async def test_rows_that_come_and_go_between_two_pages_move_no_other(database: Database) -> None:
    order = customers.ORDERS["-created_at"]
    async with database.write() as session:
        await fill(session, "customers", 30)
    async with database.read() as session:
        first = await sorted_rows(session, select(CustomerRow), order, 10)
    newest, last = first.rows[0].id, first.rows[-1].id
    async with database.write() as session:
        await session.execute(text("DELETE FROM customer WHERE id IN (:a, :b)"), {"a": newest, "b": last})
        await session.execute(insert(CustomerRow), [filled(CustomerRow, 999, standing="ordinary", language="")])
    rest = await pages_after(database, order, first.following)
    assert [row.id for row in rest] == [f"{number:06d}" for number in range(19, -1, -1)]


async def pages_after(database: Database, order: Order, place: Place | None) -> list[CustomerRow]:
    rows: list[CustomerRow] = []
    while place is not None:
        async with database.read() as session:
            page = await sorted_rows(session, select(CustomerRow), order, 10, place)
        rows, place = [*rows, *page.rows], page.following
    return rows


async def test_a_list_is_counted_up_to_the_limit_only(database: Database) -> None:
    async with database.write() as session:
        await fill(session, "customers", 30)
    async with database.read() as session:
        assert await counted(session, select(CustomerRow), 30) == (30, True)
        assert await counted(session, select(CustomerRow).order_by(CustomerRow.id), 29) == (29, False)
        assert await counted(session, select(CustomerRow).where(CustomerRow.name == "x")) == (0, True)
