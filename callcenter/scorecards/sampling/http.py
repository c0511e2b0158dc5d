"""Samples and teams over HTTP: for leaders; agents do not see what was drawn of theirs before it is graded."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.errors import NotFound
from callcenter.facts import CallId
from callcenter.scorecards.model import PickState
from callcenter.scorecards.rows import SamplePickRow, SamplePlanRow, ScoreTeamRow
from callcenter.scorecards.sampling.plans import PlanDefinition
from callcenter.scorecards.sampling.worklist import Explained, Progress
from callcenter.scorecards.services import ScoreServices
from callcenter.web.roles import AGENT_NUMBER, PERSON_LOGIN
from callcenter.web.routes import LEADERS, MANAGERS, Ask, Page, Routes

Month = Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class UnknownGrader(NotFound):
    code = "no_such_grader"


class PlanBody(PlanDefinition):
    title: Text
    active: bool = True


class PlanShape(PlanBody):
    """A sample plan; it draws from the portion that contains `since`."""

    code: str
    since: datetime

    @classmethod
    def of(cls, row: SamplePlanRow) -> PlanShape:
        return cls(**row.definition, code=row.code, title=row.title, active=row.active, since=row.since)


class PickShape(BaseModel):
    """A drawn call; `why` is random, flagged or replacement, `reason` why it could not be graded."""

    id: str
    plan: str
    month: str
    portion: int
    agent: str
    call: CallId
    called_at: datetime
    rank: str
    why: str
    flag: str | None
    form: str
    grader: str | None
    state: PickState
    drawn_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None
    replaces: str | None
    score: str | None

    @classmethod
    def of(cls, row: SamplePickRow) -> PickShape:
        return cls.model_validate(row, from_attributes=True)


class MonthQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    month: Month


class ExplainQuery(MonthQuery):
    agent: str = Field(max_length=400, description=AGENT_NUMBER)


class ToGradeQuery(BaseModel):
    """`everybody` lists the open calls of all graders."""

    model_config = ConfigDict(extra="forbid")

    everybody: bool = False
    limit: int = Field(200, ge=1, le=1000)


class ReplaceBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000)


class ReplacedPick(BaseModel):
    """The replacement call; null when none was left."""

    replacement: PickShape | None


class AssignPickBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grader: Annotated[Text, Field(description=PERSON_LOGIN)]


class TeamBody(BaseModel):
    """Agents by number, leaders by login."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    agents: list[Text] = Field(max_length=2000, description=f"each {AGENT_NUMBER}")
    leaders: list[Text] = Field(default_factory=list, max_length=100, description=f"each {PERSON_LOGIN}")


class TeamShape(TeamBody):
    code: str

    @classmethod
    def of(cls, row: ScoreTeamRow) -> TeamShape:
        return cls(code=row.code, name=row.name, agents=row.agents, leaders=row.leaders)


def routes(room: ScoreServices) -> Routes:
    routes = Routes("samples")
    _plans(routes, room)
    _worklist(routes, room)
    _teams(routes, room)
    return routes


def _plans(routes: Routes, room: ScoreServices) -> None:
    @routes.get("/sample-plans", roles=LEADERS)
    async def list_sample_plans(ask: Ask) -> Page[PlanShape]:
        """List all sample plans."""
        return Page(items=[PlanShape.of(row) for row in await room.plans.plans()])

    @routes.get("/sample-plans/{code}", roles=LEADERS)
    async def read_sample_plan(ask: Ask, code: str) -> PlanShape:
        """Read a sample plan."""
        return PlanShape.of(await room.plans.plan(code))

    @routes.put("/sample-plans/{code}", roles=MANAGERS)
    async def put_sample_plan(ask: Ask, code: str, body: PlanBody) -> PlanShape:
        """Create or change a sample plan; drawn calls stay, and a change takes effect from the next portion."""
        await room.forms.published(body.form)
        definition = PlanDefinition(**body.model_dump(exclude={"title", "active"}))

        def check(current: SamplePlanRow) -> None:
            ask.must_match(PlanShape.of(current))

        return PlanShape.of(
            await room.plans.put(code[:40], body.title, definition, ask.require(), active=body.active, check=check)
        )

    @routes.get("/sample-plans/{code}/picks", roles=LEADERS)
    async def list_sample_picks(ask: Ask, code: str, query: MonthQuery) -> Page[PickShape]:
        """List a month's sample, with replacements and their reasons."""
        await room.plans.plan(code)
        return Page(items=[PickShape.of(row) for row in await room.worklist.picks(code, query.month)])

    @routes.get("/sample-plans/{code}/progress", roles=LEADERS)
    async def read_sample_progress(ask: Ask, code: str, query: MonthQuery) -> Page[Progress]:
        """Read each agent's progress in a month."""
        await room.plans.plan(code)
        return Page(items=await room.worklist.progress(code, query.month))

    @routes.get("/sample-plans/{code}/explanation", roles=LEADERS)
    async def explain_sample(ask: Ask, code: str, query: ExplainQuery) -> Page[Explained]:
        """Repeat the draw of an agent's month: every call with its rank, and whether the calls are still the same."""
        return Page(items=await room.worklist.explain(code, query.month, query.agent))


def _worklist(routes: Routes, room: ScoreServices) -> None:
    @routes.get("/sample-picks", roles=LEADERS)
    async def list_to_grade(ask: Ask, query: ToGradeQuery) -> Page[PickShape]:
        """List the calls assigned to you and unassigned ones, oldest first."""
        login = None if query.everybody else ask.require().login
        return Page(items=[PickShape.of(row) for row in await room.worklist.to_grade(login, query.limit)])

    @routes.post("/sample-picks/{id}/replace", roles=LEADERS)
    async def replace_pick(ask: Ask, id: str, body: ReplaceBody) -> ReplacedPick:
        """Replace a call that cannot be graded by the next in rank; the reason is recorded."""
        replacement = await room.worklist.replace(id, body.reason, ask.require())
        return ReplacedPick(replacement=PickShape.of(replacement) if replacement is not None else None)

    @routes.post("/sample-picks/{id}/give", roles=LEADERS)
    async def give_pick(ask: Ask, id: str, body: AssignPickBody) -> PickShape:
        """Assign a drawn call to another grader."""
        grader = next((person for person in await room.parts.graders() if person.login == body.grader), None)
        if grader is None:
            raise UnknownGrader("there is no grader of this name", grader=body.grader[:40])
        return PickShape.of(await room.worklist.give(id, grader, ask.require()))


def _teams(routes: Routes, room: ScoreServices) -> None:
    @routes.get("/score-teams", roles=LEADERS)
    async def list_score_teams(ask: Ask) -> Page[TeamShape]:
        """List the teams with their agents and leaders."""
        return Page(items=[TeamShape.of(row) for row in await room.teams.teams()])

    @routes.get("/score-teams/{code}", roles=LEADERS)
    async def read_score_team(ask: Ask, code: str) -> TeamShape:
        """Read a team."""
        return TeamShape.of(await room.teams.team(code))

    @routes.put("/score-teams/{code}", roles=MANAGERS)
    async def put_score_team(ask: Ask, code: str, body: TeamBody) -> TeamShape:
        """Create or replace a team; an agent belongs to one team."""

        def check(current: ScoreTeamRow) -> None:
            ask.must_match(TeamShape.of(current))

        return TeamShape.of(await room.teams.put(code[:40], body.name, body.agents, body.leaders, ask.require(), check))
