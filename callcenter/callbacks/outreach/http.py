"""Routes of lists: surveys, apologies after a failure, and who must not be called."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import uuid4

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.callbacks.outreach.apologies import Apologies
from callcenter.callbacks.outreach.calls import Drawn
from callcenter.callbacks.outreach.do_not_call import DoNotCallList
from callcenter.callbacks.outreach.importing import Importing, Outcome
from callcenter.callbacks.outreach.surveys import Campaign, Surveys
from callcenter.callbacks.rows import CampaignRow, DoNotCallRow
from callcenter.errors import NotFound
from callcenter.facts import LineCode
from callcenter.kit.table_writer import CSV_TYPE, XLSX_TYPE
from callcenter.web.routes import LEADERS, MANAGERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of

Scope = Literal["all", "survey"]
MOST_BYTES = 8 * 1024 * 1024


class NotOnTheList(NotFound):
    code = "not_on_the_list"


class BarBody(BaseModel):
    """`survey`: the customer refuses only surveys."""

    number: str = Field(min_length=2, max_length=40)
    scope: Scope = "all"
    reason: str = Field(min_length=1, max_length=2000)


class BarShape(BaseModel):
    number: str
    scope: Scope
    reason: str
    by: str
    at: datetime

    @classmethod
    def of(cls, row: DoNotCallRow) -> BarShape:
        return cls.model_validate(row, from_attributes=True)


class CampaignBody(BaseModel):
    """Customers served between `since` and `until`; the same `seed` draws the same sample."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    name: str = Field(min_length=1, max_length=120)
    since: AwareDatetime
    until: AwareDatetime
    size: int = Field(ge=1, le=5000)
    due_at: AwareDatetime
    line: LineCode | None = Field(None, max_length=40)
    per_agent: int | None = Field(None, ge=1)
    seed: str = Field("", max_length=60)


class CampaignShape(BaseModel):
    code: str
    name: str
    since: datetime
    until: datetime
    size: int
    due_at: datetime
    line: str | None
    per_agent: int | None
    seed: str
    by: str
    created_at: datetime
    drawn_at: datetime | None
    drawn: list[str]

    @classmethod
    def of(cls, row: CampaignRow) -> CampaignShape:
        return cls.model_validate(row, from_attributes=True)


class DrawBody(BaseModel):
    dry_run: bool = False


class DrawnShape(BaseModel):
    calls: list[str]
    made: int
    joined: int
    left_out: int

    @classmethod
    def of(cls, drawn: Drawn) -> DrawnShape:
        return cls.model_validate(drawn, from_attributes=True)


class ApologyBody(BaseModel):
    """All callers between `since` and `until` who were not served (R7); `reason` is what the agent explains to them."""

    since: AwareDatetime
    until: AwareDatetime
    reason: str = Field(min_length=1, max_length=2000)
    line: LineCode | None = Field(None, max_length=40)
    dry_run: bool = False


class ListImportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False


class ListErrorQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["csv", "xlsx"] = "xlsx"


class RefusalShape(BaseModel):
    line: int
    column: str
    code: str
    message: str


class ListSkippedShape(BaseModel):
    """What was skipped: a column, a row, a sheet or a cell, with its place and content."""

    kind: str
    where: str
    text: str


class ImportShape(BaseModel):
    """`refused` names line and column; with any refusal nothing is imported. `passed` lists what was skipped."""

    total: int
    accepted: int
    refused: list[RefusalShape]
    made: int
    joined: int
    passed: list[ListSkippedShape]

    @classmethod
    def of(cls, outcome: Outcome) -> ImportShape:
        return cls.model_validate(outcome, from_attributes=True)


