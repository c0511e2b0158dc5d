"""Handles channel facts: channels open, are answered, held, transferred and closed. Pure.

A call's Linkedid is the Uniqueid of its first channel (main/channel.c). Asterisk does not document the order of events,
so a channel may be seen before its call, and its end before its beginning: then it must not count as open.
"""

from __future__ import annotations

from typing import Final

from callcenter import facts
from callcenter.calls.effects import AutoPause, LegWitnessed, MembersSeen, SupervisorSeen
from callcenter.calls.floor_state import Effects, FloorState, on
from callcenter.calls.model import OfferOutcome, Transfer
from callcenter.facts import PHONES, is_phone_code, linkedid_of, supervises


def opened(floor: FloorState, fact: facts.ChannelOpened, _: Effects) -> None:
    if is_phone_code(fact.context, fact.exten):
        return
    if fact.uniqueid == fact.linkedid and fact.linkedid not in floor.calls and not supervises(fact.uniqueid):
        floor.begin(
            fact.linkedid, fact.context, fact.exten, fact.channel, fact.caller_number, fact.caller_name, fact.at
        ).whole = True
    call = floor.calls.get(fact.linkedid)
    if call is not None and fact.uniqueid not in call.closed:
        call.open.add(fact.uniqueid)
        floor.call_of[fact.uniqueid] = fact.linkedid
    root = fact.uniqueid == fact.linkedid and fact.context == PHONES
    if call is None or fact.uniqueid not in call.closed:
        floor.agents.channel_opened(fact.uniqueid, fact.channel, floor.id_of(fact.linkedid), root)
    floor.touched.add(fact.linkedid)


def answered(floor: FloorState, fact: facts.ChannelAnswered, effects: Effects) -> None:
    floor.agents.channel_up(fact.uniqueid)
    if supervises(fact.uniqueid):
        effects.append(SupervisorSeen(fact.uniqueid, fact.at, ended=False))
    call = floor.calls.get(fact.linkedid)
    if call is not None and call.kept_by and floor.agents.is_on(fact.uniqueid, call.kept_by):
        # What follows is the same queue call: it leaves after-call work.
        call.kept_since, call.kept_by = None, ""
        floor.agents.rejoined(fact.uniqueid)
        floor.touched.add(fact.linkedid)
    if call is not None and fact.uniqueid in call.offers:
        call.offers[fact.uniqueid].taken_up(fact.at)
        floor.touched.add(fact.linkedid)
    # The first channel rings only where we called it: the agent's own phone, before the customer's (return calls).
    if call is not None and fact.uniqueid == fact.linkedid and (seen := call.offers.get(fact.uniqueid)):
        seen.connected_at = seen.connected_at or fact.at
        floor.touched.add(fact.linkedid)


def line_entered(floor: FloorState, fact: facts.LineEntered, _: Effects) -> None:
    if call := floor.calls.get(fact.linkedid):
        floor.belongs(call, fact.line)
        floor.touched.add(fact.linkedid)


def hangup_requested(floor: FloorState, fact: facts.HangupRequested, _: Effects) -> None:
    """R5: these requests show who hung up; the Hangup events that follow come for both sides in any order."""
    if supervises(fact.uniqueid):
        return
    if call := floor.calls.get(fact.linkedid):
        call.hangups.setdefault(fact.uniqueid, fact.at)
        floor.touched.add(fact.linkedid)


def closed(floor: FloorState, fact: facts.ChannelClosed, effects: Effects) -> None:
    floor.agents.channel_closed(fact.uniqueid, fact.at)
    if supervises(fact.uniqueid):
        floor.supervised.pop(linkedid_of(fact.uniqueid), None)
        effects.append(SupervisorSeen(fact.uniqueid, fact.at, ended=True))
    # An attended transfer merges two calls, and the Hangup names the merged Linkedid: the channel's own call ends here.
    linkedid = floor.call_of.pop(fact.uniqueid, fact.linkedid)
    call = floor.calls.get(linkedid)
    if call is None:
        return
    # A snapshot that overtakes the Hangup event closes the channel too: a miss is counted once.
    again = fact.uniqueid in call.closed
    call.open.discard(fact.uniqueid)
    call.closed.add(fact.uniqueid)
    call.causes[fact.uniqueid] = fact.cause
    call.held.pop(fact.uniqueid, None)
    call.muted -= {fact.uniqueid}
    call.last_closed_at = max(call.last_closed_at or fact.at, fact.at)
    if seen := call.offers.get(fact.uniqueid):
        seen.cause, seen.ended_at = fact.cause, seen.ended_at or fact.at
        counts = seen.from_queue and not again
        if counts and floor.ring_rule.is_one_too_many(call.offer(seen)):
            effects.append(AutoPause(seen.agent, "missed"))
        elif counts and call.offer(seen).outcome is OfferOutcome.NO_ANSWER:
            # The routing plan puts this agent behind the others before the next phone rings.
            effects.append(MembersSeen())
    if fact.uniqueid == call.caller and call.queue:
        floor.waiting.left(call.queue, call.caller)
    if not call.open and not call.lost:
        call.ended_at = call.last_closed_at
    floor.touched.add(linkedid)


def held(floor: FloorState, fact: facts.ChannelHeld, effects: Effects) -> None:
    effects.append(LegWitnessed(fact.linkedid, fact.uniqueid, fact.at, "held"))
    if call := floor.calls.get(fact.linkedid):
        call.held.setdefault(fact.uniqueid, fact.at)
        floor.touched.add(fact.linkedid)


def resumed(floor: FloorState, fact: facts.ChannelResumed, effects: Effects) -> None:
    effects.append(LegWitnessed(fact.linkedid, fact.uniqueid, fact.at, "resumed"))
    if call := floor.calls.get(fact.linkedid):
        call.held.pop(fact.uniqueid, None)
        floor.touched.add(fact.linkedid)


def muted(floor: FloorState, fact: facts.ChannelMuted, _: Effects) -> None:
    if call := floor.calls.get(fact.linkedid):
        call.muted = call.muted | {fact.uniqueid} if fact.muted else call.muted - {fact.uniqueid}
        floor.touched.add(fact.linkedid)


def caller_kept(floor: FloorState, fact: facts.CallKept, _: Effects) -> None:
    if call := floor.calls.get(fact.linkedid):
        call.kept_since, call.kept_by = fact.at, fact.phone
        floor.touched.add(fact.linkedid)


def transferred(floor: FloorState, fact: facts.CallTransferred, _: Effects) -> None:
    if call := floor.calls.get(fact.linkedid):
        transfer = Transfer(fact.at, fact.kind, fact.by, fact.target)
        if transfer not in call.transfers:
            call.transfers.append(transfer)
        floor.touched.add(fact.linkedid)


HANDLERS: Final = dict(
    (
        on(facts.ChannelOpened, opened),
        on(facts.ChannelAnswered, answered),
        on(facts.LineEntered, line_entered),
        on(facts.HangupRequested, hangup_requested),
        on(facts.ChannelClosed, closed),
        on(facts.ChannelHeld, held),
        on(facts.ChannelResumed, resumed),
        on(facts.ChannelMuted, muted),
        on(facts.CallTransferred, transferred),
        on(facts.CallKept, caller_kept),
    )
)
