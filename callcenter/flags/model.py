"""Defines flags and derives them from records. Evidence, not a verdict: a person confirms or annuls it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from callcenter.calls.effects import Flag, flag_of
from callcenter.calls.late_rings import AGENT_LATE_AT, Heard, LateRing, PhoneRing, late_ring_flag, late_rings
from callcenter.calls.model import CallRecord, Direction, HungUpBy, OfferOutcome, Outcome
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.errors import IllegalTransition
from callcenter.facts import CallId

RING: Final = "R1"
HANG_UP: Final = "R5"
NOT_SO: Final = "the records of the PBX do not show that the agent hung up first"
NO_RING: Final = "the records of the PBX show that the phone no longer rang at that instant (R1)"
NOT_HEARD: Final = "the records of the PBX show that the caller no longer heard ringing at that instant (R1)"
ANSWERED_ON: Final = "answered_on_ring"
"""The one fact that a flag gains after it was raised: it is unknown while the phone still rings."""


class FlagState(StrEnum):
    RAISED = "raised"
    CONFIRMED = "confirmed"
    ANNULLED = "annulled"


class FlagEvent(StrEnum):
    CONFIRM = "confirm"
    ANNUL = "annul"


@dataclass(frozen=True, slots=True)
class FlagOnCall:
    """A flag as other rooms read it."""

    id: str
    call: CallId
    agent: str | None
    clause: str
    state: FlagState
    facts: Mapping[str, Any]


TRANSITIONS: Mapping[FlagState, Mapping[FlagEvent, FlagState]] = {
    FlagState.RAISED: {FlagEvent.CONFIRM: FlagState.CONFIRMED, FlagEvent.ANNUL: FlagState.ANNULLED},
    # A confirmed flag may turn out wrong; an annulled one stays annulled.
    FlagState.CONFIRMED: {FlagEvent.ANNUL: FlagState.ANNULLED},
    FlagState.ANNULLED: {},
}


def after(state: FlagState, event: FlagEvent) -> FlagState:
    """Returns the state that an event leads to. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition("flag", state, event, TRANSITIONS[state]) from None


def flags_of(call: CallRecord, book: RuleBook) -> list[Flag]:
    """Returns the flags of a finished call. Ids equal those of the live floor, so that one fact is one flag."""
    name = call.id
    rules, policy_version = book.for_line(call.line), book.policy_version
    flags = [_late(call, name, late, rules, policy_version) for late in _late_rings(call, rules)]
    hung_up = _agent_first(call, name, policy_version)
    return flags if hung_up is None else [*flags, hung_up]


def heard_of(call: CallRecord) -> Heard | None:
    """Returns the ringing that the caller heard: from the queue's start until an agent answered or the caller left."""
    if call.direction is not Direction.INBOUND or call.queued_at is None or call.wait_seconds is None:
        return None
    return Heard(call.queued_at, call.queued_at + timedelta(seconds=call.wait_seconds))


def _late_rings(call: CallRecord, rules: RingRules) -> list[LateRing]:
    """R1 on both sides, as the live floor finds them; ringing that was not observed is no evidence."""
    phones = [
        PhoneRing(offer.leg, offer.agent, offer.phone, offer.ringing_at, offer.ended_at)
        for offer in call.offers
        if offer.ringing_at is not None and offer.ended_at is not None
    ]
    heard = heard_of(call) if rules.hears_ring else None
    return late_rings(heard, phones, rules.limit, rules.cadence, datetime.max.replace(tzinfo=UTC))


def _late(call: CallRecord, name: CallId, late: LateRing, rules: RingRules, version: str) -> Flag:
    flag = late_ring_flag(late, name, call.line, rules.limit, version)
    offer = next((offered for offered in call.offers if late.phone is not None and offered.leg == late.phone.leg), None)
    if offer is None or offer.outcome is not OfferOutcome.ANSWERED or offer.rings is None:
        return flag
    return replace(flag, facts=(*flag.facts, (ANSWERED_ON, offer.rings)))


def _agent_first(call: CallRecord, name: CallId, version: str) -> Flag | None:
    """R5: the agent hung up first.

    Excluded are a transferred call, which its agent handed on to a colleague, and a call that went on to the survey,
    where the agent hangs up so that the caller can answer it.
    """
    first = (
        call.direction is not Direction.INTERNAL
        and call.outcome is Outcome.ANSWERED
        and call.hung_up_by is HungUpBy.AGENT
    )
    handed_on = call.transfers or call.survey_asked_at is not None
    if not first or handed_on or call.ended_at is None:
        return None
    facts = (("hung_up_by", "agent"), ("line", call.line), ("talk_seconds", call.talk_seconds))
    return flag_of(HANG_UP, version, call.ended_at, name, call.agent, facts)


def contradiction(clause: str, raised_at: datetime, facts: Mapping[str, Any], call: CallRecord) -> str | None:
    """Returns why the final record contradicts a flag's evidence; None where it does not.

    A flag of R1 claims that a phone still rang, or that the caller still heard ringing, at an instant. That claim is
    checked, not the rule, so that a changed threshold does not rewrite the past; facts that are unknown to the record
    contradict nothing.
    """
    if clause == HANG_UP:
        return None if _agent_first(call, call.id, "") else NOT_SO
    if clause != RING:
        return None
    if facts.get("side") == "agent":
        return NO_RING if _silent_before(facts.get("leg"), raised_at, call) else None
    heard = heard_of(call)
    return NOT_HEARD if heard is not None and heard.until is not None and heard.until < raised_at else None


def is_callers_alone(facts: Mapping[str, Any], call: CallRecord) -> bool:
    """Whether the record contradicts the phone's side of evidence from both sides."""
    at = facts.get(AGENT_LATE_AT)
    late = datetime.fromisoformat(at) if isinstance(at, str) else None
    return facts.get("side") == "both" and late is not None and _silent_before(facts.get("leg"), late, call)


def _silent_before(leg: object, at: datetime, call: CallRecord) -> bool:
    ended = next((offer.ended_at for offer in call.offers if offer.leg == leg), None)
    return ended is not None and ended < at
