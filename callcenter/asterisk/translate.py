"""Translates AMI messages to facts: one table, pure. Messages that are not in the table are ignored.

Units differ from the documentation: AgentRingNoAnswer counts milliseconds, AgentConnect seconds (apps/app_queue.c).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from callcenter import facts
from callcenter.asterisk.ami_protocol import Message
from callcenter.asterisk.cel import plain_name, plain_number
from callcenter.facts import Linkedid, Uniqueid, linkedid_of, phone_code

Maker = Callable[[Message, datetime], facts.Fact | None]

UP = "6"


def instant(message: Message, fallback: datetime) -> datetime:
    """The PBX's own time of the event (`timestampevents=yes`), not the time of arrival."""
    stamp = message.get("Timestamp")
    try:
        return datetime.fromtimestamp(float(stamp), UTC) if stamp else fallback
    except (ValueError, OverflowError, OSError):
        return fallback


def translate(message: Message, received: datetime) -> facts.Fact | None:
    """Return the fact in an event, or None. A damaged event yields nothing rather than something wrong.

    The answer to a ping arrives among the events, and its proof is a fact like any other.
    """
    make = TABLE.get(message.name) if message.name else _proven
    if make is None:
        return None
    try:
        return make(message, instant(message, received))
    except ValueError:
        return None


def integer(text: str) -> int:
    return int(text) if text else 0


def known(text: str) -> str:
    """Return the value, empty for `<unknown>`, which Asterisk writes for missing ones."""
    return "" if text == "<unknown>" else text


def linkedid(m: Message, name: str = "Linkedid") -> Linkedid:
    return linkedid_of(m.get(name))


def _proven(_: Message, at: datetime) -> facts.Fact:
    return facts.LinkProven(at)


def _opened(m: Message, at: datetime) -> facts.Fact:
    return facts.ChannelOpened(
        at,
        linkedid(m),
        Uniqueid(m.get("Uniqueid")),
        m.get("Channel"),
        m.get("Context"),
        m.get("Exten"),
        _number(m),
        _name(m),
    )


def _name(m: Message) -> str:
    return plain_name(known(m.get("CallerIDName")))


def _number(m: Message) -> str:
    """The number of a new channel; an external one arrives before the dialplan has filtered it."""
    number = known(m.get("CallerIDNum"))
    return plain_number(number) if m.get("Channel").startswith("PJSIP/trunk") else number


def _state(m: Message, at: datetime) -> facts.Fact | None:
    if m.get("ChannelState") != UP:
        return None
    return facts.ChannelAnswered(at, linkedid(m), Uniqueid(m.get("Uniqueid")))


def _line(m: Message, at: datetime) -> facts.Fact:
    return facts.LineEntered(at, linkedid(m), Uniqueid(m.get("Uniqueid")), m.get("AccountCode"))


def _queued(m: Message, at: datetime) -> facts.Fact:
    return facts.CallerQueued(
        at,
        linkedid(m),
        Uniqueid(m.get("Uniqueid")),
        m.get("Queue"),
        integer(m.get("Position")),
        m.get("AccountCode"),
        known(m.get("CallerIDNum")),
        _name(m),
    )


def _left(m: Message, at: datetime) -> facts.Fact:
    return facts.CallerLeftQueue(at, linkedid(m), Uniqueid(m.get("Uniqueid")), m.get("Queue"))


def _abandoned(m: Message, at: datetime) -> facts.Fact:
    return facts.CallerAbandoned(at, linkedid(m), Uniqueid(m.get("Uniqueid")), m.get("Queue"))


def _called(m: Message, at: datetime) -> facts.Fact:
    return facts.PhoneCalled(
        at,
        linkedid(m),
        Uniqueid(m.get("Uniqueid")),
        Uniqueid(m.get("DestUniqueid")),
        m.get("Queue"),
        m.get("MemberName"),
        m.get("Interface"),
    )


def _dial_state(m: Message, at: datetime) -> facts.Fact | None:
    if m.get("DialStatus") != "RINGING":
        return None
    return facts.PhoneRang(at, linkedid(m, "DestLinkedid"), Uniqueid(m.get("DestUniqueid")))


def _dial_end(m: Message, at: datetime) -> facts.Fact:
    return facts.DialEnded(at, linkedid(m, "DestLinkedid"), Uniqueid(m.get("DestUniqueid")), m.get("DialStatus"))


def _missed(m: Message, at: datetime) -> facts.Fact:
    return facts.PhoneMissed(
        at,
        linkedid(m),
        Uniqueid(m.get("DestUniqueid")),
        m.get("Queue"),
        m.get("MemberName"),
        integer(m.get("RingTime")),
    )


def _connected(m: Message, at: datetime) -> facts.Fact:
    return facts.AgentConnected(
        at,
        linkedid(m),
        Uniqueid(m.get("Uniqueid")),
        Uniqueid(m.get("DestUniqueid")),
        m.get("Queue"),
        m.get("MemberName"),
    )


def _finished(m: Message, at: datetime) -> facts.Fact:
    call = linkedid(m) or linkedid(m, "DestLinkedid")
    return facts.AgentFinished(
        at, call, Uniqueid(m.get("DestUniqueid")), m.get("Queue"), m.get("MemberName"), m.get("Reason").lower()
    )


