"""What a flag is and how records give rise to it. Evidence, not a verdict: a person confirms or annuls it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from callcenter.calls import ring
from callcenter.calls.effects import Flag
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Offer, OfferOutcome, Outcome, call_id
from callcenter.calls.record import Rules
from callcenter.errors import IllegalTransition

ANSWERED_ON: Final = "answered_on_ring"
"""The one fact that a flag gains after it was raised: nobody knows it while the phone still rings."""


class FlagState(StrEnum):
    RAISED = "raised"
    CONFIRMED = "confirmed"
    ANNULLED = "annulled"


class FlagEvent(StrEnum):
    CONFIRM = "confirm"
    ANNUL = "annul"


TRANSITIONS: Mapping[FlagState, Mapping[FlagEvent, FlagState]] = {
    FlagState.RAISED: {FlagEvent.CONFIRM: FlagState.CONFIRMED, FlagEvent.ANNUL: FlagState.ANNULLED},
    # A confirmed flag may turn out wrong; an annulled one stays annulled.
    FlagState.CONFIRMED: {FlagEvent.ANNUL: FlagState.ANNULLED},
    FlagState.ANNULLED: {},
}


def after(state: FlagState, event: FlagEvent) -> FlagState:
    """The state that an event leads to. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition("flag", state, event, TRANSITIONS[state]) from None


def flags_of(call: CallRecord, rules: Rules, policy_version: str) -> list[Flag]:
    """The flags of a finished call. Their ids are those that the live floor gives, so that one fact is one flag."""
    name = call_id(call.pbx, call.linkedid)
    rules = rules.for_line(call.line)
    found = [_late(call, name, one, rules, policy_version) for one in call.offers]
    found.append(_caller_waited(call, name, rules, policy_version))
    found.append(_agent_first(call, name, policy_version))
    return [one for one in found if one is not None]


def _late(call: CallRecord, name: str, offer: Offer, rules: Rules, version: str) -> Flag | None:
    """R1 on the agent's side: the phone rang to the end of the last allowed tone, whatever happened then."""
    if offer.ringing_at is None or offer.ended_at is None or offer.outcome is OfferOutcome.ANSWERED_ELSEWHERE:
        return None
    at = ring.late_at(offer.ringing_at, rules.limit, rules.cadence)
    if offer.ended_at < at:
        return None
    facts = (("side", "agent"), ("line", call.line), ("ring_limit", rules.limit))
    phone = (("phone", offer.phone), ("leg", offer.leg))
    answered = offer.outcome is OfferOutcome.ANSWERED
    on_ring = ((ANSWERED_ON, offer.rings),) if answered and offer.rings is not None else ()
    return Flag(f"R1:{name}:{offer.leg}", "R1", version, at, name, offer.agent, (*facts, *phone, *on_ring))


def _caller_waited(call: CallRecord, name: str, rules: Rules, version: str) -> Flag | None:
    """R1 on the caller's side: counted from the first ring that the caller heard; on a return call none did."""
    if call.direction is not Direction.INBOUND:
        return None
    first = min((one.ringing_at for one in call.offers if one.ringing_at is not None), default=None)
    end = call.answered_at or call.ended_at
    if first is None or end is None or end < (at := ring.late_at(first, rules.limit, rules.cadence)):
        return None
    facts = (("side", "caller"), ("line", call.line), ("ring_limit", rules.limit), ("phone", None), ("leg", None))
    return Flag(f"R1:{name}:caller", "R1", version, at, name, None, facts)


def _agent_first(call: CallRecord, name: str, version: str) -> Flag | None:
    """R5: the agent hung up first. A transferred call is left out: the agent handed it on."""
    first = call.outcome is Outcome.ANSWERED and call.hung_up_by is HungUpBy.AGENT
    if not first or call.transfers or call.ended_at is None:
        return None
    facts = (("hung_up_by", "agent"), ("line", call.line), ("talk_seconds", call.talk_seconds))
    return Flag(f"R5:{name}", "R5", version, call.ended_at, name, call.agent, facts)
