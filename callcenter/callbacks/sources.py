"""Where return calls come from by themselves: ended calls, and what other rooms ask for.

Everything here bears being told twice. A customer who rang in and was served resolves what they waited for on that
line; the follow-up of a case and a survey are only marked, because that call was about something else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.dialling import Dialling
from callcenter.callbacks.endings import Endings
from callcenter.callbacks.errors import ChangedMeanwhile, NeverCallable, NotCallable
from callcenter.callbacks.model import BUSY, CLOSED, FOLLOW_UPS, Event, Result, Source, State, Wish
from callcenter.callbacks.rows import ReturnCallCauseRow, ReturnCallRow
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.store import HOUSE, Steps
from callcenter.calls.model import CallRecord, Direction, Outcome, call_id
from callcenter.storage.database import Database
from callcenter.storage.jobs import current_job

log = structlog.get_logger(__name__)

RETURN_CALL_WANTED: Final = "return_call_wanted"
SOURCES: Final[Mapping[Outcome, Source]] = {
    Outcome.ABANDONED: Source.ABANDONED,
    Outcome.CLOSED: Source.CLOSED_HOURS,
    Outcome.MESSAGE_LEFT: Source.MESSAGE,
    Outcome.CALLBACK_REQUESTED: Source.REQUESTED,
    Outcome.OVERFLOWED: Source.OVERFLOWED,
    Outcome.FAILED: Source.OVERFLOWED,
}
REASONS: Final[Mapping[Source, str]] = {
    Source.ABANDONED: "来电未接，客户已挂断",
    Source.CLOSED_HOURS: "非服务时间来电",
    Source.MESSAGE: "客户留言",
    Source.REQUESTED: "客户在排队时要求回电",
    Source.OVERFLOWED: "来电未能转接到坐席",
}
LATER_CALLS: Final = 20
_OPEN: Final = ReturnCallRow.state.not_in([state.value for state in CLOSED])


class Calls(Protocol):
    """The calls' records (calls/service.py)."""

    async def last_of(self, number: str, limit: int = 5) -> list[CallRecord]: ...


class Sources:
    def __init__(
        self,
        database: Database,
        service: CallbackService,
        dialling: Dialling,
        steps: Steps,
        endings: Endings,
        calls: Calls,
        key_of: Callable[[str], str],
    ) -> None:
        self._database = database
        self._service = service
        self._dialling = dialling
        self._steps = steps
        self._endings = endings
        self._calls = calls
        self._key_of = key_of

    async def wanted(self, payload: Mapping[str, Any]) -> None:
        """The work of the job `return_call_wanted`."""
        due = payload.get("due_at")
        wish = Wish(
            source=Source(payload["source"]), matter=payload["matter"], number=payload["number"],
            reason=payload["reason"], customer=payload.get("customer"), line=payload.get("line"),
            case=payload.get("case"), call=payload.get("call"), due_at=datetime.fromisoformat(due) if due else None,
            promised=bool(payload.get("promised")), agent=payload.get("agent"), language=payload.get("language"),
        )  # fmt: skip
        # The same job done again asks nothing new; another job with the very same words does.
        job = current_job.get()
        await self._service.wishes.want(wish, once=f"job:{job}" if job else None)

    async def calls_recorded(self, records: Sequence[CallRecord]) -> None:
        """The ear for final calls: our own dials, customers who were served, callers who were not."""
        await self._dialling.ended(records)
        inbound = sorted((one for one in records if one.direction is Direction.INBOUND), key=lambda one: one.arrived_at)
        # Most callers have no open item; one look tells who has. A caller missed here may open one for the next look.
        awaited = await self._awaited({self._key_of(one.caller_number) for one in inbound})
        for record in inbound:
            number = self._key_of(record.caller_number)
            if record.outcome is not Outcome.ANSWERED:
                await self._missed(record)
                awaited.add(number)
            elif number in awaited:
                await self._served(record, number)

    async def _awaited(self, numbers: Collection[str]) -> set[str]:
        """Those of these numbers that have an open item."""
        query = select(ReturnCallRow.number).where(ReturnCallRow.number.in_(numbers), _OPEN)
        async with self._database.read() as session:
            return set(await session.scalars(query))

    async def _missed(self, record: CallRecord) -> None:
        rules, call = self._service.rules, call_id(record.pbx, record.linkedid)
        source = SOURCES.get(record.outcome) if record.outcome else None
        if source is None or record.outcome not in rules.wanted_outcomes(record.line):
            return
        ended = record.ended_at or record.arrived_at
        if record.outcome is Outcome.ABANDONED and ended - record.arrived_at < rules.short_abandon:
            return
        if await self._served_since(record):
            return
        wish = Wish(
            source, f"line:{record.line}", record.caller_number, _reason(source, record), line=record.line, call=call,
            arrived_at=record.queued_at or record.arrived_at,
        )  # fmt: skip
        try:
            await self._service.wishes.want(wish, once=f"call:{call}")
        except (NotCallable, NeverCallable) as error:
            log.info("a caller cannot be called back", call=call, why=error.code)

    async def _served_since(self, record: CallRecord) -> bool:
        """Whether the customer has rung in again and been served before this was heard of."""
        later = await self._calls.last_of(record.caller_number, LATER_CALLS)
        return any(
            one.outcome is Outcome.ANSWERED
            and one.direction is Direction.INBOUND
            and one.line == record.line
            and one.arrived_at > record.arrived_at
            for one in later
        )

    async def _served(self, record: CallRecord, number: str) -> None:
        if not number:
            return
        query = select(ReturnCallRow.id).where(ReturnCallRow.number == number, _OPEN)
        async with self._database.read() as session:
            ids = (await session.scalars(query)).all()
        for id in ids:
            try:
                async with self._database.write() as session:
                    row = await session.get(ReturnCallRow, id, populate_existing=True)
                    if row is not None:
                        await self._serve(session, row, record)
            except ChangedMeanwhile:
                log.info("a return call changed while its customer was served", item=id)

    async def _serve(self, session: AsyncSession, row: ReturnCallRow, record: CallRecord) -> None:
        call = call_id(record.pbx, record.linkedid)
        latest = select(func.max(ReturnCallCauseRow.at)).where(ReturnCallCauseRow.item == row.id)
        since = await session.scalar(latest)
        if row.state in CLOSED or row.seen_call == call or record.answered_at is None:
            return
        if since is not None and record.answered_at <= since:
            # Promised or asked for in, or after, that very call.
            return
        related = row.source not in FOLLOW_UPS and row.case is None and row.campaign is None
        same_line = row.line is None or row.line == record.line
        if related and same_line and (row.state not in BUSY or row.state == State.CLAIMED):
            await self._endings.close(session, row, Event.SERVED, Result.SERVED, HOUSE, "", call)
        else:
            await self._steps.change(
                session, row, "rang_in", HOUSE, seen_call=call, seen_at=record.ended_at or record.answered_at
            )


def _reason(source: Source, record: CallRecord) -> str:
    waited = f"（等候 {record.wait_seconds:.0f} 秒）" if record.wait_seconds else ""
    return REASONS[source] + waited
