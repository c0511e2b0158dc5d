"""What the room's services are made of, and how high a person stands among them (K4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.complaints.model import Case, Level
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
Publish = Callable[[str, Mapping[str, Any]], object]


Timed = Callable[[Case, datetime], Case]
"""A case with its deadline as it is after a change."""
Tell = Callable[[AsyncSession, str, Mapping[str, Any]], Awaitable[None]]
"""Tells subscribers outside of a step, in the transaction that takes it."""


async def tell_nobody(_: AsyncSession, __: str, ___: Mapping[str, Any]) -> None:
    """No subscribers, by default."""


def never_due(case: Case, _: datetime) -> Case:
    """No deadlines, by default."""
    return case


@dataclass(frozen=True, slots=True)
class Parts:
    """What the room's services are made of."""

    database: Database
    clock: Clock
    audit: Audit
    jobs: Jobs
    zone: ZoneInfo
    publish: Publish
    tell: Tell = tell_nobody
    timed: Timed = never_due
    evidence: timedelta = timedelta(days=1095)
    """How long recordings on a case are kept after it is over."""


def level_of(person: Person | None) -> Level:
    """How high a person stands (K4); the house itself, which acts on what a person said, as high as is needed."""
    if person is None:
        return Level.LEADER
    return max((LEVELS.get(role, Level.AGENT) for role in person.roles), default=Level.AGENT)