def _hangup_asked(m: Message, at: datetime) -> facts.Fact:
    return facts.HangupRequested(at, linkedid(m), Uniqueid(m.get("Uniqueid")))


def _closed(m: Message, at: datetime) -> facts.Fact:
    return facts.ChannelClosed(at, linkedid(m), Uniqueid(m.get("Uniqueid")), integer(m.get("Cause")))


def _held(m: Message, at: datetime) -> facts.Fact:
    return facts.ChannelHeld(at, linkedid(m), Uniqueid(m.get("Uniqueid")))


def _resumed(m: Message, at: datetime) -> facts.Fact:
    return facts.ChannelResumed(at, linkedid(m), Uniqueid(m.get("Uniqueid")))


def _own(m: Message, at: datetime) -> facts.Fact | None:
    """Events of our own dialplan: a party on hold (render/call_control.py), a code that an agent dialled."""
    if m.get("UserEvent") == "CcPresence":
        code = phone_code(f"*{m.get('Code')}")
        return facts.PhoneCodeDialled(at, m.get("Channel"), code) if code else None
    if m.get("UserEvent") != "CcHold":
        return None
    return _held(m, at) if m.get("State") == "held" else _resumed(m, at)


def _blind(m: Message, at: datetime) -> facts.Fact:
    return facts.CallTransferred(
        at, linkedid(m, "TransfererLinkedid"), Uniqueid(m.get("TransfererUniqueid")), "blind", m.get("Extension")
    )


def _attended(m: Message, at: datetime) -> facts.Fact:
    return facts.CallTransferred(
        at,
        linkedid(m, "OrigTransfererLinkedid"),
        Uniqueid(m.get("OrigTransfererUniqueid")),
        "attended",
        known(m.get("SecondTransfererConnectedLineNum")),
    )


def _stopping(m: Message, at: datetime) -> facts.Fact:
    return facts.PbxStopping(at)


def member(m: Message, at: datetime) -> facts.MemberSeen:
    """A queue member's complete state: the list item has `Name` and `Location` where the events use other names."""
    return facts.MemberSeen(
        at=at,
        queue=m.get("Queue"),
        agent=m.get("MemberName") or m.get("Name"),
        interface=m.get("Interface") or m.get("Location"),
        penalty=integer(m.get("Penalty")),
        paused=m.get("Paused") == "1",
        reason=m.get("PausedReason"),
        status=integer(m.get("Status")),
        in_call=m.get("InCall") == "1",
    )


def _gone(m: Message, at: datetime) -> facts.Fact:
    return facts.MemberGone(at, m.get("Queue"), m.get("MemberName"), m.get("Interface"))


def device(m: Message, at: datetime) -> facts.DeviceChanged:
    return facts.DeviceChanged(at, m.get("Device"), m.get("State"))


TABLE: Mapping[str, Maker] = {
    "Newchannel": _opened,
    "Newstate": _state,
    "NewAccountCode": _line,
    "QueueCallerJoin": _queued,
    "QueueCallerLeave": _left,
    "QueueCallerAbandon": _abandoned,
    "AgentCalled": _called,
    "DialState": _dial_state,
    "DialEnd": _dial_end,
    "AgentRingNoAnswer": _missed,
    "AgentConnect": _connected,
    "AgentComplete": _finished,
    "HangupRequest": _hangup_asked,
    "Hangup": _closed,
    "Hold": _held,
    "Unhold": _resumed,
    "UserEvent": _own,
    "BlindTransfer": _blind,
    "AttendedTransfer": _attended,
    "QueueMember": member,
    "QueueMemberAdded": member,
    "QueueMemberPause": member,
    "QueueMemberPenalty": member,
    "QueueMemberRinginuse": member,
    "QueueMemberStatus": member,
    "QueueMemberRemoved": _gone,
    "DeviceStateChange": device,
    "Shutdown": _stopping,
}


def channel(m: Message) -> facts.ChannelSeen:
    """One row of CoreShowChannels."""
    return facts.ChannelSeen(
        linkedid=linkedid(m),
        uniqueid=Uniqueid(m.get("Uniqueid")),
        channel=m.get("Channel"),
        context=m.get("Context"),
        exten=m.get("Exten"),
        state=integer(m.get("ChannelState")),
        caller_number=known(m.get("CallerIDNum")),
        caller_name=_name(m),
        application=m.get("Application"),
        account=m.get("AccountCode"),
        bridge=m.get("BridgeId"),
        seconds=_clock(m.get("Duration")),
    )


def entry(m: Message) -> facts.QueueEntry:
    """One waiting caller of QueueStatus."""
    return facts.QueueEntry(
        Uniqueid(m.get("Uniqueid")),
        m.get("Queue"),
        integer(m.get("Position")),
        integer(m.get("Wait")),
        known(m.get("CallerIDNum")),
        _name(m),
    )


def _clock(text: str) -> int:
    """Convert `01:02:03` to seconds."""
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + (int(part) if part.isdigit() else 0)
    return seconds
