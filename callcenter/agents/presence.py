"""Presence use cases: agents sign in, sign out, pause and resume; each change is published at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import AgentNotActive, NoPhone, NotYourPresence, UnknownPhone
from callcenter.agents.model import PAUSE_REASONS, Agent, Presence, PresenceEvent, PresenceState, check_pause_reason
from callcenter.agents.rows import PresenceChangeRow, PresenceRow
from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber, PresenceChanged
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person

Leaving = Callable[[str, datetime], Awaitable[None]]
"""Called before agents sign themselves out; raises Conflict while their relief has not arrived (policy H1)."""


Pausing = Callable[[str, str], Awaitable[None]]
"""Called with agent and reason before agents pause themselves; raises Conflict while a colleague has to stay (D5)."""

Arriving = Callable[[Person], Awaitable[None]]
"""Called before agents sign themselves in; raises Conflict while required reading is open (policy H2)."""


class PresenceService:
    """`notify` is called after each change is committed; it must not block.

    Agents act for themselves, leaders for any agent, and `by=None` is the system itself (the pause after a missed
    call).
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        agents: AgentService,
        notify: Callable[[PresenceChanged], object],
        reasons: tuple[str, ...] = PAUSE_REASONS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._agents = agents
        self._notify = notify
        self.reasons = reasons
        self.arriving: list[Arriving] = []
        self.pausing: list[Pausing] = []
        self.leaving: list[Leaving] = []
        self._published: dict[str, datetime] = {}

    async def presence(self, number: str) -> Presence:
        """Return the agent's presence; raises UnknownAgent."""
        await self._agents.agent(number)
        async with self._database.read() as session:
            row = await session.get(PresenceRow, number)
        return _presence(row) if row else self._never_seen(number)

    async def all_presences(self) -> dict[str, Presence]:
        """Return the presence of every agent who has ever signed in, by agent number."""
        async with self._database.read() as session:
            return {row.agent: _presence(row) for row in await session.scalars(select(PresenceRow))}

    async def changes(self, agents: Sequence[str], since: datetime) -> dict[str, list[tuple[datetime, bool]]]:
        """For each agent the instants, from the last one before `since` on, at which they signed in or out.

        Pauses are left out: an agent on a pause is signed in.
        """
        result: dict[str, list[tuple[datetime, bool]]] = {}
        for agent, states in (await self.states(agents, since)).items():
            seen = result.setdefault(agent, [])
            for at, state in states:
                signed_in = state is not PresenceState.SIGNED_OUT
                if not seen or seen[-1][1] is not signed_in:
                    seen.append((at, signed_in))
        return result

    async def states(self, agents: Sequence[str], since: datetime) -> dict[str, list[tuple[datetime, PresenceState]]]:
        """For each agent the changes of their presence, from the last one before `since` on."""
        earlier = (
            select(func.max(PresenceChangeRow.id))
            .where(PresenceChangeRow.agent.in_(agents), PresenceChangeRow.at < since)
            .group_by(PresenceChangeRow.agent)
        )
        recent = PresenceChangeRow.agent.in_(agents) & (PresenceChangeRow.at >= since)
        query = select(PresenceChangeRow).where(PresenceChangeRow.id.in_(earlier) | recent)
        result: dict[str, list[tuple[datetime, PresenceState]]] = {}
        async with self._database.read() as session:
            for row in await session.scalars(query.order_by(PresenceChangeRow.id)):
                result.setdefault(row.agent, []).append((row.at, PresenceState(row.state)))
        return result

    async def began(self) -> datetime | None:
        """When the first presence was noted."""
        async with self._database.read() as session:
            return await session.scalar(select(func.min(PresenceChangeRow.at)))

    async def history(self, number: AgentNumber, start: datetime, end: datetime) -> list[Presence]:
        """The presences that began within the period, in order, after the last one before it."""
        row = PresenceChangeRow
        earlier = select(func.max(row.id)).where(row.agent == number, row.at < start).scalar_subquery()
        during = (row.at >= start) & (row.at < end)
        query = select(row).where(row.agent == number, during | (row.id == earlier)).order_by(row.at, row.id)
        async with self._database.read() as session:
            return [
                Presence(change.agent, PresenceState(change.state), change.reason, "", change.at, change.by)
                for change in await session.scalars(query)
            ]

    async def sign_in(self, number: str, by: Person | None, phone: str = "") -> Presence:
        """Sign in.

        Raises UnknownAgent, AgentNotActive, NoPhone, UnknownPhone (`phone` is not theirs), NotYourPresence.

        Also raises what `arriving` raises, but never for a leader.
        """
        if by is not None and by.agent == number and not by.may(LEADERS):
            for check in self.arriving:
                await check(by)
        return await self._act(number, PresenceEvent.SIGN_IN, by, phone=phone)

    async def sign_out(self, number: str, by: Person | None, note: str = "", chosen_by: str = "") -> Presence:
        """Sign out; a call in progress continues.

        Raises what `leaving` raises, except when a leader signs an agent out.
        """
        if by is not None and by.agent == number and not by.may(LEADERS):
            for check in self.leaving:
                await check(number, self._clock())
        return await self._act(number, PresenceEvent.SIGN_OUT, by, note=note, chosen_by=chosen_by)

    async def check(self, number: str, state: str, reason: str, by: Person | None) -> None:
        """Raise what `pause` or `sign_out` would raise now; a leader's sign-out needs no relief (H1).

        Without `by` it is the agent's own choice.
        """
        before, own = await self.presence(number), by is None or (by.agent == number and not by.may(LEADERS))
        if state == PresenceState.PAUSED:
            check_pause_reason(reason, self.reasons)
            before.after(PresenceEvent.PAUSE, self._clock(), reason)
            for pausing in self.pausing if own else ():
                await pausing(number, reason)
        elif own:
            for leaving in self.leaving:
                await leaving(number, self._clock())

    async def pause(self, number: str, reason: str, by: Person | None, note: str = "", chosen_by: str = "") -> Presence:
        """Pause; raises UnknownPauseReason, IllegalTransition when signed out, UnknownAgent, NotYourPresence.

        Also raises what `pausing` raises, but never for a leader.
        """
        check_pause_reason(reason, self.reasons)
        if by is not None and by.agent == number and not by.may(LEADERS):
            for check in self.pausing:
                await check(number, reason)
        return await self._act(number, PresenceEvent.PAUSE, by, reason=reason, note=note, chosen_by=chosen_by)

    async def resume(self, number: str, by: Person | None) -> Presence:
        """End a pause; raises IllegalTransition when signed out, UnknownAgent, NotYourPresence."""
        return await self._act(number, PresenceEvent.RESUME, by)

    async def announce(self) -> None:
        """Publish the presence of every active agent to `notify`; a restarted floor needs this first."""
        now = await self.all_presences()
        for agent in await self._agents.agents(active=True):
            seen, notified = now.get(agent.number), self._published.get(agent.number)
            # The agent may have signed in since this was read: an older state must not overwrite a newer one.
            if notified is None or (seen is not None and seen.since >= notified):
                self._publish(agent, seen or self._never_seen(agent.number))

    async def _act(
        self,
        number: str,
        event: PresenceEvent,
        by: Person | None,
        reason: str = "",
        phone: str = "",
        note: str = "",
        chosen_by: str = "",
    ) -> Presence:
        if by is not None and by.agent != number and not by.may(LEADERS):
            raise NotYourPresence("only a supervisor may do this for another agent", agent=number[:40])
        async with self._database.write() as session:
            agent = await self._agents.hold(session, number)
            if event is PresenceEvent.SIGN_IN:
                _check_sign_in(agent, phone)
            row = await session.get(PresenceRow, number)
            before = _presence(row) if row else self._never_seen(number)
            after = before.after(event, self._clock(), reason, phone)
            if after is before:
                return before
            other = by.login if by is not None and by.agent != number else chosen_by
            after = replace(after, by=other[:80], note=note if other else "")
            if row is None:
                row = PresenceRow(agent=number)
                session.add(row)
            row.state, row.reason, row.phone, row.since = after.state, after.reason, after.phone, after.since
            row.by, row.note = after.by, after.note
            await self._keep(session, after, event, by)
            after_commit(session, lambda: self._publish_change(agent, after))
            return after

    async def _keep(self, session: AsyncSession, after: Presence, event: PresenceEvent, by: Person | None) -> None:
        login = by.login if by else "system"
        change = PresenceChangeRow(
            at=after.since, agent=after.agent, state=after.state, reason=after.reason, by=login[:80]
        )
        session.add(change)
        if by is None or by.agent != after.agent:
            # What agents do themselves is kept in the history; what others do to them is also an audited action.
            facts = {"reason": after.reason}
            await self._audit.append(session, by, f"presence.{event}", f"agent/{after.agent}", facts=facts)

    def _publish_change(self, agent: Agent, presence: Presence) -> None:
        self._published[agent.number] = presence.since
        self._publish(agent, presence)

    def _publish(self, agent: Agent, presence: Presence) -> None:
        phone = agent.phone(presence.phone)
        self._notify(
            PresenceChanged(
                at=presence.since,
                agent=agent.number,
                name=agent.name,
                phone=phone.name if phone else "",
                state=presence.state.value,
                reason=presence.reason,
                set_by=presence.by,
            )
        )

    def _never_seen(self, number: str) -> Presence:
        return Presence(AgentNumber(number), PresenceState.SIGNED_OUT, "", "", self._clock())


def _check_sign_in(agent: Agent, phone: str) -> None:
    if not agent.active:
        raise AgentNotActive("this agent no longer works here", agent=agent.number)
    if not agent.phones:
        raise NoPhone("give this agent a phone first", agent=agent.number)
    if phone and all(known.name != phone for known in agent.phones):
        raise UnknownPhone("this agent has no such phone", agent=agent.number, phone=phone[:40])


def _presence(row: PresenceRow) -> Presence:
    return Presence(row.agent, PresenceState(row.state), row.reason, row.phone, row.since, row.by, row.note)
