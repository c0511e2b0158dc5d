"""Call record forms over HTTP (policy W1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from callcenter.agents.service import AgentService
from callcenter.calls.http import sees_numbers
from callcenter.calls.model import CallRecord
from callcenter.calls.papers.model import CallMatter, form_of
from callcenter.calls.service import CallService
from callcenter.customers.numbers import is_withheld
from callcenter.customers.service import CustomerService
from callcenter.errors import NotFound
from callcenter.facts import CallId
from callcenter.paper.http import printed_answer
from callcenter.paper.model import CallRecordForm, Form
from callcenter.paper.service import FormService
from callcenter.paper.shapes import FormQuery, Paper
from callcenter.web.masking import mask_number
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, Ask, Routes

Matters = Callable[[CallId, str], Awaitable[Sequence[CallMatter]]]
"""What a call was about, by the call's id, in a language."""

LineName = Callable[[str, str], Awaitable[str]]
"""A line's name in a language, by its code; the code itself for a line that no longer exists."""


class CallForms:
    """Builds call record forms; `matters` are filled by the rooms that know what calls were about."""

    def __init__(
        self,
        calls: CallService,
        agents: AgentService,
        customers: CustomerService,
        forms: FormService,
        matters: list[Matters],
        line_name: LineName,
    ) -> None:
        self._line_name = line_name
        self._calls = calls
        self._agents = agents
        self._customers = customers
        self._forms = forms
        self._matters = matters

    async def form(self, id: CallId, language: str, by: Person | None) -> CallRecordForm:
        """The form of a call as this person may see it; complete for the centre itself. Raises UnknownCall."""
        call = await self._calls.get(id)
        number = call.other_number
        customer = await self._customers.by_number(number)
        return form_of(
            call,
            self._forms.head(id, language, by, path=f"/calls/{id}"),
            phone=number if by is None or is_withheld(number) or sees_numbers(call, by) else mask_number(number),
            customer=customer.name if customer else "",
            names=await self._names(call),
            line=await self._line_name(call.line, language) if call.line else "",
            matters=[known for matter in self._matters for known in await matter(id, language)],
        )

    async def of_subject(self, subject: str, language: str, by: Person | None) -> Sequence[Form]:
        """For prints of many: the form of the call with this id."""
        return [await self.form(CallId(subject), language, by)]

    async def _names(self, call: CallRecord) -> dict[str, str]:
        names = {}
        for number in call.concerned - {""}:
            try:
                names[number] = (await self._agents.agent(number)).name
            except NotFound:
                continue
        return names


def routes(calls: CallForms, forms: FormService) -> Routes:
    routes = Routes("forms")

    @routes.get("/calls/{id}/form.{paper}", roles=ANYONE)
    async def print_call(ask: Ask, id: CallId, paper: Paper, query: FormQuery) -> web.StreamResponse:
        """Print the call record form (W1) as html, pdf or docx."""
        return await printed_answer(forms, await calls.form(id, query.language, ask.require()), paper)

    return routes
