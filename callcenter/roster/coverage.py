"""Compares who is on duty with how many a line needs, and what a change of the roster does to that (D2). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from callcenter.roster.model import Shift
from callcenter.roster.needs.model import QUARTER, Need, Needs, SkillNeed, Skills, quarter_of, quarters_of, skills_in

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Away:
    """An agent is not on duty from `starts_at` until just before `ends_at`, whatever the shifts say."""

    agent: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Shortage:
    """A line has `on_duty` agents where it needs `required`; `before` is how many it had without the change.

    With `skill` the three count the agents who have it at `level` or a higher one.
    """

    line: str
    starts_at: datetime
    ends_at: datetime
    required: int
    on_duty: int
    before: int
    skill: str | None = None
    level: int | None = None


def absent(gone: Mapping[str, Sequence[tuple[datetime, datetime]]]) -> list[Away]:
    """The times at which agents did not work here, as absences."""
    return [Away(agent, start, end) for agent, spans in gone.items() for start, end in spans]


def without(shifts: Iterable[Shift], away: Iterable[Away]) -> list[Shift]:
    """The parts of the shifts in which their agents are not away; they keep the ids of their shifts."""
    by_agent: dict[str, list[Away]] = {}
    for absence in sorted(away, key=lambda absence: absence.starts_at):
        by_agent.setdefault(absence.agent, []).append(absence)
    return [part for shift in shifts for part in _parts(shift, by_agent.get(shift.agent, ()))]


def _parts(shift: Shift, away: Sequence[Away]) -> Iterator[Shift]:
    start = shift.starts_at
    for absence in away:
        if absence.ends_at <= start or absence.starts_at >= shift.ends_at:
            continue
        if absence.starts_at > start:
            yield replace(shift, starts_at=start, ends_at=absence.starts_at)
        start = absence.ends_at
    if start < shift.ends_at:
        yield replace(shift, starts_at=start)


def is_away(shift: Shift, away: Iterable[Away]) -> bool:
    """Whether the agent is away at any time of the shift."""
    own = (absence for absence in away if absence.agent == shift.agent)
    return any(absence.starts_at < shift.ends_at and shift.starts_at < absence.ends_at for absence in own)


def shortages(
    shifts: Sequence[Shift],
    needs: Needs,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    least: int = 0,
    skills: Skills | None = None,
) -> list[Shortage]:
    """Where lines have fewer agents than they need, by line and time; a line without needs has to have `least`."""
    return worse(shifts, shifts, needs, start, end, zone, least=least, skills=skills, anything=True)


def worse(
    before: Sequence[Shift],
    after: Sequence[Shift],
    needs: Needs,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    *,
    least: int = 0,
    skills: Skills | None = None,
    anything: bool = False,
) -> list[Shortage]:
    """Where a change leaves a line with fewer agents than it needs and than it had; `anything`: also what it had.

    Adjacent periods with the same numbers are one shortage. A line's shortages of skills follow those of agents.
    """
    lines = sorted({*needs, *(shift.line for shift in (*before, *after))})
    return [
        shortage
        for line in lines
        for part in _parts_of(needs.get(line, ()), least, skills or {})
        for shortage in _line(line, part, before, after, start, end, zone, anything=anything)
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    """What is compared on a line: all agents, or those who have a skill at a level."""

    needs: Sequence[Need | None] | None
    """Those of each quarter hour of a week (`quarters_of`); None where the line states none."""
    least: int
    skill: tuple[str, int] | None
    skills: Skills

    def counts(self, agent: str) -> bool:
        if self.skill is None:
            return True
        return SkillNeed(*self.skill, 1).met_by(self.skills.get(agent, {}))

    def required(self, at: datetime, zone: tzinfo) -> int:
        if self.needs is None:
            return self.least
        need = self.needs[quarter_of(at, zone)]
        if need is None or self.skill is None:
            return 0 if need is None else need.agents
        return next((asked.agents for asked in need.skills if (asked.skill, asked.level) == self.skill), 0)


def _parts_of(needs: Sequence[Need], least: int, skills: Skills) -> list[_Part]:
    week = quarters_of(needs) if needs else None
    return [_Part(week, least, skill, skills) for skill in (None, *skills_in(needs))]


def _line(
    line: str,
    part: _Part,
    before: Sequence[Shift],
    after: Sequence[Shift],
    start: datetime,
    end: datetime,
    zone: tzinfo,
    *,
    anything: bool,
) -> list[Shortage]:
    had, has = (
        [shift for shift in shifts if shift.line == line and part.counts(shift.agent)] for shifts in (before, after)
    )
    if not anything and had == has:
        return []
    marks = sorted({*quarters(start, end), *_edges([*had, *has], start, end), end})
    skill, level = part.skill or (None, None)
    result: list[Shortage] = []
    counts = zip(_counts(had, marks), _counts(has, marks), strict=True)
    for (begins, ends), (was, now) in zip(pairwise(marks), counts, strict=True):
        if not (anything or now < was):
            continue
        required = part.required(begins, zone)
        if now >= required:
            continue
        last = result[-1] if result else None
        if last and last.ends_at == begins and (last.required, last.on_duty, last.before) == (required, now, was):
            begins = result.pop().starts_at
        result.append(Shortage(line, begins, ends, required, now, was, skill, level))
    return result


def quarters(start: datetime, end: datetime) -> Iterator[datetime]:
    """The start and each quarter hour until before the end."""
    yield start
    at = EPOCH + ((start - EPOCH) // QUARTER + 1) * QUARTER
    while at < end:
        yield at
        at += QUARTER


def _edges(shifts: Iterable[Shift], start: datetime, end: datetime) -> set[datetime]:
    return {edge for shift in shifts for edge in (shift.starts_at, shift.ends_at) if start < edge < end}


def _counts(shifts: Sequence[Shift], marks: Sequence[datetime]) -> Iterator[int]:
    """How many different agents are on duty from each mark to the next."""
    coming = sorted(shifts, key=lambda shift: shift.starts_at)
    leaving = sorted(shifts, key=lambda shift: shift.ends_at)
    here: Counter[str] = Counter()
    came = left = 0
    for mark in marks[:-1]:
        while came < len(coming) and coming[came].starts_at <= mark:
            here[coming[came].agent] += 1
            came += 1
        while left < len(leaving) and leaving[left].ends_at <= mark:
            agent = leaving[left].agent
            here[agent] -= 1
            if not here[agent]:
                del here[agent]
            left += 1
        yield len(here)


@dataclass(frozen=True, slots=True)
class Strain:
    """A limit that an agent's shifts break, `short_rest` or `long_week`, with the hours that they have."""

    agent: str
    rule: str
    at: datetime
    hours: float


