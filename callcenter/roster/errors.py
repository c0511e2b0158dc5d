"""What the roster refuses."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound


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
