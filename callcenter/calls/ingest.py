"""Reads the PBX's two files into the database: lines, cursor and resulting records in one transaction.

If killed at any instant, a batch is stored completely or not at all; a line read again is the same row. A line that the
database refuses is quarantined like a damaged one, and does not block the following ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.asterisk import cel, queue_log
from callcenter.asterisk.parts import Part
from callcenter.asterisk.tail import Batch, Line, Tail
from callcenter.calls.halving import after, half, refused
from callcenter.calls.lines import cel_row, printable, queue_row, toll_rows
from callcenter.calls.recorded import Announce
from callcenter.calls.rows import CallRow, CelEventRow, DamagedLineRow, FileCursorRow, QueueEventRow, TollEventRow
from callcenter.calls.rules import RuleBook
from callcenter.calls.store import rebuild_all
from callcenter.calls.stored_sources import cut_off_before, last_seen
from callcenter.calls.toll.model import KINDS
from callcenter.clock import Clock
from callcenter.facts import Linkedid, linkedid_of, supervises
from callcenter.kit.turns_of_the_loop import by_turns
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly
from callcenter.storage.upsert import insert_ignore

log = structlog.get_logger(__name__)

CEL = "cel"
QUEUE_LOG = "queue_log"
PAUSES: Final = ((500, 3.0), (250, 2.0), (100, 1.0), (0, 0.5))
"""Seconds between reads of files that have just grown by this many lines.

