"""What the reception may look up: lines and duty from memory refreshed by change, standings of customers too.

Joined here because `ivr` knows the core's services and the core does not know `ivr`.
"""

from __future__ import annotations

from collections.abc import Collection

from callcenter.calls.live import LiveFloor
from callcenter.customers.service import CustomerService
from callcenter.errors import Unavailable
from callcenter.routing.model import Line as OurLine
from callcenter.routing.service import LineService
from ivr.hours import OpeningHours, read_windows
from ivr.reception import Customer, Line, Standing


class DutyUnknown(Unavailable):
    code = "duty_unknown"


class Directory:
    """Duty is the live floor's: the reception and the queue members then never disagree on who is there."""

    def __init__(self, lines: LineService, customers: CustomerService, live: LiveFloor) -> None:
        self._lines = lines
        self._customers = customers
        self._live = live
        self._known: dict[str, Line] = {}
        self._standings: dict[str, Standing] = {}

    async def refresh(self) -> None:
        """Read lines and standings anew; called at start, after each change, and twice a minute."""
        self._known = {line.code: _line(line) for line in await self._lines.lines()}
        self._standings = {number: Standing(s.value) for number, s in (await self._customers.standings()).items()}

    def line(self, code: str) -> Line | None:
        return self._known.get(code)

    def duty(self, line: str) -> Collection[str]:
        """Those on duty who are also signed in: nobody else can take the call.

        Raises DutyUnknown while the service has just begun; the dialplan then asks the queue itself, which knows.
        """
        floor = self._live.floor
        if not floor.duty_known:
            raise DutyUnknown("the roster has not been read yet")
        return [
            number for code, agents in floor.duty if code == line for number in agents if floor.desk.signed_in(number)
        ]

    def customer(self, number: str) -> Customer | None:
        standing = self._standings.get(self._customers.key_of(number)) if self._standings else None
        return None if standing is None else Customer(standing)


def _line(line: OurLine) -> Line:
    return Line(
        line.code,
        line.queue,
        line.language,
        OpeningHours(read_windows(line.hours), line.timezone),
        line.greeting,
        line.priority,
    )