def strains(shifts: Iterable[Shift], agent: str, rest_hours: float, week_hours: float, zone: tzinfo) -> list[Strain]:
    """Where an agent rests less than `rest_hours` between two days' work, or works more than `week_hours` in a week."""
    own = merged((shift.starts_at, shift.ends_at) for shift in shifts if shift.agent == agent)
    result = []
    for (began, ended), (begins, _) in pairwise(own):
        rest = (begins - ended) / timedelta(hours=1)
        # The break of a split shift is no rest between two days.
        same_day = began.astimezone(zone).date() == begins.astimezone(zone).date()
        if rest < rest_hours and not same_day:
            result.append(Strain(agent, "short_rest", begins, round(rest, 2)))
    weeks: dict[datetime, timedelta] = {}
    for begins, ends in own:
        day = begins.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, timedelta()) + (ends - begins)
    for monday, worked in sorted(weeks.items()):
        hours = worked / timedelta(hours=1)
        if hours > week_hours:
            result.append(Strain(agent, "long_week", monday.astimezone(UTC), round(hours, 2)))
    return result


def week_of(at: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The local week of an instant, from Monday until the next one."""
    day = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = day - timedelta(days=day.weekday())
    return monday.astimezone(UTC), (monday + timedelta(days=7)).astimezone(UTC)


def hours_within(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> float:
    """The hours of these spans within the time; overlapping ones count once."""
    parts = ((max(begins, start), min(ends, end)) for begins, ends in merged(spans))
    return round(sum((ends - begins for begins, ends in parts if ends > begins), timedelta()) / timedelta(hours=1), 2)


def merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The spans by start; those that touch or overlap are one."""
    result: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(spans):
        if result and begins <= result[-1][1]:
            result[-1] = (result[-1][0], max(ends, result[-1][1]))
        else:
            result.append((begins, ends))
    return result
