"""API shapes of plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from callcenter.facts import LineCode
from callcenter.roster.patterns.model import clock_of
from callcenter.roster.plans.copies.model import Adjusted, CopyFault
from callcenter.roster.plans.model import LONGEST_DAYS, MOST_ENTRIES, Difference, DifferenceKind, Entry, PlanState
from callcenter.roster.plans.notices.http import RosterShiftTimes
from callcenter.roster.plans.queries import Review
from callcenter.roster.plans.rows import PlanRow
from callcenter.roster.plans.service import DraftSource
from callcenter.roster.shapes import ShortageShape, StrainShape
from callcenter.web.roles import AGENT_NUMBER


class RosterDraftBody(BaseModel):
    """`source`: an empty draft, the present roster of its days, or that of the weeks before."""

    model_config = ConfigDict(extra="forbid")

    line: LineCode = Field(max_length=31)
    first_day: date
    last_day: date = Field(description=f"{LONGEST_DAYS} days at most")
    source: DraftSource = Field(DraftSource.PREVIOUS, strict=False)
    note: str = Field("", max_length=200)


class RosterEntryBody(BaseModel):
    """A shift by its `day` and `pattern`, or by `starts_at` and `ends_at`."""

    model_config = ConfigDict(extra="forbid")

    agent: str = Field(max_length=20, description=AGENT_NUMBER)
    day: date | None = None
    pattern: str = Field("", max_length=12)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    fixed: bool = False

    @model_validator(mode="after")
    def _whole(self) -> RosterEntryBody:
        by_times = self.starts_at is not None and self.ends_at is not None
        if not by_times and not (self.day is not None and self.pattern):
            raise ValueError("an entry has a day and a pattern, or starts_at and ends_at")
        return self


class RosterPlanBody(BaseModel):
    """A `note` that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(None, max_length=200)
    entries: list[RosterEntryBody] = Field(max_length=MOST_ENTRIES)


class RosterEntryShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    agent: str
    day: date
    pattern: str
    starts_at: datetime
    ends_at: datetime
    fixed: bool


class RosterPlanSummary(BaseModel):
    """`number` counts the publications of the line; `shortages` were accepted for `despite_reason`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    line: str
    first_day: date
    last_day: date
    state: PlanState
    note: str
    created_at: datetime
    created_by_name: str
    number: int | None
    published_at: datetime | None
    published_by_name: str | None
    shortages: int
    despite_reason: str
    handed_to: str
    handed_at: datetime | None
    handed_by_name: str | None


class RosterPlanShape(RosterPlanSummary):
    entries: list[RosterEntryShape] = []

    @classmethod
    def of(cls, row: PlanRow, entries: Sequence[Entry]) -> RosterPlanShape:
        shape = cls.model_validate({name: getattr(row, name) for name in RosterPlanSummary.model_fields})
        return shape.model_copy(update={"entries": [RosterEntryShape.model_validate(entry) for entry in entries]})


class RosterAdjustedShape(BaseModel):
    """A shift from `start` until `end` by the clock that the draft has at other times, or, with null, not at all.

    `fault`: the clocks change in one of its hours, that leaves nothing of it, or its agent no longer works here.
    """

    agent: str
    day: date
    start: str
    end: str
    fault: CopyFault
    starts_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def of(cls, adjusted: Adjusted) -> RosterAdjustedShape:
        entry = adjusted.entry
        return cls(
            agent=adjusted.agent,
            day=adjusted.day,
            start=clock_of(adjusted.start),
            end=clock_of(adjusted.end),
            fault=adjusted.fault,
            starts_at=entry.starts_at if entry else None,
            ends_at=entry.ends_at if entry else None,
        )


class RosterDraftShape(RosterPlanShape):
    adjusted: list[RosterAdjustedShape]


class RosterDifferenceShape(BaseModel):
    kind: DifferenceKind
    agent: str
    before: RosterShiftTimes | None
    after: RosterShiftTimes | None

    @classmethod
    def of(cls, change: Difference) -> RosterDifferenceShape:
        before, after = (
            None if shift is None else RosterShiftTimes(starts_at=shift.starts_at, ends_at=shift.ends_at)
            for shift in (change.before, change.after)
        )
        return cls(kind=change.kind, agent=change.agent, before=before, after=after)


class RosterRunShape(BaseModel):
    """An agent would work this many days in a row."""

    model_config = ConfigDict(from_attributes=True)

    agent: str
    first: date
    days: int


class RosterReviewShape(BaseModel):
    """What publishing would do now; pass `fingerprint` on to publish exactly that."""

    differences: list[RosterDifferenceShape]
    shortages: list[ShortageShape]
    strains: list[StrainShape]
    runs: list[RosterRunShape]
    on_leave: list[RosterEntryShape]
    fingerprint: str

    @classmethod
    def of(cls, review: Review) -> RosterReviewShape:
        return cls(
            differences=[RosterDifferenceShape.of(change) for change in review.differences],
            shortages=[ShortageShape.model_validate(shortage) for shortage in review.shortages],
            strains=[StrainShape.model_validate(strain) for strain in review.strains],
            runs=[RosterRunShape.model_validate(run) for run in review.runs],
            on_leave=[RosterEntryShape.model_validate(entry) for entry in review.on_leave],
            fingerprint=review.fingerprint,
        )


class RosterPublishBody(BaseModel):
    """`fingerprint` of the review that you have read; `despite_shortage` takes a reason (D2)."""

    model_config = ConfigDict(extra="forbid")

    fingerprint: str = Field(max_length=64)
    reason: str = Field("", max_length=1000)
    despite_shortage: bool = False
    handed_to: str = Field("", max_length=200, description="who received the roster, such as administration (D1)")


class RosterHandBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    handed_to: str = Field(min_length=1, max_length=200)
