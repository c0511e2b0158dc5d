"""Durable jobs and commands for the PBX over HTTP: what was given up is shown, and queued again by a person."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from callcenter.storage.intents import Intents, IntentState
from callcenter.storage.jobs import Jobs
from callcenter.storage.rows import IntentRow, JobRow
from callcenter.web.audit import Audit
from callcenter.web.masking import mask_text
from callcenter.web.routes import ADMINISTRATORS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of


class JobQuery(PageQuery):
    state: Literal["queued", "running", "done", "dead"] = "dead"
    kind: str | None = Field(None, max_length=64)


class JobShape(BaseModel):
    """A job without what it carries, which may be about customers; `error` is why its last try failed."""

    id: str
    kind: str
    state: str
    run_at: datetime
    attempts: int
    max_attempts: int
    created_at: datetime
    finished_at: datetime | None
    error: str | None

    @classmethod
    def of(cls, row: JobRow) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            state=row.state,
            run_at=row.run_at,
            attempts=row.attempts,
            max_attempts=row.max_attempts,
            created_at=row.created_at,
            finished_at=row.finished_at,
            error=mask_text(row.error) if row.error else None,
        )


class IntentQuery(PageQuery):
    state: IntentState = IntentState.UNKNOWN


class IntentShape(BaseModel):
    """A command that was meant for the PBX; nobody knows whether an `unknown` one was done."""

    id: str
    action: str
    state: str
    at: datetime
    settled_at: datetime | None
    answer: str | None

    @classmethod
    def of(cls, row: IntentRow) -> Self:
        answer = mask_text(row.answer) if row.answer else None
        return cls(id=row.id, action=row.action, state=row.state, at=row.at, settled_at=row.settled_at, answer=answer)


def routes(jobs: Jobs, intents: Intents, audit: Audit) -> Routes:
    routes = Routes("jobs")

    @routes.get("/jobs", roles=ADMINISTRATORS)
    async def list_jobs(ask: Ask, query: JobQuery) -> Page[JobShape]:
        """Durable jobs, the newest first; those that were given up unless another state is named."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        page = await jobs.page(query.state, query.limit + 1, kind=query.kind, after=after)
        shapes = [JobShape.of(row) for row in page]
        return page_of(shapes, query.limit, lambda job: encode_cursor(job.created_at, job.id))

    @routes.get("/jobs/{job_id}", roles=ADMINISTRATORS)
    async def read_job(ask: Ask, job_id: str) -> JobShape:
        """One job."""
        return JobShape.of(await jobs.get(job_id))

    @routes.post("/jobs/{job_id}/retry", roles=ADMINISTRATORS)
    async def retry_job(ask: Ask, job_id: str) -> JobShape:
        """Queue a job that was given up once more, with all its tries."""
        await jobs.again(
            job_id,
            lambda session: audit.append(session, ask.require(), "job.retried", f"job/{job_id[:40]}", ask.address),
        )
        return JobShape.of(await jobs.get(job_id))

    @routes.get("/intents", roles=ADMINISTRATORS)
    async def list_intents(ask: Ask, query: IntentQuery) -> Page[IntentShape]:
        """Commands for the PBX, the newest first; those whose fate nobody knows unless another state is named."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        shapes = [IntentShape.of(row) for row in await intents.page(query.state, query.limit + 1, after)]
        return page_of(shapes, query.limit, lambda intent: encode_cursor(intent.at, intent.id))

    return routes
