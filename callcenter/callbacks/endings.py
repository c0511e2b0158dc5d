"""Ends return calls and notifies other packages in the same transaction.

`case_called_back` goes to the case; a problem that has no case yet requests one with `case_wanted` (policy F2, step 4).
"""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.model import CASE_RESULTS, FOLLOW_UPS, MISSES, UNCOUNTED, Event, Result
from callcenter.callbacks.rows import ReturnCallAttemptRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.store import Steps
from callcenter.callbacks.timing import Place
from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.storage.jobs import Jobs

CASE_CALLED_BACK = "case_called_back"
CASE_WANTED = "case_wanted"
DONE = "callback.done"


class Webhooks(Protocol):
    """External programs that subscribe to events (web/webhooks/service.py)."""

    async def emit(self, session: AsyncSession, type: str, data: dict[str, Any]) -> object: ...


class Endings:
    def __init__(
        self, clock: Clock, rules: Rulebook, steps: Steps, jobs: Jobs, webhooks: Webhooks | None = None
    ) -> None:
        self._clock = clock
        self._rules = rules
        self._steps = steps
        self._jobs = jobs
        self._webhooks = webhooks

    async def record(
        self,
        session: AsyncSession,
        row: ReturnCallRow,
        result: Result,
        by: str,
        notes: str = "",
        satisfaction: int | None = None,
        evaluation: str | None = None,
        detail: str = "",
    ) -> None:
        """Record the result of an attempt and take the transition that follows from it. Raises IllegalTransition."""
        attempts = row.attempts + (result not in UNCOUNTED)
        event = self._rules.event(result, attempts)
        await self.attempt_over(session, row, result, detail)
        if event is Event.FINISH:
            last_values: dict[str, Any] = {"satisfaction": satisfaction, "evaluation": evaluation, "attempts": attempts}
            await self.close(session, row, event, result, by, notes, None, **last_values)
            return
        values: dict[str, Any] = {
            "attempts": attempts,
            "intent": None,
            "lease_until": None,
            "last_result": result.value,
            "last_at": self._clock(),
            "notes": notes or row.notes,
        }
        if result in MISSES:
            values |= self._again(row, result, attempts)
        await self._steps.take(session, row, event, by, f"{result}: {notes}" if notes else result.value, **values)

    def _again(self, row: ReturnCallRow, result: Result, attempts: int) -> dict[str, Any]:
        place = Place(row.region, tuple(row.zones))
        times = self._rules.again(result, attempts, self._clock(), place)
        again: dict[str, Any] = {"may_from": times.may_from, "may_until": times.may_until}
        # The agent who talked with the customer should be the one to call again.
        return again | ({"preferred": row.agent} if result is Result.UNSAID else {})

    async def attempt_over(self, session: AsyncSession, row: ReturnCallRow, result: Result, detail: str = "") -> None:
        """Write the result to the attempt under way; a result that is already written stays."""
        if row.intent is None:
            return
        mine = (ReturnCallAttemptRow.intent == row.intent, ReturnCallAttemptRow.settled_at.is_(None))
        values = {"result": result.value, "settled_at": self._clock(), "detail": detail[:400] or None}
        await session.execute(update(ReturnCallAttemptRow).where(*mine).values(**values))

    async def close(
        self,
        session: AsyncSession,
        row: ReturnCallRow,
        event: Event,
        result: Result,
        by: str,
        notes: str,
        call: CallId | None = None,
        **values: Any,
    ) -> None:
        """Close a return call and notify everything that depends on it. Raises IllegalTransition, ChangedMeanwhile."""
        now = self._clock()
        call = call or (self._rules.call_of(row.intent) if row.intent else None)
        await self._steps.take(
            session,
            row,
            event,
            by,
            notes,
            result=result.value,
            result_call=call,
            closed_at=now,
            closed_by=by,
            notes=notes or row.notes,
            lease_until=None,
            last_result=result.value,
            last_at=now,
            **values,
        )
        await self._notify(session, row, result)

    async def _notify(self, session: AsyncSession, row: ReturnCallRow, result: Result) -> None:
        payload = {
            "case": row.case,
            "item": row.id,
            "result": _case_word(row, result),
            "satisfaction": row.satisfaction,
            "notes": row.notes,
            "call": row.result_call,
            "agent": row.agent,
            "evaluation": row.evaluation,
            "at": self._clock().isoformat(),
        }
        if row.case is not None:
            await self._jobs.put(session, CASE_CALLED_BACK, payload, once=f"{CASE_CALLED_BACK}:{row.id}")
        elif result is Result.PROBLEM:
            request = {
                "kind": "complaint",
                "call": row.result_call or row.call,
                "customer": row.customer,
                "number": row.number,
                "text": row.notes or row.reason,
                "agent": row.agent,
                "item": row.id,
            }
            await self._jobs.put(session, CASE_WANTED, request, once=f"{CASE_WANTED}:{row.id}")
        if self._webhooks is not None:
            await self._webhooks.emit(session, DONE, {**payload, "result": result.value, "source": row.source})


def _case_word(row: ReturnCallRow, result: Result) -> str:
    """The result for the case: a promise settled by an incoming call does not affect the case's own follow-up."""
    if result is Result.SERVED and row.source not in FOLLOW_UPS:
        return "served"
    return CASE_RESULTS[result]
