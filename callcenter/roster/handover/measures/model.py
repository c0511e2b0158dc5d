"""How long a line was below its minimum between the offer of a handover and the end of the change of shift (H4). Pure.

The minimum is what the line needs, of agents and of skills; a line without stated needs has to have its least agents
while the roster has a shift on it. An agent counts while they are neither signed out nor paused and on duty, or staying
at their post because too few of the relief are there: the routing rings them (posts.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from callcenter.agents.model import PresenceState
from callcenter.calls.reports.definitions import computed
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import Away, quarters
from callcenter.roster.handover.model import OVERSTAY, staying
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


@dataclass(frozen=True, slots=True)
class Overstay:
    """A shift that ended, and until when its agent may stay at the post."""

    shift: Shift
    until: datetime


def overstays(shifts: Iterable[Shift], away: Sequence[Away], released: Mapping[str, datetime]) -> list[Overstay]:
    """Until when each of these agents may stay: not on leave, nor after a leader has let them go (H1)."""
    result = []
    for shift in shifts:
        leaves = [absence.starts_at for absence in away if absence.agent == shift.agent and _later(absence, shift)]
        let_go = [at for agent, at in released.items() if agent == shift.agent and at > shift.starts_at]
        until = min([shift.ends_at + OVERSTAY, *leaves, *let_go])
        if until > shift.ends_at:
            result.append(Overstay(shift, until))
    return result


def _later(absence: Away, shift: Shift) -> bool:
    return absence.ends_at > shift.ends_at and absence.starts_at < shift.ends_at + OVERSTAY


@dataclass(frozen=True, slots=True)
class Presences:
    """The roster without leave, and the changes of each agent's presence from the last one before the span on.

    `over` are those who may have stayed longer than their shift; empty where nobody stays.
    """

    shifts: Sequence[Shift]
    history: History
    over: Sequence[Overstay] = ()

    def of_lines(self, lines: Collection[str], start: datetime, end: datetime) -> tuple[list[Shift], list[Overstay]]:
        here = [each for each in self.shifts if each.line in lines and each.starts_at < end and each.ends_at > start]
        over = [each for each in self.over if each.shift.line in lines and each.shift.ends_at < end]
        return here, [each for each in over if each.until > start]

    def serving(self, at: datetime) -> set[str]:
        return {agent for agent in self.history if self.state(agent, at) is PresenceState.AVAILABLE}

    def state(self, agent: str, at: datetime) -> PresenceState:
        changes = reversed(self.history.get(agent, ()))
        return next((state for since, state in changes if since <= at), PresenceState.SIGNED_OUT)


def below_seconds(
    lines: Sequence[str],
    presences: Presences,
    minimum: Minimum,
    span: tuple[datetime, datetime],
) -> float | None:
    """The seconds in which any of the lines was below its minimum; None where the history of an agent has a gap."""
    start, end = span
    here, over = presences.of_lines(lines, start, end)
    agents = {shift.agent for shift in here} | {each.shift.agent for each in over}
    if any(_has_gap(presences.history.get(agent, ()), start) for agent in agents):
        return None
    edges = {edge for shift in here for edge in (shift.starts_at, shift.ends_at)}
    edges |= {edge for each in over for edge in (each.shift.ends_at, each.until)}
    # A relief on another line changes who stays on these.
    edges |= {at for changes in presences.history.values() for at, _ in changes}
    edges |= {edge for shift in presences.shifts for edge in (shift.starts_at, shift.ends_at)}
    marks = [start, *sorted({edge for edge in (*edges, *quarters(start, end)) if start < edge < end}), end]
    below = timedelta()
    for begins, ends in pairwise(marks):
        duty = duty_at(here, begins)
        serving = presences.serving(begins)
        stayed = _stayed(over, presences, serving, minimum, begins)
        present = {line: (duty.get(line, set()) | stayed.get(line, set())) & serving for line in map(LineCode, lines)}
        if any(_is_below(line, agents, minimum, begins, served=line in duty) for line, agents in present.items()):
            below += ends - begins
    return below.total_seconds()


def _stayed(
    over: Sequence[Overstay],
    presences: Presences,
    serving: AbstractSet[str],
    minimum: Minimum,
    at: datetime,
) -> dict[LineCode, set[AgentNumber]]:
    """Who stayed at the post at an instant, as the routing had it then."""
    here = [
        each.shift
        for each in over
        if each.shift.ends_at <= at < each.until
        and presences.state(each.shift.agent, at) is not PresenceState.SIGNED_OUT
    ]
    return staying(here, presences.shifts, serving, minimum, at) if here else {}


def _has_gap(changes: Sequence[Change], start: datetime) -> bool:
    """Who first appears within the span as signed out or paused was signed in before, and nobody knows since when."""
    return bool(changes) and changes[0][0] > start and changes[0][1] is not PresenceState.AVAILABLE


def _is_below(line: str, present: AbstractSet[AgentNumber], minimum: Minimum, at: datetime, *, served: bool) -> bool:
    too_few = len(present) < minimum.agents(line, at, served=served)
    return too_few or bool(minimum.skills_short(line, present, at))


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
