"""Derives the outcome of a dial from the PBX's own record of the call. Pure.

The dialplan writes the result of Dial() as `failed:<DIALSTATUS>-<Q.850 cause>` (asterisk/render/dialplan.py). Early
media is not an answer: only two channels in one bridge are a conversation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from callcenter.callbacks.model import Reach, Result
from callcenter.calls.model import CallRecord, Outcome
from callcenter.facts import ChannelSeen

UP: Final = 6
_BY_STATUS: Final[Mapping[str, Result]] = MappingProxyType(
    {"busy": Result.BUSY, "noanswer": Result.NO_ANSWER, "cancel": Result.CANCELLED}
)
_BY_CAUSE: Final[Mapping[str, Result]] = MappingProxyType(
    {
        "1": Result.WRONG_NUMBER,  # ITU-T Q.850: unallocated number
        "3": Result.WRONG_NUMBER,  # no route to destination
        "22": Result.WRONG_NUMBER,  # number changed
        "28": Result.WRONG_NUMBER,  # invalid number format
        "17": Result.BUSY,
        "21": Result.BUSY,  # call rejected: the customer declined the call
        "18": Result.NO_ANSWER,
        "19": Result.NO_ANSWER,
        "20": Result.NO_ANSWER,  # subscriber absent: phone switched off
    }
)


def result_of(record: CallRecord) -> Result | None:
    """The result of a finished dial; None when they talked, because then the agent records the result."""
    if record.outcome is Outcome.ANSWERED:
        return None
    own = next((leg for leg in record.legs if leg.uniqueid == record.linkedid), None)
    if own is None or own.answered_at is None:
        return Result.AGENT_NO_ANSWER
    if record.outcome is Outcome.ABANDONED:
        return Result.CANCELLED
    status, _, cause = (record.reason or "").partition("-")
    return _BY_STATUS.get(status) or _BY_CAUSE.get(cause, Result.FAILED)


def alive(channels: Iterable[ChannelSeen], intent: str) -> bool:
    """Whether any channel of this dial is still up on the PBX."""
    return any(intent in (channel.linkedid, channel.uniqueid) for channel in channels)


def conversing(channels: Iterable[ChannelSeen], intent: str) -> bool:
    """Whether agent and customer are in one bridge, both answered."""
    bridges = [
        channel.bridge for channel in channels if channel.linkedid == intent and channel.state == UP and channel.bridge
    ]
    return any(bridges.count(bridge) > 1 for bridge in bridges)


def reach_of(channels: Collection[ChannelSeen], intent: str) -> Reach:
    """How far a dial has got: every channel of the call except the agent's own is the customer's leg."""
    if conversing(channels, intent):
        return Reach.ANSWERED
    called = any(channel.linkedid == intent and channel.uniqueid != intent for channel in channels)
    return Reach.RINGING if called else Reach.AGENT
