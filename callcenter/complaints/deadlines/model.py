"""Computes the deadline of each step of a case, when to warn, and whom to notify when it is missed. Pure.

Policy: K4 (the more severe the case, the higher and the sooner it is escalated), K5 (reports at set times). Steps
follow ISO 10002: acknowledge, investigate, answer, close. All spans are working time on the centre's calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.complaints.model import Case, Level, Severity, State
from callcenter.complaints.steps.model import OVER
from callcenter.kit.work_calendar import WorkTime
from callcenter.settings import ComplaintSettings


class Due(StrEnum):
    """What is due; the codes of `due_step`."""

    ACKNOWLEDGE = "acknowledge"
    INVESTIGATE = "investigate"
    ANSWER = "answer"
    CLOSE = "close"


DUE_AT: Final[Mapping[State, Due]] = {
    State.RECEIVED: Due.ACKNOWLEDGE,
    State.ASSESSED: Due.INVESTIGATE,
    State.INVESTIGATING: Due.INVESTIGATE,
    State.PROPOSED: Due.ANSWER,
    State.APPROVED: Due.ANSWER,
    State.CORRECTED: Due.ANSWER,
    State.VERIFIED: Due.CLOSE,
    State.ANSWERED: Due.CLOSE,
    State.CALLED_BACK: Due.CLOSE,
}
"""What a case in this state waits for."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`allowed` is the working time by severity and step; a warning is sent after the share `warn_after` of it.

    `again` is the working time after which an overdue step is escalated one level further.
    """

    calendar: WorkTime
    allowed: Mapping[Severity, Mapping[Due, timedelta]]
    warn_after: float
    again: timedelta

    def timed(self, case: Case, now: datetime) -> Case:
        """Returns the case with its deadline after a change made at `now`.

        A step's time starts when the case reaches it; a higher severity shortens a time that is already running.
        """
        if case.due_at is not None and now > case.due_at:
            case = replace(case, late=True)
        if case.state in OVER or case.state not in DUE_AT:
            return replace(
                case, due_at=None, due_step=None, due_from=None, remind_at=None, escalation_level=0, escalated_to=None
            )
        step = DUE_AT[case.state]
        same = case.due_step == step and case.due_from is not None
        start = case.due_from if same and case.due_from is not None else now
        span = self.allowed[case.facts.severity or Severity.NORMAL][step]
        due_at = self.calendar.add(start, span)
        if same and due_at == case.due_at:
            return case
        warn_at = self.calendar.add(start, span * self.warn_after)
        return replace(
            case, due_at=due_at, due_step=step, due_from=start, remind_at=warn_at, escalation_level=0, escalated_to=None
        )


@dataclass(frozen=True, slots=True)
class Reminder:
    """What to report now: a warning (`level` is AGENT) or an escalation to `level`; and when to check again."""

    level: Level
    next_at: datetime | None


def reminder(deadlines: Deadlines, case: Case, now: datetime) -> Reminder | None:
    """Returns the reminder due for this case, or None. A late check reports only the highest level reached."""
    if case.remind_at is None or case.due_at is None or now < case.remind_at:
        return None
    if now < case.due_at:
        return Reminder(Level.AGENT, case.due_at)
    over = deadlines.calendar.between(case.due_at, now)
    level = Level(min(Level.SUPERVISOR + over // deadlines.again, Level.LEADER))
    if level == Level.LEADER:
        return Reminder(level, None)
    return Reminder(level, deadlines.calendar.add(case.due_at, level * deadlines.again))


def next_owner(owner: str, here: Mapping[str, int]) -> str | None:
    """Returns who takes over a case whose owner is away: of `here` (open cases by person id), the least loaded.

    None when the owner is present, or no one is.
    """
    if owner in here or not here:
        return None
    return min(here, key=lambda person: (here[person], person))


def deadlines_of(settings: ComplaintSettings, calendar: WorkTime) -> Deadlines:
    """Raises ValueError for an unknown severity, KeyError for a missing severity or step."""
    hours = {Severity(word): given for word, given in settings.deadline_hours.items()}
    allowed = {severity: {step: timedelta(hours=hours[severity][step]) for step in Due} for severity in Severity}
    return Deadlines(calendar, allowed, settings.warn_after, timedelta(hours=settings.escalate_again_hours))
