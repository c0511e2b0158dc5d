"""Reads transcripts and the versions of their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from callcenter.facts import CallId, RecordingId
from callcenter.storage.database import Database
from recordings.transcripts.errors import UnknownTranscript
from recordings.transcripts.model import TranscriptState, Utterance, utterance_of
from recordings.transcripts.rows import TranscriptChannelRow, TranscriptRow, TranscriptVersionRow


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a transcript's text."""

    number: int
    utterances: tuple[Utterance, ...]
    sha256: str
    at: datetime
    by: str
    reason: str


class TranscriptQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, transcript: str) -> TranscriptRow:
        """Raises UnknownTranscript."""
        async with self._database.read() as session:
            row = await session.get(TranscriptRow, transcript)
        if row is None:
            raise UnknownTranscript(f"there is no transcript {transcript}", transcript=transcript)
        return row

    async def of_recording(self, recording: RecordingId) -> list[TranscriptRow]:
        async with self._database.read() as session:
            return list(await session.scalars(select(TranscriptRow).where(TranscriptRow.recording == recording)))

    async def of_call(self, call: CallId) -> list[TranscriptRow]:
        """A call's transcripts in the order in which they were queued."""
        query = select(TranscriptRow).where(TranscriptRow.call == call).order_by(TranscriptRow.created_at)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def versions(self, transcript: str) -> list[Version]:
        """List all versions, the engine's first."""
        query = select(TranscriptVersionRow).where(TranscriptVersionRow.transcript == transcript)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(TranscriptVersionRow.number))
            return [version_of(row) for row in rows]

    async def version(self, transcript: str, number: int) -> Version | None:
        async with self._database.read() as session:
            row = await session.get(TranscriptVersionRow, (transcript, number))
        return None if row is None else version_of(row)

    async def newest(self, transcripts: Sequence[str]) -> list[tuple[TranscriptRow, Version]]:
        """These transcripts with the version shown; those without one, or erased, are left out."""
        here = and_(
            TranscriptVersionRow.transcript == TranscriptRow.id, TranscriptVersionRow.number == TranscriptRow.current
        )
        query = select(TranscriptRow, TranscriptVersionRow).join(TranscriptVersionRow, here)
        async with self._database.read() as session:
            pairs = await session.execute(query.where(TranscriptRow.id.in_(transcripts)))
            return [(row, version_of(version)) for row, version in pairs]

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

    async def channels_done(self, transcript: str) -> dict[str, TranscriptChannelRow]:
        query = select(TranscriptChannelRow).where(TranscriptChannelRow.transcript == transcript)
        async with self._database.read() as session:
            return {row.channel: row for row in await session.scalars(query)}


def version_of(row: TranscriptVersionRow) -> Version:
    utterances = tuple(utterance_of(utterance) for utterance in row.utterances)
    return Version(row.number, utterances, row.sha256, row.at, row.by, row.reason)
