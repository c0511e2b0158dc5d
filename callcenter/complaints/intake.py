"""Checks that people, agents, departments, lines and files of a case exist, and links its customer file (W5, K6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from callcenter.agents.service import AgentService
from callcenter.calls.model import CallRecord
from callcenter.complaints.departments.service import DepartmentService
from callcenter.complaints.errors import UnknownDepartment
from callcenter.complaints.model import Facts
from callcenter.customers.model import Customer, UnknownCustomer
from callcenter.customers.service import CustomerService
from callcenter.facts import CustomerId
from callcenter.routing.service import LineService
from callcenter.web.people import PeopleService


@dataclass(frozen=True, slots=True)
class Intake:
    """The neighbouring services that a case's facts are checked against."""

    people: PeopleService
    agents: AgentService
    lines: LineService
    departments: DepartmentService
    customers: CustomerService

    async def people_exist(self, persons: Iterable[str]) -> None:
        """Raises UnknownPerson for an unknown id, or one whose owner may no longer sign in."""
        for person in persons:
            await self.people.living(person)

    async def checked(self, facts: Facts, before: Facts | None = None) -> Facts:
        """Returns the facts, linked to the customer file that holds their number; unchanged facts are not rechecked.

        Raises UnknownAgent, UnknownLine, UnknownDepartment, UnknownCustomer.
        """
        old = before or Facts()
        if facts.agent and facts.agent != old.agent:
            await self.agents.agent(facts.agent)
        if facts.line and facts.line != old.line:
            await self.lines.line(facts.line)
        if facts.department and facts.department != old.department:
            department = await self.departments.department(facts.department)
            if not department.active:
                raise UnknownDepartment("this department is no longer active", department=facts.department)
        if facts.customer and facts.customer != old.customer:
            return named(facts, await self._file(facts.customer))
        if before is not None and (facts.customer, facts.phone) == (before.customer, before.phone):
            return facts
        return await self._linked(facts)

    async def from_call(self, facts: Facts, call: CallRecord) -> Facts:
        """Takes line, agent and number from the call where the facts leave them empty."""
        return replace(
            facts,
            line=facts.line or await self._known_line(call.line),
            agent=facts.agent or await self._known_agent(call.agent),
            phone=facts.phone or call.other_number,
        )

    async def _linked(self, facts: Facts) -> Facts:
        """Links the customer file that holds the phone number; an anonymous complainant is linked to none."""
        if facts.anonymous or facts.customer or not facts.phone:
            return facts
        file = await self.customers.by_number(facts.phone)
        return facts if file is None else named(replace(facts, customer=file.id), file)

    async def _file(self, customer: CustomerId) -> Customer:
        if not customer.isalnum():
            raise UnknownCustomer("no such customer", customer=customer[:40])
        return await self.customers.customer(customer)

    async def _known_line(self, line: str | None) -> str | None:
        """A call may name a line that has been removed since; then the case names none."""
        return line if line in {known.code for known in await self.lines.lines()} else None

    async def _known_agent(self, agent: str | None) -> str | None:
        return agent if agent in {known.number for known in await self.agents.agents()} else None


def named(facts: Facts, file: Customer) -> Facts:
    """Takes the customer's name from the file where none was given."""
    return facts if facts.customer_name or facts.anonymous else replace(facts, customer_name=file.name)
