"""Line and queue use cases: add, change, remove, look up."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers.numbers import BadNumber, read_number
from callcenter.routing.errors import (
    DidTaken,
    InUse,
    LineExists,
    OverflowLoop,
    QueueExists,
    UnknownLine,
    UnknownQueue,
)
from callcenter.routing.model import TO_LINE, Line, Queue, check_line, check_queue, overflow_loop, tidied
from callcenter.routing.rows import LineRow, QueueRow
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.ports import Notify, notify_nobody
from callcenter.web.roles import Person

CheckLine = Callable[[Line], None]
CheckQueue = Callable[[Queue], None]
"""Called with the stored state before a change; raises when a concurrent change came first."""


class QueueService:
    """`changed` is called after each commit; it must not block."""

    def __init__(self, database: Database, audit: Audit, changed: Notify = notify_nobody) -> None:
        self._database = database
        self._audit = audit
        self._changed = changed

    async def queues(self) -> list[Queue]:
        """All queues by code; there are tens at most."""
        async with self._database.read() as session:
            return [_queue(row) for row in await session.scalars(select(QueueRow).order_by(QueueRow.code))]

    async def queue(self, code: str) -> Queue:
        """One queue; raises UnknownQueue."""
        async with self._database.read() as session:
            return _queue(await _queue_row(session, code))

    async def add(self, queue: Queue, by: Person | None) -> Queue:
        """Add a queue; raises QueueExists or the errors of model.py."""
        async with self._database.write() as session:
            return await self.insert(session, queue, by)

    async def change(self, queue: Queue, by: Person | None, check: CheckQueue | None = None) -> Queue:
        """Replace a queue; raises UnknownQueue."""
        async with self._database.write() as session:
            return await self.update(session, queue, by, check)

    async def remove(self, code: str, by: Person | None, check: CheckQueue | None = None) -> None:
        """Remove a queue; raises UnknownQueue, or InUse while a line leads to it."""
        async with self._database.write() as session:
            row = await _queue_row(session, code, hold=True)
            if check is not None:
                check(_queue(row))
            if await session.scalar(select(LineRow.code).where(LineRow.queue == code).limit(1)):
                raise InUse("a line leads to this queue", queue=code)
            await session.delete(row)
            await self._note(session, by, "queue.removed", code)

    async def insert(self, session: AsyncSession, queue: Queue, by: Person | None) -> Queue:
        """Do what `add` does inside the caller's transaction."""
        check_queue(queue)
        if await session.get(QueueRow, queue.code) is not None:
            raise QueueExists("a queue has this code", queue=queue.code)
        session.add(_write_queue(QueueRow(code=queue.code), queue))
        await self._note(session, by, "queue.added", queue.code)
        return queue

    async def update(
        self, session: AsyncSession, queue: Queue, by: Person | None, check: CheckQueue | None = None
    ) -> Queue:
        """Do what `change` does inside the caller's transaction."""
        check_queue(queue)
        row = await _queue_row(session, queue.code, hold=True)
        if check is not None:
            check(_queue(row))
        if _queue(row) != queue:
            _write_queue(row, queue)
            await self._note(session, by, "queue.changed", queue.code)
        return queue

    async def _note(self, session: AsyncSession, by: Person | None, action: str, code: str) -> None:
        await session.flush()
        await self._audit.append(session, by, action, f"queue/{code}")
        after_commit(session, self._changed)


