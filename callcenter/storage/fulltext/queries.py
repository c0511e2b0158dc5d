"""Finds texts by their words, newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, bindparam, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage.fulltext.rows import WORDS, FullTextRow
from callcenter.storage.fulltext.words import spelled
from callcenter.storage.tokenizer import Piece, Query

NEWEST: Final = (3_000, 30_000)
"""Texts that are scanned, in steps, before the index is used. A word that many texts have is found among them,
one that few have by the index; a common word through the index alone would fetch all its hits in order to sort them.
"""
ROUNDS: Final = 20
"""How often a page is refilled when pieces matched but not the words; after that it is short and has a next page."""
LEAST_LOOK: Final = 200
LAST: Final = 2**62

_MATCHING = text(
    f"SELECT {WORDS}.rowid FROM {WORDS} JOIN full_text ON full_text.id = {WORDS}.rowid"
    f" WHERE {WORDS} MATCH :query AND {WORDS}.rowid < :before AND kind IN :kinds"
    f" ORDER BY {WORDS}.rowid DESC LIMIT :most"
).bindparams(bindparam("kinds", expanding=True))
_AMONG_NEWEST = text(
    f"SELECT id FROM (SELECT id, kind, words FROM {WORDS} WHERE id < :before ORDER BY id DESC LIMIT :newest) AS newest"
    " WHERE kind = ANY(:kinds) AND words @@ CAST(:query AS tsquery) ORDER BY id DESC LIMIT :most"
).bindparams(bindparam("kinds", type_=postgresql.ARRAY(Text())))
_BY_INDEX = text(
    f"WITH found AS MATERIALIZED (SELECT id FROM {WORDS} WHERE words @@ CAST(:query AS tsquery)"
    " AND kind = ANY(:kinds) AND id < :before) SELECT id FROM found ORDER BY id DESC LIMIT :most"
).bindparams(bindparam("kinds", type_=postgresql.ARRAY(Text())))


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that has every word of the query; `place` is its position among all texts."""

    place: int
    kind: str
    ref: str
    text: str


@dataclass(frozen=True, slots=True)
class Hits:
    """`next` is the place after which to continue; None at the end."""

    items: tuple[Hit, ...]
    next: int | None


async def find(
    session: AsyncSession, query: Query, kinds: Collection[str], limit: int, before: int | None = None
) -> Hits:
    """Texts of these kinds that have every word of the query, after the place `before`, newest first."""
    if not query.pieces or not kinds:
        return Hits((), None)
    place, hits = LAST if before is None else before, list[Hit]()
    for _ in range(ROUNDS):
        places, all_ = await _candidates(session, query, kinds, place, limit + 1 - len(hits))
        for hit in await _hits(session, places):
            if query.matches(hit.text):
                hits.append(hit)
            if len(hits) > limit:
                return Hits(tuple(hits[:limit]), hits[limit - 1].place)
        if all_:
            return Hits(tuple(hits), None)
        place = places[-1]
    return Hits(tuple(hits), place)


async def _candidates(
    session: AsyncSession, query: Query, kinds: Collection[str], before: int, limit: int
) -> tuple[Sequence[int], bool]:
    """Places of texts that have every piece of the query, newest first; and whether these are all."""
    most = max(LEAST_LOOK, 2 * limit)
    asked = {"before": before, "kinds": sorted(kinds), "most": most}
    if session.get_bind().dialect.name == "sqlite":
        match = " AND ".join(_fts5(piece) for piece in query.pieces)
        places = (await session.scalars(_MATCHING, {**asked, "query": match})).all()
        return places, len(places) < most
    match = " & ".join(_tsquery(piece) for piece in query.pieces)
    for newest in NEWEST:
        places = (await session.scalars(_AMONG_NEWEST, {**asked, "query": match, "newest": newest})).all()
        if len(places) >= limit:
            return places, False
    places = (await session.scalars(_BY_INDEX, {**asked, "query": match})).all()
    return places, len(places) < most


async def _hits(session: AsyncSession, places: Sequence[int]) -> list[Hit]:
    query = select(FullTextRow).where(FullTextRow.id.in_(places)).order_by(FullTextRow.id.desc())
    return [Hit(row.id, row.kind, row.ref, row.text) for row in await session.scalars(query)]


def _tsquery(piece: Piece) -> str:
    # A piece has only letters and digits, so nothing in it can end the quotation.
    return f"'{piece.text}'{':*' if piece.begins else ''}"


def _fts5(piece: Piece) -> str:
    return f'"{spelled(piece.text)}"{" *" if piece.begins else ""}'
