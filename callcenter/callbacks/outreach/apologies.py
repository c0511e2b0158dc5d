"""Calls back the customers whom a failure kept from being served (R7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from callcenter.callbacks.errors import ReasonMissing
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.outreach.calls import Calls, Drawn, calls_of, check_window
from callcenter.callbacks.ports import Customers
from callcenter.callbacks.requests import CallbackRequests, Cause
from callcenter.calls.endings import BROKEN, NOT_SERVED
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.service import CallFilter
from callcenter.facts import LineCode
from callcenter.web.audit import SYSTEM, Audit, Fact
from callcenter.web.roles import Person


def was_harmed(call: CallRecord) -> bool:
    """Whether a failure kept this caller from being served, or cut them off during the conversation (R7)."""
    return call.outcome in NOT_SERVED or (call.outcome is Outcome.ANSWERED and call.reason in BROKEN)


def _cause(number: str, record: CallRecord, reason: str) -> Cause:
    """The return call of one customer: once for each call, however many failures it concerns."""
    request = CallbackRequest(
        source=Source.APOLOGY,
        matter=f"line:{record.line}",
        number=number,
        reason=reason,
        line=record.line,
        call=record.id,
        arrived_at=record.arrived_at,
    )
    return Cause(request, once=f"apology:{record.id}")


class Apologies:
    def __init__(self, audit: Audit, requests: CallbackRequests, calls: Calls, customers: Customers) -> None:
        self._audit = audit
        self._requests = requests
        self._calls = calls
        self._customers = customers

    async def apologise(
        self,
        since: datetime,
        until: datetime,
        reason: str,
        by: Person,
        line: LineCode | None = None,
        *,
        dry_run: bool = False,
        ended_since: datetime | None = None,
        concerns: Callable[[CallRecord], bool] = bool,
    ) -> Drawn:
        """Create a return call for every customer whom a failure in the window kept from being served or cut off (R7).

        One per customer, for the last such call; none where a later call of theirs was served. `ended_since` leaves out
        calls that were over before the failure, `concerns` those that it could not affect.

        Raises BadWindow, ReasonMissing.
        """
        check_window(since, until)
        if not reason.strip():
            raise ReasonMissing("a reason is required; the agent gives it to the customer")
        window = CallFilter(line=line, since=since, until=until)
        harmed = await self._harmed(window, ended_since, concerns)
        calls = [call.id for call in harmed.values()]
        if dry_run or (not calls and by.id == SYSTEM.id):
            # A look of the service's own that finds no customer changes nothing, so the audit has nothing to record.
            return Drawn(calls)
        causes = [_cause(number, record, reason.strip()) for number, record in harmed.items()]
        counts = await self._requests.make_all(causes, by.login)
        facts: dict[str, Fact] = {"since": since.isoformat(), "until": until.isoformat(), "calls": len(calls)}
        await self._audit.record(by, "apologies.made", "return_calls", facts=facts)
        return Drawn(calls, counts.made, counts.joined, counts.left_out)

    async def _harmed(
        self, window: CallFilter, ended_since: datetime | None, concerns: Callable[[CallRecord], bool]
    ) -> dict[str, CallRecord]:
        """The last call of each customer who is to be called back, by number; the database finds the few harmed."""
        filter = replace(window, harmed=True, ended_since=ended_since)
        concerned = {call.id: call async for call in calls_of(self._calls, filter) if concerns(call)}
        harmed: dict[str, CallRecord] = {}
        if not concerned:
            return harmed
        first = min(call.arrived_at for call in concerned.values())
        later = [call async for call in calls_of(self._calls, replace(window, since=first))]
        for call in sorted(later, key=lambda call: call.arrived_at):
            number = self._customers.key_of(call.caller_number)
            if call.direction is not Direction.INBOUND or not number:
                continue
            if call.id in concerned:
                harmed[number] = call
            elif call.outcome is Outcome.ANSWERED:
                # A customer who was served after the failure needs no call.
                harmed.pop(number, None)
        return harmed
