"""The ids that pass between rooms, each a type of its own, so that mypy finds one in the place of another."""

from __future__ import annotations

from typing import Final, NewType

Uniqueid = NewType("Uniqueid", str)
"""Asterisk's id of a channel."""
Linkedid = NewType("Linkedid", Uniqueid)
"""Asterisk's id of a call: the Uniqueid of its first channel. It may stand for that channel;
no other channel may stand for the call."""

CallId = NewType("CallId", str)
"""A call in the API, the database and the live feed (`call_id` of a PBX and a Linkedid)."""
CustomerId = NewType("CustomerId", str)
CaseNumber = NewType("CaseNumber", str)
ReturnCallId = NewType("ReturnCallId", str)
RecordingId = NewType("RecordingId", str)

AgentNumber = NewType("AgentNumber", str)
LineCode = NewType("LineCode", str)
QueueCode = NewType("QueueCode", str)
"""A queue of the centre. Asterisk has more: its names of the ladders beside a queue are text (routing/ladder.py)."""


SUPERVISION: Final = "sup-"
"""The prefix of the Uniqueid of a supervisor's channel that joins a call: it is a part of that call, not a call."""


GIVEN: Final = "_give"
"""The base of the names of the queues with one member, to whom a supervisor gives a caller: `_give.1001`."""


def supervises(uniqueid: str) -> bool:
    """Whether a channel, or the call named after it, is a supervisor's on another call."""
    return uniqueid.startswith(SUPERVISION)


def linkedid_of(text: str) -> Linkedid:
    """The id of a call as Asterisk or the database writes it."""
    return Linkedid(Uniqueid(text))
