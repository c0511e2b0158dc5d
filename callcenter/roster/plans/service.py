"""Plan use cases: draft, edit, publish with what it changes, hand over to administration (policy D1, D2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.facts import LineCode
from callcenter.roster.effects import Effect
from callcenter.roster.errors import BadPlan, PlanOutdated
from callcenter.roster.leave.service import check_effect
from callcenter.roster.model import Shift, check_shift
from callcenter.roster.patterns.service import Patterns
from callcenter.roster.plans.copies.model import Adjusted, copy_of
from callcenter.roster.plans.model import (
    MOST_ENTRIES,
    Days,
    Difference,
    Entry,
    PlanEvent,
    PlanState,
    after,
    check_days,
    differences,
    fingerprint,
)
from callcenter.roster.plans.notices.service import Notices
from callcenter.roster.plans.queries import Reviews, to_come
from callcenter.roster.plans.rows import PlanRow
from callcenter.roster.plans.store import days_of, entries_of, plan_row, present_shifts, put_entries, remove_shifts
from callcenter.roster.service import Lines, RosterService
from callcenter.roster.taken import TakenHours
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import PLANNERS, Person

Check = Callable[[PlanRow, Sequence[Entry]], None]


class DraftSource(StrEnum):
    """What a draft begins with: nothing, the present roster of its days, or that of the weeks before."""

    EMPTY = "empty"
    PRESENT = "present"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A new draft, and the shifts that it does not have as they were."""

    row: PlanRow
    adjusted: Sequence[Adjusted]


