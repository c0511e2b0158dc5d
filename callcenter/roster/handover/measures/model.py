"""How long a line was below its minimum between the offer of a handover and the end of the change of shift (H4). Pure.

The minimum is what the line needs, of agents and of skills; a line without stated needs has to have its least agents
while the roster has a shift on it. An agent counts while they are on duty and neither signed out nor paused: who stays
longer than their shift takes no calls of the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from callcenter.agents.model import PresenceState
from callcenter.calls.reports.definitions import computed
from callcenter.facts import AgentNumber
from callcenter.roster.coverage import quarters
from callcenter.roster.handover.model import OVERSTAY
from callcenter.roster.model import Shift, duty_at
from callcenter.roster.needs.model import Minimum

Change = tuple[datetime, PresenceState]
History = Mapping[str, Sequence[Change]]


def end_of_change(ended_at: datetime, offered_at: datetime, leaver: Sequence[Change], now: datetime) -> datetime | None:
    """When the outgoing agent was relieved and had left the post; None while that is to come.

    An agent who stays on, such as for a second shift, has changed shift with the signature.
    """
    left = next((at for at, state in leaver if at >= offered_at and state is PresenceState.SIGNED_OUT), None)
    if left is not None and left <= now:
        return max(left, ended_at)
    return ended_at if now >= ended_at + OVERSTAY else None


def below_seconds(
    lines: Sequence[str],
    shifts: Sequence[Shift],
    minimum: Minimum,
    history: History,
    span: tuple[datetime, datetime],
) -> float | None:
    """The seconds in which any of the lines was below its minimum; None where the history of an agent has a gap.

    `shifts` are without leave; `history` has the changes of each agent from the last one before the span on.
    """
    start, end = span
    here = [shift for shift in shifts if shift.line in lines and shift.starts_at < end and shift.ends_at > start]
    if any(_has_gap(history.get(agent, ()), start) for agent in {shift.agent for shift in here}):
        return None
    edges = {edge for shift in here for edge in (shift.starts_at, shift.ends_at)}
    edges |= {at for shift in here for at, _ in history.get(shift.agent, ())}
    marks = [start, *sorted({edge for edge in (*edges, *quarters(start, end)) if start < edge < end}), end]
    below = timedelta()
    for begins, ends in pairwise(marks):
        present: dict[str, set[AgentNumber]] = {
            line: {agent for agent in agents if _serves(history.get(agent, ()), begins)}
            for line, agents in duty_at(here, begins).items()
        }
        if any(_is_below(line, present, minimum, begins) for line in lines):
            below += ends - begins
    return below.total_seconds()


def _has_gap(changes: Sequence[Change], start: datetime) -> bool:
    """Who first appears within the span as signed out or paused was signed in before, and nobody knows since when."""
    return bool(changes) and changes[0][0] > start and changes[0][1] is not PresenceState.AVAILABLE


def _serves(changes: Sequence[Change], at: datetime) -> bool:
    state = next((state for since, state in reversed(changes) if since <= at), PresenceState.SIGNED_OUT)
    return state is PresenceState.AVAILABLE


def _is_below(line: str, present: Mapping[str, Set[AgentNumber]], minimum: Minimum, at: datetime) -> bool:
    here = present.get(line, frozenset())
    too_few = len(here) < minimum.agents(line, at, served=line in present)
    return too_few or bool(minimum.skills_short(line, here, at))


@dataclass(frozen=True, slots=True)
class HandoverCounts:
    """Handovers whose change of shift is over: `measured` without a gap, `below` with a line below its minimum.

    `below_seconds` is their sum, `longest` the longest of one handover.
    """

    ended: int = 0
    measured: int = 0
    below: int = 0
    below_seconds: float = 0.0
    longest: float = 0.0

    @property
    def unknown(self) -> int:
        return self.ended - self.measured

    @property
    def figures(self) -> dict[str, float | None]:
        return computed("handovers", asdict(self))


def counts_of(seconds: Iterable[float | None]) -> HandoverCounts:
    """The counts of handovers by their seconds; None is a gap in the history."""
    given = list(seconds)
    known = [value for value in given if value is not None]
    return HandoverCounts(
        ended=len(given),
        measured=len(known),
        below=sum(value > 0 for value in known),
        below_seconds=sum(known),
        longest=max(known, default=0.0),
    )
