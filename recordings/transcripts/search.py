"""Finding transcripts by their words, and the second at which they are said."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage.database import Database
from recordings.transcripts.model import Utterance
from recordings.transcripts.rows import TranscriptRow, TranscriptVersionRow
from recordings.transcripts.service import KIND, TranscriptService

AROUND = 30
"""Characters of text on each side of a hit."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a call: `second` counts from the recording's start."""

    transcript: str
    call: str
    recording: str
    second: float
    speaker: str
    agent: str | None
    snippet: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A transcript that has the words; the shape of the full-text index's own hits."""

    ref: str


@dataclass(frozen=True, slots=True)
class Refs:
    items: Sequence[Any]
    next: str | None


class Finder(Protocol):
    """The full-text index, as far as the search reads it; its page has `items` with a `ref` each, and `next`."""

    async def find(self, query: str, kinds: Collection[str], limit: int, after: str | None) -> Any: ...


class PlainIndex:
    """Looks through the newest versions themselves; for a centre whose full-text index is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, session: AsyncSession, kind: str, ref: str, title: str, body: str) -> None:
        """Nothing to do: the versions are the index."""

    async def remove(self, session: AsyncSession, kind: str, ref: str) -> None:
        """Nothing to do."""

    async def find(self, query: str, kinds: Collection[str], limit: int, after: str | None) -> Refs:
        """Transcripts whose text has every word of the query, by id."""
        newest = and_(
            TranscriptVersionRow.transcript == TranscriptRow.id, TranscriptVersionRow.number == TranscriptRow.current
        )
        words = [TranscriptVersionRow.text.icontains(word, autoescape=True) for word in query.split()]
        wanted = select(TranscriptRow.id).join(TranscriptVersionRow, newest).where(*words)
        if after is not None:
            wanted = wanted.where(TranscriptRow.id > after)
        async with self._database.read() as session:
            found = list(await session.scalars(wanted.order_by(TranscriptRow.id).limit(limit + 1)))
        shown = found[:limit]
        return Refs([Ref(one) for one in shown], shown[-1] if len(found) > limit else None)


class TranscriptSearch:
    """Hits of the index, each led to its second."""

    def __init__(self, service: TranscriptService, index: Finder) -> None:
        self._service = service
        self._index = index

    async def find(self, query: str, limit: int, after: str | None = None) -> tuple[list[Found], str | None]:
        """Places where the words are said, one a transcript; and the cursor of the next page."""
        page = await self._index.find(query, (KIND,), limit, after)
        found = []
        for hit in page.items:
            row = await self._service.get(hit.ref)
            version = await self._service.version(row.id, row.current)
            place = first_place(version.utterances, query) if version else None
            if place is not None:
                one, at = place
                snippet = _around(one.text, at, query)
                found.append(
                    Found(row.id, row.call, row.recording, second_of(one, at), one.speaker, one.agent, snippet)
                )
        return found, page.next


def first_place(utterances: Sequence[Utterance], query: str) -> tuple[Utterance, int] | None:
    """The first utterance with the whole query, else with its first word that is said; and where in its text."""
    wanted = [_folded(query.strip()), *(_folded(word) for word in query.split())]
    for words in wanted:
        for one in utterances:
            at = _folded(one.text).find(words)
            if words and at >= 0:
                return one, at
    return (utterances[0], 0) if utterances else None


def second_of(one: Utterance, at: int) -> float:
    """When the character at place `at` is said: by the word's own time, else by its share of the utterance."""
    place = 0
    for word in one.words:
        place = one.text.find(word.text, place)
        if place < 0:
            break
        place += len(word.text)
        if place > at:
            return round(word.start, 2)
    return round(one.start + (one.end - one.start) * at / max(1, len(one.text)), 2)


def _folded(text: str) -> str:
    """Lower case, character by character, so that places stay what they are."""
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in unicodedata.normalize("NFC", text))


def _around(text: str, at: int, query: str) -> str:
    start, end = max(0, at - AROUND), min(len(text), at + len(query) + AROUND)
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
