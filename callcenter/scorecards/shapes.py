"""What scores, forms and evidence look like over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from callcenter.documents.columns import VersionColumns
from callcenter.documents.model import Problem
from callcenter.documents.shapes import DocumentVersion
from callcenter.facts import CallId
from callcenter.scorecards.forms.model import ScoreForm, look_through
from callcenter.scorecards.model import ScoreState
from callcenter.scorecards.queries import CallEvidence, FullScore
from callcenter.scorecards.rows import ScoreRow
from callcenter.scorecards.scoring import Answer, Missing, Scored

Key = Annotated[str, Field(max_length=40)]


class FormVersionShape(DocumentVersion):
    """A version of a grading form."""


class FormProblemShape(BaseModel):
    where: str
    message: str

    @classmethod
    def of(cls, problem: Problem) -> FormProblemShape:
        return cls(where=problem.where, message=problem.sentence())


class GradingFormDetail(FormVersionShape):
    """A version with its source and the form read from it; `problems` keep a draft from being published."""

    source: str
    form: ScoreForm | None
    problems: list[FormProblemShape]

    @classmethod
    def of(cls, row: VersionColumns) -> Self:
        form, problems = look_through(row.source)
        values = FormVersionShape.of(row).model_dump()
        return cls(
            **values, source=row.source, form=form, problems=[FormProblemShape.of(problem) for problem in problems]
        )


class AnswerShape(BaseModel):
    """`value` is yes, no, na, or a number of the item's scale; `second` is its position in `recording`."""

    model_config = ConfigDict(extra="forbid")

    value: Literal["yes", "no", "na"] | Annotated[int, Field(strict=True, ge=0, le=10)]
    comment: str = Field("", max_length=2000)
    second: float | None = Field(None, ge=0, le=86_400)
    recording: str | None = Field(None, max_length=64)

    def answer(self) -> Answer:
        return Answer(self.value, self.comment, self.second, self.recording)


AnswersShape = Annotated[dict[Key, AnswerShape], Field(max_length=200)]


def answers_from(shape: dict[str, AnswerShape]) -> dict[str, Answer]:
    return {key: answer.answer() for key, answer in shape.items()}


class MissingAnswerShape(BaseModel):
    """Items without an answer, and items at whose mark a comment is required."""

    answers: list[str]
    comments: list[str]

    @classmethod
    def of(cls, missing: Missing) -> MissingAnswerShape:
        return cls(answers=list(missing.answers), comments=list(missing.comments))


class ScoredShape(BaseModel):
    """`total` is 0 to 100 and counts; `earned` is the total without the automatic fail, which `failed` names."""

    total: float | None
    earned: float | None
    passed: bool | None
    failed: list[str]
    sections: dict[str, float]
    items: dict[str, float]

    @classmethod
    def of(cls, scored: Scored | ScoreRow) -> ScoredShape:
        return cls(
            **{name: getattr(scored, name) for name in cls.model_fields if name != "failed"}, failed=list(scored.failed)
        )


class ScoreShape(ScoredShape):
    """A score in the list."""

    id: str
    call: CallId
    agent: str
    team: str | None
    line: str | None
    called_at: datetime
    month: str
    grader: str
    grader_name: str
    state: ScoreState
    rev: int
    supersedes: str | None
    submitted_at: datetime | None
    dispute_until: datetime | None
    sha256: str | None

    @classmethod
    def of(cls, row: Scored | ScoreRow) -> ScoreShape:
        return cls.model_validate(row, from_attributes=True)


class ScoreStepShape(BaseModel):
    at: datetime
    event: str
    state: str
    by: str
    reason: str


class DisputeShape(BaseModel):
    """The agent's objection, as a full and by item, and the answer to it."""

    at: datetime
    by: str
    text: str
    items: dict[str, str]
    settled_at: datetime | None
    settled_by: str | None
    answer: str | None
    review: str | None


class ScoreDetail(ScoreShape):
    """A score with its answers, the version of its form, its history and its dispute."""

    form: str
    form_number: int
    form_sha256: str | None
    answers: dict[str, AnswerShape]
    note: str
    missing: MissingAnswerShape
    steps: list[ScoreStepShape]
    dispute: DisputeShape | None
    superseded_by: str | None

    @classmethod
    def full(cls, full: FullScore) -> ScoreDetail:
        row, version = full.row, full.version
        return cls(
            **ScoreShape.of(row).model_dump(),
            form=version.name,
            form_number=version.number,
            form_sha256=version.sha256,
            answers={key: AnswerShape.model_validate(answer) for key, answer in row.answers.items()},
            note=row.note,
            missing=MissingAnswerShape.of(full.missing),
            steps=[ScoreStepShape.model_validate(step, from_attributes=True) for step in full.steps],
            dispute=DisputeShape.model_validate(full.dispute, from_attributes=True) if full.dispute else None,
            superseded_by=full.superseded_by,
        )


class FlagHint(BaseModel):
    """What a flag suggests for an item; it is shown, never filled in."""

    item: str
    value: str | int
    flag: str
    state: str
    second: float | None
    recording: str | None


class ScoreFlagShape(BaseModel):
    id: str
    clause: str
    state: str
    facts: dict[str, Any]


class ScoreEvidenceShape(BaseModel):
    """Links to the evidence: paths of the API."""

    call: CallId
    recordings: list[str]
    transcripts: list[str]
    flags: list[ScoreFlagShape]
    hints: list[FlagHint]

    @classmethod
    def of(cls, evidence: CallEvidence) -> ScoreEvidenceShape:
        return cls(
            call=f"/calls/{evidence.call}",
            recordings=[f"/recordings/{recording}" for recording in evidence.recordings],
            transcripts=[f"/transcripts/{transcript}/versions" for transcript in evidence.transcripts],
            flags=[ScoreFlagShape.model_validate(flag, from_attributes=True) for flag in evidence.flags],
            hints=[FlagHint.model_validate(hint, from_attributes=True) for hint in evidence.hints],
        )
