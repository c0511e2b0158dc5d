"""Routes of reported faults."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.web.client_faults.model import FaultKind
from callcenter.web.client_faults.service import ClientFaults
from callcenter.web.own.service import must_be_person
from callcenter.web.routes import (
    ADMINISTRATORS,
    ANYONE,
    Ask,
    Page,
    PageQuery,
    Routes,
    decode_cursor,
    encode_cursor,
    page_of,
)

BUILD = r"^[A-Za-z0-9._-]*$"


class ClientFault(BaseModel):
    """What went wrong in a page. Numbers, addresses and names are removed; who reports it is not kept."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind = Field(strict=False)
    detail: str = Field("", max_length=500)
    page: str = Field("", max_length=200, description="the path of the page")
    build: str = Field("", max_length=40, pattern=BUILD, description="`build` of the live feed's `hello`")


class ClientFaultShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: FaultKind
    detail: str
    page: str
    build: str
    count: int
    first_at: datetime
    last_at: datetime


class BuildFaultsShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    build: str
    count: int
    kinds: dict[str, int]
    last_at: datetime


class ClientFaultQuery(PageQuery):
    build: str | None = Field(None, max_length=40)
    kind: FaultKind | None = Field(None, strict=False)
    since: AwareDatetime | None = None


def routes(faults: ClientFaults) -> Routes:
    routes = Routes("me")

    def check(ask: Ask) -> None:
        faults.check(must_be_person(ask.require()))

    @routes.post("/client-faults", roles=ANYONE, max_body=4_000, before=check)
    async def report_client_fault(ask: Ask, body: ClientFault) -> None:
        """Report a fault of your page; 30 in ten minutes at most."""
        await faults.report(body.kind, body.detail, body.page, body.build, must_be_person(ask.require()))

    @routes.get("/client-faults", roles=ADMINISTRATORS)
    async def list_client_faults(ask: Ask, query: ClientFaultQuery) -> Page[ClientFaultShape]:
        """List the faults that pages reported, each counted, the last reported first."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        rows = await faults.page(query.limit + 1, after, query.build, query.kind, query.since)
        shapes = [ClientFaultShape.model_validate(row, strict=False) for row in rows]
        return page_of(shapes, query.limit, lambda shape: encode_cursor(shape.last_at, shape.id))

    @routes.get("/client-faults/builds", roles=ADMINISTRATORS)
    async def list_faulty_builds(ask: Ask) -> Page[BuildFaultsShape]:
        """Count the reported faults by build of the pages and kind."""
        return Page(items=[BuildFaultsShape.model_validate(build) for build in await faults.builds()])

    return routes
