"""Deadlines, files and digests of complaint cases."""

from __future__ import annotations

from datetime import time

from pydantic import Field, PositiveFloat

from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.section import RetentionSettings as RetentionSettings
from callcenter.settings.section import Section


class ComplaintSettings(Section):
    two_places: bool = False
    """Whether a person may sign a case in two roles (K1); the printed form then shows it."""
    largest_file: int = Field(10_000_000, ge=1)
    """Largest photo or scanned document of a case, in bytes."""
    deadline_hours: dict[str, dict[str, PositiveFloat]] = {
        "minor": {"acknowledge": 8, "investigate": 40, "answer": 40, "close": 24},
        "normal": {"acknowledge": 4, "investigate": 24, "answer": 24, "close": 16},
        "serious": {"acknowledge": 2, "investigate": 12, "answer": 12, "close": 8},
        "critical": {"acknowledge": 0.5, "investigate": 4, "answer": 4, "close": 4},
    }
    """Working hours (`worktime`) for each step by severity, counted from the case's arrival at the step (K4)."""
    warn_after: float = Field(0.75, gt=0, lt=1)
    """The share of a step's time after which its owner is warned."""
    escalate_again_hours: PositiveFloat = 8
    """Working hours after which an overdue step is escalated one level further."""
    reassign: bool = True
    """Reassign a case whose owner is not signed in when a warning is due."""
    digest_at: time = time(8, 30)
    """The time at which the digest of due cases is created on working days (K5)."""
    look_seconds: float = Field(15.0, gt=0)
    evidence_days: int = Field(1095, ge=0)
    """How long recordings of a case are kept after it ends: as long as a claim may be brought."""
