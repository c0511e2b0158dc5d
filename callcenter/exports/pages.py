"""Reads a list page by page for its export."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from callcenter.exports.model import Pages
from callcenter.kit.table_writer import Cells
from callcenter.storage.paging import Position

Row = TypeVar("Row")


async def pages_of(
    find: Callable[[Position | None], Awaitable[Sequence[Row]]],
    position: Callable[[Row], Position],
    cells: Callable[[Row], Cells],
) -> Pages:
    """Every page of a list, each read where the one before it ended."""
    after = None
    while rows := await find(after):
        yield [cells(row) for row in rows]
        after = position(rows[-1])
