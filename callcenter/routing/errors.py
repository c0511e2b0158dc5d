"""Errors of the routing package."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound


class UnknownLine(NotFound):
    code = "unknown_line"


class UnknownQueue(NotFound):
    code = "unknown_queue"


class BadCode(Invalid):
    code = "bad_code"


class BadLine(Invalid):
    code = "bad_line"


class BadQueue(Invalid):
    code = "bad_queue"


class BadOpeningHours(Invalid):
    code = "bad_opening_hours"


class OverflowLoop(Invalid):
    """Callers who overflow from line to line would come back to a line that they have left."""

    code = "overflow_loop"


class LineExists(Conflict):
    code = "line_exists"


class QueueExists(Conflict):
    code = "queue_exists"


class DidTaken(Conflict):
    """A dialled number (DID) leads to one line only."""

    code = "did_taken"


class InUse(Conflict):
    """Still referenced: a line by shifts, a queue by a line."""

    code = "in_use"
