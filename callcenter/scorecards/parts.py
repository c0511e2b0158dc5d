"""Shared parts of the services of the scorecards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.flags.queries import FlagQueries
from callcenter.scorecards.people import ScorePeople
from callcenter.settings import ScoreSettings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.ports import Emit, Publish
from callcenter.web.roles import Person

Recorded = Callable[[Sequence[CallId]], Awaitable[Mapping[str, Sequence[str]]]]
"""The playable recordings, by call; calls without any are omitted."""
Satisfaction = Callable[[datetime, datetime], Awaitable[Mapping[str, tuple[int, float]]]]
"""How many customers gave a rating and its mean of 1 to 5, by agent, within a period (F4)."""
Graders = Callable[[], Awaitable[Sequence[Person]]]
"""The people who may grade and can sign in."""


@dataclass(frozen=True)
class ScoreParts:
    settings: ScoreSettings
    database: Database
    clock: Clock
    audit: Audit
    calls: CallService
    zone: ZoneInfo
    publish: Publish
    graders: Graders
    people: ScorePeople
    flags: FlagQueries
    emit: Emit
    recorded: Recorded
    transcribed: Recorded
    satisfaction: Satisfaction
