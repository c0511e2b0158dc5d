"""The floor's values as the live feed shows them: plain JSON, RFC 3339 times. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from callcenter.calls.effects import AgentNow, Flag, LinkShown, QueueNow
from callcenter.calls.model import CallRecord, Offer, call_id


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def call(record: CallRecord) -> dict[str, object]:
    return {
        "id": call_id(record.pbx, record.linkedid),
        "linkedid": record.linkedid,
        "direction": record.direction,
        "line": record.line,
        "queue": record.queue,
        "caller_number": record.caller_number,
        "caller_name": record.caller_name,
        "called_number": record.called_number,
        "customer": None,
        "arrived_at": instant(record.arrived_at),
        "queued_at": instant(record.queued_at),
        "answered_at": instant(record.answered_at),
        "ended_at": instant(record.ended_at),
        "outcome": record.outcome,
        "agent": record.agent,
        "hung_up_by": record.hung_up_by,
        "late": record.late,
        "offers": [offer(one) for one in record.offers],
    }


def offer(one: Offer) -> dict[str, object]:
    return {
        "agent": one.agent,
        "phone": one.phone,
        "offered_at": instant(one.offered_at),
        "ringing_at": instant(one.ringing_at),
        "ended_at": instant(one.ended_at),
        "rings": one.rings,
        "late": one.late,
        "outcome": one.outcome,
    }


def agent(now: AgentNow) -> dict[str, object]:
    return {
        "number": now.number,
        "name": now.name,
        "phone": now.phone,
        "state": now.state,
        "reason": now.reason,
        "since": instant(now.since),
        "call": now.call,
        "reachable": now.reachable,
    }


def queue(now: QueueNow) -> dict[str, object]:
    return {
        "code": now.code,
        "waiting": now.waiting,
        "longest_since": instant(now.longest_since),
        "agents_free": now.agents_free,
    }


def flag(one: Flag) -> dict[str, object]:
    return {
        "id": one.id,
        "clause": one.clause,
        "policy_version": one.policy_version,
        "raised_at": instant(one.raised_at),
        "call": one.call,
        "agent": one.agent,
        "facts": dict(one.facts),
        "state": "raised",
    }


def duty(lines: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, object]:
    return {line: list(agents) for line, agents in lines}


def link(shown: LinkShown) -> dict[str, object]:
    return {"connected": shown.connected, "since": instant(shown.since)}


def snapshot(
    calls: Iterable[CallRecord],
    agents: Iterable[AgentNow],
    queues: Iterable[QueueNow],
    flags: Iterable[Flag],
    lines: tuple[tuple[str, tuple[str, ...]], ...],
    seen: LinkShown,
) -> dict[str, object]:
    """The whole floor."""
    return {
        "calls": [call(one) for one in calls],
        "agents": [agent(one) for one in agents],
        "queues": [queue(one) for one in queues],
        "flags": [flag(one) for one in flags],
        "duty": duty(lines),
        "link": link(seen),
    }
