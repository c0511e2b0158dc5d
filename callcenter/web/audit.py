"""Records who did what to what, when and from where; append-only and chained by SHA-256.

Each row's hash covers the row and the previous hash. Someone who can write the table could recompute the chain
from the changed row on; `verify` therefore also returns the newest hash, to be kept elsewhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.storage import bulk
from callcenter.storage.database import Database
from callcenter.web.roles import Person
from callcenter.web.rows import AuditRow

FIRST = "0" * 64
CHAIN_LOCK = 4_355_001
SYSTEM = Person("system", "system", "system", frozenset())
"""The actor when no person acts. It has no role, and no one can sign in as it."""
Fact = str | int | float | bool | None | list[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken_at` is the first row that does not match; None when the whole chain is intact."""

    rows: int
    broken_at: int | None
    newest_hash: str


class Audit:
    """Records actions in the transaction that performs them; reads and verifies them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def append(
        self,
        session: AsyncSession,
        actor: Person | None,
        action: str,
        subject: str,
        address: str = "",
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        """Add an action to the caller's transaction: recorded if and only if that commits. No secrets in `facts`."""
        if not self._database.is_sqlite:
            # Two rows must not follow the same one; SQLite has a single writer anyway.
            await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
        newest = select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)
        last = (await session.execute(newest)).one_or_none()
        actor_or_system = actor or SYSTEM
        row = AuditRow(
            seq=last.seq + 1 if last else 1,
            at=self._clock(),
            actor_id=actor_or_system.id,
            actor=actor_or_system.login,
            action=action,
            subject=subject[:200],
            address=address[:64],
            facts=_text(facts or {}),
            previous_hash=last.hash if last else FIRST,
        )
        row.hash = hash_of(row)
        session.add(row)
        await session.flush()

    async def append_many(
        self,
        session: AsyncSession,
        actor: Person | None,
        action: str,
        subjects: Sequence[str],
        facts: Sequence[Mapping[str, Fact]] = (),
    ) -> None:
        """Record the same action on many things, each with its own row and optional facts, in few statements."""
        if not subjects:
            return
        if not self._database.is_sqlite:
            await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
        newest = select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)
        last = (await session.execute(newest)).one_or_none()
        first = (last.seq + 1, last.hash) if last else (1, FIRST)
        rows = await asyncio.to_thread(self._chained, first, actor or SYSTEM, action, subjects, facts)
        await bulk.write(session, rows)

    def _chained(
        self,
        first: tuple[int, str],
        actor_or_system: Person,
        action: str,
        subjects: Sequence[str],
        facts: Sequence[Mapping[str, Fact]],
    ) -> bulk.Rows:
        at, (seq, previous) = self._clock(), first
        values: list[dict[str, Any]] = []
        all_facts = facts or [{}] * len(subjects)
        for place, (subject, fact) in enumerate(zip(subjects, all_facts, strict=True), seq):
            value = {
                "seq": place,
                "at": at,
                "actor_id": actor_or_system.id,
                "actor": actor_or_system.login,
                "action": action,
                "subject": subject[:200],
                "address": "",
                "facts": _text(fact),
                "previous_hash": previous,
            }
            previous = hash_of(AuditRow(**value))
            values.append(value | {"hash": previous})
        return bulk.ready(AuditRow, values, for_sqlite=self._database.is_sqlite)

    async def record(
        self,
        actor: Person | None,
        action: str,
        subject: str,
        address: str = "",
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        """Record an action in its own transaction, for actions that change nothing (a playback, a refused sign-in)."""
        async with self._database.write() as session:
            await self.append(session, actor, action, subject, address, facts)

    async def page(
        self, limit: int, before: int | None = None, action: str | None = None, subject: str | None = None
    ) -> list[AuditRow]:
        """Newest first, at most `limit`, before row number `before`."""
        query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditRow.seq < before)
        if action is not None:
            query = query.where(AuditRow.action == action)
        if subject is not None:
            query = query.where(AuditRow.subject == subject)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def recent(self, since: datetime, actions: Collection[str], most: int) -> list[AuditRow]:
        """The newest entries of these actions since an instant, oldest first."""
        query = select(AuditRow).where(AuditRow.at >= since, AuditRow.action.in_(actions))
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(AuditRow.seq.desc()).limit(most))
            return list(rows)[::-1]

    async def count(self, action: str, subject: str, since: datetime) -> int:
        """How often this was done to this subject since an instant."""
        query = select(func.count()).where(AuditRow.subject == subject, AuditRow.action == action, AuditRow.at > since)
        async with self._database.read() as session:
            return await session.scalar(query) or 0

    async def newest(self, *beginnings: str, after: int = 0) -> int:
        """The number of the newest row whose action begins with one of these, or `after` if none follows it."""
        conditions = or_(*(AuditRow.action.startswith(beginning, autoescape=True) for beginning in beginnings))
        query = select(AuditRow.seq).where(AuditRow.seq > after, conditions).order_by(AuditRow.seq.desc()).limit(1)
        async with self._database.read() as session:
            return await session.scalar(query) or after

    async def clear(self, before: datetime) -> int:
        """Delete the oldest rows, before an instant, and record it with the newest deleted hash; returns how many.

        The end of the chain stays intact: no row is deleted from within, and the last row is never deleted.
        """
        oldest = select(func.min(AuditRow.seq)).where(AuditRow.at >= before).scalar_subquery()
        newest = select(func.max(AuditRow.seq)).scalar_subquery()
        old = AuditRow.seq < func.coalesce(oldest, newest)
        last = select(AuditRow.seq, AuditRow.hash).where(old).order_by(AuditRow.seq.desc()).limit(1)
        async with self._database.write() as session:
            gone = (await session.execute(last)).one_or_none()
            if gone is None:
                return 0
            removed = await session.scalars(delete(AuditRow).where(AuditRow.seq <= gone.seq).returning(AuditRow.seq))
            count = len(removed.all())
            facts: dict[str, Fact] = {"deeds": count, "last": gone.seq, "hash": gone.hash}
            await self.append(session, None, "audit.cleared", "audit", facts=facts)
        return count

    async def verify(self) -> Verdict:
        """Verify the chain from its first kept row."""
        rows, previous, expected = 0, "", 0
        async with self._database.read() as session:
            stream = await session.stream_scalars(select(AuditRow).order_by(AuditRow.seq))
            async for row in stream:
                # Retention may have deleted the oldest rows; the first remaining one anchors the chain.
                fits = rows == 0 or (row.previous_hash == previous and row.seq == expected)
                if not fits or hash_of(row) != row.hash:
                    return Verdict(rows, row.seq, previous)
                rows, previous, expected = rows + 1, row.hash, row.seq + 1
        return Verdict(rows, None, previous or FIRST)


def _text(facts: Mapping[str, Fact]) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)


def hash_of(row: AuditRow) -> str:
    """SHA-256 over every column of the row except the hash itself."""
    content = [row.seq, _instant(row.at), row.actor_id, row.actor, row.action, row.subject, row.address, row.facts]
    return hashlib.sha256(json.dumps([*content, row.previous_hash], ensure_ascii=False).encode()).hexdigest()


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")
