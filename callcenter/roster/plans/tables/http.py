"""Plans as files over HTTP: the same table out and in (D1)."""

from __future__ import annotations

from typing import Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from callcenter.kit.table_writer import CSV_TYPE, XLSX_TYPE
from callcenter.roster.plans.shapes import RosterPlanShape
from callcenter.roster.plans.tables.service import PlanTables
from callcenter.web.roles import PLANNERS
from callcenter.web.routes import ANYONE, Ask, Routes

MOST_BYTES: Final = 4 * 2**20


class PlanTableQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["csv", "xlsx"] = "xlsx"
    language: Literal["zh-CN", "en"] = "zh-CN"


class RosterSkippedShape(BaseModel):
    """What was skipped: a column, a row, a sheet or a cell, with its place and content."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    where: str
    text: str


class RosterPlanImportShape(BaseModel):
    plan: RosterPlanShape
    passed: list[RosterSkippedShape]


def routes(tables: PlanTables) -> Routes:
    routes = Routes("roster")

    @routes.get("/roster/plans/{id}/table", roles=ANYONE)
    async def read_roster_plan_table(ask: Ask, id: str, query: PlanTableQuery) -> web.StreamResponse:
        """Read a plan as a table: a row for each agent, a column for each day, hours at the end."""
        xlsx = query.format == "xlsx"
        row, table = await tables.table(id, ask.require(), query.language, xlsx=xlsx)
        name = f"roster-{row.line}-{row.first_day.isoformat()}.{query.format}"
        headers = {
            "Content-Type": XLSX_TYPE if xlsx else CSV_TYPE,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            **ask.headers,
        }
        return web.Response(body=table, headers=headers)

    @routes.post("/roster/plans/{id}/table", roles=PLANNERS, max_body=MOST_BYTES)
    async def import_roster_plan_table(ask: Ask, id: str, body: bytes) -> RosterPlanImportShape:
        """Replace the entries of a draft by those of this table, CSV or XLSX: all or none."""
        row, entries, passed = await tables.read(id, body, ask.require())
        skipped = [RosterSkippedShape.model_validate(part) for part in passed]
        return RosterPlanImportShape(plan=RosterPlanShape.of(row, entries), passed=skipped)

    return routes
