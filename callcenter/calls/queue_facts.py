"""Handles queue facts: callers join and leave, and members change (apps/app_queue.c). Pure."""

from __future__ import annotations

from typing import Final

from callcenter import facts
from callcenter.calls.effects import MembersSeen
from callcenter.calls.floor_state import Effects, FloorState, on
from callcenter.calls.live_call import LiveCall
from callcenter.calls.waiting import base_of
from callcenter.facts import GIVEN


def beside(call: LiveCall | None, queue: str) -> str:
    """A caller who was given to an agent still counts as waiting in the line's queue."""
    return f"{call.queue}{queue.removeprefix(GIVEN)}" if call and call.queue and base_of(queue) == GIVEN else queue


def queued(floor: FloorState, fact: facts.CallerQueued, _: Effects) -> None:
    call = floor.known(fact.linkedid, fact.caller, fact.at)
    call.caller_number = fact.caller_number or call.caller_number
    call.caller_name = fact.caller_name or call.caller_name
    if fact.line:
        floor.belongs(call, fact.line)
    # As in the record: the queue, not the one beside it in which the caller waits now.
    if base_of(fact.queue) != GIVEN:
        call.queue = base_of(fact.queue)
    call.queued_at = call.queued_at or fact.at
    call.kept_since, call.kept_by = None, ""
    if call.left_queue_at is not None and call.left_queue_at < fact.at:
        # Back in a queue: in between, the dialplan kept the same ringing audible to the caller.
        call.left_queue_at = None
    call.heard_since = call.heard_since or fact.at
    call.limit = floor.rules.limit_of_queue(call.queue or fact.queue)
    if call.left_queue_at is None or call.left_queue_at < fact.at:
        floor.waiting.joined(beside(call, fact.queue), fact.caller, fact.at, fact.position)
    floor.touched.add(fact.linkedid)


def left(floor: FloorState, fact: facts.CallerLeftQueue, _: Effects) -> None:
    call = floor.calls.get(fact.linkedid)
    floor.waiting.left(beside(call, fact.queue), fact.caller)
    if call is not None:
        call.left_queue_at = fact.at
        floor.touched.add(fact.linkedid)


def abandoned(floor: FloorState, fact: facts.CallerAbandoned, effects: Effects) -> None:
    if call := floor.calls.get(fact.linkedid):
        call.abandoned_at = fact.at
    left(floor, facts.CallerLeftQueue(fact.at, fact.linkedid, fact.caller, fact.queue), effects)


def ordered(floor: FloorState, fact: facts.QueueOrdered, _: Effects) -> None:
    floor.waiting.ordered(fact.queue, fact.callers)


def member_seen(floor: FloorState, fact: facts.MemberSeen, effects: Effects) -> None:
    if base_of(fact.queue) != GIVEN and floor.waiting.member(fact):
        effects.append(MembersSeen())


def member_gone(floor: FloorState, fact: facts.MemberGone, effects: Effects) -> None:
    if base_of(fact.queue) != GIVEN:
        floor.waiting.member_gone(fact.queue, fact.interface)
        effects.append(MembersSeen())


HANDLERS: Final = dict(
    (
        on(facts.CallerQueued, queued),
        on(facts.CallerLeftQueue, left),
        on(facts.CallerAbandoned, abandoned),
        on(facts.QueueOrdered, ordered),
        on(facts.MemberSeen, member_seen),
        on(facts.MemberGone, member_gone),
    )
)
