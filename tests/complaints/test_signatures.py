"""The chain of signatures over HTTP (K1)."""

from __future__ import annotations

from tests.complaints.room import Room
from tests.complaints.steps import opened, stepped, written
from tests.web.house import PASSWORD


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
