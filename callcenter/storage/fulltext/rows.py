"""Defines the table of indexed texts, and the index beside it that SQLAlchemy cannot define."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Connection, Integer, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base

WORDS: Final = "full_text_words"
"""What `create` adds beside the table of texts has this name or begins with it; migrations leave it alone."""
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


def create(connection: Connection) -> None:
    """Create what SQLAlchemy cannot define; idempotent."""
    for statement in _CREATE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
