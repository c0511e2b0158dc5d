"""Plans without a solver: quarter hour by quarter hour, the agent with least so far first. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callcenter.roster.planner.model import (
    Demand,
    Plan,
    Problem,
    Rule,
    Span,
    available,
    clash,
    covers,
    long_runs,
    long_weeks,
)


@dataclass(slots=True)
class Room:
    """What an agent may still take on: the plain planner fills it option by option."""

    problem: Problem
    place: int
    taken: set[int] = field(default_factory=set)
    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spans = list(self.problem.workers[self.place].busy)

    def take(self, option: int) -> None:
        given = self.problem.options[option]
        self.taken.add(option)
        self.spans.append((given.start, given.end))

    def fits(self, option: int) -> bool:
        """Whether the agent may take this option beside what they have."""
        problem, given = self.problem, self.problem.options[option]
        worker = problem.workers[self.place]
        if option in self.taken or any(problem.options[taken].day == given.day for taken in self.taken):
            return False
        if problem.holds(Rule.AVAILABLE) and not available(worker, given):
            return False
        span = (given.start, given.end)
        if any(clash(problem, span, other) for other in self.spans):
            return False
        after = sorted([*self.spans, span])
        breaks = (*long_weeks(problem, self.place, after), *long_runs(problem, self.place, after))
        before = (
            *long_weeks(problem, self.place, self.spans),
            *long_runs(problem, self.place, sorted(self.spans)),
        )
        new = {breach.rule for breach in breaks} - {breach.rule for breach in before}
        return not any(problem.holds(rule) for rule in new)


def plain_plan(problem: Problem) -> Plan:
    """A plan without a solver: the emptiest quarter hour first, and of the agents who fit the one with least so far."""
    rooms = [Room(problem, place) for place in range(len(problem.workers))]
    left = {index: demand.agents for index, demand in enumerate(problem.demands)}
    stuck: set[int] = set()
    while short := [index for index, missing in left.items() if missing > 0 and index not in stuck]:
        # An agent with a skill covers both demands of that time; taken second, they would be one too many.
        index = min(short, key=lambda index: (problem.demands[index].start, problem.demands[index].among is None))
        choice = _best(problem, rooms, problem.demands[index], left)
        if choice is None:
            stuck.add(index)
            continue
        place, option = choice
        rooms[place].take(option)
        for other, demand in enumerate(problem.demands):
            if covers(problem.options[option], demand) and (demand.among is None or place in demand.among):
                left[other] -= 1
    return tuple(frozenset(room.taken) for room in rooms)


def _best(problem: Problem, rooms: Sequence[Room], demand: Demand, left: Mapping[int, int]) -> tuple[int, int] | None:
    choices = [
        (_rank(problem, room, option, left), room.place, option)
        for option, given in enumerate(problem.options)
        if covers(given, demand)
        for room in rooms
        if (demand.among is None or room.place in demand.among) and room.fits(option)
    ]
    return min(choices)[1:] if choices else None


def _rank(problem: Problem, room: Room, option: int, left: Mapping[int, int]) -> tuple[int, int, int, int]:
    given, worker = problem.options[option], problem.workers[room.place]
    useful = sum(
        demand.end - demand.start
        for index, demand in enumerate(problem.demands)
        if left[index] > 0 and covers(given, demand) and (demand.among is None or room.place in demand.among)
    )
    own = [problem.options[taken] for taken in room.taken]
    wished = sum(wish.weight for wish in problem.wishes if wish.worker == room.place and option in wish.options)
    fair = worker.nights + sum(o.night for o in own) if given.night else 0
    fair += worker.weekends + sum(o.weekend for o in own) if given.weekend else 0
    return -useful, fair, -wished, sum(o.end - o.start for o in own)
