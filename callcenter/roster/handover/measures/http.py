"""How handovers went, over HTTP (H4)."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.roster.handover.measures.model import HandoverCounts
from callcenter.roster.handover.measures.service import Measures
from callcenter.web.routes import LEADERS, Ask, Routes


class HandoverReportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    line: str | None = Field(None, max_length=31)


class HandoverReport(BaseModel):
    """Handovers whose change of shift ended in the period.

    `unknown` are those of which the history of presence has a gap; `below` had a line below its minimum,
    `below_seconds` together and `longest` at most. `figures` are those of `/reports/definitions`.
    """

    ended: int
    measured: int
    unknown: int
    below: int
    below_seconds: float
    longest: float
    figures: dict[str, float | None]

    @classmethod
    def of(cls, counts: HandoverCounts) -> HandoverReport:
        return cls(
            ended=counts.ended,
            measured=counts.measured,
            unknown=counts.unknown,
            below=counts.below,
            below_seconds=counts.below_seconds,
            longest=counts.longest,
            figures=counts.figures,
        )


def routes(measures: Measures) -> Routes:
    routes = Routes("roster")

    @routes.get("/reports/handovers", roles=LEADERS)
    async def read_handover_report(ask: Ask, query: HandoverReportQuery) -> HandoverReport:
        """Read how long lines were below their minimum during handovers (H4)."""
        return HandoverReport.of(await measures.of(query.start, query.end, query.line))

    return routes
