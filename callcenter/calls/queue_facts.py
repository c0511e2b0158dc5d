"""Handles queue facts: callers join and leave, and members change (apps/app_queue.c). Pure."""

from __future__ import annotations

from typing import Final

from callcenter import facts
from callcenter.calls.effects import MembersSeen
from callcenter.calls.floor_state import Effects, FloorState, on


def queued(floor: FloorState, fact: facts.CallerQueued, _: Effects) -> None:
    call = floor.known(fact.linkedid, fact.caller, fact.at)
    call.caller_number = fact.caller_number or call.caller_number
    call.caller_name = fact.caller_name or call.caller_name
    if fact.line:
        floor.belongs(call, fact.line)
    # As in the record: the queue, not the one beside it in which the caller waits now.
    call.queue, call.queued_at = fact.queue.partition(".")[0], call.queued_at or fact.at
    if call.left_queue_at is not None and call.left_queue_at < fact.at:
        # Back in a queue: in between, the dialplan kept the same ringing audible to the caller.
        call.left_queue_at = None
    call.heard_since = call.heard_since or fact.at
    call.limit = floor.rules.limit_of_queue(fact.queue)
    if call.left_queue_at is None or call.left_queue_at < fact.at:
        floor.waiting.joined(fact.queue, fact.caller, fact.at, fact.position)
    floor.touched.add(fact.linkedid)


def left(floor: FloorState, fact: facts.CallerLeftQueue, _: Effects) -> None:
    floor.waiting.left(fact.queue, fact.caller)
    if call := floor.calls.get(fact.linkedid):
        call.left_queue_at = fact.at
        floor.touched.add(fact.linkedid)


def abandoned(floor: FloorState, fact: facts.CallerAbandoned, effects: Effects) -> None:
    if call := floor.calls.get(fact.linkedid):
        call.abandoned_at = fact.at
    left(floor, facts.CallerLeftQueue(fact.at, fact.linkedid, fact.caller, fact.queue), effects)


def member_seen(floor: FloorState, fact: facts.MemberSeen, effects: Effects) -> None:
    if floor.waiting.member(fact):
        effects.append(MembersSeen())


def member_gone(floor: FloorState, fact: facts.MemberGone, effects: Effects) -> None:
    floor.waiting.member_gone(fact.queue, fact.interface)
    effects.append(MembersSeen())


HANDLERS: Final = dict(
    (
        on(facts.CallerQueued, queued),
        on(facts.CallerLeftQueue, left),
        on(facts.CallerAbandoned, abandoned),
        on(facts.MemberSeen, member_seen),
        on(facts.MemberGone, member_gone),
    )
)
