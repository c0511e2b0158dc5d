"""Defines the delta `pop` of the live feed and its parts."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.calls.deltas import PathShape
from callcenter.facts import CallId, CaseNumber
from callcenter.web.ports import DeltaKind


class PopCustomer(TypedDict):
    """A customer whom this number may belong to; `people` are the names of those who call from it."""

    id: str
    name: str
    people: list[str]
    company: str
    standing: str
    language: str
    tags: list[str]
    chosen: bool
    """Whether the caller keyed in this customer's member number."""


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
    case: CaseNumber | None
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

    call: CallId
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
