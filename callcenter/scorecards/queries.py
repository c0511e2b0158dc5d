"""Reads scores: lists, the evidence beside them, their statistics, their checksums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from callcenter.facts import CallId
from callcenter.scorecards.errors import UnknownScore
from callcenter.scorecards.figures import Graded, ScoreFigures, figures, grouped
from callcenter.scorecards.forms.model import ScoreForm
from callcenter.scorecards.forms.service import GradingFormDamaged, form_of
from callcenter.scorecards.model import OPEN_TO_AGENT, STANDING, CalibrationState, ScoreState
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.rows import (
    CalibrationRow,
    CalibrationSheetRow,
    ScoreDisputeRow,
    ScoreFormRow,
    ScoreRow,
    ScoreStepRow,
)
from callcenter.scorecards.scoring import FlagSeen, Hint, Missing, Scored, hints, missing, seal
from callcenter.scorecards.service import answers_of, sealed_facts
from callcenter.storage.paging import newest_first
from callcenter.storage.sorting import Place as SortPlace
from callcenter.storage.sorting import SortedRows, both_ways, counted, sorted_rows
from callcenter.web.roles import LEADERS, Person

Place = tuple[datetime, str]
FIGURES_LIMIT = 100_000
ORDERS: Final = both_ways(ScoreRow.id, ScoreRow.called_at, empty=(ScoreRow.total, ScoreRow.submitted_at))
"""The orders of the list, each with an index."""
HIDDEN = (ScoreState.DRAFT.value, ScoreState.DISCARDED.value)


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """Filter of scores; None means no restriction. Times are the calls'; `since` is inclusive, `until` exclusive."""

    agent: str | None = None
    team: str | None = None
    grader: str | None = None
    call: CallId | None = None
    month: str | None = None
    line: str | None = None
    state: ScoreState | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool] | None] = [
            None if self.agent is None else ScoreRow.agent == self.agent,
            None if self.team is None else ScoreRow.team == self.team,
            None if self.grader is None else ScoreRow.grader == self.grader,
            None if self.call is None else ScoreRow.call == self.call,
            None if self.month is None else ScoreRow.month == self.month,
            None if self.line is None else ScoreRow.line == self.line,
            None if self.state is None else ScoreRow.state == self.state.value,
            None if self.since is None else ScoreRow.called_at >= self.since,
            None if self.until is None else ScoreRow.called_at < self.until,
        ]
        return [condition for condition in conditions if condition is not None]


@dataclass(frozen=True, slots=True)
class FullScore:
    """A score with everything that belongs to it."""

    row: ScoreRow
    version: ScoreFormRow
    form: ScoreForm
    steps: Sequence[ScoreStepRow]
    dispute: ScoreDisputeRow | None
    missing: Missing
    superseded_by: str | None


@dataclass(frozen=True, slots=True)
class CallEvidence:
    """What there is to hear and read about a call, and what its flags suggest: the grader decides."""

    call: CallId
    recordings: Sequence[str]
    transcripts: Sequence[str]
    flags: Sequence[FlagSeen]
    hints: Sequence[Hint]


