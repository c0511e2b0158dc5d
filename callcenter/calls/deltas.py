"""Converts the floor's values for the live feed: plain JSON, RFC 3339 times. Pure.

A snapshot consists of the same shapes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from typing_extensions import TypedDict

from callcenter.calls.effects import AgentNow, Duty, Flag, FloorNow, LinkShown, QueueNow
from callcenter.calls.model import CallRecord, Offer
from callcenter.facts import CallId, CustomerId
from callcenter.web.ports import DeltaKind


class OfferNow(TypedDict):
    agent: str
    phone: str
    offered_at: str | None
    ringing_at: str | None
    ended_at: str | None
    rings: int | None
    late: bool | None
    outcome: str | None


class PathShape(TypedDict):
    """A step of the caller's path through the line's flow."""

    at: str | None
    step: str
    keys: str
    result: str


class CallDelta(TypedDict):
    id: str
    linkedid: str
    direction: str
    line: str | None
    queue: str | None
    caller_number: str
    caller_name: str
    called_number: str
    customer_id: CustomerId | None
    arrived_at: str | None
    queued_at: str | None
    answered_at: str | None
    ended_at: str | None
    outcome: str | None
    agent: str | None
    hung_up_by: str | None
    late: bool | None
    held_since: str | None
    muted: bool
    kept_since: str | None
    offers: list[OfferNow]
    path: list[PathShape]


class PhoneCallShape(TypedDict):
    """A call of an agent's phone: `ringing`, `talking` (on hold as well), or `supervising`."""

    call: CallId
    state: str


class AgentDelta(TypedDict):
    number: str
    name: str
    phone: str
    state: str
    reason: str
    since: str | None
    call: CallId | None
    reachable: bool
    wrap_up_until: str | None
    page: str
    set_by: str
    after_call: str
    after_reason: str
    calls: list[PhoneCallShape]


class QueueDelta(TypedDict):
    code: str
    waiting: int
    longest_since: str | None
    agents_free: int
    next: list[CallId]


class FlagDelta(TypedDict):
    id: str
    clause: str
    policy_version: str
    raised_at: str | None
    call: CallId
    agent: str | None
    facts: dict[str, Any]
    state: str
    by: str | None
    reason: str | None


class LinkDelta(TypedDict):
    """`connected` and `rings_watched` are false while the picture is outdated: connection lost, or open and silent."""

    connected: bool
    state: str
    rings_watched: bool
    since: str | None


DutyDelta = dict[str, list[str]]
"""The agents on duty, by queue."""

CALL: Final = DeltaKind(
    "call",
    CallDelta,
    "everyone; full number, name and file only for leaders and for the agents who are on the call or were offered it",
)
AGENT: Final = DeltaKind("agent", AgentDelta, "everyone")
QUEUE: Final = DeltaKind("queue", QueueDelta, "everyone")
FLAG: Final = DeltaKind(
    "flag", FlagDelta, "the agent concerned, and leaders; wallboards see R1 flags without the agent"
)
DUTY: Final = DeltaKind("duty", DutyDelta, "everyone")
LINK: Final = DeltaKind("link", LinkDelta, "everyone")


class Snapshot(TypedDict):
    """The whole floor; flags outlive calls and are kept by the feed."""

    calls: list[CallDelta]
    agents: list[AgentDelta]
    queues: list[QueueDelta]
    duty: DutyDelta
    link: LinkDelta


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def call(
    record: CallRecord,
    customer_id: CustomerId | None = None,
    held_since: datetime | None = None,
    muted: bool = False,
    kept_since: datetime | None = None,
) -> CallDelta:
    return {
        "id": record.id,
        "linkedid": record.linkedid,
        "direction": record.direction,
        "line": record.line,
        "queue": record.queue,
        "caller_number": record.caller_number,
        "caller_name": record.caller_name,
        "called_number": record.called_number,
        "customer_id": customer_id,
        "arrived_at": instant(record.arrived_at),
        "queued_at": instant(record.queued_at),
        "answered_at": instant(record.answered_at),
        "ended_at": instant(record.ended_at),
        "outcome": record.outcome,
        "agent": record.agent,
        "hung_up_by": record.hung_up_by,
        "late": record.late,
        "held_since": instant(held_since),
        "muted": muted,
        "kept_since": instant(kept_since),
        "offers": [_offer(offer) for offer in record.offers],
        "path": [
            {"at": instant(step.at), "step": step.step, "keys": step.keys, "result": step.result}
            for step in record.path
        ],
    }


def _offer(offer: Offer) -> OfferNow:
    return {
        "agent": offer.agent,
        "phone": offer.phone,
        "offered_at": instant(offer.offered_at),
        "ringing_at": instant(offer.ringing_at),
        "ended_at": instant(offer.ended_at),
        "rings": offer.rings,
        "late": offer.late,
        "outcome": offer.outcome,
    }


def agent(now: AgentNow) -> AgentDelta:
    return {
        "number": now.number,
        "name": now.name,
        "phone": now.phone,
        "state": now.state,
        "reason": now.reason,
        "since": instant(now.since),
        "call": now.call,
        "reachable": now.reachable,
        "wrap_up_until": instant(now.wrap_up_until),
        "page": now.page,
        "set_by": now.set_by,
        "after_call": now.after_call,
        "after_reason": now.after_reason,
        "calls": [{"call": each.call, "state": each.state} for each in now.calls],
    }


def queue(now: QueueNow) -> QueueDelta:
    return {
        "code": now.code,
        "waiting": now.waiting,
        "longest_since": instant(now.longest_since),
        "agents_free": now.agents_free,
        "next": list(now.next),
    }


def flag(flag: Flag, state: str = "raised", by: str | None = None, reason: str | None = None) -> FlagDelta:
    """The only constructor of the delta `flag`, for the floor and for the flag service."""
    return {
        "id": flag.id,
        "clause": flag.clause,
        "policy_version": flag.policy_version,
        "raised_at": instant(flag.raised_at),
        "call": flag.call,
        "agent": flag.agent,
        "facts": dict(flag.facts),
        "state": state,
        "by": by,
        "reason": reason,
    }


def flag_audience(flag: FlagDelta) -> frozenset[str]:
    """The agents who see a flag: the one it names. Leaders see all."""
    return frozenset() if flag["agent"] is None else frozenset({flag["agent"]})


def duty(lines: Duty) -> DutyDelta:
    return {line: list(agents) for line, agents in lines}


def link(link: LinkShown) -> LinkDelta:
    return {
        "connected": link.connected,
        "state": "live" if link.connected else "stale" if link.stale else "lost",
        "rings_watched": link.connected,
        "since": instant(link.since),
    }


def snapshot(floor: FloorNow) -> Snapshot:
    return {
        "calls": [
            call(seen.record, seen.customer_id, seen.held_since, seen.muted, seen.kept_since) for seen in floor.calls
        ],
        "agents": [agent(now) for now in floor.agents],
        "queues": [queue(now) for now in floor.queues],
        "duty": duty(floor.duty),
        "link": link(floor.link),
    }
