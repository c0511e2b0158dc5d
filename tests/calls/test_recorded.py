"""Tests that a final record and a live flag are announced in the transaction that writes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from callcenter.calls.effects import LegWitnessed
from callcenter.calls.ingest import Ingest
from callcenter.calls.recorded import CALLS_RECORDED, RecordedCalls
from callcenter.calls.rows import CallRow
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.facts import CallId, Uniqueid, linkedid_of
from callcenter.flags.model import FlagState
from callcenter.flags.queries import FlagFilter, FlagQueries
from callcenter.flags.service import FlagService
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from tests.calls.test_ingest import ANSWERED, NOW, RULES, log_dir, write_whole
from tests.flags.test_flags import raised_live

__all__ = ["log_dir"]
KINDS = frozenset({CALLS_RECORDED})


async def announced(jobs: Jobs) -> set[str]:
    """The calls of every job that waits, which are then done."""
    calls: set[str] = set()
    while (job := await jobs.claim("test", KINDS)) is not None:
        calls |= set(job.payload["calls"])
        await jobs.finish(job)
    return calls


async def test_every_final_record_is_announced_once_and_a_read_again_announces_nothing(
    database: Database, log_dir: Path
) -> None:
    jobs = Jobs(database, lambda: NOW)
    announce = RecordedCalls(jobs).announce
    calls = CallService(database, "pbx1", RuleBook(RULES), announce)
    write_whole(log_dir)
    ingest = Ingest(database, "pbx1", log_dir, RuleBook(RULES), lambda: NOW, announce)
    await ingest.catch_up()
    final = await announced(jobs)
    assert ANSWERED in final
    assert {call.id for call in await calls.final_among(sorted(final))} == final
    await Ingest(database, "pbx1", log_dir, RuleBook(RULES), lambda: NOW, announce).catch_up()
    assert await announced(jobs) == set()


async def test_R1_what_ami_saw_of_a_call_that_the_files_have_ended_announces_it_again(
    database: Database, log_dir: Path
) -> None:
    jobs = Jobs(database, lambda: NOW)
    calls = CallService(database, "pbx1", RuleBook(RULES), RecordedCalls(jobs).announce)
    write_whole(log_dir)
    await Ingest(database, "pbx1", log_dir, RuleBook(RULES), lambda: NOW).catch_up()
    await calls.keep(
        [], [LegWitnessed(linkedid_of(ANSWERED), Uniqueid(f"{ANSWERED[:-1]}3"), NOW - timedelta(seconds=18))]
    )
    assert await announced(jobs) == {ANSWERED}


@pytest.mark.parametrize("by_the_floor", [True, False])
async def test_R1_a_live_flag_that_comes_after_the_final_record_is_judged_by_it(
    database: Database, log_dir: Path, *, by_the_floor: bool
) -> None:
    jobs = Jobs(database, lambda: NOW)
    calls = CallService(database, "pbx1", RuleBook(RULES))
    flags = FlagService(database, RuleBook(RULES), lambda: NOW, announce=RecordedCalls(jobs).announce_again)
    write_whole(log_dir)
    await Ingest(database, "pbx1", log_dir, RuleBook(RULES), lambda: NOW).catch_up()
    (record,) = await calls.final_among([ANSWERED])
    mistaken = replace(raised_live(record, "caller", 3600), call=CallId(ANSWERED))
    await flags.raise_all([mistaken], published=by_the_floor)
    assert await announced(jobs) == ({ANSWERED} if by_the_floor else set())
    await flags.recompute(await calls.final_among([ANSWERED]))
    assert [
        flag.state for flag in await FlagQueries(database).find(FlagFilter(call=CallId(ANSWERED), clause="R1"))
    ] == [FlagState.ANNULLED]


async def test_R1_a_live_flag_of_a_call_that_has_no_final_record_yet_needs_no_job_of_its_own(
    database: Database, log_dir: Path
) -> None:
    jobs = Jobs(database, lambda: NOW)
    write_whole(log_dir)
    await Ingest(database, "pbx1", log_dir, RuleBook(RULES), lambda: NOW).catch_up()
    (record,) = await CallService(database, "pbx1", RuleBook(RULES)).final_among([ANSWERED])
    async with database.write() as session:
        await session.execute(update(CallRow).where(CallRow.id == ANSWERED).values(final=False))
    flags = FlagService(database, RuleBook(RULES), lambda: NOW, announce=RecordedCalls(jobs).announce_again)
    late = replace(raised_live(record, "caller", 3600), call=CallId(ANSWERED))
    await flags.raise_all([late], published=True)
    assert await announced(jobs) == set()
    unknown = replace(late, id=f"{late.id}x", call=CallId("pbx1-unknown"))
    await flags.raise_all([unknown], published=True)
    assert await announced(jobs) == {"pbx1-unknown"}
