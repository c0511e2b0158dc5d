"""Sends the reminders of rosters that are due by e-mail and to webhooks, each once, as durable jobs (D1)."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.alarms.channels import NotNotified
from callcenter.alarms.mail import MAIL_FAULTS, deliver
from callcenter.catalogue.languages import LANGUAGES
from callcenter.catalogue.sentences import word
from callcenter.centre.contributions import Contributions
from callcenter.roster.deadlines.service import RosterDueDelta
from callcenter.settings.alarms import AlarmSettings
from callcenter.storage.jobs import Jobs
from callcenter.web.webhooks.service import Webhooks

MAIL: Final = "roster.reminder_mail"
EVENT: Final = "roster.due"


class RosterReminders:
    """The receivers are those of alarms: `alarms.mail_to`, and the subscribers of `roster.due`."""

    def __init__(self, settings: AlarmSettings, jobs: Jobs, webhooks: Webhooks) -> None:
        self._settings = settings
        self._jobs = jobs
        self._webhooks = webhooks

    async def remind(self, session: AsyncSession, reminder: str, due: RosterDueDelta) -> None:
        """Queue the reminder for every receiver, in the transaction that notes it; `reminder` names it."""
        await self._webhooks.emit(session, EVENT, due)
        for address in self._settings.mail_to if self._settings.smtp_host else ():
            payload = {
                "reminder": reminder,
                "address": address,
                "line": due["line"],
                "days": f"{due['first_day']} - {due['last_day']}",
                "due_at": due["due_at"].isoformat(),
                "state": "overdue" if due["overdue"] else "due",
            }
            await self._jobs.put(session, MAIL, payload, once=f"{MAIL}:{reminder}:{address}")

    async def mail(self, payload: Mapping[str, Any]) -> None:
        """The job of one message; a failure is repeated with the same Message-ID. Raises NotNotified."""
        try:
            await deliver(self._settings, message_of(self._settings, payload))
        except MAIL_FAULTS as error:
            raise NotNotified(type(error).__name__) from error


def message_of(settings: AlarmSettings, payload: Mapping[str, Any]) -> EmailMessage:
    """The message in both languages; the reader's is not known here."""
    subjects = [f"{word('roster_due', payload['state'], language)} {payload['line']}" for language in LANGUAGES]
    message = EmailMessage()
    message["From"] = settings.mail_from or settings.smtp_user or payload["address"]
    message["To"] = payload["address"]
    message["Subject"] = " / ".join(subjects)
    message["Message-ID"] = f"<roster.{payload['reminder'].replace(':', '.')}@callcenter>"
    message.set_content("\n".join([*subjects, payload["days"], payload["due_at"]]) + "\n")
    return message


def join_reminders(contributions: Contributions, webhooks: Webhooks) -> None:
    core = contributions.core
    reminders = RosterReminders(core.settings.alarms, core.jobs, webhooks)
    contributions.roster.deadlines.others.append(reminders.remind)
    contributions.also({MAIL: reminders.mail})
