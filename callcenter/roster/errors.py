"""What the roster refuses."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownShift(NotFound):
    code = "unknown_shift"


class ShiftEndsBeforeStart(Invalid):
    code = "shift_ends_before_start"


class ShiftTooLong(Invalid):
    code = "shift_too_long"


class BadLocalTime(Invalid):
    """A wall-clock time without a known zone, or one that the clocks skip or show twice."""

    code = "bad_local_time"


class BadRange(Invalid):
    code = "bad_range"


class ShiftOverlaps(Conflict):
    code = "shift_overlaps"


class ShiftOverlapsElsewhere(ShiftOverlaps):
    """One agent is on two lines at the same hours, and the setting `roster.several_lines` does not allow it."""

    code = "shift_overlaps_elsewhere"


class ShiftInThePast(Invalid):
    code = "shift_in_the_past"


class UnknownDuty(NotFound):
    code = "unknown_duty"


class DutyOverlaps(Conflict):
    """The roster names one duty manager at a time."""

    code = "duty_overlaps"


class NotADutyManager(Invalid):
    """The person is neither a supervisor nor a manager."""

    code = "not_a_duty_manager"


class OwnDuty(Forbidden):
    """Nobody below a manager gives themselves the duty, because signatures follow it."""

    code = "own_duty"
