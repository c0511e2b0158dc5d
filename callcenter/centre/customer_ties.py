"""Determines which customer files an agent may see now: through a live call, an open case or a return call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.callbacks.shapes import may_see
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.shapes import sees_customer
from callcenter.customers.model import Customer
from callcenter.customers.service import CustomerService
from callcenter.web.ports import NumbersOf
from callcenter.web.roles import Person

MOST = 500
"""The limit of open cases and return calls to search; no one has more with the customers of one page."""


@dataclass(frozen=True)
class CustomerTies:
    """`numbers_of` returns the numbers on an agent's live calls."""

    customers: CustomerService
    cases: CaseQueries
    return_calls: Reading
    numbers_of: NumbersOf

    async def of(self, person: Person, customers: Sequence[Customer]) -> frozenset[str]:
        """The ids of those of these files that this agent may see now."""
        if person.agent is None or not customers:
            return frozenset()
        on_call = {self.customers.key_of(number) for number in self.numbers_of(person.agent)} - {""}
        theirs = {customer.id for customer in customers if on_call & set(customer.numbers)}
        rest = [customer for customer in customers if customer.id not in theirs]
        # A case or return call may name the file by an id that has since been merged into it.
        tied = {known: tie.id for tie in rest for known in await self.customers.family(tie.id)}
        if not tied:
            return frozenset(theirs)
        cases = await self.cases.find(CaseConditions(customer=tuple(tied), open=True), MOST)
        theirs |= {tied[case.facts.customer] for case in cases if case.facts.customer and sees_customer(case, person)}
        due = await self.return_calls.find(CallbackFilter(customers=tuple(tied), open=True), MOST)
        theirs |= {tied[row.customer] for row in due if row.customer and may_see(row, person)}
        return frozenset(theirs)
