"""Builds the packages on a fresh database, wired as in the service: people, lines, queues, roster, a settable clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from callcenter.agents.model import Agent, Phone
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.customers.service import CustomerService
from callcenter.facts import AgentNumber, LineCode, PresenceChanged, QueueCode
from callcenter.roster.model import Shift
from callcenter.roster.service import RosterService
from callcenter.routing.model import Line, Queue
from callcenter.routing.service import LineService, QueueService
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person, Role

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
"""Noon in Changsha."""

BOSS = Person("p1", "boss", "主管", frozenset({Role.SUPERVISOR}))
CHIEF = Person("p2", "chief", "管理员", frozenset({Role.ADMINISTRATOR}))


def person(number: str) -> Person:
    """An agent's own account."""
    return Person(f"p{number}", f"agent{number}", "客服", frozenset({Role.AGENT}), AgentNumber(number))


class SetClock:
    """A clock that moves only when the test moves it."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Rooms:
    database: Database
    clock: SetClock = field(default_factory=SetClock)
    heard: list[PresenceChanged] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.audit = Audit(self.database, self.clock)
        self.agents = AgentService(self.database, self.clock, self.audit, lambda: self.changes.append("agents"))
        self.presence = PresenceService(self.database, self.clock, self.audit, self.agents, self.heard.append)
        self.queues = QueueService(self.database, self.audit, lambda: self.changes.append("queues"))
        self.lines = LineService(self.database, self.audit, lambda: self.changes.append("lines"))
        self.roster = RosterService(
            self.database, self.audit, self.agents, self.lines, lambda: self.changes.append("roster")
        )
        self.customers = CustomerService(self.database, self.clock, self.audit)

    async def furnish(self, *numbers: str) -> None:
        """One queue, one line and these agents, each with a phone of their number."""
        await self.queues.add(Queue(QueueCode("general")), CHIEF)
        await self.lines.add(Line(LineCode("orders"), QueueCode("general"), dids=("4008001234",)), CHIEF)
        for number in numbers:
            await self.agents.add(Agent(AgentNumber(number), f"客服{number}", phones=(Phone(number),)), CHIEF)

    async def on_duty(self, number: str, hours: float = 8, line: str = "orders") -> Shift:
        """A shift that has just begun."""
        start = self.clock()
        return await self.roster.add(
            Shift(AgentNumber(number), LineCode(line), start, start + timedelta(hours=hours)), BOSS
        )
