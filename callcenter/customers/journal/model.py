"""Defines dated entries of a customer's file: notes, visits to large buyers, enrolments of members (S6, W5). Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition, Invalid, NotFound

TEXT_LIMIT: Final = 4000
LATEST_ZONE: Final = timedelta(hours=12)
"""How far the westernmost time zone is behind UTC."""


class EntryKind(StrEnum):
    NOTE = "note"
    VISIT = "visit"
    ENROLMENT = "enrolment"


class EntryState(StrEnum):
    """A note is written and has no further states; a visit or an enrolment is planned first, or recorded when done."""

    WRITTEN = "written"
    PLANNED = "planned"
    DONE = "done"
    DROPPED = "dropped"


class EntryEvent(StrEnum):
    DO = "do"
    DROP = "drop"
    MOVE = "move"


TRANSITIONS: Final[dict[EntryState, dict[EntryEvent, EntryState]]] = {
    EntryState.PLANNED: {
        EntryEvent.DO: EntryState.DONE,
        EntryEvent.DROP: EntryState.DROPPED,
        EntryEvent.MOVE: EntryState.PLANNED,
    },
    EntryState.DONE: {},
    EntryState.DROPPED: {},
}
"""Of a visit or an enrolment; a note is written and stays."""


class UnknownEntry(NotFound):
    code = "customer_entry_not_found"


class BadEntry(Invalid):
    code = "bad_customer_entry"


class PlanInThePast(Invalid):
    """A visit or an enrolment cannot be planned for a past day."""

    code = "plan_in_the_past"


def check_day(planned_for: date | None, now: datetime) -> None:
    """Raises PlanInThePast. A day is past once it is past in every time zone: the plan may be made anywhere."""
    if planned_for is not None and planned_for < (now - LATEST_ZONE).date():
        raise PlanInThePast("nothing is planned for a day that is over", planned_for=planned_for.isoformat())


def after(state: EntryState, event: EntryEvent) -> EntryState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS.get(state, {}):
        raise IllegalTransition("customer entry", state.value, event.value, TRANSITIONS.get(state, {}))
    return TRANSITIONS[state][event]


def check_text(text: str, field: str = "text") -> str:
    """Raises BadEntry."""
    if not text.strip() or len(text) > TEXT_LIMIT or "\0" in text:
        raise BadEntry(f"write 1 to {TEXT_LIMIT} characters", field=field, longest=TEXT_LIMIT)
    return text.strip()


def first_state(kind: EntryKind, *, planned: bool) -> EntryState:
    """The state of a new entry. Raises BadEntry: a note cannot be planned."""
    if kind is EntryKind.NOTE:
        if planned:
            raise BadEntry("a note has no day; plan a visit or an enrolment", field="planned_for")
        return EntryState.WRITTEN
    return EntryState.PLANNED if planned else EntryState.DONE
