"""Block list use cases: block a number, lift a block, list them, and look a caller up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import uuid4

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.blocked import Hits, hits_of
from callcenter.clock import Clock
from callcenter.customers.numbers import spellings
from callcenter.customers.service import CustomerService
from callcenter.routing.blocks.errors import BadBlock, BlockExists, BlockLifted, UnknownBlock
from callcenter.routing.blocks.model import LONGEST_REASON, Block, check_block, check_number
from callcenter.routing.blocks.rows import BlockRow
from callcenter.routing.service import LineService
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.ports import Notify, notify_nobody
from callcenter.web.roles import Person

Always = Callable[[], Awaitable[Collection[str]]]
"""Numbers that always get through, as files store them."""
NAMES = tuple(entry.name for entry in fields(Block))


class BlockService:
    """`changed` is called after each commit; it must not block. `always` are emergency numbers of the settings.

    `country_code` and `outside_prefix` give the spellings of a number, in which carriers and records have it.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        customers: CustomerService,
        lines: LineService,
        changed: Notify = notify_nobody,
        always: Collection[str] = (),
        country_code: str = "86",
        outside_prefix: str = "",
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._customers = customers
        self._lines = lines
        self._changed = changed
        self._always = always
        self._country = country_code
        self._outside_prefix = outside_prefix

    async def add(self, block: Block, by: Person) -> Block:
        """Block a number. Raises BadNumber, NotBlockable, BadBlock, UnknownLine, and BlockExists while one holds."""
        at = self._clock()
        block = check_block(block, at)
        number = check_number(self._customers.entry(block.number), await self._own_numbers())
        async with self._database.write() as session:
            if block.line:
                await self._lines.hold(session, block.line)
            held = select(BlockRow).where(BlockRow.number == number, BlockRow.line == block.line)
            for row in await session.scalars(held.with_for_update()):
                if _block(row).holds_at(at):
                    raise BlockExists("this number is blocked already", block=row.id)
            row = BlockRow(
                id=uuid4().hex,
                number=number,
                line=block.line,
                reason=block.reason,
                ends_at=block.ends_at,
                no_end_reason=block.no_end_reason,
                added_at=at,
                added_by=by.login,
                lift_reason="",
            )
            session.add(row)
            await self._note(session, by, "block.added", row)
            return _block(row)

    async def lift(self, id: str, reason: str, by: Person) -> Block:
        """End a block now. Raises UnknownBlock, BadBlock without a reason, and BlockLifted for one that was lifted."""
        if not reason.strip() or len(reason) > LONGEST_REASON:
            raise BadBlock(f"a reason has 1 to {LONGEST_REASON} characters", fault="reason", longest=LONGEST_REASON)
        async with self._database.write() as session:
            row = await session.get(BlockRow, id, with_for_update=True)
            if row is None:
                raise UnknownBlock("no such block", block=id[:40])
            if row.lifted_at is not None:
                raise BlockLifted("this block was lifted before", by=row.lifted_by or "")
            row.lifted_at, row.lifted_by, row.lift_reason = self._clock(), by.login, reason.strip()
            await self._note(session, by, "block.lifted", row)
            return _block(row)

    async def block(self, id: str) -> Block:
        """One block; raises UnknownBlock."""
        async with self._database.read() as session:
            row = await session.get(BlockRow, id)
            if row is None:
                raise UnknownBlock("no such block", block=id[:40])
            return _block(row)

    async def blocks(
        self, limit: int = 50, after: tuple[datetime, str] | None = None, number: str = "", *, active: bool = False
    ) -> list[Block]:
        """Blocks, the newest first, those after a place; `active` leaves out those that no longer hold."""
        query = select(BlockRow)
        if number:
            query = query.where(BlockRow.number == (self._customers.key_of(number) or number))
        if active:
            query = query.where(
                BlockRow.lifted_at.is_(None), or_(BlockRow.ends_at.is_(None), BlockRow.ends_at > self._clock())
            )
        if after is not None:
            at, id = after
            query = query.where(or_(BlockRow.added_at < at, and_(BlockRow.added_at == at, BlockRow.id < id)))
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(BlockRow.added_at.desc(), BlockRow.id.desc()).limit(limit))
            return [_block(row) for row in rows]

    async def hits(self, blocks: Sequence[Block]) -> dict[str, Hits]:
        """How often each block turned a caller away, by its id, as far as call records are kept."""
        async with self._database.read() as session:
            return {
                block.id: await hits_of(session, self.spellings(block), block.line, block.added_at, block.lifted_at)
                for block in blocks
            }

    async def holding(self) -> list[Block]:
        """All blocks that hold now: few, so routing keeps them in memory."""
        return await self.blocks(limit=100_000, active=True)

    async def blocks_caller(self, number: str, line: str) -> bool:
        """Whether a caller with this number, as the trunk sent it, is blocked on this line now."""
        key, at = self._customers.key_of(number), self._clock()
        if not key:
            return False
        async with self._database.read() as session:
            rows = await session.scalars(select(BlockRow).where(BlockRow.number == key))
            return any(_block(row).holds_for(line, at) for row in rows)

    def spellings(self, block: Block) -> list[str]:
        """The ways in which carriers send the number."""
        return spellings(block.number, self._country, self._outside_prefix)

    async def _own_numbers(self) -> set[str]:
        dids = [did for line in await self._lines.lines() for did in line.dids]
        return {self._customers.key_of(number) for number in (*self._always, *dids)} - {""}

    async def _note(self, session: AsyncSession, by: Person, action: str, row: BlockRow) -> None:
        await session.flush()
        # The number is in the row: the audit is kept longer than the number may be.
        facts = {"line": row.line or None, "reason": row.lift_reason or row.reason}
        await self._audit.append(session, by, action, f"block/{row.id}", facts=facts)
        after_commit(session, self._changed)


def _block(row: BlockRow) -> Block:
    return Block(**{name: getattr(row, name) for name in NAMES})
