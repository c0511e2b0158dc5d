"""Durable jobs and commands for the PBX over HTTP: a person sees dead jobs and retries them."""

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
    state: Literal["queued", "running", "done", "dead", "failed"] = Field("dead", description="`failed` is `dead`")
    kind: str | None = Field(None, max_length=64)


class JobShape(BaseModel):
    """A job without its payload, which may hold customer data; `error` is why its last attempt failed."""

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
    """A command for the PBX; whether an `unknown` one was executed is not known."""

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
        """List durable jobs, newest first; dead ones unless another state is given."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        state = "dead" if query.state == "failed" else query.state
        page = await jobs.page(state, query.limit + 1, kind=query.kind, after=after)
        shapes = [JobShape.of(row) for row in page]
        return page_of(shapes, query.limit, lambda job: encode_cursor(job.created_at, job.id))

    @routes.get("/jobs/{job_id}", roles=ADMINISTRATORS)
    async def read_job(ask: Ask, job_id: str) -> JobShape:
        """Read a job."""
        return JobShape.of(await jobs.get(job_id))

    @routes.post("/jobs/{job_id}/retry", roles=ADMINISTRATORS)
    async def retry_job(ask: Ask, job_id: str) -> JobShape:
        """Queue a dead job again with all its attempts."""
        await jobs.again(
            job_id,
            lambda session: audit.append(session, ask.require(), "job.retried", f"job/{job_id[:40]}", ask.address),
        )
        return JobShape.of(await jobs.get(job_id))

    @routes.get("/intents", roles=ADMINISTRATORS)
    async def list_intents(ask: Ask, query: IntentQuery) -> Page[IntentShape]:
        """List commands for the PBX, newest first; those with unknown outcome unless another state is given."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        shapes = [IntentShape.of(row) for row in await intents.page(query.state, query.limit + 1, after)]
        return page_of(shapes, query.limit, lambda intent: encode_cursor(intent.at, intent.id))

    return routes
