"""Transcribes one recording: channel by channel, each stored when done, then one timeline. Idempotent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Never

import structlog

from callcenter.calls.model import CallRecord
from callcenter.calls.service import CallService, UnknownCall
from callcenter.clock import Clock
from callcenter.errors import IllegalTransition, NotFound, Unavailable
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from recordings.transcripts.engine import EngineFailed, EngineMissing
from recordings.transcripts.engine_choice import choice_of, hot_words_of, standing
from recordings.transcripts.errors import UnknownTranscript
from recordings.transcripts.model import TranscriptEvent, merge, segment_of, turns_of
from recordings.transcripts.ports import Audio, Recorded
from recordings.transcripts.rows import TranscriptRow
from recordings.transcripts.scribe import ScribeProcess
from recordings.transcripts.service import TRANSCRIBE, TranscriptService

LATER = timedelta(seconds=30)
LONGEST_WAIT = timedelta(days=1)
LONGEST_REASON = 500
log = structlog.get_logger(__name__)

Owner = Callable[[], Awaitable[Callable[[str], str | None]]]
"""Returns the owner of each phone; called again for each transcript."""
Names = Callable[[], Awaitable[Sequence[str]]]
"""Names to recognise correctly: the company's, the agents'."""


class Transcribing:
    """Processes `transcribe` jobs under its own leases, in worker processes; `run` continues until cancelled."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        service: TranscriptService,
        calls: CallService,
        audio: Audio,
        owner: Owner,
        names: Names,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._service = service
        self._calls = calls
        self._audio = audio
        self._owner = owner
        self._names = names
        chosen = settings.transcripts
        self._jobs = Jobs(database, clock, lease=timedelta(minutes=chosen.lease_minutes))
        self._scribes: asyncio.Queue[ScribeProcess] = asyncio.Queue()
        self._all = [ScribeProcess(chosen.niceness, chosen.idle_seconds) for _ in range(chosen.at_once)]
        for scribe in self._all:
            self._scribes.put_nowait(scribe)

    @property
    def pids(self) -> list[int]:
        """The ids of the live worker processes."""
        return [scribe.pid for scribe in self._all if scribe.pid is not None]

    async def run(self) -> Never:
        """Process the queue, `at_once` jobs at a time; waiting jobs stay in the database."""
        engines = standing(self._settings, self._settings.transcripts.language)
        word = f"off: {engines.reason}" if engines.reason else f"{engines.engine}, {engines.model}"
        log.info("transcripts", standing=word)
        try:
            await self._jobs.work("transcripts", {TRANSCRIBE: self.work}, at_once=self._settings.transcripts.at_once)
        finally:
            for scribe in self._all:
                await scribe.close()

    async def close(self) -> None:
        for scribe in self._all:
            await scribe.close()

    async def work(self, payload: Mapping[str, Any]) -> None:
        """Process one job. A permanent failure is stored as the result and does not fail the job."""
        try:
            row = await self._service.reading.get(payload["transcript"])
        except UnknownTranscript:
            # Erased with its recording while it was queued.
            return
        if row.round != payload["round"] or (call := await self._ended(row)) is None:
            return
        if reason := standing(self._settings, row.language).reason:
            await self._settle(row, TranscriptEvent.MISS, reason)
            return
        try:
            row = await self._service.step(row.id, TranscriptEvent.START, tries=row.tries + 1)
        except IllegalTransition:
            return
        try:
            # A worker that died each time has used up its tries without an error that could be stored.
            if row.tries > self._settings.transcripts.tries:
                raise EngineFailed(row.reason or "the worker did not come back")
            await self._transcribe(row, call)
        except EngineMissing as error:
            await self._settle(row, TranscriptEvent.MISS, error.detail)
        except NotFound as error:
            await self._settle(row, TranscriptEvent.FAIL, error.detail)
        except (EngineFailed, Unavailable) as error:
            # An unavailable vault is retried like an unavailable engine.
            await self._failed(row, error)

    async def _failed(self, row: TranscriptRow, error: EngineFailed | Unavailable) -> None:
        if row.tries >= self._settings.transcripts.tries:
            await self._settle(row, TranscriptEvent.FAIL, error.detail)
            return
        await self._settle(row, TranscriptEvent.REST, error.detail)
        await self._later(row)

    async def _settle(self, row: TranscriptRow, event: TranscriptEvent, reason: str) -> None:
        log.warning("transcript_failed", transcript=row.id, how=event.value, reason=reason)
        ended = None if event is TranscriptEvent.REST else self._clock()
        await self._service.step(row.id, event, reason=reason[:LONGEST_REASON], finished_at=ended)

    async def _later(self, row: TranscriptRow) -> None:
        payload = {"transcript": row.id, "round": row.round}
        pause = LATER * 2 ** min(row.tries, 6)
        async with self._database.write() as session:
            await self._jobs.put(session, TRANSCRIBE, payload, run_at=self._clock() + pause)

    async def _ended(self, row: TranscriptRow) -> CallRecord | None:
        """The call once it is over; speech recognition must not take a CPU core from a call in progress."""
        try:
            call = await self._calls.get(row.call)
        except UnknownCall:
            call = None
        if call is not None and call.ended_at is not None:
            return call
        if self._clock() - row.created_at > LONGEST_WAIT:
            await self._settle(row, TranscriptEvent.MISS, "the call's record never came to its end")
        else:
            await self._later(row)
        return None

    async def _transcribe(self, row: TranscriptRow, call: CallRecord) -> None:
        about = await self._audio.about(row.recording)
        done = await self._service.reading.channels_done(row.id)
        for channel in about.channels:
            if channel not in done:
                await self._channel(row, about, channel)
        done = await self._service.reading.channels_done(row.id)
        turns = turns_of(call, await self._owner())
        heard = {name: [segment_of(segment) for segment in part.segments] for name, part in done.items()}
        await self._service.finish(row.id, merge(heard, turns, about.started_at))

    async def _channel(self, row: TranscriptRow, about: Recorded, channel: str) -> None:
        sound = await self._audio.pcm(row.recording, channel)
        names = tuple(await self._names())
        words = hot_words_of(self._settings, lambda: names)
        choice = choice_of(self._settings, row.language)
        scribe = await self._scribes.get()
        try:
            heard = await scribe.transcribe(sound.pcm, sound.rate, choice, row.language, words)
        finally:
            self._scribes.put_nowait(scribe)
        await self._service.keep_channel(row.id, channel, heard, len(about.channels))
