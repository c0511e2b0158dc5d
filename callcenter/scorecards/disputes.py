"""Handles the agent's acknowledgement of a score, disputes, and another person's answer to them (S2)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.scorecards.access import may_see, required_text
from callcenter.scorecards.errors import DisputeClosed, NotYourScore, UnknownScore
from callcenter.scorecards.model import ScoreEvent, ScoreState, after
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.rows import ScoreDisputeRow, ScoreRow
from callcenter.scorecards.scoring import BadScoreAnswer
from callcenter.scorecards.steps import ScoreSteps, payload_of
from callcenter.web.roles import Person


class ScoreDisputes:
    def __init__(self, parts: ScoreParts) -> None:
        self._parts = parts
        self._database = parts.database
        self._clock = parts.clock
        self._steps = ScoreSteps(parts)

    async def acknowledge(self, id: str, by: Person) -> ScoreRow:
        """Records that the agent has taken note. Raises UnknownScore, NotYourScore, IllegalTransition."""
        async with self._database.write() as session:
            return await self._steps.step(session, await self._of_agent(session, id, by), ScoreEvent.ACKNOWLEDGE, by)

    async def dispute(self, id: str, by: Person, text: str, items: Mapping[str, str]) -> ScoreRow:
        """Records the agent's dispute, with a general reason and reasons by item.

        Raises UnknownScore, NotYourScore, IllegalTransition, DisputeClosed, TextMissing, BadScoreAnswer.
        """
        reason, now = required_text(text), self._clock()
        async with self._database.write() as session:
            row = await self._of_agent(session, id, by)
            after(ScoreState(row.state), ScoreEvent.DISPUTE)
            if row.dispute_until is None or now > row.dispute_until or await _answers_a_dispute(session, row):
                raise DisputeClosed("this score cannot be disputed any more", score=id)
            form = await self._steps.form(session, row)
            for key in items:
                if form.item(key) is None:
                    raise BadScoreAnswer("the form has no such item", item=key[:40], fault="no_such_item")
            reasons = {key: required_text(written) for key, written in items.items()}
            session.add(ScoreDisputeRow(score=id, at=now, by=by.login, text=reason, items=reasons))
            await self._steps.step(session, row, ScoreEvent.DISPUTE, by, reason)
            await self._parts.emit(session, "score.disputed", payload_of(row) | {"items": sorted(reasons)})
        return row

    async def uphold(self, id: str, by: Person, answer: str) -> ScoreRow:
        """Upholds the score with an answer; decided by a person other than its grader.

        Raises UnknownScore, IllegalTransition, SameGrader, OwnCall, TextMissing.
        """
        reason = required_text(answer)
        async with self._database.write() as session:
            row = await self._steps.load(session, id)
            after(ScoreState(row.state), ScoreEvent.UPHOLD)
            await self._steps.may_settle(row, by)
            await self._steps.step(session, row, ScoreEvent.UPHOLD, by, reason)
            await self._steps.settled(session, row, by, reason, None)
            await self._parts.emit(session, "score.upheld", payload_of(row))
        return row

    async def _of_agent(self, session: AsyncSession, id: str, by: Person) -> ScoreRow:
        row = await self._steps.load(session, id)
        if not may_see(row, by):
            raise UnknownScore("there is no such score", score=id[:40])
        if by.agent is None or row.agent != by.agent:
            raise NotYourScore("only the agent of the call may do this", score=id)
        return row


async def _answers_a_dispute(session: AsyncSession, row: ScoreRow) -> bool:
    return await session.scalar(select(ScoreDisputeRow.score).where(ScoreDisputeRow.review == row.id)) is not None
