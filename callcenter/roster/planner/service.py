"""Plans a draft by machine: one plan at a time, with its progress, cancellable (D1, D2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from callcenter.agents.model import Agent
from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.roster.effects import WEEK, Limits
from callcenter.roster.errors import BadPlan, PlannerBusy, UnknownPlanning
from callcenter.roster.model import Shift
from callcenter.roster.needs.service import NeedService
from callcenter.roster.patterns.service import Patterns
from callcenter.roster.planner.fairness.service import quarter_of
from callcenter.roster.planner.model import Problem, Rule
from callcenter.roster.planner.problems.model import AgentWish, Given, entries_of, problem_of, shares_of
from callcenter.roster.planner.process import Planned, PlanningFailed, planning, result_of
from callcenter.roster.planner.wishes.service import Wishes
from callcenter.roster.plans.model import PlanEvent, PlanState, after, midnight
from callcenter.roster.plans.rows import PlanRow
from callcenter.roster.plans.service import Plans
from callcenter.roster.plans.store import days_of
from callcenter.roster.service import RosterService
from callcenter.web.roles import Person

log = structlog.get_logger(__name__)
LONGER: Final = 20.0
"""How much longer than asked for the planner's process may take."""
SkillOf = Callable[[str], Awaitable[tuple[str, int] | None]]


class RunState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass
class Run:
    """`missing` counts agent minutes that no one covers, `cost` and `bound` are the solver's; None while not known."""

    plan: str
    seconds: float
    by: Person
    state: RunState = RunState.WAITING
    missing: int | None = None
    cost: int | None = None
    bound: int | None = None
    planner: str | None = None
    clashes: tuple[Rule, ...] = ()
    fault: str | None = None
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class PlannerPorts:
    agents: AgentService
    roster: RosterService
    needs: NeedService
    patterns: Patterns
    plans: Plans
    wishes: Wishes
    skill_of: SkillOf


class Planner:
    def __init__(self, ports: PlannerPorts, clock: Clock, zone: ZoneInfo, limits: Limits) -> None:
        self._ports = ports
        self._clock = clock
        self._zone = zone
        self._limits = limits
        self._runs: dict[str, Run] = {}
        self._queue: asyncio.Queue[Run] = asyncio.Queue()

    async def start(self, plan: str, seconds: float, by: Person) -> Run:
        """Have a draft planned; raises UnknownPlan, IllegalTransition, PlannerBusy while one of it is under way."""
        row, _ = await self._ports.plans.plan(plan, by)
        after(PlanState(row.state), PlanEvent.EDIT)
        known = self._runs.get(plan)
        if known is not None and known.state in (RunState.WAITING, RunState.RUNNING):
            raise PlannerBusy("this plan is being planned", plan=plan)
        run = self._runs[plan] = Run(plan, seconds, by)
        while len(self._runs) > 50:
            self._runs.pop(next(iter(self._runs)))
        self._queue.put_nowait(run)
        return run

    def run_of(self, plan: str) -> Run:
        """The last run of a plan; raises UnknownPlanning."""
        if plan not in self._runs:
            raise UnknownPlanning("this plan has not been planned since the start of the service", plan=plan[:40])
        return self._runs[plan]

    def cancel(self, plan: str) -> Run:
        """Stop a run; the draft stays as it is. Raises UnknownPlanning."""
        run = self.run_of(plan)
        run.cancelled.set()
        if run.state is RunState.WAITING:
            run.state = RunState.CANCELLED
        return run

    async def run(self) -> None:
        """Plan what is asked for, one after the other, forever."""
        while True:
            run = await self._queue.get()
            if run.state is not RunState.CANCELLED:
                await self.do(run)

    async def do(self, run: Run) -> None:
        """Plan now; the outcome is in the run."""
        run.state = RunState.RUNNING
        work = asyncio.ensure_future(self._plan(run))
        stop = asyncio.ensure_future(run.cancelled.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                run.state = RunState.CANCELLED
                return
            work.result()
            run.state = RunState.DONE
        except CallCentreError as error:
            run.state, run.fault = RunState.FAILED, error.code
            log.warning("roster_planning_failed", plan=run.plan, code=error.code)
        finally:
            for task in (work, stop):
                task.cancel()
                with suppress(asyncio.CancelledError, CallCentreError):
                    await task

    async def _plan(self, run: Run) -> None:
        row, entries = await self._ports.plans.plan(run.plan, run.by)
        fixed = [entry for entry in entries if entry.fixed]
        given = await self._given(row, [entry.shift(row.line) for entry in fixed])
        problem = problem_of(given)
        planned = await self._planned(run, problem)
        run.missing, run.planner, run.clashes = planned.missing, planned.by, planned.clashes
        await self._ports.plans.replace(run.plan, None, [*fixed, *entries_of(given, problem, planned.plan)], run.by)

    async def _planned(self, run: Run, problem: Problem) -> Planned:
        try:
            async with asyncio.timeout(run.seconds + LONGER), planning(problem, run.seconds) as lines:
                async for line in lines:
                    if "plan" in line:
                        return result_of(line)
                    run.missing, run.cost, run.bound = line["missing"], line["cost"], line["bound"]
        except TimeoutError:
            raise PlanningFailed("the planner did not end in time", plan=run.plan) from None
        raise PlanningFailed("the planner ended without a plan", plan=run.plan)

    async def _given(self, row: PlanRow, fixed: list[Shift]) -> Given:
        ports, days, now = self._ports, days_of(row), self._clock()
        start, end = days.span(self._zone.key)
        needs = (await ports.needs.needs()).get(row.line, [])
        if not needs:
            raise BadPlan("the line has no stated needs to plan for", fault="needs", line=row.line)
        patterns = [pattern for pattern in await ports.patterns.all() if pattern.active]
        if not patterns:
            raise BadPlan("there is no shift pattern to plan with", fault="patterns")
        # A rest or a run of days may reach over the edges of the plan.
        near = await ports.roster.shifts(start - WEEK, end + WEEK)
        stays = [
            shift
            for shift in near
            if shift.overtime or shift.line != row.line or not start <= shift.starts_at < end or shift.starts_at <= now
        ]
        quarter, _ = quarter_of(days.first)
        earlier = await ports.roster.shifts(midnight(quarter, self._zone.key), start)
        wishes = await ports.wishes.wishes(days.first, days.last, None)
        agents = await ports.agents.agents()
        return Given(
            line=row.line,
            days=days,
            zone=self._zone,
            agents=await self._agents(row.line, [agent for agent in agents if agent.active]),
            patterns=patterns,
            needs=needs,
            shifts=[*stays, *fixed],
            away=await ports.roster.away(start, end),
            wishes=[AgentWish(wish.agent, wish.day, wish.pattern, wish.want) for wish in wishes],
            shares=shares_of([*(shift for shift in earlier if shift.starts_at < start), *fixed], self._zone),
            limits=self._limits,
            skills={agent.number: agent.skills for agent in agents},
            begins=now,
        )

    async def _agents(self, line: str, agents: Sequence[Agent]) -> list[str]:
        """Those agents who have the skill that the line's queue requires."""
        skill = await self._ports.skill_of(line)
        if skill is None:
            return [agent.number for agent in agents]
        name, least = skill
        return [agent.number for agent in agents if agent.skills.get(name, 0) >= least]
