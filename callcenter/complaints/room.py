"""Builds and wires the complaints room: services, routes, handlers of durable jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.agents.service import AgentService
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.complaints import http
from callcenter.complaints.access import CaseRights, LiveRecord
from callcenter.complaints.analysis.http import routes as analysis_routes
from callcenter.complaints.analysis.queries import Analysis
from callcenter.complaints.analysis.texts import Directories
from callcenter.complaints.attachments import AttachmentService, Evidence
from callcenter.complaints.deadlines.digests import Digests
from callcenter.complaints.deadlines.http import routes as digest_routes
from callcenter.complaints.deadlines.model import deadlines_of
from callcenter.complaints.deadlines.service import Reminders
from callcenter.complaints.departments.http import routes as department_routes
from callcenter.complaints.departments.service import DepartmentService
from callcenter.complaints.finding.http import routes as filter_routes
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.complaints.finding.saved import FilterService
from callcenter.complaints.intake import Intake
from callcenter.complaints.jobs import CASE_TAKES_CALL, CaseJobs
from callcenter.complaints.notifier import CaseNotifier
from callcenter.complaints.opening import CaseOpening
from callcenter.complaints.parts import Parts
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.questions.http import routes as question_routes
from callcenter.complaints.questions.referrals import ReferralService
from callcenter.complaints.questions.service import QuestionService
from callcenter.complaints.service import SIGNATURES_DUE, CaseService
from callcenter.complaints.signatures.delegations import DelegationService
from callcenter.complaints.signatures.http import delegation_routes, signature_routes
from callcenter.complaints.signatures.service import SignatureService
from callcenter.complaints.signatures.signers import CaseSigners
from callcenter.customers.service import CustomerService
from callcenter.customers.sight import CustomerSight
from callcenter.facts import CallId
from callcenter.kit.work_calendar import WorkTime
from callcenter.roster.duty_managers.service import DutyManagers
from callcenter.routing.service import LineService
from callcenter.settings import ComplaintSettings, Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs, Work
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from callcenter.web.routes import Routes
from callcenter.web.site import WebServices

FOLDER: Final = "cases"


@dataclass(frozen=True)
class Complaints:
    cases: CaseService
    queries: CaseQueries
    opening: CaseOpening
    attachments: AttachmentService
    signatures: SignatureService
    questions: QuestionService
    referrals: ReferralService
    departments: DepartmentService
    reminders: Reminders
    notifier: CaseNotifier
    digests: Digests
    analysis: Analysis
    routes: list[Routes]
    works: dict[str, Work]


@dataclass(frozen=True)
class Neighbours:
    """The neighbouring services that the room uses."""

    web_services: WebServices
    agents: AgentService
    lines: LineService
    calls: CallService
    live: LiveRecord
    customers: CustomerService
    evidence: Evidence
    duty: Callable[[], Mapping[str, object]]
    """The numbers of the agents on duty now."""
    duty_managers: DutyManagers
    data_dir: Path
    sight: CustomerSight
    settings: ComplaintSettings
    calendar: WorkTime


def parts_of(
    settings: Settings, database: Database, clock: Clock, audit: Audit, jobs: Jobs, notifier: CaseNotifier
) -> Parts:
    deadlines = deadlines_of(settings.complaints, settings.calendar)
    return Parts(
        database=database,
        clock=clock,
        audit=audit,
        jobs=jobs,
        zone=ZoneInfo(settings.timezone),
        notifier=notifier,
        timed=deadlines.timed,
        evidence=timedelta(days=settings.complaints.evidence_days),
    )


def open_complaints(parts: Parts, near: Neighbours) -> Complaints:
    deadlines = deadlines_of(near.settings, near.calendar)
    departments = DepartmentService(parts.database, parts.audit, near.web_services.people)
    intake = Intake(near.web_services.people, near.agents, near.lines, departments, near.customers)
    cases, queries = CaseService(parts, intake), CaseQueries(parts.database)
    attachments = AttachmentService(
        parts, near.calls, near.evidence, near.data_dir.resolve() / FOLDER, near.settings.largest_file
    )
    opening = CaseOpening(parts, intake, attachments, near.calls, near.evidence)
    questions, referrals = QuestionService(parts, cases, near.web_services.people), ReferralService(parts)
    delegations = DelegationService(parts, near.web_services.people)
    signers = CaseSigners(
        parts,
        near.web_services.people,
        departments,
        delegations,
        near.duty_managers.now,
        two_places=near.settings.two_places,
    )
    signatures = SignatureService(parts, cases, near.web_services.sessions.prove, signers)
    jobs, filters = (
        CaseJobs(parts, cases, opening, attachments, near.web_services.people),
        FilterService(parts.database),
    )
    reminders = Reminders(parts, deadlines, cases, departments, lambda: _here(near), reassign=near.settings.reassign)
    digests = Digests(parts, near.calendar, departments, near.settings.digest_at)

    async def caller_of(call: CallId) -> tuple[str | None, str]:
        record = await near.calls.get(call)
        number = record.other_number
        files = await near.customers.by_numbers([number])
        return files.get(number), number

    async def names() -> Directories:
        lines, agents = await near.lines.lines(), await near.agents.agents()
        return {
            "departments": {department.code: department.name for department in await departments.departments()},
            "lines": {line.code: line.names.get("zh-CN", "") for line in lines},
            "agents": {agent.number: agent.name for agent in agents},
        }

    analysis = Analysis(parts.database, str(parts.zone), near.customers.special, names)
    return Complaints(
        cases=cases,
        queries=queries,
        opening=opening,
        attachments=attachments,
        signatures=signatures,
        questions=questions,
        referrals=referrals,
        departments=departments,
        reminders=reminders,
        notifier=parts.notifier,
        digests=digests,
        analysis=analysis,
        routes=[
            http.routes(
                cases=cases,
                queries=queries,
                opening=opening,
                attachments=attachments,
                rights=CaseRights(near.calls, near.live, near.customers, near.sight),
                search=CaseSearch(parts.database),
                filters=filters,
                caller_of=caller_of,
                family=near.customers.family,
                now=parts.clock,
            ),
            filter_routes(filters),
            signature_routes(signatures),
            delegation_routes(delegations),
            question_routes(cases, questions, referrals),
            department_routes(departments),
            digest_routes(digests),
            analysis_routes(analysis, parts.clock),
        ],
        works={
            "case_called_back": jobs.called_back,
            "case_wanted": jobs.case_requested,
            CASE_TAKES_CALL: jobs.takes_call,
            SIGNATURES_DUE: signers.notify,
            "recording_kept": jobs.recording_kept,
            "transcript_ready": jobs.transcript_ready,
        },
    )


async def _here(near: Neighbours) -> list[Person]:
    """Returns the people present: signed in and, if they are on the roster, on duty."""
    on_duty = near.duty()
    return [
        person
        for person in await near.web_services.sessions.present()
        if person.agent is None or person.agent in on_duty
    ]
