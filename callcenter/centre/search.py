"""Searches everything that has a page of its own: people and things first, then texts of cases and transcripts.

Each kind is searched by the room that holds it, with the rights of the person; this module only joins the hits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from pydantic import Field

from callcenter.centre.search_kinds import Direct, Found, HitShape
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.fulltext.queries import LAST
from callcenter.storage.tokenizer import Query, around, query_of
from callcenter.web.audit import Audit
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Person, Routes, decode_cursor, encode_cursor
from recordings.transcripts.search import TranscriptSearch


class WordsQuery(PageQuery):
    q: str = Field(min_length=1, max_length=200)
    kind: Found | None = Field(None, strict=False)


Show = Callable[[Sequence[str], Query], Awaitable[Mapping[str, HitShape]]]
"""How hits are shown, by what they refer to; hits that were deleted meanwhile are left out."""
INDEXED: Final = frozenset({Found.CASE, Found.TRANSCRIPT})
"""The kinds that are found by their texts, newest first, page by page."""
SPOKEN: Final = frozenset({Found.TRANSCRIPT})
"""Speech in calls; leaders may search it, and each search is audited."""
FIRST_FEW: Final = 5
"""Of each other kind, when no kind is asked for."""


def routes(
    database: Database,
    cases: CaseSearch,
    transcripts: TranscriptSearch,
    audit: Audit,
    direct: Mapping[Found, Direct] | None = None,
) -> Routes:
    """`direct` searches the kinds without a common index."""
    routes = Routes("search")
    shows: dict[Found, Show] = {Found.CASE: _cases(cases), Found.TRANSCRIPT: _transcripts(transcripts)}
    others = direct or {}

    async def indexed(ask: Ask, query: WordsQuery, limit: int) -> Page[HitShape]:
        person, words = ask.require(), query_of(query.q)
        kinds = _indexed(person, query.kind)
        before = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
        async with database.read() as session:
            hits = await fulltext.find(session, words, kinds, limit, before)
        by_ref: dict[tuple[str, str], HitShape] = {}
        for kind in kinds:
            shapes = await shows[kind]([hit.ref for hit in hits.items if hit.kind == kind], words)
            by_ref |= {(kind.value, ref): entry for ref, entry in shapes.items()}
        items = [by_ref[hit.kind, hit.ref] for hit in hits.items if (hit.kind, hit.ref) in by_ref]
        if SPOKEN & kinds:
            await audit.record(person, "transcript.search", query.q, ask.address, {"found": len(items)})
        return Page(items=items, next=None if hits.next is None else encode_cursor(hits.next))

    async def first(ask: Ask, query: WordsQuery) -> list[HitShape]:
        """The first few of the other kinds, each by its own rights."""
        few = min(FIRST_FEW, query.limit)
        pages = await asyncio.gather(*(search(ask, query.q, few, None, asked=False) for search in others.values()))
        return [hit for page in pages for hit in page.items][: query.limit]

    @routes.get("/search", roles=ANYONE)
    async def search(ask: Ask, query: WordsQuery) -> Page[HitShape]:
        """Search for all the words, as far as you may open what is found.

        Without `kind` the first page begins with a few customers, agents, announcements, scripts and calls; then come
        cases and, for leaders, transcripts with their second, newest first. Names are also found by pinyin (`zs`).
        """
        if query.kind is not None and query.kind in others:
            return await others[query.kind](ask, query.q, query.limit, query.cursor, asked=True)
        hits = await first(ask, query) if query.kind is None and query.cursor is None else []
        if len(hits) == query.limit:
            return Page(items=hits, next=encode_cursor(LAST))
        page = await indexed(ask, query, query.limit - len(hits))
        return Page(items=[*hits, *page.items], next=page.next)

    return routes


def _indexed(person: Person, kind: Found | None) -> frozenset[Found]:
    open_to = INDEXED if person.may(LEADERS) else INDEXED - SPOKEN
    return open_to if kind is None else open_to & {kind}


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
