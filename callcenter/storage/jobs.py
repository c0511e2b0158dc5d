"""Durable jobs: queued in the transaction that needs them, claimed by one statement, retried with back-off.

A job runs at least once. When a worker dies, its lease expires and another one takes the job; a job must
therefore be idempotent. A job that fails `max_attempts` times is `dead`: kept, counted, shown, and queued
again by a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import uuid4

import structlog
from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import NotFound
from callcenter.storage.database import Database, after_commit
from callcenter.storage.idle_workers import IdleWorkers
from callcenter.storage.rows import JobRow

Work = Callable[[Mapping[str, Any]], Awaitable[None]]
Note = Callable[[AsyncSession], Awaitable[None]]
LEASE = timedelta(minutes=5)
POLL_SECONDS = 1.0
LONGEST_WAIT = timedelta(hours=1)
LONGEST_ERROR = 2000
AT_ONCE = 1000
"""Jobs that one transaction deletes, so that no one waits long for SQLite's only writer."""
LOOKED_AT = 20
"""Due jobs that a worker looks at before it claims one."""
CLEARED = "cleared"
"""Marks a done job that is kept only for its name."""

log = structlog.get_logger("callcenter.storage")

current_job: ContextVar[str | None] = ContextVar("current_job", default=None)
"""The id of the current job: distinguishes a repeated run of a job from another job with the same request."""


class UnknownJob(NotFound):
    code = "no_such_job"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job; it belongs to this worker until `leased_until`."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    max_attempts: int
    leased_until: datetime


async def replace_payload(session: AsyncSession, job: str, payload: Mapping[str, Any]) -> None:
    """Replace a job's payload, in the caller's transaction."""
    await session.execute(update(JobRow).where(JobRow.id == job).values(payload=dict(payload)))


def pause_after(attempts: int) -> timedelta:
    """The delay after the n-th failure: 10 s, 20 s, 40 s ... at most an hour."""
    return min(timedelta(seconds=10 * 2 ** min(attempts - 1, 20)), LONGEST_WAIT)


