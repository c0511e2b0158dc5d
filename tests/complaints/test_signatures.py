"""Tests the chain of signatures over HTTP (K1)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from callcenter.agents.service import AgentService
from callcenter.complaints.model import Event, State
from callcenter.complaints.notifier import CaseNow
from callcenter.complaints.papers.service import CaseForms, CasePaper
from callcenter.complaints.signatures import model as signing
from callcenter.complaints.signatures.model import Place
from callcenter.facts import CaseNumber
from callcenter.paper.pages import page_of
from callcenter.paper.room import open_forms
from callcenter.settings import ComplaintSettings, Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.complaints.room import Room, enquiry, open_room
from tests.complaints.steps import (
    SIGNERS,
    called_back,
    deltas,
    handed_to,
    opened,
    sign,
    signed,
    stepped,
    verified,
    written,
)
from tests.support.web_centre import PASSWORD


async def test_K1_signatures_are_given_in_order_with_the_password_and_a_later_edit_voids_them(room: Room) -> None:
    number = await opened(room)
    status, problem, _ = await room.ask("POST", f"/cases/{number}/signatures/centre", {"password": PASSWORD})
    assert (status, problem["code"]) == (409, "signature_not_your_turn")
    status, problem, _ = await room.ask("POST", f"/cases/{number}/signatures/receiver", {"password": "wrong"})
    assert (status, problem["code"]) == (401, "wrong_login")
    assert (await sign(room, number, "receiver", "lilei"))[0] == 201
    status, problem = await sign(room, number, "handler", "lilei")
    assert (status, problem["code"], problem["facts"]["held"]) == (409, "signature_second_place", "receiver")
    await handed_to(room, number, "hanmei")
    assert (await sign(room, number, "handler", "hanmei"))[0] == 201
    status, problem, _ = await room.ask("POST", f"/cases/{number}/signatures/centre", {"password": PASSWORD})
    assert (status, problem["code"]) == (403, "signature_not_your_place")
    await room.web.sign_in("supervisor")
    assert (await room.ask("POST", f"/cases/{number}/signatures/centre", {"password": PASSWORD}))[0] == 201
    await written(room, number, findings="其实是运输问题")
    _, case, _ = await room.ask("GET", f"/cases/{number}/signatures")
    assert {entry["place"]: entry["holds"] for entry in case["signatures"]} == {
        "receiver": True,
        "handler": False,
        "centre": False,
    }
    assert case["next"] == "handler"
    assert await room.verify() == (1, None)


async def test_K1_a_signature_is_refused_with_a_reason_and_the_case_goes_back(room: Room) -> None:
    number = await opened(room)
    await written(room, number, investigation="x")
    for event in ("assess", "investigate", "propose"):
        await stepped(room, number, event, "lilei")
    await sign(room, number, "receiver", "lilei")
    await handed_to(room, number, "hanmei")
    await sign(room, number, "handler", "hanmei")
    await room.web.sign_in("supervisor")
    body = {"password": PASSWORD, "reason": "证据不足", "goal": "investigating"}
    status, case, _ = await room.ask("POST", f"/cases/{number}/signatures/centre/return", body)
    assert (status, case["state"]) == (200, "investigating")
    _, signatures, _ = await room.ask("GET", f"/cases/{number}/signatures")
    assert (signatures["signatures"][-1]["verdict"], signatures["next"]) == ("returned", "centre")


async def up_to_the_centre(room: Room, **more: str) -> CaseNumber:
    """A complaint whose receiver, handler and centre have signed."""
    number = await opened(room, **more)
    await handed_to(room, number, "hanmei")
    for place, login in (("receiver", "lilei"), ("handler", "hanmei"), ("centre", "supervisor")):
        status, answer = await sign(room, number, place, login)
        assert status == 201, answer
    return number


async def on_duty(room: Room, login: str) -> str:
    """This person is the duty manager by the roster, for the next eight hours."""
    now = room.web.time.now
    body = {
        "person": room.web.ids[login],
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=8)).isoformat(),
    }
    await room.web.sign_in("manager")
    status, answer, _ = await room.ask("POST", "/duty-managers", body)
    assert status == 201, answer
    return str(answer["id"])


async def test_K1_the_duty_manager_of_the_roster_signs_and_the_manager_only_in_their_absence(room: Room) -> None:
    second = await room.web.web_services.people.add("zhou", "周敏", PASSWORD, frozenset({Role.SUPERVISOR}))
    room.web.ids["zhou"] = second.person.id
    number = await up_to_the_centre(room)
    status, problem = await sign(room, number, "duty_manager", "zhou")
    assert (status, problem["code"]) == (403, "signature_not_your_place")
    duty = await on_duty(room, "zhou")
    assert (await sign(room, number, "duty_manager", "manager"))[0] == 403
    status, signed = await sign(room, number, "duty_manager", "zhou")
    assert (status, signed["signatures"][-1]["role"], signed["next"]) == (201, "supervisor", None)
    other = await up_to_the_centre(room)
    await room.web.sign_in("manager")
    assert (await room.ask("DELETE", f"/duty-managers/{duty}"))[0] == 204
    assert (await sign(room, other, "duty_manager", "zhou"))[0] == 403
    assert (await sign(room, other, "duty_manager", "manager"))[0] == 201


async def test_K1_a_duty_manager_who_signed_for_the_centre_leaves_the_place_to_the_manager(room: Room) -> None:
    number = await up_to_the_centre(room)
    await on_duty(room, "supervisor")
    status, problem = await sign(room, number, "duty_manager", "supervisor")
    assert (status, problem["code"]) == (409, "signature_second_place")
    assert (await sign(room, number, "duty_manager", "manager"))[0] == 201


async def test_K1_neither_a_leaders_session_nor_its_absence_opens_the_leaders_place(room: Room) -> None:
    number = await up_to_the_centre(room, severity="serious")
    second = await room.web.web_services.people.add("chief", "副经理", PASSWORD, frozenset({Role.MANAGER}))
    assert (await sign(room, number, "duty_manager", "manager"))[0] == 201
    assert (await sign(room, number, "leader", "chief"))[0] == 403
    now = room.web.time.now
    body = {
        "absent": (await room.person("leader")).id,
        "to": second.person.id,
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(days=3)).isoformat(),
        "reason": "出差",
    }
    for login in ("manager", "chief", "boss"):
        await room.web.sign_in(login)
        status, problem, _ = await room.ask("POST", "/signature-delegations", body)
        assert (status, problem["code"]) == (403, "delegation_not_yours")
    await room.web.sign_in("leader")
    assert (await room.ask("POST", "/signature-delegations", body))[0] == 201
    status, signed = await sign(room, number, "leader", "chief")
    assert (status, signed["signatures"][-1]["instead_of"], signed["next"]) == (201, "部门领导", None)
    assert await room.verify() == (1, None)


async def test_K1_no_one_signs_under_a_delegation_that_has_ended(room: Room) -> None:
    number, now = await opened(room), room.web.time.now
    body = {
        "absent": room.web.ids["lilei"],
        "to": room.web.ids["hanmei"],
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
        "reason": "病假",
    }
    await room.web.sign_in("supervisor")
    _, delegation, _ = await room.ask("POST", "/signature-delegations", body)
    assert (await sign(room, number, "receiver", "hanmei"))[0] == 201
    second = await opened(room)
    await room.web.sign_in("supervisor")
    assert (await room.ask("DELETE", f"/signature-delegations/{delegation['id']}"))[0] == 204
    assert (await sign(room, second, "receiver", "hanmei"))[0] == 403
    _, left, _ = await room.ask("GET", "/signature-delegations")
    assert left["items"] == []


async def test_only_managers_put_themselves_on_duty_and_there_is_one_duty_manager(room: Room) -> None:
    now = room.web.time.now
    body = {
        "person": room.web.ids["supervisor"],
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=8)).isoformat(),
    }

    async def refused(login: str, **other: str) -> str:
        await room.web.sign_in(login)
        status, problem, _ = await room.ask("POST", "/duty-managers", {**body, **other})
        assert status >= 400, problem
        return str(problem["code"])

    assert await refused("supervisor") == "own_duty"
    assert await refused("lilei") == "forbidden"
    assert await refused("manager", person=room.web.ids["lilei"]) == "not_a_duty_manager"
    assert await refused("manager", person="nobody") == "no_such_person"
    assert await refused("manager", ends_at=now.isoformat()) == "shift_ends_before_start"
    earlier = (now - timedelta(hours=9)).isoformat()
    assert await refused("manager", starts_at=earlier, ends_at=(now - timedelta(hours=1)).isoformat()) == (
        "shift_in_the_past"
    )
    await on_duty(room, "supervisor")
    assert await refused("manager", person=room.web.ids["manager"]) == "duty_overlaps"
    _, listed, _ = await room.ask("GET", "/duty-managers")
    assert [entry["person"] for entry in listed["items"]] == [room.web.ids["supervisor"]]


async def test_K1_two_signatures_of_one_person_need_a_setting_and_are_printed_as_such(
    database: Database, tmp_path: Path
) -> None:
    async with open_room(database, tmp_path, ComplaintSettings(two_places=True)) as room:
        number = await opened(room)
        for place in ("receiver", "handler"):
            assert (await sign(room, number, place, "lilei"))[0] == 201
        case, given = await room.complaints.signatures.of(number)
        assert signing.double_places(case, given) == {Place.HANDLER: Place.RECEIVER}
        web_services, near = room.web.web_services, room.complaints
        paper = open_forms(Settings(data_dir=tmp_path), database, room.web.time, web_services.audit, room.jobs)
        names = AgentService(database, room.web.time, web_services.audit).shown
        built = CaseForms(
            near.cases, near.queries, near.signatures, near.attachments, near.departments, paper.service, names
        )
        form = await built.form(number, CasePaper.TRACKING, "zh-CN", None)
        assert "同一人另签：接待人" in page_of(form)


# --- closing waits for them ---


async def test_K1_a_case_whose_customer_has_confirmed_waits_for_its_signatures_and_closes_with_the_last(
    room: Room,
) -> None:
    number = await verified(room)
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    case = await room.cases.case(number)
    assert (case.state, case.confirmed) == (State.CALLED_BACK, True)
    (payload,) = await room.payloads("case_signatures_due")
    client = room.web.feed.join(await room.person("supervisor"))
    await deltas(room, client)
    await room.complaints.works["case_signatures_due"](payload)
    seen = await deltas(room, client)
    assert [(entry["reminder"], entry["place"], entry["to"]) for entry in seen] == [
        ("signature_due", "receiver", [room.web.ids["lilei"]])
    ]
    await signed(room, number)
    seen += await deltas(room, client)
    assert {entry["event"] for entry in seen} >= {"signature_due", "signed", "close"}
    assert {tuple(entry) for entry in seen} == {tuple(CaseNow.__annotations__)}, "one shape for every event"
    case = await room.cases.case(number)
    assert (case.state, case.satisfaction) == (State.CLOSED, 5)
    assert await room.verify() == (1, None)


async def test_K1_no_way_leads_to_closed_or_archived_past_an_open_or_void_place(room: Room) -> None:
    number = await verified(room)
    assert (await stepped(room, number, "call_back", "supervisor", reason="当面确认"))[0] == 200
    status, problem, _ = await stepped(room, number, "close", "supervisor", reason="客户当面确认")
    assert (status, problem["code"], problem["facts"]["next"]) == (409, "case_signatures_open", "receiver")
    assert (await room.payloads("case_signatures_due"))[-1] == {"case": number}
    await signed(room, number)
    await written(room, number, findings="其实是运输问题")
    status, problem, _ = await stepped(room, number, "close", "supervisor", reason="客户当面确认")
    assert (status, problem["facts"]["open"]) == (409, "handler, centre, duty_manager")
    for place in ("handler", "centre", "duty_manager"):
        assert (await sign(room, number, place, SIGNERS[place]))[0] == 201
    assert (await stepped(room, number, "close", "supervisor", reason="客户当面确认"))[0] == 200
    assert (await stepped(room, number, "archive", "supervisor"))[0] == 200


async def test_K1_a_withdrawn_complaint_is_archived_with_its_signatures_too(room: Room) -> None:
    number = await opened(room)
    await handed_to(room, number, "hanmei")
    assert (await stepped(room, number, "withdraw", "supervisor", reason="客户撤诉"))[0] == 200
    status, problem, _ = await stepped(room, number, "archive", "supervisor")
    assert (status, problem["code"]) == (409, "case_signatures_open")
    await room.web.sign_in("lilei")
    _, due, _ = await room.ask("GET", "/signatures/due")
    assert [(entry["case"], entry["place"]) for entry in due["items"]] == [(number, "receiver")]
    await signed(room, number)
    _, due, _ = await room.ask("GET", "/signatures/due")
    assert due["items"] == []
    assert (await stepped(room, number, "archive", "supervisor"))[0] == 200
    status, problem = await sign(room, number, "receiver", "lilei")
    assert (status, problem["code"]) == (409, "case_closed")


async def test_an_enquiry_has_no_complaint_form_to_sign_and_closes_without(room: Room) -> None:
    by = await room.person("supervisor")
    number = (await room.opening.open(enquiry(), by)).number
    for event in (Event.ANSWER, Event.CALL_BACK, Event.CLOSE, Event.ARCHIVE):
        await room.cases.step(number, event, by, reason="x")
    assert (await room.cases.case(number)).state is State.ARCHIVED


# --- questions and referrals ---
