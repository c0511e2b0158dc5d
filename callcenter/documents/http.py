"""Shared by the routes of every kind of versioned document: ETag, If-Match, and how a version is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import BaseModel

from callcenter.documents.model import Document
from callcenter.documents.service import Row, VersionedDocuments
from callcenter.web.routes import Ask, etag_of

Shown = TypeVar("Shown", bound=BaseModel)


class VersionEditor(Generic[Row, Document, Shown]):
    """`shown` is a version with its source, as the routes answer it; its ETag guards changes."""

    def __init__(self, documents: VersionedDocuments[Row, Document], shape_of: Callable[[Row], Shown]) -> None:
        self._documents = documents
        self._shown = shape_of

    async def read(self, ask: Ask, name: str, number: int) -> Shown:
        return self._tagged(ask, await self._documents.version(name, number))

    async def draft(self, ask: Ask, source: str) -> Shown:
        return self._shown(await self._documents.draft(source, ask.require()))

    async def change(self, ask: Ask, name: str, number: int, source: str) -> Shown:
        """Change a draft that is still as the editor has seen it."""
        rev = await self._seen(ask, name, number)
        return self._tagged(ask, await self._documents.change(name, number, source, ask.require(), rev))

    async def publish(self, ask: Ask, name: str, number: int) -> Shown:
        """Publish a draft that is still as the editor has seen it."""
        rev = await self._seen(ask, name, number)
        return self._shown(await self._documents.publish(name, number, ask.require(), rev))

    async def _seen(self, ask: Ask, name: str, number: int) -> int:
        row = await self._documents.version(name, number)
        ask.must_match(self._shown(row))
        return row.rev

    def _tagged(self, ask: Ask, row: Row) -> Shown:
        shape = self._shown(row)
        ask.headers["ETag"] = etag_of(shape)
        return shape
