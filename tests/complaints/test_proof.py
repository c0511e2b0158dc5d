"""Tests K7: one command detects every change in the tables of a case; late evidence is not lost."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from callcenter.calls.service import UnknownCall
from callcenter.complaints import store
from callcenter.complaints.attachments import EvidenceItem
from callcenter.complaints.history.verify import verify
from callcenter.complaints.model import Event, State
from callcenter.complaints.signatures.model import Place
from callcenter.facts import CallId, CaseNumber
from callcenter.storage.database import Database
from tests.complaints.room import ANGRY, Room, a_call
from tests.complaints.steps import called_back, signed, verified
from tests.support.web_centre import PASSWORD

CALL = "pbx1-1795448173.47"
TAMPERING = (
    "UPDATE complaint_case SET severity = 'minor'",
    "UPDATE case_entry SET by_name = 'x' WHERE seq = 2",
    "DELETE FROM case_entry WHERE seq = (SELECT max(seq) FROM case_entry)",
    "UPDATE case_signature SET name = 'x'",
    "UPDATE case_signature SET covers = 'x'",
    "DELETE FROM case_signature",
    "UPDATE case_attachment SET sha256 = 'x'",
    "DELETE FROM case_attachment",
    "UPDATE case_step SET state = 'closed' WHERE seq = 2",
    "DELETE FROM case_step WHERE seq = 1",
    "UPDATE case_question SET answer = 'x'",
    "UPDATE case_question SET text = 'x'",
    "DELETE FROM case_referral",
    "UPDATE case_referral SET answer = 'x'",
)


async def full_case(room: Room) -> CaseNumber:
    """A case with something in every table."""
    by, now = await room.person("lilei"), room.web.time.now
    number = (await room.opening.open(ANGRY, by)).number
    await room.cases.step(number, Event.ASSESS, by)
    await room.complaints.signatures.sign(number, Place.RECEIVER, by, PASSWORD)
    await room.calls.keep([a_call(ended=False)])
    await room.complaints.attachments.attach_call(number, CallId(CALL), by)
    await room.complaints.attachments.pin([a_call()])
    questions, referrals = room.complaints.questions, room.complaints.referrals
    asked = await questions.ask(number, "几时到账", by.id, now + timedelta(hours=1), by)
    await questions.answer(asked.id, "明天", by)
    referred = await referrals.refer(number, "消委会", "12315", "请答复", now, now + timedelta(days=5), by)
    await referrals.answer(number, referred.id, "已受理", by)
    await referrals.answer(number, referred.id, "已退款", by)
    await room.cases.correct(number, "日期应为11月22日", by)
    return number


async def test_K7_whichever_table_of_a_case_is_tampered_with_it_is_found(room: Room, database: Database) -> None:
    number = await full_case(room)
    assert await room.verify() == (1, None)
    for statement in TAMPERING:
        with suppress(ZeroDivisionError):
            async with database.write() as session:
                await session.execute(text(statement))
                broken = await verify(session, await store.row_of(session, number))
                assert broken is not None, statement
                assert broken.case == number
                raise ZeroDivisionError  # Roll the tampering back.
    assert await room.verify() == (1, None)


async def test_K7_merged_cases_prove_whole_and_a_moved_call_that_is_taken_away_is_missed(
    room: Room, database: Database
) -> None:
    boss = await room.person("supervisor")
    number = await full_case(room)
    other = (await room.opening.open(ANGRY, boss)).number
    await room.cases.step(number, Event.MERGE, boss, reason="同一件事", into=other)
    assert await room.verify() == (2, None)
    async with database.write() as session:
        await session.execute(text("DELETE FROM case_attachment"))
    _, broken = await room.verify()
    assert broken is not None
    assert broken.case == other


async def test_an_entry_beside_the_case_causes_no_edit_conflict(room: Room) -> None:
    number = await full_case(room)
    await room.web.sign_in("lilei")
    _, _, headers = await room.ask("GET", f"/cases/{number}")
    await room.cases.correct(number, "补充", await room.person("lilei"))
    body = {"text": "仓库温度过高"}
    answer = await room.ask("PUT", f"/cases/{number}/statements/findings", body, **{"If-Match": headers["ETag"]})
    assert answer[0] == 200


async def test_K1_an_agent_does_not_write_the_leaders_opinion(room: Room) -> None:
    number = await full_case(room)
    await room.web.sign_in("lilei")
    for name in ("centre_opinion", "manager_opinion", "leader_opinion"):
        status, problem, _ = await room.ask("PUT", f"/cases/{number}/statements/{name}", {"text": "同意"})
        assert (status, problem["code"]) == (403, "case_not_your_step")
    await room.web.sign_in("leader")
    assert (await room.ask("PUT", f"/cases/{number}/statements/leader_opinion", {"text": "同意"}))[0] == 200


async def test_F2_a_problem_reported_after_the_case_was_closed_reopens_it(room: Room) -> None:
    number = await verified(room)
    await signed(room, number)
    await room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    await room.complaints.works["case_called_back"](called_back(number, "problem", item="i2", notes="又坏了"))
    case = await room.cases.case(number)
    assert (case.state, case.closed_at) == (State.INVESTIGATING, None)
    assert await room.verify() == (1, None)


async def test_a_return_call_whose_record_comes_late_is_on_its_case_with_its_recording(room: Room) -> None:
    number = await verified(room)
    await room.complaints.works["case_called_back"](called_back(number, "confirmed", call=CALL))
    [taken] = await room.payloads("case_takes_call")
    with pytest.raises(UnknownCall):
        await room.complaints.works["case_takes_call"](taken)
    await room.calls.keep([a_call()])
    room.evidence.items[CALL] = [EvidenceItem("recording", "r1", "a" * 64, room.web.time.now)]
    for _ in range(2):
        await room.complaints.works["case_takes_call"](taken)
    assert {attachment.kind for attachment in await room.complaints.attachments.of(number)} == {"call", "recording"}
    assert await room.verify() == (1, None)
