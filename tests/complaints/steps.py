"""Takes a case over HTTP as far as a test needs it."""

from __future__ import annotations

import json
from typing import Any

from callcenter.facts import CaseNumber
from callcenter.web.live import Subscription
from tests.complaints.room import ANGRY, CALLER, Room
from tests.support.web_centre import PASSWORD

ANGRY_BODY = {
    "what_happened": ANGRY.what_happened,
    "wanted": ANGRY.wanted,
    "customer_name": ANGRY.customer_name,
    "phone": CALLER,
    "severity": "normal",
    "department": "delivery",
    "product": "酱板鸭",
}


async def opened(room: Room, login: str = "lilei", **more: Any) -> CaseNumber:
    await room.web.sign_in(login)
    status, case, _ = await room.ask("POST", "/cases", {**ANGRY_BODY, **more})
    assert status == 201, case
    return CaseNumber(str(case["number"]))


async def written(room: Room, number: str, **statements: str) -> None:
    for name, text_ in statements.items():
        status, answer, _ = await room.ask("PUT", f"/cases/{number}/statements/{name}", {"text": text_})
        assert status == 200, answer


async def stepped(room: Room, number: str, event: str, login: str, **more: Any) -> Any:
    await room.web.sign_in(login)
    return await room.ask("POST", f"/cases/{number}/steps", {"event": event, **more})


async def handed_to(room: Room, number: str, login: str) -> None:
    """The case in a colleague's hands."""
    status, answer, _ = await room.ask("PUT", f"/cases/{number}/owner", {"owner": room.web.ids[login]})
    assert status == 200, answer


async def verified(room: Room) -> CaseNumber:
    """A complaint that lilei received and hanmei handled, and that only waits for signatures and return call."""
    number = await opened(room)
    await handed_to(room, number, "hanmei")
    await room.web.sign_in("hanmei")
    await written(
        room,
        number,
        findings="仓库温度过高",
        investigation="查了监控",
        proposal="全额退款",
        corrective_action="换冷柜",
        verification="已退款到账",
    )
    for event, login in (
        ("assess", "hanmei"),
        ("investigate", "hanmei"),
        ("propose", "hanmei"),
        ("approve", "supervisor"),
        ("correct", "supervisor"),
        ("verify", "supervisor"),
    ):
        status, answer, _ = await stepped(room, number, event, login)
        assert status == 200, answer
    return number


async def sign(room: Room, number: str, place: str, login: str) -> tuple[int, Any]:
    await room.web.sign_in(login)
    status, answer, _ = await room.ask("POST", f"/cases/{number}/signatures/{place}", {"password": PASSWORD})
    return status, answer


SIGNERS = {"receiver": "lilei", "handler": "hanmei", "centre": "supervisor", "duty_manager": "manager"}


async def signed(room: Room, number: str) -> None:
    """All signatures of a complaint of normal severity."""
    for place, login in SIGNERS.items():
        status, answer = await sign(room, number, place, login)
        assert status == 201, answer


async def deltas(room: Room, client: Subscription) -> list[dict[str, Any]]:
    """What a client of the live feed has been sent about cases since the last look."""
    messages = [json.loads(text) for text in await room.web.feed.following(client)]
    return [message["data"] for message in messages if message["type"] == "delta" and message["kind"] == "case"]


def called_back(number: str, result: str, **more: Any) -> dict[str, Any]:
    base = {
        "case": number,
        "item": "i1",
        "result": result,
        "satisfaction": 5,
        "notes": "",
        "call": None,
        "agent": "1001",
        "evaluation": "e1",
        "at": "2026-11-23T09:00:00Z",
    }
    return base | more
