"""Builds the follow-up script in return calls on a fresh database: claimed, dialled, answered, evaluated."""

from __future__ import annotations

from callcenter.agents.model import Agent
from callcenter.callbacks.model import Source
from callcenter.callbacks.script_calls import ItemScripts
from callcenter.customers.model import Customer
from callcenter.facts import AgentNumber, ReturnCallId
from callcenter.followup.conversations.service import Conversations
from callcenter.followup.evaluations.model import Evaluation
from callcenter.followup.evaluations.service import EvaluationService
from tests.callbacks.centre import CUSTOMER, DiallingCentre, candidate, request
from tests.support.rooms import CHIEF, person

AGENT = person("1001")


class Scripted(DiallingCentre):
    def restart(self) -> None:
        super().restart()
        self.scripts = Conversations(self.database, self.clock, self.rooms.audit, self.jobs)
        self.calls = ItemScripts(
            settings=self.settings,
            database=self.database,
            results=self.results,
            rules=self.rules,
            dials=self.dialling,
            scripts=self.scripts,
            agents=self.rooms.agents,
            lines=self.rooms.lines,
            customers=self.rooms.customers,
        )

    async def evaluations(self) -> list[Evaluation]:
        return list(await EvaluationService(self.database).find())

    async def claimed(self) -> str:
        """A follow-up of a case in the hand of 1001."""
        await self.rooms.furnish()
        await self.rooms.agents.add(Agent(AgentNumber("1001"), "陈静"), CHIEF)
        customer = await self.rooms.customers.add(Customer("刘女士", (CUSTOMER,)), CHIEF)
        conditions = request(
            matter="case:TS1", source=Source.CASE_VERIFIED, case="TS1", customer=customer.id, line="orders"
        )
        requested = await self.requests.make(conditions)
        await self.service.claim(requested.item, candidate("1001"), AGENT)
        return requested.item

    async def talking(self) -> str:
        """The same, answered by the customer."""
        await self.dialled(item := await self.claimed(), answers=True)
        return item

    async def answered(self, item: str, *, solved: str) -> None:
        """The script to its last step, but not ended."""
        await self.calls.begin(ReturnCallId(item), AGENT)
        problem: dict[str, str | int] = {"problem": "还没有退款"}
        steps: list[tuple[str, dict[str, str | int]]] = [
            ("introduction", {"convenient": "yes"}),
            ("experience", {"satisfaction": 2}),
            ("suggestions", {"solved": solved}),
            *([("problem", problem)] if solved == "no" else []),
            ("hotline", {}),
            ("goodbye", {}),
        ]
        for step, answers in steps:
            await self.calls.answer(ReturnCallId(item), AGENT, step, answers)

    async def follow(self, item: str, *, solved: str) -> Evaluation:
        await self.answered(item, solved=solved)
        first, second = (
            await self.calls.finish(ReturnCallId(item), AGENT),
            await self.calls.finish(ReturnCallId(item), AGENT),
        )
        assert first == second
        return first
