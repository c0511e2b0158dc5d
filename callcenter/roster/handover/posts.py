"""Who serves each line now: by the roster, and who stays at their post because the relief is not there (H1, H4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from sqlalchemy import select

from callcenter.agents.model import PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.handover.model import INSTANT, OVERSTAY, HandoverState, staying
from callcenter.roster.model import LONGEST, Shift
from callcenter.roster.needs.model import Minimum
from callcenter.roster.needs.service import NeedService
from callcenter.roster.rows import HandoverRow
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database


class Posts:
    """The duty as the routing reads it. `least` is how many agents a line without stated needs keeps at least."""

    def __init__(
        self,
        database: Database,
        presence: PresenceService,
        roster: RosterService,
        needs: NeedService,
        zone: tzinfo,
        least: int,
    ) -> None:
        self._database = database
        self._presence = presence
        self._roster = roster
        self._needs = needs
        self._zone = zone
        self._least = least

    async def duty(self, at: datetime) -> dict[LineCode, set[AgentNumber]]:
        """Line code -> numbers of the agents who serve it at the instant."""
        duty = await self._roster.duty(at)
        near = await self._roster.of_staff(await self._roster.shifts(at - OVERSTAY, at))
        ended = [shift for shift in near if shift.ends_at <= at]
        seen = await self._presence.all_presences() if ended else {}
        here = [
            shift for shift in ended if shift.agent in seen and seen[shift.agent].state is not PresenceState.SIGNED_OUT
        ]
        over = await self._held(here, at) if here else []
        if not over:
            return duty
        minimum = Minimum(await self._needs.needs(), await self._roster.skills(), self._least, self._zone)
        stayed = staying(
            over,
            await self._roster.present(at - OVERSTAY - LONGEST, at + LONGEST),
            {number for number, presence in seen.items() if presence.state is PresenceState.AVAILABLE},
            minimum,
            at,
        )
        return duty | {line: duty.get(line, set()) | agents for line, agents in stayed.items()}

    async def next_change(self, at: datetime) -> datetime | None:
        """The next change by the roster; who comes or goes before that wakes the routing."""
        return await self._roster.next_change(at)

    async def _held(self, shifts: Sequence[Shift], at: datetime) -> list[Shift]:
        """Those whose agents are not on leave, and have not been let go by a leader since the shift began (H1)."""
        row = HandoverRow
        query = select(row.agent, row.ended_at).where(
            row.agent.in_({shift.agent for shift in shifts}),
            row.state == HandoverState.RELEASED.value,
            row.ended_at > min(shift.starts_at for shift in shifts),
        )
        async with self._database.read() as session:
            released = [(agent, ended) for agent, ended in (await session.execute(query)).all() if ended is not None]
        gone = {away.agent for away in await self._roster.away(at, at + INSTANT)}
        return [
            shift
            for shift in shifts
            if shift.agent not in gone
            and not any(agent == shift.agent and ended > shift.starts_at for agent, ended in released)
        ]
