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
