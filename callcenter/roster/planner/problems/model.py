"""Builds the planning problem of a plan's days, and turns its solution into entries. Pure.

Minutes are those of the centre's wall clock; on a day with a clock change they are an hour off, and the review of the
plan shows what that does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import Away
from callcenter.roster.effects import Limits
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need, SkillNeed, Skills
from callcenter.roster.patterns.model import NIGHT_ENDS, Pattern, shift_near
from callcenter.roster.planner.model import DAY, Demand, Option, Plan, Problem, Span, Wish, Worker
from callcenter.roster.plans.model import Days, Entry


@dataclass(frozen=True, slots=True)
class AgentWish:
    """An agent wants or avoids a pattern of a day, any shift of it where `pattern` is empty."""

    agent: str
    day: date
    pattern: str
    want: bool


@dataclass(frozen=True, slots=True)
class Shares:
    """What an agent has had in the quarter so far."""

    nights: int = 0
    weekends: int = 0
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Given:
    """What a plan is made from; `shifts` are all that stay: of other lines, of other days, fixed, begun."""

    line: LineCode
    days: Days
    zone: ZoneInfo
    agents: Sequence[str]
    patterns: Sequence[Pattern]
    needs: Sequence[Need]
    shifts: Sequence[Shift]
    away: Sequence[Away] = ()
    wishes: Sequence[AgentWish] = ()
    shares: Mapping[str, Shares] | None = None
    limits: Limits = field(default_factory=Limits)
    skills: Skills = field(default_factory=dict)
    begins: datetime | None = None
    """No shift is planned that begins before this."""

    def minute(self, at: datetime) -> int:
        local = at.astimezone(self.zone)
        return (local.date() - self.days.first).days * DAY + local.hour * 60 + local.minute

    def span(self, shift: Shift | Away) -> Span:
        return self.minute(shift.starts_at), self.minute(shift.ends_at)


def problem_of(given: Given) -> Problem:
    """The problem of these days; its options are in the order of the days."""
    options = tuple(_options(given))
    shares = given.shares or {}
    workers = tuple(
        Worker(
            agent,
            tuple(sorted(given.span(shift) for shift in given.shifts if shift.agent == agent)),
            tuple(sorted(given.span(leave) for leave in given.away if leave.agent == agent)),
            shares.get(agent, Shares()).nights,
            shares.get(agent, Shares()).weekends,
        )
        for agent in given.agents
    )
    return Problem(
        days=len(given.days),
        weekday=given.days.first.weekday(),
        workers=workers,
        options=options,
        demands=tuple(_demands(given, options)),
        wishes=tuple(_wishes(given, options)),
        rest=round(given.limits.rest_hours * 60),
        week_minutes=round(given.limits.week_hours * 60),
        run_days=given.limits.run_days,
    )


def _options(given: Given) -> Iterable[Option]:
    earliest = None if given.begins is None else given.minute(given.begins)
    for place, day in enumerate(given.days):
        for pattern in given.patterns:
            start = place * DAY + pattern.start
            if pattern.active and (earliest is None or start > earliest):
                end = place * DAY + pattern.end
                yield Option(place, pattern.code, start, end, pattern.night, day.weekday() >= 5)


def _demands(given: Given, options: Sequence[Option]) -> Iterable[Demand]:
    """The parts of the needs in which neither the need nor who can cover it changes."""
    here = [(shift.agent, given.span(shift)) for shift in given.shifts if shift.line == given.line]
    edges = {edge for option in options for edge in (option.start, option.end)}
    edges |= {edge for _, span in here for edge in span}
    for place, day in enumerate(given.days):
        for need in given.needs:
            if need.weekday != day.weekday():
                continue
            start, end = place * DAY + need.start, place * DAY + need.end
            marks = [start, *sorted(edge for edge in edges if start < edge < end), end]
            for begins, ends in pairwise(marks):
                present = [agent for agent, (first, last) in here if first <= begins and ends <= last]
                if given.begins is None or ends > given.minute(given.begins):
                    yield from _missing(given, need, begins, ends, present)


def _missing(given: Given, need: Need, begins: int, ends: int, present: Collection[str]) -> Iterable[Demand]:
    """What the agents who are there anyway leave open: of all agents, and of those with each skill."""
    if need.agents > len(present):
        yield Demand(begins, ends, need.agents - len(present))
    for asked in need.skills:
        have = sum(_has(given, agent, asked) for agent in present)
        if asked.agents > have:
            able = tuple(place for place, agent in enumerate(given.agents) if _has(given, agent, asked))
            yield Demand(begins, ends, asked.agents - have, able)


def _has(given: Given, agent: str, asked: SkillNeed) -> bool:
    return asked.met_by(given.skills.get(agent, {}))


def _wishes(given: Given, options: Sequence[Option]) -> Iterable[Wish]:
    places = {agent: place for place, agent in enumerate(given.agents)}
    for wish in given.wishes:
        day = (wish.day - given.days.first).days
        meant = tuple(
            index for index, option in enumerate(options) if option.day == day and wish.pattern in ("", option.pattern)
        )
        if meant and wish.agent in places:
            yield Wish(places[wish.agent], meant, 1 if wish.want else -1)


def entries_of(given: Given, problem: Problem, plan: Plan) -> list[Entry]:
    """The entries of a plan, by agent and day."""
    patterns = {pattern.code: pattern for pattern in given.patterns}
    result = []
    for worker, options in zip(problem.workers, plan, strict=True):
        for option in sorted(options):
            chosen = problem.options[option]
            pattern, day = patterns[chosen.pattern], given.days.first + timedelta(days=chosen.day)
            agent = AgentNumber(worker.number)
            # A pattern whose edge the clocks skip or repeat begins or ends at the nearest instant.
            shift, exact = shift_near(day, pattern.start, pattern.end, agent, given.line, given.zone)
            if shift.starts_at < shift.ends_at:
                result.append(Entry(agent, day, shift.starts_at, shift.ends_at, pattern.code if exact else ""))
    return result


def shares_of(shifts: Iterable[Shift], zone: ZoneInfo) -> dict[str, Shares]:
    """How many nights, weekend days and hours each agent has in these shifts; a day with two shifts counts once."""
    nights: dict[str, set[date]] = {}
    weekends: dict[str, set[date]] = {}
    hours: dict[str, float] = {}
    for shift in shifts:
        begins, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        hours[shift.agent] = hours.get(shift.agent, 0.0) + (shift.ends_at - shift.starts_at) / timedelta(hours=1)
        early = begins.hour * 60 + begins.minute < NIGHT_ENDS
        last = ends - timedelta(microseconds=1)
        if early or last.date() > begins.date():
            nights.setdefault(shift.agent, set()).add(begins.date())
        if begins.weekday() >= 5:
            weekends.setdefault(shift.agent, set()).add(begins.date())
    return {
        agent: Shares(len(nights.get(agent, ())), len(weekends.get(agent, ())), round(worked, 2))
        for agent, worked in hours.items()
    }
