"""Tests that everything a case refers to exists, and whose case it is (W5, K6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.complaints.model import Facts
from callcenter.customers.model import Customer
from callcenter.customers.service import CustomerService
from tests.complaints.room import CALLER, Room, a_call
from tests.complaints.steps import opened

CALL = "pbx1-1795448173.47"


async def a_file(room: Room, number: str = CALLER) -> str:
    customers = CustomerService(room.web.database, room.web.time, room.web.web_services.audit)
    return (await customers.add(Customer("王芳", (number,)), None)).id


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("owner", "no_such_person"),
        ("department", "department_not_found"),
        ("agent", "unknown_agent"),
        ("line", "unknown_line"),
        ("customer", "unknown_customer"),
    ],
)
async def test_a_case_that_names_what_does_not_exist_is_refused(room: Room, field: str, code: str) -> None:
    await room.web.sign_in("lilei")
    body = {"what_happened": "漏气", field: "nothing"}
    status, problem, _ = await room.ask("POST", "/cases", body)
    assert (status, problem["code"]) == (404, code)
    number = await opened(room, department="kitchen")
    if field != "owner":
        status, problem, _ = await room.ask("PATCH", f"/cases/{number}", {field: "nothing"})
        assert (status, problem["code"]) == (404, code)
    assert (await room.cases.case(number)).number == "TS20261123-0001"


@pytest.mark.parametrize("body", [{"owner": "nobody"}, {"watchers": ["nobody"]}])
async def test_an_owner_and_a_watcher_are_people_who_may_sign_in(room: Room, body: dict[str, object]) -> None:
    number = await opened(room)
    status, problem, _ = await room.ask("PUT", f"/cases/{number}/owner", body)
    assert (status, problem["code"]) == (404, "no_such_person")
    gone = room.web.ids["hanmei"]
    await room.web.web_services.people.change(
        gone, name="x", roles=(await room.person("hanmei")).roles, agent=None, active=False
    )
    status, problem, _ = await room.ask("PUT", f"/cases/{number}/owner", {"owner": gone})
    assert (status, problem["code"]) == (404, "no_such_person")


async def test_W3_the_responsible_person_of_a_question_exists(room: Room) -> None:
    number = await opened(room)
    body = {"text": "春节送货吗", "responsible": "nobody", "due_at": "2026-12-01T00:00:00Z"}
    status, problem, _ = await room.ask("POST", f"/cases/{number}/questions", body)
    assert (status, problem["code"]) == (404, "no_such_person")


async def test_K2_a_department_answers_by_people_who_may_sign_in(room: Room) -> None:
    gone = room.web.ids["hanmei"]
    await room.web.web_services.people.change(
        gone, name="x", roles=(await room.person("hanmei")).roles, agent=None, active=False
    )
    await room.web.sign_in("manager")
    for person in (gone, "nobody"):
        body = {"code": "delivery", "name": "配送部", "manager": person}
        status, problem, _ = await room.ask("PUT", "/departments/delivery", body)
        assert (status, problem["code"]) == (404, "no_such_person")


async def test_a_department_that_is_no_more_stays_on_old_cases_and_takes_no_new_ones(room: Room) -> None:
    number = await opened(room, department="kitchen")
    await room.web.sign_in("manager")
    await room.ask("PATCH", "/departments/kitchen", {"active": False})
    assert (await room.ask("PATCH", f"/cases/{number}", {"wanted": "退款"}))[0] == 200
    status, problem, _ = await room.ask("POST", "/cases", {"what_happened": "x", "department": "kitchen"})
    assert (status, problem["code"]) == (404, "department_not_found")


async def test_W1_a_case_opened_from_a_call_takes_its_line_agent_number_and_file(room: Room) -> None:
    file = await a_file(room)
    await room.calls.keep([a_call()])
    await room.web.sign_in("lilei")
    status, case, _ = await room.ask("POST", "/cases", {"what_happened": "漏气", "call": CALL})
    assert status == 201
    taken = {name: case[name] for name in ("line", "agent", "phone", "customer", "customer_name")}
    assert taken == {"line": "after_sales", "agent": "1001", "phone": CALLER, "customer": file, "customer_name": "王芳"}
    _, other, _ = await room.ask("POST", "/cases", {"what_happened": "漏气", "call": CALL, "agent": "1002"})
    assert other["agent"] == "1002"
    _, hidden, _ = await room.ask("POST", "/cases", {"what_happened": "漏气", "call": CALL, "anonymous": True})
    assert (hidden["customer"], hidden["customer_name"]) == (None, "")


@pytest.mark.parametrize("spelling", [CALLER, "+86 138 0013 8000", "0086-13800138000", "138-0013-8000"])
async def test_W5_a_phone_of_a_known_file_links_the_case_to_it_in_any_spelling(room: Room, spelling: str) -> None:
    file = await a_file(room)
    number = await opened(room, phone=spelling)
    assert (await room.cases.case(number)).facts.customer == file
    later = await opened(room, phone="13900139000")
    assert (await room.cases.case(later)).facts.customer is None
    _, case, _ = await room.ask("PATCH", f"/cases/{later}", {"phone": spelling})
    assert case["customer"] == file


async def test_W5_by_command_and_by_a_return_call_a_case_is_linked_as_well(room: Room) -> None:
    file = await a_file(room)
    case = await room.opening.open(Facts(what_happened="x", phone=CALLER), None)
    assert case.facts.customer == file
    conditions = {"kind": "complaint", "call": None, "customer": None, "number": CALLER, "text": "又漏气了"}
    conditions |= {"agent": "1001", "item": "i1"}
    await room.complaints.works["case_wanted"](conditions)
    await room.complaints.works["case_wanted"]({**conditions, "customer": "erased", "item": "i2"})
    result = [entry.facts.customer for entry in await room.queries.offered([file], [])]
    assert result == [file] * 3
    received = {entry.received_by for entry in await room.queries.offered([file], [])}
    assert received == {"system", room.web.ids["lilei"]}


async def test_a_case_written_before_with_an_unknown_department_is_edited_all_the_same(room: Room) -> None:
    number = await opened(room)
    case = await room.cases.case(number)
    await room.complaints.departments.put(
        replace(await room.complaints.departments.department("delivery"), active=False), None
    )
    by = await room.person("lilei")
    written = await room.cases.write(number, replace(case.facts, wanted="换货"), by)
    assert (written.facts.department, written.facts.wanted) == ("delivery", "换货")


async def test_a_case_is_opened_from_the_call_just_answered_before_its_answer_is_stored(room: Room) -> None:
    call = a_call(ended=False)
    await room.calls.keep([replace(call, agent=None, answered_at=None)])
    await room.web.sign_in("lilei")
    body = {"what_happened": "漏气", "call": call.id}
    status, problem, _ = await room.ask("POST", "/cases", body)
    assert (status, problem["code"]) == (403, "not_your_call")
    room.live[call.id] = call
    assert (await room.ask("POST", "/cases", body))[0] == 201
