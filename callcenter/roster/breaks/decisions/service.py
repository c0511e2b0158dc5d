"""Leaders grant a break out of turn, refuse it, or let it last longer; never their own (D5, D6)."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.roster.breaks.model import OPEN, BreakEvent, BreakState, Lack, after
from callcenter.roster.breaks.service import Breaks
from callcenter.roster.breaks.turn import facts_of, row_of
from callcenter.roster.errors import BadBreak, CoverageWouldFall, LastAgent, OwnRequest, RequestReasonMissing
from callcenter.roster.rows import BreakRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

NAME_LIMIT: Final = 200
TEXT_LIMIT: Final = 1000


class BreakDecisions:
    def __init__(self, database: Database, clock: Clock, audit: Audit, breaks: Breaks) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._breaks = breaks

    async def grant(self, id: str, reason: str, by: Person, *, despite_shortage: bool = False) -> BreakRow:
        """Let the agent of a waiting break go now, before their turn if need be.

        Where a line would then have fewer agents or speakers than it needs, it takes `despite_shortage` and a reason;
        where it would keep fewer than `roster.least_agents`, nobody may grant it. Raises UnknownBreak, OwnRequest,
        IllegalTransition, LastAgent, CoverageWouldFall, RequestReasonMissing.
        """
        async with self._database.write() as session:
            await self._breaks.one_at_a_time(session)
            row = await _of_another(session, id, by)
            after(BreakState(row.state), BreakEvent.GRANT)
            now = await self._breaks.now_in(session)
            missing = self._breaks.lack_of(now, row.agent)
            if missing is not None:
                self._check_lack(id, missing, reason, despite_shortage=despite_shortage)
            self._sign(row, reason, by)
            facts: dict[str, Fact] = {"reason": reason.strip()[:TEXT_LIMIT], "despite_shortage": missing is not None}
            await self._audit.append(session, by, "break.granted", f"break/{id}", facts=facts)
            self._breaks.step(session, row, BreakEvent.GRANT, now.at)
        return row

    async def refuse(self, id: str, reason: str, by: Person) -> BreakRow:
        """Refuse a break that has not begun.

        Raises UnknownBreak, OwnRequest, IllegalTransition, RequestReasonMissing.
        """
        _check_reason(reason)
        async with self._database.write() as session:
            await self._breaks.one_at_a_time(session)
            row = await _of_another(session, id, by)
            after(BreakState(row.state), BreakEvent.WITHDRAW)
            self._sign(row, reason, by)
            facts: dict[str, Fact] = {"reason": reason.strip()[:TEXT_LIMIT]}
            await self._audit.append(session, by, "break.refused", f"break/{id}", facts=facts)
            self._breaks.step(session, row, BreakEvent.WITHDRAW, self._clock())
        self._breaks.wake()
        return row

    async def extend(self, id: str, minutes: int, reason: str, by: Person) -> BreakRow:
        """Allow a break to last longer (D6). Raises UnknownBreak, OwnRequest, BadBreak, RequestReasonMissing."""
        _check_reason(reason)
        async with self._database.write() as session:
            await self._breaks.one_at_a_time(session)
            row = await _of_another(session, id, by)
            if BreakState(row.state) not in OPEN:
                raise BadBreak("this break is over", fault="over")
            row.limit_seconds += minutes * 60
            row.extended_by, row.extended_reason = by.name[:NAME_LIMIT], reason.strip()[:TEXT_LIMIT]
            row.agent_notified_at = row.leaders_notified_at = None
            facts: dict[str, Fact] = {"minutes": minutes, "reason": row.extended_reason}
            await self._audit.append(session, by, "break.extended", f"break/{id}", facts=facts)
            self._breaks.show(session, row)
        return row

    def _check_lack(self, id: str, missing: Lack, reason: str, *, despite_shortage: bool) -> None:
        least = self._breaks.rules.least
        if missing.is_last(least):
            raise LastAgent("the line would have nobody left", line=missing.line, left=missing.left, least=least)
        if not despite_shortage:
            raise CoverageWouldFall(
                "the line would have fewer agents than it needs",
                break_id=id,
                on_duty=missing.left,
                **facts_of(missing),
            )
        _check_reason(reason)

    def _sign(self, row: BreakRow, reason: str, by: Person) -> None:
        row.decided_at, row.decided_by = self._clock(), by.name[:NAME_LIMIT]
        row.decided_reason = reason.strip()[:TEXT_LIMIT]


async def _of_another(session: AsyncSession, id: str, by: Person) -> BreakRow:
    row = await row_of(session, id)
    if by.agent == row.agent:
        raise OwnRequest("another leader decides on this break", id=id[:40])
    return row


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise RequestReasonMissing("a reason is required")
