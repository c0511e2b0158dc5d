"""Builds and wires the parts of the return calls, and runs the task that checks dials and sweeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Never

from callcenter.agents.model import PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.callbacks import http
from callcenter.callbacks.blending import QueueLoad
from callcenter.callbacks.customer_merge import CustomerErased, CustomerMerged
from callcenter.callbacks.dashboard import http as http_board
from callcenter.callbacks.dashboard.service import Board, Departments, no_departments
from callcenter.callbacks.deltas import CALLBACK_IMPORT, CallbackImportDelta
from callcenter.callbacks.dialling.agent_hold import AgentPhones
from callcenter.callbacks.dialling.ports import Pbx, Phones
from callcenter.callbacks.dialling.service import Dialling
from callcenter.callbacks.endings import Endings, Webhooks
from callcenter.callbacks.incoming import CasesOf, Serving, no_cases
from callcenter.callbacks.jobs import RETURN_CALL_WANTED, NoSpeakers, Sources, Speakers
from callcenter.callbacks.messages import Messages, NoMessages
from callcenter.callbacks.outreach.apologies import Apologies
from callcenter.callbacks.outreach.do_not_call import DoNotCallList
from callcenter.callbacks.outreach.http import routes as outreach_routes
from callcenter.callbacks.outreach.importing import Importing
from callcenter.callbacks.outreach.surveys import Surveys
from callcenter.callbacks.queries import Reading
from callcenter.callbacks.requests import CallbackRequests
from callcenter.callbacks.results import Results
from callcenter.callbacks.rulebook import Rulebook, rulebook_of
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.store import Steps
from callcenter.callbacks.sweep import Sweep
from callcenter.callbacks.withdrawal import RETURN_CALL_NOT_WANTED, CaseMovedOn
from callcenter.calls.effects import AgentNow, QueueNow
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.customers.service import CustomerService
from callcenter.kit.table_process import TableReader
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents
from callcenter.storage.jobs import Jobs, Work
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from callcenter.web.routes import Routes

WATCH_SECONDS = 1.0
"""How often a call that is being dialled is checked."""


@dataclass(frozen=True)
class Parts:
    """What the return calls need from the other packages. `queue_now` returns the state of an Asterisk queue."""

    settings: Settings
    database: Database
    clock: Clock
    audit: Audit
    jobs: Jobs
    agents: AgentService
    presence: PresenceService
    lines: LineService
    customers: CustomerService
    calls: CallService
    pbx: Pbx
    agents_now: Callable[[], Mapping[str, AgentNow]]
    queue_now: Callable[[str], QueueNow]
    publish: Publish
    webhooks: Webhooks | None = None
    departments: Departments = no_departments
    cases: CasesOf = no_cases
    """The cases that calls belong to."""
    messages: Messages = field(default_factory=NoMessages)
    """The messages that callers left (R4)."""
    speakers: Speakers = field(default_factory=NoSpeakers)
    tables: TableReader = field(default_factory=TableReader)
    """Parses tables, one at a time in the whole centre."""
    agent_phones: Phones | None = None
    """The agents' phones, when another process manages them."""


class LineQueues:
    """The state of the incoming side of a line."""

    def __init__(
        self,
        lines: LineService,
        queue_now: Callable[[str], QueueNow],
        agents_now: Callable[[], Mapping[str, AgentNow]],
    ) -> None:
        self._lines = lines
        self._queue_now = queue_now
        self._agents_now = agents_now

    async def queue_of(self, line: str | None) -> QueueLoad:
        queue = next((known.queue for known in await self._lines.lines() if known.code == line), None)
        here = sum(agent.state != PresenceState.SIGNED_OUT.value for agent in self._agents_now().values())
        if queue is None:
            return QueueLoad(on_duty=here)
        seen = self._queue_now(queue)
        return QueueLoad(seen.waiting, seen.agents_free, here)


class _Floor:
    def __init__(self, agents_now: Callable[[], Mapping[str, AgentNow]]) -> None:
        self._agents_now = agents_now

    def agents_now(self) -> Mapping[str, AgentNow]:
        return self._agents_now()


