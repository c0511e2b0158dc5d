"""The reception's look-ups, made of what the core's rooms offer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

from callcenter.errors import NotFound
from ivr.hours import OpeningHours, read_windows
from ivr.reception import GREETING, Customer, Line


class StoredLine(Protocol):
    """A line as the routing room keeps it (`callcenter.routing.model.Line`)."""

    @property
    def code(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def hours(self) -> Sequence[str]: ...
    @property
    def timezone(self) -> str: ...
    @property
    def greeting(self) -> str: ...
    @property
    def priority(self) -> int: ...


FindLine = Callable[[str], Awaitable[StoredLine]]
"""The line of a code; raises NotFound."""

DutyByLine = Callable[[], Awaitable[Mapping[str, Collection[str]]]]
"""Agents on duty now: line code -> their numbers."""

FindCustomer = Callable[[str], Awaitable[Customer | None]]


class CoreDirectory:
    """Lines, duty and customers for the reception; without `customer` every caller is an ordinary one."""

    def __init__(self, line: FindLine, duty: DutyByLine, customer: FindCustomer | None = None) -> None:
        self._line = line
        self._duty = duty
        self._customer = customer

    async def line(self, code: str) -> Line | None:
        try:
            found = await self._line(code)
        except NotFound:
            return None
        hours = OpeningHours(read_windows(found.hours), found.timezone)
        return Line(found.code, found.queue, found.language, hours, found.greeting or GREETING, found.priority)

    async def duty(self, line: str) -> Collection[str]:
        return (await self._duty()).get(line, ())

    async def customer(self, number: str) -> Customer | None:
        return await self._customer(number) if self._customer else None
