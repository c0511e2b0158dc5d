"""Handles facts of the link to Asterisk: snapshots, silence, breaks, and Asterisk's shutdown. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from callcenter import facts
from callcenter.calls.effects import FloorCompared, LinkShown, MembersSeen, PbxSeen, SupervisorFound, SupervisorSeen
from callcenter.calls.endings import STOPPING
from callcenter.calls.floor_state import INBOUND, Effects, FloorState, on
from callcenter.calls.live_call import LiveCall
from callcenter.calls.queue_facts import beside
from callcenter.calls.waiting import base_of
from callcenter.facts import GIVEN, PHONES, is_phone_code, linkedid_of, supervises

UP: Final = 6
"""Asterisk's channel state of an answered channel (AST_STATE_UP, include/asterisk/channelstate.h)."""


def snapshot(floor: FloorState, fact: facts.FloorSeen, effects: Effects) -> None:
    """Replace the calls: missing ones end with an unknown end (`lost`), and unknown ones are added."""
    fact = replace(fact, channels=tuple(c for c in fact.channels if not is_phone_code(c.context, c.exten)))
    alive = {channel.uniqueid for channel in fact.channels}
    for call in floor.calls.values():
        if call.ended_at is None and (fact.restarted or not call.open & alive):
            call.ended_at, call.lost = fact.at, True
            floor.touched.add(call.linkedid)
        elif call.ended_at is None:
            call.open &= alive
            _end_unwatched_rings(floor, call, fact)
    for channel in fact.channels:
        arrived = fact.at - timedelta(seconds=channel.seconds)
        if supervises(channel.linkedid):
            continue
        if channel.linkedid not in floor.calls and channel.uniqueid == channel.linkedid:
            ours = channel.context.startswith("cc-") and channel.context != PHONES
            call = floor.begin(
                channel.linkedid,
                INBOUND if ours else channel.context,
                channel.exten,
                channel.channel,
                channel.caller_number,
                channel.caller_name,
                arrived,
            )
            call.line = channel.account or None
        if known := floor.calls.get(channel.linkedid):
            known.open.add(channel.uniqueid)
            floor.call_of[channel.uniqueid] = channel.linkedid
        floor.touched.add(channel.linkedid)
    _place_in_queues(floor, fact)
    names = {channel.linkedid: floor.id_of(channel.linkedid) for channel in fact.channels}
    floor.agents.seen(fact.channels, fact.devices, names, fact.at)
    floor.link = LinkShown(True, fact.at)
    living = frozenset(channel.linkedid for channel in fact.channels)
    for linkedid in [linkedid for linkedid in floor.supervised if linkedid not in alive]:
        effects.append(SupervisorSeen(linkedid, fact.at, ended=True))
        del floor.supervised[linkedid]
    effects += [
        SupervisorFound(channel.uniqueid, fact.at)
        for channel in fact.channels
        if supervises(channel.uniqueid) and linkedid_of(channel.uniqueid) not in floor.supervised
    ]
    floor.compared_at = fact.at
    effects += [floor.link, MembersSeen(), FloorCompared(living, fact.at)]


def _end_unwatched_rings(floor: FloorState, call: LiveCall, fact: facts.FloorSeen) -> None:
    """A phone that rang and is now up or gone stopped ringing at an instant that only the files record."""
    ringing = {channel.uniqueid for channel in fact.channels if channel.state != UP}
    for seen in call.offers.values():
        over = (seen.up_at, seen.connected_at, seen.ended_at) != (None, None, None)
        if seen.rang_at is not None and not over and seen.leg not in ringing:
            seen.unseen = True


def _place_in_queues(floor: FloorState, fact: facts.FloorSeen) -> None:
    entries = tuple(replace(entry, queue=beside(_call_of(floor, entry), entry.queue)) for entry in fact.entries)
    floor.waiting.replace(
        replace(
            fact,
            entries=tuple(entry for entry in entries if base_of(entry.queue) != GIVEN),
            queues=tuple(queue for queue in fact.queues if base_of(queue) != GIVEN),
            members=tuple(member for member in fact.members if base_of(member.queue) != GIVEN),
        )
    )
    for entry in entries:
        call = _call_of(floor, entry)
        if call is not None and call.queued_at is None:
            call.queue, call.queued_at = entry.queue, fact.at - timedelta(seconds=entry.waited_seconds)
            call.heard_since = call.queued_at


def _call_of(floor: FloorState, entry: facts.QueueEntry) -> LiveCall | None:
    linkedid = floor.call_of.get(entry.caller)
    return None if linkedid is None else floor.calls.get(linkedid)


def lost(floor: FloorState, fact: facts.LinkLost, effects: Effects) -> None:
    # A link that fell silent before it broke proves nothing about the time in between.
    seen = floor.link.since if floor.link.stale and floor.link.since else fact.at
    floor.link = LinkShown(False, fact.at)
    for call in floor.calls.values():
        call.whole = call.whole and call.ended_at is not None
    effects += [floor.link, PbxSeen(seen, "seen")]


def stopping(floor: FloorState, fact: facts.PbxStopping, effects: Effects) -> None:
    """Calls that ended just now without a hang-up request were ended by Asterisk's shutdown."""
    for call in floor.calls.values():
        if call.ended_at is not None and not call.hangups and fact.at - call.ended_at <= STOPPING:
            call.stopped = True
            floor.touched.add(call.linkedid)
    effects.append(PbxSeen(fact.at, "stopped"))


def stale(floor: FloorState, fact: facts.LinkStale, effects: Effects) -> None:
    floor.link = LinkShown(False, fact.at, stale=True)
    effects.append(floor.link)


def proven(floor: FloorState, fact: facts.LinkProven, effects: Effects) -> None:
    if floor.link.stale:
        floor.link = LinkShown(True, fact.at)
        effects.append(floor.link)


HANDLERS: Final = dict(
    (
        on(facts.FloorSeen, snapshot),
        on(facts.LinkLost, lost),
        on(facts.LinkStale, stale),
        on(facts.LinkProven, proven),
        on(facts.PbxStopping, stopping),
    )
)
