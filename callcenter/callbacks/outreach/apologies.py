"""Calls back the customers whom a failure kept from being served (R7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from callcenter.callbacks.errors import ReasonMissing
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.outreach.calls import Calls, Drawn, calls_of, check_window
from callcenter.callbacks.ports import Customers
from callcenter.callbacks.requests import CallbackRequests, Cause
from callcenter.calls.endings import CUT_OFF, PBX_LOST
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.facts import LineCode
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

HARMED: Final = frozenset({Outcome.ABANDONED, Outcome.FAILED, Outcome.OVERFLOWED, Outcome.UNKNOWN, Outcome.CLOSED})
BROKEN: Final = frozenset({PBX_LOST, CUT_OFF})
"""Why a conversation ended that neither party ended."""


def was_harmed(call: CallRecord) -> bool:
    """Whether a failure kept this caller from being served, or cut them off during the conversation (R7)."""
    return call.outcome in HARMED or (call.outcome is Outcome.ANSWERED and call.reason in BROKEN)


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
        records = [call async for call in calls_of(self._calls, since, until, line)]
        harmed: dict[str, CallRecord] = {}
        for call in sorted(records, key=lambda call: call.arrived_at):
            number = self._customers.key_of(call.caller_number)
            if call.direction is not Direction.INBOUND or not number or call.outcome is None:
                continue
            concerned = concerns(call) and (ended_since is None or (call.ended_at or ended_since) >= ended_since)
            if was_harmed(call) and concerned:
                harmed[number] = call
            elif call.outcome is Outcome.ANSWERED:
                # A customer who was served after the failure needs no call.
                harmed.pop(number, None)
        calls = [call.id for call in harmed.values()]
        if dry_run:
            return Drawn(calls)
        causes = [
            Cause(
                CallbackRequest(
                    source=Source.APOLOGY,
                    matter=f"line:{record.line}",
                    number=number,
                    reason=reason.strip(),
                    line=record.line,
                    call=record.id,
                    arrived_at=record.arrived_at,
                ),
                once=f"apology:{since.isoformat()}:{record.id}",
            )
            for number, record in harmed.items()
        ]
        counts = await self._requests.make_all(causes, by.login)
        facts: dict[str, Fact] = {"since": since.isoformat(), "until": until.isoformat(), "calls": len(calls)}
        await self._audit.record(by, "apologies.made", "return_calls", facts=facts)
        return Drawn(calls, counts.made, counts.joined, counts.left_out)
