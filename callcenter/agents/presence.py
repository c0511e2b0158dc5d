"""Presence use cases: agents sign in, sign out, pause and resume; each change is published at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import AgentNotActive, NoPhone, NotYourPresence, UnknownPhone
from callcenter.agents.model import PAUSE_REASONS, Agent, Presence, PresenceEvent, PresenceState, check_pause_reason
from callcenter.agents.ports import Arriving, Departing, Departure, Leaving, Pausing
from callcenter.agents.rows import PresenceChangeRow, PresenceRow
from callcenter.agents.service import AgentService
from callcenter.agents.store import presence_of, write_presence
from callcenter.clock import Clock
from callcenter.facts import AgentNumber, PresenceChanged
from callcenter.storage.database import Database, after_commit
from callcenter.storage.locks import decide_alone
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import LEADERS, Person

DESK_LOCK: Final = 4_355_014
_OFF_THE_DESK: Final = frozenset({PresenceEvent.PAUSE, PresenceEvent.SIGN_OUT})


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
        self.departing: list[Departing] = []
        self._published: dict[str, datetime] = {}
        agents.retired.append(self._retire)

    async def presence(self, number: str) -> Presence:
        """Return the agent's presence; raises UnknownAgent."""
        await self._agents.agent(number)
        async with self._database.read() as session:
            row = await session.get(PresenceRow, number)
        return presence_of(row) if row else self._never_seen(number)

    async def all_presences(self) -> dict[str, Presence]:
        """Return the presence of every agent who has ever signed in, by agent number."""
        async with self._database.read() as session:
            return {row.agent: presence_of(row) for row in await session.scalars(select(PresenceRow))}

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

    async def sign_out(
        self, number: str, by: Person | None, note: str = "", chosen_by: str = "", despite: str = ""
    ) -> Presence:
        """Sign out; a call in progress continues.

        Raises what `leaving` raises, except when a leader signs an agent out or states in `despite` why they go
        themselves; for a leader what `departing` raises.
        """
        return await self._act(number, PresenceEvent.SIGN_OUT, by, note=note, chosen_by=chosen_by, despite=despite)

    async def check(self, number: str, state: str, reason: str, by: Person | None, despite: str = "") -> None:
        """Raise what `pause` or `sign_out` would raise now; another's sign-out by a leader needs no relief (H1).

        Without `by` it is the agent's own choice.
        """
        before, own = await self.presence(number), by is None or by.agent == number
        event = PresenceEvent.PAUSE if state == PresenceState.PAUSED else PresenceEvent.SIGN_OUT
        if event is PresenceEvent.PAUSE:
            check_pause_reason(reason, self.reasons)
            before.after(event, self._clock(), reason)
            for pausing in self.pausing if own else ():
                await pausing(number, reason)
        elif own:
            await self._check_leaving(number, by, despite)
        async with self._database.write() as session:
            leader = by is not None and by.may(LEADERS)
            await self._depart(session, Departure(before.agent, event, reason, despite, own=not leader))

    async def pause(
        self,
        number: str,
        reason: str,
        by: Person | None,
        note: str = "",
        chosen_by: str = "",
        despite: str = "",
    ) -> Presence:
        """Pause; raises UnknownPauseReason, IllegalTransition when signed out, UnknownAgent, NotYourPresence.

        Also raises what `pausing` raises where agents pause themselves, and for a leader what `departing` raises.
        """
        check_pause_reason(reason, self.reasons)
        if by is not None and by.agent == number:
            for check in self.pausing:
                await check(number, reason)
        return await self._act(
            number, PresenceEvent.PAUSE, by, reason=reason, note=note, chosen_by=chosen_by, despite=despite
        )

    async def resume(self, number: str, by: Person | None) -> Presence:
        """End a pause; raises IllegalTransition when signed out, UnknownAgent, NotYourPresence."""
        return await self._act(number, PresenceEvent.RESUME, by)

    async def _retire(self, session: AsyncSession, agent: Agent, by: Person | None) -> None:
        """Who no longer works here is signed out: nobody finds them at the desk, now or when they come back."""
        row = await session.get(PresenceRow, agent.number)
        if row is None or row.state == PresenceState.SIGNED_OUT:
            return
        after = presence_of(row).after(PresenceEvent.SIGN_OUT, self._clock())
        write_presence(row, replace(after, by=by.login[:80] if by else "system"))
        await self._keep(session, after, PresenceEvent.SIGN_OUT, by, {})
        after_commit(session, lambda: self._publish_change(agent, after))

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
        despite: str = "",
    ) -> Presence:
        if by is not None and by.agent != number and not by.may(LEADERS):
            raise NotYourPresence("only a supervisor may do this for another agent", agent=number[:40])
        async with self._database.write() as session:
            if event in _OFF_THE_DESK:
                await self.alone(session)
            if event is PresenceEvent.SIGN_OUT and by is not None and by.agent == number:
                # Within the transaction: two who leave at once must not each count on the other (H4).
                await self._check_leaving(number, by, despite)
            agent = await self._agents.hold(session, number)
            if event is PresenceEvent.SIGN_IN:
                _check_sign_in(agent, phone)
            row = await session.get(PresenceRow, number)
            before = presence_of(row) if row else self._never_seen(number)
            after = before.after(event, self._clock(), reason, phone)
            if after is before:
                return before
            facts: dict[str, Fact] = {}
            if event in _OFF_THE_DESK and (chosen_by or by is not None):
                own = by is not None and not by.may(LEADERS)
                facts = await self._depart(session, Departure(agent.number, event, reason, despite, own=own))
            other = by.login if by is not None and by.agent != number else chosen_by
            after = replace(after, by=other[:80], note=note if other else "")
            if row is None:
                row = PresenceRow(agent=number)
                session.add(row)
            write_presence(row, after)
            await self._keep(session, after, event, by, facts)
            after_commit(session, lambda: self._publish_change(agent, after))
            return after

    async def alone(self, session: AsyncSession) -> None:
        """Decide alone on who leaves the desk until the transaction ends.

        Two agents taken away at once would each count on the other (D5).
        """
        await decide_alone(self._database, session, DESK_LOCK)

    async def _check_leaving(self, number: str, by: Person | None, despite: str) -> None:
        if by is not None and by.may(LEADERS) and despite.strip():
            return
        for check in self.leaving:
            await check(number, self._clock())

    async def _depart(self, session: AsyncSession, departure: Departure) -> dict[str, Fact]:
        despite = departure.despite.strip()
        facts: dict[str, Fact] = {"despite_reason": despite} if despite else {}
        for check in self.departing:
            facts |= await check(session, departure)
        return facts

    async def _keep(
        self,
        session: AsyncSession,
        after: Presence,
        event: PresenceEvent,
        by: Person | None,
        departing: dict[str, Fact],
    ) -> None:
        login = by.login if by else "system"
        change = PresenceChangeRow(
            at=after.since, agent=after.agent, state=after.state, reason=after.reason, by=login[:80]
        )
        session.add(change)
        if by is None or by.agent != after.agent or departing:
            # What agents do themselves is kept in the history; what others do to them is also an audited action.
            facts: dict[str, Fact] = {"reason": after.reason, **departing}
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
