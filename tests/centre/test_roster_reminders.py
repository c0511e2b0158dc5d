"""Tests that a roster that is due reaches mail receivers and webhooks, each once, also when the mail server refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from callcenter.alarms.channels import NotNotified
from callcenter.centre.roster_reminders import MAIL, RosterReminders
from callcenter.demo.ports import free_port
from callcenter.roster.needs.model import Need
from callcenter.settings.alarms import AlarmSettings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.webhooks.rows import WebhookDeliveryRow
from callcenter.web.webhooks.service import Webhooks
from tests.calls.reports.test_scheduled import Inbox
from tests.roster.test_feeds import FRIDAY
from tests.roster.test_plans import opened
from tests.support.rooms import CHIEF


async def test_D1_a_roster_that_is_due_is_mailed_and_sent_to_webhooks_once(database: Database, tmp_path: Path) -> None:
    team = await opened(database)
    clock = team.rooms.clock
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings = AlarmSettings(
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            mail_from="cc@example.org",
            mail_to=["a@example.org", "b@example.org"],
        )
        jobs = Jobs(database, clock)
        webhooks = Webhooks(database, clock, team.rooms.audit, jobs, tmp_path / "keys", inside_too=True)
        await webhooks.add("http://127.0.0.1:1/hook", ["roster.*"], CHIEF)
        reminders = RosterReminders(settings, jobs, webhooks)
        team.room.deadlines.others.append(reminders.remind)
        await team.room.needs.replace("orders", [Need(0, 0, 60, 0)], CHIEF)
        clock.at = FRIDAY - timedelta(hours=24)
        sent = await team.room.deadlines.remind()
        assert await team.room.deadlines.remind() == 0
        async with database.read() as session:
            bodies = [json.loads(body) for body in await session.scalars(select(WebhookDeliveryRow.body))]
        assert [body["type"] for body in bodies] == ["roster.due"] * sent
        assert {body["data"]["line"] for body in bodies} == {"orders"}
        inbox.refuses = True
        job = await jobs.claim("first", frozenset({MAIL}))
        assert job is not None
        with pytest.raises(NotNotified):
            await reminders.mail(job.payload)
        await jobs.fail(job, "refused")
        inbox.refuses = False
        clock.move(minutes=5)
        while job := await jobs.claim("next", frozenset({MAIL})):
            await reminders.mail(job.payload)
            await jobs.finish(job)
    finally:
        controller.stop()
    assert len(inbox.mails) == 2 * sent
    assert {mail["To"] for mail in inbox.mails} == {"a@example.org", "b@example.org"}
    assert len({mail["Message-ID"] for mail in inbox.mails}) == sent
