"""Computes the month's summary (W4, S4) from the month's logs and the reports of unusual customers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from callcenter.worklog.model import Figures, LogState

COUNTED = ("answered", "outbound", "missed", "late", "talk_seconds", "return_calls")


@dataclass(frozen=True, slots=True)
class DayLog:
    """One log as input to the summary."""

    agent: str
    day: date
    state: LogState
    figures: Figures
    texts: Mapping[str, str]
    shared: bool
    example: bool
    useful: int


def summary_of(
    month: str, logs: Sequence[DayLog], due: Iterable[tuple[str, date]], unusual: Sequence[str]
) -> dict[str, Any]:
    """Totals by agent, days without a log, suggestions, shared logs, unusual customers by kind.

    `due` are the agents' days with a shift; a draft is not yet a log. Figures come from submitted logs alone, so that
    the summary agrees with its logs.
    """
    submitted = [log for log in logs if log.state is LogState.SUBMITTED]
    written = {(log.agent, log.day) for log in submitted}
    missing = sorted(set(due) - written, key=lambda entry: (entry[1], entry[0]))
    agents = sorted({log.agent for log in submitted} | {agent for agent, _ in missing})
    return {
        "month": month,
        "agents": [_agent(entry, [log for log in submitted if log.agent == entry], missing) for entry in agents],
        "totals": _totals(submitted),
        "missing": [{"agent": agent, "day": day.isoformat()} for agent, day in missing],
        "suggestions": _texts(submitted, "suggestions"),
        "difficulties": _texts(submitted, "difficulties"),
        "shared": [
            {"agent": log.agent, "day": log.day.isoformat(), "useful": log.useful, "example": log.example}
            for log in sorted(submitted, key=lambda log: (-log.example, -log.useful, log.day))
            if log.shared
        ],
        "unusual": dict(sorted(Counter(unusual).items())),
    }


def _agent(agent: str, logs: Sequence[DayLog], missing: Sequence[tuple[str, date]]) -> dict[str, Any]:
    without = sum(entry == agent for entry, _ in missing)
    return {"agent": agent, "days": len(logs), "days_without": without, **_totals(logs)}


def _totals(logs: Sequence[DayLog]) -> dict[str, Any]:
    counted = {name: sum(getattr(log.figures, name) for log in logs) for name in COUNTED}
    cases = {number for log in logs for number in log.figures.cases}
    return {**counted, "cases": len(cases)}


def _texts(logs: Sequence[DayLog], section: str) -> list[dict[str, str]]:
    return [
        {"agent": log.agent, "day": log.day.isoformat(), "text": log.texts[section]}
        for log in sorted(logs, key=lambda log: (log.day, log.agent))
        if section in log.texts
    ]
