"""Defines an agent's daily work log (W4): counted figures, the agent's texts, who may see it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from callcenter.errors import Conflict, Forbidden, IllegalTransition, Invalid, NotFound

TEXT_LIMIT: Final = 4000
SECTIONS: Final = ("done", "learned", "difficulties", "suggestions", "left_over")
"""The sections an agent writes: done, learned, hard; suggestions, also customers' (S4); what is left for tomorrow."""
MOST_LISTED: Final = 500
"""Calls of one day that are listed; all are counted."""


class LogState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"


class LogEvent(StrEnum):
    SUBMIT = "submit"
    REOPEN = "reopen"


TRANSITIONS: Final[dict[LogState, dict[LogEvent, LogState]]] = {
    LogState.DRAFT: {LogEvent.SUBMIT: LogState.SUBMITTED},
    LogState.SUBMITTED: {LogEvent.REOPEN: LogState.DRAFT},
}


class UnknownLog(NotFound):
    code = "work_log_not_found"


class BadLog(Invalid):
    code = "bad_work_log"


class LogClosed(Conflict):
    """A submitted log stays as it is; a supervisor may reopen it."""

    code = "work_log_submitted"


class NotYourLog(Forbidden):
    code = "not_your_work_log"


@dataclass(frozen=True, slots=True)
class CallNote:
    """A call of the day as the log lists it; seconds of talk time."""

    id: str
    at: datetime
    direction: str
    number: str
    outcome: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The recorded figures of an agent's day; counts, seconds, numbers of cases."""

    answered: int = 0
    outbound: int = 0
    missed: int = 0
    late: int = 0
    talk_seconds: float = 0.0
    return_calls: int = 0
    cases: tuple[str, ...] = ()
    calls: tuple[CallNote, ...] = ()


def after(state: LogState, event: LogEvent) -> LogState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("work log", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]


def check_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """The sections that are not empty; raises BadLog."""
    for name, text in texts.items():
        if name not in SECTIONS:
            known = ", ".join(SECTIONS)
            raise BadLog(f"there are the sections {known}", field=name[:40], known=known)
        if len(text) > TEXT_LIMIT or "\0" in text:
            raise BadLog(f"a section has {TEXT_LIMIT} characters at most", field=name, longest=TEXT_LIMIT)
    return {name: texts[name].strip() for name in SECTIONS if texts.get(name, "").strip()}


def span_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first instants of the day and the next day at the centre; 23 or 25 hours apart at a clock change."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def month_of(text: str) -> tuple[date, date]:
    """The first day of a month such as 2026-11 and of the next one; raises BadLog."""
    try:
        first = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone.
    except ValueError:
        raise BadLog("a month looks like 2026-11", field="month") from None
    return first, (first + timedelta(days=32)).replace(day=1)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def plain(figures: Figures) -> dict[str, Any]:
    """The figures as JSON, as stored when a log is submitted."""
    calls = [
        {
            "id": call.id,
            "at": call.at.isoformat(),
            "direction": call.direction,
            "number": call.number,
            "outcome": call.outcome,
            "seconds": call.seconds,
        }
        for call in figures.calls
    ]
    names = ("answered", "outbound", "missed", "late", "talk_seconds", "return_calls")
    return {**{name: getattr(figures, name) for name in names}, "cases": list(figures.cases), "calls": calls}


def figures_of(stored: Mapping[str, Any]) -> Figures:
    """The figures as stored."""
    calls = tuple(CallNote(**{**entry, "at": datetime.fromisoformat(entry["at"])}) for entry in stored["calls"])
    return Figures(**{**stored, "cases": tuple(stored["cases"]), "calls": calls})
