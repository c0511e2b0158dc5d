"""Full-text search, the same on SQLite (FTS5) and PostgreSQL (a GIN index over a tsvector).

A package puts a text in the transaction that stores it, and removes it in the one that erases it. Hits are ordered
newest first, by the place at which a text was first put, so paging stays consistent while others write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage import bulk
from callcenter.storage.base import Base
from callcenter.storage.tokenizer import Piece, Query, folded, pieces_of

WORDS: Final = "full_text_words"
"""What `create` adds beside the table of texts has this name or begins with it; migrations leave it alone."""
NEWEST: Final = (3_000, 30_000)
"""Texts that are scanned, in steps, before the index is used. A word that many texts have is found among them,
one that few have by the index; a common word through the index alone would fetch all its hits in order to sort them.
"""
ROUNDS: Final = 20
"""How often a page is refilled when pieces matched but not the words; after that it is short and has a next page."""
LONG: Final = 2_000
"""Characters from which a text is tokenised in a thread."""
LEAST_LOOK: Final = 200
LAST: Final = 2**62
Made = TypeVar("Made")
_LAST_PLAIN: Final = 0x9FCB
"""FTS5's tokenizer tables end with Unicode 6.1; later characters would be treated as punctuation."""

_CREATE = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {WORDS} USING fts5("
        "words, content='', detail='none', tokenize='unicode61 remove_diacritics 0')",
    ),
    "postgresql": (
        f"CREATE TABLE IF NOT EXISTS {WORDS}"
        " (id bigint PRIMARY KEY, kind varchar(12) NOT NULL, words tsvector NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS ix_{WORDS} ON {WORDS} USING gin (words)",
    ),
}
_PUT = {
    "sqlite": text(f"INSERT INTO {WORDS}(rowid, words) VALUES (:id, :words)"),
    "postgresql": text(
        f"INSERT INTO {WORDS}(id, kind, words) VALUES (:id, :kind, array_to_tsvector(:words))"
    ).bindparams(bindparam("words", type_=postgresql.ARRAY(Text()))),
}
_CHANGED = text("UPDATE full_text SET text = :body WHERE id = :place")
_DROP = {
    "sqlite": text(f"INSERT INTO {WORDS}({WORDS}, rowid, words) VALUES ('delete', :id, :words)"),
    "postgresql": text(f"DELETE FROM {WORDS} WHERE id = :id"),
}
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


