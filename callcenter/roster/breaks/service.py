"""Break use cases (D5, D6): ask, take, extend; the turn moves on whenever an agent comes back or signs in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final, NoReturn
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import Presence, PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.roster.breaks.model import (
    GONE,
    HORIZON,
    OPEN,
    BreakEvent,
    BreakState,
    Gone,
    Lack,
    Waiting,
    after,
    expected_times,
    lack,
)
from callcenter.roster.breaks.turn import (
    BREAK,
    INSTANTS,
    BreakRules,
    Busy,
    Duty,
    Grants,
    Idle,
    Now,
    delta_of,
    facts_of,
    nobody_busy,
    nobody_idle,
    open_rows,
    row_of,
)
from callcenter.roster.errors import BadBreak, BreakMustWait, NotYourRequest
from callcenter.roster.needs.model import Minimum
from callcenter.roster.needs.service import NeedService
from callcenter.roster.rows import BreakRow
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.web.ports import Publish, publish_to_nobody
from callcenter.web.roles import LEADERS, Person

EVERY_SECONDS: Final = 10.0


class Breaks:
    """`run` moves the turn on; `may_pause` is called before agents pause themselves."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        presence: PresenceService,
        roster: RosterService,
        needs: NeedService,
        zone: tzinfo,
        rules: BreakRules,
        publish: Publish = publish_to_nobody,
    ) -> None:
        self._database = database
        self._clock = clock
        self._presence = presence
        self._roster = roster
        self._needs = needs
        self._zone = zone
        self._publish = publish
        self._woken = asyncio.Event()
        self.rules = rules
        self.busy: Busy = nobody_busy
        self.duty: Duty = roster.duty
        self.idle: Idle = nobody_idle
        self._grants = Grants()

    def wake(self) -> None:
        """An agent has come or gone: look at the turn now."""
        self._woken.set()

    async def may_pause(self, agent: str, reason: str) -> None:
        """Let an agent go on a break, or queue them; raises BreakMustWait while coverage would not hold."""
        if reason not in self.rules.limits or (await self._presence.presence(agent)).state is PresenceState.SIGNED_OUT:
            return
        row = await self._ask(agent, reason)
        if BreakState(row.state) in GONE:
            return
        waiting = await self.queue()
        place = next((n for n, (other, _) in enumerate(waiting, 1) if other.id == row.id), 1)
        expected = next((at for other, at in waiting if other.id == row.id), None)
        raise BreakMustWait(
            "a colleague has to stay; the break is queued",
            break_id=row.id,
            place=place,
            expected_at=expected.isoformat() if expected else None,
            **await self._why(row),
        )

    async def ask(self, agent: str, kind: str, by: Person) -> BreakRow:
        """Ask for a break without going yet; granted at once while coverage holds. Raises BadBreak, NotYourRequest."""
        if by.agent != agent:
            raise NotYourRequest("agents ask for their own breaks", agent=agent[:20])
        if kind not in self.rules.limits:
            raise BadBreak("this kind of break has no limit", kind=kind[:20], known=", ".join(self.rules.limits))
        if (await self._presence.presence(agent)).state is not PresenceState.AVAILABLE:
            raise BadBreak("only an agent who takes calls asks for a break", fault="not_available")
        return await self._ask(agent, kind)

    async def withdraw(self, id: str, by: Person) -> BreakRow:
        """Withdraw a break that has not begun; raises UnknownBreak, NotYourRequest, IllegalTransition."""
        async with self._database.write() as session:
            await self.one_at_a_time(session)
            row = await row_of(session, id)
            if by.agent != row.agent and not by.may(LEADERS):
                raise NotYourRequest("this break is a colleague's", id=id[:40])
            self.step(session, row, BreakEvent.WITHDRAW, self._clock())
        self.wake()
        return row

    async def now(self) -> Now:
        """Who is on duty and at the desk, and which breaks are open."""
        async with self._database.read() as session:
            return await self.now_in(session)

    async def queue(self) -> list[tuple[BreakRow, datetime | None]]:
        """The breaks that wait, in turn, each with the time at which it can begin by plan (None: not foreseeable)."""
        now, state = self._clock(), await self.now()
        shifts = await self._roster.present(now, now + HORIZON)
        waiting = [row for row in state.rows if row.state == BreakState.WAITING]
        gone = [
            Gone(row.agent, (row.taken_at or now) + timedelta(seconds=row.limit_seconds))
            for row in state.rows
            if BreakState(row.state) in GONE
        ]
        asked = [Waiting(row.id, row.agent, timedelta(seconds=row.limit_seconds)) for row in waiting]
        expected = expected_times(asked, gone, state.serving, shifts, state.minimum, now)
        return [(row, expected[row.id]) for row in waiting]

    async def lacks(self) -> dict[str, Lack | None]:
        """Of each break that waits, which line cannot spare its agent now; None where it waits for its turn alone."""
        now = await self.now()
        return {row.id: self.lack_of(now, row.agent) for row in now.rows if row.state == BreakState.WAITING}

    async def breaks(
        self, by: Person, limit: int, after: Position | None = None, *, agent: str | None = None, open_: bool = False
    ) -> Sequence[BreakRow]:
        """Breaks, newest first; agents see their own."""
        query = select(BreakRow)
        if not by.may(LEADERS):
            agent = by.agent or ""
        if agent is not None:
            query = query.where(BreakRow.agent == agent)
        if open_:
            query = query.where(BreakRow.state.in_([state.value for state in OPEN]))
        async with self._database.read() as session:
            return (await session.scalars(newest_first(query, BreakRow.asked_at, BreakRow.id, limit, after))).all()

    async def run(self, every: float = EVERY_SECONDS) -> NoReturn:
        while True:
            await self.once()
            try:
                await asyncio.wait_for(self._woken.wait(), every)
            except TimeoutError:
                continue
            self._woken.clear()

    async def once(self) -> None:
        """Follow the agents' presence, let limits be known, and grant what the coverage allows, in turn."""
        async with self._database.read() as session:
            under_way = await open_rows(session)
        if not under_way and not self._away(await self._presence.all_presences()):
            return
        async with self._database.write() as session:
            await self.one_at_a_time(session)
            now = await self.now_in(session)
            self._grants.look(now.at, self.busy())
            known = {(row.agent, row.kind) for row in now.rows}
            for seen in self._away(now.presences):
                if (seen.agent, seen.reason) not in known:
                    # A leader sent them, or they went while no turn was asked for: the limit holds all the same.
                    self._begin(session, self._new(session, seen.agent, seen.reason, seen.since), seen, now)
            for row in now.rows:
                self._follow(session, row, now)
            for row in now.rows:
                if (
                    row.state == BreakState.WAITING
                    and row.agent in now.free
                    and self._hindrance(now, row.agent) is None
                ):
                    self.step(session, row, BreakEvent.GRANT, now.at)

    def _away(self, presences: Mapping[str, Presence]) -> list[Presence]:
        """The agents who are on a break with a limit."""
        paused = (seen for seen in presences.values() if seen.state is PresenceState.PAUSED)
        return [seen for seen in paused if seen.reason in self.rules.limits]

    def _follow(self, session: AsyncSession, row: BreakRow, now: Now) -> None:
        seen = now.presences.get(row.agent)
        on_it = seen is not None and seen.state is PresenceState.PAUSED and seen.reason == row.kind
        if row.state == BreakState.TAKEN:
            if seen is None or not on_it:
                self.step(session, row, BreakEvent.END, seen.since if seen else now.at)
            else:
                self._check_limit(session, row, now.at)
        elif seen is not None and on_it:
            self._begin(session, row, seen, now)
        elif seen is None or seen.state is PresenceState.SIGNED_OUT:
            self.step(session, row, BreakEvent.LAPSE, now.at)
        elif row.granted_at is not None and self._grants.since(row) + self.rules.grant <= now.at:
            self.step(session, row, BreakEvent.LAPSE, now.at)

    def _begin(self, session: AsyncSession, row: BreakRow, seen: Presence, now: Now) -> None:
        """Take the break of an agent who is paused for it; one who is still on a call or rung is at work until then."""
        began = self._grants.break_began(seen, now.at, self.idle())
        if began is not None:
            self.step(session, row, BreakEvent.TAKE, began)
        elif row.state == BreakState.WAITING:
            self.step(session, row, BreakEvent.GRANT, now.at)

    def _check_limit(self, session: AsyncSession, row: BreakRow, at: datetime) -> None:
        limit = (row.taken_at or at) + timedelta(seconds=row.limit_seconds)
        if row.agent_notified_at is None and limit <= at:
            row.agent_notified_at = at
            self.show(session, row)
        if row.leaders_notified_at is None and limit + self.rules.notice <= at:
            row.leaders_notified_at = at
            self.show(session, row)

    async def _ask(self, agent: str, kind: str) -> BreakRow:
        async with self._database.write() as session:
            await self.one_at_a_time(session)
            now = await self.now_in(session)
            row = next((row for row in now.rows if row.agent == agent and row.kind == kind), None)
            if row is None:
                row = self._new(session, agent, kind, now.at)
            if row.state == BreakState.WAITING and self._hindrance(now, row.agent, ahead=row) is None:
                self.step(session, row, BreakEvent.GRANT, now.at)
        return row

    def _new(self, session: AsyncSession, agent: str, kind: str, at: datetime) -> BreakRow:
        limit = int(self.rules.limits[kind].total_seconds())
        state = BreakState.WAITING.value
        row = BreakRow(
            id=uuid4().hex, agent=agent, kind=kind, state=state, asked_at=at, limit_seconds=limit, extended_reason=""
        )
        session.add(row)
        self.show(session, row)
        return row

    async def one_at_a_time(self, session: AsyncSession) -> None:
        """Two agents who ask at once must not both go, and no step is lost."""
        await self._presence.alone(session)

    def lack_of(self, now: Now, agent: AgentNumber) -> Lack | None:
        """Which line could not spare this agent now; None if every line can."""
        return lack(agent, now.duty, now.serving, now.minimum, now.at)

    def _hindrance(self, now: Now, agent: AgentNumber, ahead: BreakRow | None = None) -> object:
        missing = self.lack_of(now, agent)
        if missing is not None or ahead is None:
            return missing
        # Those who asked before go first, where they could go now.
        waiting = (row for row in now.rows if row.state == BreakState.WAITING and row.agent in now.free)
        earlier = (row for row in waiting if row.asked_at < ahead.asked_at)
        return next((row for row in earlier if self._hindrance(now, row.agent) is None), None)

    async def _why(self, row: BreakRow) -> dict[str, str | int]:
        now = await self.now()
        ahead = {other.agent for other in now.rows if other.asked_at < row.asked_at and other.agent != row.agent}
        # Where the coverage would allow it, colleagues who asked before go first.
        counted = (now.serving, now.serving - ahead)
        reasons = (lack(row.agent, now.duty, serving, now.minimum, now.at) for serving in counted)
        missing = next((why for why in reasons if why), None)
        return facts_of(missing) if missing else {"line": "", "required": 0}

    async def now_in(self, session: AsyncSession) -> Now:
        at = self._clock()
        presences, duty = await self._presence.all_presences(), await self.duty(at)
        minimum = Minimum(await self._needs.needs(), await self._roster.skills(), self.rules.least, self._zone)
        return Now(at, presences, duty, minimum, await open_rows(session))

    def step(self, session: AsyncSession, row: BreakRow, event: BreakEvent, at: datetime) -> None:
        row.state = after(BreakState(row.state), event).value
        if event in INSTANTS:
            setattr(row, INSTANTS[event], at)
        self.show(session, row)

    def show(self, session: AsyncSession, row: BreakRow) -> None:
        after_commit(session, lambda: self._publish(BREAK, delta_of(row), frozenset({row.agent})))
