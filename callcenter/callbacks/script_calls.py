"""Connects the script to a return call: who may use it, what fills its texts, what its answers lead to (F1, F2, F3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService
from callcenter.callbacks.answers import last_attempt
from callcenter.callbacks.errors import CustomerNotReached, NotYours
from callcenter.callbacks.model import MISSES, Result, State
from callcenter.callbacks.results import Results
from callcenter.callbacks.rows import ReturnCallAttemptRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.service import Dials
from callcenter.callbacks.store import load
from callcenter.customers.model import UnknownCustomer
from callcenter.customers.service import CustomerService
from callcenter.facts import ReturnCallId
from callcenter.followup.conversations.model import Answers, ScriptContext, Session
from callcenter.followup.conversations.service import Conversations
from callcenter.followup.evaluations.model import Evaluation
from callcenter.followup.evaluations.service import evaluation_of
from callcenter.followup.scripts.model import Script
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import LEADERS, Person

DOUBLE_SURNAMES: Final = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 宇文 长孙 司徒 端木 轩辕 南宫 独孤 闻人 申屠".split()
)


def surname_of(name: str) -> str:
    """The surname for the greeting: the first character of a Chinese name (two for a double surname), otherwise the
    last word.
    """
    name = name.strip()
    if not name:
        return ""
    if "\u4e00" <= name[0] <= "\u9fff":
        return name[:2] if name[:2] in DOUBLE_SURNAMES and len(name) > 2 else name[0]
    return name.split()[-1]


class ItemScripts:
    """The script in a return call: read before the dial (F3), answered by a customer, ended with a result."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        results: Results,
        rules: Rulebook,
        dials: Dials,
        scripts: Conversations,
        agents: AgentService,
        lines: LineService,
        customers: CustomerService,
    ) -> None:
        self._settings = settings
        self._database = database
        self._results = results
        self._rules = rules
        self._dials = dials
        self._scripts = scripts
        self._agents = agents
        self._lines = lines
        self._customers = customers

    async def begin(self, item: ReturnCallId, by: Person, language: str | None = None) -> tuple[Script, Session]:
        """Open the script of a return call, or resume it after a dropped call.

        It may be read before the customer answers. Raises NotYours, UnknownReturnCall, UnknownScript.
        """
        context = await self.context(item, by)
        begun = await self._scripts.begin(item, context if language is None else replace(context, language=language))
        return await self._scripts.script_of(item), begun

    async def read(self, item: ReturnCallId, by: Person) -> tuple[Script, Session]:
        """The current state of the conversation. Raises NotYours, UnknownReturnCall, NoConversation."""
        async with self._database.read() as session:
            _check(await load(session, item), by)
        script, result = await self._scripts.script_of(item), await self._scripts.session(item)
        assert result is not None
        return script, result

    async def answer(
        self, item: ReturnCallId, by: Person, step: str, answers: Answers, rev: int | None = None
    ) -> tuple[Script, Session]:
        """Store the customer's answers to a step, during the call or after it.

        The agent who held the return call last may also still write answers: the customer has hung up, the claim may
        have run out, and the answers must not be lost. Raises CustomerNotReached, NotYours, UnknownReturnCall and what
        Conversations.answer raises.
        """
        await self._results.reach(item)
        async with self._database.write() as session:
            await self._conversed(session, item, by)
            answer = await self._scripts.answer(session, item, step, answers, rev)
        return await self._scripts.script_of(item), answer

    async def finish(self, item: ReturnCallId, by: Person, *, broken_off: bool = False) -> Evaluation:
        """End the conversation: the evaluation and the result that follows from it are stored together or not at all.

        Idempotent: the same request returns the same evaluation. Raises AnswersMissing, CustomerNotReached,
        EvaluationContradicts, NoConversation, NotYours, UnknownReturnCall.
        """
        await self._results.reach(item)
        async with self._database.read() as session:
            _check(await load(session, item), by)
        finished = await self._scripts.finished(item)
        if finished is not None:
            return finished
        async with self._database.write() as session:
            row, attempt = await self._conversed(session, item, by)
            agent, call = attempt.agent, attempt.call
            given = await self._scripts.finish(session, item, agent=agent, call=call, broken_off=broken_off)
            evaluation = evaluation_of(given)
            await self._results.answered(session, row, evaluation, by)
        await self._dials.look()
        return evaluation

    async def _conversed(
        self, session: AsyncSession, item: ReturnCallId, by: Person
    ) -> tuple[ReturnCallRow, ReturnCallAttemptRow]:
        """The return call and the dial in which this customer answered. Raises NotYours, CustomerNotReached."""
        row = await load(session, item)
        _check(row, by)
        attempt = await last_attempt(session, item)
        if attempt is None or attempt.answered_at is None or not talked(row.state, attempt.result):
            raise CustomerNotReached("the customer has not answered; answers are theirs", item=row.id)
        return row, attempt

    async def context(self, item: ReturnCallId, by: Person) -> ScriptContext:
        """The values that fill the texts. Raises NotYours, UnknownReturnCall."""
        async with self._database.read() as session:
            row = await load(session, item)
        _check(row, by)
        number = row.agent or by.agent or ""
        name = (await self._agents.agent(number)).name if number else by.name
        language = "en" if (row.language or "").startswith("en") else "zh-CN"
        forms = self._settings.forms
        return ScriptContext(
            company=self._settings.company.get(language, ""),
            centre=forms.centre.get(language, ""),
            surname=surname_of(name),
            agent=number,
            case=row.case or "",
            hotline=await self._hotline(row),
            customer=await self._customer(row),
            language=language,
            phone=row.number,
            customer_id=row.customer or "",
            call=row.result_call or (self._rules.call_of(row.intent) if row.intent else ""),
        )

    async def _hotline(self, row: ReturnCallRow) -> str:
        if self._settings.forms.hotline:
            return self._settings.forms.hotline
        lines = await self._lines.lines()
        line = next((candidate for candidate in lines if candidate.code == row.line and candidate.dids), None)
        line = line or next((candidate for candidate in lines if candidate.dids), None)
        return line.dids[0] if line else ""

    async def _customer(self, row: ReturnCallRow) -> str:
        if row.customer is None:
            return ""
        try:
            return (await self._customers.customer(row.customer)).name
        except UnknownCustomer:
            return ""


def talked(state: str, result: str | None) -> bool:
    """Whether an answered dial was a conversation, by the agent's own statement: a machine answers no script."""
    return state == State.TALKING or result not in (MISSES - {Result.UNSAID})


def _check(row: ReturnCallRow, by: Person) -> None:
    if not by.may(LEADERS) and (row.agent is None or row.agent != by.agent):
        raise NotYours("this return call is held by a colleague or by no one", item=row.id)