def routes(do_not_call: DoNotCallList, surveys: Surveys, apologies: Apologies, importing: Importing) -> Routes:
    routes = Routes("callbacks")
    _barring(routes, do_not_call)
    _surveys(routes, surveys)

    @routes.post("/callback-import", roles=LEADERS, max_body=MOST_BYTES)
    async def import_callbacks(ask: Ask, query: ListImportQuery, body: bytes) -> ImportShape:
        """Import return calls from CSV or XLSX (number, reason, due_at, line, case, language, agent): all or none."""
        return ImportShape.of(await importing.run(body, ask.require(), dry_run=query.dry_run))

    @routes.post("/callback-import/errors", roles=LEADERS, max_body=MOST_BYTES)
    async def import_errors(ask: Ask, query: ListErrorQuery, body: bytes) -> web.StreamResponse:
        """Return the rows of a list that would be refused, each with its reason, to be corrected and imported again."""
        xlsx = query.format == "xlsx"
        table = await importing.errors(body, xlsx=xlsx)
        name = f'attachment; filename="refused.{query.format}"'
        kind = XLSX_TYPE if xlsx else CSV_TYPE
        headers = {"Content-Type": kind, "Content-Disposition": name, "Cache-Control": "no-store", **ask.headers}
        return web.Response(body=table, headers=headers)

    @routes.post("/callback-apologies", roles=LEADERS)
    async def apologise(ask: Ask, body: ApologyBody) -> DrawnShape:
        """Create a return call for every caller whom a failure kept from being served; `dry_run` only lists them."""
        asked = (body.since, body.until, body.reason, ask.require(), body.line)
        return DrawnShape.of(await apologies.apologise(*asked, dry_run=body.dry_run))

    return routes


def _barring(routes: Routes, do_not_call: DoNotCallList) -> None:
    @routes.get("/do-not-call", roles=LEADERS)
    async def list_barred(ask: Ask, query: PageQuery) -> Page[BarShape]:
        """List the do-not-call list, by number."""
        after = decode_cursor(query.cursor, tuple[str, str]) if query.cursor else ("", "")
        barred = await do_not_call.barred(after, query.limit + 1)
        page = page_of(list(barred), query.limit, lambda row: encode_cursor(row.number, row.scope))
        return Page(items=[BarShape.of(row) for row in page.items], next=page.next)

    @routes.post("/do-not-call", roles=LEADERS, status=201)
    async def bar_number(ask: Ask, body: BarBody) -> BarShape:
        """Add a number to the do-not-call list; its open return calls stay visible, and no one may dial them."""
        return BarShape.of(await do_not_call.bar(body.number, body.scope, body.reason, ask.require()))

    @routes.delete("/do-not-call/{scope}/{number}", roles=LEADERS)
    async def unbar_number(ask: Ask, scope: str, number: str) -> None:
        """Remove a number from the do-not-call list."""
        if not await do_not_call.unbar(number, scope, ask.require()):
            raise NotOnTheList("this number is not on the list", scope=scope[:10])


def _surveys(routes: Routes, surveys: Surveys) -> None:
    @routes.get("/survey-campaigns", roles=LEADERS)
    async def list_campaigns(ask: Ask) -> Page[CampaignShape]:
        """List satisfaction surveys, newest first."""
        return Page(items=[CampaignShape.of(row) for row in await surveys.campaigns()])

    @routes.post("/survey-campaigns", roles=MANAGERS, status=201)
    async def add_campaign(ask: Ask, body: CampaignBody) -> CampaignShape:
        """Plan a satisfaction survey; its sample is drawn later."""
        campaign = Campaign(**(body.model_dump() | {"seed": body.seed or uuid4().hex}))
        return CampaignShape.of(await surveys.add(campaign, ask.require()))

    @routes.post("/survey-campaigns/{code}/draw", roles=MANAGERS)
    async def draw_campaign(ask: Ask, code: str, body: DrawBody) -> DrawnShape:
        """Draw the sample and create its return calls; idempotent: the same sample, and no return call twice."""
        return DrawnShape.of(await surveys.draw(code, ask.require(), dry_run=body.dry_run))
