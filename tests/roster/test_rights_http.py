"""Tests who reads and decides what of the roster over HTTP: the person counts, not only the role."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from callcenter.clock import now
from callcenter.roster.handover.model import LiveFact
from tests.roster.test_changes_http import Floor, floor
from tests.roster.test_day_http import HOUR, on_duty, shift

__all__ = ["floor"]
ILL = "抑郁症复诊"


async def flagged(agent: str, lines: Sequence[str]) -> Sequence[LiveFact]:
    return [LiveFact("flag", "f1", "R1", now()), LiveFact("alarm", "a1", "trunk main", now())]


async def text_of(floor: Floor, login: str, path: str) -> tuple[int, str]:
    answer = await floor.clients[login][0].get(f"/api/v1{path}")
    return answer.status, await answer.text()


async def test_H3_flags_about_an_agent_are_not_read_by_colleagues_through_the_log(floor: Floor) -> None:
    """`/flags` shows an agent their own alone; the handover log showed those of every colleague."""
    floor.centre.contributions.roster.handovers.prefill.append(flagged)
    await on_duty(floor, shift("1001", now() - HOUR, now() + HOUR))
    log = await floor.done("lilei", "POST", "/handovers")
    for state in ("draft", "offered"):
        assert log["state"] == state
        for login, kinds in (("lilei", True), ("boss", True), ("hanmei", False), ("zhuli", False)):
            read = await floor.done(login, "GET", f"/handovers/{log['id']}")
            facts = {fact["kind"] for fact in read["facts"]}
            assert ("flag" in facts, "alarm" in facts) == (kinds, True), login
            status, form = await text_of(floor, login, f"/handovers/{log['id']}/form.html?language=en")
            assert (status, ">R1<" in form) == (200, kinds), login
        if state == "draft":
            log = await floor.done("lilei", "POST", f"/handovers/{log['id']}/offer")


async def test_H1_why_a_leader_let_an_agent_go_is_not_read_by_colleagues(floor: Floor) -> None:
    await on_duty(floor, shift("1001", now() - HOUR, now() + HOUR))
    released = await floor.done("boss", "POST", "/handovers/releases", {"agent": "1001", "reason": ILL})
    assert released["remark"] == ILL
    for login, sees in (("lilei", True), ("boss", True), ("hanmei", False), ("zhuli", False)):
        for path in ("/handovers", f"/handovers/{released['id']}", f"/handovers/{released['id']}/form.html"):
            status, text = await text_of(floor, login, path)
            assert (status, ILL in text) == (200, sees), (login, path)


async def test_D4_a_reason_of_leave_is_read_by_its_agent_and_leaders_alone(floor: Floor) -> None:
    """A sick leave names an illness: neither a colleague nor the assistant who plans reads it."""
    span = {"starts_at": (now() + HOUR).isoformat(), "ends_at": (now() + 9 * HOUR).isoformat()}
    leave = (await floor.done("lilei", "POST", "/leaves", {"kind": "sick", "reason": ILL, **span}))["id"]
    paths = ["/leaves", f"/leaves/{leave}", f"/leaves/{leave}/form.html"]
    for login in ("hanmei", "zhuli"):
        for path in paths:
            status, text = await text_of(floor, login, path)
            assert ILL not in text, (login, path)
            assert status == (200 if path == "/leaves" else 404)
        assert (await floor.ask(login, "GET", f"/leaves/{leave}/effect"))[0] == 403
    await floor.done("boss", "POST", f"/leaves/{leave}/approve", {"despite_shortage": True, "reason": "批准"})
    await on_duty(floor, shift("1002", now() - HOUR, now() + HOUR))
    log = await floor.done("hanmei", "POST", "/handovers")
    assert [fact["ref"] for fact in log["facts"] if fact["kind"] == "leave"] == ["1001"]
    assert ILL not in str(log)
    assert "sick" not in str(log)


@pytest.mark.parametrize("login", ["hanmei", "zhuli"])
async def test_D3_D4_D7_neither_a_colleague_nor_the_assistant_decides(floor: Floor, login: str) -> None:
    span = {"starts_at": (now() + HOUR).isoformat(), "ends_at": (now() + 9 * HOUR).isoformat()}
    leave = (await floor.done("lilei", "POST", "/leaves", {"kind": "annual", "reason": "探亲", **span}))["id"]
    number = await floor.shift("1001", 12 * HOUR, 20 * HOUR)
    extra = {"agent": "1001", "line": "orders", "reason": "忙"}
    other = {"starts_at": (now() + 30 * HOUR).isoformat(), "ends_at": (now() + 32 * HOUR).isoformat()}
    overtime = (await floor.done("boss", "POST", "/overtime", extra | other))["id"]
    swap = (await floor.done("lilei", "POST", "/swaps", {"shift": number, "colleague": "1002"}))["id"]
    await floor.done("hanmei", "POST", f"/swaps/{swap}/agree", {})
    for path in (
        *(f"/leaves/{leave}/{step}" for step in ("approve", "refuse", "cancel", "withdraw")),
        *(f"/swaps/{swap}/{step}" for step in ("approve", "refuse")),
        *(f"/overtime/{overtime}/{step}" for step in ("agree", "approve", "cancel")),
    ):
        assert (await floor.ask(login, "POST", path, {"reason": "我来批"}))[0] in (403, 404), path
    assert (await floor.ask(login, "POST", "/handovers/releases", {"agent": "1001", "reason": "走吧"}))[0] == 403
    assert (await floor.ask(login, "POST", "/leaves", {"agent": "1001", "kind": "sick", "reason": "x", **other}))[
        0
    ] == 403
    for path in ("/adherence/now", "/ledger?agent=1001", "/attendance?agent=1001", f"/overtime/{overtime}"):
        status, answer = await floor.ask(login, "GET", path)
        assert status in (403, 404) or answer["items"] == [], path
    assert (await floor.ask(login, "DELETE", "/agents/1001/roster-calendar"))[0] == 403
    assert (await floor.done("boss", "GET", f"/leaves/{leave}"))["state"] == "requested"
