"""Tests a kept recording's way to a transcript: no work is repeated, failures give a reason, nothing waits forever."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.facts import CallId, RecordingId
from callcenter.flags.model import FlagState
from callcenter.flags.queries import FlagFilter, FlagQueries
from callcenter.settings import Settings
from callcenter.settings.recordings import TranscriptSettings
from callcenter.storage.database import Database
from callcenter.storage.rows import JobRow
from recordings.transcripts.model import TranscriptState
from recordings.transcripts.rows import TranscriptRow
from tests.recordings.transcripts.room import Written, open_room
from tests.recordings.transcripts.server import AsrServer, asr_server
from tests.recordings.transcripts.sounds import CALL, TEXTS, answered_call, base_model, channel
from tests.support.rooms import BOSS

pytestmark = pytest.mark.slow


def settings(asr: AsrServer, **more: Any) -> Settings:
    chosen = TranscriptSettings(engine="openai", server_url=asr.url, server_model="large", niceness=5, **more)
    return Settings(transcripts=chosen)


@pytest_asyncio.fixture
async def asr() -> AsyncIterator[AsrServer]:
    async with asr_server() as server:
        yield server


@pytest_asyncio.fixture
async def written(database: Database, asr: AsrServer) -> AsyncIterator[Written]:
    async with open_room(database, settings(asr)) as room:
        yield room


async def payloads(database: Database, kind: str) -> list[dict[str, Any]]:
    async with database.read() as session:
        return list(await session.scalars(select(JobRow.payload).where(JobRow.kind == kind)))


async def test_each_channel_is_transcribed_separately_and_published(written: Written, asr: AsrServer) -> None:
    await written.keep("r1", caller=channel(6, (1, "song")), agent=channel(6, (1, "press")))
    assert (await written.row("r1")).state == TranscriptState.QUEUED
    await written.work_once("transcribe")
    row = await written.row("r1")
    assert (row.state, row.channels_done, row.channels, row.engine) == ("done", 2, 2, "openai")
    assert written.shelf.given == [("r1", "caller"), ("r1", "agent")]
    assert {asked["language"] for asked in asr.asked} == {"zh"}
    version = await written.room.service.reading.version(row.id, 1)
    assert version is not None
    assert {(utterance.speaker, utterance.agent) for utterance in version.utterances} == {
        ("caller", None),
        ("agent", "1001"),
    }
    payload = {"transcript": row.id, "call": CALL, "sha256": version.sha256, "language": "zh"}
    assert await payloads(written.database, "transcript_ready") == [payload]
    states = [data["transcript"]["state"] for kind, data in written.published if kind == "recording"]
    assert (states[0], states[-1]) == ("queued", "done")
    assert "running" in states


async def test_a_recording_reported_twice_is_transcribed_once(written: Written, asr: AsrServer) -> None:
    for _ in range(2):
        await written.keep("r1", agent=channel(4, (1, "song")))
    assert await written.work_once("transcribe") == 1
    await written.keep("r1", agent=channel(4, (1, "song")))
    assert await written.work_once("transcribe") == 0
    assert len(asr.asked) == 1


async def test_a_channel_that_is_done_is_not_done_again_after_a_crash(written: Written, asr: AsrServer) -> None:
    await written.keep("r1", caller=channel(4, (1, "song")), agent=channel(4, (1, "press")))
    job = await written.jobs.claim("first", frozenset({"transcribe"}))
    assert job is not None
    written.shelf.stops_at = "agent"
    doing = asyncio.create_task(written.room.transcribing.work(job.payload))
    id = (await written.row("r1")).id
    async with asyncio.timeout(20):
        while not await written.room.service.reading.channels_done(id):
            await asyncio.wait([doing], timeout=0.02)
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    written.shelf.stops_at = ""
    row = await written.row("r1")
    assert (row.state, row.channels_done) == ("running", 1)
    written.rooms.clock.move(hours=2)
    await written.work_once("transcribe")
    assert (await written.row("r1")).state == TranscriptState.DONE
    assert [name for _, name in written.shelf.given].count("caller") == 1


async def test_a_killed_worker_is_replaced_and_the_channel_done_by_the_next(written: Written) -> None:
    await written.keep("r1", agent=channel(4, (1, "song")))
    await written.work_once("transcribe")
    (pid,) = written.room.transcribing.pids
    assert os.getpriority(os.PRIO_PROCESS, pid) == 5 + os.getpriority(os.PRIO_PROCESS, 0)
    os.kill(pid, signal.SIGKILL)
    await written.keep("r2", agent=channel(4, (1, "song")))
    await written.work_once("transcribe")
    first = await written.row("r2")
    if first.state != TranscriptState.DONE:
        # The death was noticed only when the next channel was sent: that try is lost, the next one is not.
        assert (first.state, first.reason) == ("queued", first.reason)
        written.rooms.clock.move(minutes=5)
        await written.work_once("transcribe")
    assert (await written.row("r2")).state == TranscriptState.DONE
    assert written.room.transcribing.pids != [pid]


async def test_a_server_that_stays_away_ends_in_failed_with_the_reason_and_is_tried_again_by_a_person(
    written: Written, asr: AsrServer
) -> None:
    asr.status, asr.answer = 503, {}
    await written.keep("r1", agent=channel(4, (1, "song")))
    for _ in range(5):
        await written.work_once("transcribe")
        written.rooms.clock.move(minutes=10)
    row = await written.row("r1")
    assert (row.state, row.tries) == ("failed", 3)
    assert row.reason == "the server is busy: 503"
    assert len(asr.asked) == 3
    from tests.recordings.transcripts.server import WORDS

    asr.status, asr.answer = 200, WORDS
    await written.room.service.retry(row.id, BOSS)
    await written.work_once("transcribe")
    assert (await written.row("r1")).state == TranscriptState.DONE


async def test_a_recording_that_is_gone_fails_at_once(written: Written) -> None:
    await written.keep("r1", agent=channel(4))
    written.shelf.recordings.clear()
    await written.work_once("transcribe")
    row = await written.row("r1")
    assert (row.state, row.tries, row.reason) == ("failed", 1, "not kept any more")


async def test_while_the_call_goes_on_nothing_is_done(sqlite_database: Database, asr: AsrServer) -> None:
    living = replace(answered_call(), ended_at=None, outcome=None)
    async with open_room(sqlite_database, settings(asr), living) as written:
        await written.keep("r1", agent=channel(4, (1, "song")))
        assert await written.work_once("transcribe") == 1
        assert (asr.asked, (await written.row("r1")).state) == ([], "queued")


async def test_without_an_engine_nothing_is_asked_and_nothing_fails(sqlite_database: Database, tmp_path: Path) -> None:
    async with open_room(sqlite_database, Settings(data_dir=tmp_path)) as written:
        await written.keep("r1", agent=channel(4))
        assert await written.room.service.reading.of_recording(RecordingId("r1")) == []
        assert [standing.engine for standing in written.room.standings()] == ["off", "off"]


async def test_an_engine_whose_model_is_missing_makes_it_unavailable_until_it_is_there(
    sqlite_database: Database, tmp_path: Path
) -> None:
    chosen = Settings(data_dir=tmp_path, transcripts=TranscriptSettings(engine="faster_whisper"))
    async with open_room(sqlite_database, chosen) as written:
        await written.keep("r1", agent=channel(6, (1, "song")))
        await written.work_once("transcribe")
        row = await written.row("r1")
        assert (row.state, row.reason) == ("unavailable", "no model is installed; run: callcenter transcripts install")
        assert written.room.transcribing.pids == []
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "whisper-base").symlink_to(base_model())
        assert await written.room.service.retry_all(None) == 1
        await written.work_once("transcribe")
        row = await written.row("r1")
        version = await written.room.service.reading.version(row.id, 1)
        assert version is not None
        assert version.utterances[0].text[:4] == TEXTS["song"][:4]
        assert (row.engine, row.model) == ("faster_whisper", "whisper-base")


async def test_more_than_the_setting_allows_waits_in_the_queue(sqlite_database: Database, asr: AsrServer) -> None:
    async with open_room(sqlite_database, settings(asr, at_once=1)) as written:
        for number in range(3):
            await written.keep(f"r{number}", agent=channel(3, (0, "song")))
        running = asyncio.create_task(written.room.run())
        most = 0
        async with asyncio.timeout(25):
            while (counts := await written.room.service.reading.counts())["done"] < 3:
                most = max(most, counts["running"])
                await asyncio.wait([running], timeout=0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert most == 1
        assert written.room.transcribing.pids == []


async def test_erasing_a_recording_leaves_nothing_of_its_words(written: Written) -> None:
    await written.keep("r1", agent=channel(4, (1, "song")))
    await written.work_once()
    async with written.database.write() as session:
        assert await written.room.service.erase(session, ["r1"]) == 1
    async with written.database.read() as session:
        assert list(await session.scalars(select(TranscriptRow))) == []
    assert await written.room.search.find("您好", 10) == ([], None)
    assert await written.room.courtesy.of_call(CallId(CALL)) == []


async def test_R2_what_is_heard_becomes_a_flag_for_a_person_with_its_second(written: Written, asr: AsrServer) -> None:
    asr.answer = {
        "segments": [
            {"start": 0.5, "end": 4, "text": "喂，什么事", "avg_logprob": -0.1},
            {"start": 10, "end": 16, "text": "这个不关我的事，你去找别人", "avg_logprob": -0.1},
        ]
    }
    await written.keep("r1", agent=channel(20, (1, "song"), (11, "press")))
    await written.work_once()
    flags = {flag.clause: flag for flag in await FlagQueries(written.database).find(FlagFilter())}
    assert set(flags) == {"R2", "C1", "C2"}
    assert {flag.state for flag in flags.values()} == {FlagState.RAISED}
    assert {flag.agent for flag in flags.values()} == {"1001"}
    shirking = flags["C2"].facts
    assert shirking["recording"] == "r1"
    assert shirking["hits"][0]["phrase"] == "不关我的事"
    assert 10 <= shirking["hits"][0]["second"] < 13
    assert shirking["word_list"].startswith("zh-CN-hunan 2026")
    assert flags["R2"].facts["missing"] == ["company", "name"]
    (findings,) = await written.room.courtesy.of_call(CallId(CALL))
    results = {(finding["clause"], finding["part"]): finding["result"] for finding in findings.findings}
    assert results["C3", "apology"] == "not_assessable"
