"""What the reception may look up: lines and duty from memory refreshed by change, customers from the database.

Joined here because `ivr` knows the core's services and the core does not know `ivr`.
"""

from __future__ import annotations

from collections.abc import Collection

from callcenter.calls.live import LiveFloor
from callcenter.customers.service import CustomerService
from callcenter.routing.model import Line as OurLine
from callcenter.routing.service import LineService
from ivr.hours import OpeningHours, read_windows
from ivr.reception import Customer, Line, Standing


class Directory:
    """Duty is the live floor's: the reception and the queue members then never disagree on who is there."""

    def __init__(self, lines: LineService, customers: CustomerService, live: LiveFloor) -> None:
        self._lines = lines
        self._customers = customers
        self._live = live
        self._known: dict[str, OurLine] = {}

    async def refresh(self) -> None:
        """Read the lines anew; called at start and after each change."""
        self._known = {line.code: line for line in await self._lines.lines()}

    async def line(self, code: str) -> Line | None:
        line = self._known.get(code)
        if line is None:
            return None
        return Line(
            line.code,
            line.queue,
            line.language,
            OpeningHours(read_windows(line.hours), line.timezone),
            line.greeting,
            line.priority,
        )

    async def duty(self, line: str) -> Collection[str]:
        """Those on duty who are also signed in: nobody else can take the call."""
        there = {number for number, agent in self._live.agents_now().items() if agent.state != "signed_out"}
        return [
            number for code, agents in self._live.floor.duty if code == line for number in agents if number in there
        ]

    async def customer(self, number: str) -> Customer | None:
        found = await self._customers.by_number(number)
        if found is None:
            return None
        return Customer(Standing(found.standing.value))
