"""A case over HTTP, from the first apology to the archive, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.complaints.attachments import EvidenceItem
from callcenter.complaints.errors import BadCase
from callcenter.complaints.model import Event, Facts, State
from callcenter.storage.database import Database
from tests.complaints.room import ANGRY, CALLER, Room, a_call, enquiry, open_room
from tests.web.house import PASSWORD

ANGRY_BODY = {
    "what_happened": ANGRY.what_happened, "wanted": ANGRY.wanted, "customer_name": ANGRY.customer_name,
    "phone": CALLER, "severity": "normal", "department": "delivery", "product": "酱板鸭",
}  # fmt: skip
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 100


@pytest_asyncio.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


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


async def test_K3_a_complaint_is_carried_to_the_archive_and_the_customer_is_called_back_first(room: Room) -> None:
    number = await verified(room)
    [wanted] = await room.payloads("return_call_wanted")
    assert (wanted["source"], wanted["matter"], wanted["number"]) == ("case_verified", f"case:{number}", CALLER)
    assert "退款" in wanted["reason"]
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    case = await room.cases.case(number)
    assert (case.state, case.confirmed, case.satisfaction) == (State.CLOSED, True, 5)
    status, shown, _ = await stepped(room, number, "archive", "supervisor")
    assert (status, shown["state"]) == (200, "archived")
    assert await room.cases.verify() == (1, None)
    steps = await room.cases.steps(number)
    assert [one.state for one in steps][-3:] == ["called_back", "closed", "archived"]
    assert all(one.left_at is not None for one in steps[:-1])


async def test_F2_a_problem_told_in_the_return_call_sends_the_case_back_and_is_told_once(room: Room) -> None:
    number = await verified(room)
    for _ in range(2):
        await room.complaints.works["case_called_back"](called_back(number, "problem", notes="还没收到钱"))
    case = await room.cases.case(number)
    assert case.state is State.INVESTIGATING
    told = [one for one in await room.cases.history(number) if one.action == "called_back"]
    assert len(told) == 1
    assert "还没收到钱" in told[0].facts


async def test_F1_nobody_but_a_supervisor_closes_a_case_that_the_customer_has_not_confirmed(room: Room) -> None:
    number = await verified(room)
    assert (await stepped(room, number, "call_back", "lilei"))[0] == 200
    status, problem, _ = await stepped(room, number, "close", "lilei")
    assert (status, problem["code"]) == (409, "case_not_confirmed")
    assert (await stepped(room, number, "close", "supervisor"))[0] == 200


async def test_K4_a_grave_case_is_approved_by_the_manager_and_not_below(room: Room) -> None:
    number = await opened(room, severity="serious")
    await written(room, number, investigation="x", proposal="y")
    for event in ("assess", "investigate", "propose"):
        await stepped(room, number, event, "lilei")
    status, problem, _ = await stepped(room, number, "approve", "supervisor")
    assert (status, problem["code"], problem["facts"]["needs"]) == (403, "case_not_your_step", "manager")
    assert (await stepped(room, number, "approve", "manager"))[0] == 200


async def test_K7_in_a_closed_case_nothing_changes_and_a_correction_is_a_new_entry(room: Room) -> None:
    number = await verified(room)
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    await room.desk.sign_in("supervisor")
    before = await room.cases.case(number)
    for method, path, body in (
        ("PUT", "", ANGRY_BODY), ("PUT", "/statements/findings", {"text": "别的"}),
        ("POST", "/questions", {"text": "?", "responsible": "x", "due_at": "2026-12-01T00:00:00Z"}),
    ):  # fmt: skip
        status, problem, _ = await room.ask(method, f"/cases/{number}{path}", body)
        assert (status, problem["code"]) == (409, "case_closed")
    assert (await room.ask("POST", f"/cases/{number}/remarks", {"text": "日期应为11月22日"}))[0] in (201, 204)
    assert await room.cases.case(number) == before
    assert (await room.cases.history(number))[-1].action == "remarked"
    assert await room.cases.verify(number) == (1, None)


async def test_K7_a_row_that_is_changed_in_the_database_is_found_by_one_command(room: Room, database: Database) -> None:
    number = await opened(room)
    async with database.write() as session:
        await session.execute(text("UPDATE complaint_case SET what_happened = 'nothing'"))
    looked, broken = await room.cases.verify()
    assert (looked, broken is not None and broken.case) == (1, number)


async def test_the_second_of_two_people_who_edit_is_told_and_nothing_is_overwritten(room: Room) -> None:
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
    await room.desk.sign_in("lilei")
    numbers = {
        (await room.ask("POST", "/cases", ANGRY_BODY, **{"Idempotency-Key": "k1"}))[1]["number"] for _ in range(2)
    }
    assert len(numbers) == 1


async def test_numbers_have_no_gap_even_when_a_case_is_refused_and_many_open_at_once(room: Room) -> None:
    by = await room.person("lilei")

    async def one(place: int) -> str | None:
        try:
            return (await room.cases.open(Facts(what_happened="" if place % 4 == 0 else f"第{place}件"), by)).number
        except BadCase:
            return None

    found = sorted(filter(None, await asyncio.gather(*(one(place) for place in range(24)))))
    assert found == [f"TS20261123-{place:04d}" for place in range(1, 19)]


async def test_a_new_day_begins_with_one_at_midnight_of_the_centre(room: Room) -> None:
    by = await room.person("lilei")
    room.desk.time.now = room.desk.time.now.replace(hour=15, minute=59)
    assert (await room.cases.open(ANGRY, by)).number == "TS20261123-0001"
    room.desk.time.pass_by(minutes=2)
    assert (await room.cases.open(ANGRY, by)).number == "TS20261124-0001"


async def test_an_agent_who_is_not_on_the_case_sees_the_number_in_part_and_may_not_change_it(room: Room) -> None:
    number = await opened(room)
    await room.desk.sign_in("hanmei")
    _, shown, _ = await room.ask("GET", f"/cases/{number}")
    assert shown["phone"] == "138****8000"
    status, problem, _ = await room.ask("PUT", f"/cases/{number}", ANGRY_BODY)
    assert (status, problem["code"]) == (403, "case_not_your_step")
    _, page, _ = await room.ask("GET", f"/cases?phone={CALLER}")
    assert page["items"] == []


async def test_merged_duplicates_leave_every_call_on_the_case_that_goes_on(room: Room) -> None:
    first, second = await opened(room), await opened(room)
    for place, number in ((1, first), (2, second)):
        await room.calls.keep([a_call(f"pbx1-{place}.1")])
        await room.complaints.attachments.attach_call(number, f"pbx1-{place}.1", None)
    status, shown, _ = await stepped(room, second, "merge", "supervisor", into=first, reason="同一件事")
    assert (status, shown["state"], shown["merged_into"]) == (200, "merged", first)
    held = {one.ref for one in await room.complaints.attachments.of(first)}
    assert held == {"pbx1-1.1", "pbx1-2.1"}
    told = await room.payloads("case_holds_call")
    assert {(one["call"], "until" in one) for one in told if one["case"] == first} == {
        ("pbx1-1.1", False),
        ("pbx1-2.1", False),
    }
    assert await room.cases.verify() == (2, None)
    assert (await stepped(room, first, "merge", "supervisor", into=first, reason="x"))[1]["code"] == "bad_case"


async def test_a_case_takes_the_call_it_came_by_and_its_evidence_when_that_is_ready(room: Room) -> None:
    await room.calls.keep([a_call(ended=False)])
    call = "pbx1-1795448173.47"
    room.evidence.items[call] = [EvidenceItem("recording", "r1", "a" * 64, room.desk.time.now)]
    number = await opened(room, call=call, phone="")
    case = await room.cases.case(number)
    assert case.facts.phone == CALLER
    assert [one["case"] for one in await room.payloads("case_holds_call")] == [number]
    _, shown, _ = await room.ask("GET", f"/cases/{number}/attachments")
    assert ({one["kind"] for one in shown["attachments"]}, shown["transcripts"]) == ({"call", "recording"}, "none")
    assert [one["sha256"] for one in shown["attachments"] if one["kind"] == "call"] == [None]
    await room.complaints.attachments.pin([a_call()])
    await room.complaints.works["transcript_ready"](
        {"transcript": "t1", "call": call, "sha256": "b" * 64, "language": "zh"}
    )
    _, shown, _ = await room.ask("GET", f"/cases/{number}/attachments")
    assert shown["transcripts"] == "some"
    assert all(one["sha256"] for one in shown["attachments"])
    _, offered, _ = await room.ask("GET", f"/cases/offered?call={call}")
    assert [one["number"] for one in offered["items"]] == [number]
    assert await room.cases.of_calls([call]) == {call: [number]}


async def test_recordings_are_held_while_the_case_is_open_and_for_a_time_after(room: Room) -> None:
    await room.calls.keep([a_call()])
    number = await opened(room, call="pbx1-1795448173.47")
    (first,) = await room.payloads("case_holds_call")
    assert "until" not in first
    assert (await stepped(room, number, "withdraw", "supervisor", reason="客户撤诉"))[0] == 200
    (over,) = await room.payloads("case_holds_call")
    closed = (await room.cases.case(number)).closed_at
    assert closed is not None
    assert datetime.fromisoformat(over["until"]) == closed + timedelta(days=1095)
    assert (await stepped(room, number, "reopen", "supervisor", reason="又有新情况"))[0] == 200
    (again,) = await room.payloads("case_holds_call")
    assert "until" not in again
    assert first["serial"] < over["serial"] < again["serial"]


async def test_a_photo_is_taken_and_given_back_and_nothing_else_is(room: Room) -> None:
    number = await opened(room)
    client, proof = room.desk.client, room.desk.proof
    url = f"/api/v1/cases/{number}/files?name=..%2F..%2Fetc%2Fpasswd%0d%0a.jpg"
    answer = await client.post(url, data=JPEG, headers=proof)
    kept = await answer.json()
    assert (answer.status, kept["title"], kept["media"]) == (201, "passwd  .jpg", "image/jpeg")
    back = await client.get(f"/api/v1/cases/{number}/files/{kept['id']}")
    assert (await back.read(), back.headers["X-Content-Type-Options"]) == (JPEG, "nosniff")
    assert back.headers["Content-Disposition"].startswith("attachment")
    for data in (b"<script>alert(1)</script>", b"MZ" + b"0" * 50, b"", JPEG + b"0" * 200_000):
        refused = await client.post(f"/api/v1/cases/{number}/files", data=data, headers=proof)
        assert (await refused.json())["code"] in ("case_file_refused", "body_missing")
    assert len(await room.complaints.attachments.of(number)) == 1


@pytest.mark.parametrize(
    "words", ["<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "'; DROP TABLE x; --", "😀" * 500]
)
async def test_what_callers_say_is_kept_as_it_was_said(room: Room, words: str) -> None:
    number = await opened(room, what_happened=words, customer_name=words[:100])
    assert (await room.cases.case(number)).facts.what_happened == words


async def test_a_megabyte_of_words_is_refused_with_a_code(room: Room) -> None:
    await room.desk.sign_in("lilei")
    status, problem, _ = await room.ask("POST", "/cases", {**ANGRY_BODY, "what_happened": "长" * 150_000})
    assert status in (413, 422)
    assert problem["code"]


# --- signatures ---


async def test_K1_signatures_are_given_in_order_with_the_password_and_a_later_edit_voids_them(room: Room) -> None:
    number = await opened(room)
    status, problem, _ = await room.ask("POST", f"/cases/{number}/signatures/centre", {"password": PASSWORD})
    assert (status, problem["code"]) == (409, "signature_not_your_turn")
    status, problem, _ = await room.ask("POST", f"/cases/{number}/signatures/receiver", {"password": "wrong"})
    assert (status, problem["code"]) == (401, "wrong_login")
    for place in ("receiver", "handler"):
        assert (await room.ask("POST", f"/cases/{number}/signatures/{place}", {"password": PASSWORD}))[0] == 201
    status, problem, _ = await room.ask("POST", f"/cases/{number}/signatures/centre", {"password": PASSWORD})
    assert (status, problem["code"]) == (403, "signature_not_your_place")
    await room.desk.sign_in("supervisor")
    assert (await room.ask("POST", f"/cases/{number}/signatures/centre", {"password": PASSWORD}))[0] == 201
    await written(room, number, findings="其实是运输问题")
    _, shown, _ = await room.ask("GET", f"/cases/{number}/signatures")
    assert {one["place"]: one["holds"] for one in shown["signatures"]} == {
        "receiver": True, "handler": False, "centre": False
    }  # fmt: skip
    assert shown["next"] == "handler"
    assert await room.cases.verify() == (1, None)


async def test_K1_a_signature_is_refused_with_a_reason_and_the_case_goes_back(room: Room) -> None:
    number = await opened(room)
    await written(room, number, investigation="x")
    for event in ("assess", "investigate", "propose"):
        await stepped(room, number, event, "lilei")
    for place in ("receiver", "handler"):
        await room.ask("POST", f"/cases/{number}/signatures/{place}", {"password": PASSWORD})
    await room.desk.sign_in("supervisor")
    body = {"password": PASSWORD, "reason": "证据不足", "goal": "investigating"}
    status, shown, _ = await room.ask("POST", f"/cases/{number}/signatures/centre/return", body)
    assert (status, shown["state"]) == (200, "investigating")
    _, signatures, _ = await room.ask("GET", f"/cases/{number}/signatures")
    assert (signatures["signatures"][-1]["verdict"], signatures["next"]) == ("returned", "centre")


async def test_a_supervisor_signs_for_the_manager_only_while_no_manager_is_there(room: Room) -> None:
    number = await opened(room)
    for place in ("receiver", "handler"):
        await room.ask("POST", f"/cases/{number}/signatures/{place}", {"password": PASSWORD})
    await room.desk.sign_in("supervisor")
    await room.ask("POST", f"/cases/{number}/signatures/centre", {"password": PASSWORD})
    await room.desk.sign_in("manager")
    await room.desk.sign_in("supervisor")
    path = f"/cases/{number}/signatures/duty_manager"
    assert (await room.ask("POST", path, {"password": PASSWORD}))[0] == 403
    account = await room.desk.house.people.by_login("manager")
    assert account is not None
    await room.desk.house.people.sign_out_everywhere(account.person.id)
    assert (await room.ask("POST", path, {"password": PASSWORD}))[0] == 201


# --- questions and referrals ---


async def test_W3_an_answer_that_is_in_is_told_to_the_customer_by_a_return_call(room: Room) -> None:
    by, boss = await room.person("lilei"), await room.person("supervisor")
    case = await room.cases.open(enquiry(), by)
    due = room.desk.time.now + timedelta(hours=4)
    await room.desk.sign_in("lilei")
    status, question, _ = await room.ask(
        "POST", f"/cases/{case.number}/questions",
        {"text": "春节送货吗", "responsible": boss.id, "due_at": due.isoformat(), "promised_at": due.isoformat()},
    )  # fmt: skip
    assert status == 201
    await room.desk.sign_in("hanmei")
    assert (await room.ask("POST", f"/questions/{question['id']}/answer", {"text": "送"}))[0] == 403
    await room.desk.sign_in("supervisor")
    _, mine, _ = await room.ask("GET", "/questions")
    assert [one["id"] for one in mine["items"]] == [question["id"]]
    _, shown, _ = await room.ask("POST", f"/questions/{question['id']}/answer", {"text": "初一到初三不送"})
    assert shown["state"] == "answered"
    [wanted] = await room.payloads("return_call_wanted")
    assert (wanted["source"], wanted["reason"]) == ("answer_ready", "初一到初三不送")
    status, problem, _ = await room.ask("POST", f"/questions/{question['id']}/answer", {"text": "又"})
    assert (status, problem["code"]) == (409, "question_already_answered")
    await room.complaints.works["case_called_back"](called_back(case.number, "answered"))
    assert (await room.cases.case(case.number)).state is State.CLOSED


async def test_K8_an_outside_body_its_deadline_and_every_answer_are_on_the_case(room: Room) -> None:
    number = await opened(room, channel="outside_body")
    body = {"body": "长沙市消费者委员会", "reference": "12315-88", "text": "请于五日内答复",
            "received_at": "2026-11-23T02:00:00Z", "due_at": "2026-11-28T02:00:00Z"}  # fmt: skip
    status, referral, _ = await room.ask("POST", f"/cases/{number}/referrals", body)
    assert status == 201
    for words in ("已受理", "已退款"):
        path = f"/cases/{number}/referrals/{referral['id']}/answer"
        assert (await room.ask("POST", path, {"text": words}))[0] == 200
    answers = [one.facts for one in await room.cases.history(number) if one.action == "answered_body"]
    assert ["已受理" in answers[0], "已退款" in answers[1]] == [True, True]
    wrong = {**body, "due_at": "2026-11-01T00:00:00Z"}
    assert (await room.ask("POST", f"/cases/{number}/referrals", wrong))[1]["code"] == "bad_case"


async def test_a_problem_without_a_case_becomes_one_and_only_one(room: Room) -> None:
    payload = {"kind": "complaint", "call": None, "customer": None, "number": CALLER, "text": "又漏气了",
               "agent": "1001", "item": "i9"}  # fmt: skip
    for _ in range(2):
        await room.complaints.works["case_wanted"](payload)
    [case] = await room.cases.offered([], [CALLER])
    assert case.facts.what_happened == "又漏气了"


async def test_a_withdrawn_case_wants_a_reason_and_may_come_back(room: Room) -> None:
    number = await opened(room)
    assert (await stepped(room, number, "withdraw", "lilei"))[1]["code"] == "case_reason_missing"
    assert (await stepped(room, number, "withdraw", "lilei", reason="客户撤诉"))[1]["state"] == "withdrawn"
    assert (await stepped(room, number, "reopen", "lilei", reason="客户又来电"))[1]["state"] == "received"
    with pytest.raises(Exception, match="not possible"):
        await room.cases.step(number, Event.ARCHIVE, await room.person("supervisor"))


async def test_departments_are_kept_by_managers(room: Room) -> None:
    await room.desk.sign_in("manager")
    body = {"code": "delivery", "name": "配送部", "manager": room.desk.ids["manager"]}
    assert (await room.ask("PUT", "/departments/delivery", body))[0] == 200
    assert (await room.ask("PUT", "/departments/delivery", {**body, "manager": "nobody"}))[0] == 404
    await room.desk.sign_in("lilei")
    _, page, _ = await room.ask("GET", "/departments")
    assert [one["name"] for one in page["items"]] == ["配送部"]
    assert (await room.ask("PUT", "/departments/delivery", body))[0] == 403
