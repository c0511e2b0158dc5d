"""Routes of the block list."""

from __future__ import annotations

from datetime import datetime

from callcenter.clock import Clock
from callcenter.routing.blocks.model import Block
from callcenter.routing.blocks.service import BlockService
from callcenter.routing.blocks.shapes import BlockBody, BlockQuery, BlockShape, LiftBody
from callcenter.web.routes import LEADERS, Ask, Page, Routes, decode_cursor, encode_cursor


def routes(blocks: BlockService, clock: Clock) -> Routes:
    routes = Routes("blocks")

    async def shaped(*listed: Block) -> list[BlockShape]:
        hits = await blocks.hits(listed)
        return [BlockShape.of(block, hits[block.id], clock()) for block in listed]

    @routes.get("/blocks", roles=LEADERS)
    async def list_blocks(ask: Ask, query: BlockQuery) -> Page[BlockShape]:
        """List blocked numbers, the newest first, with how often each block turned a caller away."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        rows = await blocks.blocks(query.limit + 1, after, query.number, active=query.active)
        page = rows[: query.limit]
        last = page[-1] if len(rows) > query.limit else None
        return Page(items=await shaped(*page), next=encode_cursor(last.added_at, last.id) if last else None)

    @routes.post("/blocks", roles=LEADERS, status=201)
    async def add_block(ask: Ask, body: BlockBody) -> BlockShape:
        """Block a number for the whole centre or one line; its callers hear so and are released."""
        return (await shaped(await blocks.add(body.block(), ask.require())))[0]

    @routes.get("/blocks/{id}", roles=LEADERS)
    async def read_block(ask: Ask, id: str) -> BlockShape:
        """Read a block, also one that ended or was lifted."""
        return (await shaped(await blocks.block(id)))[0]

    @routes.post("/blocks/{id}/lift", roles=LEADERS)
    async def lift_block(ask: Ask, id: str, body: LiftBody) -> BlockShape:
        """End a block now; it stays on the list as lifted."""
        return (await shaped(await blocks.lift(id, body.reason, ask.require())))[0]

    return routes
