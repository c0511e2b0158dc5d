"""Tests the one payload for every event of a case, in the live feed and in webhooks: the case as it is now."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.complaints.deadlines.model import Reminder
from callcenter.complaints.errors import CaseClosed
from callcenter.complaints.model import Event, Level
from callcenter.complaints.notifier import CaseNow
from callcenter.facts import CaseNumber
from callcenter.web.roles import Person
from callcenter.web.rows import AuditRow
from callcenter.web.webhooks.rows import WebhookDeliveryRow
from tests.complaints.room import ANGRY, Room
from tests.complaints.steps import deltas, handed_to, opened, sign, verified

FIELDS = list(CaseNow.__annotations__)


async def webhooks(room: Room) -> list[dict[str, Any]]:
    """The messages that wait for the subscriber, the oldest first."""
    async with room.web.database.read() as session:
        rows = await session.scalars(select(WebhookDeliveryRow).order_by(WebhookDeliveryRow.at))
        return [json.loads(row.body) for row in rows]


async def audited(room: Room, number: str) -> list[str]:
    async with room.web.database.read() as session:
        query = select(AuditRow.action).where(AuditRow.subject == f"case/{number}").order_by(AuditRow.seq)
        return list(await session.scalars(query))


async def notify_and_fail(room: Room, number: str, by: Person) -> None:
    case = await room.cases.case(CaseNumber(number))
    async with room.web.database.write() as session:
        await room.complaints.notifier.changed(session, case, "withdraw", by)
        raise RuntimeError("after the step")


async def test_every_event_of_a_case_has_one_payload_in_the_feed_and_in_webhooks(room: Room) -> None:
    boss = await room.person("boss")
    await room.webhooks.add("http://127.0.0.1:9/hook", ["case.*"], boss)
    client = room.web.feed.join(boss)
    number = await verified(room)
    assert (await sign(room, number, "receiver", "lilei"))[0] == 201
    for payload in await room.payloads("case_signatures_due"):
        await room.complaints.works["case_signatures_due"](payload)
    critical = await opened(room, severity="critical")
    now, person = room.web.time(), room.web.ids["lilei"]
    await room.complaints.questions.ask(critical, "几时到账", person, now + timedelta(hours=1), boss)
    await room.complaints.referrals.refer(critical, "消委会", "12315", "请答复", now, now + timedelta(hours=2), boss)
    room.web.time.pass_by(hours=9)
    assert await room.complaints.reminders.once()

    seen, sent = await deltas(room, client), await webhooks(room)
    assert all(list(entry) == FIELDS for entry in seen)
    assert [entry["data"] for entry in sent] == seen
    assert [entry["type"] for entry in sent] == [f"case.{entry['event']}" for entry in seen]
    events = {entry["event"] for entry in seen}
    assert events >= {"opened", "assigned", "stated", "verify", "signed", "signature_due", "critical", "asked"}
    assert events >= {"question_overdue", "referral_overdue"}
    assert events & {"warned", "escalated"}
    last = {entry["number"]: entry for entry in seen}
    for case in (await room.cases.case(number), await room.cases.case(critical)):
        delta = last[case.number]
        assert (delta["state"], delta["owner"], delta["due_step"]) == (case.state, case.owner, case.due_step)


async def test_what_people_do_is_audited_and_what_is_due_is_not(room: Room) -> None:
    boss = await room.person("boss")
    case = await room.opening.open(ANGRY, boss)
    await room.complaints.questions.ask(case.number, "几时到账", boss.id, room.web.time() + timedelta(hours=1), boss)
    room.web.time.pass_by(hours=9)
    await room.complaints.reminders.once()
    assert await audited(room, case.number) == ["case.opened", "case.asked"]


async def test_a_change_that_is_rolled_back_is_not_published(room: Room) -> None:
    boss = await room.person("boss")
    await room.webhooks.add("http://127.0.0.1:9/hook", ["case.*"], boss)
    number = await opened(room)
    client = room.web.feed.join(boss)
    await deltas(room, client)
    before = (await webhooks(room), await audited(room, number))

    def refuse(_: object) -> None:
        raise CaseClosed("refused by the check", case=number)

    with pytest.raises(CaseClosed):
        await room.cases.step(number, Event.WITHDRAW, boss, reason="误开", check=refuse)
    with pytest.raises(RuntimeError, match="after the step"):
        await notify_and_fail(room, number, boss)
    await room.cases.assign(number, boss, watchers=[boss.id])
    assert [delta["event"] for delta in await deltas(room, client)] == ["assigned"]
    assert [webhook["type"] for webhook in (await webhooks(room))[len(before[0]) :]] == ["case.assigned"]
    assert (await audited(room, number))[len(before[1]) :] == ["case.assigned"]


async def test_K7_a_reminder_of_a_case_that_has_a_new_owner_meanwhile_publishes_and_records_the_case_as_it_is(
    room: Room,
) -> None:
    number = await opened(room)
    stale = await room.cases.case(number)
    await handed_to(room, number, "hanmei")
    client = room.web.feed.join(await room.person("boss"))
    await deltas(room, client)
    room.web.time.pass_by(hours=9)
    assert await room.complaints.reminders.remind(stale, Reminder(Level.SUPERVISOR, None))
    (changes,) = await deltas(room, client)
    assert (changes["event"], changes["owner"]) == ("escalated", room.web.ids["hanmei"])
    assert await room.verify() == (1, None), "the history is whole"
