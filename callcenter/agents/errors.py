"""Errors of the agents package."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class SecretUnreadable(Conflict):
    """The database was copied from another machine without its keys: generate a new secret for the phone."""

    code = "phone_secret_unreadable"


class UnknownAgent(NotFound):
    code = "unknown_agent"


class UnknownPhone(NotFound):
    code = "unknown_phone"


class BadAgentNumber(Invalid):
    """Asterisk stores queue members as separated text, so an agent number must be plain ASCII."""

    code = "bad_agent_number"


class BadName(Invalid):
    code = "bad_name"


class BadSkill(Invalid):
    code = "bad_skill"


class BadPhone(Invalid):
    code = "bad_phone"


class UnknownPauseReason(Invalid):
    code = "unknown_pause_reason"


class AgentExists(Conflict):
    code = "agent_exists"


class PhoneTaken(Conflict):
    code = "phone_taken"


class AgentNotActive(Conflict):
    code = "agent_not_active"


class NoPhone(Conflict):
    """An agent without a phone cannot sign in: no call could reach them."""

    code = "agent_has_no_phone"


class NotYourPresence(Forbidden):
    code = "not_your_presence"