class LineService:
    """`changed` is called after each commit; it must not block.

    `region` is the centre's setting for parsing numbers.
    """

    def __init__(self, database: Database, audit: Audit, changed: Notify = notify_nobody, region: str = "CN") -> None:
        self._database = database
        self._audit = audit
        self._changed = changed
        self._region = region

    async def lines(self) -> list[Line]:
        """All lines by code; there are tens at most."""
        async with self._database.read() as session:
            return [_line(row) for row in await session.scalars(select(LineRow).order_by(LineRow.code))]

    async def shown(self, code: str, language: str) -> str:
        """Return the line's name in a language; the code for a line that no longer exists or has no name."""
        try:
            names = (await self.line(code)).names
        except UnknownLine:
            return code
        return names.get(language) or next(iter(names.values()), code)

    async def line(self, code: str) -> Line:
        """One line; raises UnknownLine."""
        async with self._database.read() as session:
            return _line(await _line_row(session, code))

    async def hold(self, session: AsyncSession, code: str) -> None:
        """Lock the line against removal until the transaction ends; raises UnknownLine."""
        await _line_row(session, code, hold=True)

    async def add(self, line: Line, by: Person | None) -> Line:
        """Add a line; raises LineExists, UnknownQueue, DidTaken or the errors of model.py."""
        async with self._database.write() as session:
            return await self.insert(session, line, by)

    async def change(self, line: Line, by: Person | None, check: CheckLine | None = None) -> Line:
        """Replace a line; raises UnknownLine, UnknownQueue, DidTaken."""
        async with self._database.write() as session:
            return await self.update(session, line, by, check)

    async def remove(self, code: str, by: Person | None, check: CheckLine | None = None) -> None:
        """Remove a line; raises UnknownLine, or InUse while the roster has shifts on it."""
        async with self._database.write() as session:
            row = await _line_row(session, code, hold=True)
            if check is not None:
                check(_line(row))
            leads = select(LineRow.code).where(LineRow.overflow_to == f"{TO_LINE}{code}").limit(1)
            if (other := await session.scalar(leads)) is not None:
                raise InUse("another line's callers overflow to this line", line=code, overflows=other)
            await session.delete(row)
            try:
                await session.flush()
            except IntegrityError as error:
                raise InUse("the roster has shifts on this line", line=code) from error
            await self._note(session, by, "line.removed", code)

    async def insert(self, session: AsyncSession, line: Line, by: Person | None) -> Line:
        """Do what `add` does inside the caller's transaction."""
        line = check_line(tidied(line))
        if await session.get(LineRow, line.code) is not None:
            raise LineExists("a line has this code", line=line.code)
        await self._check_others(session, line)
        session.add(_write_line(LineRow(code=line.code), line))
        await self._note(session, by, "line.added", line.code)
        return line

    async def update(
        self, session: AsyncSession, line: Line, by: Person | None, check: CheckLine | None = None
    ) -> Line:
        """Do what `change` does inside the caller's transaction."""
        line = check_line(tidied(line))
        row = await _line_row(session, line.code, hold=True)
        if check is not None:
            check(_line(row))
        if _line(row) != line:
            await self._check_others(session, line)
            _write_line(row, line)
            await self._note(session, by, "line.changed", line.code)
        return line

    async def _check_others(self, session: AsyncSession, line: Line) -> None:
        await _queue_row(session, line.queue, hold=True)
        mine = {self._key(did): did for did in line.dids}
        others = select(LineRow).where(LineRow.code != line.code).with_for_update()
        lines = {line.code: line}
        for other in await session.scalars(others):
            lines[other.code] = _line(other)
            for key in {self._key(did) for did in other.dids} & mine.keys():
                raise DidTaken("another line has this number", did=mine[key], line=other.code)
        if line.overflow_line and line.overflow_line not in lines:
            raise UnknownLine("no such line to overflow to", line=line.overflow_line)
        if way := overflow_loop(lines, line.code):
            raise OverflowLoop("callers would overflow in a circle", line=line.code, way=", ".join(way))

    def _key(self, did: str) -> str:
        """Normalise the number: two lines cannot hold one number in two spellings."""
        try:
            return read_number(did, self._region).text
        except BadNumber:
            return did

    async def _note(self, session: AsyncSession, by: Person | None, action: str, code: str) -> None:
        await session.flush()
        await self._audit.append(session, by, action, f"line/{code}")
        after_commit(session, self._changed)


async def _queue_row(session: AsyncSession, code: str, *, hold: bool = False) -> QueueRow:
    row = await session.get(QueueRow, code, with_for_update=hold or None)
    if row is None:
        raise UnknownQueue("no such queue", queue=code[:40])
    return row


async def _line_row(session: AsyncSession, code: str, *, hold: bool = False) -> LineRow:
    row = await session.get(LineRow, code, with_for_update=hold or None)
    if row is None:
        raise UnknownLine("no such line", line=code[:40])
    return row


def _write_queue(row: QueueRow, queue: Queue) -> QueueRow:
    row.names = dict(queue.names)
    row.strategy = queue.strategy
    row.skill = queue.skill
    row.min_level = queue.min_level
    row.ring_limit = queue.ring_limit
    row.move_on_at_ring = queue.move_on_at_ring
    row.max_wait_seconds = queue.max_wait_seconds
    row.wrap_up_seconds = queue.wrap_up_seconds
    row.announce_seconds = queue.announce_seconds
    row.dialects = list(queue.dialects)
    row.no_speaker = queue.no_speaker
    return row


def _write_line(row: LineRow, line: Line) -> LineRow:
    row.queue = line.queue
    row.names = dict(line.names)
    row.dids = list(line.dids)
    row.hours = list(line.hours)
    row.timezone = line.timezone
    row.cadence_country = line.cadence_country
    row.greeting = line.greeting
    row.priority = line.priority
    row.language = line.language
    row.record = line.record
    row.recording_notice = line.recording_notice
    row.recording_days = line.recording_days
    row.take_message = line.take_message
    row.own_agent_seconds = line.own_agent_seconds
    row.overflow_to = line.overflow_to
    row.overflow_seconds = line.overflow_seconds
    row.overflow_nobody = line.overflow_nobody
    return row


def _queue(row: QueueRow) -> Queue:
    return Queue(
        code=row.code,
        names=dict(row.names),
        strategy=row.strategy,
        skill=row.skill,
        min_level=row.min_level,
        ring_limit=row.ring_limit,
        move_on_at_ring=row.move_on_at_ring,
        max_wait_seconds=row.max_wait_seconds,
        wrap_up_seconds=row.wrap_up_seconds,
        announce_seconds=row.announce_seconds,
        dialects=tuple(row.dialects),
        no_speaker=row.no_speaker,
    )


def _line(row: LineRow) -> Line:
    return Line(
        code=row.code,
        queue=row.queue,
        names=dict(row.names),
        dids=tuple(row.dids),
        hours=tuple(row.hours),
        timezone=row.timezone,
        cadence_country=row.cadence_country,
        greeting=row.greeting,
        priority=row.priority,
        language=row.language,
        record=row.record,
        recording_notice=row.recording_notice,
        recording_days=row.recording_days,
        take_message=row.take_message,
        own_agent_seconds=row.own_agent_seconds,
        overflow_to=row.overflow_to,
        overflow_seconds=row.overflow_seconds,
        overflow_nobody=row.overflow_nobody,
    )
