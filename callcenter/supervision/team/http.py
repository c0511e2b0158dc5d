"""The team's records over HTTP: agents note findings and read checks of themselves, leaders do the rest."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator

from callcenter.paper.http import printed_answer
from callcenter.paper.service import FormService
from callcenter.paper.shapes import Paper
from callcenter.supervision.team.model import ActionDraft, RecordKind, summed
from callcenter.supervision.team.papers import TeamPapers
from callcenter.supervision.team.service import TeamRecords
from callcenter.supervision.team.shapes import (
    DailyCheckBody,
    DailyCheckShape,
    Day,
    EmergencyBody,
    EmergencyShape,
    FindingBody,
    FindingShape,
    FindingSumShape,
    MeetingBody,
    MeetingShape,
    TeamActionShape,
    TrainingBody,
    TrainingShape,
)
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes

LONGEST = timedelta(days=366)


class TeamQuery(BaseModel):
    """Days of the centre's clock, `last` included."""

    model_config = ConfigDict(extra="forbid")

    first: Day
    last: Day

    @model_validator(mode="after")
    def _a_period(self) -> Self:
        if not timedelta() <= self.last - self.first <= LONGEST:
            raise ValueError(f"the period ends after its start and has {LONGEST.days} days at most")
        return self


class CheckQuery(TeamQuery):
    agent: str | None = Field(None, max_length=20)


class TeamActionQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    open: bool = True
    limit: int = Field(100, ge=1, le=500)


class FindingMonthQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    month: str = Field(pattern=r"^20[0-9]{2}-(?:0[1-9]|1[0-2])$", description="such as 2026-11")

    def days(self) -> tuple[date, date]:
        first = date.fromisoformat(f"{self.month}-01")
        return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


class TeamFormQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: Literal["zh-CN", "en"] = "zh-CN"


