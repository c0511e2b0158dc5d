"""Builds transcripts on a fresh database, with stored recordings and an engine on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from callcenter.calls.model import CallRecord
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.store import Change, save
from callcenter.facts import RecordingId
from callcenter.flags.service import FlagService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from recordings.transcripts.room import Parts, TranscriptRoom
from recordings.transcripts.rows import TranscriptRow
from tests.recordings.transcripts.sounds import CALL, Shelf, answered_call
from tests.support.rooms import Rooms

RULES = RingRules(3, cadence_of("cn"))


@dataclass
class Written:
    """The transcripts package and its output: jobs for other packages and the live feed."""

    rooms: Rooms
    database: Database
    jobs: Jobs
    flags: FlagService
    calls: CallService
    shelf: Shelf
    room: TranscriptRoom
    published: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    async def keep(self, recording: str, seconds: float = 10, **channels: bytes) -> None:
        """Keep a recording and notify the transcripts package."""
        self.shelf.recordings[recording] = dict(channels)
        await self.room.recording_kept({"recording": recording, "call": CALL, "sha256": "x", "seconds": seconds})

    async def work_once(self, *kinds: str) -> int:
        """Process every job that is due now; returns how many."""
        works = {**self.room.works, "transcribe": self.room.transcribing.work}
        done = 0
        while job := await self.jobs.claim("test", frozenset(kinds or works)):
            await self.jobs.do(job, works[job.kind])
            done += 1
        return done

    async def row(self, recording: str) -> TranscriptRow:
        (row,) = await self.room.service.reading.of_recording(RecordingId(recording))
        return row

    async def put(self, call: CallRecord) -> None:
        async with self.database.write() as session:
            await save(session, [Change(None, call, RULES, "2026-11", "files", final=call.outcome is not None)])


@asynccontextmanager
async def open_room(database: Database, settings: Settings, call: CallRecord | None = None) -> AsyncIterator[Written]:
    rooms = Rooms(database)
    jobs = Jobs(database, rooms.clock)
    calls = CallService(database, "pbx1", RuleBook(RULES))
    flags = FlagService(database, RuleBook(RULES), rooms.clock)
    shelf = Shelf()
    published: list[tuple[str, Mapping[str, Any]]] = []
    parts = Parts(
        settings,
        database,
        rooms.clock,
        jobs,
        rooms.audit,
        rooms.agents,
        rooms.lines,
        calls,
        flags,
        lambda kind, data, agents=None: published.append((kind, data)),
        shelf,
    )
    room = TranscriptRoom(parts)
    written = Written(rooms, database, jobs, flags, calls, shelf, room, published)
    await rooms.furnish("1001", "1002")
    await written.put(call or answered_call())
    try:
        yield written
    finally:
        await room.transcribing.close()
