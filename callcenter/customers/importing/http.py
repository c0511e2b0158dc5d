"""Routes for customers' files from tables."""

from __future__ import annotations

from typing import Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from callcenter.customers.importing.service import CUSTOMER_IMPORT, CustomerImport, CustomerImportDelta, Outcome
from callcenter.kit.table_writer import CSV_TYPE, XLSX_TYPE
from callcenter.web.ports import Publish
from callcenter.web.routes import LEADERS, Ask, Routes

MOST_BYTES: Final = 20 * 2**20


class CustomersImportQuery(BaseModel):
    """`update` applies rows to the files that already have their numbers, instead of refusing them."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False
    update: bool = False


class CustomersErrorQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    update: bool = False
    format: Literal["csv", "xlsx"] = "csv"


class RefusalShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line: int
    column: str
    code: str
    message: str


class CustomersSkippedShape(BaseModel):
    """What was skipped: a column, a row, a sheet or a cell, with its place and content."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    where: str
    text: str


class OutcomeShape(BaseModel):
    """`refused` names line and column; with any refusal nothing is imported. `passed` lists what was skipped."""

    model_config = ConfigDict(from_attributes=True)

    total: int
    accepted: int
    refused: list[RefusalShape]
    made: int
    updated: int
    passed: list[CustomersSkippedShape]

    @classmethod
    def of(cls, outcome: Outcome) -> OutcomeShape:
        return cls.model_validate(outcome)


def routes(importing: CustomerImport, publish: Publish) -> Routes:
    routes = Routes("customers")

    def progress(done: int, of: int | None) -> None:
        delta: CustomerImportDelta = {"done": done, "of": of}
        publish(CUSTOMER_IMPORT, delta, frozenset())

    @routes.post("/customer-import", roles=LEADERS, max_body=MOST_BYTES)
    async def import_customers(ask: Ask, query: CustomersImportQuery, body: bytes) -> OutcomeShape:
        """Import customers from CSV or XLSX: all or none. The live feed reports progress as `customer_import`."""
        done = await importing.run(body, ask.require(), dry_run=query.dry_run, update=query.update, progress=progress)
        return OutcomeShape.of(done)

    @routes.post("/customer-import/errors", roles=LEADERS, max_body=MOST_BYTES)
    async def import_customers_errors(ask: Ask, query: CustomersErrorQuery, body: bytes) -> web.StreamResponse:
        """Return the rows that would be refused, each with its reason, to be corrected and imported again."""
        xlsx = query.format == "xlsx"
        table = await importing.errors(body, xlsx=xlsx, update=query.update)
        headers = {
            "Content-Type": XLSX_TYPE if xlsx else CSV_TYPE,
            "Content-Disposition": f'attachment; filename="refused.{query.format}"',
            "Cache-Control": "no-store",
            **ask.headers,
        }
        return web.Response(body=table, headers=headers)

    return routes
