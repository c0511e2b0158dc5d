"""Stores transcripts: queued when a recording is kept, corrected by people, searched by their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeAlias
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.facts import CallId, RecordingId
from callcenter.storage import fulltext
from callcenter.storage.database import Database, after_commit
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from callcenter.web.roles import Person
from recordings import deltas
from recordings.transcripts.cleaning import clean_text
from recordings.transcripts.errors import BadCorrection, NotDone, TranscriptChanged, UnknownTranscript
from recordings.transcripts.model import (
    TRANSITIONS,
    Transcript,
    TranscriptEvent,
    TranscriptState,
    Utterance,
    after,
    digest,
    plain,
)
from recordings.transcripts.queries import TranscriptQueries, Version, version_of
from recordings.transcripts.rows import TranscriptChannelRow, TranscriptRow, TranscriptVersionRow

TRANSCRIBE = "transcribe"
TRANSCRIPT_READY = "transcript_ready"
COURTESY_DUE = "courtesy_due"
KIND = "transcript"
MOST_UTTERANCES = 20_000
ENGINE = "engine"
"""The author of version 1."""
TranscriptRecord: TypeAlias = TranscriptRow
"""The view that the use cases return; read-only for other packages."""


class TranscriptService:
    """Manages transcript rows; `work.Transcribing` does the transcription itself."""

    def __init__(self, database: Database, clock: Clock, jobs: Jobs, audit: Audit, publish: Publish) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._audit = audit
        self._publish = publish
        self.reading = TranscriptQueries(database)

    async def ask(self, recording: RecordingId, call: CallId, language: str, seconds: float) -> TranscriptRow:
        """Queue a recording's transcript; idempotent."""
        async with self._database.write() as session:
            row = await self._of(session, recording)
            if row is None:
                row = self._new(recording, call, language, seconds, TranscriptState.QUEUED)
                session.add(row)
                await session.flush()
                await self._queue(session, row)
        return row

    async def begin(self, recording: RecordingId, call: CallId, language: str, seconds: float) -> TranscriptRow:
        """Begin a transcript whose text is known, so that no engine takes it up; `keep_channel` and `finish` follow.

        The recording may be kept later. Idempotent.
        """
        async with self._database.write() as session:
            row = await self._of(session, recording)
            if row is None:
                row = self._new(recording, call, language, seconds, TranscriptState.RUNNING)
                session.add(row)
        return row

    async def _of(self, session: AsyncSession, recording: RecordingId) -> TranscriptRow | None:
        row: TranscriptRow | None = await session.scalar(
            select(TranscriptRow).where(TranscriptRow.recording == recording)
        )
        return row

    def _new(
        self, recording: RecordingId, call: CallId, language: str, seconds: float, state: TranscriptState
    ) -> TranscriptRow:
        return TranscriptRow(
            id=uuid4().hex,
            recording=recording,
            call=call,
            language=language,
            seconds=seconds,
            state=state.value,
            created_at=self._clock(),
            finished_at=None,
            reason="",
        )

    async def retry(self, transcript: str, person: Person | None) -> TranscriptRow:
        """Queue a failed or unavailable one again. Raises UnknownTranscript, IllegalTransition."""
        async with self._database.write() as session:
            row = await self._locked(session, transcript)
            row.state = after(TranscriptState(row.state), TranscriptEvent.RETRY).value
            row.tries, row.reason, row.finished_at, row.round = 0, "", None, row.round + 1
            await self._audit.append(session, person, "transcript.retry", transcript)
            await self._queue(session, row)
        return row

    async def retry_all(self, person: Person | None) -> int:
        """Queue again all that failed or found no engine; returns how many."""
        states = [state.value for state, steps in TRANSITIONS.items() if TranscriptEvent.RETRY in steps]
        async with self._database.read() as session:
            rows = list(await session.scalars(select(TranscriptRow.id).where(TranscriptRow.state.in_(states))))
        for row in rows:
            await self.retry(row, person)
        return len(rows)

    async def _queue(self, session: AsyncSession, row: TranscriptRow) -> None:
        payload = {"transcript": row.id, "round": row.round}
        await self._jobs.put(session, TRANSCRIBE, payload, once=f"{TRANSCRIBE}:{row.id}:{row.round}")
        self.publish(session, row)

    def publish(self, session: AsyncSession, row: TranscriptRow) -> None:
        """Publish a transcript's state once the caller's transaction has committed."""
        delta = deltas.recording(
            id=row.recording,
            call=row.call,
            transcript={
                "id": row.id,
                "state": row.state,
                "channels_done": row.channels_done,
                "channels": row.channels,
                "reason": row.reason,
            },
        )
        after_commit(session, lambda: self._publish(deltas.RECORDING, delta, frozenset()))

    async def step(
        self,
        transcript: str,
        event: TranscriptEvent,
        *,
        tries: int | None = None,
        reason: str | None = None,
        finished_at: datetime | None = None,
    ) -> TranscriptRow:
        """Apply a transition of the state table, compare-and-set; what is None stays as it is.

        Raises UnknownTranscript, IllegalTransition.
        """
        async with self._database.write() as session:
            row = await self._locked(session, transcript)
            row.state = after(TranscriptState(row.state), event).value
            if tries is not None:
                row.tries = tries
            if reason is not None:
                row.reason = reason
            if finished_at is not None:
                row.finished_at = finished_at
            self.publish(session, row)
        return row

    async def keep_channel(self, transcript: str, channel: str, heard: Transcript, channels: int) -> None:
        """Store the result of one channel; idempotent."""
        async with self._database.write() as session:
            row = await self._locked(session, transcript)
            if await session.get(TranscriptChannelRow, (transcript, channel)) is not None:
                return
            session.add(
                TranscriptChannelRow(
                    transcript=transcript,
                    channel=channel,
                    segments=[asdict(segment) for segment in heard.segments],
                    engine=heard.engine,
                    model=heard.model,
                    done_at=self._clock(),
                )
            )
            row.channels_done, row.channels = row.channels_done + 1, channels
            row.engine, row.model = heard.engine, heard.model
            self.publish(session, row)

    async def finish(self, transcript: str, utterances: Sequence[Utterance]) -> None:
        """Write version 1 and notify the other packages, in one transaction; a finished one is left unchanged."""
        async with self._database.write() as session:
            row = await self._locked(session, transcript)
            if row.state == TranscriptState.DONE:
                return
            row.state = after(TranscriptState(row.state), TranscriptEvent.FINISH).value
            row.finished_at, row.reason = self._clock(), ""
            await self._add_version(session, row, utterances, ENGINE, "")
            self.publish(session, row)

    async def correct(
        self, transcript: str, utterances: Sequence[Utterance], seen: int, person: Person, reason: str
    ) -> Version:
        """Add a person's version on top of the one they saw; every earlier one stays.

        Raises UnknownTranscript, NotDone, TranscriptChanged, BadCorrection.
        """
        if len(utterances) > MOST_UTTERANCES or any(utterance.end < utterance.start for utterance in utterances):
            raise BadCorrection("an utterance ends before it starts, or there are too many")
        spoken = [utterance for utterance in utterances if clean_text(utterance.text)]
        cleaned = [
            Utterance(
                utterance.start,
                utterance.end,
                utterance.speaker,
                utterance.agent,
                clean_text(utterance.text),
                utterance.confidence,
                utterance.words,
            )
            for utterance in sorted(spoken, key=lambda element: (element.start, element.end))
        ]
        async with self._database.write() as session:
            row = await self._locked(session, transcript)
            if row.state != TranscriptState.DONE:
                raise NotDone("there is nothing to correct yet", state=row.state)
            if row.current != seen:
                raise TranscriptChanged("it was corrected since you read it", current=row.current)
            version = await self._add_version(session, row, cleaned, person.login, reason)
            await self._audit.append(session, person, "transcript.correct", transcript, facts={"version": row.current})
            self.publish(session, row)
        return version

    async def _add_version(
        self, session: AsyncSession, row: TranscriptRow, utterances: Sequence[Utterance], by: str, reason: str
    ) -> Version:
        row.current += 1
        version = TranscriptVersionRow(
            transcript=row.id,
            number=row.current,
            utterances=[asdict(utterance) for utterance in utterances],
            text=plain(utterances),
            sha256=digest(utterances),
            at=self._clock(),
            by=by,
            reason=reason,
        )
        session.add(version)
        await fulltext.put(session, KIND, row.id, version.text)
        payload = {"transcript": row.id, "call": row.call, "sha256": version.sha256, "language": row.language}
        await self._jobs.put(session, TRANSCRIPT_READY, payload, once=f"{TRANSCRIPT_READY}:{row.id}:{row.current}")
        await self._jobs.put(session, COURTESY_DUE, {"transcript": row.id, "version": row.current})
        return version_of(version)

    async def erase(self, session: AsyncSession, recordings: Sequence[str]) -> int:
        """Erase transcripts, versions and index entries of recordings, in the caller's transaction."""
        rows = list(await session.scalars(select(TranscriptRow.id).where(TranscriptRow.recording.in_(recordings))))
        await fulltext.remove(session, KIND, rows)
        await session.execute(delete(TranscriptRow).where(TranscriptRow.id.in_(rows)))
        return len(rows)

    async def _locked(self, session: AsyncSession, transcript: str) -> TranscriptRow:
        row = await session.get(TranscriptRow, transcript, with_for_update=True)
        if row is None:
            raise UnknownTranscript(f"there is no transcript {transcript}", transcript=transcript)
        return row
