"""Tests a case over HTTP, from the first apology to the archive, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from callcenter.complaints.errors import BadCase
from callcenter.complaints.model import Event, Facts, State
from callcenter.facts import CaseNumber
from callcenter.storage.database import Database
from tests.complaints.room import ANGRY, CALLER, Room, enquiry
from tests.complaints.steps import ANGRY_BODY, called_back, deltas, opened, signed, stepped, verified, written


async def test_K3_a_complaint_is_carried_to_the_archive_and_the_customer_is_called_back_first(room: Room) -> None:
    number = await verified(room)
    await signed(room, number)
    [request] = await room.payloads("return_call_wanted")
    assert (request["source"], request["matter"], request["number"]) == ("case_verified", f"case:{number}", CALLER)
    assert "退款" in request["reason"]
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    case = await room.cases.case(number)
    assert (case.state, case.confirmed, case.satisfaction) == (State.CLOSED, True, 5)
    status, answer, _ = await stepped(room, number, "archive", "supervisor")
    assert (status, answer["state"]) == (200, "archived")
    assert await room.verify() == (1, None)
    steps = await room.queries.steps(number)
    assert [step.state for step in steps][-3:] == ["called_back", "closed", "archived"]
    assert all(step.left_at is not None for step in steps[:-1])


async def test_F2_a_problem_reported_in_the_return_call_sends_the_case_back_once(room: Room) -> None:
    number = await verified(room)
    for _ in range(2):
        await room.complaints.works["case_called_back"](called_back(number, "problem", notes="还没收到钱"))
    case = await room.cases.case(number)
    assert case.state is State.INVESTIGATING
    entries = [entry for entry in await room.queries.history(number) if entry.action == "called_back"]
    assert len(entries) == 1
    assert "还没收到钱" in entries[0].facts


async def test_F1_only_a_supervisor_closes_a_case_that_the_customer_has_not_confirmed(room: Room) -> None:
    number = await verified(room)
    why = {"reason": "客户已当面确认"}
    status, problem, _ = await stepped(room, number, "call_back", "lilei", **why)
    assert (status, problem["code"], problem["facts"]["needs"]) == (403, "case_not_your_step", "supervisor")
    status, problem, _ = await stepped(room, number, "call_back", "supervisor")
    assert (status, problem["code"]) == (422, "case_reason_missing")
    assert (await stepped(room, number, "call_back", "supervisor", **why))[0] == 200
    assert (await room.cases.case(number)).confirmed is None
    status, problem, _ = await stepped(room, number, "close", "lilei", **why)
    assert (status, problem["code"]) == (409, "case_not_confirmed")
    status, problem, _ = await stepped(room, number, "close", "supervisor")
    assert (status, problem["code"]) == (422, "case_reason_missing")
    assert await room.payloads("return_call_not_wanted") == []
    await signed(room, number)
    assert (await stepped(room, number, "close", "supervisor", **why))[0] == 200
    [gone] = await room.payloads("return_call_not_wanted")
    assert (gone["case"], gone["reason"]) == (number, "客户已当面确认")


@pytest.mark.parametrize("signed_before", [True, False])
async def test_F1_a_confirmation_after_a_call_back_by_hand_still_reaches_the_case(
    room: Room, signed_before: bool
) -> None:
    number = await verified(room)
    await stepped(room, number, "call_back", "supervisor", reason="客户已来电")
    if signed_before:
        await signed(room, number)
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    case = await room.cases.case(number)
    state = State.CLOSED if signed_before else State.CALLED_BACK
    assert (case.state, case.confirmed, case.satisfaction) == (state, True, 5)
    if not signed_before:
        await signed(room, number)
        assert (await room.cases.case(number)).state is State.CLOSED
    assert (await room.verify(number))[1] is None


async def test_F2_a_problem_after_a_call_back_by_hand_sends_the_case_back(room: Room) -> None:
    number = await verified(room)
    await stepped(room, number, "call_back", "supervisor", reason="客户已来电")
    await room.complaints.works["case_called_back"](called_back(number, "problem", notes="又坏了"))
    assert (await room.cases.case(number)).state is State.INVESTIGATING


@pytest.mark.parametrize("result", ["refused", "answered", "withdrawn"])
async def test_F1_what_a_customer_did_not_confirm_is_not_confirmed(room: Room, result: str) -> None:
    number = await verified(room)
    await room.complaints.works["case_called_back"](called_back(number, result, satisfaction=None))
    case = await room.cases.case(number)
    state = State.VERIFIED if result == "withdrawn" else State.CALLED_BACK
    assert (case.state, case.confirmed) == (state, None)


async def test_F1_a_customer_who_cannot_be_reached_has_confirmed_nothing(room: Room) -> None:
    number = await verified(room)
    await signed(room, number)
    payload = called_back(number, "unreachable_signed", satisfaction=None, notes="三天三次")
    await room.complaints.works["case_called_back"](payload)
    case = await room.cases.case(number)
    assert (case.state, case.confirmed) == (State.CLOSED, None)
    assert "三天三次" in (await room.queries.history(number))[-1].facts


async def test_F2_a_case_that_is_taken_up_again_is_no_longer_confirmed(room: Room) -> None:
    number = await verified(room)
    await signed(room, number)
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    await room.complaints.works["case_called_back"](called_back(number, "problem", item="i2", notes="又坏了"))
    case = await room.cases.case(number)
    assert (case.state, case.confirmed, case.satisfaction) == (State.INVESTIGATING, None, None)


@pytest.mark.parametrize(("event", "more"), [("withdraw", {}), ("return", {"goal": "investigating"})])
async def test_F1_a_case_that_moves_on_cancels_its_return_call(room: Room, event: str, more: dict[str, str]) -> None:
    number = await verified(room)
    assert (await stepped(room, number, event, "supervisor", reason="弄错了", **more))[0] == 200
    assert [gone["reason"] for gone in await room.payloads("return_call_not_wanted")] == ["弄错了"]


async def test_K4_a_grave_case_is_approved_by_the_manager_and_not_below(room: Room) -> None:
    number = await opened(room, severity="serious")
    await written(room, number, investigation="x", proposal="y")
    for event in ("assess", "investigate", "propose"):
        await stepped(room, number, event, "lilei")
    status, problem, _ = await stepped(room, number, "approve", "supervisor")
    assert (status, problem["code"], problem["facts"]["needs"]) == (403, "case_not_your_step", "manager")
    assert (await stepped(room, number, "approve", "manager"))[0] == 200


async def test_K4_a_severity_is_lowered_with_a_reason_by_the_level_that_it_had(room: Room) -> None:
    number = await opened(room, severity="serious")

    async def put(login: str, **more: str) -> tuple[int, str]:
        await room.web.sign_in(login)
        _, _, headers = await room.ask("GET", f"/cases/{number}")
        body = {**ANGRY_BODY, "severity": "minor", **more}
        status, answer, _ = await room.ask("PUT", f"/cases/{number}", body, **{"If-Match": headers["ETag"]})
        return status, answer.get("code") or answer["severity"]

    assert await put("lilei", reason="误判") == (403, "case_not_your_step")
    assert await put("supervisor", reason="误判") == (403, "case_not_your_step")
    assert await put("manager") == (422, "case_reason_missing")
    assert await put("manager", reason="误判") == (200, "minor")
    assert '"reason":"误判"' in (await room.queries.history(number))[-1].facts
    assert await put("lilei", severity="critical") == (200, "critical")


async def test_K4_a_case_that_becomes_critical_is_notified_to_supervisor_manager_and_leader_at_once(room: Room) -> None:
    client = room.web.feed.join(await room.person("supervisor"))
    opened_so = await opened(room, severity="critical")
    later = await opened(room)
    _, _, headers = await room.ask("GET", f"/cases/{later}")
    body = {**ANGRY_BODY, "severity": "critical"}
    assert (await room.ask("PUT", f"/cases/{later}", body, **{"If-Match": headers["ETag"]}))[0] == 200
    alarms = [delta for delta in await deltas(room, client) if delta.get("reminder") == "critical"]
    assert [(alarm["number"], alarm["levels"]) for alarm in alarms] == [
        (number, ["supervisor", "manager", "leader"]) for number in (opened_so, later)
    ]
    assert [entry.action for entry in await room.queries.history(later)][-1] == "escalated"
    _, page, _ = await room.ask("GET", "/cases?escalated=true")
    assert {entry["number"] for entry in page["items"]} == {opened_so, later}
    assert await room.verify() == (2, None)


async def test_K7_in_a_closed_case_nothing_changes_and_a_correction_is_a_new_entry(room: Room) -> None:
    number = await verified(room)
    await signed(room, number)
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    await room.web.sign_in("supervisor")
    before = await room.cases.case(number)
    for method, path, body in (
        ("PUT", "", ANGRY_BODY),
        ("PUT", "/statements/findings", {"text": "别的"}),
        ("POST", "/questions", {"text": "?", "responsible": "x", "due_at": "2026-12-01T00:00:00Z"}),
    ):
        status, problem, _ = await room.ask(method, f"/cases/{number}{path}", body)
        assert (status, problem["code"]) == (409, "case_closed")
    assert (await room.ask("POST", f"/cases/{number}/remarks", {"text": "日期应为11月22日"}))[0] in (201, 204)
    assert await room.cases.case(number) == before
    assert (await room.queries.history(number))[-1].action == "remarked"
    assert await room.verify(number) == (1, None)


async def test_K7_a_row_that_is_changed_in_the_database_is_found_by_one_command(room: Room, database: Database) -> None:
    number = await opened(room)
    async with database.write() as session:
        await session.execute(text("UPDATE complaint_case SET what_happened = 'nothing'"))
    looked, broken = await room.verify()
    assert (looked, broken is not None and broken.case) == (1, number)


async def test_the_second_of_two_concurrent_editors_is_refused_and_nothing_is_overwritten(room: Room) -> None:
    number = await opened(room)
    _, _, headers = await room.ask("GET", f"/cases/{number}")
    seen = headers["ETag"]
    mine = {**ANGRY_BODY, "wanted": "换货"}
    assert (await room.ask("PUT", f"/cases/{number}", mine, **{"If-Match": seen}))[0] == 200
    status, problem, _ = await room.ask(
        "PUT", f"/cases/{number}", {**ANGRY_BODY, "wanted": "赔偿"}, **{"If-Match": seen}
    )
    assert (status, problem["code"]) == (412, "changed_meanwhile")
    assert (await room.cases.case(number)).facts.wanted == "换货"


async def test_a_case_opened_twice_with_one_key_is_one_case(room: Room) -> None:
    await room.web.sign_in("lilei")
    numbers = {
        (await room.ask("POST", "/cases", ANGRY_BODY, **{"Idempotency-Key": "k1"}))[1]["number"] for _ in range(2)
    }
    assert len(numbers) == 1


async def test_numbers_have_no_gap_even_when_a_case_is_refused_and_many_open_at_once(room: Room) -> None:
    by = await room.person("lilei")

    async def open_case(place: int) -> CaseNumber | None:
        try:
            return (await room.opening.open(Facts(what_happened="" if place % 4 == 0 else f"第{place}件"), by)).number
        except BadCase:
            return None

    result = sorted(filter(None, await asyncio.gather(*(open_case(place) for place in range(24)))))
    assert result == [f"TS20261123-{place:04d}" for place in range(1, 19)]


async def test_a_new_day_begins_with_one_at_midnight_of_the_centre(room: Room) -> None:
    by = await room.person("lilei")
    room.web.time.now = room.web.time.now.replace(hour=15, minute=59)
    assert (await room.opening.open(ANGRY, by)).number == "TS20261123-0001"
    room.web.time.pass_by(minutes=2)
    assert (await room.opening.open(ANGRY, by)).number == "TS20261124-0001"


async def test_an_agent_who_is_not_on_the_case_sees_the_number_in_part_and_may_not_change_it(room: Room) -> None:
    number = await opened(room)
    await room.web.sign_in("hanmei")
    _, case, _ = await room.ask("GET", f"/cases/{number}")
    assert case["phone"] == "138****8000"
    status, problem, _ = await room.ask("PUT", f"/cases/{number}", ANGRY_BODY)
    assert (status, problem["code"]) == (403, "case_not_your_step")
    status, problem, _ = await room.ask("GET", f"/cases?phone={CALLER}")
    assert (status, problem["code"]) == (403, "number_search_refused")


@pytest.mark.parametrize(
    "words", ["<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "'; DROP TABLE x; --", "😀" * 500]
)
async def test_a_callers_text_is_stored_unchanged(room: Room, words: str) -> None:
    number = await opened(room, what_happened=words, customer_name=words[:100])
    assert (await room.cases.case(number)).facts.what_happened == words


async def test_a_megabyte_of_words_is_refused_with_a_code(room: Room) -> None:
    await room.web.sign_in("lilei")
    status, problem, _ = await room.ask("POST", "/cases", {**ANGRY_BODY, "what_happened": "长" * 150_000})
    assert status in (413, 422)
    assert problem["code"]


# --- signatures ---


async def test_W3_an_answer_reaches_the_customer_by_a_return_call(room: Room) -> None:
    by, boss = await room.person("lilei"), await room.person("supervisor")
    case = await room.opening.open(enquiry(), by)
    due = room.web.time.now + timedelta(hours=4)
    await room.web.sign_in("lilei")
    status, question, _ = await room.ask(
        "POST",
        f"/cases/{case.number}/questions",
        {"text": "春节送货吗", "responsible": boss.id, "due_at": due.isoformat(), "promised_at": due.isoformat()},
    )
    assert status == 201
    await room.web.sign_in("hanmei")
    assert (await room.ask("POST", f"/questions/{question['id']}/answer", {"text": "送"}))[0] == 403
    await room.web.sign_in("supervisor")
    _, mine, _ = await room.ask("GET", "/questions")
    assert [entry["id"] for entry in mine["items"]] == [question["id"]]
    _, question_row, _ = await room.ask("POST", f"/questions/{question['id']}/answer", {"text": "初一到初三不送"})
    assert question_row["state"] == "answered"
    [request] = await room.payloads("return_call_wanted")
    assert (request["source"], request["reason"]) == ("answer_ready", "初一到初三不送")
    status, problem, _ = await room.ask("POST", f"/questions/{question['id']}/answer", {"text": "又"})
    assert (status, problem["code"]) == (409, "question_already_answered")
    await room.complaints.works["case_called_back"](called_back(case.number, "answered"))
    assert (await room.cases.case(case.number)).state is State.CLOSED


@pytest.mark.parametrize("field", ["due_at", "promised_at"])
@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=1), timedelta(days=400)])
async def test_W2_a_question_is_due_and_promised_in_the_future(room: Room, field: str, late: timedelta) -> None:
    number, boss, now = await opened(room), await room.person("supervisor"), room.web.time.now
    soon = (now + timedelta(hours=4)).isoformat()
    body = {"text": "春节送货吗", "responsible": boss.id, "due_at": soon, "promised_at": soon}
    path = f"/cases/{number}/questions"
    status, problem, _ = await room.ask("POST", path, {**body, field: (now - late).isoformat()})
    assert (status, problem["code"], problem["facts"]["field"]) == (422, "bad_case", field)
    assert (await room.ask("GET", path))[1]["items"] == []
    assert (await room.ask("POST", path, body))[0] == 201


async def test_K8_an_outside_body_its_deadline_and_every_answer_are_on_the_case(room: Room) -> None:
    number = await opened(room, channel="outside_body")
    body = {
        "body": "长沙市消费者委员会",
        "reference": "12315-88",
        "text": "请于五日内答复",
        "received_at": "2026-11-23T02:00:00Z",
        "due_at": "2026-11-28T02:00:00Z",
    }
    status, referral, _ = await room.ask("POST", f"/cases/{number}/referrals", body)
    assert status == 201
    for words in ("已受理", "已退款"):
        path = f"/cases/{number}/referrals/{referral['id']}/answer"
        assert (await room.ask("POST", path, {"text": words}))[0] == 200
    answers = [entry.facts for entry in await room.queries.history(number) if entry.action == "answered_body"]
    assert ["已受理" in answers[0], "已退款" in answers[1]] == [True, True]
    wrong = {**body, "due_at": "2026-11-01T00:00:00Z"}
    assert (await room.ask("POST", f"/cases/{number}/referrals", wrong))[1]["code"] == "bad_case"


async def test_a_problem_without_a_case_becomes_one_and_only_one(room: Room) -> None:
    payload = {
        "kind": "complaint",
        "call": None,
        "customer": None,
        "number": CALLER,
        "text": "又漏气了",
        "agent": "1001",
        "item": "i9",
    }
    for _ in range(2):
        await room.complaints.works["case_wanted"](payload)
    [case] = await room.queries.offered([], [CALLER])
    assert case.facts.what_happened == "又漏气了"


async def test_withdrawing_a_case_needs_a_reason_and_can_be_undone(room: Room) -> None:
    number = await opened(room)
    assert (await stepped(room, number, "withdraw", "supervisor"))[1]["code"] == "case_reason_missing"
    for event, reached in (("withdraw", "withdrawn"), ("reopen", "received")):
        status, problem, _ = await stepped(room, number, event, "lilei", reason="客户撤诉")
        assert (status, problem["code"], problem["facts"]["needs"]) == (403, "case_not_your_step", "supervisor")
        assert (await stepped(room, number, event, "supervisor", reason="客户撤诉"))[1]["state"] == reached
    with pytest.raises(Exception, match="not possible"):
        await room.cases.step(number, Event.ARCHIVE, await room.person("supervisor"))


async def test_departments_are_kept_by_managers(room: Room) -> None:
    await room.web.sign_in("manager")
    body = {"code": "delivery", "name": "配送部", "manager": room.web.ids["manager"]}
    assert (await room.ask("PUT", "/departments/delivery", body))[0] == 200
    assert (await room.ask("PUT", "/departments/delivery", {**body, "manager": "nobody"}))[0] == 404
    await room.web.sign_in("lilei")
    _, page, _ = await room.ask("GET", "/departments")
    assert [entry["name"] for entry in page["items"]] == ["配送部", "厨房"]
    assert (await room.ask("PUT", "/departments/delivery", body))[0] == 403
