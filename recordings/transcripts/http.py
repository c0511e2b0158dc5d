"""Transcripts over HTTP: leaders read, search and correct all of them; agents read those of their own calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.access import must_be_theirs
from callcenter.facts import CallId, RecordingId
from callcenter.web.audit import Audit
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Person, Routes, decode_cursor, encode_cursor
from recordings.courtesy.rows import CourtesyCheckRow
from recordings.courtesy.service import CourtesyService
from recordings.transcripts.engine_choice import Standing
from recordings.transcripts.errors import NotDone
from recordings.transcripts.model import CALLER, TranscriptState, Utterance, Word
from recordings.transcripts.queries import Version
from recordings.transcripts.rows import TranscriptRow
from recordings.transcripts.search import TranscriptSearch
from recordings.transcripts.service import MOST_UTTERANCES, TranscriptService

LONGEST_BODY = 8 * 1024 * 1024


class WordShape(BaseModel):
    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(ge=0, allow_inf_nan=False)
    text: str = Field(max_length=500)
    confidence: float = Field(ge=0, le=1)


class UtteranceShape(BaseModel):
    """Seconds from the recording's start; `agent` is null on the caller's side."""

    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(ge=0, allow_inf_nan=False)
    speaker: Literal["caller", "agent"]
    agent: str | None = Field(None, max_length=40)
    text: str = Field(max_length=4000)
    confidence: float | None = Field(None, ge=0, le=1)
    words: list[WordShape] = Field(default_factory=list, max_length=2000)

    def utterance(self) -> Utterance:
        words = tuple(Word(**word.model_dump()) for word in self.words)
        agent = None if self.speaker == CALLER else self.agent
        return Utterance(self.start, self.end, self.speaker, agent, self.text, self.confidence, words)


class TranscriptVersionShape(BaseModel):
    """`by` is "engine" for the first version, otherwise the login of the person who corrected it."""

    number: int
    utterances: list[UtteranceShape]
    sha256: str
    at: datetime
    by: str
    reason: str

    @classmethod
    def of(cls, version: Version) -> TranscriptVersionShape:
        return cls.model_validate(version, from_attributes=True)


class TranscriptShape(BaseModel):
    """A transcript's state: `channels_done` of `channels` while it runs; `current` is its newest version."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    recording: RecordingId
    call: CallId
    language: str
    state: TranscriptState
    reason: str
    tries: int
    channels_done: int
    channels: int
    engine: str
    model: str
    seconds: float
    current: int
    created_at: datetime
    finished_at: datetime | None


class TranscriptText(BaseModel):
    transcript: TranscriptShape
    version: TranscriptVersionShape | None


class CallTranscript(BaseModel):
    """All transcribed parts of a call, in order."""

    call: CallId
    parts: list[TranscriptText]


class Correction(BaseModel):
    """`seen` is the version that was edited; an outdated one is refused."""

    seen: int = Field(ge=1)
    utterances: list[UtteranceShape] = Field(max_length=MOST_UTTERANCES)
    reason: str = Field("", max_length=2000)


class TranscriptHitShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    transcript: str
    call: CallId
    recording: RecordingId
    second: float
    speaker: str
    agent: str | None
    snippet: str


class SearchQuery(PageQuery):
    q: str = Field(min_length=1, max_length=200)


class StandingShape(BaseModel):
    """`reason` is null when transcripts can be made in this language."""

    model_config = ConfigDict(from_attributes=True)

    engine: str
    model: str
    language: str
    reason: str | None


class TranscriptStatusShape(BaseModel):
    engines: list[StandingShape]
    counts: dict[str, int]


class CourtesyShape(BaseModel):
    """Findings by clause; a violation is also a flag, which a supervisor confirms or annuls."""

    model_config = ConfigDict(from_attributes=True)

    transcript: str
    call: CallId
    version: int
    word_list: str
    findings: list[dict[str, Any]]
    checked_at: datetime

    @classmethod
    def of(cls, row: CourtesyCheckRow) -> CourtesyShape:
        return cls.model_validate(row, from_attributes=True)


AgentsOf = Callable[[CallId], Awaitable[frozenset[str]]]
"""The agents who spoke in a call."""


