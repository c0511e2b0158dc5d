"""Creates return calls automatically, from ended calls and from the jobs of other packages.

Each may be reported more than once. incoming.py decides what a served incoming call does to open return calls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import select

from callcenter.callbacks.dialling.service import Dialling
from callcenter.callbacks.errors import NeverCallable, NotCallable
from callcenter.callbacks.incoming import OPEN_ROW, Serving
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.outreach.apologies import was_harmed
from callcenter.callbacks.requests import CallbackRequests
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.calls.model import CallRecord, Direction, Outcome
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
    Source.DIALECT: "没有会说客户方言的客服当班",
}
SERVED_ITSELF: Final = frozenset({"self_service", "blocked"})
"""Reasons of a call that needs no return call: the flow served the caller, or the number is blocked."""
LATER_CALLS: Final = 20


NO_SPEAKER: Final = "no_speaker"
"""The reason of a call whose caller was promised a return call by a speaker of the dialect (R8)."""


@dataclass(frozen=True, slots=True)
class Needed:
    """The language or dialect that a caller needs; `on_duty_at` is when a speaker is next on duty, None: now."""

    language: str
    on_duty_at: datetime | None = None


class Speakers(Protocol):
    """Who speaks what, and when they are on duty; None for a caller whom anyone can call back."""

    async def needed(self, record: CallRecord) -> Needed | None: ...


class NoSpeakers:
    """The default where no queue names a dialect."""

    async def needed(self, record: CallRecord) -> Needed | None:
        return None


class Calls(Protocol):
    """The calls' records (calls/service.py)."""

    async def last_of(self, number: str, limit: int = 5) -> list[CallRecord]: ...


class Sources:
    def __init__(
        self,
        database: Database,
        requests: CallbackRequests,
        dialling: Dialling,
        serving: Serving,
        calls: Calls,
        key_of: Callable[[str], str],
        speakers: Speakers | None = None,
    ) -> None:
        self._speakers = speakers or NoSpeakers()
        self._database = database
        self._requests = requests
        self._dialling = dialling
        self._serving = serving
        self._calls = calls
        self._key_of = key_of

    async def requested(self, payload: Mapping[str, Any]) -> None:
        """Run the job `return_call_wanted`."""
        due = payload.get("due_at")
        request = CallbackRequest(
            source=Source(payload["source"]),
            matter=payload["matter"],
            number=payload["number"],
            reason=payload["reason"],
            customer=payload.get("customer"),
            line=payload.get("line"),
            case=payload.get("case"),
            call=payload.get("call"),
            due_at=datetime.fromisoformat(due) if due else None,
            promised=bool(payload.get("promised")),
            agent=payload.get("agent"),
            language=payload.get("language"),
        )
        # A repeated job requests nothing new; another job with identical content does.
        job = current_job.get()
        await self._requests.make(request, once=f"job:{job}" if job else None)

    async def calls_recorded(self, records: Sequence[CallRecord]) -> None:
        """Handle final call records: our own dials, customers who were served, callers who were not."""
        await self._dialling.ended(records)
        inbound = sorted(
            (call for call in records if call.direction is Direction.INBOUND), key=lambda call: call.arrived_at
        )
        # Most callers have no open return call; one query finds those who have. A caller missed here may get one, so
        # their number is added for the records that follow.
        awaited = await self._awaited({self._key_of(call.caller_number) for call in inbound})
        for record in inbound:
            number = self._key_of(record.caller_number)
            if record.outcome is not Outcome.ANSWERED:
                await self._missed(record)
                awaited.add(number)
            elif number in awaited and not was_harmed(record):
                await self._serving.answered(record)

    async def _awaited(self, numbers: Collection[str]) -> set[str]:
        """Those of these numbers that have an open return call."""
        query = select(ReturnCallRow.number).where(ReturnCallRow.number.in_(numbers), OPEN_ROW)
        async with self._database.read() as session:
            return set(await session.scalars(query))

    async def _missed(self, record: CallRecord) -> None:
        rules, call = self._requests.rules, record.id
        source = SOURCES.get(record.outcome) if record.outcome else None
        if source is None or record.reason in SERVED_ITSELF or record.outcome not in rules.wanted_outcomes(record.line):
            return
        ended = record.ended_at or record.arrived_at
        if record.outcome is Outcome.ABANDONED and ended - record.arrived_at < rules.short_abandon:
            return
        if await self._served_since(record):
            return
        needed = await self._speakers.needed(record)
        if needed is not None and record.reason == NO_SPEAKER:
            source = Source.DIALECT
        request = CallbackRequest(
            source,
            f"line:{record.line}",
            record.entered_number or record.caller_number,
            _reason(source, record),
            line=record.line,
            call=call,
            arrived_at=record.queued_at or record.arrived_at,
            language=needed.language if needed else None,
            due_at=needed.on_duty_at if needed else None,
        )
        try:
            await self._requests.make(request, once=f"call:{call}")
        except (NotCallable, NeverCallable) as error:
            log.info("caller_not_callable", call=call, why=error.code)

    async def _served_since(self, record: CallRecord) -> bool:
        """Whether the customer has called again and been served before this was processed."""
        later = await self._calls.last_of(record.caller_number, LATER_CALLS)
        return any(
            other.outcome is Outcome.ANSWERED
            and other.direction is Direction.INBOUND
            and other.line == record.line
            and other.arrived_at > record.arrived_at
            for other in later
        )


def _reason(source: Source, record: CallRecord) -> str:
    waited = f"（等候 {record.wait_seconds:.0f} 秒）" if record.wait_seconds else ""
    return REASONS[source] + waited
