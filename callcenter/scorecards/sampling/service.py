"""Runs the samples: plans, draws, assignment to graders, and calls that cannot be graded (S2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from operator import attrgetter
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.flags.model import FlagState
from callcenter.scorecards.model import STANDING, PickReason, PickState
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.rows import SampleDrawRow, SamplePickRow, SamplePlanRow, ScoreRow, ScoreTeamRow
from callcenter.scorecards.sampling.calls import candidates_of
from callcenter.scorecards.sampling.model import (
    Candidate,
    Grader,
    Portion,
    Ranked,
    assign,
    digest_of,
    draw,
    due,
    key_of,
    rank_of,
)
from callcenter.scorecards.sampling.plans import PlanDefinition, SamplePlans
from callcenter.web.audit import SYSTEM, Fact

COUNTED = (PickState.OPEN.value, PickState.GRADED.value)
IN_ONE_QUERY = 500


class SamplingService:
    """Draws the portions that are due. Idempotent."""

    def __init__(self, parts: ScoreParts, plans: SamplePlans) -> None:
        self._parts = parts
        self._database = parts.database
        self._clock = parts.clock
        self._plans = plans

    async def draw_due(self) -> int:
        """Draws every due portion of every active plan, late ones first; returns how many calls were drawn."""
        grace, now, drawn = timedelta(hours=self._parts.settings.grace_hours), self._clock(), 0
        for plan in await self._plans.plans(active=True):
            done = await self._drawn_portions(plan.code)
            for portion in due(now, self._parts.zone, grace, plan.since):
                if (portion.month, portion.number) not in done:
                    drawn += await self._draw(plan, portion)
        return drawn

    async def _drawn_portions(self, plan: str) -> set[tuple[str, int]]:
        query = select(SampleDrawRow.month, SampleDrawRow.portion).where(SampleDrawRow.plan == plan)
        async with self._database.read() as session:
            return {(month, portion) for month, portion in await session.execute(query)}

    async def _draw(self, plan: SamplePlanRow, portion: Portion) -> int:
        definition = PlanDefinition.model_validate(plan.definition)
        calls = await candidates_of(self._parts, definition, portion.month_since, portion.until)
        flags = await self._first_flags(call for call in calls if call.at >= portion.since)
        graders = await self.graders_of(definition)
        try:
            async with self._database.write() as session:
                session.add(
                    SampleDrawRow(
                        plan=plan.code,
                        month=portion.month,
                        portion=portion.number,
                        at=self._clock(),
                        calls=len(calls),
                        digest=digest_of(calls),
                        definition=plan.definition,
                    )
                )
                # A concurrent draw of the same portion is stopped here, before any call is chosen.
                await session.flush()
                picks = await self._chosen(session, plan, portion, definition, calls, flags)
                await self._hand_out(session, portion.month, definition, picks, graders)
                facts: dict[str, Fact] = {"month": portion.month, "portion": portion.number, "drawn": len(picks)}
                await self._parts.audit.append(session, SYSTEM, "sample.drawn", f"sample_plan/{plan.code}", facts=facts)
        except IntegrityError:
            if (portion.month, portion.number) in await self._drawn_portions(plan.code):
                return 0
            raise
        return len(picks)

    async def _chosen(
        self,
        session: AsyncSession,
        plan: SamplePlanRow,
        portion: Portion,
        definition: PlanDefinition,
        calls: Sequence[Candidate],
        flags: Mapping[str, str],
    ) -> list[SamplePickRow]:
        earlier = (await session.scalars(select(SamplePickRow).where(SamplePickRow.plan == plan.code))).all()
        taken = {pick.call for pick in earlier}
        month = [pick for pick in earlier if pick.month == portion.month and pick.state in COUNTED]
        had: dict[str, list[str]] = {}
        for pick in month:
            if pick.why != PickReason.FLAGGED:
                had.setdefault(pick.agent, []).append(pick.call)
        pool = [call for call in calls if call.call not in taken]
        drawn = draw(plan.code, portion, definition.per_agent, pool, had)
        picks = [self._pick(plan, portion, definition, pick.candidate, pick.rank, PickReason.RANDOM) for pick in drawn]
        chosen = {pick.candidate.call for pick in drawn}
        flagged = Counter(pick.agent for pick in month if pick.why == PickReason.FLAGGED)
        left = [pick for pick in pool if pick.call not in chosen]
        for ranked in ranked_of(plan.code, portion, [pick for pick in left if pick.call in flags]):
            agent, flag = ranked.candidate.agent, flags[ranked.candidate.call]
            if flagged[agent] < definition.flagged_most:
                flagged[agent] += 1
                picks.append(
                    self._pick(plan, portion, definition, ranked.candidate, ranked.rank, PickReason.FLAGGED, flag)
                )
        session.add_all(picks)
        await session.flush()
        await self._graded_already(session, picks)
        return picks

    async def _first_flags(self, calls: Iterable[Candidate]) -> dict[str, str]:
        """Returns the first flag about the agent of each call that was not annulled, by call."""
        agents = {call.call: call.agent for call in calls}
        ids, flags = sorted(agents), dict[str, str]()
        for start in range(0, len(ids), IN_ONE_QUERY):
            part = await self._parts.flags.on_calls(ids[start : start + IN_ONE_QUERY])
            for flag in sorted(part, key=attrgetter("id")):
                if flag.state is not FlagState.ANNULLED and flag.agent == agents[flag.call]:
                    flags.setdefault(flag.call, flag.id)
        return flags

    def _pick(
        self,
        plan: SamplePlanRow,
        portion: Portion,
        definition: PlanDefinition,
        call: Candidate,
        rank: str,
        why: PickReason,
        flag: str | None = None,
    ) -> SamplePickRow:
        return SamplePickRow(
            id=uuid4().hex,
            plan=plan.code,
            month=portion.month,
            portion=portion.number,
            agent=call.agent,
            call=call.call,
            called_at=call.at,
            rank=rank,
            why=why.value,
            flag=flag,
            form=definition.form,
            state=PickState.OPEN.value,
            drawn_at=self._clock(),
        )

    async def _graded_already(self, session: AsyncSession, picks: Sequence[SamplePickRow]) -> None:
        """Marks calls that were graded before they were drawn as graded."""
        by_call = {pick.call: pick for pick in picks}
        names = sorted(by_call)
        for start in range(0, len(names), IN_ONE_QUERY):
            standing = ScoreRow.state.in_([pick.value for pick in STANDING])
            query = select(ScoreRow).where(ScoreRow.call.in_(names[start : start + IN_ONE_QUERY]), standing)
            for score in await session.scalars(query):
                pick = by_call[score.call]
                if pick.agent == score.agent:
                    pick.state, pick.score, pick.settled_at = PickState.GRADED.value, score.id, score.submitted_at
                    pick.settled_by, pick.grader = score.grader, score.grader

    async def _hand_out(
        self,
        session: AsyncSession,
        month: str,
        definition: PlanDefinition,
        picks: Sequence[SamplePickRow],
        graders: Sequence[Grader],
    ) -> None:
        open_ = [pick for pick in picks if pick.state == PickState.OPEN]
        if not open_:
            return
        query = select(SamplePickRow.grader).where(
            SamplePickRow.plan == open_[0].plan, SamplePickRow.month == month, SamplePickRow.grader.is_not(None)
        )
        load = Counter(login for login in await session.scalars(query) if login)
        given = assign(
            [Candidate(pick.call, pick.agent, pick.called_at) for pick in open_],
            graders,
            load,
            not_own_team=definition.not_own_team,
            seed=f"{open_[0].plan}\0{month}",
        )
        for pick in open_:
            pick.grader = given[pick.call]

    async def graders_of(self, definition: PlanDefinition) -> list[Grader]:
        """Returns the plan's graders who can still sign in, with their own agent's number and their team's agents."""
        async with self._database.read() as session:
            teams = (await session.scalars(select(ScoreTeamRow))).all()
        led: Mapping[str, frozenset[str]] = {
            login: frozenset(agent for team in teams if login in team.leaders for agent in team.agents)
            for login in definition.graders
        }
        people = await self._parts.graders()
        return [Grader(person.login, person.agent, led[person.login]) for person in people if person.login in led]


def ranked_of(plan: str, portion: Portion, calls: Iterable[Candidate]) -> list[Ranked]:
    """Returns the flagged calls in the order in which the plan takes them."""
    ranked = [Ranked(call, rank_of(key_of(plan, portion.month, call.agent), call.call), True) for call in calls]
    return sorted(ranked, key=attrgetter("rank"))
