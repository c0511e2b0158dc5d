"""The errors of messages."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class BadMessage(Invalid):
    """`field` names what is missing or too much."""

    code = "bad_message"


class MessageNotAllowed(Forbidden):
    """Agents write to leaders; leaders write to anyone."""

    code = "message_not_allowed"


class NobodyToReach(Conflict):
    """No one whom the message is for is signed in."""

    code = "nobody_to_reach"


class UnknownMessage(NotFound):
    code = "unknown_message"
