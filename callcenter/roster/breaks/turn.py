"""The rules of the turn, what a decision is taken on, and the live notice of a break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from typing_extensions import TypedDict

from callcenter.agents.model import Presence, PresenceState
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.breaks.model import GONE, BreakState
from callcenter.roster.needs.model import Needs
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
    needs: Needs
    rows: Sequence[BreakRow]

    @property
    def serving(self) -> set[str]:
        gone = {row.agent for row in self.rows if BreakState(row.state) in GONE}
        free = {number for number, seen in self.presences.items() if seen.state is PresenceState.AVAILABLE}
        return free - gone


def delta_of(row: BreakRow) -> BreakDelta:
    until = row.taken_at + timedelta(seconds=row.limit_seconds) if row.taken_at else None
    state, over = row.state, over_of(row)
    return {"id": row.id, "agent": row.agent, "kind": row.kind, "state": state, "until": until, "over": over}


def over_of(row: BreakRow) -> Literal["", "agent", "leaders"]:
    """Who has been notified that the break is over its limit; after the agent the leaders."""
    return "leaders" if row.leaders_notified_at else "agent" if row.agent_notified_at else ""
