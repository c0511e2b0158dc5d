"""How many agents a load needs, over HTTP: a calculator without state."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.staffing.model import Load, Outcome, agents_needed, outcome, rostered
from callcenter.web.routes import ANYONE, Ask, Routes


class StaffingQuery(BaseModel):
    """`calls` in `interval_seconds`; without `patience_seconds` callers never give up (Erlang C), else Erlang A."""

    model_config = ConfigDict(extra="forbid")

    calls: float = Field(ge=0, le=1_000_000)
    handling_seconds: float = Field(gt=0, le=100_000)
    interval_seconds: float = Field(1800, ge=1, le=1_000_000)
    patience_seconds: float | None = Field(None, gt=0, le=1_000_000)
    within_seconds: float | None = Field(None, ge=0, le=100_000)
    goal: float = Field(0.8, gt=0, lt=1)
    shrinkage: float = Field(0, ge=0, lt=1)
    agents: int | None = Field(None, ge=0, le=2000)

    def load(self) -> Load:
        return Load(self.calls, self.handling_seconds, self.interval_seconds, self.patience_seconds)


class StaffingOutcome(BaseModel):
    """What a number of agents achieves, in shares of all callers; `mean_wait_seconds` is null where the queue grows."""

    agents: int
    service_level: float
    waits: float
    abandons: float
    mean_wait_seconds: float | None
    occupancy: float

    @classmethod
    def of(cls, result: Outcome) -> StaffingOutcome:
        return cls(
            agents=result.agents,
            service_level=round(result.service_level, 4),
            waits=round(result.waits, 4),
            abandons=round(result.abandons, 4),
            mean_wait_seconds=None if result.mean_wait is None else round(result.mean_wait, 2),
            occupancy=round(result.occupancy, 4),
        )


class StaffingAnswer(BaseModel):
    """`needed` reaches the goal with the fewest agents, `rostered` adds the shrinkage, `with_agents` is "what if"."""

    formula: str
    erlangs: float
    within_seconds: float
    goal: float
    needed: StaffingOutcome
    rostered: int
    with_agents: StaffingOutcome | None


def routes(usual_within: float) -> Routes:
    routes = Routes("roster")

    @routes.get("/staffing", roles=ANYONE)
    async def read_staffing(ask: Ask, query: StaffingQuery) -> StaffingAnswer:
        """Compute how many agents a load needs for a service level, and what `agents` would achieve instead."""
        load = query.load()
        within = usual_within if query.within_seconds is None else query.within_seconds
        needed = agents_needed(load, query.goal, within)
        what_if = None if query.agents is None else StaffingOutcome.of(outcome(load, query.agents, within))
        return StaffingAnswer(
            formula="Erlang C" if load.patience is None else "Erlang A",
            erlangs=round(load.erlangs, 4),
            within_seconds=within,
            goal=query.goal,
            needed=StaffingOutcome.of(needed),
            rostered=rostered(needed.agents, query.shrinkage),
            with_agents=what_if,
        )

    return routes
