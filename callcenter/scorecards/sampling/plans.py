"""Manages sampling plans: how many calls of each agent and month, which ones, graded by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from callcenter.calls.model import Direction
from callcenter.clock import Clock
from callcenter.errors import NotFound
from callcenter.scorecards.forms.model import DEFAULT_FORM
from callcenter.scorecards.people import ScorePeople
from callcenter.scorecards.rows import SamplePlanRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import AGENT_NUMBER, PERSON_LOGIN, Person

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class PlanDefinition(BaseModel):
    """`per_agent` calls of each agent and month, drawn at random, and beside them up to `flagged_most` flagged ones.

    Empty `lines` and `agents` mean all of them; `graders` are logins.
    """

    model_config = ConfigDict(extra="forbid")

    form: str = Field(DEFAULT_FORM, max_length=40)
    per_agent: int = Field(4, ge=0, le=200)
    flagged_most: int = Field(2, ge=0, le=200)
    direction: Direction | None = Direction.INBOUND
    lines: list[_Name] = Field(default_factory=list, max_length=100)
    agents: list[_Name] = Field(default_factory=list, max_length=2000, description=f"each {AGENT_NUMBER}")
    min_talk_seconds: float = Field(20.0, ge=0, le=86_400)
    recorded_only: bool = True
    graders: list[_Name] = Field(default_factory=list, max_length=100, description=f"each {PERSON_LOGIN}")
    not_own_team: bool = False


class UnknownPlan(NotFound):
    code = "no_such_sample_plan"


class SamplePlans:
    def __init__(self, database: Database, clock: Clock, audit: Audit, people: ScorePeople) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._people = people

    async def plans(self, *, active: bool | None = None) -> Sequence[SamplePlanRow]:
        query = select(SamplePlanRow).order_by(SamplePlanRow.code)
        if active is not None:
            query = query.where(SamplePlanRow.active.is_(active))
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def plan(self, code: str) -> SamplePlanRow:
        """Raises UnknownPlan."""
        async with self._database.read() as session:
            row = await session.get(SamplePlanRow, code)
        if row is None:
            raise UnknownPlan("there is no such plan", plan=code[:40])
        return row

    async def put(
        self,
        code: str,
        title: str,
        definition: PlanDefinition,
        by: Person | None,
        *,
        active: bool = True,
        check: Callable[[SamplePlanRow], None] | None = None,
    ) -> SamplePlanRow:
        """Creates or changes a plan; it draws from the portion that contains its first day on.

        Existing draws remain: a change counts from the next portion on.
        Raises UnknownAgent, UnknownPerson for a grader, and whatever `check` raises for an existing plan.
        """
        definition = await self._checked(code, definition)
        stored = definition.model_dump(mode="json")
        async with self._database.write() as session:
            row = await session.get(SamplePlanRow, code, with_for_update=True)
            if row is None:
                row = SamplePlanRow(code=code, title=title, active=active, since=self._clock(), definition=stored)
                session.add(row)
            elif check is not None:
                check(row)
            row.title, row.active, row.definition = title, active, stored
            await session.flush()
            facts = {"per_agent": definition.per_agent, "active": active}
            await self._audit.append(session, by, "sample_plan.put", f"sample_plan/{code}", facts=facts)
        return row

    async def _checked(self, code: str, definition: PlanDefinition) -> PlanDefinition:
        async with self._database.read() as session:
            row = await session.get(SamplePlanRow, code)
        before = PlanDefinition() if row is None else PlanDefinition.model_validate(row.definition)
        agents = await self._people.agents(definition.agents, before.agents)
        graders = await self._people.logins(definition.graders, before.graders)
        return definition.model_copy(update={"agents": agents, "graders": graders})
