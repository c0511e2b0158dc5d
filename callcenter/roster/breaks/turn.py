"""The rules of the turn, what a decision is taken on, and the live notice of a break."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.agents.model import Presence, PresenceState
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.breaks.model import GONE, OPEN, BreakEvent, BreakState, Lack
from callcenter.roster.errors import UnknownBreak
from callcenter.roster.needs.model import Minimum
from callcenter.roster.rows import BreakRow
from callcenter.web.ports import DeltaKind


class BreakDelta(TypedDict):
    """A break has moved on; `over` is `agent` when its limit is reached, then `leaders`; empty before."""

    id: str
    agent: str
    kind: str
    state: str
    until: datetime | None
    over: str


BREAK: Final = DeltaKind("break", BreakDelta, "the agent concerned, and leaders")


INSTANTS: Final[Mapping[BreakEvent, str]] = {
    BreakEvent.GRANT: "granted_at",
    BreakEvent.TAKE: "taken_at",
    BreakEvent.END: "ended_at",
}
"""The columns that note when a break has moved on."""
Busy = Callable[[], Collection[AgentNumber]]
"""Who is rung, on a call or in the wrap-up, which the roster does not know."""
Duty = Callable[[datetime], Awaitable[dict[LineCode, set[AgentNumber]]]]
"""Who serves each line at an instant."""
Idle = Callable[[], Mapping[AgentNumber, datetime]]
"""Since when each agent who is paused is off the phone."""
FORGET: Final = timedelta(hours=1)


def nobody_busy() -> Collection[AgentNumber]:
    """Without a live picture nobody is seen on a call."""
    return ()


def nobody_idle() -> Mapping[AgentNumber, datetime]:
    """Without a live picture it is not known since when an agent is off the phone."""
    return {}


@dataclass(frozen=True, slots=True)
class BreakRules:
    """`limits` by pause reason; `grant` is how long a granted break waits, `notice` when leaders hear of an overrun."""

    limits: Mapping[str, timedelta]
    least: int = 1
    grant: timedelta = timedelta(minutes=5)
    notice: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Now:
    """What a decision is taken on: read in its transaction, so that two agents do not both go."""

    at: datetime
    presences: Mapping[str, Presence]
    duty: Mapping[LineCode, set[AgentNumber]]
    minimum: Minimum
    rows: Sequence[BreakRow]

    @property
    def serving(self) -> set[str]:
        gone = {row.agent for row in self.rows if BreakState(row.state) in GONE}
        return self.free - gone

    @property
    def free(self) -> set[str]:
        """Who is signed in and not paused: nobody else can go on a break."""
        return {number for number, seen in self.presences.items() if seen.state is PresenceState.AVAILABLE}


class Grants:
    """From when the time of a granted break counts: no turn is lost to a call, nor to a time without the service."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._busy: dict[AgentNumber, datetime] = {}

    def look(self, at: datetime, busy: Collection[AgentNumber]) -> None:
        """Note who is busy at this look; those who were busy at the last one have become free since."""
        self._began = self._began or at
        self._busy = {agent: seen for agent, seen in self._busy.items() if at - seen < FORGET}
        self._busy |= dict.fromkeys(busy, at)

    def break_began(self, seen: Presence, at: datetime, idle: Mapping[AgentNumber, datetime]) -> datetime | None:
        """When the break of an agent who is paused began, at this look; None while they are busy.

        Who pauses while the phone rings or within a call is at work until that is over.
        """
        busy_at = self._busy.get(seen.agent)
        if busy_at is None or busy_at < seen.since:
            return seen.since
        return None if busy_at == at else max(busy_at, min(idle.get(seen.agent, at), at))

    def since(self, row: BreakRow) -> datetime:
        known = (row.granted_at, self._began, self._busy.get(row.agent))
        return max(at for at in known if at is not None)


def facts_of(missing: Lack) -> dict[str, str | int]:
    """What a refusal states of the line that cannot spare the agent."""
    facts: dict[str, str | int] = {"line": missing.line, "left": missing.left, "required": missing.required}
    if missing.skill is None or missing.level is None:
        return facts
    return {**facts, "skill": missing.skill, "level": missing.level}


def delta_of(row: BreakRow) -> BreakDelta:
    until = row.taken_at + timedelta(seconds=row.limit_seconds) if row.taken_at else None
    state, over = row.state, over_of(row)
    return {"id": row.id, "agent": row.agent, "kind": row.kind, "state": state, "until": until, "over": over}


def over_of(row: BreakRow) -> Literal["", "agent", "leaders"]:
    """Who has been notified that the break is over its limit; after the agent the leaders."""
    return "leaders" if row.leaders_notified_at else "agent" if row.agent_notified_at else ""


async def row_of(session: AsyncSession, id: str) -> BreakRow:
    row = await session.get(BreakRow, id, with_for_update=True)
    if row is None:
        raise UnknownBreak("there is no such break", id=id[:40])
    return row


async def open_rows(session: AsyncSession) -> Sequence[BreakRow]:
    """The breaks that wait, are granted or last, in the order in which they were asked for."""
    query = select(BreakRow).where(BreakRow.state.in_([state.value for state in OPEN]))
    return (await session.scalars(query.order_by(BreakRow.asked_at, BreakRow.id))).all()
