"""Builds the statement of all calls of several numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import BindParameter, ColumnElement, Select, String, and_, bindparam, exists, or_, select, union_all

from callcenter.calls.rows import DIALLED, CallRow
from callcenter.storage.paging import Position, newest_first


@lru_cache(maxsize=64)
def of_numbers(count: int, limit: int) -> Select[CallRow]:
    """The statement of `of_numbers` for parameters n0, n1 ...: every call needs it, and to build it costs most."""
    return numbers_query([bindparam(f"n{place}", type_=String) for place in range(count)], limit, None)


@lru_cache(maxsize=64)
def has_calls(count: int) -> ColumnElement[bool]:
    """Whether there are calls of any of the numbers n0, n1 ..., as a part of a statement."""
    numbers = [bindparam(f"n{place}", type_=String) for place in range(count)]
    theirs = or_(*(CallRow.caller_number == number for number in numbers))
    dialled = or_(*(CallRow.called_number == number for number in numbers))
    return or_(exists().where(theirs), exists().where(dialled, DIALLED))


def numbers_query(numbers: Sequence[str | BindParameter[str]], limit: int, after: Position | None) -> Select[CallRow]:
    parts = []
    for number in numbers:
        for theirs in (CallRow.caller_number == number, and_(CallRow.called_number == number, DIALLED)):
            part = select(CallRow.id, CallRow.arrived_at).where(theirs)
            part = newest_first(part, CallRow.arrived_at, CallRow.id, limit, after)
            parts.append(select(part.subquery()))
    every = union_all(*parts).subquery()
    query = select(CallRow).where(CallRow.id.in_(select(every.c.id)))
    return newest_first(query, CallRow.arrived_at, CallRow.id, limit)
