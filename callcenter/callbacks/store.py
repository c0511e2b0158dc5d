"""Maps rows to return calls and back, and applies every transition: compare-and-set with a history row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.deltas import CALLBACK, delta_of
from callcenter.callbacks.errors import ChangedMeanwhile, UnknownReturnCall
from callcenter.callbacks.model import Callback, Event, Source, State, after
from callcenter.callbacks.rows import DoNotCallRow, ReturnCallRow, ReturnCallStepRow
from callcenter.storage.database import after_commit
from callcenter.web.ports import Publish

BY_SYSTEM = "system"
"""The actor name of automatic changes."""


def callback_of(row: ReturnCallRow) -> Callback:
    return Callback(
        id=row.id,
        state=State(row.state),
        rev=row.rev,
        source=Source(row.source),
        number=row.number,
        line=row.line,
        language=row.language,
        standing=row.standing,
        case=row.case,
        promised=row.promised,
        due_at=row.due_at,
        may_from=row.may_from,
        may_until=row.may_until,
        arrived_at=row.arrived_at,
        preferred=row.preferred,
        agent=row.agent,
        lease_until=row.lease_until,
        attempts=row.attempts,
        zones=tuple(row.zones),
    )


async def load(session: AsyncSession, id: str) -> ReturnCallRow:
    """One return call in its current state; raises UnknownReturnCall."""
    row = await session.get(ReturnCallRow, id, populate_existing=True)
    if row is None:
        raise UnknownReturnCall("there is no such return call", item=id[:40])
    return row


async def barred(session: AsyncSession, number: str, scope: str = "all") -> DoNotCallRow | None:
    """The do-not-call entry that bars this number; an entry for all calls bars surveys too."""
    scopes = ("all",) if scope == "all" else ("all", scope)
    query = select(DoNotCallRow).where(DoNotCallRow.number == number, DoNotCallRow.scope.in_(scopes))
    return (await session.scalars(query.limit(1))).first()


class Steps:
    """Applies transitions in the caller's transaction and notifies the feed after the commit."""

    def __init__(self, clock: Callable[[], datetime], publish: Publish) -> None:
        self._clock = clock
        self._publish = publish

    async def take(
        self, session: AsyncSession, row: ReturnCallRow, event: Event, by: str, why: str = "", **values: Any
    ) -> None:
        """Take a transition. Raises IllegalTransition, or ChangedMeanwhile when the row is no longer what was read."""
        state = after(State(row.state), event)
        await self._set(session, row, {"state": state.value, **values})
        self.note(session, row, event.value, by, why)

    async def change(self, session: AsyncSession, row: ReturnCallRow, why: str, by: str, **values: Any) -> None:
        """Change fields of a return call that keeps its state; raises ChangedMeanwhile."""
        await self._set(session, row, values)
        self.note(session, row, why, by)

    async def _set(self, session: AsyncSession, row: ReturnCallRow, values: Mapping[str, Any]) -> None:
        mine = (ReturnCallRow.id == row.id, ReturnCallRow.state == row.state, ReturnCallRow.rev == row.rev)
        # An UPDATE with the values: attributes set on the object would be flushed past the compare.
        statement = update(ReturnCallRow).where(*mine).values(**values, rev=row.rev + 1)
        statement = statement.returning(ReturnCallRow.id).execution_options(synchronize_session=False)
        if (await session.execute(statement)).first() is None:
            raise ChangedMeanwhile("it was changed meanwhile; read it again", item=row.id)
        await session.refresh(row)

    def note(self, session: AsyncSession, row: ReturnCallRow, event: str, by: str, why: str = "") -> None:
        """Write a line of history, and publish a delta after the commit."""
        step = ReturnCallStepRow(item=row.id, at=self._clock(), event=event[:16], state=row.state, by=by, why=why)
        session.add(step)
        delta = delta_of(row)
        after_commit(session, lambda: self._publish(CALLBACK, delta))
