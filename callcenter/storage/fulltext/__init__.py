"""Full-text search, the same on SQLite (FTS5) and PostgreSQL (a GIN index over a tsvector).

A package puts a text in the transaction that stores it, and removes it in the one that erases it. Hits are ordered
newest first, by the place at which a text was first put, so paging stays consistent while others write.
"""

from __future__ import annotations

from callcenter.storage.fulltext.queries import Hit, Hits, find
from callcenter.storage.fulltext.rows import WORDS, create
from callcenter.storage.fulltext.store import Ready, put, put_ready, ready, remove, texts_of

__all__ = ["WORDS", "Hit", "Hits", "Ready", "create", "find", "put", "put_ready", "ready", "remove", "texts_of"]
