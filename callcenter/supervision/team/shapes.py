"""API schemas of the team's records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from callcenter.supervision.team.model import ActionDraft, TeamAction, TeamRecord

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Text = Annotated[str, Field(max_length=4000)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
AgentList = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: Day


class TeamActionBody(BaseModel):
    """What has to be done, by whom and until when."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=1000)
    owner: str = Field(min_length=1, max_length=80)
    due: Day

    def draft(self) -> ActionDraft:
        return ActionDraft(self.text, self.owner, self.due)


class CheckItem(BaseModel):
    """A point of the list, such as manners, workflow, readiness."""

    model_config = ConfigDict(extra="forbid")

    item: Title
    passed: bool
    note: Text = ""


class DailyCheckBody(_Body):
    """Who was checked; the person who is signed in checked them."""

    agent: str = Field(max_length=20)
    items: list[CheckItem] = Field(min_length=1, max_length=30)


class TrainingBody(_Body):
    """A training, with who attended and who was invited and did not."""

    title: Title
    trainer: str = Field("", max_length=80)
    attended: AgentList = []
    absent: AgentList = []
    notes: Text = ""


class MeetingBody(_Body):
    """A meeting with its minutes and what follows from it."""

    title: Title
    present: AgentList = []
    minutes: str = Field(min_length=1, max_length=20_000)
    actions: list[TeamActionBody] = Field([], max_length=50)


class UsedItem(BaseModel):
    """What was used, such as from the first-aid box; `replace_by` and `owner` make an action of it."""

    model_config = ConfigDict(extra="forbid")

    item: Title
    count: int = Field(1, ge=1, le=1000)
    replace_by: Day | None = None
    owner: str = Field("", max_length=80)

    @model_validator(mode="after")
    def _an_owner(self) -> Self:
        if self.replace_by is not None and not self.owner:
            raise ValueError("who replaces it is named in owner")
        return self


class EmergencyBody(_Body):
    """What happened, what was done, who was there, what was used."""

    title: Title
    what_happened: str = Field(min_length=1, max_length=20_000)
    measures: Text = ""
    concerned: AgentList = []
    used: list[UsedItem] = Field([], max_length=50)


class FindingBody(_Body):
    """A finding about the market, or a customer's suggestion; `subject` is what it is counted by in the month."""

    subject: Title
    text: str = Field(min_length=1, max_length=4000)
    source: str = Field("", max_length=200)


class TeamActionShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    record: str
    text: str
    owner: str
    due: date
    done_at: datetime | None
    done_by: str

    @classmethod
    def of(cls, action: TeamAction) -> Self:
        return cls.model_validate(action)


class _Noted(BaseModel):
    """`by` and `by_name` are who noted it."""

    id: str
    day: date
    by: str
    by_name: str
    at: datetime


def noted(record: TeamRecord) -> dict[str, object]:
    return {"id": record.id, "day": record.day, "by": record.by, "by_name": record.by_name, "at": record.at}


class DailyCheckShape(_Noted):
    agent: str
    items: list[CheckItem]

    @classmethod
    def of(cls, record: TeamRecord) -> Self:
        return cls.model_validate(noted(record) | {"agent": record.agents[0], **record.body})


class TrainingShape(_Noted):
    title: str
    trainer: str
    attended: list[str]
    absent: list[str]
    notes: str

    @classmethod
    def of(cls, record: TeamRecord) -> Self:
        return cls.model_validate(noted(record) | {"title": record.title, **record.body})


class MeetingShape(_Noted):
    title: str
    present: list[str]
    minutes: str
    actions: list[TeamActionShape]

    @classmethod
    def of(cls, record: TeamRecord) -> Self:
        actions = [TeamActionShape.of(each) for each in record.actions]
        return cls.model_validate(noted(record) | {"title": record.title, "actions": actions, **record.body})


class UsedItemShape(BaseModel):
    item: str
    count: int


class EmergencyShape(_Noted):
    """`actions` are what must be replaced."""

    title: str
    what_happened: str
    measures: str
    concerned: list[str]
    used: list[UsedItemShape]
    actions: list[TeamActionShape]

    @classmethod
    def of(cls, record: TeamRecord) -> Self:
        actions = [TeamActionShape.of(each) for each in record.actions]
        return cls.model_validate(noted(record) | {"title": record.title, "actions": actions, **record.body})


class FindingShape(_Noted):
    subject: str
    text: str
    source: str

    @classmethod
    def of(cls, record: TeamRecord) -> Self:
        return cls.model_validate(noted(record) | {"subject": record.title, **record.body})


class FindingSumShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    subject: str
    count: int
    texts: list[str]