@dataclass(frozen=True)
class Room:
    service: CallbackService
    results: Results
    rules: Rulebook
    sweep: Sweep
    dialling: Dialling
    sources: Sources
    do_not_call: DoNotCallList
    surveys: Surveys
    apologies: Apologies
    importing: Importing
    reading: Reading
    board: Board
    routes: list[Routes]
    works: dict[str, Work]
    tick_seconds: float

    async def run(self) -> Never:
        """Sweep and check forever: apply the clock to claims, and follow up the calls under way."""
        while True:
            await self.sweep.once()
            await self.dialling.look()
            await asyncio.sleep(WATCH_SECONDS if await self.dialling.in_hand() else self.tick_seconds)


def open_room(parts: Parts) -> Room:
    """Build every part without starting anything. Raises ValueError on calling hours that extend past midnight."""
    settings, database, clock = parts.settings, parts.database, parts.clock
    rules = rulebook_of(settings)
    steps = Steps(clock, parts.publish)
    endings = Endings(clock, rules, steps, parts.jobs, parts.webhooks)
    floor = LineQueues(parts.lines, parts.queue_now, parts.agents_now)
    requests = CallbackRequests(database, clock, rules, parts.customers, steps)
    agent_phones = parts.agent_phones or AgentPhones(parts.agents, parts.presence, _Floor(parts.agents_now))
    intents = Intents(database, clock)
    dialling = Dialling(
        database=database,
        clock=clock,
        rules=rules,
        intents=intents,
        pbx=parts.pbx,
        records=parts.calls,
        agent_phones=agent_phones,
        steps=steps,
        endings=endings,
    )
    results = Results(database, clock, rules, steps, endings, dialling)
    service = CallbackService(
        database=database,
        clock=clock,
        audit=parts.audit,
        rules=rules,
        results=results,
        floor=floor,
        steps=steps,
        endings=endings,
        dials=dialling,
    )
    sweep = Sweep(database, clock, rules, steps, endings)
    serving = Serving(
        database=database,
        rules=rules,
        steps=steps,
        endings=endings,
        calls=parts.calls,
        customers=parts.customers,
        agents=parts.agents,
        dials=dialling,
        cases=parts.cases,
    )
    key_of = parts.customers.key_of
    sources = Sources(database, requests, dialling, serving, parts.calls, key_of, parts.speakers)
    do_not_call = DoNotCallList(database, clock, parts.audit, parts.customers, rules.region)
    surveys = Surveys(database, clock, parts.audit, requests, parts.calls, parts.customers)
    apologies = Apologies(parts.audit, requests, parts.calls, parts.customers)

    def import_progress(done: int, of: int | None) -> None:
        delta: CallbackImportDelta = {"done": done, "of": of}
        parts.publish(CALLBACK_IMPORT, delta, frozenset())

    importing = Importing(
        requests,
        clock,
        parts.customers,
        parts.audit,
        parts.tables,
        progress=import_progress,
    )
    reading = Reading(database, clock)
    board = Board(database, clock, rules, parts.agents, parts.presence, parts.departments)
    routes = [
        http.routes(requests, service, serving, dialling, reading, parts.agents, parts.messages),
        outreach_routes(do_not_call, surveys, apologies, importing),
        http_board.routes(board, clock),
    ]
    works: dict[str, Work] = {
        RETURN_CALL_WANTED: sources.requested,
        "case_holds_call": serving.case_took_call,
        RETURN_CALL_NOT_WANTED: CaseMovedOn(database, service).work,
        "customer_merged": CustomerMerged(database, service).work,
        "customer_erased": CustomerErased(database, service).work,
    }
    return Room(
        service=service,
        results=results,
        rules=rules,
        sweep=sweep,
        dialling=dialling,
        sources=sources,
        do_not_call=do_not_call,
        surveys=surveys,
        apologies=apologies,
        importing=importing,
        reading=reading,
        board=board,
        routes=routes,
        works=works,
        tick_seconds=settings.callbacks.tick_seconds,
    )
