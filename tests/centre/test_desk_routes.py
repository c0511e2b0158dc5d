"""Tests the routes of the desk and the floor as their pages call them: what they take, and how they refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callcenter import clock
from tests.web import test_edits
from tests.web.test_edits import CALL, Centre

centre = test_edits.centre
SOON = (clock.now() + timedelta(hours=1)).isoformat()


async def test_favourites_come_first_in_the_directory(centre: Centre) -> None:
    general = (await centre.send("/queues", {"code": "general"}))["code"]
    for path in ("agent/1002", "agent/1002", f"queue/{general}"):
        assert (await centre.ask("PUT", f"/directory/favourites/{path}"))[0] == 204
    listed = (await centre.ask("GET", "/directory"))[1]
    assert [(each["agent"], each["favourite"]) for each in listed["colleagues"]] == [("1002", True), ("1001", False)]
    assert {each["queue"] for each in listed["queues"] if each["favourite"]} == {general}
    assert (await centre.ask("GET", "/me/settings"))[1]["favourites"] == ["1002", f"queue:{general}"]
    assert (await centre.ask("DELETE", "/directory/favourites/agent/1002"))[0] == 204
    assert (await centre.ask("PUT", "/directory/favourites/agent/9999"))[1]["code"] == "unknown_agent"
    assert (await centre.ask("PUT", "/directory/favourites/queue/nowhere"))[1]["code"] == "unknown_queue"
    assert (await centre.ask("GET", "/me/settings"))[1]["favourites"] == [f"queue:{general}"]


async def test_an_agents_day_and_loans_are_read_and_refused_in_words(centre: Centre) -> None:
    status, day, _ = await centre.ask("GET", "/agents/1001/timeline?day=2026-01-05")
    assert (status, [span["state"] for span in day["spans"]]) == (200, ["unknown"])
    assert (day["since"], day["until"]) == (day["spans"][0]["since"], day["spans"][-1]["until"])
    status, loan, _ = await centre.ask("POST", "/agents/1001/loans", {"skill": "en", "level": 3, "until": SOON})
    assert (status, loan["ended_at"]) == (201, None)
    assert [each["id"] for each in (await centre.ask("GET", "/loans"))[1]["items"]] == [loan["id"]]
    assert (await centre.ask("POST", "/agents/1001/loans", {"until": SOON}))[1]["code"] == "loan_not_one"
    assert (await centre.ask("DELETE", f"/agents/1001/loans/{loan['id']}"))[0] == 204
    assert (await centre.ask("GET", "/loans"))[1]["items"] == []


async def test_viewing_names_those_who_have_the_same_thing_open(centre: Centre) -> None:
    body = {"kind": "call", "key": CALL.id, "writing": True}
    status, seen, _ = await centre.ask("POST", "/viewing", body)
    assert (status, [(each["login"], each["writing"]) for each in seen["people"]]) == (200, [("boss", True)])
    assert (await centre.ask("DELETE", f"/viewing/call/{CALL.id}"))[0] == 204
    for wrong in (
        {"kind": "call", "key": "pbx1-0.0"},
        {"kind": "customer", "key": "../x"},
        {"kind": "log", "key": "x"},
    ):
        status, problem, _ = await centre.ask("POST", "/viewing", wrong)
        assert status in (404, 422), problem
        assert problem["code"]


async def test_a_fault_of_a_page_is_counted_for_administrators(centre: Centre) -> None:
    fault = {"kind": "script_error", "detail": "x 13974812346", "page": "/desk/pbx1-1.1", "build": "a1b2"}
    for _ in range(30):
        assert (await centre.ask("POST", "/client-faults", fault))[0] == 204
    status, problem, _ = await centre.ask("POST", "/client-faults", fault)
    assert (status, problem["code"]) == (429, "too_many_client_faults")
    (row,) = (await centre.ask("GET", "/client-faults?build=a1b2"))[1]["items"]
    assert (row["detail"], row["page"], row["count"]) == ("x #", "/desk/:id", 30)
    (build,) = (await centre.ask("GET", "/client-faults/builds"))[1]["items"]
    assert (build["build"], build["kinds"]) == ("a1b2", {"script_error": 30})


SAMPLE = {"at": SOON, "seconds": 5}


@pytest.mark.parametrize(
    "body",
    [
        {"samples": []},
        {"samples": [SAMPLE] * 61},
        {"samples": [{**SAMPLE, "loss_percent": 101}]},
        {"samples": [{**SAMPLE, "jitter_ms": -1}]},
        {"samples": [{**SAMPLE, "rtt_ms": float("nan")}]},
        {"samples": [{**SAMPLE, "codec": "<script>"}]},
        {"samples": [{**SAMPLE, "at": "yesterday"}]},
        {"samples": [{**SAMPLE, "mos": 4.4}]},
    ],
)
async def test_what_is_no_measurement_is_refused(centre: Centre, body: Any) -> None:
    status, problem, _ = await centre.ask("POST", f"/calls/{CALL.id}/quality", body)
    assert status in (400, 422), problem
    assert (await centre.ask("GET", f"/calls/{CALL.id}/quality"))[1]["items"] == []


async def test_how_calls_sounded_is_read_by_period(centre: Centre) -> None:
    assert (await centre.ask("GET", f"/calls/{CALL.id}"))[1]["quality"] == []
    assert (await centre.ask("GET", "/calls"))[1]["items"][0]["quality"] == []
    period = "since=2026-11-01T00:00:00Z&until=2026-11-30T00:00:00Z"
    status, figures, _ = await centre.ask("GET", f"/voice-quality?{period}")
    assert (status, figures["calls"], figures["mos"], figures["agents"]) == (200, 0, None, [])
    assert (await centre.ask("GET", "/voice-quality?since=2026-11-30T00:00:00Z&until=2026-11-01T00:00:00Z"))[0] == 422


async def test_S1_a_presence_names_the_leader_who_set_it(centre: Centre) -> None:
    phones = {"name": "李雷", "skills": {}, "phones": [{"name": "1002"}]}
    _, _, tag = await centre.ask("GET", "/agents/1002")
    assert (await centre.ask("PUT", "/agents/1002", phones, If_Match=tag))[0] == 200
    assert (await centre.ask("PUT", "/agents/1002/presence", {"state": "available"}))[0] == 200
    body = {"state": "signed_out", "note": "请到会议室"}
    assert (await centre.ask("PUT", "/agents/1002/presence", body))[0] == 200
    presence = (await centre.ask("GET", "/agents/1002/presence"))[1]
    assert (presence["by"], presence["by_name"], presence["note"]) == ("boss", "王主任", "请到会议室")
