"""Composes the screen pop from the live call and what the centre has on file of the caller. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from callcenter.calls.deltas import instant
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.pop.deltas import PopCall, PopCase, PopCustomer, PopDelta, PopReturnCall, PopUnusual

LAST_CALLS: Final = 5


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the centre has on file of a number; `calls` are its newest calls, without the present one or with it."""

    number: str
    at: datetime
    day_began: datetime
    place: str = ""
    customers: Sequence[PopCustomer] = ()
    open_cases: Sequence[PopCase] = ()
    due_return_calls: Sequence[PopReturnCall] = ()
    unusual: Sequence[PopUnusual] = ()
    calls: Sequence[CallRecord] = ()
    member: str = ""
    """The customer whose member number the caller had keyed in when this was read."""


@dataclass(frozen=True, slots=True)
class LineNow:
    """What the agent says first: the line's names, and the language of its callers."""

    names: dict[str, str] = field(default_factory=dict)
    language: str = ""


def number_of(record: CallRecord) -> str:
    """The number by which the other party is known: their own, else the one that they entered."""
    return record.other_number or record.entered_number


def pop_of(record: CallRecord, agent: str, dossier: Dossier, line: LineNow) -> PopDelta:
    """The pop of this call for the agent whose phone rings."""
    earlier = [call for call in dossier.calls if call.id != record.id]
    today = [call for call in earlier if call.direction is Direction.INBOUND and call.arrived_at >= dossier.day_began]
    by = record.identified_by or (
        "number" if record.other_number else "entered_number" if record.entered_number else "none"
    )
    return {
        "call": record.id,
        "agent": agent,
        "number": dossier.number,
        "place": dossier.place,
        "identified_by": by,
        "line": record.line,
        "line_names": line.names,
        "language": line.language,
        "queue": record.queue,
        "queued_at": instant(record.queued_at),
        "path": [
            {"at": instant(step.at), "step": step.step, "keys": step.keys, "result": step.result}
            for step in record.path
        ],
        "customers": list(dossier.customers),
        "open_cases": list(dossier.open_cases),
        "due_return_calls": list(dossier.due_return_calls),
        "unusual": list(dossier.unusual),
        "last_calls": [_call(call) for call in earlier[:LAST_CALLS]],
        "attempts_today": len(today) + (record.direction is Direction.INBOUND),
        "gave_up_today": sum(call.outcome is Outcome.ABANDONED for call in today),
        "as_of": instant(dossier.at),
    }


def _call(call: CallRecord) -> PopCall:
    return {
        "id": call.id,
        "at": instant(call.arrived_at),
        "direction": call.direction,
        "line": call.line,
        "agent": call.agent,
        "outcome": call.outcome,
    }
