"""Handles the centre's own facts, unknown to Asterisk: presence, duty, and the customer of a number. Pure."""

from __future__ import annotations

from typing import Final

from callcenter import facts
from callcenter.calls.effects import CodeDialled, DutyShown
from callcenter.calls.floor_state import Effects, FloorState, on
from callcenter.calls.model import MEMBER, PathStep
from callcenter.calls.paths import LONGEST

PLACED: Final = 200


def presence_changed(floor: FloorState, fact: facts.PresenceChanged, _: Effects) -> None:
    floor.agents.declared(fact)
    floor.ring_rule.back(fact.agent)


def customer_found(floor: FloorState, fact: facts.CustomerFound, _: Effects) -> None:
    call = floor.calls.get(fact.call)
    if call is not None and call.other_number == fact.number:
        # A member number that was keyed in says more than the telephone number.
        if not any(step.result.startswith(MEMBER) for step in call.path):
            call.customer_id = fact.customer_id
        floor.touched.add(fact.call)


def call_placed(floor: FloorState, fact: facts.CallPlaced, _: Effects) -> None:
    if call := floor.calls.get(fact.linkedid):
        floor.place(call, fact)
        floor.touched.add(fact.linkedid)
        return
    floor.placed[fact.linkedid] = fact
    if len(floor.placed) > PLACED:
        # A call that Asterisk refused is never seen.
        floor.placed.pop(next(iter(floor.placed)))


def supervision_placed(floor: FloorState, fact: facts.SupervisionPlaced, _: Effects) -> None:
    floor.supervised[fact.channel] = fact.call
    floor.agents.placed(fact.channel, fact.call)
    if len(floor.supervised) > PLACED:
        floor.supervised.pop(next(iter(floor.supervised)))


def caller_went(floor: FloorState, fact: facts.CallerWent, _: Effects) -> None:
    call = floor.calls.get(fact.call)
    if call is not None and len(call.path) < LONGEST:
        call.path += [PathStep(fact.at, *step) for step in fact.steps]
        for step in call.path:
            if step.result.startswith(MEMBER):
                call.customer_id = facts.CustomerId(step.result[len(MEMBER) :])
        floor.touched.add(fact.call)


def page_seen(floor: FloorState, fact: facts.PageSeen, _: Effects) -> None:
    floor.agents.page_seen(fact.agent, fact.at, can_ring=fact.can_ring, closing=fact.closing)


def wrap_up_changed(floor: FloorState, fact: facts.WrapUpChanged, _: Effects) -> None:
    floor.agents.wrap_up_changed(fact.agent, fact.until)


def after_call_chosen(floor: FloorState, fact: facts.AfterCallChosen, _: Effects) -> None:
    floor.agents.after_call(fact.agent, fact.state, fact.reason)


def agent_restored(floor: FloorState, fact: facts.AgentRestored, _: Effects) -> None:
    floor.agents.restored(fact)


def duty_changed(floor: FloorState, fact: facts.DutyChanged, effects: Effects) -> None:
    floor.duty_known = True
    if fact.duty != floor.duty:
        floor.duty = fact.duty
        effects.append(DutyShown(fact.duty))


def phone_code_dialled(floor: FloorState, fact: facts.PhoneCodeDialled, effects: Effects) -> None:
    effects.append(CodeDialled(floor.agents.agent_of_channel(fact.channel), fact.channel, fact.code))


HANDLERS: Final = dict(
    (
        on(facts.PresenceChanged, presence_changed),
        on(facts.DutyChanged, duty_changed),
        on(facts.WrapUpChanged, wrap_up_changed),
        on(facts.PageSeen, page_seen),
        on(facts.AfterCallChosen, after_call_chosen),
        on(facts.AgentRestored, agent_restored),
        on(facts.CustomerFound, customer_found),
        on(facts.CallerWent, caller_went),
        on(facts.CallPlaced, call_placed),
        on(facts.SupervisionPlaced, supervision_placed),
        on(facts.PhoneCodeDialled, phone_code_dialled),
    )
)
