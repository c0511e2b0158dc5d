"""Joins scheduled reports to the mail server, the forms, the lines and the names of what they group by."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import PurePath
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.alarms.mail import MAIL_FAULTS, deliver
from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.scheduled.errors import ReportNotSent
from callcenter.calls.reports.scheduled.http import routes
from callcenter.calls.reports.scheduled.service import DELIVER_REPORT, ScheduledReports
from callcenter.centre.adapters import names_of_agents, names_of_lines
from callcenter.centre.contributions import Contributions
from callcenter.kit.table_writer import XLSX_TYPE
from callcenter.paper.room import FormsRoom
from callcenter.settings.alarms import AlarmSettings

TYPES: Final = {".xlsx": XLSX_TYPE, ".pdf": "application/pdf"}


def join_reports(contributions: Contributions, forms: FormsRoom) -> None:
    core = contributions.core
    alarms = core.settings.alarms

    async def names(by: ReportBy) -> Mapping[str, str]:
        if by is ReportBy.LINE:
            return await names_of_lines(core.lines)
        if by is ReportBy.AGENT:
            return {number: f"{number} {name}" for number, name in (await names_of_agents(core.agents)).items()}
        if by is ReportBy.TEAM:
            return {team.code: team.name for team in await contributions.scorecards.teams.teams()}
        return {}

    async def mail(address: str, subject: str, id_: str, name: str, data: bytes) -> None:
        try:
            await deliver(alarms, message_of(alarms, address, subject, id_, name, data))
        except MAIL_FAULTS as error:
            raise ReportNotSent(f"the mail server did not take it: {type(error).__name__}") from error

    scheduled = ScheduledReports(
        core.database,
        core.clock,
        core.web_services.audit,
        core.jobs,
        contributions.reports,
        forms.service,
        ZoneInfo(core.settings.timezone),
        core.settings.data_dir.resolve() / "reports",
        mail if alarms.smtp_host else None,
        core.lines.line,
        names,
    )
    contributions.scheduled_reports = scheduled
    contributions.routes.append(routes(scheduled))
    contributions.also({DELIVER_REPORT: scheduled.deliver})
    contributions.tasks["scheduled-reports"] = scheduled.run


def message_of(alarms: AlarmSettings, address: str, subject: str, id_: str, name: str, data: bytes) -> EmailMessage:
    """The message of a report; its Message-ID is the same for every attempt."""
    message = EmailMessage()
    message["From"] = alarms.mail_from or alarms.smtp_user or address
    message["To"] = address
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = id_
    message.set_content(f"{name}\n")
    main, _, sub = TYPES[PurePath(name).suffix].partition("/")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message
