"""Counts first contacts and those that needed no second call, in the database.

A first contact is an answered inbound call from a number that did not call in the window before it. It counts as
resolved when that number does not call again within the window. Withheld numbers cannot be followed and are left out;
contacts whose window is not over yet are `pending` and in neither count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, extract, func, select

from callcenter.calls.model import Direction, Outcome
from callcenter.calls.rows import CallRow
from callcenter.clock import Clock
from callcenter.customers.numbers import WITHHELD_WORDS
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly


class ContactsBy(StrEnum):
    TOTAL = "total"
    LINE = "line"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Contacts:
    """Of `contacts` whose window is over, `resolved` needed no second call."""

    key: str | None
    contacts: int
    resolved: int
    pending: int


class FirstContacts:
    def __init__(self, database: Database, pbx: str, clock: Clock) -> None:
        self._database = database
        self._pbx = pbx
        self._clock = clock

    async def of(self, since: datetime, until: datetime, window: timedelta, by: ContactsBy) -> list[Contacts]:
        """The contacts that arrived in the period, by group."""
        calls = self._calls(since - window, until + window)
        seconds = window.total_seconds()
        over = (self._clock() - window).timestamp()
        first = calls.c.before.is_(None) | (calls.c.second - calls.c.before > seconds)
        again = calls.c.following.is_not(None) & (calls.c.following - calls.c.second <= seconds)
        ended = calls.c.second <= over
        key = {ContactsBy.LINE: calls.c.line, ContactsBy.AGENT: calls.c.agent}.get(by)
        counts = (
            func.count(case((ended | again, 1))),
            func.count(case((ended & ~again, 1))),
            func.count(case((~ended & ~again, 1))),
        )
        query: Any = select(*counts) if key is None else select(key, *counts).group_by(key)
        query = query.where(
            first,
            calls.c.outcome == Outcome.ANSWERED.value,
            calls.c.arrived_at >= since,
            calls.c.arrived_at < until,
            func.lower(calls.c.caller_number).not_in(sorted(WITHHELD_WORDS)),
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        if key is None:
            return [Contacts("total", *(int(value) for value in row)) for row in rows]
        groups = [Contacts(row[0], *(int(value) for value in row[1:])) for row in rows]
        return sorted(groups, key=lambda group: (group.key is None, group.key or ""))

    def _calls(self, start: datetime, end: datetime) -> Any:
        """The inbound calls with the times of the calls before and after them from the same number."""
        second = extract("epoch", CallRow.arrived_at)
        near: dict[str, Any] = {"partition_by": CallRow.caller_number, "order_by": (CallRow.arrived_at, CallRow.id)}
        return (
            select(
                CallRow.caller_number,
                CallRow.arrived_at,
                CallRow.outcome,
                CallRow.line,
                CallRow.agent,
                second.label("second"),
                func.lag(second).over(**near).label("before"),
                func.lead(second).over(**near).label("following"),
            )
            .where(
                mostly(CallRow.pbx == self._pbx),
                CallRow.direction == Direction.INBOUND.value,
                CallRow.arrived_at >= start,
                CallRow.arrived_at < end,
            )
            .subquery()
        )
