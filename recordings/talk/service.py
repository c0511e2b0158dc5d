"""Computes talk figures of kept recordings: once each, off the event loop, with or without a speech engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import CallRecord
from callcenter.calls.service import UnknownCall
from callcenter.errors import NotFound
from callcenter.facts import CallId, RecordingId
from callcenter.settings.recordings import TalkSettings
from callcenter.storage.database import Database
from callcenter.storage.upsert import insert_ignore
from recordings.talk.model import Limits, Span, TalkState, plain, talk_from, talk_of
from recordings.talk.rows import TalkRow
from recordings.transcripts.model import CHANNELS
from recordings.transcripts.ports import Audio, Recorded, Sound
from recordings.transcripts.speech import voiced

BRIDGE: Final = 0.3
"""Seconds of silence within a sentence; after a longer one the other party may speak without interrupting."""
MOST_SUMMED: Final = 5_000
CallOf = Callable[[CallId], Awaitable[CallRecord]]


@dataclass(frozen=True, slots=True)
class Summary:
    """Medians over an agent's or a line's recordings; shares of 1, times in seconds."""

    talks: int
    agent_share: float | None = None
    dead_air_seconds: float | None = None
    talk_over_seconds: float | None = None
    first_word: float | None = None


class TalkService:
    def __init__(self, database: Database, settings: TalkSettings, audio: Audio, call_of: CallOf) -> None:
        self._database = database
        self._settings = settings
        self._audio = audio
        self._call_of = call_of

    async def recording_kept(self, payload: Mapping[str, Any]) -> None:
        """The job `recording_kept`: analyse it unless done; an unavailable vault makes the job retry."""
        recording = RecordingId(payload["recording"])
        async with self._database.read() as session:
            if await session.get(TalkRow, recording) is not None:
                return
        try:
            about = await self._audio.about(recording)
        except NotFound:
            # Erased in the meantime.
            return
        try:
            call = await self._call_of(about.call)
        except UnknownCall:
            call = None
        limits = Limits(self._settings.dead_air_seconds, self._settings.talk_over_seconds)
        if set(about.channels) != set(CHANNELS):
            await self._keep(about, call, limits, {}, "this recording has one voice only")
            return
        try:
            # One channel after the other: an hour of audio is too much to hold twice.
            caller, agent = [
                await asyncio.to_thread(_spans, await self._audio.pcm(recording, channel)) for channel in CHANNELS
            ]
        except NotFound as error:
            await self._keep(about, call, limits, {}, error.detail)
            return
        talk = talk_of(caller, agent, about.seconds, _holds(call, about), limits)
        await self._keep(about, call, limits, plain(talk), "")

    async def of_call(self, call: CallId) -> list[TalkRow]:
        """The figures of a call's recordings, in order."""
        query = select(TalkRow).where(TalkRow.call == call).order_by(TalkRow.at)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def summary(
        self, since: datetime, until: datetime, *, agent: str | None = None, line: str | None = None
    ) -> Summary:
        """Medians over the newest recordings in a period, of an agent or a line."""
        query = select(TalkRow.figures).where(
            TalkRow.state == TalkState.DONE.value, TalkRow.at >= since, TalkRow.at < until
        )
        if agent is not None:
            query = query.where(TalkRow.agent == agent)
        if line is not None:
            query = query.where(TalkRow.line == line)
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(TalkRow.at.desc()).limit(MOST_SUMMED))).all()
        talks = await asyncio.to_thread(lambda: [talk_from(row) for row in rows])
        names = ("agent_share", "dead_air_seconds", "talk_over_seconds", "first_word")
        values = {name: [value for talk in talks if (value := getattr(talk, name)) is not None] for name in names}
        return Summary(len(talks), **{name: round(median(sample), 3) for name, sample in values.items() if sample})

    async def erased(self, session: AsyncSession, recordings: Sequence[str]) -> None:
        """Runs within the transaction that erases recordings."""
        await session.execute(delete(TalkRow).where(TalkRow.recording.in_(recordings)))

    async def _keep(
        self, about: Recorded, call: CallRecord | None, limits: Limits, figures: Mapping[str, Any], reason: str
    ) -> None:
        values = {
            "recording": about.recording,
            "call": about.call,
            "agent": call.agent if call else None,
            "line": call.line if call else None,
            "state": (TalkState.UNKNOWN if reason else TalkState.DONE).value,
            "reason": reason[:200],
            "figures": dict(figures),
            "dead_air_limit": limits.dead_air,
            "talk_over_limit": limits.talk_over,
            "at": about.started_at,
        }
        async with self._database.write() as session:
            await session.execute(insert_ignore(session, TalkRow).values(**values))


def _spans(sound: Sound) -> list[Span]:
    return voiced(sound.pcm, sound.rate, BRIDGE)


def _holds(call: CallRecord | None, about: Recorded) -> list[Span]:
    """When the caller was on hold, in seconds of the recording; a hold without an end lasts to the recording's end."""
    spans: list[Span] = []
    for hold in call.holds if call is not None else ():
        start = (hold.started_at - about.started_at).total_seconds()
        end = about.seconds if hold.ended_at is None else (hold.ended_at - about.started_at).total_seconds()
        if end > 0 and start < about.seconds:
            spans.append((max(0.0, start), min(about.seconds, end)))
    return spans
