"""Handover use cases (H1-H4): write, offer, sign, release; what is open is carried to the next log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.roster.errors import (
    BadHandover,
    NotTheRelief,
    ReliefNotArrived,
    RequestReasonMissing,
    UnknownHandover,
)
from callcenter.roster.handover.model import (
    INSTANT,
    OVERSTAY,
    RELIEF_WINDOW,
    TEXT_LIMIT,
    HandoverEvent,
    HandoverState,
    HandoverTopic,
    after,
    own_post,
    stays,
    tour_began,
)
from callcenter.roster.handover.notices import HANDOVER, delta_of, plain
from callcenter.roster.handover.queries import HandoverQueries, handover_row
from callcenter.roster.handover.signatures.model import Signature, lines_due, remarks, signed_lines
from callcenter.roster.model import LONGEST, Shift
from callcenter.roster.needs.model import Minimum
from callcenter.roster.needs.service import NeedService
from callcenter.roster.rows import HandoverItemRow, HandoverRow
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish, publish_to_nobody
from callcenter.web.roles import Person

UNDER_WAY: Final = (HandoverState.DRAFT.value, HandoverState.OFFERED.value)


class Handovers(HandoverQueries):
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        agents: AgentService,
        presence: PresenceService,
        roster: RosterService,
        needs: NeedService,
        zone: tzinfo,
        least: int,
        publish: Publish = publish_to_nobody,
    ) -> None:
        super().__init__(database, clock)
        self._audit = audit
        self._agents = agents
        self._presence = presence
        self._roster = roster
        self._needs = needs
        self._zone = zone
        self._least = least
        self._publish = publish

    async def current(self, agent: str, by: Person) -> HandoverRow:
        """The log of the agent's present shift; begun when it is first asked for. Raises BadHandover."""
        if by.agent != agent:
            raise BadHandover("agents write their own log", fault="not_yours")
        at = self._clock()
        shifts = await self._shifts(at)
        post = own_post(agent, shifts, at)
        name = (await self._agents.agent(agent)).name
        async with self._database.write() as session:
            await self._agents.hold(session, agent)
            row = await self._latest(session, agent, shifts, at)
            lines = sorted({shift.line for shift in post})
            if row is not None and row.state in UNDER_WAY and not set(lines) <= set(row.lines):
                # The agent has gone on to another line since they began to write.
                await self._widen(session, row, lines)
            if row is None or not set(lines) <= set(row.lines):
                row = HandoverRow(
                    id=uuid4().hex,
                    agent=agent,
                    agent_name=name,
                    lines=lines,
                    shift_from=min((shift.starts_at for shift in post), default=None),
                    signatures=[],
                    state=HandoverState.DRAFT.value,
                    begun_at=at,
                    facts=[],
                    remark="",
                )
                session.add(row)
                self._show(session, row)
        return row

    async def add(self, id: str, kind: HandoverTopic, text: str, by: Person) -> HandoverItemRow:
        """Add an item in one's own words: the outgoing agent while writing, a colleague once it is offered.

        Raises UnknownHandover, BadHandover.
        """
        if not text.strip() or len(text) > TEXT_LIMIT or "\0" in text:
            raise BadHandover("an item is a text", fault="text", most=TEXT_LIMIT)
        async with self._database.write() as session:
            row = await handover_row(session, id)
            if row.state not in UNDER_WAY or (row.state == HandoverState.DRAFT and by.agent != row.agent):
                raise BadHandover("nothing is added to this log any more", fault="closed")
            item = HandoverItemRow(
                id=uuid4().hex,
                handover=id,
                kind=kind.value,
                text=text.strip(),
                lines=row.lines,
                opened_at=self._clock(),
                opened_by=by.name[:200],
                closed_reason="",
            )
            session.add(item)
        return item

    async def close_item(self, id: str, reason: str, by: Person) -> HandoverItemRow:
        """Close an item: done, or no longer true; until then every log of its lines carries it."""
        if not reason.strip():
            raise RequestReasonMissing("a reason is required")
        async with self._database.write() as session:
            item = await session.get(HandoverItemRow, id, with_for_update=True)
            if item is None or item.closed_at is not None:
                raise UnknownHandover("there is no such open item", item=id[:40])
            item.closed_at, item.closed_by, item.closed_reason = (
                self._clock(),
                by.name[:200],
                reason.strip()[:TEXT_LIMIT],
            )
            await self._audit.append(session, by, "handover.item_closed", f"handover/{item.handover}")
        return item

    async def offer(self, id: str, by: Person) -> HandoverRow:
        """Finish writing: what the centre knows now is kept with the log. Raises UnknownHandover, BadHandover."""
        row = await self.handover(id)
        if by.agent != row.agent:
            raise BadHandover("agents write their own log", fault="not_yours")
        facts = await self.facts(row)
        async with self._database.write() as session:
            row = await handover_row(session, id)
            row.state = after(HandoverState(row.state), HandoverEvent.OFFER).value
            row.offered_at, row.facts = self._clock(), [plain(fact) for fact in facts]
            self._show(session, row)
        return row

    async def sign(self, id: str, remark: str, by: Person) -> HandoverRow:
        """Take over, as the relief who is signed in and on duty; the outgoing agent may go once all lines are signed.

        Raises UnknownHandover, NotTheRelief, IllegalTransition.
        """
        row, at = await self.handover(id), self._clock()
        shifts = await self._shifts(at)
        due = lines_due(own_post(row.agent, shifts, at), shifts)
        own = await self._lines_of_relief(row, due, by)
        async with self._database.write() as session:
            row = await handover_row(session, id)
            state = after(HandoverState(row.state), HandoverEvent.SIGN)
            lines = sorted(own - signed_lines(row.signatures))
            if row.lines and not lines:
                raise NotTheRelief("your line of this log is signed already", handover=row.id)
            await self._widen(session, row, lines)
            signature = Signature(by.agent or "", by.name[:200], at, lines, remark.strip()[:TEXT_LIMIT])
            row.signatures = [*row.signatures, signature.plain()]
            if due <= signed_lines(row.signatures):
                row.state, row.relief, row.remark = state.value, by.agent, remarks(row.signatures)[:TEXT_LIMIT]
                await self._end(session, row, by, "handover.signed")
            else:
                await self._note(session, row, by, "handover.line_signed")
        return row

    async def may_sign(self, row: HandoverRow, by: Person) -> bool:
        """Whether `sign` would take this person's signature now."""
        if row.state != HandoverState.OFFERED:
            return False
        at = self._clock()
        shifts = await self._shifts(at)
        try:
            own = await self._lines_of_relief(row, lines_due(own_post(row.agent, shifts, at), shifts), by)
        except NotTheRelief:
            return False
        return not row.lines or bool(own - signed_lines(row.signatures))

    async def release(self, agent: str, reason: str, by: Person) -> HandoverRow:
        """Let an agent sign out without a relief, as a leader, with a reason (H1). Raises RequestReasonMissing."""
        if not reason.strip():
            raise RequestReasonMissing("a reason is required")
        if by.agent == agent:
            raise NotTheRelief("another leader lets you go", agent=agent[:20])
        acting = Person(by.id, by.login, by.name, by.roles, AgentNumber(agent))
        current = await self.current(agent, acting)
        async with self._database.write() as session:
            row = await handover_row(session, current.id)
            if row.state in UNDER_WAY:
                row.state = after(HandoverState(row.state), HandoverEvent.RELEASE).value
                row.remark = reason.strip()[:TEXT_LIMIT]
                await self._end(session, row, by, "handover.released")
        return row

    async def may_leave(self, agent: str, at: datetime) -> None:
        """Called before an agent signs out; raises ReliefNotArrived while they have to stay at their post (H1, H4)."""
        shifts = await self._shifts(at)
        post = own_post(agent, shifts, at)
        if not post or any(away.agent == agent for away in await self._roster.away(at, at + INSTANT)):
            return
        async with self._database.read() as session:
            log = await self._latest(session, agent, shifts, at)
        if log is not None and log.state == HandoverState.RELEASED:
            return
        minimum = Minimum(await self._needs.needs(), await self._roster.skills(), self._least, self._zone)
        stay = stays(agent, shifts, await self._serving(), minimum, at, signed=_signed(log))
        if stay is not None:
            raise ReliefNotArrived(
                "stay until the relief has arrived and signed the handover, or a supervisor lets you go",
                why=stay.why,
                line=stay.line,
                relief=", ".join(stay.relief) or None,
                left=stay.left,
                required=stay.required,
                skill=stay.skill,
                level=stay.level,
                handover=log.id if log else None,
            )

    async def _widen(self, session: AsyncSession, row: HandoverRow, lines: Sequence[str]) -> None:
        """Let the log and what was written on it be of these lines too."""
        if set(lines) <= set(row.lines):
            return
        row.lines = sorted({*row.lines, *lines})
        for item in await session.scalars(select(HandoverItemRow).where(HandoverItemRow.handover == row.id)):
            item.lines = row.lines

    async def _lines_of_relief(self, row: HandoverRow, due: Collection[str], by: Person) -> set[str]:
        """The lines of the log that this person takes over."""
        at = self._clock()
        seen = await self._presence.presence(by.agent) if by.agent else None
        if by.agent is None or by.agent == row.agent or seen is None or seen.state is PresenceState.SIGNED_OUT:
            raise NotTheRelief("a colleague who is signed in signs the log", handover=row.id)
        near = await self._roster.present(at, at + RELIEF_WINDOW)
        lines = {*row.lines, *due}
        own = {str(shift.line) for shift in near if shift.agent == by.agent and shift.line in lines}
        if row.lines and not own:
            raise NotTheRelief("a colleague who is on duty on this line signs the log", handover=row.id)
        return own

    async def _shifts(self, at: datetime) -> list[Shift]:
        return await self._roster.present(at - OVERSTAY - LONGEST, at + LONGEST)

    async def _serving(self) -> set[str]:
        seen = await self._presence.all_presences()
        return {number for number, presence in seen.items() if presence.state is PresenceState.AVAILABLE}

    async def _latest(
        self, session: AsyncSession, agent: str, shifts: Sequence[Shift], at: datetime
    ) -> HandoverRow | None:
        """The newest log of the agent's present run of shifts, or the one under way without a shift."""
        query = select(HandoverRow).where(HandoverRow.agent == agent)
        since = tour_began(agent, shifts, at) if own_post(agent, shifts, at) else None
        if since is not None:
            query = query.where(HandoverRow.begun_at >= since, HandoverRow.shift_from.is_not(None))
        else:
            query = query.where(HandoverRow.state.in_(UNDER_WAY), HandoverRow.shift_from.is_(None))
        return await session.scalar(query.order_by(HandoverRow.begun_at.desc()).limit(1))

    async def _end(self, session: AsyncSession, row: HandoverRow, by: Person, action: str) -> None:
        row.ended_at, row.by, row.by_name = self._clock(), by.id, by.name[:200]
        await self._note(session, row, by, action)

    async def _note(self, session: AsyncSession, row: HandoverRow, by: Person, action: str) -> None:
        await session.flush()
        facts = {"agent": row.agent, "relief": row.relief}
        await self._audit.append(session, by, action, f"handover/{row.id}", facts=facts)
        self._show(session, row)

    def _show(self, session: AsyncSession, row: HandoverRow) -> None:
        after_commit(session, lambda: self._publish(HANDOVER, delta_of(row)))


def _signed(log: HandoverRow | None) -> set[str]:
    """The lines whose relief has signed; a log signed as a whole is signed for each of its lines."""
    if log is None:
        return set()
    return set(log.lines) if log.state == HandoverState.SIGNED else signed_lines(log.signatures)
