"""Stores transcripts: queued when a recording is kept, corrected by people, searched by their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import uuid4

from sqlalchemy import and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.storage import fulltext
from callcenter.storage.database import Database, after_commit
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from callcenter.web.roles import Person
from recordings import deltas
from recordings.transcripts.cleaning import clean_text
from recordings.transcripts.model import (
    TRANSITIONS,
    Transcript,
    TranscriptEvent,
    TranscriptState,
    Utterance,
    after,
    digest,
    plain,
    utterance_of,
)
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


class UnknownTranscript(NotFound):
    code = "transcript_not_found"


class TranscriptChanged(Conflict):
    """Another user has corrected it since this one read it."""

    code = "transcript_changed"


class NotDone(Conflict):
    code = "transcript_not_done"


class BadCorrection(Invalid):
    code = "bad_correction"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a transcript's text."""

    number: int
    utterances: tuple[Utterance, ...]
    sha256: str
    at: datetime
    by: str
    reason: str


class TranscriptService:
    """Manages transcript rows; `work.Transcribing` does the transcription itself."""

    def __init__(self, database: Database, clock: Clock, jobs: Jobs, audit: Audit, publish: Publish) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._audit = audit
        self._publish = publish

    async def ask(self, recording: str, call: str, language: str, seconds: float) -> TranscriptRow:
        """Queue a recording's transcript; idempotent."""
        async with self._database.write() as session:
            row = await self._of(session, recording)
            if row is None:
                row = self._new(recording, call, language, seconds, TranscriptState.QUEUED)
                session.add(row)
                await session.flush()
                await self._queue(session, row)
        return row

    async def begin(self, recording: str, call: str, language: str, seconds: float) -> TranscriptRow:
        """Begin a transcript whose text is known, so that no engine takes it up; `keep_channel` and `finish` follow.

        The recording may be kept later. Idempotent.
        """
        async with self._database.write() as session:
            row = await self._of(session, recording)
            if row is None:
                row = self._new(recording, call, language, seconds, TranscriptState.RUNNING)
                session.add(row)
        return row

    async def _of(self, session: AsyncSession, recording: str) -> TranscriptRow | None:
        row: TranscriptRow | None = await session.scalar(
            select(TranscriptRow).where(TranscriptRow.recording == recording)
        )
        return row

    def _new(self, recording: str, call: str, language: str, seconds: float, state: TranscriptState) -> TranscriptRow:
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

    async def channels_done(self, transcript: str) -> dict[str, TranscriptChannelRow]:
        query = select(TranscriptChannelRow).where(TranscriptChannelRow.transcript == transcript)
        async with self._database.read() as session:
            return {row.channel: row for row in await session.scalars(query)}

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
        kept = [utterance for utterance in utterances if clean_text(utterance.text)]
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
            for utterance in sorted(kept, key=lambda element: (element.start, element.end))
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
        return _version(version)

    async def get(self, transcript: str) -> TranscriptRow:
        """Raises UnknownTranscript."""
        async with self._database.read() as session:
            row = await session.get(TranscriptRow, transcript)
        if row is None:
            raise UnknownTranscript(f"there is no transcript {transcript}", transcript=transcript)
        return row

    async def of_recording(self, recording: str) -> list[TranscriptRow]:
        async with self._database.read() as session:
            return list(await session.scalars(select(TranscriptRow).where(TranscriptRow.recording == recording)))

    async def of_call(self, call: str) -> list[TranscriptRow]:
        """A call's transcripts in the order in which they were queued."""
        query = select(TranscriptRow).where(TranscriptRow.call == call).order_by(TranscriptRow.created_at)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def versions(self, transcript: str) -> list[Version]:
        """List all versions, the engine's first."""
        query = select(TranscriptVersionRow).where(TranscriptVersionRow.transcript == transcript)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(TranscriptVersionRow.number))
            return [_version(row) for row in rows]

    async def version(self, transcript: str, number: int) -> Version | None:
        async with self._database.read() as session:
            row = await session.get(TranscriptVersionRow, (transcript, number))
        return None if row is None else _version(row)

    async def newest(self, transcripts: Sequence[str]) -> list[tuple[TranscriptRow, Version]]:
        """These transcripts with the version shown; those without one, or erased, are left out."""
        here = and_(
            TranscriptVersionRow.transcript == TranscriptRow.id, TranscriptVersionRow.number == TranscriptRow.current
        )
        query = select(TranscriptRow, TranscriptVersionRow).join(TranscriptVersionRow, here)
        async with self._database.read() as session:
            execute = await session.execute(query.where(TranscriptRow.id.in_(transcripts)))
            return [(row, _version(version)) for row, version in execute]

    async def recent(self, limit: int, state: TranscriptState | None = None) -> list[TranscriptRow]:
        """The newest transcripts."""
        query = select(TranscriptRow).order_by(TranscriptRow.created_at.desc(), TranscriptRow.id).limit(limit)
        if state is not None:
            query = query.where(TranscriptRow.state == state.value)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def counts(self) -> dict[str, int]:
        """How many are in each state; every state is present."""
        query = select(TranscriptRow.state, func.count()).group_by(TranscriptRow.state)
        async with self._database.read() as session:
            rows = [(row[0], row[1]) for row in await session.execute(query)]
        return {state.value: 0 for state in TranscriptState} | dict(rows)

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


def _version(row: TranscriptVersionRow) -> Version:
    utterances = tuple(utterance_of(utterance) for utterance in row.utterances)
    return Version(row.number, utterances, row.sha256, row.at, row.by, row.reason)