def routes(records: TeamRecords) -> Routes:
    routes = Routes("team")

    @routes.post("/daily-checks", roles=LEADERS, status=201)
    async def add_daily_check(ask: Ask, body: DailyCheckBody) -> DailyCheckShape:
        """Note the daily check of an agent (S5)."""
        items = {"items": [item.model_dump() for item in body.items]}
        record = await records.add(RecordKind.CHECK, body.day, "", [body.agent], items, (), ask.require())
        return DailyCheckShape.of(record)

    @routes.get("/daily-checks", roles=ANYONE)
    async def list_daily_checks(ask: Ask, query: CheckQuery) -> Page[DailyCheckShape]:
        """List who was checked by whom; agents see the checks of themselves."""
        person = ask.require()
        agent = query.agent if person.may(LEADERS) else person.agent or ""
        listed = await records.records(RecordKind.CHECK, query.first, query.last, agent)
        return Page(items=[DailyCheckShape.of(record) for record in listed])

    @routes.post("/trainings", roles=LEADERS, status=201)
    async def add_training(ask: Ask, body: TrainingBody) -> TrainingShape:
        """Note a training with its attendance (S5)."""
        agents, facts = [*body.attended, *body.absent], body.model_dump(exclude={"day", "title"})
        return TrainingShape.of(
            await records.add(RecordKind.TRAINING, body.day, body.title, agents, facts, (), ask.require())
        )

    @routes.get("/trainings", roles=LEADERS)
    async def list_trainings(ask: Ask, query: TeamQuery) -> Page[TrainingShape]:
        """List trainings with who attended."""
        listed = await records.records(RecordKind.TRAINING, query.first, query.last)
        return Page(items=[TrainingShape.of(record) for record in listed])

    @routes.post("/meetings", roles=LEADERS, status=201)
    async def add_meeting(ask: Ask, body: MeetingBody) -> MeetingShape:
        """Note a meeting with its minutes and actions (S3)."""
        facts, actions = body.model_dump(include={"present", "minutes"}), [each.draft() for each in body.actions]
        return MeetingShape.of(
            await records.add(RecordKind.MEETING, body.day, body.title, body.present, facts, actions, ask.require())
        )

    @routes.get("/meetings", roles=LEADERS)
    async def list_meetings(ask: Ask, query: TeamQuery) -> Page[MeetingShape]:
        """List meetings with their minutes and actions."""
        listed = await records.records(RecordKind.MEETING, query.first, query.last)
        return Page(items=[MeetingShape.of(record) for record in listed])

    @routes.post("/emergencies", roles=LEADERS, status=201)
    async def add_emergency(ask: Ask, body: EmergencyBody) -> EmergencyShape:
        """Note an emergency with what was used and must be replaced (S5)."""
        facts = body.model_dump(include={"what_happened", "measures", "concerned"})
        facts["used"] = [item.model_dump(include={"item", "count"}) for item in body.used]
        actions = [
            ActionDraft(f"{item.item} x {item.count}", item.owner, item.replace_by)
            for item in body.used
            if item.replace_by is not None
        ]
        return EmergencyShape.of(
            await records.add(RecordKind.EMERGENCY, body.day, body.title, body.concerned, facts, actions, ask.require())
        )

    @routes.get("/emergencies", roles=LEADERS)
    async def list_emergencies(ask: Ask, query: TeamQuery) -> Page[EmergencyShape]:
        """List emergencies with what is still to be replaced."""
        listed = await records.records(RecordKind.EMERGENCY, query.first, query.last)
        return Page(items=[EmergencyShape.of(record) for record in listed])

    @routes.post("/market-findings", roles=ANYONE, status=201)
    async def add_market_finding(ask: Ask, body: FindingBody) -> FindingShape:
        """Note a finding about the market or a customer's suggestion (S4)."""
        facts = body.model_dump(include={"text", "source"})
        return FindingShape.of(
            await records.add(RecordKind.FINDING, body.day, body.subject, (), facts, (), ask.require())
        )

    @routes.get("/market-findings", roles=LEADERS)
    async def list_market_findings(ask: Ask, query: TeamQuery) -> Page[FindingShape]:
        """List findings, the newest first."""
        listed = await records.records(RecordKind.FINDING, query.first, query.last)
        return Page(items=[FindingShape.of(record) for record in listed])

    @routes.get("/market-findings/summary", roles=LEADERS)
    async def sum_up_market_findings(ask: Ask, query: FindingMonthQuery) -> Page[FindingSumShape]:
        """Sum up the findings of a month by subject, the most frequent first."""
        listed = await records.records(RecordKind.FINDING, *query.days())
        return Page(items=[FindingSumShape.model_validate(each) for each in summed(listed)])

    @routes.get("/team-actions", roles=LEADERS)
    async def list_team_actions(ask: Ask, query: TeamActionQuery) -> Page[TeamActionShape]:
        """List what is to be done after meetings and emergencies, the most urgent first."""
        actions = await records.actions(is_open=query.open, limit=query.limit)
        return Page(items=[TeamActionShape.of(action) for action in actions])

    @routes.post("/team-actions/{id}/done", roles=LEADERS)
    async def finish_team_action(ask: Ask, id: str) -> TeamActionShape:
        """Note that an action is done."""
        return TeamActionShape.of(await records.finish(id, ask.require()))

    return routes


def paper_routes(papers: TeamPapers, forms: FormService) -> Routes:
    routes = Routes("forms")

    @routes.get("/meetings/{id}/form.{paper}", roles=LEADERS)
    async def print_meeting(ask: Ask, id: str, paper: Paper, query: TeamFormQuery) -> web.StreamResponse:
        """Print the minutes of a meeting with its actions (S3)."""
        return await printed_answer(forms, await papers.meeting(id, query.language, ask.require()), paper)

    @routes.get("/trainings/{id}/form.{paper}", roles=LEADERS)
    async def print_training(ask: Ask, id: str, paper: Paper, query: TeamFormQuery) -> web.StreamResponse:
        """Print the attendance of a training (S5)."""
        return await printed_answer(forms, await papers.training(id, query.language, ask.require()), paper)

    @routes.get("/emergencies/{id}/form.{paper}", roles=LEADERS)
    async def print_emergency(ask: Ask, id: str, paper: Paper, query: TeamFormQuery) -> web.StreamResponse:
        """Print the log of an emergency (S5)."""
        return await printed_answer(forms, await papers.emergency(id, query.language, ask.require()), paper)

    return routes
