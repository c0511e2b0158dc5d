"""Which colleagues stand in for an agent on leave (policy D4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.facts import AgentNumber
from callcenter.roster.model import Shift

BACK: Final = timedelta(days=28)
"""The lines of an agent are those of their shifts since then, also where a substitute has got the shift meanwhile."""
AHEAD: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Absence:
    """An agent is on leave; `colleagues` have a shift on one of their lines now or within a day."""

    leave: str
    agent: AgentNumber
    starts_at: datetime
    ends_at: datetime
    colleagues: frozenset[AgentNumber] = frozenset()


def stand_ins(
    absence: Absence, shifts: Iterable[Shift], present: Sequence[Shift], at: datetime
) -> frozenset[AgentNumber]:
    """The colleagues who work on the agent's lines while the leave lasts.

    `shifts` are those of the last weeks, `present` those to come without leave.
    """
    lines = {shift.line for shift in shifts if shift.agent == absence.agent}
    until = min(absence.ends_at, at + AHEAD)
    return frozenset(
        shift.agent
        for shift in present
        if shift.line in lines and shift.agent != absence.agent and shift.starts_at < until and shift.ends_at > at
    )
