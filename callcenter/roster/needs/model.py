"""How many agents a line needs at least, by weekday and local time (policy D2). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from callcenter.roster.errors import BadNeeds

QUARTER: Final = timedelta(minutes=15)
"""Every offset from UTC is a whole number of quarter hours, so local quarter hours begin on quarter hours of UTC."""
MINUTES: Final = 15
DAY: Final = 24 * 60
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Need:
    """At least `agents` from minute `start` until just before minute `end` of a local day; weekday 0 is Monday."""

    weekday: int
    start: int
    end: int
    agents: int


Needs = Mapping[str, Sequence[Need]]
"""The needs of each line, by its code."""


def check_week(needs: Sequence[Need]) -> list[Need]:
    """Return the needs of one line in order; raises BadNeeds for one off the quarter hour and for two that overlap."""
    for need in needs:
        whole = need.start % MINUTES == 0 and need.end % MINUTES == 0
        if not (whole and 0 <= need.start < need.end <= DAY and 0 <= need.weekday <= 6 and 0 <= need.agents <= MOST):
            raise BadNeeds("a need has a weekday, whole quarter hours of a day and a number of agents", fault="range")
    ordered = sorted(needs, key=lambda need: (need.weekday, need.start))
    for earlier, later in pairwise(ordered):
        if earlier.weekday == later.weekday and later.start < earlier.end:
            raise BadNeeds("two needs overlap", fault="overlap", weekday=later.weekday + 1)
    return ordered


def required_at(needs: Sequence[Need], at: datetime, zone: tzinfo) -> int:
    """How many agents a line needs at an instant; 0 where nothing is stated."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    same_day = (need for need in needs if need.weekday == local.weekday())
    return next((need.agents for need in same_day if need.start <= minute < need.end), 0)