class ScoreReading:
    def __init__(self, parts: ScoreParts) -> None:
        self._parts = parts
        self._database = parts.database

    async def score(self, id: str, by: Person) -> ScoreRow:
        """Raises UnknownScore, also for a score that this person may not see."""
        async with self._database.read() as session:
            row = await session.scalar(select(ScoreRow).where(ScoreRow.id == id, _seen_by(by)))
        if row is None:
            raise UnknownScore("there is no such score", score=id[:40])
        return row

    async def full(self, id: str, by: Person) -> FullScore:
        """Raises UnknownScore."""
        row = await self.score(id, by)
        async with self._database.read() as session:
            version = await session.get_one(ScoreFormRow, row.form)
            steps = select(ScoreStepRow).where(ScoreStepRow.score == id).order_by(ScoreStepRow.id)
            later = select(ScoreRow.id).where(ScoreRow.supersedes == id, ScoreRow.state.not_in(HIDDEN))
            form = form_of(version)
            return FullScore(
                row=row,
                version=version,
                form=form,
                steps=(await session.scalars(steps)).all(),
                dispute=await session.get(ScoreDisputeRow, id),
                missing=missing(form, answers_of(row)),
                superseded_by=await session.scalar(later),
            )

    async def find(
        self, filter: ScoreFilter, by: Person, limit: int = 50, after: Place | None = None
    ) -> Sequence[ScoreRow]:
        """Returns the scores that this person may see, newest calls first, after the position (called_at, id)."""
        query = select(ScoreRow).where(*filter.conditions(), _seen_by(by))
        query = newest_first(query, ScoreRow.called_at, ScoreRow.id, limit, after)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def sorted(
        self, filter: ScoreFilter, by: Person, sort: str, limit: int, after: SortPlace | None = None
    ) -> SortedRows[ScoreRow]:
        """Returns the scores that this person may see in one of the ORDERS, after the place."""
        query = select(ScoreRow).where(*filter.conditions(), _seen_by(by))
        async with self._database.read() as session:
            return await sorted_rows(session, query, ORDERS[sort], limit, after)

    async def count(self, filter: ScoreFilter, by: Person) -> tuple[int, bool]:
        """Returns how many this person may see, up to a limit, and whether that is all."""
        async with self._database.read() as session:
            return await counted(session, select(ScoreRow).where(*filter.conditions(), _seen_by(by)))

    async def evidence(self, id: str, by: Person) -> CallEvidence:
        """Raises UnknownScore."""
        full = await self.full(id, by)
        return await self.evidence_of(full.row.call, full.row.agent, full.form)

    async def evidence_of(self, call: CallId, agent: str, form: ScoreForm) -> CallEvidence:
        """Returns what is known of the call, with the flags that name this agent or no agent."""
        flags = [
            FlagSeen(id=flag.id, clause=flag.clause, state=flag.state, facts=flag.facts)
            for flag in await self._parts.flags.on_calls([call])
            if flag.agent in (agent, None)
        ]
        recordings = (await self._parts.recorded([call])).get(call, ())
        transcripts = (await self._parts.transcribed([call])).get(call, ())
        return CallEvidence(call, list(recordings), list(transcripts), flags, hints(form, flags))

    async def figures(
        self, filter: ScoreFilter, by_group: str | None, by: Person
    ) -> tuple[ScoreFigures, Mapping[str, ScoreFigures]]:
        """Returns the figures of the standing scores: in total, and by agent, team, form, section, item or month."""
        graded = await self._graded(filter, by)
        return figures(graded), grouped(graded, by_group) if by_group else {}

    async def satisfaction(self, since: datetime, until: datetime) -> Mapping[str, tuple[int, float]]:
        """Returns the customers' ratings of the agents in the same period, to compare with the scores (F4)."""
        return await self._parts.satisfaction(since, until)

    async def _graded(self, filter: ScoreFilter, by: Person) -> list[Graded]:
        standing = ScoreRow.state.in_([state.value for state in STANDING])
        query = (
            select(ScoreRow, ScoreFormRow.name)
            .join(ScoreFormRow, ScoreFormRow.id == ScoreRow.form)
            .where(*filter.conditions(), standing, _seen_by(by))
            .order_by(ScoreRow.called_at.desc())
            .limit(FIGURES_LIMIT)
        )
        async with self._database.read() as session:
            return [
                Graded(
                    agent=row.agent,
                    team=row.team,
                    form=name,
                    month=row.month,
                    total=row.total,
                    passed=row.passed,
                    failed=bool(row.failed),
                    sections=row.sections,
                    items=row.items,
                )
                for row, name in await session.execute(query)
            ]

    async def verify(self) -> list[str]:
        """Returns every submitted score whose content no longer matches its checksum; empty when all match."""
        broken = []
        query = select(ScoreRow, ScoreFormRow).join(ScoreFormRow, ScoreFormRow.id == ScoreRow.form)
        async with self._database.read() as session:
            for row, version in await session.execute(query.where(ScoreRow.sha256.is_not(None)).order_by(ScoreRow.id)):
                if not _holds(row, version):
                    broken.append(row.id)
        return broken


def _holds(row: ScoreRow, version: ScoreFormRow) -> bool:
    assert row.submitted_at is not None
    try:
        form_of(version)
    except GradingFormDamaged:
        return False
    scored = Scored(row.total, row.earned, row.passed, tuple(row.failed), row.sections, row.items)
    facts = {**sealed_facts(row, version), "submitted_at": row.submitted_at.isoformat()}
    return seal(facts, answers_of(row), scored) == row.sha256


def _seen_by(by: Person) -> ColumnElement[bool]:
    """The condition of `may_see` in SQL; a grader with an open blind calibration sees no score of its call."""
    if not by.may(LEADERS):
        return and_(ScoreRow.agent == (by.agent or ""), ScoreRow.state.in_([state.value for state in OPEN_TO_AGENT]))
    blind = (
        select(CalibrationRow.call)
        .join(CalibrationSheetRow, CalibrationSheetRow.calibration == CalibrationRow.id)
        .where(
            CalibrationRow.state == CalibrationState.BLIND.value,
            CalibrationSheetRow.grader == by.login,
            CalibrationSheetRow.submitted_at.is_(None),
        )
    )
    others = and_(ScoreRow.state.not_in(HIDDEN), ScoreRow.call.not_in(blind))
    return or_(others, ScoreRow.grader == by.login)
