"""The planner over HTTP: start, progress, cancel."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.planner.model import Rule
from callcenter.roster.planner.service import Planner, Run, RunState
from callcenter.web.roles import PLANNERS
from callcenter.web.routes import Ask, Routes


class PlanningBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(10, ge=1, le=300, description="how long the solver may look for a better plan")


class PlanningShape(BaseModel):
    """How far a planning is.

    `missing` counts the agent minutes that no one covers; where some are left, `clashes` are the rules each of which,
    given up alone, would leave fewer (empty: there are too few agents). `planner` is `cp_sat`, or `plain` where the
    solver is not installed; `cost` and `bound` are the solver's. `fault` is the code of the problem that ended it.
    """

    model_config = ConfigDict(from_attributes=True)

    plan: str
    state: RunState
    missing: int | None
    cost: int | None
    bound: int | None
    planner: str | None
    clashes: list[Rule]
    fault: str | None

    @classmethod
    def of(cls, run: Run) -> PlanningShape:
        values = {name: getattr(run, name) for name in cls.model_fields}
        return cls.model_validate(values | {"clashes": list(run.clashes)})


def routes(planner: Planner) -> Routes:
    routes = Routes("roster")

    @routes.post("/roster/plans/{id}/planning", roles=PLANNERS, status=202)
    async def start_roster_planning(ask: Ask, id: str, body: PlanningBody) -> PlanningShape:
        """Have a draft planned: its fixed entries stay, the others are replaced when the plan is ready."""
        return PlanningShape.of(await planner.start(id, body.seconds, ask.require()))

    @routes.get("/roster/plans/{id}/planning", roles=PLANNERS)
    async def read_roster_planning(ask: Ask, id: str) -> PlanningShape:
        """Read how far the last planning of a draft is."""
        return PlanningShape.of(planner.run_of(id))

    @routes.delete("/roster/plans/{id}/planning", roles=PLANNERS)
    async def cancel_roster_planning(ask: Ask, id: str) -> None:
        """Cancel a planning; the draft stays as it is."""
        planner.cancel(id)

    return routes
