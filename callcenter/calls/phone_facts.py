"""Handles facts of agents' phones: they are called, ring, answer or stay silent, and talk. Pure.

app_queue reports when it calls a phone and when the two talk; only the dial itself reports that the phone rings and why
it stopped. Either may come first, so each handler creates the offer or completes it.
"""

from __future__ import annotations

from typing import Final

from callcenter import facts
from callcenter.calls.effects import AgentOffered, LegWitnessed
from callcenter.calls.floor_state import Effects, FloorState, on
from callcenter.calls.live_call import leg_of
from callcenter.calls.model import Direction
from callcenter.calls.waiting import base_of
from callcenter.facts import GIVEN


def called(floor: FloorState, fact: facts.PhoneCalled, effects: Effects) -> None:
    call = floor.known(fact.linkedid, fact.caller, fact.at)
    seen = floor.offer(call, fact.leg, fact.at)
    if not seen.agent:
        effects.append(AgentOffered(fact.linkedid, fact.agent))
    queue = call.queue or "" if base_of(fact.queue) == GIVEN else fact.queue
    seen.agent, seen.queue, seen.offered_at = fact.agent, queue, min(fact.at, seen.offered_at)
    seen.phone, seen.from_queue = fact.interface.partition("/")[2], True
    floor.touched.add(fact.linkedid)


def rang(floor: FloorState, fact: facts.PhoneRang, effects: Effects) -> None:
    call = floor.calls.get(fact.linkedid)
    floor.agents.channel_rang(fact.leg)
    ours = fact.leg == fact.linkedid
    if call is None or not (ours or call.direction is Direction.INBOUND):
        return
    seen = floor.offer(call, fact.leg, fact.at)
    if ours and call.agent:
        seen.agent, seen.phone = call.agent, floor.agents.phone_of(call.agent)
    elif not seen.agent and (owner := floor.agents.owner_of(fact.leg)):
        # No queue calls this phone: a colleague passes the caller on, or a caller who was passed on comes back.
        seen.agent, seen.phone = owner, floor.agents.phone_of(owner)
        effects.append(AgentOffered(fact.linkedid, owner))
    if seen.rang_at is None:
        seen.rang_at = fact.at
        effects.append(LegWitnessed(fact.linkedid, fact.leg, fact.at))
        floor.touched.add(fact.linkedid)


def dial_ended(floor: FloorState, fact: facts.DialEnded, _: Effects) -> None:
    if (call := floor.calls.get(fact.linkedid)) and (seen := call.offers.get(fact.leg)):
        seen.status = fact.status
        if fact.status == "ANSWER":
            seen.taken_up(fact.at)
        else:
            seen.ended_at = seen.ended_at or fact.at
        floor.touched.add(fact.linkedid)


def missed(floor: FloorState, fact: facts.PhoneMissed, _: Effects) -> None:
    if (call := floor.calls.get(fact.linkedid)) and (seen := call.offers.get(fact.leg)):
        seen.gave_up = seen.from_queue = True
        seen.ended_at = seen.ended_at or fact.at
        floor.touched.add(fact.linkedid)


def connected(floor: FloorState, fact: facts.AgentConnected, _: Effects) -> None:
    call = floor.known(fact.linkedid, fact.caller, fact.at)
    seen = floor.offer(call, fact.leg, fact.at)
    seen.agent, seen.connected_at = fact.agent, fact.at
    seen.taken_up(fact.at)
    call.answered_at, call.agent, call.agent_leg = call.answered_at or fact.at, fact.agent, fact.leg
    if fact.leg not in call.closed:
        floor.agents.connected(fact.agent, fact.leg, floor.id_of(fact.linkedid))
    floor.ring_rule.answered(fact.agent)
    floor.touched.add(fact.linkedid)


def finished(floor: FloorState, fact: facts.AgentFinished, _: Effects) -> None:
    linkedid = fact.linkedid or floor.call_of.get(fact.leg)
    if linkedid is not None and (call := floor.calls.get(linkedid)):
        call.finished = fact.reason
        floor.touched.add(linkedid)
    floor.agents.finished(fact.agent, fact.leg or leg_of(floor.calls.values(), fact.agent), fact.at)


def device_changed(floor: FloorState, fact: facts.DeviceChanged, _: Effects) -> None:
    floor.agents.device(fact.device, fact.state)


HANDLERS: Final = dict(
    (
        on(facts.PhoneCalled, called),
        on(facts.PhoneRang, rang),
        on(facts.DialEnded, dial_ended),
        on(facts.PhoneMissed, missed),
        on(facts.AgentConnected, connected),
        on(facts.AgentFinished, finished),
        on(facts.DeviceChanged, device_changed),
    )
)
