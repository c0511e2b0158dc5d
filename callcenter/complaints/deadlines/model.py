"""Until when each step of a case must be done, when to warn, and who is notified when it was not done. Pure.

Policy: K4 (the graver the case, the higher it goes, and the sooner), K5 (reports at set times). Steps in the spirit of
ISO 10002: acknowledge, investigate, answer, close. All spans are working time on the centre's calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.complaints.model import OVER, Case, Level, Severity, State
from callcenter.kit.work_calendar import WorkTime
from callcenter.settings import ComplaintSettings


class Due(StrEnum):
    """What is due; the words of `due_step`."""

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
"""What a case at this state waits for."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`allowed` is the working time by severity and step; `warn_after` the share of it after which a warning goes out.

    `again` is the working time after which an overdue step goes one level higher still.
    """

    calendar: WorkTime
    allowed: Mapping[Severity, Mapping[Due, timedelta]]
    warn_after: float
    again: timedelta

    def timed(self, case: Case, now: datetime) -> Case:
        """The case with its deadline as it is after a change made `now`.

        A step's time begins when the case comes to it; a graver severity shortens what has begun already.
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
    """What is to be said now: a warning (`level` is AGENT), or that it goes up to `level`; and when to look again."""

    level: Level
    next_at: datetime | None


def reminder(deadlines: Deadlines, case: Case, now: datetime) -> Reminder | None:
    """What is due to be said of this case; None when nothing is. Late is never twice: the highest level counts."""
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
    """Who takes a case whose owner is away: of those who are here, by id with their open cases, the least burdened.

    None when the owner is here, or nobody is.
    """
    if owner in here or not here:
        return None
    return min(here, key=lambda person: (here[person], person))


def deadlines_of(settings: ComplaintSettings, calendar: WorkTime) -> Deadlines:
    """Raises ValueError for a severity that there is not, KeyError for a severity or a step that is missing."""
    hours = {Severity(word): given for word, given in settings.deadline_hours.items()}
    allowed = {severity: {step: timedelta(hours=hours[severity][step]) for step in Due} for severity in Severity}
    return Deadlines(calendar, allowed, settings.warn_after, timedelta(hours=settings.escalate_again_hours))
