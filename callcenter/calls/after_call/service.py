"""Use cases of the state after the call; also stores wrap-ups and pages, which a restart of the service must keep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import NotYourPresence
from callcenter.agents.presence import PresenceService
from callcenter.calls.after_call.model import IDLE, AfterCall, Kept, NextState
from callcenter.calls.after_call.rows import AgentFloorRow
from callcenter.calls.effects import AgentNow
from callcenter.calls.timeline.rows import note_wrap_up
from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.facts import AfterCallChosen, AgentRestored, Fact
from callcenter.storage.database import Database, after_commit
from callcenter.storage.upsert import insert_ignore
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 5.0
"""How often those who wait for the end of a call are looked at without a change."""
RETRY_SECONDS: Final = 1.0
NOTHING_KEPT: Final = Kept(None, None, "none")

Work = Callable[[], Awaitable[None]]


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...

    def submit_soon(self, fact: Fact) -> None: ...

    def current(self) -> bool: ...


class AfterCalls:
    def __init__(self, database: Database, clock: Clock, audit: Audit, presence: PresenceService, floor: Floor) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._presence = presence
        self._floor = floor
        self._stored: dict[str, Kept] = {}
        self._changed: dict[str, AgentNow] = {}
        self._taken_in: Collection[str] = ()
        """The agents whose changes are being stored at this moment."""
        self._woken = asyncio.Event()

    async def of(self, number: str) -> AfterCall:
        """Raises UnknownAgent."""
        await self._presence.presence(number)
        async with self._database.read() as session:
            row = await session.get(AgentFloorRow, number)
        return _after(number, row)

    async def choose(self, number: str, state: NextState, reason: str, by: Person, despite: str = "") -> AfterCall:
        """Choose what follows the present call and its after-call work; without one it happens at once.

        `despite` is why a leader does it although a line is left short. Raises UnknownAgent, NotYourPresence,
        UnknownPauseReason, IllegalTransition, and what `leaving` and `departing` raise (H1, D5).
        """
        _may(number, by)
        reason = reason if state is NextState.PAUSED else ""
        await self._presence.check(number, state.value, reason, by, despite)
        now = self._floor.agents_now().get(number)
        if now is None or now.state in IDLE:
            await self._act(number, state, reason, by, despite=despite)
            return AfterCall(number)
        leader = by.agent != number or by.may(LEADERS)
        chosen = AfterCall(
            number,
            state,
            reason,
            "" if by.agent == number else by.login[:80],
            self._clock(),
            despite.strip()[:500] if leader else "",
        )
        async with self._database.write() as session:
            row = await _row(session, number)
            row.after_state, row.after_reason = state.value, reason
            row.after_by, row.after_at, row.after_despite = chosen.by, chosen.at, chosen.despite
            facts = {"state": state.value, "reason": reason}
            facts |= {"despite_reason": chosen.despite} if chosen.despite else {}
            await self._audit.append(session, by, "presence.after_call", f"agent/{number}", facts=facts)
            after_commit(session, lambda: self._publish(number, state.value, reason))
        return chosen

    async def revoke(self, number: str, by: Person) -> None:
        """Choose nothing; idempotent. Raises UnknownAgent, NotYourPresence."""
        _may(number, by)
        await self._presence.presence(number)
        async with self._database.write() as session:
            row = await session.get(AgentFloorRow, number)
            if row is None or not row.after_state:
                return
            _clear(row)
            await self._audit.append(session, by, "presence.after_call_revoked", f"agent/{number}")
            after_commit(session, lambda: self._publish(number))

    def seen(self, agent: AgentNow) -> None:
        """An agent changed on the floor; never blocks. Most changes concern nothing that is stored or chosen."""
        pending = agent.number in self._changed or agent.number in self._taken_in
        if pending or agent.after_call or self._kept(agent) != self._stored_of(agent):
            self._changed[agent.number] = agent
            self._woken.set()

    async def run(self) -> None:
        """Restore what was stored, then store changes and do what was chosen, until cancelled."""
        await self._patiently(self._restore)
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                self._changed = {n: agent for n, agent in self._floor.agents_now().items() if agent.after_call}
            self._woken.clear()
            changed, self._changed = self._changed, {}
            self._taken_in = changed
            for agent in changed.values():
                await self._patiently(partial(self._take_in, agent))
            self._taken_in = ()

    async def _patiently(self, work: Work) -> None:
        """Do it; waits while the database is unavailable."""
        while True:
            try:
                await work()
                return
            except (DBAPIError, OSError) as error:
                log.warning("agents_not_stored", cause=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _restore(self) -> None:
        now = self._clock()
        async with self._database.read() as session:
            rows = (await session.scalars(select(AgentFloorRow))).all()
        for row in rows:
            self._stored[row.agent] = Kept(row.wrap_up_since, row.wrap_up_until, row.page)
            fact = AgentRestored(now, row.agent, row.wrap_up_since, row.wrap_up_until, row.page)
            self._floor.submit_soon(fact)
            if row.after_state:
                self._publish(row.agent, row.after_state, row.after_reason)

    async def _take_in(self, agent: AgentNow) -> None:
        state, before = self._kept(agent), self._stored_of(agent)
        if state != before:
            async with self._database.write() as session:
                row = await _row(session, agent.number)
                row.wrap_up_since, row.wrap_up_until, row.page = (
                    state.wrap_up_since,
                    state.wrap_up_until,
                    state.page,
                )
                await note_wrap_up(session, agent.number, before, state, agent.since)
            self._stored[agent.number] = state
        # Before the first snapshot nobody is known to be on a call.
        if agent.after_call and agent.state in IDLE and self._floor.current():
            await self._apply(agent.number)

    @staticmethod
    def _kept(agent: AgentNow) -> Kept:
        until = agent.wrap_up_until
        return Kept(agent.since if until else None, until, agent.page)

    def _stored_of(self, agent: AgentNow) -> Kept:
        return self._stored.get(agent.number, NOTHING_KEPT)

    async def _apply(self, number: str) -> None:
        async with self._database.write() as session:
            row = await session.get(AgentFloorRow, number)
            chosen = _after(number, row)
            if row is not None:
                _clear(row)
            after_commit(session, lambda: self._publish(number))
        if chosen.state is None:
            return
        try:
            if not chosen.by and not chosen.despite:
                await self._presence.check(number, chosen.state.value, chosen.reason, None)
            await self._act(number, chosen.state, chosen.reason, None, chosen.by, chosen.despite)
        except CallCentreError as error:
            # The relief is not there any more, or the agent has signed out meanwhile: they stay as they are.
            log.warning("after_call_not_possible", agent=number, cause=error.code)

    async def _act(
        self,
        number: str,
        state: NextState,
        reason: str,
        by: Person | None,
        chosen_by: str = "",
        despite: str = "",
    ) -> None:
        if state is NextState.PAUSED:
            await self._presence.pause(number, reason, by, chosen_by=chosen_by, despite=despite)
        else:
            await self._presence.sign_out(number, by, chosen_by=chosen_by, despite=despite)

    def _publish(self, number: str, state: str = "", reason: str = "") -> None:
        self._floor.submit_soon(AfterCallChosen(self._clock(), number, state, reason))


async def _row(session: AsyncSession, number: str) -> AgentFloorRow:
    """The agent's row, made first where there is none: the floor and a request may make it at once."""
    empty = {"page": "none", "after_state": "", "after_reason": "", "after_by": "", "after_despite": ""}
    await session.execute(insert_ignore(session, AgentFloorRow).values(agent=number, **empty))
    return await session.get_one(AgentFloorRow, number)


def _clear(row: AgentFloorRow) -> None:
    row.after_state = row.after_reason = row.after_by = row.after_despite = ""
    row.after_at = None


def _after(number: str, row: AgentFloorRow | None) -> AfterCall:
    if row is None or not row.after_state:
        return AfterCall(number)
    return AfterCall(
        number, NextState(row.after_state), row.after_reason, row.after_by, row.after_at, row.after_despite
    )


def _may(number: str, by: Person) -> None:
    if by.agent != number and not by.may(LEADERS):
        raise NotYourPresence("only a supervisor may do this for another agent", agent=number[:40])
