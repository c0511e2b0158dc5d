"""What a return call tells its script: whose it is, and what the texts are filled with (F2, F3)."""

from __future__ import annotations

from typing import Final

from callcenter.agents.service import AgentService
from callcenter.callbacks.errors import NotYours
from callcenter.callbacks.evaluation import Evaluation, result_of
from callcenter.callbacks.model import State
from callcenter.callbacks.reading import Reading
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.callbacks.script import ScriptContext
from callcenter.callbacks.service import CallbackService, Said
from callcenter.customers.model import UnknownCustomer
from callcenter.customers.service import CustomerService
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.web.roles import LEADERS, Person

DOUBLE_SURNAMES: Final = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 宇文 长孙 司徒 端木 轩辕 南宫 独孤 闻人 申屠".split()
)


def surname_of(name: str) -> str:
    """The surname as an agent says it: the first character of a Chinese name (two where it is a double one), else the
    last word.
    """
    name = name.strip()
    if not name:
        return ""
    if "\u4e00" <= name[0] <= "\u9fff":
        return name[:2] if name[:2] in DOUBLE_SURNAMES and len(name) > 2 else name[0]
    return name.split()[-1]


class ItemScripts:
    """The script's view of the return calls."""

    def __init__(
        self, settings: Settings, service: CallbackService, reading: Reading, agents: AgentService, lines: LineService,
        customers: CustomerService,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._service = service
        self._reading = reading
        self._agents = agents
        self._lines = lines
        self._customers = customers

    async def may_read(self, item: str, by: Person) -> None:
        """Whoever has or had it in hand, and leaders. Raises NotYours, UnknownReturnCall."""
        _check(await self._reading.row(item), by)

    async def script_context(self, item: str, by: Person) -> ScriptContext:
        """What the texts are filled with.

        Also whoever had the return call last may still write answers: the customer has hung up, the claim may have
        run out, and what was said must not be lost. Raises NotYours, UnknownReturnCall.
        """
        row = await self._reading.row(item)
        _check(row, by)
        number = row.agent or by.agent or ""
        name = (await self._agents.agent(number)).name if number else by.name
        language = "en" if (row.language or "").startswith("en") else "zh-CN"
        forms = self._settings.forms
        return ScriptContext(
            company=self._settings.company.get(language, ""), centre=forms.centre.get(language, ""),
            surname=surname_of(name), agent=number, case=row.case or "", hotline=await self._hotline(row),
            customer=await self._customer(row), language=language, phone=row.number, customer_id=row.customer or "",
            call=row.result_call or (self._service.rules.call_of(row.intent) if row.intent else ""),
        )  # fmt: skip

    async def evaluated(self, evaluation: Evaluation, by: Person) -> None:
        """The result that follows from the answers, while the call or its afterwork lasts.

        A return call that is not being talked in (closed by now, never dialled by us) keeps what was said of it.
        """
        result, row = result_of(evaluation), await self._reading.row(evaluation.item)
        if result is None or row.state not in (State.DIALLING, State.TALKING):
            return
        notes = "\n".join(text for text in (evaluation.problem, evaluation.notes) if text)
        await self._service.result(row.id, Said(result, notes, evaluation.satisfaction, None, evaluation.id), by)

    async def _hotline(self, row: ReturnCallRow) -> str:
        if self._settings.forms.hotline:
            return self._settings.forms.hotline
        lines = await self._lines.lines()
        line = next((one for one in lines if one.code == row.line and one.dids), None)
        line = line or next((one for one in lines if one.dids), None)
        return line.dids[0] if line else ""

    async def _customer(self, row: ReturnCallRow) -> str:
        if row.customer is None:
            return ""
        try:
            return (await self._customers.customer(row.customer)).name
        except UnknownCustomer:
            return ""


def _check(row: ReturnCallRow, by: Person) -> None:
    if not by.may(LEADERS) and (row.agent is None or row.agent != by.agent):
        raise NotYours("a colleague has this return call, or nobody has", item=row.id)
