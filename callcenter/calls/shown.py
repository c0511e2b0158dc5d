"""The floor's values as the live feed shows them: plain JSON, RFC 3339 times. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from callcenter.calls.effects import AgentNow, Flag, LinkShown, QueueNow
from callcenter.calls.model import CallRecord, Offer


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def call(record: CallRecord, customer_id: str | None = None) -> dict[str, object]:
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


class FlagShown(TypedDict):
    """A flag as every delta and snapshot shows it, whoever found it."""

    id: str
    clause: str
    policy_version: str
    raised_at: str | None
    call: str
    agent: str | None
    facts: dict[str, Any]
    state: str
    by: str | None
    reason: str | None


def flag(one: Flag, state: str = "raised", by: str | None = None, reason: str | None = None) -> FlagShown:
    return {
        "id": one.id,
        "clause": one.clause,
        "policy_version": one.policy_version,
        "raised_at": instant(one.raised_at),
        "call": one.call,
        "agent": one.agent,
        "facts": dict(one.facts),
        "state": state,
        "by": by,
        "reason": reason,
    }


def flag_audience(one: FlagShown) -> frozenset[str]:
    """Which agents see a flag: the one whom it is about. Leaders see all."""
    return frozenset() if one["agent"] is None else frozenset({one["agent"]})


def duty(lines: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, object]:
    return {line: list(agents) for line, agents in lines}


def link(shown: LinkShown) -> dict[str, object]:
    """`connected` and `rings_watched` are false while the picture is old: the connection lost, or open and silent."""
    state = "live" if shown.connected else "stale" if shown.stale else "lost"
    return {
        "connected": shown.connected,
        "state": state,
        "rings_watched": shown.connected,
        "since": instant(shown.since),
    }


def snapshot(
    calls: Iterable[tuple[CallRecord, str | None]],
    agents: Iterable[AgentNow],
    queues: Iterable[QueueNow],
    lines: tuple[tuple[str, tuple[str, ...]], ...],
    seen: LinkShown,
) -> dict[str, object]:
    """The whole floor as it is now; flags outlive calls and are kept by the feed."""
    return {
        "calls": [call(record, customer_id) for record, customer_id in calls],
        "agents": [agent(one) for one in agents],
        "queues": [queue(one) for one in queues],
        "duty": duty(lines),
        "link": link(seen),
    }
