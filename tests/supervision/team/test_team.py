"""Tests the records of the team: checks, attendance, minutes with actions, replacements, findings of a month."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from callcenter.paper.head import Head
from callcenter.paper.pages import page_of
from callcenter.storage.database import Database
from callcenter.supervision.team.http import routes
from callcenter.supervision.team.model import ActionDraft, RecordKind
from callcenter.supervision.team.papers import TeamPapers
from callcenter.supervision.team.service import TeamRecords
from callcenter.web.roles import Role
from tests.support.rooms import BOSS, Rooms
from tests.support.web_centre import WebCentre, open_web_centre

DAY = "2026-11-27"
SPAN = f"first={DAY}&last={DAY}"


class Centre:
    def __init__(self, web: WebCentre, boss: dict[str, str], agent: dict[str, str]) -> None:
        self.web, self.boss, self.agent = web, boss, agent

    async def post(self, path: str, body: dict[str, Any] | None = None, *, agent: bool = False) -> tuple[int, Any]:
        headers = self.agent if agent else self.boss
        answer = await self.web.client.post(f"/api/v1{path}", json=body, headers=headers)
        return answer.status, await answer.json()

    async def get(self, path: str, *, agent: bool = False) -> tuple[int, Any]:
        answer = await self.web.client.get(f"/api/v1{path}", headers=self.agent if agent else self.boss)
        return answer.status, await answer.json()


async def test_S3_S4_S5_what_is_noted_is_listed_and_what_follows_is_done(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    records = TeamRecords(database, rooms.clock, rooms.audit, rooms.agents.agent)
    async with open_web_centre(database, routes(records)) as web:
        boss, agent = await web.token(Role.SUPERVISOR), await web.token(Role.AGENT)
        centre = Centre(web, boss, agent)

        items = [{"item": "礼貌用语", "passed": True}, {"item": "准备", "passed": False, "note": "耳机坏了"}]
        status, check = await centre.post("/daily-checks", {"day": DAY, "agent": "1001", "items": items})
        assert (status, check["agent"], check["items"][1]["note"]) == (201, "1001", "耳机坏了")
        assert (await centre.post("/daily-checks", {"day": DAY, "agent": "9999", "items": items}))[0] == 404
        assert (await centre.post("/daily-checks", {"day": DAY, "agent": "1001", "items": items}, agent=True))[0] == 403
        listed = (await centre.get(f"/daily-checks?{SPAN}"))[1]["items"]
        assert [(each["agent"], each["by"]) for each in listed] == [("1001", check["by"])]
        assert (await centre.get(f"/daily-checks?{SPAN}", agent=True))[1]["items"] == []

        training = {"day": DAY, "title": "新品", "attended": ["1001"], "absent": ["1002"]}
        assert (await centre.post("/trainings", training))[0] == 201
        assert (await centre.get(f"/trainings?{SPAN}"))[1]["items"][0]["absent"] == ["1002"]

        actions = [
            {"text": "更新话术", "owner": "1001", "due": "2026-12-10"},
            {"text": "修耳机", "owner": "后勤", "due": "2026-12-01"},
        ]
        meeting = {"day": DAY, "title": "周会", "present": ["1001"], "minutes": "讨论投诉", "actions": actions}
        assert (await centre.post("/meetings", meeting))[0] == 201
        used = [{"item": "创可贴", "count": 2, "replace_by": "2026-11-30", "owner": "1002"}, {"item": "纱布"}]
        emergency = {"day": DAY, "title": "烫伤", "what_happened": "茶水", "concerned": ["1002"], "used": used}
        status, noted = await centre.post("/emergencies", emergency)
        assert (status, noted["used"][1], len(noted["actions"])) == (201, {"item": "纱布", "count": 1}, 1)
        without_owner = emergency | {"used": [{"item": "x", "replace_by": "2026-11-30"}]}
        assert (await centre.post("/emergencies", without_owner))[0] == 422

        is_open = (await centre.get("/team-actions"))[1]["items"]
        assert [each["text"] for each in is_open] == ["创可贴 x 2", "修耳机", "更新话术"]
        status, done = await centre.post(f"/team-actions/{is_open[0]['id']}/done")
        assert (status, done["done_by"]) == (200, check["by"])
        status, problem = await centre.post(f"/team-actions/{is_open[0]['id']}/done")
        assert (status, problem["code"]) == (409, "team_action_done")
        assert (await centre.post("/team-actions/none/done"))[0] == 404
        assert len((await centre.get("/team-actions"))[1]["items"]) == 2
        assert (await centre.get(f"/emergencies?{SPAN}"))[1]["items"][0]["actions"][0]["done_by"] == check["by"]

        for day, subject in (("2026-11-01", "包装"), (DAY, "价格"), ("2026-11-30", "包装"), ("2026-12-01", "包装")):
            finding = {"day": day, "subject": subject, "text": f"{subject} {day}"}
            assert (await centre.post("/market-findings", finding, agent=True))[0] == 201
        summary = (await centre.get("/market-findings/summary?month=2026-11"))[1]["items"]
        assert [(each["subject"], each["count"]) for each in summary] == [("包装", 2), ("价格", 1)]
        assert (await centre.get("/market-findings/summary?month=2026-11", agent=True))[0] == 403
        assert (await centre.get("/market-findings/summary?month=2026-13"))[0] == 422


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_S3_S5_minutes_attendance_and_emergencies_are_printed(sqlite_database: Database, language: str) -> None:
    rooms = Rooms(sqlite_database)
    await rooms.furnish("1001", "1002")
    records = TeamRecords(sqlite_database, rooms.clock, rooms.audit, rooms.agents.agent)

    async def names() -> dict[str, str]:
        return {"1001": "王小明", "1002": "李雷"}

    day, task = date(2026, 11, 27), [ActionDraft("换药箱", "1002", date(2026, 11, 30))]
    bodies: dict[RecordKind, dict[str, Any]] = {
        RecordKind.MEETING: {"present": ["1001"], "minutes": "讨论<投诉>"},
        RecordKind.TRAINING: {"trainer": "经理", "attended": ["1001"], "absent": ["1002"], "notes": ""},
        RecordKind.EMERGENCY: {
            "what_happened": "烫伤",
            "measures": "冷水",
            "concerned": ["1002"],
            "used": [{"item": "纱布", "count": 1}],
        },
    }
    papers = TeamPapers(records, Forms(), names)  # type: ignore[arg-type]
    pages = {}
    for kind, body in bodies.items():
        record = await records.add(kind, day, "主题", ["1001", "1002"], body, task, BOSS)
        form = await getattr(papers, kind.value)(record.id, language, BOSS)
        pages[kind] = page_of(form)
    assert "讨论&lt;投诉&gt;" in pages[RecordKind.MEETING]
    assert "换药箱" in pages[RecordKind.MEETING]
    assert pages[RecordKind.TRAINING].count("✓") == 1
    assert "纱布" in pages[RecordKind.EMERGENCY]


class Forms:
    """The head of a form without a press."""

    def head(self, number: str, language: str, by: object) -> Any:
        return Head(number, "湘味到家", language=language)
