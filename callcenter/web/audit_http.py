"""`/audit`: who did what, and whether the chain is intact."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.audit import Audit
from callcenter.web.routes import ADMINISTRATORS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of
from callcenter.web.rows import AuditRow


class AuditQuery(PageQuery):
    action: str | None = Field(None, max_length=64)
    subject: str | None = Field(None, max_length=200)


class AuditEntryShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: datetime
    actor: str
    actor_id: str
    action: str
    subject: str
    address: str
    facts: str
    hash: str

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        return cls.model_validate(row)


class VerdictShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    rows: int
    broken_at: int | None
    newest_hash: str


def audit_routes(audit: Audit) -> Routes:
    routes = Routes("audit")

    @routes.get("/audit", roles=ADMINISTRATORS)
    async def list_audit(ask: Ask, query: AuditQuery) -> Page[AuditEntryShape]:
        """List the audit, newest first."""
        before = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
        rows = await audit.page(query.limit + 1, before, query.action, query.subject)
        return page_of([AuditEntryShape.of(row) for row in rows], query.limit, lambda entry: encode_cursor(entry.seq))

    @routes.get("/audit/verdict", roles=ADMINISTRATORS)
    async def verify_audit(ask: Ask) -> VerdictShape:
        """Verify the audit's hash chain; the response has its newest hash, to be stored elsewhere."""
        return VerdictShape.model_validate(await audit.verify())

    return routes
