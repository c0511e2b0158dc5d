"""Facts, the vocabulary of PBX events: past tense, frozen, with the PBX's own time.

`asterisk/translate.py` creates them from AMI messages; `calls/floor.py` applies them. They are facts, not a sequence:
Asterisk guarantees no order between kinds of event, so no code may depend on it.
"""

from __future__ import annotations

from callcenter.facts.calls import (
    AgentConnected,
    AgentFinished,
    CallerAbandoned,
    CallerLeftQueue,
    CallerQueued,
    CallerWent,
    CallKept,
    CallPlaced,
    CallTransferred,
    ChannelAnswered,
    ChannelClosed,
    ChannelHeld,
    ChannelMuted,
    ChannelOpened,
    ChannelResumed,
    CustomerFound,
    DialEnded,
    HangupRequested,
    LineEntered,
    PhoneCalled,
    PhoneCodeDialled,
    PhoneMissed,
    PhoneRang,
)
from callcenter.facts.floor import (
    AfterCallChosen,
    AgentRestored,
    ChannelSeen,
    DeviceChanged,
    DutyChanged,
    FloorSeen,
    LinkLost,
    LinkProven,
    LinkStale,
    MemberGone,
    MemberSeen,
    PageSeen,
    PbxStopping,
    PresenceChanged,
    QueueEntry,
    QueueOrdered,
    SupervisionPlaced,
    WrapUpChanged,
)
from callcenter.facts.ids import (
    GIVEN,
    SUPERVISION,
    AgentNumber,
    CallId,
    CaseNumber,
    CustomerId,
    LineCode,
    Linkedid,
    QueueCode,
    RecordingId,
    ReturnCallId,
    Uniqueid,
    linkedid_of,
    supervises,
)
from callcenter.facts.phone_codes import PHONES, PhoneCode, is_phone_code, phone_code

__all__ = [
    "GIVEN",
    "PHONES",
    "SUPERVISION",
    "AfterCallChosen",
    "AgentConnected",
    "AgentFinished",
    "AgentNumber",
    "AgentRestored",
    "CallId",
    "CallKept",
    "CallPlaced",
    "CallTransferred",
    "CallerAbandoned",
    "CallerLeftQueue",
    "CallerQueued",
    "CallerWent",
    "CaseNumber",
    "ChannelAnswered",
    "ChannelClosed",
    "ChannelHeld",
    "ChannelMuted",
    "ChannelOpened",
    "ChannelResumed",
    "ChannelSeen",
    "CustomerFound",
    "CustomerId",
    "DeviceChanged",
    "DialEnded",
    "DutyChanged",
    "Fact",
    "FloorSeen",
    "HangupRequested",
    "LineCode",
    "LineEntered",
    "LinkLost",
    "LinkProven",
    "LinkStale",
    "Linkedid",
    "MemberGone",
    "MemberSeen",
    "PageSeen",
    "PbxStopping",
    "PhoneCalled",
    "PhoneCode",
    "PhoneCodeDialled",
    "PhoneMissed",
    "PhoneRang",
    "PresenceChanged",
    "QueueCode",
    "QueueEntry",
    "QueueOrdered",
    "RecordingId",
    "ReturnCallId",
    "SupervisionPlaced",
    "Uniqueid",
    "WrapUpChanged",
    "is_phone_code",
    "linkedid_of",
    "phone_code",
    "supervises",
]

Fact = (
    ChannelOpened
    | ChannelAnswered
    | LineEntered
    | CallerQueued
    | CallerLeftQueue
    | CallerAbandoned
    | PhoneCalled
    | PhoneRang
    | DialEnded
    | PhoneMissed
    | AgentConnected
    | AgentFinished
    | HangupRequested
    | ChannelClosed
    | ChannelHeld
    | ChannelResumed
    | ChannelMuted
    | CallTransferred
    | MemberSeen
    | MemberGone
    | DeviceChanged
    | FloorSeen
    | LinkLost
    | LinkStale
    | LinkProven
    | PbxStopping
    | PresenceChanged
    | DutyChanged
    | WrapUpChanged
    | PageSeen
    | CustomerFound
    | CallerWent
    | CallPlaced
    | SupervisionPlaced
    | AfterCallChosen
    | AgentRestored
    | CallKept
    | PhoneCodeDialled
    | QueueOrdered
)
