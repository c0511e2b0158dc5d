"""Needed, planned and present agents of a line, quarter hour by quarter hour (D2, S1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from callcenter.agents.model import PresenceState
from callcenter.roster.coverage import Away, without
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import QUARTER, Need, required_at

States = Mapping[str, Sequence[tuple[datetime, PresenceState]]]


@dataclass(frozen=True, slots=True)
class Step:
    """At an instant: how many agents the line needs, has on the roster, has without leave, and has signed in.

    `present` and `available` (neither paused nor signed out) are None for what is to come.
    """

    at: datetime
    required: int
    planned: int
    expected: int
    present: int | None
    available: int | None


def steps(
    shifts: Sequence[Shift],
    away: Iterable[Away],
    needs: Sequence[Need],
    states: States,
    start: datetime,
    end: datetime,
    now: datetime,
    zone: tzinfo,
) -> Iterator[Step]:
    """The steps from `start` until before `end`; the shifts are those of one line."""
    here = without(shifts, away)
    at = start
    while at < end:
        planned = {shift.agent for shift in shifts if shift.covers(at)}
        expected = {shift.agent for shift in here if shift.covers(at)}
        now_known = at <= now
        seen = [_state(states.get(agent, ()), at) for agent in expected] if now_known else []
        present = sum(state is not PresenceState.SIGNED_OUT for state in seen)
        paused = sum(state is PresenceState.PAUSED for state in seen)
        yield Step(
            at,
            required_at(needs, at, zone),
            len(planned),
            len(expected),
            present if now_known else None,
            present - paused if now_known else None,
        )
        at += QUARTER


def _state(changes: Sequence[tuple[datetime, PresenceState]], at: datetime) -> PresenceState:
    return next((state for since, state in reversed(changes) if since <= at), PresenceState.SIGNED_OUT)
