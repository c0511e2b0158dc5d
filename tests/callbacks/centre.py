"""Builds the return calls on a fresh database, with a settable clock, a settable floor and a fake PBX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from callcenter.callbacks.blending import QueueLoad
from callcenter.callbacks.choosing import Candidate
from callcenter.callbacks.dialling.service import Dialling
from callcenter.callbacks.endings import Endings
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.requests import CallbackRequests
from callcenter.callbacks.results import Results
from callcenter.callbacks.rows import ReturnCallAttemptRow, ReturnCallRow
from callcenter.callbacks.rulebook import rulebook_of
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.store import Steps, load
from callcenter.callbacks.sweep import Sweep
from callcenter.settings import CallbackSettings, Settings, WorkTimeSettings
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents
from callcenter.storage.jobs import Jobs
from callcenter.storage.rows import JobRow
from tests.callbacks.fake_pbx import Dial, FakeAgentPhones, FakePbx
from tests.support.rooms import Rooms, SetClock, person

CUSTOMER, OTHER = "13974800001", "13974800002"
TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""Ten in the morning in Changsha."""


@dataclass
class SetFloor:
    queue: QueueLoad = field(default_factory=lambda: QueueLoad(waiting=0, free=5))

    async def queue_of(self, line: str | None) -> QueueLoad:
        return self.queue


def request(
    number: str = CUSTOMER, matter: str = "line:orders", source: Source = Source.ABANDONED, **more: Any
) -> CallbackRequest:
    return CallbackRequest(source, matter, number, more.pop("reason", "gave up after 40 s"), **more)


def candidate(number: str, leads: bool = False, **skills: int) -> Candidate:
    return Candidate(number, {tag.replace("_", "-"): level for tag, level in skills.items()}, leads)


@dataclass
class CallbackCentre:
    """`published` is what the feed received; `more` are settings of the room that differ from the defaults."""

    database: Database
    more: Mapping[str, Any] = field(default_factory=dict)
    clock: SetClock = field(default_factory=lambda: SetClock(TEN))
    worktime: WorkTimeSettings = field(default_factory=WorkTimeSettings)

    def __post_init__(self) -> None:
        self.rooms = Rooms(self.database, self.clock)
        self.settings = Settings(callbacks=CallbackSettings(**self.more), worktime=self.worktime)
        self.rules = rulebook_of(self.settings)
        self.jobs = Jobs(self.database, self.clock)
        self.floor = SetFloor()
        self.published: list[Mapping[str, Any]] = []
        self.steps = Steps(self.clock, lambda kind, data, agents=None: self.published.append(data))
        self.endings = Endings(self.clock, self.rules, self.steps, self.jobs)
        self.requests = CallbackRequests(self.database, self.clock, self.rules, self.rooms.customers, self.steps)
        self.pbx = FakePbx(self.clock)
        self.agent_phones = FakeAgentPhones()
        self.sweep = Sweep(self.database, self.clock, self.rules, self.steps, self.endings)
        self.restart()

    def restart(self) -> None:
        """A new process on the same database and the same PBX."""
        self.dialling = Dialling(
            self.database,
            self.clock,
            self.rules,
            Intents(self.database, self.clock),
            self.pbx,
            self.pbx,
            self.agent_phones,
            self.steps,
            self.endings,
        )
        self.results = Results(self.database, self.clock, self.rules, self.steps, self.endings, self.dialling)
        self.service = CallbackService(
            self.database,
            self.clock,
            self.rooms.audit,
            self.rules,
            self.results,
            self.floor,
            self.steps,
            self.endings,
            self.dialling,
        )

    async def row(self, id: str) -> ReturnCallRow:
        async with self.database.read() as session:
            return await load(session, id)

    async def rows(self) -> list[ReturnCallRow]:
        async with self.database.read() as session:
            return list(await session.scalars(select(ReturnCallRow).order_by(ReturnCallRow.created_at)))

    async def jobs_of(self, kind: str) -> list[dict[str, Any]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(JobRow).where(JobRow.kind == kind).order_by(JobRow.created_at))
            return [dict(job.payload) for job in rows]


class DiallingCentre(CallbackCentre):
    """The same, for tests that dial."""

    async def held(self, agent: str = "1001", number: str = CUSTOMER) -> str:
        """A return call in this agent's hand."""
        requested = await self.requests.make(request(number))
        await self.service.claim(requested.item, candidate(agent), person(agent))
        return requested.item

    async def attempts(self, id: str) -> list[ReturnCallAttemptRow]:
        query = select(ReturnCallAttemptRow).where(ReturnCallAttemptRow.item == id).order_by(ReturnCallAttemptRow.id)
        async with self.database.read() as session:
            return list(await session.scalars(query))

    async def dialled(self, id: str, agent: str = "1001", *, rings: bool = True, answers: bool = False) -> Dial:
        """A claimed return call as its agent dials it, and how far that comes; seen by the service."""
        await self.dialling.dial(id, person(agent))
        (dial,) = self.pbx.living()
        dial.agent_answered = rings
        dial.customer_answered = answers
        await self.dialling.look()
        return dial
