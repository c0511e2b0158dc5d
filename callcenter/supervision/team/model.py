"""Defines the records of the team. Pure.

A record is a short document of a day that is not changed any more; what has to be done after it is an action with an
owner and a date, open until it is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class RecordKind(StrEnum):
    CHECK = "check"
    """The daily check of one agent: manners, workflow, readiness (S5)."""
    TRAINING = "training"
    """A training with its attendance (S5)."""
    MEETING = "meeting"
    """A meeting with its minutes (S3)."""
    EMERGENCY = "emergency"
    """An emergency with what was used (S5)."""
    FINDING = "finding"
    """A finding about the market, or a customer's suggestion (S4)."""


@dataclass(frozen=True, slots=True)
class ActionDraft:
    text: str
    owner: str
    due: date


@dataclass(frozen=True, slots=True)
class TeamAction:
    """`owner` is who does it, an agent's number or a name; `done_by` is a login."""

    id: str
    record: str
    text: str
    owner: str
    due: date
    done_at: datetime | None
    done_by: str

    def late(self, today: date) -> bool:
        return self.done_at is None and self.due < today


@dataclass(frozen=True, slots=True)
class TeamRecord:
    """`agents` are those concerned: checked, attending or present."""

    id: str
    kind: RecordKind
    day: date
    title: str
    agents: tuple[str, ...]
    body: Mapping[str, Any]
    by: str
    by_name: str
    at: datetime
    actions: tuple[TeamAction, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingSum:
    """How often a subject came up in a month, with the texts."""

    subject: str
    count: int
    texts: tuple[str, ...]


def summed(findings: Iterable[TeamRecord]) -> Sequence[FindingSum]:
    """Findings by subject, the most frequent first."""
    records = list(findings)
    counts = Counter(record.title for record in records)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        FindingSum(subject, count, tuple(record.body["text"] for record in records if record.title == subject))
        for subject, count in ordered
    ]
