"""Tables of the scorecards: forms and their versions, scores with their history, samples, calibrations, teams."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.documents.columns import VersionColumns
from callcenter.facts import CallId
from callcenter.scorecards.model import STANDING, CalibrationState, PickReason, PickState, ScoreState
from callcenter.storage.base import Base, Versioned


def _known(column: str, kind: type[StrEnum]) -> CheckConstraint:
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=column)


_STANDING = text(f"state IN ({', '.join(repr(state.value) for state in STANDING)})")


class ScoreFormRow(VersionColumns, Base):
    """A version of a grading form."""

    __tablename__ = "score_form"


class ScoreRow(Base):
    """A grader's score of a call; from SUBMIT on only state and dispute dates change."""

    __tablename__ = "score"
    __table_args__ = (
        _known("state", ScoreState),
        Index(None, "agent", "called_at"),
        Index(None, "called_at", "id"),
        Index(None, "total", "id"),
        Index(None, "submitted_at", "id"),
        Index(None, "call"),
        Index(None, "grader", "state"),
        # One score of a call and agent counts; a concurrent second submission is refused here.
        Index("uq_score_standing", "call", "agent", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    form: Mapped[int] = mapped_column(ForeignKey("score_form.id"))
    call: Mapped[CallId] = mapped_column(String(180))
    agent: Mapped[str] = mapped_column(String(400))
    team: Mapped[str | None] = mapped_column(String(40))
    line: Mapped[str | None] = mapped_column(String(400))
    called_at: Mapped[datetime]
    month: Mapped[str] = mapped_column(String(7))
    grader: Mapped[str] = mapped_column(String(200))
    grader_name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    rev: Mapped[int] = mapped_column(default=1)
    answers: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text, default="")
    total: Mapped[float | None]
    earned: Mapped[float | None]
    passed: Mapped[bool | None]
    failed: Mapped[list[str]]
    sections: Mapped[dict[str, Any]]
    items: Mapped[dict[str, Any]]
    supersedes: Mapped[str | None] = mapped_column(ForeignKey("score.id"))
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    dispute_until: Mapped[datetime | None]
    sha256: Mapped[str | None] = mapped_column(String(64))


class ScoreStepRow(Base):
    """Every step of a score; never changed."""

    __tablename__ = "score_step"
    __table_args__ = (Index(None, "score", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    score: Mapped[str] = mapped_column(ForeignKey("score.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")


class ScoreDisputeRow(Base):
    """An agent's dispute with a reason per item, and the answer to it."""

    __tablename__ = "score_dispute"
    score: Mapped[str] = mapped_column(ForeignKey("score.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    items: Mapped[dict[str, str]] = mapped_column(JSON)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[str | None] = mapped_column(Text)
    review: Mapped[str | None] = mapped_column(String(32))


class ScoreTeamRow(Versioned, Base):
    """A team: its agents by number, and its leaders by login."""

    __tablename__ = "score_team"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    agents: Mapped[list[str]]
    leaders: Mapped[list[str]]


class SamplePlanRow(Versioned, Base):
    """Which calls are graded by whom; `definition` holds the rest of the plan as it was submitted."""

    __tablename__ = "sample_plan"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool]
    since: Mapped[datetime]
    definition: Mapped[dict[str, Any]]


class SampleDrawRow(Base):
    """A drawn portion: from how many calls and by which plan; each is drawn once."""

    __tablename__ = "sample_draw"
    __table_args__ = (UniqueConstraint("plan", "month", "portion"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(ForeignKey("sample_plan.code"))
    month: Mapped[str] = mapped_column(String(7))
    portion: Mapped[int]
    at: Mapped[datetime]
    calls: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]]


class SamplePickRow(Base):
    """A call to be graded; `why` is random, flagged or replacement."""

    __tablename__ = "sample_pick"
    __table_args__ = (
        UniqueConstraint("plan", "call"),
        _known("state", PickState),
        _known("why", PickReason),
        Index(None, "grader", "state"),
        Index(None, "plan", "month", "agent"),
        Index(None, "call"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    plan: Mapped[str] = mapped_column(ForeignKey("sample_plan.code"))
    month: Mapped[str] = mapped_column(String(7))
    portion: Mapped[int]
    agent: Mapped[str] = mapped_column(String(400))
    call: Mapped[CallId] = mapped_column(String(180))
    called_at: Mapped[datetime]
    rank: Mapped[str] = mapped_column(String(64))
    why: Mapped[str] = mapped_column(String(12))
    flag: Mapped[str | None] = mapped_column(String(400))
    form: Mapped[str] = mapped_column(String(40))
    grader: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    drawn_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(Text)
    replaces: Mapped[str | None] = mapped_column(String(32))
    score: Mapped[str | None] = mapped_column(String(32))


class CalibrationRow(Base):
    """Several graders on the same call, blind until the last one has submitted."""

    __tablename__ = "score_calibration"
    __table_args__ = (_known("state", CalibrationState), Index(None, "begun_at", "id"), Index(None, "call"))
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    form: Mapped[int] = mapped_column(ForeignKey("score_form.id"))
    call: Mapped[CallId] = mapped_column(String(180))
    agent: Mapped[str] = mapped_column(String(400))
    title: Mapped[str] = mapped_column(String(200))
    graders: Mapped[list[str]]
    reference: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]


class CalibrationSheetRow(Base):
    """One grader's answers in a calibration."""

    __tablename__ = "score_calibration_sheet"
    calibration: Mapped[str] = mapped_column(ForeignKey("score_calibration.id", ondelete="CASCADE"), primary_key=True)
    grader: Mapped[str] = mapped_column(String(200), primary_key=True)
    rev: Mapped[int] = mapped_column(default=1)
    answers: Mapped[dict[str, Any]]
    submitted_at: Mapped[datetime | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
