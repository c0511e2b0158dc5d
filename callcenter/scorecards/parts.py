"""Shared parts of the services of the scorecards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.flags.service import FlagService
from callcenter.scorecards.people import ScorePeople
from callcenter.settings import ScoreSettings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

Tell = Callable[[AsyncSession, str, Mapping[str, Any]], Awaitable[None]]
"""Notifies external subscribers, in the transaction that makes the change."""
Recorded = Callable[[Sequence[str]], Awaitable[Mapping[str, Sequence[str]]]]
"""The playable recordings, by call; calls without any are omitted."""
Satisfaction = Callable[[datetime, datetime], Awaitable[Mapping[str, tuple[int, float]]]]
"""How many customers gave a rating and its mean of 1 to 5, by agent, within a period (F4)."""
Graders = Callable[[], Awaitable[Sequence[Person]]]
"""The people who may grade and can sign in."""


class LiveMessages:
    """The live feed as this room needs it: leaders, and the agents named."""

    def __init__(self, publish: Callable[..., object]) -> None:
        self._publish = publish

    def publish(self, kind: str, data: Mapping[str, Any], agents: frozenset[str]) -> None:
        self._publish(kind, data, agents)


@dataclass(frozen=True)
class ScoreParts:
    settings: ScoreSettings
    database: Database
    clock: Clock
    audit: Audit
    calls: CallService
    zone: ZoneInfo
    live: LiveMessages
    graders: Graders
    people: ScorePeople
    flags: FlagService
    emit: Tell
    recorded: Recorded
    transcribed: Recorded
    satisfaction: Satisfaction
