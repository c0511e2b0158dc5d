"""Tests retention: expired data is deleted by the days of the settings; what waits for a person stays."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.centre.housekeeping import Housekeeping
from callcenter.centre.jobs_http import routes
from callcenter.cli.jobs import app
from callcenter.settings import RetentionSettings
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents, IntentState
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.roles import Role
from tests.support.rooms import SetClock
from tests.support.shell import folder_with, run
from tests.support.web_centre import open_web_centre

DAYS = RetentionSettings(audit_days=100, job_days=30)
KINDS = frozenset({"mail"})


def housekeeping(database: Database, clock: SetClock) -> Housekeeping:
    calls = CallService(database, "pbx1", RuleBook(RingRules(3, cadence_of("cn")), "1"))
    return Housekeeping(calls, Jobs(database, clock), Intents(database, clock), Audit(database, clock), DAYS, clock)


async def done(jobs: Jobs, database: Database, *, once: str | None = None) -> None:
    async with database.write() as session:
        assert await jobs.put(session, "mail", {"to": "李雷"}, once=once)
    job = await jobs.claim("w", KINDS)
    assert job is not None
    await jobs.finish(job)


async def dead(jobs: Jobs, database: Database) -> str:
    async with database.write() as session:
        id = await jobs.put(session, "mail", {"to": "李雷"}, max_attempts=1)
    job = await jobs.claim("w", KINDS)
    assert job is not None
    await jobs.fail(job, "OSError: 13900001234 does not answer")
    assert id is not None
    return id


async def test_done_jobs_and_settled_commands_are_deleted_and_dead_ones_stay(database: Database) -> None:
    clock = SetClock()
    jobs, intents = Jobs(database, clock), Intents(database, clock)
    await done(jobs, database)
    given_up = await dead(jobs, database)
    await intents.settle(await intents.note("Originate", []), IntentState.DONE)
    open_command = await intents.note("Originate", [])

    clock.move(days=29)
    await housekeeping(database, clock).once()
    assert await jobs.counts() == {("mail", "done"): 1, ("mail", "dead"): 1}

    clock.move(days=2)
    await housekeeping(database, clock).once()
    assert await jobs.counts() == {("mail", "dead"): 1}
    assert (await jobs.get(given_up)).state == "dead"
    assert [row.id for row in await intents.page(IntentState.NOTED, 10)] == [open_command]
    assert await intents.counts() == {"noted": 1}


async def test_a_job_named_once_is_still_not_queued_a_second_time_after_it_was_cleared(database: Database) -> None:
    clock = SetClock()
    jobs = Jobs(database, clock)
    await done(jobs, database, once="welcome:1")
    clock.move(days=31)
    await housekeeping(database, clock).once()

    async with database.write() as session:
        assert await jobs.put(session, "mail", {}, once="welcome:1") is None
    (listed,) = await jobs.page("done", 10)
    assert listed.payload == {}, "what it carried is gone"


async def test_old_entries_leave_the_audit_and_the_remaining_chain_is_valid(database: Database) -> None:
    clock = SetClock()
    audit = Audit(database, clock)
    for number in range(5):
        await audit.record(None, "thing.done", f"thing/{number}")
        clock.move(days=40)
    (third,) = await audit.page(1, before=4)
    await housekeeping(database, clock).once()

    entries = await audit.page(50)
    assert [(row.seq, row.action) for row in entries] == [(6, "audit.cleared"), (5, "thing.done"), (4, "thing.done")]
    assert f'"hash": "{third.hash}"' in entries[0].facts
    verdict = await audit.verify()
    assert (verdict.rows, verdict.broken_at) == (3, None)


async def test_the_last_audit_entry_stays_however_old_it_is(database: Database) -> None:
    clock = SetClock()
    audit = Audit(database, clock)
    await audit.record(None, "thing.done", "thing/1")
    clock.move(days=1000)
    await housekeeping(database, clock).once()
    assert [row.action for row in await audit.page(5)] == ["thing.done"]


async def test_an_administrator_sees_dead_jobs_and_queues_them_again_with_their_name(database: Database) -> None:
    clock = SetClock()
    jobs, intents, audit = Jobs(database, clock), Intents(database, clock), Audit(database, clock)
    id = await dead(jobs, database)
    await intents.settle(await intents.note("Originate", []), IntentState.UNKNOWN, "lost")
    async with open_web_centre(database, routes(jobs, intents, audit)) as centre:
        boss = await centre.token(Role.ADMINISTRATOR)
        (listed,) = (await (await centre.client.get("/api/v1/jobs", headers=boss)).json())["items"]
        assert (listed["id"], listed["kind"], listed["state"], listed["attempts"]) == (id, "mail", "dead", 1)
        assert "payload" not in listed
        assert "13900001234" not in listed["error"]
        (command,) = (await (await centre.client.get("/api/v1/intents", headers=boss)).json())["items"]
        assert (command["action"], command["state"]) == ("Originate", "unknown")

        again = await centre.client.post(f"/api/v1/jobs/{id}/retry", headers=boss)
        assert (again.status, (await again.json())["state"]) == (200, "queued")
        twice = await centre.client.post(f"/api/v1/jobs/{id}/retry", headers=boss)
        assert (twice.status, (await twice.json())["code"]) == (404, "no_such_job")

        supervisor = await centre.token(Role.SUPERVISOR)
        assert (await centre.client.get("/api/v1/jobs", headers=supervisor)).status == 403
    (entry,) = await audit.page(1, action="job.retried")
    assert entry.subject == f"job/{id}"
    job = await jobs.claim("w", KINDS)
    assert job is not None
    assert (job.id, job.attempts) == (id, 1)


async def test_pages_of_jobs_leave_none_out(database: Database) -> None:
    clock = SetClock()
    jobs = Jobs(database, clock)
    ids = {await dead(jobs, database) for _ in range(5)}
    seen: set[str] = set()
    after = None
    while page := await jobs.page("dead", 2, after=after):
        seen |= {row.id for row in page}
        after = (page[-1].created_at, page[-1].id)
    assert seen == ids


def test_dead_jobs_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, monkeypatch, {"boss": ("经理", Role.ADMINISTRATOR)})

    async def given_up() -> str:
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/callcenter.db")
        id = await dead(Jobs(database, SetClock()), database)
        await database.close()
        return id

    id = asyncio.run(given_up())
    listed = run(app, "list")
    assert id in listed
    assert "1 jobs are dead" in listed
    assert "13900001234" not in listed
    assert "no_such_person" in run(app, "retry", id, "--by", "nobody", fails=True)
    assert "1 jobs are queued again" in run(app, "retry", id, "--by", "boss")
    assert "0 jobs are dead" in run(app, "list")
    assert "no_such_job" in run(app, "retry", id, "--by", "boss", fails=True)
