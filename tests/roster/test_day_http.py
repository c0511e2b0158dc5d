"""Tests the day over HTTP on the joined centre: breaks in turn, handover, attendance and the ledger."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from callcenter.clock import now
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.model import Shift
from callcenter.roster.rows import HandoverRow, ShiftRow
from tests.roster.test_changes_http import Floor, floor

__all__ = ["floor"]
HOUR = timedelta(hours=1)


def shift(agent: str, starts_at: datetime, ends_at: datetime) -> Shift:
    return Shift(AgentNumber(agent), LineCode("orders"), starts_at, ends_at)


async def on_duty(floor: Floor, *shifts: Shift) -> None:
    """Shifts that have begun, also such as the API no longer takes."""
    async with floor.centre.database.write() as session:
        for shift in shifts:
            session.add(ShiftRow(agent=shift.agent, line=shift.line, starts_at=shift.starts_at, ends_at=shift.ends_at))


async def test_D5_D6_a_pause_waits_its_turn_with_place_time_and_reason(floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, *(shift(agent, start, start + 9 * HOUR) for agent in ("1001", "1002")))
    for login, agent in (("lilei", "1001"), ("hanmei", "1002")):
        await floor.done(login, "POST", f"/agents/{agent}/presence/sign-in", {})
    breaks = floor.centre.contributions.roster.breaks
    await floor.done("lilei", "POST", "/agents/1001/presence/pause", {"reason": "meal"})
    await breaks.once()
    status, problem = await floor.ask("hanmei", "POST", "/agents/1002/presence/pause", {"reason": "break"})
    assert (status, problem["code"]) == (409, "break_must_wait")
    assert "orders" in problem["detail"]
    assert "{" not in problem["detail"]
    (waiting,) = (await floor.done("hanmei", "GET", "/breaks?open=true"))["items"]
    (gone,) = (await floor.done("lilei", "GET", "/breaks?open=true"))["items"]
    assert (waiting["state"], waiting["place"], waiting["expected_at"]) == ("waiting", 1, gone["until"])
    lack = {"line": "orders", "left": 0, "required": 1, "last": True, "skill": None, "level": None}
    assert (waiting["lack"], gone["lack"]) == (lack, None)
    status, problem = await floor.ask("boss", "POST", f"/breaks/{waiting['id']}/grant", {"despite_shortage": True})
    assert (status, problem["code"]) == (409, "last_agent")
    assert "{" not in problem["detail"]
    assert (await floor.ask("hanmei", "POST", f"/breaks/{waiting['id']}/grant", {}))[0] == 403
    refused = await floor.done("boss", "POST", f"/breaks/{waiting['id']}/refuse", {"reason": "高峰"})
    assert (refused["state"], refused["decided_by"], refused["decided_reason"]) == ("withdrawn", "boss", "高峰")
    status, problem = await floor.ask("hanmei", "POST", f"/breaks/{gone['id']}/extend", {"minutes": 5, "reason": "x"})
    assert status == 403
    await floor.done("boss", "POST", f"/breaks/{gone['id']}/extend", {"minutes": 5, "reason": "排队"})
    await floor.done("lilei", "POST", "/agents/1001/presence/resume", {})
    await breaks.once()
    await floor.done("hanmei", "POST", "/agents/1002/presence/pause", {"reason": "break"})
    await breaks.once()
    states = [(item["agent"], item["state"]) for item in (await floor.done("boss", "GET", "/breaks"))["items"]]
    assert states == [("1002", "taken"), ("1002", "withdrawn"), ("1001", "ended")]


async def test_H1_H3_the_sign_out_waits_for_the_relief_over_http(floor: Floor) -> None:
    start = now() - 8 * HOUR
    await on_duty(
        floor,
        shift("1001", start, start + 8 * HOUR),
        shift("1002", start + 8 * HOUR, start + 16 * HOUR),
    )
    await floor.done("lilei", "POST", "/agents/1001/presence/sign-in", {})
    status, problem = await floor.ask("lilei", "PUT", "/agents/1001/presence", {"state": "signed_out"})
    assert (status, problem["code"]) == (409, "relief_not_arrived")
    assert "1002" in problem["detail"]
    news = {"title": "腊肉涨价", "body": "每斤两元", "kind": "news"}
    await floor.done("boss", "POST", "/announcements", news)
    log = await floor.done("lilei", "POST", "/handovers")
    assert [fact["text"] for fact in log["facts"] if fact["kind"] == "announcement"] == ["腊肉涨价"]
    item = {"kind": "equipment", "text": "二号耳机坏了"}
    await floor.done("lilei", "POST", f"/handovers/{log['id']}/items", item)
    await floor.done("lilei", "POST", f"/handovers/{log['id']}/offer")
    assert (await floor.done("hanmei", "GET", f"/handovers/{log['id']}"))["may_sign"] is False
    status, problem = await floor.ask("hanmei", "POST", f"/handovers/{log['id']}/sign", {})
    assert (status, problem["code"]) == (403, "not_the_relief")
    await floor.done("hanmei", "POST", "/agents/1002/presence/sign-in", {})
    may = {
        login: (await floor.done(login, "GET", f"/handovers/{log['id']}"))["may_sign"] for login in ("lilei", "boss")
    }
    assert may == {"lilei": False, "boss": False}
    assert (await floor.done("hanmei", "GET", f"/handovers/{log['id']}"))["may_sign"] is True
    signed = await floor.done("hanmei", "POST", f"/handovers/{log['id']}/sign", {"remark": "已看"})
    assert signed["may_sign"] is False
    assert (signed["state"], signed["relief"]) == ("signed", "1002")
    await floor.done("lilei", "PUT", "/agents/1001/presence", {"state": "signed_out"})
    following = await floor.done("hanmei", "POST", "/handovers")
    assert [entry["text"] for entry in following["items"]] == ["二号耳机坏了"]
    closed = await floor.done(
        "hanmei", "POST", f"/handovers/items/{following['items'][0]['id']}/close", {"reason": "已换新"}
    )
    assert closed["closed_reason"] == "已换新"
    assert (await floor.done("hanmei", "GET", f"/handovers/{following['id']}"))["items"][0]["closed_by"] == "hanmei"
    listed = (await floor.done("boss", "GET", "/handovers?state=signed"))["items"]
    assert [entry["id"] for entry in listed] == [log["id"]]


async def test_H1_a_leader_lets_an_agent_go_over_http(floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, shift("1001", start, start + 8 * HOUR))
    await floor.done("lilei", "POST", "/agents/1001/presence/sign-in", {})
    assert (await floor.ask("lilei", "POST", "/agents/1001/presence/sign-out", {}))[0] == 409
    body = {"agent": "1001", "reason": "身体不适"}
    assert (await floor.ask("lilei", "POST", "/handovers/releases", body))[0] == 403
    assert (await floor.done("boss", "POST", "/handovers/releases", body))["state"] == "released"
    await floor.done("lilei", "POST", "/agents/1001/presence/sign-out", {})


async def test_D3_D4_D7_an_absence_is_seen_proposed_decided_and_disputed_over_http(floor: Floor) -> None:
    start = now() - 2 * HOUR
    await on_duty(floor, shift("1001", start, start + 8 * HOUR))
    room = floor.centre.contributions
    await room.roster.attendance.once()
    await room.ledger.collect()
    (finding,) = (await floor.done("lilei", "GET", "/attendance"))["items"]
    assert (finding["kind"], finding["lines"]) == ("absent", ["orders"])
    assert (await floor.done("hanmei", "GET", "/attendance"))["items"] == []
    (entry,) = (await floor.done("boss", "GET", "/ledger?state=proposed"))["items"]
    assert (entry["kind"], entry["clause"], entry["proposed"]) == ("absent", "D4", 3000)
    assert (await floor.ask("hanmei", "GET", f"/ledger/{entry['id']}"))[0] == 404
    path = f"/ledger/{entry['id']}"
    assert (await floor.ask("lilei", "POST", f"{path}/confirm", {"reason": "x"}))[0] == 403
    decided = await floor.done("boss", "POST", f"{path}/confirm", {"reason": "未请假", "amount": 2000})
    assert decided["amount"] == 2000
    await floor.done("lilei", "POST", f"{path}/dispute", {"reason": "已打电话请假"})
    for step in ("settle", "annul"):
        status, problem = await floor.ask("boss", "POST", f"{path}/{step}", {"reason": "维持"})
        assert (status, problem["code"]) == (403, "ledger_same_person")
    # Leaders see whose dispute it is not to settle; the agent reads the name in the history, and no id of a person.
    boss = (await floor.centre.web_services.people.living_login("boss")).person
    (listed,) = (await floor.done("boss", "GET", "/ledger"))["items"]
    assert [listed["confirmed_by"], decided["confirmed_by"], entry["confirmed_by"]] == [boss.id, boss.id, None]
    mine = await floor.done("lilei", "GET", path)
    assert (mine["confirmed_by"], [step["by_name"] for step in mine["steps"]][1]) == (None, boss.name)
    assert boss.id not in str(mine)
    month = await floor.done("boss", "GET", f"/ledger/months/{entry['month']}")
    assert (month["undecided"], month["closed_at"], month["totals"]) == (1, None, {})
    assert (await floor.ask("boss", "GET", "/ledger/months/2026-13"))[0] == 422
    body = {"kind": "rude_complaint", "agent": "1001", "at": start.isoformat(), "case": "TS1", "reason": "投诉属实"}
    assert (await floor.done("boss", "POST", "/ledger", body))["facts"] == {"case": "TS1"}
    assert (await floor.ask("boss", "POST", "/ledger", body | {"agent": "9999"}))[0] == 404


async def test_H4_the_printed_log_states_how_long_each_line_was_below_its_minimum(floor: Floor) -> None:
    """Empty before the change of shift is over, then the seconds, and "unknown" where the history has a gap."""
    start = now() - 8 * HOUR
    await on_duty(floor, shift("1001", start, start + 8 * HOUR), shift("1002", start + 8 * HOUR, start + 16 * HOUR))
    for login, agent in (("lilei", "1001"), ("hanmei", "1002")):
        await floor.done(login, "POST", f"/agents/{agent}/presence/sign-in", {})
    log = (await floor.done("lilei", "POST", "/handovers"))["id"]
    await floor.done("lilei", "POST", f"/handovers/{log}/offer")
    await floor.done("hanmei", "POST", f"/handovers/{log}/sign", {"remark": "看过了"})

    async def minimum_in_print() -> str:
        client, _ = floor.clients["boss"]
        form = await (await client.get(f"/api/v1/handovers/{log}/form.html?language=en")).text()
        words = re.sub(r"<[^>]+>", " ", form)
        printed = re.search(r"Seconds below the minimum \(H4\)\s+(.*?)\s+Remark", words, re.S)
        assert printed is not None
        assert ("1002 hanmei (orders)" in words, "看过了" in words) == (True, True)
        return printed[1].strip()

    assert await minimum_in_print() == ""
    await floor.done("lilei", "PUT", "/agents/1001/presence", {"state": "signed_out"})
    await floor.centre.contributions.roster.measures.once()
    assert await minimum_in_print() == "0"
    for seconds, by_line, text in (
        (360.0, {"orders": 0.0, "vip": 360.0}, "360 (orders 0, vip 360)"),
        (None, None, "unknown"),
    ):
        async with floor.centre.database.write() as session:
            row = await session.get_one(HandoverRow, log)
            row.below_seconds, row.below_by_line = seconds, by_line
        assert await minimum_in_print() == text
