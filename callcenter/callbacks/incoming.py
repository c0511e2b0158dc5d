"""Handles customers who call in while a return call to them waits: settled if served, otherwise only marked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import UnknownAgent
from callcenter.agents.model import Agent
from callcenter.callbacks.endings import Endings
from callcenter.callbacks.errors import ChangedMeanwhile, NotTheirCall, ReturnCallStands
from callcenter.callbacks.model import CLOSED, Event, Result, Source, State
from callcenter.callbacks.ports import Customers
from callcenter.callbacks.rows import ReturnCallCauseRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.served import Awaited, Conversation, open_reason, served
from callcenter.callbacks.service import Dials
from callcenter.callbacks.store import BY_SYSTEM, Steps, load
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.web.roles import LEADERS, Person

log = structlog.get_logger(__name__)
OPEN_ROW: Final = ReturnCallRow.state.not_in([state.value for state in CLOSED])


class Agents(Protocol):
    """Which agent speaks what (agents/service.py)."""

    async def agent(self, number: str) -> Agent: ...


class Calls(Protocol):
    """The calls' records (calls/service.py)."""

    async def several(self, calls: Sequence[str]) -> list[CallRecord]: ...

    async def get(self, call: CallId) -> CallRecord: ...


CasesOf = Callable[[Sequence[CallRecord]], Awaitable[Mapping[str, Sequence[str]]]]
"""The cases that calls belong to, by call."""


async def no_cases(_: Sequence[CallRecord]) -> Mapping[str, Sequence[str]]:
    """The default when no package knows cases."""
    return {}


class Serving:
    def __init__(
        self,
        database: Database,
        rules: Rulebook,
        steps: Steps,
        endings: Endings,
        calls: Calls,
        customers: Customers,
        agents: Agents,
        dials: Dials,
        cases: CasesOf = no_cases,
    ) -> None:
        self._database = database
        self._rules = rules
        self._steps = steps
        self._endings = endings
        self._calls = calls
        self._customers = customers
        self._agents = agents
        self._dials = dials
        self._cases = cases

    async def answered(self, record: CallRecord) -> None:
        """Handle an answered incoming call that has ended; idempotent."""
        number, call = self._customers.key_of(record.caller_number), record.id
        if not number:
            return
        cases = frozenset((await self._cases([record])).get(call, ()))
        query = select(ReturnCallRow.id).where(ReturnCallRow.number == number, OPEN_ROW)
        async with self._database.read() as session:
            ids = (await session.scalars(query)).all()
        for id in ids:
            try:
                async with self._database.write() as session:
                    await self._look_at(session, await load(session, id), record, cases)
            except ChangedMeanwhile:
                log.info("callback_changed_while_served", item=id)

    async def case_took_call(self, payload: Mapping[str, Any]) -> None:
        """Run the job `case_holds_call`: an ended call was linked to a case, perhaps long afterwards."""
        for record in await self._calls.several([str(payload["call"])]):
            if _answered(record) and record.ended_at is not None:
                await self.answered(record)

    async def _look_at(
        self, session: AsyncSession, row: ReturnCallRow, record: CallRecord, cases: frozenset[str]
    ) -> None:
        call = record.id
        causes = ReturnCallCauseRow.item == row.id
        since = await session.scalar(select(func.max(ReturnCallCauseRow.at)).where(causes))
        if row.state in CLOSED or record.answered_at is None:
            return
        if since is not None and record.answered_at <= since:
            # Promised or requested in, or after, that same call.
            return
        conversation = Conversation(record.line, cases, await self._speaks(row, record.agent))
        if served(await self._awaited(session, row), conversation):
            await self._endings.close(session, row, Event.SERVED, Result.SERVED, BY_SYSTEM, "", call)
        elif row.seen_call != call:
            await self._steps.change(
                session, row, "rang_in", BY_SYSTEM, seen_call=call, seen_at=record.ended_at or record.answered_at
            )

    async def by_word(self, id: str, call: CallId, notes: str, by: Person) -> ReturnCallRow:
        """Record the decision of the agent who took this incoming call that it served the matter; leaders may decide so
        for any agent's call.

        Raises UnknownReturnCall, UnknownCall, NotTheirCall, ReturnCallStands, IllegalTransition.
        """
        record = await self._calls.get(call)
        if not by.may(LEADERS) and (by.agent is None or by.agent != record.agent):
            raise NotTheirCall("only the agent who took the call decides what it settled", call=call[:40])
        async with self._database.write() as session:
            row = await load(session, id)
            if not _answered(record) or not await self._same_customer(row, record):
                raise NotTheirCall("this is no answered call of the return call's customer", call=call[:40])
            if record.ended_at is not None and record.ended_at < row.created_at:
                raise NotTheirCall("the call was over before the return call was asked for", call=call[:40])
            conversation = Conversation(record.line, frozenset(), await self._speaks(row, record.agent))
            why = None if row.state in CLOSED else open_reason(await self._awaited(session, row), conversation)
            if why is not None:
                raise ReturnCallStands("this return call is still to be made", item=row.id, why=why.value)
            await self._endings.close(session, row, Event.SERVED, Result.SERVED, by.login, notes.strip(), call)
        await self._dials.look()
        return row

    async def _awaited(self, session: AsyncSession, row: ReturnCallRow) -> Awaited:
        causes = select(ReturnCallCauseRow.source).where(ReturnCallCauseRow.item == row.id)
        sources = frozenset(Source(word) for word in [row.source, *await session.scalars(causes)])
        return Awaited(State(row.state), row.matter, sources, row.promised, row.case, row.language, row.campaign)

    async def _same_customer(self, row: ReturnCallRow, record: CallRecord) -> bool:
        if self._customers.key_of(record.caller_number) == row.number:
            return True
        file = await self._customers.by_number(record.caller_number)
        return file is not None and file.id == row.customer

    async def _speaks(self, row: ReturnCallRow, agent: str | None) -> bool:
        """Whether the call's agent speaks the dialect that the customer needs; False for an unknown agent."""
        if row.language is None or agent is None:
            return row.language is None and row.source != Source.DIALECT
        try:
            skills = (await self._agents.agent(agent)).skills
        except UnknownAgent:
            return False
        return skills.get(row.language.lower(), 0) >= self._rules.choosing.least_level


def _answered(record: CallRecord) -> bool:
    known = record.outcome in (None, Outcome.ANSWERED)
    return record.direction is Direction.INBOUND and record.answered_at is not None and known
