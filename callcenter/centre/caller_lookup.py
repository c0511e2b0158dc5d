"""Finds the customer of each live call outside the floor, so that a slow database delays no event."""

from __future__ import annotations

import asyncio
from typing import Final

from callcenter.calls.effects import NumberSeen
from callcenter.calls.live import LiveFloor
from callcenter.clock import Clock
from callcenter.customers.service import CustomerService
from callcenter.facts import CustomerFound

GATHER_SECONDS: Final = 0.25
"""Callers who come together are looked up together: a statement costs far more than a further number in it."""
WAITING: Final = 1000
"""Numbers that may wait; under higher load a call is shown without its file, but its record still has the file."""


class CallerFiles:
    """Takes numbers from the floor and returns the customer files they belong to."""

    def __init__(self, customers: CustomerService, live: LiveFloor, clock: Clock) -> None:
        self._customers = customers
        self._live = live
        self._clock = clock
        self._numbers: asyncio.Queue[NumberSeen] = asyncio.Queue(WAITING)
        live.on_number.append(self.ask)

    def ask(self, seen: NumberSeen) -> None:
        if not self._numbers.full():
            self._numbers.put_nowait(seen)

    async def run(self) -> None:
        """Look up numbers until cancelled, all waiting ones at once."""
        while True:
            asked = [await self._numbers.get()]
            await asyncio.sleep(GATHER_SECONDS)
            while not self._numbers.empty():
                asked.append(self._numbers.get_nowait())
            held = await self._customers.by_numbers({lookup.number for lookup in asked})
            for lookup in asked:
                if lookup.number in held:
                    self._live.submit_soon(
                        CustomerFound(self._clock(), lookup.linkedid, lookup.number, held[lookup.number])
                    )