class Plans:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        agents: AgentService,
        lines: Lines,
        roster: RosterService,
        patterns: Patterns,
        reviews: Reviews,
        notices: Notices,
        zone: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._agents = agents
        self._lines = lines
        self._roster = roster
        self._patterns = patterns
        self._reviews = reviews
        self._notices = notices
        self._zone = zone

    async def draft(self, line: LineCode, days: Days, source: DraftSource, note: str, by: Person) -> Drafted:
        """Begin a draft, also where a shift cannot be copied as it was; raises UnknownLine, BadPlan."""
        check_days(days)
        entries, adjusted = await self._source(line, days, source)
        row = PlanRow(
            id=uuid4().hex,
            line=line,
            first_day=days.first,
            last_day=days.last,
            state=PlanState.DRAFT.value,
            note=note.strip()[:200],
            created_at=self._clock(),
            created_by=by.id,
            created_by_name=by.name[:200],
        )
        async with self._database.write() as session:
            await self._lines.hold(session, line)
            session.add(row)
            await session.flush()
            await put_entries(session, row.id, entries)
            await self._note(session, by, "drafted", row, {"entries": len(entries)})
        return Drafted(row, adjusted)

    async def plan(self, id: str, by: Person) -> tuple[PlanRow, list[Entry]]:
        """A plan with its entries; raises UnknownPlan, also to agents for what is not published."""
        async with self._database.read() as session:
            row = await plan_row(session, id if by.may(PLANNERS) else await self._published(session, id))
            return row, await entries_of(session, id)

    async def plans(
        self,
        by: Person,
        limit: int,
        after: Position | None = None,
        *,
        line: str | None = None,
        state: PlanState | None = None,
        day: date | None = None,
    ) -> Sequence[PlanRow]:
        """Plans, newest first; agents see what is published."""
        query = select(PlanRow)
        if not by.may(PLANNERS):
            query = query.where(PlanRow.state == PlanState.PUBLISHED.value)
        if line is not None:
            query = query.where(PlanRow.line == line)
        if state is not None:
            query = query.where(PlanRow.state == state.value)
        if day is not None:
            query = query.where(PlanRow.first_day <= day, PlanRow.last_day >= day)
        async with self._database.read() as session:
            return (await session.scalars(newest_first(query, PlanRow.created_at, PlanRow.id, limit, after))).all()

    async def replace(
        self, id: str, note: str | None, entries: Sequence[Entry], by: Person, check: Check | None = None
    ) -> tuple[PlanRow, list[Entry]]:
        """Replace the entries of a draft, and its note unless it is None.

        Raises UnknownPlan, BadPlan, UnknownAgent, IllegalTransition, ShiftOverlaps for two entries at one time.
        """
        async with self._database.write() as session:
            row = await plan_row(session, id, hold=True)
            if check is not None:
                check(row, await entries_of(session, id))
            after(PlanState(row.state), PlanEvent.EDIT)
            checked = self._checked(row, entries)
            for agent in sorted({entry.agent for entry in checked}):
                if not (await self._agents.hold(session, agent)).active:
                    raise BadPlan("this agent no longer works here", fault="agent", agent=agent)
            await put_entries(session, id, checked)
            row.note = row.note if note is None else note.strip()[:200]
            # The version changes with the entries, so that of two editors one gets an error.
            row.version += 1
            await self._note(session, by, "edited", row, {"entries": len(checked)})
            return row, await entries_of(session, id)

    async def discard(self, id: str, by: Person) -> PlanRow:
        """Discard a draft; raises UnknownPlan, IllegalTransition."""
        async with self._database.write() as session:
            row = await plan_row(session, id, hold=True)
            row.state = after(PlanState(row.state), PlanEvent.DISCARD).value
            await self._note(session, by, "discarded", row)
            return row

    async def publish(
        self, id: str, expected: str, by: Person, reason: str = "", *, despite_shortage: bool = False, to: str = ""
    ) -> PlanRow:
        """Make the roster of the plan's days and line what the plan states; every agent concerned gets a notice.

        `expected` is the fingerprint of the review that the person has read. Raises UnknownPlan, IllegalTransition,
        PlanOutdated, ShiftOverlaps, and CoverageWouldFall unless `despite_shortage` is given with a reason (D2).
        """
        async with self._database.write() as session:
            await self._roster.alone(session)
            row = await plan_row(session, id, hold=True)
            # Read beside the transaction, which has changed nothing yet: no leave or swap is approved meanwhile.
            review = await self._reviews.of(id)
            _check_expected(review.fingerprint, expected, id)
            check_effect(Effect(review.shortages, ()), reason.strip(), despite_shortage=despite_shortage)
            state = after(PlanState(row.state), PlanEvent.PUBLISH)
            planned = [entry.shift(row.line) for entry in await entries_of(session, id)]
            changes = await self._changes(session, row, planned)
            _check_expected(fingerprint(changes), expected, id)
            await self._apply(session, changes, by)
            row.state, row.number = state.value, await self._next_number(session, row.line)
            row.published_at, row.published_by, row.published_by_name = self._clock(), by.id, by.name[:200]
            row.shortages = len(review.shortages)
            row.despite_reason = reason.strip()[:1000] if review.shortages else ""
            self._hand(row, to, by)
            facts: dict[str, Fact] = {
                "changes": len(changes),
                "shortages": row.shortages,
                "reason": row.despite_reason[:200],
            }
            await self._note(session, by, "published", row, facts)
            await self._notices.add(session, row, changes)
            return row

    async def hand_over(self, id: str, to: str, by: Person) -> PlanRow:
        """Record to whom the roster was handed (D1); raises UnknownPlan, IllegalTransition, BadPlan."""
        if not to.strip():
            raise BadPlan("who received the roster is missing", fault="handed_to")
        async with self._database.write() as session:
            row = await plan_row(session, id, hold=True)
            after(PlanState(row.state), PlanEvent.HAND_OVER)
            self._hand(row, to, by)
            await self._note(session, by, "handed_over", row, {"to": row.handed_to})
            return row

    def _hand(self, row: PlanRow, to: str, by: Person) -> None:
        if to.strip():
            row.handed_to, row.handed_at, row.handed_by_name = to.strip()[:200], self._clock(), by.name[:200]

    async def _changes(self, session: AsyncSession, row: PlanRow, planned: Sequence[Shift]) -> list[Difference]:
        """The differences as of now; agents, line and shifts are locked, in the order of every change of shifts."""
        start, end = days_of(row).span(self._zone)
        now = self._clock()
        seen = await present_shifts(session, row.line, start, end)
        await self._agents.hold_all(session, {shift.agent for shift in (*seen, *planned)})
        await self._lines.hold(session, row.line)
        present = await present_shifts(session, row.line, start, end, hold=True)
        return differences(to_come(present, now), to_come(planned, now), ZoneInfo(self._zone))

    async def _apply(self, session: AsyncSession, changes: Sequence[Difference], by: Person) -> None:
        removed = [change.before for change in changes if change.before is not None]
        added = [check_shift(change.after) for change in changes if change.after is not None]
        await remove_shifts(session, (shift.id for shift in removed))
        facts = [{"agent": shift.agent, "line": shift.line} for shift in removed]
        await self._audit.append_many(session, by, "shift.removed", [f"shift/{shift.id}" for shift in removed], facts)
        for result in await self._roster.insert_many(session, added, by):
            if isinstance(result, CallCentreError):
                raise result
        after_commit(session, self._roster.wake)

    async def _next_number(self, session: AsyncSession, line: str) -> int:
        return (await session.scalar(select(func.max(PlanRow.number)).where(PlanRow.line == line)) or 0) + 1

    async def _published(self, session: AsyncSession, id: str) -> str:
        """The id, or an empty one for a plan that is not published."""
        row = await session.get(PlanRow, id)
        return id if row is not None and row.state == PlanState.PUBLISHED.value else ""

    def _checked(self, row: PlanRow, entries: Sequence[Entry]) -> list[Entry]:
        if len(entries) > MOST_ENTRIES:
            raise BadPlan(f"a plan has {MOST_ENTRIES} entries at most", fault="entries", most=MOST_ENTRIES)
        days, taken, result = days_of(row), TakenHours(), []
        zone = ZoneInfo(self._zone)
        for entry in entries:
            shift = check_shift(entry.shift(row.line))
            if shift.starts_at.astimezone(zone).date() not in days:
                raise BadPlan("an entry begins outside of the plan's days", fault="outside", agent=entry.agent[:20])
            taken.check(shift)
            taken.take(shift)
            day = shift.starts_at.astimezone(zone).date()
            result.append(replace(entry, day=day, starts_at=shift.starts_at, ends_at=shift.ends_at))
        return result

    async def _source(self, line: LineCode, days: Days, source: DraftSource) -> tuple[list[Entry], list[Adjusted]]:
        if source is DraftSource.EMPTY:
            return [], []
        back = -(-len(days) // 7) * 7 if source is DraftSource.PREVIOUS else 0
        start, end = Days(days.first - timedelta(days=back), days.last - timedelta(days=back)).span(self._zone)
        async with self._database.read() as session:
            shifts = await present_shifts(session, line, start, end)
        names = {(pattern.start, pattern.end): pattern.code for pattern in await self._patterns.all()}
        gone = await self._agents.inactive()
        copies = [copy_of(shift, timedelta(days=back), names, ZoneInfo(self._zone), gone) for shift in shifts]
        adjusted = [copy for copy in copies if isinstance(copy, Adjusted) and copy.day in days]
        entries = [copy.entry if isinstance(copy, Adjusted) else copy for copy in copies]
        return [entry for entry in entries if entry is not None and entry.day in days], adjusted

    async def _note(
        self, session: AsyncSession, by: Person, what: str, row: PlanRow, facts: Mapping[str, Fact] | None = None
    ) -> None:
        await session.flush()
        days = f"{row.first_day.isoformat()}/{row.last_day.isoformat()}"
        await self._audit.append(
            session,
            by,
            f"roster.plan_{what}",
            f"plan/{row.id}",
            facts={"line": row.line, "days": days, **(facts or {})},
        )


def _check_expected(current: str, expected: str, plan: str) -> None:
    if current != expected:
        raise PlanOutdated("the roster or the plan has changed; read the differences again", plan=plan[:40])
