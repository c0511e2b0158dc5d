"""Counts of call records as SQL: one expression for each count, used by recounts and to fill rollups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import ColumnElement, String, case, cast, func

from callcenter.calls.model import HungUpBy, Outcome
from callcenter.calls.reports.model import Counts, Within
from callcenter.calls.rows import CallRow

COLUMNS: Final = tuple(each.name for each in fields(Counts))
IN_TIME_OF_LINE: Final = "in_time_of_line"
"""By the threshold of the call's own line."""


def counted(within: Within, short_seconds: float) -> dict[str, ColumnElement[Any]]:
    """The expressions by name: those of `Counts`, and that of each line's own threshold."""
    answered, abandoned = CallRow.outcome == Outcome.ANSWERED, CallRow.outcome == Outcome.ABANDONED
    waited, talked = answered & CallRow.wait_seconds.is_not(None), answered & CallRow.talk_seconds.is_not(None)
    held = answered & CallRow.hold_seconds.is_not(None)
    own = ((CallRow.line == line, seconds) for line, seconds in sorted(within.lines.items()))
    threshold: Any = case(*own, else_=within.centre) if within.lines else within.centre
    return {
        "offered": func.count(),
        "answered": _count(answered),
        "in_time": _count(answered & (CallRow.wait_seconds <= within.centre)),
        IN_TIME_OF_LINE: _count(answered & (CallRow.wait_seconds <= threshold)),
        "abandoned": _count(abandoned),
        "abandoned_short": _count(abandoned & (CallRow.wait_seconds < short_seconds)),
        "overflowed": _count(CallRow.outcome == Outcome.OVERFLOWED),
        "callback_requested": _count(CallRow.outcome == Outcome.CALLBACK_REQUESTED),
        "message_left": _count(CallRow.outcome == Outcome.MESSAGE_LEFT),
        "closed": _count(CallRow.outcome == Outcome.CLOSED),
        "failed": _count(CallRow.outcome == Outcome.FAILED),
        "unknown": _count(CallRow.outcome == Outcome.UNKNOWN),
        "in_progress": _count(CallRow.outcome.is_(None)),
        "wait_known": _count(waited),
        "wait_seconds": func.coalesce(func.sum(case((waited, CallRow.wait_seconds))), 0.0),
        "talk_known": _count(talked),
        "talk_seconds": func.coalesce(func.sum(case((talked, CallRow.talk_seconds))), 0.0),
        "ring_known": _count(CallRow.late.is_not(None)),
        "ring_late": _count(CallRow.late.is_(True)),
        "transferred": _count(answered & (cast(CallRow.transfers, String) != "[]")),
        "held": _count(answered & (cast(CallRow.holds, String) != "[]")),
        "hold_known": _count(held),
        "hold_seconds": func.coalesce(func.sum(case((held, CallRow.hold_seconds))), 0.0),
        "agent_first": _count(answered & (CallRow.hung_up_by == HungUpBy.AGENT)),
    }


def counts_of(values: Sequence[Any]) -> Counts:
    """From a row with the columns of `Counts`, in their order."""
    numbers: dict[str, Any] = {}
    for name, value in zip(COLUMNS, values, strict=True):
        # PostgreSQL sums doubles to doubles and counts to integers; SQLite may answer 0 for a sum.
        numbers[name] = float(value) if name.endswith("_seconds") else int(value)
    return Counts(**numbers)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
