"""The errors of the wrap-up."""

from __future__ import annotations

from callcenter.errors import Conflict


class NotWrappingUp(Conflict):
    """The agent is not in after-call work."""

    code = "not_wrapping_up"


class WrapUpTooLong(Conflict):
    code = "wrap_up_too_long"
