"""A planning problem, the rules that a plan obeys, and how fair it is. Pure.

Times are minutes from the beginning of the first day; what was worked before it is negative. A plan assigns options
(a pattern on a day) to agents. The checker knows nothing of the planners: it judges their plans in the tests too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

DAY: Final = 24 * 60
WEEK: Final = 7 * DAY
Span = tuple[int, int]


class Rule(StrEnum):
    """What a plan may break; the hard rules by the order in which a clash names them."""

    COVERAGE = "coverage"
    AVAILABLE = "available"
    ONE_A_DAY = "one_a_day"
    REST = "rest"
    WEEK_HOURS = "week_hours"
    RUN_DAYS = "run_days"


RELAXABLE: Final = (Rule.AVAILABLE, Rule.REST, Rule.WEEK_HOURS, Rule.RUN_DAYS)
"""The rules that are given up in turn, to name those that clash with coverage."""


@dataclass(frozen=True, slots=True)
class Option:
    """A pattern on a day; `end` after the day's end is on the next one."""

    day: int
    pattern: str
    start: int
    end: int
    night: bool = False
    weekend: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """At least `agents` from `start` until just before `end`; with `among` of these agents only (a skill)."""

    start: int
    end: int
    agents: int
    among: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent: spans of other work, fixed shifts included, spans of leave, and what the quarter already holds."""

    number: str
    busy: tuple[Span, ...] = ()
    away: tuple[Span, ...] = ()
    nights: int = 0
    weekends: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """An agent wants (`weight` positive) or avoids (negative) any of these options."""

    worker: int
    options: tuple[int, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class Problem:
    """`weekday` is that of the first day, 0 is Monday: weeks are those of the calendar."""

    days: int
    weekday: int
    workers: tuple[Worker, ...]
    options: tuple[Option, ...]
    demands: tuple[Demand, ...]
    wishes: tuple[Wish, ...] = ()
    rest: int = 11 * 60
    week_minutes: int = 44 * 60
    run_days: int = 6
    relaxed: tuple[Rule, ...] = ()

    def holds(self, rule: Rule) -> bool:
        return rule not in self.relaxed

    def week_of(self, minute: int) -> int:
        return (minute + self.weekday * DAY) // WEEK


Plan = tuple[frozenset[int], ...]
"""For each worker the options that they have."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A plan breaks a rule at a minute: `worker` is -1 for coverage, `amount` how many agents or minutes or days."""

    rule: Rule
    worker: int
    at: int
    amount: int


def available(worker: Worker, option: Option) -> bool:
    """Whether the agent has no leave at that time and no other work on that day."""
    leave = any(start < option.end and option.start < end for start, end in worker.away)
    return not leave and not any(start // DAY == option.day for start, _ in worker.busy)


def clash(problem: Problem, first: Span, second: Span) -> bool:
    """Whether one agent cannot work both: they overlap, or on different days leave too little rest."""
    (begins, ends), (next_begins, next_ends) = sorted((first, second))
    if next_begins < ends:
        return True
    different = begins // DAY != next_begins // DAY
    return different and problem.holds(Rule.REST) and next_begins - ends < problem.rest and next_ends > ends


def breaches(problem: Problem, plan: Plan) -> list[Breach]:
    """Every rule that the plan breaks, other work included."""
    result = list(_uncovered(problem, plan))
    for place, worker in enumerate(problem.workers):
        own = [problem.options[option] for option in sorted(plan[place])]
        result += [
            Breach(Rule.AVAILABLE, place, option.start, option.end - option.start)
            for option in own
            if not available(worker, option)
        ]
        result += [
            Breach(Rule.ONE_A_DAY, place, option.start, 1)
            for before, option in pairwise(own)
            if before.day == option.day
        ]
        spans = sorted({*((option.start, option.end) for option in own), *worker.busy})
        result += _short_rests(problem, place, spans)
        result += long_weeks(problem, place, spans)
        result += long_runs(problem, place, spans)
    return [breach for breach in result if breach.rule not in problem.relaxed]


def _uncovered(problem: Problem, plan: Plan) -> Iterator[Breach]:
    for demand in problem.demands:
        here = sum(
            any(covers(problem.options[option], demand) for option in plan[place])
            for place in (range(len(problem.workers)) if demand.among is None else demand.among)
        )
        if here < demand.agents:
            yield Breach(Rule.COVERAGE, -1, demand.start, demand.agents - here)


def covers(option: Option, demand: Demand) -> bool:
    return option.start <= demand.start and demand.end <= option.end


def _short_rests(problem: Problem, place: int, spans: Sequence[Span]) -> Iterator[Breach]:
    for (begins, ends), (next_begins, _) in pairwise(spans):
        if next_begins < ends or (begins // DAY != next_begins // DAY and next_begins - ends < problem.rest):
            yield Breach(Rule.REST, place, next_begins, next_begins - ends)


def long_weeks(problem: Problem, place: int, spans: Sequence[Span]) -> Iterator[Breach]:
    weeks: dict[int, int] = {}
    for start, end in spans:
        week = problem.week_of(start)
        weeks[week] = weeks.get(week, 0) + end - start
    for week, minutes in sorted(weeks.items()):
        if minutes > problem.week_minutes:
            yield Breach(Rule.WEEK_HOURS, place, week * WEEK - problem.weekday * DAY, minutes)


def long_runs(problem: Problem, place: int, spans: Sequence[Span]) -> Iterator[Breach]:
    days = {start // DAY for start, _ in spans}
    for first in sorted(day for day in days if day - 1 not in days):
        length = next(count for count in range(1, len(days) + 1) if first + count not in days)
        if length > problem.run_days:
            yield Breach(Rule.RUN_DAYS, place, first * DAY, length)


UNFAIR, REFUSED = 4, 1
"""The weights of a step of unfairness and of a refused wish."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs: missing agent minutes, minutes of work, unfairness, refused wishes."""

    missing: int
    unfair: int
    refused: int
    minutes: int

    @property
    def order(self) -> tuple[int, int, int]:
        """The better of two plans has the lower one: coverage first, then fewer hours, then fairness and wishes."""
        return self.missing, self.minutes, self.unfair * UNFAIR + self.refused * REFUSED


def cost(problem: Problem, plan: Plan) -> Cost:
    """Fairness is the difference between who has most and who has fewest, with what the quarter already holds."""
    missing = sum(
        breach.amount * (demand.end - demand.start)
        for demand in problem.demands
        for breach in _uncovered(_only(problem, demand), plan)
    )
    nights, weekends, minutes = counts(problem, plan)
    refused = sum(
        abs(wish.weight)
        for wish in problem.wishes
        if bool(plan[wish.worker] & set(wish.options)) is not (wish.weight > 0)
    )
    return Cost(missing, spread(nights) + spread(weekends), refused, sum(minutes))


def _only(problem: Problem, demand: Demand) -> Problem:
    return Problem(problem.days, problem.weekday, problem.workers, problem.options, (demand,))


def counts(problem: Problem, plan: Plan) -> tuple[list[int], list[int], list[int]]:
    """Of each agent the nights and the weekend days of the quarter, and the minutes of the plan."""
    own = [[problem.options[option] for option in options] for options in plan]
    nights = [worker.nights + sum(o.night for o in given) for worker, given in zip(problem.workers, own, strict=True)]
    weekends = [
        worker.weekends + sum(o.weekend for o in given) for worker, given in zip(problem.workers, own, strict=True)
    ]
    return nights, weekends, [sum(option.end - option.start for option in given) for given in own]


def spread(values: Collection[int]) -> int:
    return max(values) - min(values) if values else 0
