"""Exports over HTTP: one route for each list, with that list's filter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from aiohttp import web

from callcenter.exports.files import csv_of, write_list
from callcenter.exports.model import ExportList, ExportQuery, FileFormat
from callcenter.sheets import CSV_TYPE, XLSX_TYPE
from callcenter.web.audit import Audit
from callcenter.web.routes import Ask, Routes
from callcenter.web.streaming import send

PIECE: Final = 256 * 1024
AT_ONCE: Final = 2
"""Exports under way at a time; further ones wait their turn."""


def routes(lists: Iterable[ExportList], audit: Audit, zone: tzinfo) -> Routes:
    routes, places = Routes("exports"), asyncio.Semaphore(AT_ONCE)
    for one in lists:
        routes.get(f"/exports/{one.name}", roles=one.roles)(_handler(one, audit, zone, places))
    return routes


def _handler(
    one: ExportList, audit: Audit, zone: tzinfo, places: asyncio.Semaphore
) -> Callable[..., Awaitable[web.StreamResponse]]:
    async def export(ask: Ask, query: ExportQuery) -> web.StreamResponse:
        wanted = query.model_dump(mode="json", exclude_none=True)
        await audit.record(ask.require(), "list.exported", f"list/{one.name}", ask.address, wanted)
        async with places:
            if query.format is FileFormat.CSV:
                return await _csv(ask, one, query, zone)
            return await _xlsx(ask, one, query, zone)

    # The list's own filter is what OpenAPI shows and what requests are checked by.
    kinds: dict[str, Any] = {"ask": Ask, "query": one.query, "return": web.StreamResponse}
    export.__annotations__ = kinds
    export.__name__ = f"export_{one.name}"
    export.__doc__ = f"The list `{one.name}` as CSV or XLSX, as the filter shows it."
    return export


def _response(ask: Ask, one: ExportList, kind: FileFormat) -> web.StreamResponse:
    name = f'attachment; filename="{one.name}.{kind}"'
    media = CSV_TYPE if kind is FileFormat.CSV else XLSX_TYPE
    return web.StreamResponse(
        headers={"Content-Type": media, "Content-Disposition": name, "Cache-Control": "no-store", **ask.headers}
    )


async def _csv(ask: Ask, one: ExportList, query: ExportQuery, zone: tzinfo) -> web.StreamResponse:
    return await send(ask.request, _response(ask, one, FileFormat.CSV), csv_of(one, query, zone))


async def _xlsx(ask: Ask, one: ExportList, query: ExportQuery, zone: tzinfo) -> web.StreamResponse:
    with TemporaryDirectory(prefix="cc-export") as directory:
        path = Path(directory, f"{one.name}.xlsx")
        await write_list(one, query, zone, path)
        return await send(ask.request, _response(ask, one, FileFormat.XLSX), _pieces(path))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