A call that is read in the middle is built twice, and what follows a final record costs the same for many.
"""
RETRY_SECONDS = 1.0
PARSED_AT_ONCE: Final = 40
"""Lines of which the parsing takes about two milliseconds."""
TRIES = 3
"""How often a record is tried alone before quarantine: a concurrent writer of the same call may have been faster."""


def _pause(read: int) -> float:
    return next(seconds for lines, seconds in PAUSES if read >= lines)


@dataclass(frozen=True, slots=True)
class Stored:
    """The result of one transaction; `reached` is where reading continues."""

    reached: int
    lines: int
    damaged: int
    tolls: Sequence[dict[str, Any]] = ()


class Ingest:
    """Reads the files of one PBX; `announce` queues, in the transaction that makes calls final, a job for listeners."""

    def __init__(
        self,
        database: Database,
        pbx: str,
        log_dir: Path,
        rules: RuleBook,
        clock: Clock,
        announce: Announce | None = None,
    ) -> None:
        self._database = database
        self._pbx = pbx
        self._rules = rules
        self._clock = clock
        self._announce = announce
        # The queue log goes first: when CEL then ends a call, its queue rows are already stored.
        self._tails = {QUEUE_LOG: Tail(log_dir / "queue_log"), CEL: Tail(log_dir / "cel-custom" / "cel.jsonl")}
        self._places: dict[str, dict[str, int]] = {}
        """Where reading continues, by source and file: the stored cursors, which only this reader moves."""
        self.lines = 0
        self.damaged = dict.fromkeys(self._tails, 0)
        """Parts of lines that could not be parsed, by source; they are quarantined."""
        self.tolls = dict.fromkeys(KINDS, 0)
        """Refused outbound calls and exceeded toll thresholds, by kind."""
        self.caught_up = asyncio.Event()
        """Set once both files have been read to the ends that they had when this was last clear."""

    async def run(self) -> None:
        """Follow both files forever; an unavailable database is retried, the files keep what was not stored.

        It pauses between reads even while the files grow: a larger batch costs little more to store than one line.
        """
        while True:
            asked = not self.caught_up.is_set()
            try:
                read = await self.catch_up()
                if asked:
                    self.caught_up.set()
                await asyncio.sleep(_pause(read))
            except (DBAPIError, OSError) as error:
                self.caught_up.clear()
                self._places.clear()
                log.warning("ingest_waits", cause=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def catch_up(self) -> int:
        """Read both files to their current ends; return the number of lines. What arrives meanwhile waits."""
        read = 0
        for source, tail in self._tails.items():
            if source not in self._places:
                self._places[source] = await self.places(source)
            places = self._places[source]
            while (batch := await asyncio.to_thread(tail.read, places)) is not None:
                taken = await self.take(source, batch)
                places[batch.file_id] = taken
                read += len(batch.lines)
                if not batch.more:
                    break
        return read

    async def places(self, source: str) -> dict[str, int]:
        async with self._database.read() as session:
            rows = await session.scalars(
                select(FileCursorRow).where(FileCursorRow.pbx == self._pbx, FileCursorRow.source == source)
            )
            return {row.file_id: row.position for row in rows}

    async def spent(self, before: datetime) -> list[Path]:
        """Return rotated files that are stored to their ends and were last written before that time."""
        files: list[Path] = []
        for source, tail in self._tails.items():
            places = await self.places(source)
            files += await asyncio.to_thread(tail.spent, places, before.timestamp())
        return files

    async def take(self, source: str, batch: Batch) -> int:
        """Store one batch and rebuild the calls it touches; idempotent: a batch stored before changes nothing.

        Returns where reading continues.
        """
        settled = cel.settled([line.data for line in batch.lines]) if source == CEL else len(batch.lines)
        return await self._take(source, replace(batch, lines=batch.lines[:settled]))

    async def _take(self, source: str, batch: Batch) -> int:
        """Store complete records; where the database refuses them, halve them until the refused record is alone."""
        for tried in range(1, TRIES + 1):
            try:
                stored = await self._store(source, batch)
                break
            except Exception as error:
                if not refused(error):
                    raise
                where, kind = batch.lines[0].offset, type(error).__name__
                first = half(batch, cel.begins if source == CEL else queue_log.begins)
                if first is not None:
                    reached = await self._take(source, first)
                    rest = after(batch, reached)
                    return reached if rest is None else await self._take(source, rest)
            if tried == TRIES:
                log.warning("record_refused", source=source, position=where, cause=kind)
        else:
            stored = await self._put_aside(source, batch)
        self.lines += stored.lines
        for toll in stored.tolls:
            self.tolls[toll["kind"]] += 1
            log.warning("toll", kind=toll["kind"], reason=toll["reason"], phone=toll["phone"])
        if stored.damaged:
            self.damaged[source] += stored.damaged
            log.warning("damaged_lines_kept", source=source, count=stored.damaged, see="callcenter pbx damaged")
        return stored.reached

    async def _cursor(self, session: AsyncSession, source: str, file_id: str) -> FileCursorRow:
        cursor = await session.get(FileCursorRow, (self._pbx, source, file_id), with_for_update=True)
        if cursor is None:
            cursor = FileCursorRow(pbx=self._pbx, source=source, file_id=file_id, position=0, damaged=0)
            cursor.read_at = self._clock()
            session.add(cursor)
        return cursor

    async def _store(self, source: str, batch: Batch) -> Stored:
        async with self._database.write() as session:
            cursor = await self._cursor(session, source, batch.file_id)
            lines = [line for line in batch.lines if line.offset >= cursor.position]
            rows, touched, damaged = await self._read(source, batch.file_id, lines)
            cursor.position = max(cursor.position, batch.next_offset)
            cursor.damaged += len(damaged)
            await session.flush()
            if rows:
                await session.execute(insert_ignore(session, CelEventRow if source == CEL else QueueEventRow), rows)
            tolls = toll_rows(self._pbx, batch.file_id, lines) if source == CEL else []
            if tolls:
                await session.execute(insert_ignore(session, TollEventRow), tolls)
            if damaged:
                await session.execute(
                    insert_ignore(session, DamagedLineRow), self._aside(source, batch.file_id, damaged)
                )
            if source == QUEUE_LOG:
                touched = await self._ended(session, touched)
                starts = [row["at"] for row in rows if row["event"] == "QUEUESTART"]
                if starts:
                    touched |= await self._open_calls(session)
                for start in starts:
                    last = await last_seen(session, self._pbx, start)
                    touched |= await cut_off_before(session, self._pbx, last or start)
            built = await rebuild_all(session, self._pbx, touched, self._rules)
            if self._announce is not None:
                await self._announce(session, [change.record.id for change in built if change.final])
        return Stored(cursor.position, len(lines), len(damaged), tolls)

    async def _put_aside(self, source: str, batch: Batch) -> Stored:
        """Quarantine the lines of a refused record as damaged, and continue after them."""
        async with self._database.write() as session:
            cursor = await self._cursor(session, source, batch.file_id)
            lines = [line for line in batch.lines if line.offset >= cursor.position]
            cursor.position = max(cursor.position, batch.next_offset)
            cursor.damaged += len(lines)
            await session.flush()
            aside = self._aside(source, batch.file_id, [Part(line.offset, line.data, whole=False) for line in lines])
            if aside:
                await session.execute(insert_ignore(session, DamagedLineRow), aside)
        return Stored(cursor.position, len(lines), len(lines))

    def _aside(self, source: str, file_id: str, damaged: Sequence[Part]) -> list[dict[str, Any]]:
        at = self._clock()
        return [
            {"pbx": self._pbx, "source": source, "file_id": file_id, "position": part.offset, "at": at, "text": text}
            for part in damaged
            if (text := printable(part.data))
        ]

    async def _read(
        self, source: str, file_id: str, lines: Sequence[Line]
    ) -> tuple[list[dict[str, Any]], set[Linkedid], list[Part]]:
        rows: list[dict[str, Any]] = []
        touched: set[Linkedid] = set()
        damaged: list[Part] = []
        divide, read = (cel.records, cel_row) if source == CEL else (queue_log.records, queue_row)
        async for part in by_turns(divide((line.offset, line.data) for line in lines), PARSED_AT_ONCE):
            event = read(part.data) if part.whole else None
            if event is None:
                damaged.append(part)
                continue
            offset, data = part.offset, part.data
            linkedid = event.get("linkedid") or event["callid"]
            if linkedid != "NONE" and event.pop("telling", True) and not supervises(linkedid):
                touched.add(linkedid_of(linkedid))
            text = data.decode("utf-8", "replace")
            rows.append({"pbx": self._pbx, "file_id": file_id, "position": offset, "line": text, **event})
        return rows, touched, damaged

    async def _ended(self, session: AsyncSession, linkedids: set[Linkedid]) -> set[Linkedid]:
        """Return those of the calls that CEL has ended: nothing else will rebuild their records."""
        ended = select(CallRow.linkedid).where(
            CallRow.pbx == self._pbx, CallRow.final, CallRow.linkedid.in_(sorted(linkedids))
        )
        return set(await session.scalars(ended)) if linkedids else set()

    async def _open_calls(self, session: AsyncSession) -> set[Linkedid]:
        """Return calls that a start of Asterisk may have ended."""
        open_calls = select(CallRow.linkedid).where(mostly(CallRow.pbx == self._pbx), CallRow.final.is_(False))
        return set(await session.scalars(open_calls))
