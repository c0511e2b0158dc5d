"""Roster use cases: shifts, who is on duty, when that changes, and staffing gaps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import UnknownAgent
from callcenter.agents.service import AgentService
from callcenter.errors import CallCentreError
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster import model
from callcenter.roster.coverage import Away, without
from callcenter.roster.errors import ShiftOverlaps, UnknownShift
from callcenter.roster.leave.model import LeaveState
from callcenter.roster.model import Gap, Shift
from callcenter.roster.rows import LeaveRow, ShiftRow
from callcenter.roster.store import (
    SHIFT,
    facts_of,
    is_stored,
    overlapping,
    put_shifts,
    regular,
    shift_of,
    shift_row,
    shifts_of,
)
from callcenter.roster.taken import TakenHours
from callcenter.storage.database import Database, after_commit
from callcenter.storage.locks import decide_alone
from callcenter.web.audit import Audit, Fact
from callcenter.web.ports import Notify, notify_nobody
from callcenter.web.roles import Person

Check = Callable[[Shift], None]
COVERAGE_LOCK: Final = 4_355_015
PART: Final = 500
"""Shifts per statement."""
_LEAVE: Final = LeaveRow.state == LeaveState.APPROVED.value


class Lines(Protocol):
    """The lines, which the routing package owns; the two packages do not import each other."""

    async def hold(self, session: AsyncSession, code: str) -> None:
        """Lock the line against removal until the transaction ends; raises NotFound."""
        ...


class RosterService:
    """`changed` wakes the routing after each commit; with `several_lines` an agent may be on several at one time."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        agents: AgentService,
        lines: Lines,
        changed: Notify = notify_nobody,
        *,
        several_lines: bool = True,
    ) -> None:
        self._database = database
        self._audit = audit
        self._agents = agents
        self.skills, self.gone = agents.skills, agents.gone
        self._lines = lines
        self._changed = changed
        self._several_lines = several_lines

    def wake(self) -> None:
        """Wake the routing: who is on duty has changed."""
        self._changed()

    async def duty(self, at: datetime) -> dict[LineCode, set[AgentNumber]]:
        """Line code -> numbers of the agents on duty at the instant, by the roster alone; who left is on no line."""
        covering = select(ShiftRow).where(ShiftRow.starts_at <= at, ShiftRow.ends_at > at)
        away = select(LeaveRow.agent).where(_LEAVE, LeaveRow.starts_at <= at, LeaveRow.ends_at > at)
        async with self._database.read() as session:
            shifts = [shift_of(row) for row in await session.scalars(covering.where(ShiftRow.agent.not_in(away)))]
        return model.duty_at(await self.of_staff(shifts), at)

    async def next_change(self, at: datetime) -> datetime | None:
        """The first instant after `at` at which a shift or an approved leave begins or ends; None without any."""
        edges = (ShiftRow.starts_at, ShiftRow.ends_at, LeaveRow.starts_at, LeaveRow.ends_at)
        queries = [select(func.min(edge)).where(edge > at) for edge in edges]
        async with self._database.read() as session:
            # Asked one by one: SQLite answers each from its index.
            nearest = [await session.scalar(query.where(_LEAVE) if n > 1 else query) for n, query in enumerate(queries)]
        return min((edge for edge in nearest if edge is not None), default=None)

    async def shift(self, shift: int) -> Shift:
        """Return one shift; raises UnknownShift."""
        async with self._database.read() as session:
            return shift_of(await shift_row(session, shift))

    async def shifts(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        agent: AgentNumber | None = None,
        line: LineCode | None = None,
        after: tuple[datetime, int] | None = None,
        limit: int | None = None,
    ) -> list[Shift]:
        """Return shifts that overlap the range, by start.

        `after` is the start and id of the last one of the previous page.
        """
        query = overlapping(start, end, agent, line, after).limit(limit)
        async with self._database.read() as session:
            return shifts_of(await session.execute(query))

    async def gaps(self, line: LineCode, start: datetime, end: datetime, minimum: int) -> list[Gap]:
        """Return where fewer than `minimum` agents are on the line (policy D2); raises BadRange."""
        return model.gaps(await self.present(start, end, line), line, start, end, minimum)

    async def present(self, start: datetime, end: datetime, line: LineCode | None = None) -> list[Shift]:
        """Return the shifts that overlap the range, without leave and without agents who no longer work here."""
        return without(await self.of_staff(await self.shifts(start, end, line=line)), await self.away(start, end))

    async def of_staff(self, shifts: Sequence[Shift]) -> list[Shift]:
        """Return the shifts whose agents work here: the others cover nothing, whatever the roster still says (D2)."""
        gone = await self._agents.inactive()
        return [shift for shift in shifts if shift.agent not in gone]

    async def alone(self, session: AsyncSession) -> None:
        """Decide alone on who covers a line until the transaction ends; call it before anything else is locked.

        Two changes decided at once would each count on the agent whom the other takes away (D2).
        """
        await decide_alone(self._database, session, COVERAGE_LOCK)

    async def away(self, start: datetime, end: datetime) -> list[Away]:
        """Return the approved leaves that overlap the range."""
        query = select(LeaveRow).where(_LEAVE, LeaveRow.starts_at < end, LeaveRow.ends_at > start)
        async with self._database.read() as session:
            return [Away(row.agent, row.starts_at, row.ends_at) for row in await session.scalars(query)]

    async def add(self, shift: Shift, by: Person | None) -> Shift:
        """Add a shift; raises UnknownAgent, UnknownLine, ShiftOverlaps or the errors of model.py."""
        async with self._database.write() as session:
            return await self.insert(session, shift, by)

    async def change(self, shift: Shift, by: Person | None, check: Check | None = None) -> Shift:
        """Replace a shift; a call in progress is never cut off.

        Raises UnknownShift, ShiftIsOvertime and what `add` raises.
        """
        shift = model.check_shift(shift)
        async with self._database.write() as session:
            row = regular(await shift_row(session, shift.id))
            if check is not None:
                check(shift_of(row))
            await self._check_others(session, shift)
            row.agent, row.line, row.starts_at, row.ends_at = shift.agent, shift.line, shift.starts_at, shift.ends_at
            await self._note(session, by, "shift.changed", shift)
            return shift

    async def remove(self, shift: int, by: Person | None, check: Check | None = None) -> None:
        """Remove a shift; raises UnknownShift, ShiftIsOvertime."""
        async with self._database.write() as session:
            row = regular(await shift_row(session, shift))
            if check is not None:
                check(shift_of(row))
            await session.delete(row)
            await self._note(session, by, "shift.removed", shift_of(row))

    async def reassign(
        self, session: AsyncSession, agents: Mapping[int, AgentNumber], by: Person | None, seen: Collection[Shift]
    ) -> list[Shift]:
        """Give shifts to other agents, all at once, inside the caller's transaction; `agents` by shift.

        Raises UnknownShift, also for one that is no longer as it was `seen`, UnknownAgent, ShiftIsOvertime, and
        ShiftOverlaps where an agent would have two shifts at one time.
        """
        for agent in sorted({*agents.values(), *(shift.agent for shift in seen)}):
            await self._agents.hold(session, agent)
        rows = [regular(await shift_row(session, shift)) for shift in agents]
        if {shift_of(row) for row in rows} != set(seen):
            raise UnknownShift("this shift has changed", shift=next(iter(agents)))
        moved = [replace(shift_of(row), agent=agents[row.id]) for row in rows]
        taken = await self._taken(session, moved, ignored=agents)
        for row, shift in zip(rows, moved, strict=True):
            taken.check(shift)
            taken.take(shift)
            row.agent = shift.agent
            await self._note(session, by, "shift.changed", shift)
        return moved

    async def insert(self, session: AsyncSession, shift: Shift, by: Person | None) -> Shift:
        """Do what `add` does inside the caller's transaction."""
        shift = model.check_shift(shift)
        await self._check_others(session, shift)
        row = ShiftRow(
            agent=shift.agent,
            line=shift.line,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            overtime=shift.overtime,
        )
        session.add(row)
        await session.flush()
        await self._note(session, by, "shift.added", shift_of(row))
        return shift_of(row)

    async def remove_overtime(self, session: AsyncSession, shift: int, by: Person | None) -> None:
        """Remove a shift of overtime inside the caller's transaction; raises UnknownShift."""
        row = await shift_row(session, shift)
        await session.delete(row)
        await self._note(session, by, "shift.removed", shift_of(row))

    async def shifts_in(self, session: AsyncSession, agent: AgentNumber, start: datetime, end: datetime) -> list[Shift]:
        """The agent's shifts that overlap the range, as the caller's transaction sees them."""
        query = select(ShiftRow).where(ShiftRow.agent == agent, ShiftRow.starts_at < end, ShiftRow.ends_at > start)
        return [shift_of(row) for row in await session.scalars(query)]

    async def insert_many(
        self, session: AsyncSession, shifts: Sequence[Shift], by: Person | None
    ) -> list[CallCentreError | bool]:
        """Insert many checked shifts in few statements; return for each whether it is new, or why it is refused.

        Refused ones are left out; the caller then rolls the whole transaction back.
        """
        unfit = await self._unknown(session, shifts)
        taken = await self._taken(session, [shift for shift in shifts if unfit.get(shift) is None])
        results: list[CallCentreError | bool] = []
        fresh: list[Shift] = []
        for shift in shifts:
            fault: CallCentreError | bool | None = unfit.get(shift)
            if fault is None and taken.has(shift):
                fault = False
            if fault is None:
                try:
                    taken.check(shift)
                except ShiftOverlaps as error:
                    fault = error
                else:
                    taken.take(shift)
                    fresh.append(shift)
            results.append(True if fault is None else fault)
        await self._write(session, fresh, by)
        return results

    async def _unknown(self, session: AsyncSession, shifts: Sequence[Shift]) -> dict[Shift, CallCentreError]:
        """Return shifts of missing agents or lines; the existing ones are locked until the transaction ends."""
        faults: dict[tuple[str, str], CallCentreError] = {}
        agents = {shift.agent for shift in shifts}
        for number in agents - await self._agents.hold_all(session, agents):
            faults["agent", number] = UnknownAgent("no such agent", agent=number[:40])
        for line in sorted({shift.line for shift in shifts}):
            try:
                await self._lines.hold(session, line)
            except CallCentreError as error:
                faults["line", line] = error
        result = ((shift, faults.get(("agent", shift.agent)) or faults.get(("line", shift.line))) for shift in shifts)
        return {shift: fault for shift, fault in result if fault is not None}

    async def _taken(self, session: AsyncSession, shifts: Sequence[Shift], ignored: Collection[int] = ()) -> TakenHours:
        """Return the hours near these shifts that are already taken for their agents, but for `ignored` shifts."""
        if not shifts:
            return TakenHours(several_lines=self._several_lines)
        first, last = min(shift.starts_at for shift in shifts), max(shift.ends_at for shift in shifts)
        agents = sorted({shift.agent for shift in shifts})
        near = select(*SHIFT).where(ShiftRow.agent.in_(agents), ShiftRow.starts_at < last, ShiftRow.ends_at > first)
        held = [shift for shift in shifts_of(await session.execute(near)) if shift.id not in ignored]
        return TakenHours(held, several_lines=self._several_lines)

    async def _write(self, session: AsyncSession, shifts: Sequence[Shift], by: Person | None) -> None:
        facts: list[dict[str, Fact]] = []
        subjects: list[str] = []
        for at in range(0, len(shifts), PART):
            part = shifts[at : at + PART]
            ids = await put_shifts(session, part)
            subjects += [f"shift/{id}" for id in ids]
            facts += [facts_of(shift) for shift in part]
        await self._audit.append_many(session, by, "shift.added", subjects, facts)
        if shifts:
            after_commit(session, self._changed)

    async def has(self, session: AsyncSession, shift: Shift) -> bool:
        """Whether exactly this shift is already stored; a repeated import is idempotent."""
        return await is_stored(session, shift)

    async def _check_others(self, session: AsyncSession, shift: Shift) -> None:
        # Locking the agent serialises two overlapping shifts that are added concurrently.
        await self._agents.hold(session, shift.agent)
        await self._lines.hold(session, shift.line)
        (await self._taken(session, [shift])).check(shift)

    async def _note(self, session: AsyncSession, by: Person | None, action: str, shift: Shift) -> None:
        await session.flush()
        await self._audit.append(session, by, action, f"shift/{shift.id}", facts=facts_of(shift))
        after_commit(session, self._changed)
