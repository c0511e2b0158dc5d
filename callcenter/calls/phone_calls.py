"""What an agent's phone does on each of its calls: rings, talks, or only hears a colleague. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.calls.agent_state import LiveAgent, LiveChannel
from callcenter.calls.effects import PhoneCall
from callcenter.facts import CallId, Uniqueid, supervises

Channels = Mapping[Uniqueid, LiveChannel]
"""The channels of all phones."""


def phone_calls(agent: LiveAgent, channels: Channels) -> tuple[PhoneCall, ...]:
    """Every call of the agent's phone, oldest first."""
    return tuple(
        PhoneCall(channel.call, _part(uniqueid, channel, channels))
        for uniqueid, channel in agent.channels.items()
        if channel.talking or channel.ringing
    )


def is_supervising(agent: LiveAgent, channels: Channels) -> bool:
    """Whether they only hear or help a colleague; who has taken the call over has it alone."""
    talks = [(uniqueid, channel.call) for uniqueid, channel in agent.channels.items() if channel.talking]
    return bool(talks) and all(supervises(uniqueid) and _has_agent(call, channels) for uniqueid, call in talks)


def _part(uniqueid: Uniqueid, channel: LiveChannel, channels: Channels) -> str:
    """A supervisor's phone names the call that it listens to, until they take it over."""
    if supervises(uniqueid) and (channel.ringing or _has_agent(channel.call, channels)):
        return "supervising"
    return "ringing" if channel.ringing else "talking"


def _has_agent(call: CallId, channels: Channels) -> bool:
    """Whether an agent of this call talks."""
    return any(each.call == call and each.talking and not supervises(uniqueid) for uniqueid, each in channels.items())
