"""A case carried on over HTTP, as far as a test wants it."""

from __future__ import annotations

from typing import Any

from tests.complaints.room import ANGRY, CALLER, Room

ANGRY_BODY = {
    "what_happened": ANGRY.what_happened, "wanted": ANGRY.wanted, "customer_name": ANGRY.customer_name,
    "phone": CALLER, "severity": "normal", "department": "delivery", "product": "酱板鸭",
}  # fmt: skip


async def opened(room: Room, login: str = "lilei", **more: Any) -> str:
    await room.desk.sign_in(login)
    status, case, _ = await room.ask("POST", "/cases", {**ANGRY_BODY, **more})
    assert status == 201, case
    return str(case["number"])


async def written(room: Room, number: str, **statements: str) -> None:
    for name, text_ in statements.items():
        status, answer, _ = await room.ask("PUT", f"/cases/{number}/statements/{name}", {"text": text_})
        assert status == 200, answer


async def stepped(room: Room, number: str, event: str, login: str, **more: Any) -> Any:
    await room.desk.sign_in(login)
    return await room.ask("POST", f"/cases/{number}/steps", {"event": event, **more})


async def verified(room: Room) -> str:
    """A complaint that only waits for its return call."""
    number = await opened(room)
    await written(room, number, findings="仓库温度过高", investigation="查了监控", proposal="全额退款",
                  corrective_action="换冷柜", verification="已退款到账")  # fmt: skip
    for event, login in (
        ("assess", "lilei"), ("investigate", "lilei"), ("propose", "lilei"), ("approve", "supervisor"),
        ("correct", "supervisor"), ("verify", "supervisor"),
    ):  # fmt: skip
        status, answer, _ = await stepped(room, number, event, login)
        assert status == 200, answer
    return number


def called_back(number: str, result: str, **more: Any) -> dict[str, Any]:
    base = {"case": number, "item": "i1", "result": result, "satisfaction": 5, "notes": "", "call": None,
            "agent": "1001", "evaluation": "e1", "at": "2026-11-23T09:00:00Z"}  # fmt: skip
    return base | more
