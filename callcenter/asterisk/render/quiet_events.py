"""Renders the filters of the events login: Asterisk does not send what nothing here reads (decision 0293). Pure."""

from __future__ import annotations

EXCLUDED_EVENTS = (
    "VarSet",
    "Newexten",
    "NewConnectedLine",
    "RTCPSent",
    "RTCPReceived",
    "CEL",
    "Cdr",
    "ChannelTalkingStart",
    "ChannelTalkingStop",
    "ContactStatus",
    "SuccessfulAuth",
    "ChallengeSent",
    "BridgeCreate",
    "BridgeDestroy",
    "MusicOnHoldStart",
    "MusicOnHoldStop",
    "LocalBridge",
    "NewCallerid",
    "DialBegin",
    "SoftHangupRequest",
    "TestEvent",
    "BridgeEnter",
    "BridgeLeave",
    "ExtensionStatus",
    "PresenceStatus",
    "PeerStatus",
    "HangupHandlerPush",
    "HangupHandlerPop",
    "HangupHandlerRun",
    "MixMonitorStart",
    "MixMonitorStop",
    "MixMonitorMute",
    "LocalOptimizationBegin",
    "LocalOptimizationEnd",
    "DTMFBegin",
    "DTMFEnd",
    "MessageWaiting",
    "SessionTimeout",
)
"""Events that nothing here reads: each costs Asterisk the writing and the service the reading."""

QUIET_DEVICES = ("Queue:", "MWI:", "confbridge:")
"""Beginnings of device names whose states nothing here reads; a queue changes its own four times in each call."""

TWO_IN_ONE = "[[:cntrl:]][[:cntrl:]][[:cntrl:]][[:cntrl:]]."
"""Matches an empty line with text after it inside one Asterisk event: a caller's number may hold line ends.

We would receive such an event as two, the second with caller-supplied text, so it is not sent at all (a POSIX regular
expression over the whole event, main/manager.c). Empty values do not match: `Header: ` ends in a blank.
"""


def event_filters() -> str:
    filters = [f"eventfilter(action(exclude),name({name})) =" for name in EXCLUDED_EVENTS]
    by_device = "eventfilter(action(exclude),name(DeviceStateChange),header(Device),method(starts_with))"
    filters += [f"{by_device} = {device}" for device in QUIET_DEVICES]
    filters.append(f"eventfilter(action(exclude),method(regex)) = {TWO_IN_ONE}")
    return "".join(f"{line}\n" for line in filters)