def routes(
    service: TranscriptService,
    search: TranscriptSearch,
    courtesy: CourtesyService,
    standings: Callable[[], list[Standing]],
    agents_of: AgentsOf,
    audit: Audit,
) -> Routes:
    routes = Routes("transcripts")

    async def check_theirs(person: Person, call: CallId) -> None:
        if not person.may(LEADERS):
            must_be_theirs(person, await agents_of(call), call)

    async def with_text(row: TranscriptRow) -> TranscriptText:
        version = await service.reading.version(row.id, row.current)
        return TranscriptText(
            transcript=TranscriptShape.model_validate(row),
            version=TranscriptVersionShape.of(version) if version else None,
        )

    @routes.get("/calls/{id}/transcript", roles=ANYONE)
    async def read_call_transcript(ask: Ask, id: CallId) -> CallTranscript:
        """Read a call's transcript with speakers and times; each access is recorded in the audit."""
        person = ask.require()
        await check_theirs(person, id)
        parts = [await with_text(row) for row in await service.reading.of_call(id)]
        if parts:
            await audit.record(person, "transcript.read", id, ask.address)
        return CallTranscript(call=id, parts=parts)

    @routes.get("/calls/{id}/courtesy", roles=ANYONE)
    async def read_courtesy(ask: Ask, id: CallId) -> Page[CourtesyShape]:
        """Read the courtesy checks of a call (C1-C3, R2): evidence for a person, never a verdict."""
        await check_theirs(ask.require(), id)
        return Page(items=[CourtesyShape.of(row) for row in await courtesy.of_call(id)])

    @routes.get("/recordings/{id}/transcripts", roles=LEADERS)
    async def list_recording_transcripts(ask: Ask, id: RecordingId) -> Page[TranscriptShape]:
        """Read the state of a recording's transcripts."""
        return Page(items=[TranscriptShape.model_validate(row) for row in await service.reading.of_recording(id)])

    @routes.get("/transcripts/status", roles=LEADERS)
    async def read_transcripts_status(ask: Ask) -> TranscriptStatusShape:
        """Read which engine works in which language, or why none does, and how many transcripts are in which state."""
        engines = [StandingShape.model_validate(standing) for standing in standings()]
        return TranscriptStatusShape(engines=engines, counts=await service.reading.counts())

    @routes.get("/transcripts/search", roles=LEADERS)
    async def search_transcripts(ask: Ask, query: SearchQuery) -> Page[TranscriptHitShape]:
        """Search for calls in which the words are spoken, each with its second."""
        after = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
        hits, following = await search.find(query.q, query.limit, after)
        await audit.record(ask.require(), "transcript.search", query.q, ask.address, {"found": len(hits)})
        items = [TranscriptHitShape.model_validate(hit) for hit in hits]
        return Page(items=items, next=encode_cursor(following) if following else None)

    @routes.get("/transcripts/{id}/versions", roles=LEADERS)
    async def list_transcript_versions(ask: Ask, id: str) -> Page[TranscriptVersionShape]:
        """List all versions, the engine's first."""
        row = await service.reading.get(id)
        await audit.record(ask.require(), "transcript.read", row.call, ask.address)
        return Page(items=[TranscriptVersionShape.of(version) for version in await service.reading.versions(row.id)])

    @routes.get("/transcripts/{id}", roles=LEADERS)
    async def read_transcript(ask: Ask, id: str) -> TranscriptVersionShape:
        """Read the newest version, with an ETag for correcting it."""
        row = await service.reading.get(id)
        await audit.record(ask.require(), "transcript.read", row.call, ask.address)
        version = await service.reading.version(row.id, row.current)
        if version is None:
            raise NotDone("there is no text yet", state=row.state)
        return TranscriptVersionShape.of(version)

    @routes.put("/transcripts/{id}", roles=LEADERS, max_body=LONGEST_BODY)
    async def correct_transcript(ask: Ask, id: str, body: Correction) -> TranscriptVersionShape:
        """Correct the text; the engine's version and all earlier corrections are kept."""
        row = await service.reading.get(id)
        version = await service.reading.version(row.id, row.current)
        if version is not None:
            ask.must_match(TranscriptVersionShape.of(version))
        utterances = [utterance.utterance() for utterance in body.utterances]
        return TranscriptVersionShape.of(await service.correct(id, utterances, body.seen, ask.require(), body.reason))

    @routes.post("/transcripts/{id}/retry", roles=LEADERS)
    async def retry_transcript(ask: Ask, id: str) -> TranscriptShape:
        """Queue a transcript again that failed or had no engine."""
        return TranscriptShape.model_validate(await service.retry(id, ask.require()))

    return routes
