"""Finds transcripts by their words, and the second at which they are spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.facts import CallId, RecordingId
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.tokenizer import Query, around, folded, place_in, query_of
from recordings.transcripts.model import Utterance
from recordings.transcripts.service import KIND, TranscriptService


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a call: `second` counts from the recording's start."""

    transcript: str
    call: CallId
    recording: RecordingId
    second: float
    speaker: str
    agent: str | None
    snippet: str
    at: datetime
    """When the transcript was queued; a recording is kept soon after its call."""


class TranscriptSearch:
    """Resolves full-text hits to the second in the recording."""

    def __init__(self, database: Database, service: TranscriptService) -> None:
        self._database = database
        self._service = service

    async def find(self, words: str, limit: int, before: int | None = None) -> tuple[list[Found], int | None]:
        """Places where the words are spoken, one per transcript, newest first; and the position of the next page."""
        query = query_of(words)
        async with self._database.read() as session:
            hits = await fulltext.find(session, query, (KIND,), limit, before)
        places = await self.places([hit.ref for hit in hits.items], query)
        return [places[hit.ref] for hit in hits.items if hit.ref in places], hits.next

    async def places(self, transcripts: Sequence[str], query: Query) -> dict[str, Found]:
        """The first place in each of these transcripts; one erased in the meantime has none."""
        hits = {}
        for row, version in await self._service.reading.newest(transcripts):
            place = first_place(version.utterances, query)
            if place is not None:
                utterance, at = place
                snippet = around(utterance.text, query)
                hits[row.id] = Found(
                    row.id,
                    row.call,
                    row.recording,
                    second_of(utterance, at),
                    utterance.speaker,
                    utterance.agent,
                    snippet,
                    row.created_at,
                )
        return hits


def first_place(utterances: Sequence[Utterance], query: Query) -> tuple[Utterance, int] | None:
    """The first utterance with all words of the query, else with any of them; and the position in its text."""
    texts = [folded(utterance.text) for utterance in utterances]
    for enough in (all, any):
        for utterance, text in zip(utterances, texts, strict=True):
            if enough(word in text for word in query.words):
                return utterance, place_in(utterance.text, query) or 0
    return (utterances[0], 0) if utterances else None


def second_of(utterance: Utterance, at: int) -> float:
    """When the character at position `at` is spoken: by the word's own time, else by its share of the utterance."""
    place = 0
    for word in utterance.words:
        place = utterance.text.find(word.text, place)
        if place < 0:
            break
        place += len(word.text)
        if place > at:
            return round(word.start, 2)
    return round(utterance.start + (utterance.end - utterance.start) * at / max(1, len(utterance.text)), 2)
