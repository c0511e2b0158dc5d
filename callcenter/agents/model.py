"""Model of agents: identity, skills, phones and presence. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.agents.errors import BadAgentNumber, BadName, BadPhone, BadSkill, UnknownPauseReason
from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber

LEVELS: Final = range(1, 6)
"""Proficiency in a language or dialect: 1 is a few words, 5 is native."""

AT_DESK: Final = frozenset({"acw", "missed", "callback"})
"""Pauses in which an agent is at the desk all the same: after a call, after missed rings, for a return call."""
PAUSE_REASONS: Final = ("meal", "break", "training", "acw", "missed", "callback", "other")
"""Asterisk stores a reason as plain text between separators, so reasons are codes, not sentences."""

_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")
_SKILL: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,12}){0,3}")
_NAME_LIMIT: Final = 80


class PhoneKind(StrEnum):
    DESK = "desk"
    WEBRTC = "webrtc"


@dataclass(frozen=True, slots=True)
class Phone:
    """A PJSIP endpoint; `secret` is its password and never appears in a repr."""

    name: str
    kind: PhoneKind = PhoneKind.DESK
    secret: str = field(default="", repr=False)

    @property
    def interface(self) -> str:
        """The interface name under which app_queue rings the phone."""
        return f"PJSIP/{self.name}"


@dataclass(frozen=True, slots=True)
class Agent:
    """`skills` maps a language tag (zh-CN, en) or a dialect (xiang-changsha) to a level from 1 to 5.

    The first phone rings unless the agent selects another one when signing in.
    """

    number: AgentNumber
    name: str
    skills: Mapping[str, int] = field(default_factory=dict)
    phones: tuple[Phone, ...] = ()
    active: bool = True

    def phone(self, name: str = "") -> Phone | None:
        """Return the phone of this name, or the first phone if no name is given or the phone no longer exists."""
        return next((phone for phone in self.phones if phone.name == name), self.phones[0] if self.phones else None)


class PresenceState(StrEnum):
    """States that agents set themselves; ringing, on a call and wrap-up are observed, never set."""

    SIGNED_OUT = "signed_out"
    AVAILABLE = "available"
    PAUSED = "paused"


class PresenceEvent(StrEnum):
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    PAUSE = "pause"
    RESUME = "resume"


_OUT, _FREE, _PAUSED = PresenceState.SIGNED_OUT, PresenceState.AVAILABLE, PresenceState.PAUSED

# Signing in from a second browser must not end a meal break, so paused stays paused.
TRANSITIONS: Final[Mapping[PresenceState, Mapping[PresenceEvent, PresenceState]]] = MappingProxyType(
    {
        _OUT: {PresenceEvent.SIGN_IN: _FREE, PresenceEvent.SIGN_OUT: _OUT},
        _FREE: {
            PresenceEvent.SIGN_IN: _FREE,
            PresenceEvent.SIGN_OUT: _OUT,
            PresenceEvent.PAUSE: _PAUSED,
            PresenceEvent.RESUME: _FREE,
        },
        _PAUSED: {
            PresenceEvent.SIGN_IN: _PAUSED,
            PresenceEvent.SIGN_OUT: _OUT,
            PresenceEvent.PAUSE: _PAUSED,
            PresenceEvent.RESUME: _FREE,
        },
    }
)


@dataclass(frozen=True, slots=True)
class Presence:
    """`phone` is the one selected when signing in, empty for the agent's first; `reason` is set only while paused."""

    agent: AgentNumber
    state: PresenceState
    reason: str
    phone: str
    since: datetime
    by: str = ""
    """The login of a leader who set it for the agent."""
    note: str = ""
    """What that leader wrote for the agent."""

    def after(self, event: PresenceEvent, at: datetime, reason: str = "", phone: str = "") -> Presence:
        """Return the presence after `event`, equal to the old one when nothing changes; raises IllegalTransition."""
        state = TRANSITIONS[self.state].get(event)
        if state is None:
            raise IllegalTransition("presence", self.state, event, TRANSITIONS[self.state])
        new_reason = reason if event is PresenceEvent.PAUSE else self.reason
        reason_now = new_reason if state is _PAUSED else ""
        place = "" if state is _OUT else phone or self.phone
        if (state, reason_now, place) == (self.state, self.reason, self.phone):
            return self
        return Presence(self.agent, state, reason_now, place, at)


def check_number(number: str) -> str:
    """Return the agent's number or raise BadAgentNumber."""
    if not _NUMBER.fullmatch(number):
        raise BadAgentNumber("an agent's number is 1 to 20 letters, digits, '-' or '_'", number=number[:40])
    return number


def check_name(name: str) -> str:
    """Return the name without surrounding blanks, or raise BadName; the name is written to Asterisk's configuration."""
    bare = name.strip()
    if not bare or len(bare) > _NAME_LIMIT or not bare.isprintable():
        raise BadName(f"a name has 1 to {_NAME_LIMIT} printable characters", name=bare[:40])
    return bare


def check_skills(skills: Mapping[str, int]) -> dict[str, int]:
    """Return the skills with lower-case tags, or raise BadSkill."""
    for tag, level in skills.items():
        if not _SKILL.fullmatch(tag):
            raise BadSkill("a language or dialect looks like zh-CN or xiang-changsha", skill=tag[:40])
        if level not in LEVELS:
            raise BadSkill("a level is a number from 1 to 5", skill=tag, level=level)
    return {skill_tag(tag): level for tag, level in skills.items()}


def skill_tag(tag: str) -> str:
    """Return the form in which tags are compared: language tags ignore case (RFC 5646, 2.1.1)."""
    return tag.lower()


def check_phones(phones: tuple[Phone, ...]) -> tuple[Phone, ...]:
    """Return the phones, or raise BadPhone for an invalid or duplicate name."""
    for phone in phones:
        if not _NUMBER.fullmatch(phone.name):
            raise BadPhone("a phone's name is 1 to 20 letters, digits, '-' or '_'", phone=phone.name[:40])
    if len({phone.name for phone in phones}) < len(phones):
        raise BadPhone("a phone is named twice")
    return phones


def check_pause_reason(reason: str, reasons: tuple[str, ...] = PAUSE_REASONS) -> str:
    """Return the reason or raise UnknownPauseReason."""
    if reason not in reasons:
        raise UnknownPauseReason(f"a reason is one of {', '.join(reasons)}", reason=reason[:40])
    return reason
