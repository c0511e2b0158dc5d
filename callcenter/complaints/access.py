"""Checks what an agent may attach to a case: calls that they answered or were offered, and their own customer files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from callcenter.calls.access import must_be_theirs
from callcenter.calls.model import CallRecord
from callcenter.calls.service import CallService
from callcenter.customers.service import CustomerService
from callcenter.customers.sight import CustomerSight
from callcenter.facts import CallId, CustomerId
from callcenter.web.roles import LEADERS, Person

LiveRecord: TypeAlias = Callable[[CallId], CallRecord | None]
"""The record of a call in progress; None for any other."""


@dataclass(frozen=True)
class CaseRights:
    """Without these checks an agent could open a case to see a masked number or file, because their cases unmask it."""

    calls: CallService
    live: LiveRecord
    customers: CustomerService
    sight: CustomerSight

    async def check_call(self, person: Person, call: CallId | None) -> None:
        """Raises NotYourCall, UnknownCall."""
        if call is None or person.may(LEADERS):
            return
        detail = "a case takes calls that you were on or were offered; a leader may add others"
        must_be_theirs(person, (await self._record(call)).concerned, call, detail)

    async def check_customer(self, person: Person, customer: CustomerId | None, call: CallId | None = None) -> None:
        """Accepts the file of the call's caller or one of the person's. Raises CustomerNotYours, UnknownCustomer."""
        if not customer or person.may(LEADERS):
            return
        if call is not None:
            record = await self._record(call)
            number = record.other_number
            file = (await self.customers.by_numbers([number])).get(number)
            if file is not None and file in await self.customers.family(customer):
                return
        await self.sight.must_be_theirs(person, await self.customers.customer(customer))

    async def _record(self, call: CallId) -> CallRecord:
        """A call in progress as it is now: what is stored of it may lack the phone that has just answered."""
        return self.live(call) or await self.calls.get(call)
