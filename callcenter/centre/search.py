"""Searches all full text at once: the cases, and for leaders the transcripts of calls.

Each package renders its own hits; this module only orders them, newest first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, Field

from callcenter.complaints.finding.queries import CaseSearch
from callcenter.facts import CallId, CaseNumber, RecordingId
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.tokenizer import Query, around, query_of
from callcenter.web.audit import Audit
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Person, Routes, decode_cursor, encode_cursor
from recordings.transcripts.search import TranscriptSearch


class Found(StrEnum):
    """What full-text search finds."""

    CASE = "case"
    TRANSCRIPT = "transcript"


class HitShape(BaseModel):
    """`second` is the position in the recording; a case has none."""

    kind: Found
    ref: str
    title: str
    snippet: str
    at: datetime
    case: CaseNumber | None = None
    call: CallId | None = None
    recording: RecordingId | None = None
    second: float | None = None
    speaker: str | None = None


class WordsQuery(PageQuery):
    q: str = Field(min_length=1, max_length=200)
    kind: Found | None = Field(None, strict=False)


Show = Callable[[Sequence[str], Query], Awaitable[Mapping[str, HitShape]]]
"""How hits are shown, by what they refer to; hits that were deleted meanwhile are left out."""
SPOKEN: Final = frozenset({Found.TRANSCRIPT})
"""Speech in calls; leaders may search it, and each search is audited."""


def routes(database: Database, cases: CaseSearch, transcripts: TranscriptSearch, audit: Audit) -> Routes:
    routes = Routes("search")
    shows: dict[Found, Show] = {Found.CASE: _cases(cases), Found.TRANSCRIPT: _transcripts(transcripts)}

    @routes.get("/search", roles=ANYONE)
    async def search(ask: Ask, query: WordsQuery) -> Page[HitShape]:
        """Search for all the words in cases and, for leaders, in transcripts with their second; newest first."""
        person, words = ask.require(), query_of(query.q)
        kinds = _kinds(person, query.kind)
        before = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
        async with database.read() as session:
            hits = await fulltext.find(session, words, kinds, query.limit, before)
        by_ref: dict[tuple[str, str], HitShape] = {}
        for kind in kinds:
            shapes = await shows[kind]([hit.ref for hit in hits.items if hit.kind == kind], words)
            by_ref |= {(kind.value, ref): entry for ref, entry in shapes.items()}
        items = [by_ref[hit.kind, hit.ref] for hit in hits.items if (hit.kind, hit.ref) in by_ref]
        if SPOKEN & kinds:
            await audit.record(person, "transcript.search", query.q, ask.address, {"found": len(items)})
        return Page(items=items, next=None if hits.next is None else encode_cursor(hits.next))

    return routes


def _kinds(person: Person, found: Found | None) -> frozenset[Found]:
    open_to = frozenset(Found) if person.may(LEADERS) else frozenset(Found) - SPOKEN
    return open_to if found is None else open_to & {found}


def _cases(cases: CaseSearch) -> Show:
    async def show(numbers: Sequence[str], words: Query) -> Mapping[str, HitShape]:
        hits: dict[str, HitShape] = {}
        texts = await cases.with_texts(numbers)
        # Folding many long texts takes time, and calls must not wait for it.
        snippets = await asyncio.to_thread(lambda: [around(text, words) for _, text in texts])
        for (case, _), snippet in zip(texts, snippets, strict=True):
            title = " ".join((case.facts.customer_name or case.facts.contact_person or case.facts.kind).split())
            hits[case.number] = HitShape(
                kind=Found.CASE,
                ref=case.number,
                case=case.number,
                title=title,
                snippet=snippet,
                at=case.opened_at,
            )
        return hits

    return show


def _transcripts(transcripts: TranscriptSearch) -> Show:
    async def show(ids: Sequence[str], words: Query) -> Mapping[str, HitShape]:
        return {
            id: HitShape(
                kind=Found.TRANSCRIPT,
                ref=id,
                title=place.agent or "",
                snippet=place.snippet,
                at=place.at,
                call=place.call,
                recording=place.recording,
                second=place.second,
                speaker=place.speaker,
            )
            for id, place in (await transcripts.places(ids, words)).items()
        }

    return show