class FullTextRow(Base):
    """`text` is folded; `id` increases, so it gives the order of age."""

    __tablename__ = "full_text"
    __table_args__ = (UniqueConstraint("kind", "ref"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    ref: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)


# Creating the tables from their metadata includes these, too.
event.listen(FullTextRow.__table__, "after_create", lambda _, connection, **__: create(connection))


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


def create(connection: Connection) -> None:
    """Create what SQLAlchemy cannot define; idempotent."""
    for statement in _CREATE[connection.dialect.name]:
        connection.exec_driver_sql(statement)


async def put(session: AsyncSession, kind: str, ref: str, body: str) -> None:
    """Index this text as `ref`, replacing any earlier text. In the caller's transaction."""
    plain = await _beside(folded, body.replace("\0", " "))
    row = await session.scalar(select(FullTextRow).where(FullTextRow.kind == kind, FullTextRow.ref == ref))
    if row is not None and row.text == plain:
        return
    if row is None:
        row = FullTextRow(kind=kind, ref=ref, text=plain)
        session.add(row)
        await session.flush()
    else:
        await _drop(session, row)
        row.text = plain
        await session.flush()
    await _index(session, row)


@dataclass(frozen=True, slots=True)
class Ready:
    """Texts prepared for indexing: by reference, folded, with their words; `before` has the places of old ones."""

    texts: Mapping[str, str]
    words: Mapping[str, list[str]]
    before: Mapping[str, tuple[int, str]]
    old_words: Mapping[str, list[str]]


def ready(bodies: Mapping[str, str], before: Mapping[str, tuple[int, str]] | None = None) -> Ready:
    """Tokenise many texts; a table of customers has thousands. Blocking, so call it in a thread."""
    texts = {ref: folded(body.replace("\0", " ")) for ref, body in bodies.items()}
    there = {ref: held for ref, held in (before or {}).items() if ref in texts}
    texts = {ref: body for ref, body in texts.items() if ref not in there or there[ref][1] != body}
    there = {ref: held for ref, held in there.items() if ref in texts}
    old = {ref: pieces_of(held[1]) for ref, held in there.items()}
    return Ready(texts, {ref: pieces_of(body) for ref, body in texts.items()}, there, old)


async def texts_of(session: AsyncSession, kind: str, refs: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The place and text of each of these that is indexed."""
    texts: dict[str, tuple[int, str]] = {}
    for at in range(0, len(refs), bulk.PART):
        query = select(FullTextRow.ref, FullTextRow.id, FullTextRow.text)
        query = query.where(FullTextRow.kind == kind, FullTextRow.ref.in_(refs[at : at + bulk.PART]))
        texts |= {row.ref: (row.id, row.text) for row in await session.execute(query)}
    return texts


async def put_ready(session: AsyncSession, kind: str, ready: Ready) -> None:
    """Index prepared texts in few statements; the old ones must be unchanged. In the caller's transaction."""
    fresh = [ref for ref in ready.texts if ref not in ready.before]
    places = {ref: place for ref, (place, _) in ready.before.items()}
    if session.get_bind().dialect.name == "sqlite":
        newest = await session.scalar(select(func.max(FullTextRow.id))) or 0
        places |= {ref: newest + at for at, ref in enumerate(fresh, 1)}
        await _put_sqlite(session, kind, ready, fresh, places)
    else:
        places |= await _put_rows(session, kind, {ref: ready.texts[ref] for ref in fresh})
        await _put_postgresql(session, kind, ready, places)


async def _put_sqlite(
    session: AsyncSession, kind: str, ready: Ready, fresh: Sequence[str], places: Mapping[str, int]
) -> None:
    dropped = [("delete", places[ref], _line(words)) for ref, words in ready.old_words.items()]
    changed = [(ready.texts[ref], place) for ref, (place, _) in ready.before.items()]
    await bulk.run_many(session, f"INSERT INTO {WORDS}({WORDS}, rowid, words) VALUES (?, ?, ?)", dropped)
    await bulk.run_many(session, "UPDATE full_text SET text = ? WHERE id = ?", changed)
    added = [(places[ref], kind, ref, ready.texts[ref]) for ref in fresh]
    await bulk.run_many(session, "INSERT INTO full_text (id, kind, ref, text) VALUES (?, ?, ?, ?)", added)
    words = [(places[ref], _line(words)) for ref, words in ready.words.items()]
    await bulk.run_many(session, f"INSERT INTO {WORDS}(rowid, words) VALUES (?, ?)", words)


async def _put_rows(session: AsyncSession, kind: str, texts: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    rows = [{"kind": kind, "ref": ref, "text": body} for ref, body in texts.items()]
    adding = insert(FullTextRow).returning(FullTextRow.id, sort_by_parameter_order=True)
    for at in range(0, len(rows), bulk.PART):
        part = rows[at : at + bulk.PART]
        ids = (await session.scalars(adding, part)).all()
        places |= {row["ref"]: id for row, id in zip(part, ids, strict=True)}
    return places


async def _put_postgresql(session: AsyncSession, kind: str, ready: Ready, places: Mapping[str, int]) -> None:
    changed = [{"place": place, "body": ready.texts[ref]} for ref, (place, _) in ready.before.items()]
    words = [{"id": places[ref], "kind": kind, "words": words} for ref, words in ready.words.items()]
    for at in range(0, len(changed), bulk.PART):
        part = changed[at : at + bulk.PART]
        await session.execute(_CHANGED, part)
        await session.execute(_DROP["postgresql"], [{"id": row["place"]} for row in part])
    for at in range(0, len(words), bulk.PART):
        await session.execute(_PUT["postgresql"], words[at : at + bulk.PART])


async def remove(session: AsyncSession, kind: str, refs: Iterable[str]) -> None:
    """Remove these from the index; missing ones are skipped. In the caller's transaction."""
    gone = select(FullTextRow).where(FullTextRow.kind == kind, FullTextRow.ref.in_(list(refs)))
    for row in (await session.scalars(gone)).all():
        await _drop(session, row)
        await session.execute(delete(FullTextRow).where(FullTextRow.id == row.id))


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


async def _index(session: AsyncSession, row: FullTextRow) -> None:
    name, pieces = session.get_bind().dialect.name, await _beside(pieces_of, row.text)
    if name == "sqlite":
        await session.execute(_PUT[name], {"id": row.id, "words": _line(pieces)})
    else:
        await session.execute(_PUT[name], {"id": row.id, "kind": row.kind, "words": pieces})


async def _drop(session: AsyncSession, row: FullTextRow) -> None:
    """FTS5 stores no texts here, so deleting needs the text that was indexed."""
    name = session.get_bind().dialect.name
    parameters: dict[str, int | str] = {"id": row.id}
    if name == "sqlite":
        parameters["words"] = _line(await _beside(pieces_of, row.text))
    await session.execute(_DROP[name], parameters)


async def _beside(work: Callable[[str], Made], body: str) -> Made:
    """A long text takes tenths of a second; calls must not wait for it."""
    return await asyncio.to_thread(work, body) if len(body) > LONG else work(body)


def _tsquery(piece: Piece) -> str:
    # A piece has only letters and digits, so nothing in it can end the quotation.
    return f"'{piece.text}'{':*' if piece.begins else ''}"


def _fts5(piece: Piece) -> str:
    return f'"{_spelled(piece.text)}"{" *" if piece.begins else ""}'


def _line(pieces: Iterable[str]) -> str:
    return " ".join(map(_spelled, pieces))


def _spelled(piece: str) -> str:
    """Letters for the characters that FTS5's tokenizer does not know; rare names contain them."""
    if piece.isascii():
        return piece
    return "".join(char if ord(char) <= _LAST_PLAIN else f"x{ord(char):06x}" for char in piece)
