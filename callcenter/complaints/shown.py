"""What the live feed shows of a case: one shape, and one place that publishes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints.model import Case
from callcenter.complaints.parts import Parts
from callcenter.storage.database import after_commit

CASE = "case"


class CaseShown(TypedDict):
    """A case as it is now, and what has just happened to it; what does not belong to the event is null or empty."""

    number: str
    kind: str
    state: str
    severity: str | None
    owner: str | None
    watchers: list[str]
    department: str | None
    due_step: str | None
    due_at: str | None
    event: str
    """A step or deed such as `assess` or `signed`, or a reminder such as `escalated` or `signature_due`."""
    reminder: str | None
    """The event again where it asks people to do something."""
    level: str | None
    """How high the reminder goes (K4)."""
    levels: list[str]
    """All the levels that are asked at once."""
    to: list[str]
    """The person ids that the reminder is for; empty for everybody of its level."""
    place: str | None
    by: str | None
    """Who signed, by name."""
    question: str | None
    referral: str | None


def of_case(
    case: Case,
    event: str,
    *,
    reminder: bool = False,
    level: str | None = None,
    levels: Sequence[str] = (),
    to: Sequence[str] = (),
    place: str | None = None,
    by: str | None = None,
    question: str | None = None,
    referral: str | None = None,
) -> CaseShown:
    return {
        "number": case.number,
        "kind": case.facts.kind,
        "state": case.state,
        "severity": case.facts.severity,
        "owner": case.owner,
        "watchers": sorted(case.watchers),
        "department": case.facts.department or None,
        "due_step": case.due_step,
        "due_at": case.due_at.isoformat().replace("+00:00", "Z") if case.due_at else None,
        "event": event,
        "reminder": event if reminder else None,
        "level": level,
        "levels": list(levels) or ([] if level is None else [level]),
        "to": list(to),
        "place": place,
        "by": by,
        "question": question,
        "referral": referral,
    }


def publish(session: AsyncSession, parts: Parts, shown: CaseShown) -> None:
    """Show the case to those who watch, once the transaction stands."""
    after_commit(session, lambda: parts.publish(CASE, shown))
