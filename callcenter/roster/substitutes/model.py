"""Ranks the agents who can take a shift, each with the facts that decide the rank. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from callcenter.facts import AgentNumber
from callcenter.roster.coverage import Away, Strain, merged, shortages, strains
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need, Skills

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who works here; `skills` maps tags to levels."""

    number: AgentNumber
    name: str
    skills: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Substitute:
    """An agent who is free at the time of a shift, with what speaks for and against them.

    `breaks` are the limits of their hours that the shift would break, `line_shifts` how many shifts of the last weeks
    they had on the line, `week_hours` their hours in its week without it, `level` that of the skill which the line
    requires (None where it requires none), `rest_hours` the shorter of the breaks before and after it (None: over two
    days), `fills` the skills that the line lacks then and that they have.
    """

    agent: str
    name: str
    breaks: tuple[Strain, ...]
    line_shifts: int
    week_hours: float
    level: int | None
    rest_hours: float | None
    fills: tuple[str, ...] = ()


def lacking_skills(
    shift: Shift, shifts: Iterable[Shift], needs: Sequence[Need], skills: Skills, zone: tzinfo
) -> list[tuple[str, int]]:
    """The skills and levels of which the line has too few agents at some time of the shift without its agent."""
    others = [other for other in shifts if other.id != shift.id]
    short = shortages(others, {shift.line: needs}, shift.starts_at, shift.ends_at, zone, skills=skills)
    here = {(gap.skill, gap.level) for gap in short if gap.line == shift.line}
    return sorted((skill, level) for skill, level in here if skill is not None and level is not None)


def substitutes(
    shift: Shift,
    people: Iterable[Candidate],
    shifts: Sequence[Shift],
    away: Sequence[Away],
    skill: tuple[str, int] | None,
    limits: tuple[float, float],
    zone: tzinfo,
    lacking: Sequence[tuple[str, int]] = (),
) -> list[Substitute]:
    """The agents who can take the shift, the best first; `limits` are the hours of rest and of a week.

    Left out are its own agent, who is on duty or away at that time, and who lacks the skill. First come those whose
    hours stay within the limits, then those who have more of the `lacking` skills, then those who know the line, then
    those with fewer hours in that week, then those who speak the skill better; equals are in the order of their
    numbers.
    """
    ranked = [
        _substitute(shift, person, shifts, skill, limits, zone, lacking)
        for person in people
        if person.number != shift.agent and _speaks(person, skill) and not _busy(person.number, shift, shifts, away)
    ]
    return sorted(
        ranked,
        key=lambda free: (
            len(free.breaks),
            -len(free.fills),
            free.line_shifts == 0,
            free.week_hours,
            -(free.level or 0),
            free.agent,
        ),
    )


def _speaks(person: Candidate, skill: tuple[str, int] | None) -> bool:
    return skill is None or person.skills.get(skill[0], 0) >= skill[1]


def _busy(agent: str, shift: Shift, shifts: Sequence[Shift], away: Sequence[Away]) -> bool:
    spans = [(other.starts_at, other.ends_at) for other in shifts if other.agent == agent]
    spans += [(absence.starts_at, absence.ends_at) for absence in away if absence.agent == agent]
    return any(starts_at < shift.ends_at and shift.starts_at < ends_at for starts_at, ends_at in spans)


def _substitute(
    shift: Shift,
    person: Candidate,
    shifts: Sequence[Shift],
    skill: tuple[str, int] | None,
    limits: tuple[float, float],
    zone: tzinfo,
    lacking: Sequence[tuple[str, int]],
) -> Substitute:
    own = [other for other in shifts if other.agent == person.number]
    before = strains(own, person.number, *limits, zone)
    after = strains([*own, replace(shift, agent=person.number)], person.number, *limits, zone)
    monday = _monday(shift.starts_at, zone)
    worked = [
        ends - begins
        for begins, ends in merged((other.starts_at, other.ends_at) for other in own)
        if _monday(begins, zone) == monday
    ]
    return Substitute(
        agent=person.number,
        name=person.name,
        breaks=tuple(strain for strain in after if strain not in before),
        line_shifts=sum(other.line == shift.line and other.starts_at < shift.starts_at for other in own),
        week_hours=round(sum(worked, timedelta()) / HOUR, 2),
        level=None if skill is None else person.skills.get(skill[0]),
        rest_hours=_rest(shift, own),
        fills=tuple(sorted({name for name, level in lacking if person.skills.get(name, 0) >= level})),
    )


def _monday(at: datetime, zone: tzinfo) -> datetime:
    day = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _rest(shift: Shift, own: Sequence[Shift]) -> float | None:
    gaps = [shift.starts_at - other.ends_at for other in own if other.ends_at <= shift.starts_at]
    gaps += [other.starts_at - shift.ends_at for other in own if other.starts_at >= shift.ends_at]
    near = [gap / HOUR for gap in gaps if gap <= timedelta(days=2)]
    return round(min(near), 2) if near else None
