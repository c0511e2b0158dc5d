"""Shared parts of the complaints room's services, and a person's level (K4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.clock import Clock
from callcenter.complaints.model import Case, Level
from callcenter.complaints.notifier import CaseNotifier
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.roles import Person, Role

LEVELS = {
    Role.AGENT: Level.AGENT,
    Role.SUPERVISOR: Level.SUPERVISOR,
    Role.MANAGER: Level.MANAGER,
    Role.LEADER: Level.LEADER,
}
Timed = Callable[[Case, datetime], Case]
"""Returns a case with its deadline updated after a change."""


@dataclass(frozen=True, slots=True)
class Parts:
    database: Database
    clock: Clock
    audit: Audit
    jobs: Jobs
    zone: ZoneInfo
    notifier: CaseNotifier
    timed: Timed
    evidence: timedelta
    """How long recordings on a case are kept after it is over."""


def level_of(person: Person | None) -> Level:
    """Returns a person's highest level (K4); the system acts on a person's decision and has every right."""
    if person is None:
        return Level.LEADER
    return max((LEVELS.get(role, Level.AGENT) for role in person.roles), default=Level.AGENT)
