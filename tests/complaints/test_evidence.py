"""Tests calls, recordings and photos on a case: attached, pinned, held, moved when cases are merged."""

from __future__ import annotations

from datetime import datetime, timedelta

from callcenter.complaints.attachments import EvidenceItem
from callcenter.facts import CallId
from tests.complaints.room import CALLER, Room, a_call
from tests.complaints.steps import opened, stepped
from tests.support.pdfs import of_pages, pdf

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 100


async def test_merged_duplicates_leave_every_call_on_the_case_that_goes_on(room: Room) -> None:
    first, second = await opened(room), await opened(room)
    for place, number in ((1, first), (2, second)):
        await room.calls.keep([a_call(f"pbx1-{place}.1")])
        await room.complaints.attachments.attach_call(number, CallId(f"pbx1-{place}.1"), None)
    status, case, _ = await stepped(room, second, "merge", "supervisor", into=first, reason="同一件事")
    assert (status, case["state"], case["merged_into"]) == (200, "merged", first)
    held = {attachment.ref for attachment in await room.complaints.attachments.of(first)}
    assert held == {"pbx1-1.1", "pbx1-2.1"}
    payload = await room.payloads("case_holds_call")
    assert {(entry["call"], "until" in entry) for entry in payload if entry["case"] == first} == {
        ("pbx1-1.1", False),
        ("pbx1-2.1", False),
    }
    assert await room.verify() == (2, None)
    assert (await stepped(room, first, "merge", "supervisor", into=first, reason="x"))[1]["code"] == "bad_case"


async def test_a_case_takes_the_call_it_came_by_and_its_evidence_when_that_is_ready(room: Room) -> None:
    await room.calls.keep([a_call(ended=False)])
    call = "pbx1-1795448173.47"
    room.evidence.items[call] = [EvidenceItem("recording", "r1", "a" * 64, room.web.time.now)]
    number = await opened(room, call=call, phone="")
    case = await room.cases.case(number)
    assert case.facts.phone == CALLER
    assert [payload["case"] for payload in await room.payloads("case_holds_call")] == [number]
    _, answer, _ = await room.ask("GET", f"/cases/{number}/attachments")
    assert ({entry["kind"] for entry in answer["attachments"]}, answer["transcripts"]) == (
        {"call", "recording"},
        "none",
    )
    assert [entry["sha256"] for entry in answer["attachments"] if entry["kind"] == "call"] == [None]
    await room.complaints.attachments.pin([a_call()])
    await room.complaints.works["transcript_ready"](
        {"transcript": "t1", "call": call, "sha256": "b" * 64, "language": "zh"}
    )
    _, answer, _ = await room.ask("GET", f"/cases/{number}/attachments")
    assert answer["transcripts"] == "some"
    assert all(entry["sha256"] for entry in answer["attachments"])
    _, offered, _ = await room.ask("GET", f"/cases/offered?call={call}")
    assert [entry["number"] for entry in offered["items"]] == [number]
    assert await room.queries.of_calls([call]) == {call: [number]}


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
    client, proof = room.web.client, room.web.proof
    url = f"/api/v1/cases/{number}/files?name=..%2F..%2Fetc%2Fpasswd%0d%0a.jpg"
    answer = await client.post(url, data=JPEG, headers=proof)
    body = await answer.json()
    assert (answer.status, body["title"], body["media"]) == (201, "passwd  .jpg", "image/jpeg")
    back = await client.get(f"/api/v1/cases/{number}/files/{body['id']}")
    assert (await back.read(), back.headers["X-Content-Type-Options"]) == (JPEG, "nosniff")
    assert back.headers["Content-Disposition"].startswith("attachment")
    for data in (b"<script>alert(1)</script>", b"MZ" + b"0" * 50, b"", JPEG + b"0" * 200_000):
        refused = await client.post(f"/api/v1/cases/{number}/files", data=data, headers=proof)
        assert (await refused.json())["code"] in ("case_file_refused", "body_missing")
    assert len(await room.complaints.attachments.of(number)) == 1


async def test_a_pdf_is_read_before_it_is_kept_and_its_pages_are_counted(room: Room) -> None:
    number = await opened(room)
    client, proof = room.web.client, room.web.proof
    url = f"/api/v1/cases/{number}/files?name=scan.pdf"
    answer = await client.post(url, data=of_pages(3), headers=proof)
    body = await answer.json()
    assert (answer.status, body["media"], body["pages"]) == (201, "application/pdf", 3)
    for data, code in (
        (pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "pdf_active"),
        (pdf()[:200], "bad_pdf"),
        (pdf(box=b"0 0 99999999 5"), "pdf_page_too_large"),
    ):
        refused = await client.post(url, data=data, headers={**proof, "Accept-Language": "zh-CN"})
        problem = await refused.json()
        assert (refused.status, problem["code"]) == (422, code)
        assert "PDF" in problem["detail"]
    listed = await (await client.get(f"/api/v1/cases/{number}/attachments")).json()
    assert [(row["kind"], row["pages"]) for row in listed["attachments"]] == [("file", 3)]