class Jobs:
    """The queue: `put` in any transaction, `work` in a worker's task."""

    def __init__(self, database: Database, clock: Clock, *, lease: timedelta = LEASE) -> None:
        self._database = database
        self._clock = clock
        self._lease = lease
        self._idle = IdleWorkers()

    async def put(
        self,
        session: AsyncSession,
        kind: str,
        payload: Mapping[str, Any],
        *,
        run_at: datetime | None = None,
        max_attempts: int = 8,
        once: str | None = None,
    ) -> str | None:
        """Queue a job in the caller's transaction; None when a job named `once` already exists."""
        if once is not None and await session.scalar(select(JobRow.id).where(JobRow.once == once)):
            return None
        now = self._clock()
        row = JobRow(
            id=uuid4().hex,
            kind=kind,
            payload=dict(payload),
            state="queued",
            run_at=run_at or now,
            max_attempts=max_attempts,
            created_at=now,
            once=once,
        )
        session.add(row)
        after_commit(session, self._idle.wake)
        return row.id

    async def claim(self, worker: str, kinds: frozenset[str]) -> Job | None:
        """Claim the job that has been due longest; one statement for both databases, and no job is claimed twice."""
        now = self._clock()
        states = await self._states_due(kinds, now)
        if not states:
            return None
        if len(states) > 1:
            # There is a job for the next idle worker too.
            self._idle.wake()
        due = (
            select(JobRow.id)
            .where(JobRow.state.in_(("queued", "running")), JobRow.run_at <= now, JobRow.kind.in_(kinds))
            .order_by(JobRow.run_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        take = (
            update(JobRow)
            # A running job whose lease expired is due again; its worker is gone or too slow.
            .where(JobRow.id == due, JobRow.state.in_(("queued", "running")), JobRow.run_at <= now)
            .values(state="running", worker=worker, attempts=JobRow.attempts + 1, run_at=now + self._lease)
            .returning(JobRow.id, JobRow.kind, JobRow.payload, JobRow.attempts, JobRow.max_attempts, JobRow.run_at)
            .execution_options(synchronize_session=False)
        )
        # Otherwise a job that always kills its worker would never reach `dead`.
        bury = (
            update(JobRow)
            .where(JobRow.state == "running", JobRow.run_at <= now, JobRow.attempts >= JobRow.max_attempts)
            .values(state="dead", worker=None, finished_at=now, error="the worker did not come back")
        )
        async with self._database.write() as session:
            if "running" in states:
                await session.execute(bury)
            row = (await session.execute(take)).one_or_none()
        return Job(*row) if row else None

    async def _states_due(self, kinds: frozenset[str], now: datetime) -> Sequence[str]:
        """The states of some due jobs, read before writing: an idle worker must not take SQLite's only write lock."""
        due = select(JobRow.state).where(
            JobRow.state.in_(("queued", "running")), JobRow.run_at <= now, JobRow.kind.in_(kinds)
        )
        async with self._database.read() as session:
            return (await session.scalars(due.order_by(JobRow.run_at).limit(LOOKED_AT))).all()

    async def finish(self, job: Job) -> bool:
        """Mark as done; False when the lease was lost and another worker has the job."""
        return await self._settle(job, state="done", finished_at=self._clock(), error=None)

    async def fail(self, job: Job, error: str) -> bool:
        """Retry later, or give up after `max_attempts`; False when the lease was lost."""
        now = self._clock()
        if job.attempts >= job.max_attempts:
            return await self._settle(job, state="dead", finished_at=now, error=error[:LONGEST_ERROR])
        later = now + pause_after(job.attempts)
        return await self._settle(job, state="queued", run_at=later, error=error[:LONGEST_ERROR])

    async def _settle(self, job: Job, **values: Any) -> bool:
        mine = (JobRow.id == job.id, JobRow.state == "running", JobRow.attempts == job.attempts)
        change = update(JobRow).where(*mine).values(worker=None, **values).returning(JobRow.id)
        async with self._database.write() as session:
            return (await session.scalar(change)) is not None

    async def work(self, name: str, works: Mapping[str, Work], at_once: int = 2) -> NoReturn:
        """Run jobs forever, `at_once` at a time; cancel to stop: running jobs return when their lease expires."""
        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(self._loop(f"{name}-{number}", works), name=f"jobs-{name}-{number}")
        raise AssertionError("workers do not end")

    async def _loop(self, worker: str, works: Mapping[str, Work]) -> NoReturn:
        kinds = frozenset(works)
        while True:
            self._idle.looks()
            job = await self._claim_or_wait(worker, kinds)
            if job is not None:
                await self.do(job, works[job.kind])

    async def _claim_or_wait(self, worker: str, kinds: frozenset[str]) -> Job | None:
        try:
            job = await self.claim(worker, kinds)
        except Exception as error:
            # A database outage must neither end the workers nor flood the log.
            log.warning("no_job_claimed", worker=worker, cause=type(error).__name__)
            job = None
        if job is None:
            await self._idle.rest(POLL_SECONDS)
        return job

    async def do(self, job: Job, work: Work) -> None:
        """Run one claimed job within its lease, and settle it."""
        failed = await self._try(job, work)
        settle = self.finish(job) if failed is None else self.fail(job, failed)
        try:
            await settle
        except Exception as error:
            # The job's own lease is the safety net: the job returns when the lease expires, and is then settled.
            log.error("job_not_settled", job=job.id, kind=job.kind, cause=type(error).__name__)

    async def _try(self, job: Job, work: Work) -> str | None:
        """Do the work; None on success, otherwise the reason for failure. No job ends its worker."""
        token = current_job.set(job.id)
        try:
            async with asyncio.timeout(self._lease.total_seconds()):
                await work(job.payload)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Something that the job awaited was cancelled, not the worker.
            return "CancelledError: what it waited for was cancelled"
        except (Exception, SystemExit, GeneratorExit) as error:
            log.warning("job_failed", job=job.id, kind=job.kind, attempts=job.attempts, exc_info=error)
            return f"{type(error).__name__}: {error}"
        finally:
            current_job.reset(token)
        return None

    async def get(self, job_id: str) -> JobRow:
        """Raises UnknownJob."""
        async with self._database.read() as session:
            row = await session.get(JobRow, job_id)
        if row is None:
            raise UnknownJob("no job of this id", job=job_id[:40])
        return row

    async def page(
        self, state: str, limit: int, *, kind: str | None = None, after: tuple[datetime, str] | None = None
    ) -> list[JobRow]:
        """Jobs in a state, newest first, those older than `after` (created_at, id)."""
        query = select(JobRow).where(JobRow.state == state).order_by(JobRow.created_at.desc(), JobRow.id.desc())
        if kind is not None:
            query = query.where(JobRow.kind == kind)
        if after is not None:
            query = query.where(tuple_(JobRow.created_at, JobRow.id) < after)
        async with self._database.read() as session:
            return list(await session.scalars(query.limit(limit)))

    async def again(self, job_id: str, note: Note | None = None) -> None:
        """Queue a dead job again; raises UnknownJob when there is no dead job with that id.

        `note` records in the same transaction who did it.
        """
        change = (
            update(JobRow)
            .where(JobRow.id == job_id, JobRow.state == "dead")
            .values(state="queued", attempts=0, run_at=self._clock(), finished_at=None)
            .returning(JobRow.id)
        )
        async with self._database.write() as session:
            if await session.scalar(change) is None:
                raise UnknownJob("no dead job of this id", job=job_id[:40])
            if note is not None:
                await note(session)
            after_commit(session, self._idle.wake)

    async def dead(self, limit: int = 100) -> list[JobRow]:
        """The newest dead jobs."""
        query = select(JobRow).where(JobRow.state == "dead").order_by(JobRow.finished_at.desc()).limit(limit)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def counts(self) -> dict[tuple[str, str], int]:
        """The number of jobs by (kind, state)."""
        query = select(JobRow.kind, JobRow.state, func.count()).group_by(JobRow.kind, JobRow.state)
        async with self._database.read() as session:
            return {(kind, state): number for kind, state, number in await session.execute(query)}

    async def clear(self, before: datetime) -> int:
        """Delete jobs done before an instant; dead jobs stay until a person handles them.

        A job named `once` is kept as its name, without payload: otherwise the same job could be queued again.
        """
        over = (JobRow.state == "done", JobRow.finished_at < before)
        cleared = 0
        while True:
            some = select(JobRow.id).where(*over, JobRow.once.is_(None)).limit(AT_ONCE)
            async with self._database.write() as session:
                gone = await session.scalars(delete(JobRow).where(JobRow.id.in_(some)).returning(JobRow.id))
                count = len(gone.all())
            cleared += count
            if count < AT_ONCE:
                break
        named = update(JobRow).where(*over, JobRow.once.is_not(None), JobRow.error.is_distinct_from(CLEARED))
        async with self._database.write() as session:
            await session.execute(named.values(payload={}, error=CLEARED))
        return cleared
