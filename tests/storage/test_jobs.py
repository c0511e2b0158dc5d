"""Tests durable jobs: done although workers fail, die or compete, dead ones visible; and intents towards the PBX."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.storage.database import Database
from callcenter.storage.intents import Intents, IntentState, SecretInIntent
from callcenter.storage.jobs import Job, Jobs, UnknownJob, pause_after

KINDS = frozenset({"mail"})


class Time:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def put(database: Database, jobs: Jobs, **options: Any) -> str | None:
    async with database.write() as session:
        return await jobs.put(session, "mail", {"to": "李雷"}, **options)


async def claimed(jobs: Jobs) -> Job:
    job = await jobs.claim("w", KINDS)
    assert job is not None
    return job


async def test_a_job_is_done_once_and_counted(database: Database) -> None:
    jobs = Jobs(database, Time())
    await put(database, jobs)
    job = await claimed(jobs)
    assert (job.kind, job.payload, job.attempts) == ("mail", {"to": "李雷"}, 1)
    assert await jobs.claim("other", KINDS) is None
    assert await jobs.finish(job)
    assert await jobs.counts() == {("mail", "done"): 1}


async def test_a_job_of_a_transaction_that_fails_never_was(database: Database) -> None:
    jobs = Jobs(database, Time())

    async def fail() -> None:
        async with database.write() as session:
            await jobs.put(session, "mail", {})
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await fail()
    assert await jobs.counts() == {}


async def test_eight_workers_take_a_hundred_jobs_and_none_twice(database: Database) -> None:
    jobs = Jobs(database, Time())
    async with database.write() as session:
        for number in range(100):
            await jobs.put(session, "mail", {"number": number})
    taken: list[int] = []

    async def worker(name: str) -> None:
        while (job := await jobs.claim(name, KINDS)) is not None or len(taken) < 100:
            if job is not None:
                taken.append(job.payload["number"])
                await jobs.finish(job)

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(worker(f"w{number}"))
    assert sorted(taken) == list(range(100))


async def test_a_failed_job_rests_longer_each_time_and_is_then_given_up_visibly(database: Database) -> None:
    time = Time()
    jobs = Jobs(database, time)
    await put(database, jobs, max_attempts=3)
    for attempt in (1, 2, 3):
        job = await claimed(jobs)
        assert job.attempts == attempt
        await jobs.fail(job, "no route to host")
        assert await jobs.claim("w", KINDS) is None
        time.now += pause_after(attempt)
    (dead,) = await jobs.dead()
    assert (dead.state, dead.error) == ("dead", "no route to host")
    await jobs.again(dead.id)
    assert (await claimed(jobs)).id == dead.id
    with pytest.raises(UnknownJob):
        await jobs.again("nothing")


def test_the_rest_between_tries_is_bounded() -> None:
    assert [pause_after(n).total_seconds() for n in (1, 2, 3, 9, 500)] == [10, 20, 40, 2560, 3600]


async def test_a_dead_workers_job_is_taken_over_and_its_late_result_is_ignored(database: Database) -> None:
    time = Time()
    jobs = Jobs(database, time, lease=timedelta(seconds=30))
    await put(database, jobs)
    first = await claimed(jobs)
    time.now += timedelta(seconds=31)
    second = await claimed(jobs)
    assert second.id == first.id
    assert not await jobs.finish(first)
    assert await jobs.finish(second)


async def test_a_job_that_kills_every_worker_is_given_up_as_well(database: Database) -> None:
    time = Time()
    jobs = Jobs(database, time, lease=timedelta(seconds=30))
    await put(database, jobs, max_attempts=2)
    for _ in range(2):
        await claimed(jobs)
        time.now += timedelta(seconds=31)
    assert await jobs.claim("w", KINDS) is None
    assert await jobs.counts() == {("mail", "dead"): 1}


async def test_a_named_job_is_queued_once(database: Database) -> None:
    jobs = Jobs(database, Time())
    assert await put(database, jobs, once="nightly 2026-11-23") is not None
    assert await put(database, jobs, once="nightly 2026-11-23") is None
    assert await jobs.counts() == {("mail", "queued"): 1}


async def test_a_job_waits_for_its_hour_and_old_ones_are_cleared(database: Database) -> None:
    time = Time()
    jobs = Jobs(database, time)
    await put(database, jobs, run_at=time.now + timedelta(hours=1))
    assert await jobs.claim("w", KINDS) is None
    time.now += timedelta(hours=1)
    await jobs.finish(await claimed(jobs))
    assert await jobs.clear(time.now) == 0
    assert await jobs.clear(time.now + timedelta(seconds=1)) == 1


async def test_workers_wake_at_once_and_a_failing_job_does_not_stop_them(database: Database) -> None:
    jobs = Jobs(database, Time())
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def mail(payload: Mapping[str, Any]) -> None:
        if payload["to"] == "nobody":
            raise OSError("no such mailbox")
        seen.put_nowait(payload["to"])

    workers = asyncio.create_task(jobs.work("test", {"mail": mail}), name="workers")
    async with database.write() as session:
        await jobs.put(session, "mail", {"to": "nobody"})
        await jobs.put(session, "mail", {"to": "lilei"})
    async with asyncio.timeout(10):
        assert await seen.get() == "lilei"
        while await jobs.counts() != {("mail", "queued"): 1, ("mail", "done"): 1}:  # noqa: ASYNC110 - a bounded wait.
            await asyncio.sleep(0.01)
    workers.cancel()
    with pytest.raises(asyncio.CancelledError):
        await workers


async def test_an_intent_is_noted_settled_once_and_found_again_after_a_crash(database: Database) -> None:
    intents = Intents(database, Time())
    first = await intents.note("QueueAdd", [("Queue", "sales"), ("Interface", "PJSIP/1001")])
    async with database.write() as session:
        second = await intents.note("QueuePause", [("Paused", "true")], session)
    assert {row.id for row in await intents.page(IntentState.NOTED, 10)} == {first, second}
    assert await intents.settle(first, IntentState.DONE, "Added interface to queue")
    assert not await intents.settle(first, IntentState.UNKNOWN)
    (left,) = await intents.page(IntentState.NOTED, 10)
    assert left.headers == [["Paused", "true"]]
    with pytest.raises(SecretInIntent):
        await intents.note("Login", [("Secret", "x")])
