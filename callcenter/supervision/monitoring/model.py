"""Decides whom a supervisor joins on a live call, and who is notified of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcenter.calls.control.errors import NotTalking
from callcenter.calls.control.model import UP, phone_of
from callcenter.facts import SUPERVISION, CallId, ChannelSeen, Uniqueid, supervises
from callcenter.supervision.monitoring.errors import OwnCall, SeveralAgents


class Mode(StrEnum):
    """What a supervisor does on a call: hear it, be heard by the agent only, be heard by all, or have it."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
    TAKE = "take"


class SupervisionState(StrEnum):
    CALLING = "calling"
    ACTIVE = "active"
    ENDED = "ended"


class Notice(StrEnum):
    """When the agent is notified: always, as soon as the supervisor can be heard, or never."""

    ALWAYS = "always"
    SPOKEN = "spoken"
    NEVER = "never"


_NOTIFIED: Final[Mapping[Notice, Collection[Mode]]] = {
    Notice.ALWAYS: frozenset(Mode),
    Notice.SPOKEN: frozenset({Mode.WHISPER, Mode.BARGE, Mode.TAKE}),
    Notice.NEVER: frozenset({Mode.TAKE}),
}
"""Who is released from a call sees by whom, whatever the policy says."""


@dataclass(frozen=True, slots=True)
class Supervision:
    """`supervisor` is the agent number whose `phone` takes part; `ended_at` is set once it is over."""

    id: str
    call: CallId
    agent: str
    by: str
    supervisor: str
    phone: str
    mode: Mode
    state: SupervisionState
    since: datetime
    ended_at: datetime | None = None


def channel_of(supervision: str) -> Uniqueid:
    """The Uniqueid of the supervisor's channel."""
    return Uniqueid(SUPERVISION + supervision)


def supervision_of(uniqueid: str) -> str:
    """The supervision whose channel this is."""
    return uniqueid.removeprefix(SUPERVISION)


def state_of(channel: ChannelSeen) -> SupervisionState:
    return SupervisionState.ACTIVE if channel.state == UP else SupervisionState.CALLING


def notifies(notice: Notice, mode: Mode) -> bool:
    """Whether the agent of the call is notified of a supervision in this mode."""
    return mode in _NOTIFIED[notice]


def agents_leg(
    channels: Sequence[ChannelSeen], phones: Mapping[str, str], agent: str | None, own: str
) -> tuple[str, ChannelSeen]:
    """The agent who is supervised and their channel, among the channels of a call.

    `phones` maps each phone to its agent, `own` is the supervisor. Raises OwnCall, NotTalking, SeveralAgents.
    """
    talking = {
        owner: channel
        for channel in channels
        if (owner := phones.get(phone_of(channel.channel))) is not None
        and channel.state == UP
        and not supervises(channel.uniqueid)
        and any(channel.bridge and other.bridge == channel.bridge for other in channels if other is not channel)
    }
    if own in talking:
        raise OwnCall("your own phone takes part in this call")
    if agent is not None:
        talking = {owner: channel for owner, channel in talking.items() if owner == agent}
    if not talking:
        raise NotTalking("no agent is in a conversation on this call", why="no_agent")
    if len(talking) > 1:
        raise SeveralAgents("name the agent", agents=", ".join(sorted(talking)))
    return next(iter(talking.items()))
