"""Shared parts of every step of a score: compare-and-set, history, audit, who may settle."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.facts import CallId
from callcenter.scorecards.access import graded_agent
from callcenter.scorecards.errors import OwnCall, SameGrader, ScoreChangedMeanwhile, UnknownScore
from callcenter.scorecards.forms.model import ScoreForm
from callcenter.scorecards.forms.service import form_of
from callcenter.scorecards.model import ScoreEvent, ScoreState, after
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.rows import ScoreDisputeRow, ScoreFormRow, ScoreRow, ScoreStepRow
from callcenter.storage.database import after_commit
from callcenter.web.ports import DeltaKind
from callcenter.web.roles import Person


class ScoreDelta(TypedDict):
    """A score without its result: that is read, not broadcast, because someone may be about to grade the same call."""

    id: str
    call: CallId
    agent: str
    grader: str
    state: str
    supersedes: str | None
    month: str


SCORE: Final = DeltaKind("score", ScoreDelta, "the agent concerned, and leaders")


class ScoreSteps:
    """Takes steps inside the caller's transaction."""

    def __init__(self, parts: ScoreParts) -> None:
        self._parts = parts
        self._clock = parts.clock

    async def load(self, session: AsyncSession, id: str) -> ScoreRow:
        row = await session.get(ScoreRow, id, with_for_update=True)
        if row is None:
            raise UnknownScore("there is no such score", score=id[:40])
        return row

    async def step(
        self, session: AsyncSession, row: ScoreRow, event: ScoreEvent, by: Person, reason: str = "", **values: Any
    ) -> ScoreRow:
        state, now = after(ScoreState(row.state), event), self._clock()
        changed = await session.execute(
            update(ScoreRow)
            .where(ScoreRow.id == row.id, ScoreRow.state == row.state, ScoreRow.rev == row.rev)
            .values(state=state.value, rev=row.rev + 1, changed_at=now, **values)
            .returning(ScoreRow.id)
            .execution_options(synchronize_session=False)
        )
        if changed.first() is None:
            raise ScoreChangedMeanwhile("it was changed meanwhile; read it again", score=row.id)
        session.add(
            ScoreStepRow(score=row.id, at=now, event=event.value, state=state.value, by=by.login, reason=reason)
        )
        await session.flush()
        await session.refresh(row)
        facts = {"call": row.call, "agent": row.agent, "state": row.state}
        await self._parts.audit.append(session, by, f"score.{event.value}", f"score/{row.id}", facts=facts)
        if state is not ScoreState.DISCARDED:
            delta, audience = delta_of(row), frozenset({row.agent})
            after_commit(session, lambda: self._parts.publish(SCORE, delta, audience))
        return row

    async def may_settle(self, row: ScoreRow, by: Person) -> None:
        if by.agent is not None and by.agent == row.agent:
            raise OwnCall("a grader must not have been on the call", agent=by.agent)
        if row.state == ScoreState.DISPUTED and row.grader == by.login:
            raise SameGrader("a dispute must be settled by another person than the grader", score=row.id)
        graded_agent(await self._parts.calls.get(row.call), row.agent, by)

    async def settled(self, session: AsyncSession, row: ScoreRow, by: Person, text: str, review: str | None) -> None:
        dispute = await session.get_one(ScoreDisputeRow, row.id)
        dispute.settled_at, dispute.settled_by = self._clock(), by.login
        dispute.answer, dispute.review = text, review

    async def form(self, session: AsyncSession, row: ScoreRow) -> ScoreForm:
        return form_of(await session.get_one(ScoreFormRow, row.form))


def delta_of(row: ScoreRow) -> ScoreDelta:
    return {
        "id": row.id,
        "call": row.call,
        "agent": row.agent,
        "grader": row.grader,
        "state": row.state,
        "supersedes": row.supersedes,
        "month": row.month,
    }


def payload_of(row: ScoreRow) -> dict[str, Any]:
    """Returns what subscribers receive: the result, not the answers."""
    names = ("id", "call", "agent", "grader", "state", "total", "passed", "failed", "supersedes", "month")
    return {name: getattr(row, name) for name in names}
