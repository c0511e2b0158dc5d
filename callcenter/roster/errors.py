"""Errors of the roster."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownShift(NotFound):
    code = "unknown_shift"


class ShiftEndsBeforeStart(Invalid):
    code = "shift_ends_before_start"


class ShiftTooLong(Invalid):
    code = "shift_too_long"


class BadLocalTime(Invalid):
    """A wall-clock time without a known zone, or one that a clock change skips or repeats."""

    code = "bad_local_time"


class BadRange(Invalid):
    code = "bad_range"


class ShiftOverlaps(Conflict):
    code = "shift_overlaps"


class ShiftOverlapsElsewhere(ShiftOverlaps):
    """One agent is on two lines in the same hours, and the setting `roster.several_lines` does not allow it."""

    code = "shift_overlaps_elsewhere"


class ShiftInThePast(Invalid):
    code = "shift_in_the_past"


class UnknownDuty(NotFound):
    code = "unknown_duty"


class DutyOverlaps(Conflict):
    """The roster allows one duty manager at a time."""

    code = "duty_overlaps"


class NotADutyManager(Invalid):
    """The user is neither a supervisor nor a manager."""

    code = "not_a_duty_manager"


class OwnDuty(Forbidden):
    """No one below a manager may assign the duty to themselves, because signatures depend on it."""

    code = "own_duty"


class BadNeeds(Invalid):
    code = "bad_roster_needs"


class UnknownLeave(NotFound):
    code = "unknown_leave"


class BadLeave(Invalid):
    code = "bad_leave"


class LeaveOverlaps(Conflict):
    """The agent has another leave in these days."""

    code = "leave_overlaps"


class UnknownSwap(NotFound):
    code = "unknown_swap"


class BadSwap(Invalid):
    code = "bad_swap"


class SwapOutdated(Conflict):
    """A shift of the swap was changed, removed or has begun since it was asked for."""

    code = "swap_outdated"


class SwapPending(Conflict):
    """The shift is part of another swap that is still open."""

    code = "swap_pending"


class UnknownOvertime(NotFound):
    code = "unknown_overtime"


class BadOvertime(Invalid):
    code = "bad_overtime"


class OvertimeOutdated(Conflict):
    """The time is over, or the overtime that is to be cancelled has begun."""

    code = "overtime_outdated"


class ShiftIsOvertime(Conflict):
    """A shift of overtime belongs to its agreement: it is cancelled there, and never given to another agent."""

    code = "shift_is_overtime"


class NotYourRequest(Forbidden):
    """Only the agents concerned and leaders take part, each in their own steps."""

    code = "not_your_request"


class OwnRequest(Forbidden):
    """No one approves what they asked for themselves."""

    code = "own_request"


class RequestReasonMissing(Invalid):
    code = "request_reason_missing"


class CoverageWouldFall(Conflict):
    """Approving leaves a line with fewer agents than it needs; it takes the word `despite_shortage` and a reason."""

    code = "coverage_would_fall"


class UnknownBreak(NotFound):
    code = "unknown_break"


class BadBreak(Invalid):
    code = "bad_break"


class BreakMustWait(Conflict):
    """A colleague has to stay (D5): the break is queued, and granted in turn."""

    code = "break_must_wait"


class LastAgent(Conflict):
    """A line would have too few left to be served at all (D5): no reason lets the last agents go."""

    code = "last_agent"


class UnknownHandover(NotFound):
    code = "unknown_handover"


class BadHandover(Invalid):
    code = "bad_handover"


class NotTheRelief(Forbidden):
    """The log is signed by a colleague who is signed in and on duty, never by its own agent."""

    code = "not_the_relief"


class ReliefNotArrived(Conflict):
    """The agent stays until the relief has arrived and signed, or a leader lets them go (H1)."""

    code = "relief_not_arrived"


class BadLoad(Invalid):
    code = "bad_load"


class UnknownPattern(NotFound):
    code = "unknown_shift_pattern"


class BadPattern(Invalid):
    code = "bad_shift_pattern"


class UnknownHolidayYear(NotFound):
    code = "unknown_holiday_year"


class BadHolidayYear(Invalid):
    """`fault` is year, days, other_year, twice or weekday."""

    code = "bad_holiday_year"


class UnknownPlan(NotFound):
    code = "unknown_roster_plan"


class BadPlan(Invalid):
    code = "bad_roster_plan"


class PlanOutdated(Conflict):
    """The roster has changed since the differences were read: a swap or a sickness would be lost."""

    code = "roster_plan_outdated"


class UnknownNotice(NotFound):
    code = "unknown_roster_notice"


class UnknownCalendar(NotFound):
    """The secret address is wrong or revoked."""

    code = "unknown_calendar"


class UnknownPlanning(NotFound):
    code = "unknown_roster_planning"


class PlannerBusy(Conflict):
    """The draft is being planned already."""

    code = "roster_planner_busy"


class UnknownWish(NotFound):
    code = "unknown_roster_wish"


class BadWish(Invalid):
    code = "bad_roster_wish"
