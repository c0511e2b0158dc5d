"""Joins scheduled reports to the mail server, the forms, the lines and the names of what they group by."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from functools import partial
from pathlib import PurePath
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.alarms.mail import MAIL_FAULTS, deliver
from callcenter.calls.reports.equal_service.queries import EqualService
from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.scheduled.delivering import Delivering
from callcenter.calls.reports.scheduled.errors import DeliveryFault, ReportNotSent
from callcenter.calls.reports.scheduled.http import routes
from callcenter.calls.reports.scheduled.kinds import ReportKind
from callcenter.calls.reports.scheduled.rows import ScheduledReportRow
from callcenter.calls.reports.scheduled.service import DELIVER_REPORT, ScheduledReports
from callcenter.calls.reports.scheduled.sources import Source, calls_source, equal_service_source, work_source
from callcenter.centre.adapters import names_of_agents, names_of_lines
from callcenter.centre.contributions import Contributions
from callcenter.flags.ledger.papers import ledger_source
from callcenter.kit.table_writer import CSV_TYPE, XLSX_TYPE
from callcenter.paper.room import FormsRoom
from callcenter.roster.adherence.papers import adherence_source
from callcenter.settings.alarms import AlarmSettings
from callcenter.web.errors import UnknownPerson
from callcenter.web.roles import PROGRAM, Person
from callcenter.web.site import WebServices

TYPES: Final = {".xlsx": XLSX_TYPE, ".pdf": "application/pdf", ".csv": CSV_TYPE.partition(";")[0]}


def join_reports(contributions: Contributions, forms: FormsRoom) -> None:
    core = contributions.core
    alarms = core.settings.alarms

    async def mail(address: str, subject: str, id_: str, name: str, data: bytes) -> None:
        try:
            await deliver(alarms, message_of(alarms, address, subject, id_, name, data))
        except MAIL_FAULTS as error:
            cause = type(error).__name__
            raise ReportNotSent(f"the mail server did not take it: {cause}", DeliveryFault.MAIL) from error

    zone = ZoneInfo(core.settings.timezone)
    delivering = Delivering(
        core.database,
        core.clock,
        sources_of(contributions),
        forms.service,
        zone,
        core.settings.data_dir.resolve() / "reports",
        mail if alarms.smtp_host else None,
        partial(owner_of, core.web_services),
    )
    scheduled = ScheduledReports(
        core.database, core.clock, core.web_services.audit, core.jobs, delivering, zone, core.lines.line
    )
    contributions.scheduled_reports = scheduled
    contributions.routes.append(routes(scheduled))
    contributions.also({DELIVER_REPORT: scheduled.deliver})
    contributions.tasks["scheduled-reports"] = scheduled.run


def sources_of(contributions: Contributions) -> Mapping[ReportKind, Source]:
    """What fills each kind of report."""
    core = contributions.core

    async def agents() -> Mapping[str, str]:
        return {number: f"{number} {name}" for number, name in (await names_of_agents(core.agents)).items()}

    async def names(by: ReportBy) -> Mapping[str, str]:
        if by is ReportBy.LINE:
            return await names_of_lines(core.lines)
        if by is ReportBy.AGENT:
            return await agents()
        if by is ReportBy.TEAM:
            return {team.code: team.name for team in await contributions.scorecards.teams.teams()}
        return {}

    return {
        ReportKind.CALLS: calls_source(contributions.reports, names),
        ReportKind.WORK: work_source(contributions.work, names),
        ReportKind.ADHERENCE: adherence_source(contributions.roster.adherence, agents),
        ReportKind.EQUAL_SERVICE: equal_service_source(
            EqualService(core.database, core.settings.pbx.name, core.customers)
        ),
        ReportKind.LEDGER: ledger_source(contributions.ledger_reading, agents),
    }


async def owner_of(services: WebServices, report: ScheduledReportRow) -> Person | None:
    """The owner of a report with the roles of now; None for who no longer signs in, or a token that has ended.

    A report from before ids were kept has a login alone, which names a person but no token.
    """
    if report.owner_id is not None and report.owner_id.startswith(PROGRAM):
        return await services.tokens.program(report.owner_id)
    try:
        if report.owner_id is None:
            return (await services.people.living_login(report.owner)).person
        return (await services.people.living(report.owner_id)).person
    except UnknownPerson:
        return None


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
