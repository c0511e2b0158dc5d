"""Routes of a person's rights: purposes, legal holds, erasure reports, a copy to hand out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.facts import CustomerId
from callcenter.privacy.purposes import KINDS
from callcenter.privacy.rows import ErasureReportRow
from callcenter.privacy.service import Privacy
from callcenter.web.routes import LEADERS, MANAGERS, Ask, Page, Routes


class KindShape(BaseModel):
    """One kind of data; `kept` is why an erasure leaves it unchanged, empty when it does not."""

    name: str
    tables: list[str]
    purpose: str
    basis: str
    retention: str
    kept: str


class HoldBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000)


class LegalHoldShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    customer: CustomerId
    reason: str
    by: str
    since: datetime
    ended_at: datetime | None
    ended_by: str | None


class ErasureReportShape(BaseModel):
    """`valid`: the report still matches its signature."""

    id: str
    customer: CustomerId
    at: datetime
    by: str
    report: dict[str, Any]
    signature: str
    valid: bool

    @classmethod
    def of(cls, row: ErasureReportRow, privacy: Privacy) -> ErasureReportShape:
        own = {name: getattr(row, name) for name in ("id", "customer", "at", "by", "report", "signature")}
        return cls(**own, valid=privacy.holds_true(row))


def routes(privacy: Privacy) -> Routes:
    routes = Routes("privacy")

    @routes.get("/privacy/purposes", roles=LEADERS)
    async def list_purposes(ask: Ask) -> Page[KindShape]:
        """List which personal data are stored, why, how long, and what an erasure does to them."""
        return Page(
            items=[KindShape(**{name: getattr(kind, name) for name in KindShape.model_fields}) for kind in KINDS]
        )

    @routes.get("/customers/{id}/legal-holds", roles=MANAGERS)
    async def list_legal_holds(ask: Ask, id: CustomerId) -> Page[LegalHoldShape]:
        """List legal holds on a customer, including ended ones."""
        return Page(items=[LegalHoldShape.model_validate(row) for row in await privacy.holds(id)])

    @routes.post("/customers/{id}/legal-holds", roles=MANAGERS, status=201)
    async def hold_customer(ask: Ask, id: CustomerId, body: HoldBody) -> LegalHoldShape:
        """Place a legal hold: nothing of this customer is erased until the hold ends."""
        return LegalHoldShape.model_validate(await privacy.hold(id, body.reason, ask.require()))

    @routes.post("/legal-holds/{id}/end", roles=MANAGERS)
    async def end_legal_hold(ask: Ask, id: str) -> LegalHoldShape:
        """End a legal hold."""
        return LegalHoldShape.model_validate(await privacy.release(id, ask.require()))

    @routes.get("/customers/{id}/erasure-reports", roles=MANAGERS)
    async def list_erasure_reports(ask: Ask, id: CustomerId) -> Page[ErasureReportShape]:
        """List signed reports of what erasures changed, what they kept and why."""
        return Page(items=[ErasureReportShape.of(row, privacy) for row in await privacy.reports(id)])

    @routes.get("/erasure-reports/{id}", roles=MANAGERS)
    async def read_erasure_report(ask: Ask, id: str) -> ErasureReportShape:
        """Read a report."""
        return ErasureReportShape.of(await privacy.report(id), privacy)

    @routes.get("/customers/{id}/personal-data", roles=MANAGERS)
    async def read_personal_data(ask: Ask, id: CustomerId) -> web.StreamResponse:
        """Export everything stored about this customer as JSON to hand out; the access is recorded in the audit."""
        copy = await privacy.copy_of(id, ask.require())
        text = json.dumps(copy, ensure_ascii=False, indent=1)
        name = f'attachment; filename="personal-data-{copy["customer"]}.json"'
        headers = {"Content-Type": "application/json; charset=utf-8", "Content-Disposition": name}
        return web.Response(body=text.encode(), headers=headers | {"Cache-Control": "no-store"} | dict(ask.headers))

    return routes
