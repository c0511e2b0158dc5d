"""Use cases of the wrap-up: agents for themselves, leaders for any agent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from callcenter.agents.errors import NotYourPresence
from callcenter.calls.effects import AgentNow
from callcenter.calls.wrap_up.errors import NotWrappingUp
from callcenter.calls.wrap_up.model import ExtendReason, extended
from callcenter.clock import Clock
from callcenter.facts import Fact, WrapUpChanged
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...

    def submit_soon(self, fact: Fact) -> None: ...


class WrapUps:
    def __init__(self, clock: Clock, audit: Audit, floor: Floor) -> None:
        self._clock = clock
        self._audit = audit
        self._floor = floor

    async def extend(self, number: str, seconds: int, reason: ExtendReason, by: Person) -> datetime:
        """Move the deadline. Raises NotYourPresence, NotWrappingUp, WrapUpTooLong."""
        now = self._now(number, by)
        assert now.wrap_up_until is not None
        until = extended(now.since, now.wrap_up_until, seconds)
        facts = {"reason": reason.value, "seconds": seconds}
        await self._audit.record(by, "presence.wrap_up_extended", f"agent/{number}", facts=facts)
        self._floor.submit_soon(WrapUpChanged(self._clock(), number, until))
        return until

    async def finish(self, number: str, by: Person) -> None:
        """End the wrap-up now. Raises NotYourPresence, NotWrappingUp."""
        self._now(number, by)
        await self._audit.record(by, "presence.wrap_up_finished", f"agent/{number}")
        self._floor.submit_soon(WrapUpChanged(self._clock(), number, None))

    def _now(self, number: str, by: Person) -> AgentNow:
        if by.agent != number and not by.may(LEADERS):
            raise NotYourPresence("only a supervisor may do this for another agent", agent=number[:40])
        now = self._floor.agents_now().get(number)
        if now is None or now.wrap_up_until is None:
            raise NotWrappingUp("this agent is not in after-call work", agent=number[:40])
        return now
