"""Answers the questions of the reception's process from the database: who is calling, and how far a case is."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from callcenter.centre.own_agents import OwnAgents
from callcenter.clock import Clock
from callcenter.complaints.model import Case
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.model import Customer
from callcenter.customers.service import CustomerService
from callcenter.documents.model import LANGUAGES
from callcenter.web.audit import SYSTEM, Audit
from ivr.reception import PRIORITY, Standing

Answer = Mapping[str, Any] | None
CHECK_DIGITS: Final = 4
MOST_WRONG: Final = 5
"""Wrong check digits for one case within a day; more are refused even when they are right: 10,000 can be tried."""
WRONG_FOR: Final = timedelta(days=1)
WRONG: Final = "case.check_failed"
"""The audit has each wrong attempt, so a restart gives no fresh ones; what is refused afterwards is not written."""


Blocked = Callable[[str, str], Awaitable[bool]]
"""Whether a number is blocked on a line now."""


async def nobody_blocked(number: str, line: str) -> bool:
    """The default without a block list."""
    return False


class ReceptionAnswers:
    """The state of a case goes only to a caller who knows the last digits of a telephone number on file for it."""

    def __init__(
        self,
        customers: CustomerService,
        cases: CaseQueries,
        audit: Audit,
        clock: Clock,
        blocked: Blocked = nobody_blocked,
        own_agents: OwnAgents | None = None,
    ) -> None:
        self._own_agents = own_agents
        self._customers = customers
        self._blocked = blocked
        self._cases = cases
        self._clock = clock
        self._audit = audit
        self._trying = asyncio.Lock()
        """Attempts are counted one after the other: callers at the same time get no further ones."""
        self._table: Mapping[str, Callable[..., Awaitable[Answer]]] = {
            "caller": self.caller,
            "member": self.member,
            "agent": self.agent,
            "case": self.case,
        }

    async def answer(self, what: str, arguments: Sequence[str]) -> Answer:
        """The result as JSON, None when there is none. Raises for a question that is not in the table."""
        return await self._table[what](*arguments)

    async def caller(self, number: str, line: str) -> Answer:
        """What a flow may know about the caller; none of it is read aloud."""
        if await self._blocked(number, line):
            return {"blocked": True}
        own = await self._own_agents.of(number, line) if self._own_agents else ""
        file = await self._customers.by_number(number)
        if file is None:
            return {"own_agent": own} if own else None
        return _known(file, own)

    async def member(self, digits: str, number: str, line: str) -> Answer:
        """The customer with this member number; nothing of it is read to the caller either."""
        file = await self._customers.by_member_number(digits)
        if file is None:
            return None
        reached = file.numbers[0] if file.numbers else number
        own = await self._own_agents.of(reached, line) if self._own_agents else ""
        return _known(file, own)

    async def agent(self, number: str, line: str) -> Answer:
        """The caller's own agent, if one is on duty for the line."""
        own = await self._own_agents.of(number, line) if self._own_agents else ""
        return {"agent": own} if own else None

    async def case(self, digits: str, check: str) -> Answer:
        """The state of the case with these digits; None, without a reason, for an unknown case and a wrong check."""
        async with self._trying:
            for case in await self._cases.by_digits(digits):
                subject = f"case/{case.number}"
                if await self._audit.count(WRONG, subject, self._clock() - WRONG_FOR) >= MOST_WRONG:
                    continue
                numbers = {case.facts.phone, *await self._numbers(case)}
                if any(_ends_with(number, check) for number in numbers):
                    return {"case": case.number, "state": case.state.value}
                await self._audit.record(SYSTEM, WRONG, subject)
        return None

    async def _numbers(self, case: Case) -> Sequence[str]:
        customer = case.facts.customer
        return (await self._customers.customer(customer)).numbers if customer else ()


def _ends_with(number: str, check: str) -> bool:
    digits = "".join(char for char in number if char.isdigit())
    right = digits[-CHECK_DIGITS:]
    return len(right) == CHECK_DIGITS and hmac.compare_digest(right.encode(), check.encode())


def _known(file: Customer, own: str) -> dict[str, Any]:
    """What routing and the flow may know of a customer."""
    spoken = file.language in LANGUAGES
    return {
        "customer": file.id,
        "language": file.language if spoken else "",
        "dialect": "" if spoken else file.language,
        "priority": PRIORITY[Standing(file.standing.value)],
        "team": file.standing.value != Standing.ORDINARY,
        "own_agent": own,
    }
