"""Fills in the printed forms of the team: minutes, attendance, emergency log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from callcenter.paper.duty.model import EmergencyForm, FormField, FormTable, MeetingForm, TrainingForm
from callcenter.paper.head import Head
from callcenter.paper.service import FormService
from callcenter.supervision.team.model import RecordKind, TeamRecord
from callcenter.supervision.team.service import TeamRecords
from callcenter.web.roles import Person

Names = Callable[[], Awaitable[Mapping[str, str]]]
"""The agents' names by number."""
TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "zh-CN": {
            "day": "日期",
            "title": "主题",
            "present": "到会人员",
            "minutes": "会议内容",
            "actions": "后续事项",
            "action": "事项",
            "owner": "负责人",
            "due": "期限",
            "done": "完成",
            "noted": "记录人",
            "trainer": "讲师",
            "notes": "备注",
            "attendance": "签到",
            "agent": "客服",
            "attended": "到场",
            "signature": "签名",
            "happened": "经过",
            "measures": "处置",
            "concerned": "相关人员",
            "used": "使用物品",
            "item": "物品",
            "count": "数量",
            "replace": "需补充",
        },
        "en": {
            "day": "Date",
            "title": "Subject",
            "present": "Present",
            "minutes": "Minutes",
            "actions": "Actions",
            "action": "Action",
            "owner": "Owner",
            "due": "Due",
            "done": "Done",
            "noted": "Noted by",
            "trainer": "Trainer",
            "notes": "Notes",
            "attendance": "Attendance",
            "agent": "Agent",
            "attended": "Attended",
            "signature": "Signature",
            "happened": "What happened",
            "measures": "Measures",
            "concerned": "People concerned",
            "used": "Used",
            "item": "Item",
            "count": "Count",
            "replace": "To be replaced",
        },
    }
)


class TeamPapers:
    def __init__(self, records: TeamRecords, forms: FormService, names: Names) -> None:
        self._records = records
        self._forms = forms
        self._names = names

    async def meeting(self, id_: str, language: str, by: Person) -> MeetingForm:
        """Raises UnknownTeamRecord."""
        record, t = await self._records.record(RecordKind.MEETING, id_), TEXTS[language]
        fields = (
            FormField(t["day"], record.day.isoformat()),
            FormField(t["title"], record.title),
            FormField(t["present"], await self._people(record.body["present"])),
            FormField(t["minutes"], record.body["minutes"]),
        )
        tables = (_actions(record, t["actions"], t),) if record.actions else ()
        return MeetingForm(self._head("HY", record, language, by), fields, tables, _signed(record, t))

    async def training(self, id_: str, language: str, by: Person) -> TrainingForm:
        """Raises UnknownTeamRecord."""
        record, t = await self._records.record(RecordKind.TRAINING, id_), TEXTS[language]
        names, attended = await self._names(), record.body["attended"]
        rows = tuple(
            (f"{agent} {names.get(agent, '')}".strip(), "✓" if agent in attended else "", "") for agent in record.agents
        )
        fields = (
            FormField(t["day"], record.day.isoformat()),
            FormField(t["title"], record.title),
            FormField(t["trainer"], record.body["trainer"]),
            FormField(t["notes"], record.body["notes"]),
        )
        table = FormTable(t["attendance"], (t["agent"], t["attended"], t["signature"]), rows)
        return TrainingForm(self._head("PX", record, language, by), fields, (table,), _signed(record, t))

    async def emergency(self, id_: str, language: str, by: Person) -> EmergencyForm:
        """Raises UnknownTeamRecord."""
        record, t = await self._records.record(RecordKind.EMERGENCY, id_), TEXTS[language]
        fields = (
            FormField(t["day"], record.day.isoformat()),
            FormField(t["title"], record.title),
            FormField(t["happened"], record.body["what_happened"]),
            FormField(t["measures"], record.body["measures"]),
            FormField(t["concerned"], await self._people(record.body["concerned"])),
        )
        used = tuple((item["item"], str(item["count"])) for item in record.body["used"])
        tables = [FormTable(t["used"], (t["item"], t["count"]), used)] if used else []
        if record.actions:
            tables.append(_actions(record, t["replace"], t))
        return EmergencyForm(self._head("TF", record, language, by), fields, tuple(tables), _signed(record, t))

    def _head(self, letters: str, record: TeamRecord, language: str, by: Person) -> Head:
        return self._forms.head(f"{letters}{record.day:%Y%m%d}-{record.id[:6]}", language, by)

    async def _people(self, agents: list[str]) -> str:
        names = await self._names()
        return "、".join(names.get(agent, agent) for agent in agents)


def _actions(record: TeamRecord, title: str, t: Mapping[str, str]) -> FormTable:
    rows = tuple(
        (each.text, each.owner, each.due.isoformat(), "" if each.done_at is None else each.done_by)
        for each in record.actions
    )
    return FormTable(title, (t["action"], t["owner"], t["due"], t["done"]), rows)


def _signed(record: TeamRecord, t: Mapping[str, str]) -> tuple[FormField, ...]:
    return (FormField(t["noted"], record.by_name), FormField(t["signature"]))
