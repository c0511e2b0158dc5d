"""Pages of lists in an order of the reader's choice, each order with an index of its own.

A page continues after a row and not after a number of rows, so it stays right while others write. Rows without the
value come last in either direction: the two databases place them differently, and neither uses an index for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage.paging import Column

Row = TypeVar("Row")
Place: TypeAlias = tuple[Any, Any]
"""The value and the id of the last row of the page before; the value is None among the rows that have none."""
COUNTED: Final = 10_000
"""Rows up to which a list is counted: more are not read for a number that no one needs exactly."""


@dataclass(frozen=True, slots=True)
class Order:
    """By one column and, among equal values, by the id; `falls` for the largest first."""

    column: Column
    id: Column
    falls: bool = False
    may_be_empty: bool = False

    def after(self, place: Place) -> ColumnElement[bool]:
        """Whether a row comes after this place. The first condition bounds the part of the index that is read."""
        value, id = place
        if self.falls:
            return and_(self.column <= value, or_(self.column < value, self.id < id))
        return and_(self.column >= value, or_(self.column > value, self.id > id))

    def by(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        if self.falls:
            return self.column.desc(), self.id.desc()
        return self.column.asc(), self.id.asc()


def both_ways(id: Column, *columns: Column, empty: tuple[Column, ...] = ()) -> Mapping[str, Order]:
    """The orders by these columns, named as the columns, with `-` for the largest first; `empty` may have no value."""
    orders = {}
    for column in (*columns, *empty):
        missing = any(column is other for other in empty)
        orders[column.key] = Order(column, id, may_be_empty=missing)
        orders[f"-{column.key}"] = Order(column, id, falls=True, may_be_empty=missing)
    return orders


@dataclass(frozen=True, slots=True)
class SortedRows(Generic[Row]):
    """A page, and the place after which the next one continues; None at the end."""

    rows: list[Row]
    following: Place | None


async def sorted_rows(
    session: AsyncSession, query: Select[Row], order: Order, limit: int, after: Place | None = None
) -> SortedRows[Row]:
    """At most `limit` rows of the query in this order, after the place."""
    rows: list[Row] = []
    if after is None or after[0] is not None:
        part = query.where(order.column.is_not(None)) if order.may_be_empty else query
        if after is not None:
            part = part.where(order.after(after))
        rows += (await session.scalars(part.order_by(*order.by()).limit(limit + 1))).all()
    if order.may_be_empty and len(rows) <= limit:
        rest = query.where(order.column.is_(None))
        if after is not None and after[0] is None:
            rest = rest.where(order.id > after[1])
        rows += (await session.scalars(rest.order_by(order.id).limit(limit + 1 - len(rows)))).all()
    page = rows[:limit]
    more = len(rows) > limit and bool(page)
    last = page[-1] if more else None
    place = None if last is None else (getattr(last, order.column.key), getattr(last, order.id.key))
    return SortedRows(page, place)


async def counted(session: AsyncSession, query: Select[Any], most: int = COUNTED) -> tuple[int, bool]:
    """How many rows the query has, `most` at most, and whether that is all of them."""
    rows = query.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(most + 1).subquery()
    count = await session.scalar(select(func.count()).select_from(rows)) or 0
    return min(count, most), count <= most
