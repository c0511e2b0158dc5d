"""Handles drawn calls: the list to grade, progress, replacing what cannot be graded, and how each draw came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.facts import CallId
from callcenter.scorecards.access import agents_of, required_text
from callcenter.scorecards.errors import OwnCall
from callcenter.scorecards.model import PickEvent, PickReason, PickState, after
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.rows import SampleDrawRow, SamplePickRow
from callcenter.scorecards.sampling.calls import candidates_of
from callcenter.scorecards.sampling.model import Candidate, digest_of, portions, ranking
from callcenter.scorecards.sampling.picks import PickChangedMeanwhile, step
from callcenter.scorecards.sampling.plans import PlanDefinition, SamplePlans
from callcenter.web.audit import SYSTEM
from callcenter.web.roles import Person

SWEEP = 5000


class UnknownPick(NotFound):
    code = "no_such_pick"


@dataclass(frozen=True, slots=True)
class Progress:
    """An agent's progress in a month."""

    agent: str
    open: int
    graded: int
    replaced: int
    dropped: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Place:
    """A call in the order of a draw; `state` is that of its pick, None when it was not drawn."""

    call: CallId
    rank: str
    own: bool
    state: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A repeated draw; `same_calls` records whether the calls are still those of the original draw."""

    month: str
    portion: int
    drawn_at: str
    calls_then: int
    calls_now: int
    same_calls: bool
    places: Sequence[Place]


class SamplingWorklist:
    def __init__(self, parts: ScoreParts, plans: SamplePlans) -> None:
        self._parts = parts
        self._database = parts.database
        self._clock = parts.clock
        self._plans = plans

    async def to_grade(self, grader: str | None, limit: int = 200) -> Sequence[SamplePickRow]:
        """Returns a grader's open calls and unassigned ones, oldest first; with None, those of all graders."""
        query = select(SamplePickRow).where(SamplePickRow.state == PickState.OPEN.value)
        if grader is not None:
            query = query.where(or_(SamplePickRow.grader == grader, SamplePickRow.grader.is_(None)))
        query = query.order_by(SamplePickRow.called_at, SamplePickRow.id).limit(limit)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def picks(self, plan: str, month: str) -> Sequence[SamplePickRow]:
        """Returns the draws of a month, with what was replaced and why."""
        query = select(SamplePickRow).where(SamplePickRow.plan == plan, SamplePickRow.month == month)
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(SamplePickRow.agent, SamplePickRow.called_at))).all()

    async def progress(self, plan: str, month: str) -> list[Progress]:
        """Returns the progress by agent."""
        by_agent: dict[str, list[SamplePickRow]] = {}
        for pick in await self.picks(plan, month):
            by_agent.setdefault(pick.agent, []).append(pick)
        return [_progress(agent, picks) for agent, picks in sorted(by_agent.items())]

    async def give(self, id: str, grader: Person, by: Person) -> SamplePickRow:
        """Assigns a drawn call to another grader. Raises UnknownPick, IllegalTransition, OwnCall."""
        async with self._database.write() as session:
            row = await _load(session, id)
            after(PickState(row.state), PickEvent.GRADE)
            if grader.agent is not None and grader.agent in agents_of(await self._parts.calls.get(row.call)):
                raise OwnCall("a grader must not have been on the call", agent=grader.agent)
            row.grader = grader.login
            await self._parts.audit.append(session, by, "sample.given", f"pick/{id}", facts={"grader": grader.login})
        return row

    async def replace(self, id: str, reason: str, by: Person | None) -> SamplePickRow | None:
        """Replaces a call that cannot be graded by the next one in rank; None when none is left.

        A flagged call has no successor: it was drawn for what happened in it.
        Raises UnknownPick, IllegalTransition, TextMissing, PickChangedMeanwhile.
        """
        why = required_text(reason)
        async with self._database.read() as session:
            row = await _load(session, id)
        successors = [] if row.why == PickReason.FLAGGED else await self._successors(row)
        async with self._database.write() as session:
            row = await _load(session, id)
            taken = set(await session.scalars(select(SamplePickRow.call).where(SamplePickRow.plan == row.plan)))
            chosen = next((successor for successor in successors if successor.call not in taken), None)
            event = PickEvent.DROP if chosen is None else PickEvent.REPLACE
            actor, now = by or SYSTEM, self._clock()
            await step(session, row, event, actor.login, now, reason=why)
            facts = {"call": row.call, "reason": why, "by_call": chosen.call if chosen else None}
            await self._parts.audit.append(session, actor, f"sample.{event.value}", f"pick/{id}", facts=facts)
            if chosen is None:
                return None
            names = ("plan", "month", "portion", "agent", "form", "grader")
            new = SamplePickRow(
                id=uuid4().hex,
                call=chosen.call,
                called_at=chosen.candidate.at,
                rank=chosen.rank,
                why=PickReason.REPLACEMENT.value,
                state=PickState.OPEN.value,
                drawn_at=now,
                replaces=id,
                **{name: getattr(row, name) for name in names},
            )
            session.add(new)
            await session.flush()
        return new

    async def _successors(self, row: SamplePickRow) -> list[_Successor]:
        """Returns the agent's calls of the month by rank, of the portions drawn so far; the pick's portion first."""
        definition = PlanDefinition.model_validate((await self._plans.plan(row.plan)).definition)
        drawn = [draw.portion for draw in await self._draws(row.plan, row.month)]
        of_month = portions(row.month, self._parts.zone)
        until = of_month[max([*drawn, row.portion]) - 1].until
        calls = await candidates_of(self._parts, definition, of_month[0].since, until, row.agent)
        successors: dict[str, _Successor] = {}
        for number in sorted({row.portion, *(number for number in drawn if number > row.portion)}):
            for ranked in ranking(row.plan, row.agent, of_month[number - 1], calls):
                successors.setdefault(ranked.candidate.call, _Successor(ranked.candidate, ranked.rank))
        return list(successors.values())

    async def sweep(self) -> int:
        """Replaces open calls that can no longer be graded: erased, or without the recording that the plan requires."""
        replaced = 0
        plans = {plan.code: PlanDefinition.model_validate(plan.definition) for plan in await self._plans.plans()}
        picks = await self.to_grade(None, SWEEP)
        calls = [pick.call for pick in picks]
        recorded = await self._parts.recorded(calls) if calls else {}
        existing = {record.id for record in await self._parts.calls.several(calls)}
        for pick in picks:
            reason = "the call is erased" if pick.call not in existing else "there is no recording any more"
            if pick.call in existing and (not plans[pick.plan].recorded_only or recorded.get(pick.call)):
                continue
            try:
                await self.replace(pick.id, reason, None)
            except PickChangedMeanwhile:
                continue
            replaced += 1
        return replaced

    async def explain(self, plan: str, month: str, agent: str) -> list[Explained]:
        """Repeats the draw of an agent's month and returns each call's rank. Raises UnknownPlan, BadMonth."""
        await self._plans.plan(plan)
        of_month = portions(month, self._parts.zone)
        picks = {pick.call: pick for pick in await self.picks(plan, month) if pick.agent == agent}
        explained = []
        for draw in await self._draws(plan, month):
            portion = of_month[draw.portion - 1]
            definition = PlanDefinition.model_validate(draw.definition)
            calls = await candidates_of(self._parts, definition, portion.month_since, portion.until)
            places = []
            for ranked in ranking(plan, agent, portion, calls):
                pick = picks.get(ranked.candidate.call)
                mine = pick if pick is not None and pick.portion <= draw.portion else None
                state, why = (mine.state, f"{mine.why}, portion {mine.portion}") if mine else (None, None)
                places.append(Place(ranked.candidate.call, ranked.rank, ranked.own, state, why))
            explained.append(
                Explained(
                    month=month,
                    portion=draw.portion,
                    drawn_at=draw.at.isoformat(),
                    calls_then=draw.calls,
                    calls_now=len(calls),
                    same_calls=digest_of(calls) == draw.digest,
                    places=places,
                )
            )
        return explained

    async def _draws(self, plan: str, month: str) -> Sequence[SampleDrawRow]:
        query = select(SampleDrawRow).where(SampleDrawRow.plan == plan, SampleDrawRow.month == month)
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(SampleDrawRow.portion))).all()


@dataclass(frozen=True, slots=True)
class _Successor:
    candidate: Candidate
    rank: str

    @property
    def call(self) -> str:
        return self.candidate.call


def _progress(agent: str, picks: Sequence[SamplePickRow]) -> Progress:
    states = [pick.state for pick in picks]
    return Progress(
        agent,
        states.count(PickState.OPEN),
        states.count(PickState.GRADED),
        states.count(PickState.REPLACED),
        states.count(PickState.DROPPED),
        sum(pick.why == PickReason.FLAGGED for pick in picks),
    )


async def _load(session: AsyncSession, id: str) -> SamplePickRow:
    row = await session.get(SamplePickRow, id)
    if row is None:
        raise UnknownPick("there is no such drawn call", pick=id[:40])
    return row
