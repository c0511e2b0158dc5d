"""What the centre knows at a handover (H3), from the rooms. It names things by their numbers, never customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.alarms.service import Alarms
from callcenter.announcements.service import AnnouncementService
from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.clock import Clock
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.queries import CaseQueries
from callcenter.flags.model import FlagState
from callcenter.flags.queries import FlagFilter, FlagQueries
from callcenter.roster.handover.model import LiveFact
from callcenter.roster.leave.model import OwnedCase
from callcenter.roster.service import RosterService
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person

MOST, MOST_CASES = 50, 500
READER = Person("", "", "", frozenset())
AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    cases: CaseQueries
    return_calls: Reading
    flags: FlagQueries
    announcements: AnnouncementService
    people: PeopleService
    roster: RosterService
    alarms: Callable[[], Alarms]
    clock: Clock

    async def of(self, agent: str, lines: Sequence[str]) -> Sequence[LiveFact]:
        """Alarms first, then what waits for this agent, then the roster and the news."""
        now = self.clock()
        return [
            *await self._alarms(),
            *await self._cases(agent),
            *await self._return_calls(agent),
            *await self._flags(agent),
            *await self._roster(lines, now),
            *await self._news(),
        ]

    async def _alarms(self) -> list[LiveFact]:
        """Equipment: what fails now, trunks included."""
        open_alarms = await self.alarms().alarms(MOST, open_only=True)
        return [
            LiveFact("alarm", alarm.id, f"{alarm.kind.value} {alarm.subject}".strip(), alarm.since)
            for alarm in open_alarms
        ]

    async def _cases(self, agent: str) -> list[LiveFact]:
        facts = []
        for person in await persons_of(self.people, agent):
            cases = await self.cases.find(CaseConditions(owner=person, open=True), MOST)
            facts += [LiveFact("case", case.number, case.state.value, case.opened_at) for case in cases]
        return facts

    async def _return_calls(self, agent: str) -> list[LiveFact]:
        rows = await self.return_calls.find(CallbackFilter(agent=agent, open=True), MOST)
        return [LiveFact("return_call", row.id, row.state, row.due_at) for row in rows]

    async def _flags(self, agent: str) -> list[LiveFact]:
        rows = await self.flags.find(FlagFilter(state=FlagState.RAISED, agent=agent), MOST, None)
        return [LiveFact("flag", row.id, row.clause, row.raised_at) for row in rows]

    async def _roster(self, lines: Sequence[str], now: datetime) -> list[LiveFact]:
        """Who comes next, and who is on leave."""
        coming = [
            LiveFact("shift", str(shift.id), f"{shift.agent} {shift.line}", shift.starts_at)
            for shift in await self.roster.present(now, now + AHEAD)
            if shift.starts_at > now and shift.line in lines
        ]
        away = [
            LiveFact("leave", absence.agent, absence.agent, absence.starts_at)
            for absence in await self.roster.away(now, now + AHEAD)
        ]
        return [*coming[:MOST], *away[:MOST]]

    async def _news(self) -> list[LiveFact]:
        """Announcements that hold now (H2)."""
        rows = await self.announcements.current(READER)
        return [LiveFact("announcement", row.id, row.title, row.published_at) for row, _ in rows[:MOST]]


async def owned_cases(cases: CaseQueries, people: PeopleService, agent: str) -> list[OwnedCase]:
    """The open cases whose owner is this agent."""
    return [
        OwnedCase(case.number, case.due_at)
        for person in await persons_of(people, agent)
        for case in await cases.find(CaseConditions(owner=person, open=True), MOST_CASES)
    ]


async def persons_of(people: PeopleService, agent: str) -> list[str]:
    """The ids of the accounts of an agent."""
    persons: list[str] = []
    after: str | None = None
    while page := await people.page(500, after):
        persons += [account.person.id for account in page if account.person.agent == agent]
        after = page[-1].person.login
    return persons
