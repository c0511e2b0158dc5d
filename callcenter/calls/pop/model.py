"""Composes the screen pop from the live call and what the centre has on file of the caller. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from typing_extensions import TypedDict

from callcenter.calls.deltas import PathShape, instant
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.web.ports import DeltaKind

LAST_CALLS: Final = 5


class PopCustomer(TypedDict):
    """A customer whom this number may belong to; `people` are the names of those who call from it."""

    id: str
    name: str
    people: list[str]
    company: str
    standing: str
    language: str
    tags: list[str]


class PopCase(TypedDict):
    number: str
    kind: str
    state: str
    severity: str | None
    opened_at: str | None
    what_happened: str
    owner: str | None


class PopCall(TypedDict):
    id: str
    at: str | None
    direction: str
    line: str | None
    agent: str | None
    outcome: str | None


class PopReturnCall(TypedDict):
    id: str
    source: str
    state: str
    due_at: str | None
    promised: bool
    case: str | None
    agent: str | None
    matter: str


class PopUnusual(TypedDict):
    id: str
    kind: str
    text: str


class PopDelta(TypedDict):
    """What to know of a caller before the answer.

    `identified_by` is number, entered_number (the caller's own number is withheld) or none. `attempts_today` counts
    this call; `gave_up_today` those before it that ended without an answer. Open cases and return calls that are due
    come first in the page. `as_of` is when the files were read.
    """

    call: str
    agent: str
    number: str
    place: str
    identified_by: str
    line: str | None
    line_names: dict[str, str]
    language: str
    queue: str | None
    queued_at: str | None
    path: list[PathShape]
    customers: list[PopCustomer]
    open_cases: list[PopCase]
    due_return_calls: list[PopReturnCall]
    unusual: list[PopUnusual]
    last_calls: list[PopCall]
    attempts_today: int
    gave_up_today: int
    as_of: str | None


POP: Final = DeltaKind("pop", PopDelta, "the agent whose phone rings, and leaders")


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
    by = "number" if record.other_number else "entered_number" if record.entered_number else "none"
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
