"""Finds a caller's own agent: who holds their open case, else who spoke with them last."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from datetime import timedelta
from typing import Final

from callcenter.calls.model import Outcome
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.numbers import spellings
from callcenter.customers.service import CustomerService
from callcenter.web.people import PeopleService

MOST_CASES: Final = 5
MOST_CALLS: Final = 5
MOST_NUMBERS: Final = 3
"""Numbers of a file whose calls are looked at: each is queried in all its spellings while the caller waits."""

OnDuty = Callable[[str], Collection[str]]
"""The agents who are on duty for a line and signed in."""


class OwnAgents:
    """`days` is how long an agent who spoke with a caller counts as theirs."""

    def __init__(
        self,
        customers: CustomerService,
        cases: CaseQueries,
        calls: CallService,
        people: PeopleService,
        on_duty: OnDuty,
        clock: Clock,
        *,
        days: int = 30,
        country_code: str = "86",
        outside_prefix: str = "",
    ) -> None:
        self._customers = customers
        self._cases = cases
        self._calls = calls
        self._people = people
        self._on_duty = on_duty
        self._clock = clock
        self._last_for = timedelta(days=days)
        self._country = country_code
        self._outside_prefix = outside_prefix

    async def of(self, number: str, line: str) -> str:
        """The agent to ring first; empty for a hidden number, and when none of them is on duty for the line."""
        key, there = self._customers.key_of(number), set(self._on_duty(line))
        if not key or not there:
            return ""
        async for agent in self._candidates(key):
            if agent in there:
                return agent
        return ""

    async def _candidates(self, key: str) -> AsyncIterator[str]:
        """Their own agents, the holder of the newest open case first."""
        file = await self._customers.by_number(key)
        numbers = tuple(dict.fromkeys((key, *(file.numbers if file else ()))))[:MOST_NUMBERS]
        every = [text for each in numbers for text in spellings(each, self._country, self._outside_prefix)]
        family = await self._customers.family(file.id) if file else []
        cases = (await self._cases.offered(family, every))[:MOST_CASES]
        agents = await self._people.agents_of([case.owner for case in cases])
        for case in cases:
            if case.owner in agents:
                yield agents[case.owner]
        since = self._clock() - self._last_for
        for call in await self._calls.of_numbers(every, MOST_CALLS):
            if call.outcome is Outcome.ANSWERED and call.agent and call.arrived_at >= since:
                yield call.agent
