"""The errors of acting on waiting callers."""

from __future__ import annotations

from callcenter.errors import Conflict


class NotWaiting(Conflict):
    """This caller does not wait in a queue: they talk, or are still in the reception."""

    code = "not_waiting"


class SameLine(Conflict):
    """The caller waits in the queue of this line already."""

    code = "same_line"


class NobodyOnLine(Conflict):
    """No one on duty for this line is signed in, so a caller who is moved there would be sent away."""

    code = "nobody_on_line"
