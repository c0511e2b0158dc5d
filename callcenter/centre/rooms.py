"""Wires the back-office packages to the core and to each other. Contains no rules.

A package notifies another one through a durable job, added in the transaction that causes it, so that no notification
between two packages is lost, at whatever instant the process is killed.
"""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from callcenter.announcements.http import routes as announcement_routes
from callcenter.announcements.service import AnnouncementService
from callcenter.callbacks.queries import Reading
from callcenter.calls.exports import calls_list
from callcenter.calls.papers.http import CallForms
from callcenter.calls.papers.http import routes as call_form_routes
from callcenter.calls.recorded import CALLS_RECORDED
from callcenter.centre.adapters import (
    LeftMessages,
    customers_of,
    names_of_agents,
    names_of_lines,
)
from callcenter.centre.contributions import Core, Office
from callcenter.centre.customer_rooms import join_callbacks, join_complaints, join_customers
from callcenter.centre.recording_rooms import join_conduct, join_recordings, join_transcripts
from callcenter.centre.scorecards import ScoreNeighbours, join_scorecards
from callcenter.centre.search import routes as search_routes
from callcenter.centre.worklogs import WorkSources
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.erasure import CUSTOMER_ERASED
from callcenter.customers.exports import customers_list
from callcenter.exports.http import routes as export_routes
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.paper.room import FormsRoom, open_forms
from callcenter.scorecards.exports import scores_list
from callcenter.scorecards.http import print_routes as score_print_routes
from callcenter.scorecards.papers import ScorePapers
from callcenter.web.webhooks.delivery import WebhookSender
from callcenter.web.webhooks.http import routes as webhook_routes
from callcenter.web.webhooks.service import DELIVER, Webhooks
from callcenter.worklog.exports import work_logs_list
from callcenter.worklog.http import routes as work_log_routes
from callcenter.worklog.service import WorkLogs
from callcenter.worklog.summary.service import MonthSummaries
from callcenter.worklog.unusual.http import routes as unusual_routes
from callcenter.worklog.unusual.service import UnusualCustomers
from recordings.room import Room as RecordingRoom
from recordings.transcripts.room import TranscriptRoom


def join_office(core: Core) -> Office:
    """Build the back-office packages and wire them to each other; nothing is started yet."""
    office = Office(core)
    office.also({CALLS_RECORDED: office.calls_recorded})
    # Flags come first: the packages that follow may raise them.
    office.listeners.append(core.flags.recompute)
    office.links["flags"] = core.flags.of_calls
    office.links["customer_id"] = partial(customers_of, core.customers)
    webhooks = _webhooks(office)
    _announcements(office, webhooks)
    privacy = join_customers(office)
    recordings = join_recordings(office)
    forms = _forms(office)
    # Return calls look up the departments of cases, so the cases come first.
    join_complaints(office, forms, webhooks)
    transcripts = join_transcripts(office, recordings)
    join_callbacks(office, forms, webhooks, LeftMessages(recordings.recordings, transcripts.service))
    _work_logs(office, webhooks)
    join_conduct(office, recordings, transcripts)
    _scorecards(office, forms, recordings, transcripts, webhooks)
    office.routes.append(search_routes(core.database, CaseSearch(core.database), transcripts.search, core.house.audit))
    zone = ZoneInfo(core.settings.timezone)
    office.names |= {"agents": partial(names_of_agents, core.agents), "lines": partial(names_of_lines, core.lines)}
    office.routes.append(export_routes(office.exports, core.house.audit, zone, core.clock, office.names))
    # Must come last: it searches all packages for remaining data of an erased customer.
    office.also({CUSTOMER_ERASED: privacy.customer_erased})
    return office


def _announcements(office: Office, webhooks: Webhooks) -> None:
    """What agents read before they start work (H2)."""
    core = office.core
    service = AnnouncementService(
        core.database, core.clock, core.house.audit, core.house.people, core.feed.publish, webhooks.emit
    )
    office.announcements = service
    office.routes.append(announcement_routes(service))
    if core.settings.policy.announcements_first:
        core.presence.arriving.append(service.must_be_read)


def _webhooks(office: Office) -> Webhooks:
    """External programs that are notified of events."""
    core = office.core
    keys = core.settings.data_dir.resolve() / "keys"
    inside_too = core.settings.web.webhooks_inside
    webhooks = Webhooks(core.database, core.clock, core.house.audit, core.jobs, keys, inside_too=inside_too)
    sender = WebhookSender(core.database, core.clock, webhooks, inside_too=inside_too)
    core.house.sessions.emit = webhooks.emit
    office.routes.append(webhook_routes(webhooks))
    office.also({DELIVER: sender.deliver})
    return webhooks


def _forms(office: Office) -> FormsRoom:
    """Printed forms: the packages build them, this one renders and archives them."""
    core = office.core
    room = open_forms(core.settings, core.database, core.clock, core.house.audit, core.jobs)
    office.routes.append(room.routes)
    office.also(room.works)
    office.tasks["press"] = room.press.run
    office.forms = room
    office.exports += [calls_list(core.calls), customers_list(core.customers)]
    calls = CallForms(core.calls, core.agents, core.customers, room.service, office.call_matters, core.lines.shown)
    office.routes.append(call_form_routes(calls, room.service))
    room.runs.sources["call"] = calls.of_subject
    return room


def _work_logs(office: Office, webhooks: Webhooks) -> None:
    """Agents' daily logs, unusual customers, the monthly summary (W4)."""
    core, audit, zone = office.core, office.core.house.audit, office.core.settings.timezone
    sources = WorkSources(
        core.calls, CaseQueries(core.database), Reading(core.database, core.clock), core.roster, core.house.people
    )
    logs = WorkLogs(core.database, core.clock, audit, zone, sources.figures, sources.shifts)
    unusual = UnusualCustomers(
        core.database, core.clock, audit, core.customers.key_of, core.feed.publish, webhooks.emit
    )
    months = MonthSummaries(core.database, core.clock, audit, zone, logs, unusual, sources.shifts)
    office.work_logs, office.month_summaries = logs, months
    office.routes += [work_log_routes(logs, months), unusual_routes(unusual)]
    office.also({CUSTOMER_ERASED: unusual.customer_erased})
    office.exports.append(work_logs_list(logs))


def _scorecards(
    office: Office, forms: FormsRoom, recordings: RecordingRoom, transcripts: TranscriptRoom, webhooks: Webhooks
) -> None:
    """Grading (S2): recordings and transcripts come from the packages below, next to the customers' marks (F4)."""
    core = office.core
    near = ScoreNeighbours(
        core.house.people, core.agents, recordings.recordings, transcripts.service, EvaluationService(core.database)
    )
    room = join_scorecards(
        core.settings,
        core.database,
        core.clock,
        core.house.audit,
        core.calls,
        core.flags,
        near,
        core.feed.publish,
        webhooks.emit,
    )
    office.routes += room.routes
    office.tasks["scorecards"] = room.run
    office.exports.append(scores_list(room.reading))
    office.scorecards = room
    papers = ScorePapers(room.reading, forms.service)
    office.routes.append(score_print_routes(papers, forms.service))
    forms.runs.sources["score"] = papers.of_subject
