"""Handles scores: started on a call, saved while listening, submitted and frozen, disputed and settled (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.facts import CallId
from callcenter.scorecards.access import graded_agent, may_see
from callcenter.scorecards.errors import AlreadyGraded, NotTheGrader, ScoreChangedMeanwhile, ScoreFrozen, UnknownScore
from callcenter.scorecards.forms.model import DEFAULT_FORM
from callcenter.scorecards.forms.service import ScoreForms, form_of
from callcenter.scorecards.model import STANDING, ScoreEvent, ScoreState, after
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.rows import ScoreFormRow, ScoreRow
from callcenter.scorecards.sampling.model import month_of
from callcenter.scorecards.sampling.picks import graded
from callcenter.scorecards.scoring import Answer, Answers, Scored, checked, must_be_complete, score, seal
from callcenter.scorecards.steps import ScoreSteps, payload_of
from callcenter.scorecards.teams import team_of
from callcenter.web.roles import Person


class ScoreService:
    def __init__(self, parts: ScoreParts, forms: ScoreForms) -> None:
        self._parts = parts
        self._database = parts.database
        self._clock = parts.clock
        self._forms = forms
        self._steps = ScoreSteps(parts)

    async def begin(self, call: CallId, by: Person, agent: str | None = None, form: str = DEFAULT_FORM) -> ScoreRow:
        """Starts grading a call with the form's newest published version, or resumes the existing draft.

        Raises UnknownCall, CallNotGradable, NotOnTheCall, OwnCall, UnknownGradingForm, AlreadyGraded.
        """
        record = await self._parts.calls.get(call)
        chosen = graded_agent(record, agent, by)
        version = await self._forms.published(form)
        mine = (ScoreRow.call == call, ScoreRow.agent == chosen)
        async with self._database.write() as session:
            standing = await session.scalar(
                select(ScoreRow.id).where(*mine, ScoreRow.state.in_([state.value for state in STANDING]))
            )
            if standing is not None:
                raise AlreadyGraded("this call has its score; a review is begun from that", score=standing)
            draft = (ScoreRow.grader == by.login, ScoreRow.state == ScoreState.DRAFT, ScoreRow.supersedes.is_(None))
            row = await session.scalar(select(ScoreRow).where(*mine, *draft))
            if row is not None:
                return row
            return await self._draft(
                session,
                by,
                version,
                {
                    "call": call,
                    "agent": chosen,
                    "line": record.line,
                    "called_at": record.arrived_at,
                    "month": month_of(record.arrived_at, self._parts.zone),
                    "team": await team_of(session, chosen),
                },
            )

    async def review(self, id: str, by: Person) -> ScoreRow:
        """Creates a new draft to replace a submitted score, prefilled with its answers.

        Raises UnknownScore, IllegalTransition, OwnCall; SameGrader where the score is disputed.
        """
        async with self._database.write() as session:
            row = await self._steps.load(session, id)
            after(ScoreState(row.state), ScoreEvent.REVISE)
            await self._steps.may_settle(row, by)
            mine = (ScoreRow.supersedes == id, ScoreRow.grader == by.login, ScoreRow.state == ScoreState.DRAFT)
            earlier = await session.scalar(select(ScoreRow).where(*mine))
            if earlier is not None:
                return earlier
            version = await session.get_one(ScoreFormRow, row.form)
            names = ("call", "agent", "line", "called_at", "month", "team", "answers")
            facts = {name: getattr(row, name) for name in names}
            return await self._draft(session, by, version, {**facts, "supersedes": id})

    async def change(self, id: str, answers: Answers, note: str, by: Person, rev: int) -> ScoreRow:
        """Saves a draft with all its answers; omitted ones are removed.

        Raises UnknownScore, NotTheGrader, ScoreFrozen, BadScoreAnswer, ScoreChangedMeanwhile.
        """
        async with self._database.write() as session:
            row = await self._own_draft(session, id, by)
            form = await self._steps.form(session, row)
            given = checked(form, answers)
            values = {
                "answers": _plain(given),
                "note": note.replace("\0", "").strip(),
                **_result(score(form, given)),
            }
            changed = await session.execute(
                update(ScoreRow)
                .where(ScoreRow.id == id, ScoreRow.state == row.state, ScoreRow.rev == rev)
                .values(rev=rev + 1, changed_at=self._clock(), **values)
                .returning(ScoreRow.id)
                .execution_options(synchronize_session=False)
            )
            if changed.first() is None:
                raise ScoreChangedMeanwhile("this draft was saved meanwhile; read it again", score=id)
            await session.refresh(row)
        return row

    async def submit(self, id: str, by: Person, rev: int) -> ScoreRow:
        """Freezes a draft; a review replaces the earlier score in the same transaction.

        Raises UnknownScore, NotTheGrader, ScoreFrozen, ScoreIncomplete, ScoreChangedMeanwhile, AlreadyGraded.
        """
        try:
            async with self._database.write() as session:
                return await self._submit(session, id, by, rev)
        except IntegrityError:
            raise AlreadyGraded("another score of this call has just been submitted", score=id) from None

    async def _submit(self, session: AsyncSession, id: str, by: Person, rev: int) -> ScoreRow:
        row = await self._own_draft(session, id, by)
        if row.rev != rev:
            raise ScoreChangedMeanwhile("this draft was saved meanwhile; read it again", score=id)
        form, answers, now = await self._steps.form(session, row), answers_of(row), self._clock()
        must_be_complete(form, answers)
        earlier = await self._replaced(session, row, by) if row.supersedes else None
        scored = score(form, answers)
        version = await session.get_one(ScoreFormRow, row.form)
        facts = {**sealed_facts(row, version), "submitted_at": now.isoformat()}
        values = {
            **_result(scored),
            "submitted_at": now,
            "sha256": seal(facts, answers, scored),
            "dispute_until": now + timedelta(days=self._parts.settings.dispute_days),
        }
        await self._steps.step(session, row, ScoreEvent.SUBMIT, by, **values)
        await graded(session, row.call, row.agent, row.id, by.login, now)
        await self._parts.emit(session, "score.submitted", payload_of(row))
        if earlier is not None:
            await self._parts.emit(session, "score.revised", payload_of(earlier) | {"review": row.id})
        return row

    async def discard(self, id: str, by: Person) -> ScoreRow:
        """Discards a draft. Raises UnknownScore, NotTheGrader, ScoreFrozen."""
        async with self._database.write() as session:
            row = await self._own_draft(session, id, by)
            return await self._steps.step(session, row, ScoreEvent.DISCARD, by)

    # Helpers of the steps.

    async def _draft(
        self, session: AsyncSession, by: Person, version: ScoreFormRow, facts: Mapping[str, Any]
    ) -> ScoreRow:
        now, form = self._clock(), form_of(version)
        row = ScoreRow(
            id=uuid4().hex,
            form=version.id,
            grader=by.login,
            grader_name=by.name,
            state=ScoreState.DRAFT.value,
            rev=1,
            note="",
            begun_at=now,
            changed_at=now,
            **{"answers": {}, **facts},
        )
        scored = score(form, answers_of(row))
        row.total, row.earned, row.passed = scored.total, scored.earned, scored.passed
        row.failed, row.sections, row.items = list(scored.failed), dict(scored.sections), dict(scored.items)
        session.add(row)
        await session.flush()
        audit_facts = {"call": row.call, "agent": row.agent, "form": f"{version.name}/{version.number}"}
        await self._parts.audit.append(session, by, "score.begun", f"score/{row.id}", facts=audit_facts)
        return row

    async def _replaced(self, session: AsyncSession, row: ScoreRow, by: Person) -> ScoreRow:
        assert row.supersedes is not None
        earlier = await self._steps.load(session, row.supersedes)
        after(ScoreState(earlier.state), ScoreEvent.REVISE)
        # The agent may have disputed after the review was started: then another person must submit it.
        await self._steps.may_settle(earlier, by)
        disputed = earlier.state == ScoreState.DISPUTED
        await self._steps.step(session, earlier, ScoreEvent.REVISE, by, f"score/{row.id}")
        if disputed:
            await self._steps.settled(session, earlier, by, row.note, row.id)
        return earlier

    async def _own_draft(self, session: AsyncSession, id: str, by: Person) -> ScoreRow:
        row = await self._steps.load(session, id)
        if not may_see(row, by):
            raise UnknownScore("there is no such score", score=id[:40])
        if row.grader != by.login:
            raise NotTheGrader("only the person who began this score can continue it", score=id)
        if row.state != ScoreState.DRAFT:
            raise ScoreFrozen("a submitted score never changes; begin a review", score=id)
        return row


def answers_of(row: ScoreRow) -> dict[str, Answer]:
    return {key: Answer(**answer) for key, answer in row.answers.items()}


def sealed_facts(row: ScoreRow, version: ScoreFormRow) -> dict[str, Any]:
    """Returns what the checksum covers beside answers and score."""
    return {
        "id": row.id,
        "form": version.name,
        "version": version.number,
        "form_sha256": version.sha256,
        "call": row.call,
        "agent": row.agent,
        "grader": row.grader,
        "note": row.note,
        "supersedes": row.supersedes,
    }


def _plain(answers: Answers) -> dict[str, Any]:
    return {key: asdict(answer) for key, answer in answers.items()}


def _result(scored: Scored) -> dict[str, Any]:
    return {
        "total": scored.total,
        "earned": scored.earned,
        "passed": scored.passed,
        "failed": list(scored.failed),
        "sections": dict(scored.sections),
        "items": dict(scored.items),
    }
